"""Decode the bytes of a feed (pure); never raises, and reports what was guessed."""

from __future__ import annotations

import codecs
import re

from rilo_reader.store.encoding import guess_encoding, to_superset

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHAPES = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
"""The encodings of `<` or `<?xm` that are not ASCII-compatible."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']\s*([\w.:-]+)""")
_DECLARATION_LENGTH = 400

_SEVEN_BIT = ("iso2022", "hz")  # encodings whose bytes are all ASCII, so that they look like UTF-8
_UNUSABLE = ("utf-7", "rot", "idna", "punycode", "escape", "undefined", "mbcs", "oem")
"""Codecs that are not used for feeds and are slow or raise unexpected errors."""

BEYOND_ASCII = bytes(range(0x80, 0x100))
_META = re.compile(r"(?i)<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]+)")
_C1 = re.compile("[\x80-\x9f\udc80-\udcff]")


def decode_feed(data: bytes, content_type: str = "") -> tuple[str, tuple[str, ...]]:
    """Return the text of a feed, and the problems with its encoding.

    The encoding is determined, in this order, by: a byte order mark; the pattern of the first
    bytes; UTF-8, if all bytes are valid; the charset of the HTTP header; that of the XML
    declaration. Text labelled Latin-1 is UTF-8 if more of its letters are valid UTF-8 than are not.
    Other bytes are Windows-1252 if they occur in UTF-8; else their encoding is guessed.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    start = data.lstrip(b"\t\n\r ")[:4]
    for shape, encoding in _SHAPES:
        if start.startswith(shape):
            return _decode_as(data, _choose_ebcdic(data) if encoding == "cp037" else encoding)
    declared = _DECLARED.search(data[:_DECLARATION_LENGTH].decode("latin-1"))
    labels = [match[1] for match in (_CHARSET.search(content_type), declared) if match]
    names = list(filter(None, map(_find_codec, labels)))
    if not (names and names[0].startswith(_SEVEN_BIT)):
        try:
            return restore_windows(data.decode()), ()
        except UnicodeDecodeError:
            pass
    if names and names[0] == "cp1252":
        # Any bytes are valid Latin-1, but UTF-8 sequences do not occur in it by accident.
        repaired, right, wrong = _count_utf8(data)
        if right > wrong:
            return _decode_mixed(repaired)
    for name in names:
        try:
            return restore_windows(data.decode(name)), ()
        except (UnicodeError, LookupError):
            continue
    return _decode_undeclared(data, names)


def find_encoding(sample: bytes) -> str:
    """Return the codec of a text by its beginning, as `decode_feed` or a browser would find it.

    What is mostly UTF-8 is read as that with `surrogateescape`, and `restore_windows` after it.
    """
    marked = next((codec for mark, codec in _MARKS if sample.startswith(mark)), "")
    if marked:
        return {"utf-8": "utf-8-sig"}.get(marked, marked[:6])
    start = sample.lstrip(b"\t\n\r ")[:4]
    shaped = next((codec for shape, codec in _SHAPES if start.startswith(shape)), "")
    if shaped and shaped != "cp037":
        return shaped
    _, right, wrong = _count_utf8(sample)
    if right >= wrong:
        return "utf-8"
    text = sample[: 10 * _DECLARATION_LENGTH].decode("latin-1")
    declared = _DECLARED.search(text) or _META.search(text)
    codec = _find_codec(declared[1]) if declared else ""
    return codec if codec not in ("", "utf-8") else guess_encoding(sample)[0]


def _find_codec(name: str) -> str:
    """Return the codec for the label of an encoding, or "" if there is none for text."""
    try:
        codec = codecs.lookup(name).name
        # Raises for codecs that are not between bytes and text, such as "hex" and "zlib".
        b"<".decode(codec)
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if codec.startswith(_UNUSABLE) else to_superset(codec)


def _choose_ebcdic(data: bytes) -> str:
    """Return the EBCDIC variant of the declaration; that of the United States by default."""
    match = _DECLARED.search(data[:_DECLARATION_LENGTH].decode("cp037"))
    codec = _find_codec(match[1]) if match else ""
    return codec if codec.startswith(("cp", "ibm")) else "cp037"


def _decode_as(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    """Decode with a known encoding; invalid bytes become U+FFFD and are reported."""
    try:
        return restore_windows(data.decode(encoding)), ()
    except UnicodeDecodeError:
        if encoding == "utf-8":
            return _decode_mixed(data.decode(errors="surrogateescape"))
        fault = f"Some bytes are not valid {encoding.upper()}; � replaces them."
        return data.decode(encoding, errors="replace"), (fault,)


def _decode_undeclared(data: bytes, names: list[str]) -> tuple[str, tuple[str, ...]]:
    """Decode bytes that are not in the declared encoding."""
    repaired, right, wrong = _count_utf8(data)
    if right >= wrong:
        return _decode_mixed(repaired)
    if declared := next((name for name in names if name != "utf-8"), ""):
        label = declared.upper()
        fault = f"Some bytes are not valid {label}, the declared encoding; � replaces them."
        return data.decode(declared, errors="replace"), (fault,)
    codec, name = guess_encoding(data)
    text = restore_windows(data.decode(codec, errors="replace"))
    return text, (f"It is not UTF-8 and does not declare another encoding; read as {name}.",)


def _count_utf8(data: bytes) -> tuple[str, int, int]:
    """Return the bytes decoded as UTF-8, the number of non-ASCII letters, and of invalid bytes."""
    repaired = data.decode(errors="surrogateescape")
    # Each invalid byte is decoded as one surrogate, which cannot be encoded.
    wrong = len(data) - len(repaired.encode(errors="ignore"))
    right = len(repaired) - wrong - len(data.translate(None, BEYOND_ASCII))
    return repaired, right, wrong


def _decode_mixed(repaired: str) -> tuple[str, tuple[str, ...]]:
    """Return UTF-8 with invalid bytes, surrogates here, decoded as Windows-1252."""
    text = repaired.translate(_WINDOWS)
    return text, ("Some bytes are not valid UTF-8; they are read as Windows-1252.",)


_WINDOWS = {
    offset + byte: bytes([byte]).decode("cp1252", "ignore")
    for offset, end in ((0, 0xA0), (0xDC00, 0x100))
    for byte in range(0x80, end)
}
"""Controls of Latin-1, and surrogates, as characters of Windows-1252."""


def restore_windows(text: str) -> str:
    """Replace controls of Latin-1, and bytes that were escaped, by characters of Windows-1252."""
    return text if text.isascii() or not _C1.search(text) else text.translate(_WINDOWS)


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def has_more_values(data: bytes, limit: int) -> bool:
    """Return whether JSON has more values than `limit`; each follows one of `,[{`."""

    def count_values(start: int, end: int) -> int:
        return sum(data.count(each, start, end) for each in (b",", b"[", b"{"))

    if count_values(0, len(data)) <= limit:
        return False
    values = at = 0
    for number, string in enumerate(_STRING.finditer(data)):
        values, at = values + count_values(at, string.start()), string.end()
        if max(values, number // 2) > limit:
            return True
    return values + count_values(at, len(data)) > limit

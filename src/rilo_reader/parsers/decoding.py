"""The bytes of a feed -> text (pure); never raises, and says what it had to guess."""

from __future__ import annotations

import codecs
import functools
import re

from rilo_reader.store.encoding import guess, widened

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
"""How `<` or `<?xm` begins where a character is not one ASCII byte."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']\s*([\w.:-]+)""")
_DECLARATION_LENGTH = 400

_SEVEN_BIT = ("iso2022", "hz")
"""Encodings whose bytes are all ASCII: they look like UTF-8 and are not."""
_TEXT_ONLY = ("utf-7", "rot", "idna", "punycode", "escape", "undefined", "mbcs", "oem")
"""Codecs that no feed is written in, and that are slow or raise anything."""

_BEYOND_ASCII = bytes(range(0x80, 0x100))
_C1 = re.compile("[\x80-\x9f]")


def decode(data: bytes, content_type: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of a feed, and what was wrong with its encoding.

    A byte order mark decides, then the shape of the first bytes; then UTF-8 wherever all of it is
    UTF-8, whatever it calls itself; then the charset of the HTTP header, then that of the XML
    declaration; but what calls itself Latin-1 is UTF-8 where more letters are that than are not.
    Bytes that are none of it are Windows-1252 where they stand in UTF-8, else what the letters
    look like.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    start = data.lstrip(b"\t\n\r ")[:4]
    for shape, encoding in _SHAPES:
        if start.startswith(shape):
            return _decode_as(data, _ebcdic(data) if encoding == "cp037" else encoding)
    names = _names(data, content_type)
    if not (names and names[0].startswith(_SEVEN_BIT)):
        try:
            return _with_quotes(data.decode()), ()
        except UnicodeDecodeError:
            pass
    if names and names[0] == "cp1252":
        # Any bytes are Latin letters, but what is not UTF-8 is not in its sequences by accident.
        repaired, right, wrong = _shares(data)
        if right > wrong:
            return _mixed(repaired)
    for name in names:
        try:
            return _with_quotes(data.decode(name)), ()
        except (UnicodeError, LookupError):
            continue
    return _guess(data, names)


def _names(data: bytes, content_type: str) -> list[str]:
    """The codecs that the HTTP header and the XML declaration name, in that order."""
    declared = _DECLARED.search(data[:_DECLARATION_LENGTH].decode("latin-1"))
    found = (_CHARSET.search(content_type), declared)
    return [name for match in found if match and (name := _codec(match[1]))]


def _codec(name: str) -> str:
    """The codec that is meant by a charset's name, "" where there is none for text."""
    try:
        found = codecs.lookup(name).name
        # Refuses codecs that are not between bytes and text, such as "hex" and "zlib".
        b"<".decode(found)
    except (LookupError, UnicodeError, ValueError):
        return ""
    if found.startswith(_TEXT_ONLY):
        return ""
    return widened(found)


def _ebcdic(data: bytes) -> str:
    """Which EBCDIC the declaration names; IBM's for the United States where it names none."""
    match = _DECLARED.search(data[:_DECLARATION_LENGTH].decode("cp037"))
    named = _codec(match[1]) if match else ""
    return named if named.startswith(("cp", "ibm")) else "cp037"


def _decode_as(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    """The text in an encoding that is certain; wrong bytes become U+FFFD, with a fault."""
    try:
        return _with_quotes(data.decode(encoding)), ()
    except UnicodeDecodeError:
        if encoding == "utf-8":
            return _mixed(data.decode(errors="surrogateescape"))
        text = data.decode(encoding, errors="replace")
        return text, (f"Not all of it is {encoding.upper()}; � stands there.",)


def _guess(data: bytes, names: list[str]) -> tuple[str, tuple[str, ...]]:
    """The text of bytes that are not what they are called."""
    repaired, right, wrong = _shares(data)
    if right >= wrong:
        return _mixed(repaired)
    named = next((name for name in names if name != "utf-8"), "")
    if named:
        text = data.decode(named, errors="replace")
        return text, (f"Not all of it is {named.upper()}, as it says; � stands there.",)
    codec, name = guess(data)
    text = _with_quotes(data.decode(codec, errors="replace"))
    return text, (f"It is not UTF-8 and does not say what it is; read as {name}.",)


def _shares(data: bytes) -> tuple[str, int, int]:
    """The bytes read as UTF-8 as far as they are, the letters beyond ASCII, the bytes that fail."""
    repaired = data.decode(errors="surrogateescape")
    # A byte that cannot be decoded is one surrogate, which cannot be encoded.
    wrong = len(data) - len(repaired.encode(errors="ignore"))
    right = len(repaired) - wrong - len(data.translate(None, _BEYOND_ASCII))
    return repaired, right, wrong


def _mixed(repaired: str) -> tuple[str, tuple[str, ...]]:
    """UTF-8 in which single bytes are Windows-1252; those are surrogates here."""
    text = repaired.translate(_windows())
    return text, ("Not all of it is UTF-8; the rest is read as Windows-1252.",)


@functools.cache
def _windows() -> dict[int, str]:
    """What controls of Latin-1 and bytes that could not be decoded are in Windows-1252."""
    meant = {byte: bytes([byte]).decode("cp1252", errors="ignore") for byte in range(0x80, 0xA0)}
    raw = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0x100)}
    return meant | raw


def _with_quotes(text: str) -> str:
    """The text with quotes and dashes of Windows-1252 where controls of Latin-1 stand for them."""
    return text if text.isascii() or not _C1.search(text) else text.translate(_windows())

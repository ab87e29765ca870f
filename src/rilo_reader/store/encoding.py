"""Decode the bytes of text files, and tell text from binary data (pure, never raises).

Nearly all files are UTF-8; chardet detects the encoding of the others.
"""

import codecs
import functools
import re
from itertools import islice
from typing import NamedTuple

from rilo_reader.article import Fault

SAMPLE = 20_000
"""Bytes that `guess_encoding` looks at."""

TOO_FEW = 4
"""Least number of bytes above ASCII to detect an encoding from."""

UNLIKELY = 0.05
"""Least confidence of chardet; below it there are only quotation marks and dashes to judge by."""

_PIECES, _BEFORE, _BEHIND = 100, 200, 2_000
_ASCII, _ABOVE_ASCII = bytes(range(0x80)), bytes(range(0x80, 0x100))

_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "shift_jis_2004": "cp932", "euc_jis_2004": "euc_jp", "euc_kr": "cp949", "big5": "big5hkscs",
}  # fmt: skip
"""Supersets that are in fact used under these names, as in browsers."""


class Encoding(NamedTuple):
    """An encoding: Python's name of its codec, and the name shown to users."""

    codec: str
    name: str


WESTERN = Encoding("cp1252", "Windows-1252")


def to_superset(codec: str) -> str:
    """The superset that is used under the name of a codec."""
    return _WIDER.get(codec, codec)


def guess_encoding(data: bytes) -> Encoding:
    """Detect the encoding of bytes that are not UTF-8; `WESTERN` if there is too little text."""
    # ASCII alone, such as the tags of a feed, is the same in every encoding.
    pieces = (piece for piece in re.split(rb"[<>\n]", data[: 50 * SAMPLE]) if not piece.isascii())
    sample = b"\n".join(map(_cut_around_letter, islice(pieces, _PIECES)))[:SAMPLE]
    if len(sample) - len(sample.translate(None, _ABOVE_ASCII)) < TOO_FEW:
        return WESTERN
    import chardet

    eras = chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO
    found = chardet.detect(sample, encoding_era=eras)
    name = found["encoding"]
    if name is None or found["confidence"] < UNLIKELY:
        return WESTERN
    codec = to_superset(codecs.lookup(name).name)
    return WESTERN if codec == WESTERN.codec else Encoding(codec, name)


def _cut_around_letter(piece: bytes) -> bytes:
    first = len(piece) - len(piece.lstrip(_ASCII))
    return piece[max(0, first - _BEFORE) : first + _BEHIND]


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_FIRST_BYTES = b"\xef\xff\xfe\x00"


def decode(data: bytes) -> tuple[str, Fault | None]:
    """Decode a file; return its text, and a fault where some of its bytes are wrong.

    Byte order marks count, and are dropped. What is mostly UTF-8 is decoded as such, with U+FFFD
    for invalid bytes; other data in the encoding of `guess_encoding`. U+0080 to U+009F come of
    Windows-1252 that was taken for Latin-1, and become its characters.
    """
    text, fault = _decode_text(data)
    # Searching the bytes takes a tenth of the time, but works for UTF-8 only.
    has_c1 = b"\xc2" in data and re.search(_C1_IN_UTF_8, data)
    if has_c1 or data[:1] in _BOM_FIRST_BYTES:
        text = text.translate(_windows_letters())
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        text = text.replace("\0", "")
        fault = fault or Fault(line, "A NUL byte, which does not belong in text, is ignored.")
    return text, fault


def _decode_text(data: bytes) -> tuple[str, Fault | None]:
    if data[:1] in _BOM_FIRST_BYTES and data:
        for mark, encoding in _BOMS:
            if data.startswith(mark):
                return _decode_marked(data, mark, encoding)
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        return _decode_invalid(data, error)


_C1_IN_UTF_8 = rb"\xc2[\x80-\x9f]"


@functools.cache
def _windows_letters() -> dict[int, str]:
    """C1 control characters -> the characters of Windows-1252, which has all but five."""
    letters = ((code, bytes([code]).decode("cp1252", "ignore")) for code in range(0x80, 0xA0))
    return {code: letter for code, letter in letters if letter}


_PASTED = rb"(?<![\x80-\xff])[\x80-\x9f](?![\x80-\xff])"
"""A byte of Windows-1252 between ASCII bytes, so not part of a multi-byte sequence."""

_BINARY_SAMPLE_BYTES = 8000
_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_MAX_CONTROLS_UTF_8, _MAX_CONTROLS = 0.3, 0.02


def is_binary(data: bytes) -> bool:
    """Return whether the beginning of a file shows that it is binary data and not text."""
    return b"\0" in data[:_BINARY_SAMPLE_BYTES] and has_controls(data)


def has_controls(data: bytes) -> bool:
    """Return whether the beginning of a file has too many control characters for a text.

    UTF-8 counts as text even if a third of it is control characters, as after a disk failure.
    Other data may have 2 % of them: random bytes have 10 %, pictures more. Trailing NULs in UTF-8
    are ignored; file systems leave them after a power cut.
    """
    sample = data[:_BINARY_SAMPLE_BYTES]
    if any(data.startswith(mark) for mark, _ in _BOMS[1:]):
        return False
    limit = _MAX_CONTROLS
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # its last character may be cut off
        sample, limit = sample.rstrip(b"\0"), _MAX_CONTROLS_UTF_8
    except UnicodeDecodeError:
        pass
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return not sample or controls > limit * len(sample)


def _decode_marked(data: bytes, mark: bytes, encoding: str) -> tuple[str, Fault | None]:
    rest = data[len(mark) :]
    try:
        return rest.decode(encoding), None
    except UnicodeDecodeError as error:
        text = rest.decode(encoding, errors="replace")
        line = rest[: error.start].decode(encoding, errors="ignore").count("\n") + 1
        reason = f"The file is marked as {encoding.upper()}, but has invalid bytes, shown as �."
        return text, Fault(line, reason)


def _decode_invalid(data: bytes, error: UnicodeDecodeError) -> tuple[str, Fault]:
    """Decode bytes that are not valid UTF-8."""
    line = data.count(b"\n", 0, error.start) + 1
    as_utf8 = data.decode(errors="replace")
    wrong = as_utf8.count("\ufffd")
    right = sum(character > "\x7f" for character in as_utf8) - wrong
    byte = f"0x{data[error.start]:02X}"
    if right > wrong:
        pasted = re.compile(_PASTED).match(data, error.start)
        is_lost = pasted is None or _windows_letter(pasted) == pasted[0]
        consequence = "it is shown as �" if is_lost else "it is read as Windows-1252"
        text = re.sub(_PASTED, _windows_letter, data).decode(errors="replace")
        return text, Fault(line, f"The byte {byte} here is not UTF-8; {consequence}.")
    codec, name = guess_encoding(data)
    reason = f"The file is not UTF-8 (byte {byte} here); it is read as {name}."
    return data.decode(codec, errors="replace"), Fault(line, reason)


def _windows_letter(byte: re.Match[bytes]) -> bytes:
    """A byte of Windows-1252 as UTF-8; the byte itself where Windows-1252 has no such character."""
    return byte[0].decode("cp1252", "ignore").encode() or byte[0]

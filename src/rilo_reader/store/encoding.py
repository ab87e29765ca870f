"""Decode the bytes of text files, and tell text from binary data (pure, never raises).

Nearly all files are UTF-8. For the others `guess` tries the older encodings of East Asia, Cyrillic
and Thai where most letters are not ASCII: the decoded text must consist mostly of characters that
are common in that script, and not merely be valid.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from rilo_reader.article import Fault

SAMPLE_BYTES = 20_000
"""Bytes from the start of a file that `guess` looks at."""

COMMON_SHARE = 0.85
"""Least share of common letters in correctly decoded text."""

FOREIGN_SHARE = 0.5
"""Least share of non-ASCII bytes with a non-ASCII neighbour in text of another script."""

_PAIRS = re.compile(rb"[\x80-\xff]{2,}")
_WORDS = re.compile(rb"[\x80-\xff]{3,}")


class Encoding(NamedTuple):
    """An encoding: Python's name of its codec, and the name shown to users."""

    codec: str
    name: str


def guess(data: bytes) -> Encoding | None:
    """The encoding of bytes that are not UTF-8; None where it can only be a Western one.

    Japanese is recognised by its kana, Korean by its syllables, Chinese and Cyrillic by their
    common letters, Thai by its block. Between equals the first in the table wins.
    """
    sample = data[:SAMPLE_BYTES]
    above = sum(byte > 0x7F for byte in sample)
    if sum(map(len, _PAIRS.findall(sample))) < FOREIGN_SHARE * above:
        return None
    # Two accented letters may be neighbours in Western text ("ção"), three hardly ever.
    has_words = sum(map(len, _WORDS.findall(sample))) >= FOREIGN_SHARE * above
    best: tuple[float, Encoding] | None = None
    for encoding, share in (*_TESTS, *(_ALPHABETS if has_words else ())):
        try:
            text = codecs.getincrementaldecoder(encoding.codec)().decode(sample)
        except UnicodeDecodeError:
            continue
        letters = [character for character in text if character > "\x7f"]
        found = share(letters) if letters else 0.0
        if found >= COMMON_SHARE and (best is None or found > best[0] + 0.05):
            best = found, encoding
    return best[1] if best else None


def _japanese(letters: list[str]) -> float:
    """The share of kana and Chinese characters; 0 where fewer than a fifth are kana."""
    kana = sum("\u3041" <= letter <= "\u30ff" for letter in letters)
    if kana < 0.2 * len(letters):
        return 0.0
    return (kana + sum(_is_chinese(letter) for letter in letters)) / len(letters)


def _korean(letters: list[str]) -> float:
    return sum("\uac00" <= letter <= "\ud7a3" for letter in letters) / len(letters)


def _common(codec: str, first: int, last: int) -> Callable[[list[str]], float]:
    """A function for the share of characters in the first, common part of a standard."""

    def share(letters: list[str]) -> float:
        leads = [letter.encode(codec, errors="replace")[0] for letter in letters]
        return sum(first <= lead <= last for lead in leads) / len(letters)

    return share


def _cyrillic(letters: list[str]) -> float:
    """The share of small letters: the wrong one of two encodings turns them into capitals."""
    return sum("\u0430" <= letter <= "\u045f" for letter in letters) / len(letters)


def _thai(letters: list[str]) -> float:
    return sum("\u0e01" <= letter <= "\u0e5b" for letter in letters) / len(letters)


def _is_chinese(letter: str) -> bool:
    return "\u3000" <= letter <= "\u303f" or "\u4e00" <= letter <= "\u9fff" or letter > "\uff00"


_TESTS = (
    (Encoding("cp932", "Shift JIS"), _japanese),
    (Encoding("euc_jp", "EUC-JP"), _japanese),
    (Encoding("cp949", "EUC-KR"), _korean),
    (Encoding("gb18030", "GBK"), _common("gb2312", 0xA1, 0xD7)),
    (Encoding("big5", "Big5"), _common("big5", 0xA1, 0xC6)),
)
_ALPHABETS = (
    (Encoding("cp1251", "Windows-1251"), _cyrillic),
    (Encoding("koi8_r", "KOI8-R"), _cyrillic),
    (Encoding("cp874", "Windows-874"), _thai),
)


# -- text and binary data -------------------------------------------------------------------------

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_FIRST_BYTES = b"\xef\xff\xfe\x00"


def decode(data: bytes) -> tuple[str, Fault | None]:
    """Decode a file; return its text and a fault where some of its bytes are wrong.

    Reads UTF-8, with or without a byte order mark (which is dropped), and UTF-16 and UTF-32 with
    one. Data that is mostly UTF-8 is decoded as such, with U+FFFD for invalid bytes; other data
    in the encoding of `guess`, or else in Windows-1252.

    U+0080 to U+009F come of Windows-1252 that was taken for Latin-1; they become the characters
    that Windows-1252 has in their place.
    """
    text, fault = _decoded(data)
    # Searching the bytes takes a tenth of the time, but works for UTF-8 only.
    if re.search(_C1_IN_UTF_8, data) or data[:1] in _BOM_FIRST_BYTES:
        text = text.translate(_windows_letters())
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        text = text.replace("\0", "")
        fault = fault or Fault(line, "A NUL byte stands here, which no text has; it is left out.")
    return text, fault


def _decoded(data: bytes) -> tuple[str, Fault | None]:
    """Decode without repairing control characters."""
    if data[:1] in _BOM_FIRST_BYTES and data:
        for mark, encoding in _BOMS:
            if data.startswith(mark):
                return _decode_marked(data, mark, encoding)
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        return _guess(data, error)


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
    """Whether the beginning of a file shows that it is binary data and not text.

    UTF-8 counts as text even if a third of it is control characters, as after a disk failure.
    Other data may have 2 % of them: random bytes have 10 %, pictures more. Trailing NULs in UTF-8
    are ignored; file systems leave them after a power cut.
    """
    sample = data[:_BINARY_SAMPLE_BYTES]
    if b"\0" not in sample or any(data.startswith(mark) for mark, _ in _BOMS[1:]):
        return False
    limit = _MAX_CONTROLS
    if _is_utf_8(sample):
        sample, limit = sample.rstrip(b"\0"), _MAX_CONTROLS_UTF_8
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return not sample or controls > limit * len(sample)


def _is_utf_8(data: bytes) -> bool:
    """Whether bytes are UTF-8; the last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _decode_marked(data: bytes, mark: bytes, encoding: str) -> tuple[str, Fault | None]:
    """The text after a byte order mark."""
    rest = data[len(mark) :]
    try:
        return rest.decode(encoding), None
    except UnicodeDecodeError as error:
        text = rest.decode(encoding, errors="replace")
        line = rest[: error.start].decode(encoding, errors="ignore").count("\n") + 1
        reason = f"The file is marked as {encoding.upper()}, but not all of it is; � stands there."
        return text, Fault(line, reason)


def _guess(data: bytes, error: UnicodeDecodeError) -> tuple[str, Fault]:
    """Decode bytes that are not valid UTF-8."""
    line = data.count(b"\n", 0, error.start) + 1
    as_utf8 = data.decode(errors="replace")
    wrong = as_utf8.count("\ufffd")
    right = sum(character > "\x7f" for character in as_utf8) - wrong
    byte = f"0x{data[error.start]:02X}"
    if right > wrong:
        consequence = (
            "� stands in its place" if _is_lost(data, error) else "it is read as Windows-1252"
        )
        text = re.sub(_PASTED, lambda match: _windows_letter(match[0]), data).decode(
            errors="replace"
        )
        return text, Fault(line, f"The byte {byte} here is not UTF-8; {consequence}.")
    codec, name = guess(data) or ("cp1252", "Windows-1252")
    reason = f"The file is not UTF-8 (byte {byte} here); it is read as {name}."
    return data.decode(codec, errors="replace"), Fault(line, reason)


def _windows_letter(byte: bytes) -> bytes:
    """A byte of Windows-1252 as UTF-8; the byte itself where Windows-1252 has no such character."""
    return byte.decode("cp1252", "ignore").encode() or byte


def _is_lost(data: bytes, error: UnicodeDecodeError) -> bool:
    """Whether the invalid byte has no meaning in Windows-1252 either."""
    pasted = re.compile(_PASTED).match(data, error.start)
    return pasted is None or _windows_letter(pasted[0]) == pasted[0]

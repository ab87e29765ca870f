"""Which of the older encodings a text is written in that is not UTF-8 (pure).

Nothing in the bytes says it, so each is tried where whole words are foreign letters: the text that
comes out must consist of what people write, and not merely be possible.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from rilo_reader.article import Fault

LOOKED_AT = 20_000
"""Bytes that tell."""

MOSTLY = 0.85
"""The share of common letters in a text that is read as it was written."""

FOREIGN = 0.5
"""The share of bytes above ASCII, beside another such byte, from which whole words are foreign."""

_PAIRS = re.compile(rb"[\x80-\xff]{2,}")
_WORDS = re.compile(rb"[\x80-\xff]{3,}")


class Encoding(NamedTuple):
    """An encoding: as Python and as people call it."""

    codec: str
    name: str


def guess(data: bytes) -> Encoding | None:
    """The encoding of bytes that are no UTF-8; None where it can only be a Western one.

    Japanese is known by its kana, Korean by its syllables, Chinese and Cyrillic by the letters
    that are common, Thai by its own. What two could be goes to the first of them.
    """
    sample = data[:LOOKED_AT]
    above = sum(byte > 0x7F for byte in sample)
    if sum(map(len, _PAIRS.findall(sample))) < FOREIGN * above:
        return None
    # Accents stand side by side too ("ção"), but not three of them.
    has_words = sum(map(len, _WORDS.findall(sample))) >= FOREIGN * above
    best: tuple[float, Encoding] | None = None
    for encoding, share in (*_TESTS, *(_ALPHABETS if has_words else ())):
        try:
            text = codecs.getincrementaldecoder(encoding.codec)().decode(sample)
        except UnicodeDecodeError:
            continue
        letters = [character for character in text if character > "\x7f"]
        found = share(letters) if letters else 0.0
        if found >= MOSTLY and (best is None or found > best[0] + 0.05):
            best = found, encoding
    return best[1] if best else None


def _japanese(letters: list[str]) -> float:
    """Kana and Chinese characters, of which a text in Japanese has many of the former."""
    kana = sum("\u3041" <= letter <= "\u30ff" for letter in letters)
    if kana < 0.2 * len(letters):
        return 0.0
    return (kana + sum(_is_chinese(letter) for letter in letters)) / len(letters)


def _korean(letters: list[str]) -> float:
    return sum("\uac00" <= letter <= "\ud7a3" for letter in letters) / len(letters)


def _common(codec: str, first: int, last: int) -> Callable[[list[str]], float]:
    """The share of characters that a national standard puts in its first, common part."""

    def share(letters: list[str]) -> float:
        leads = [letter.encode(codec, errors="replace")[0] for letter in letters]
        return sum(first <= lead <= last for lead in leads) / len(letters)

    return share


def _cyrillic(letters: list[str]) -> float:
    """Small letters: with the wrong one of two encodings they come out as capitals."""
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


# The bytes of a text file -> text (pure); never raises, and says what it had to guess.


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_STARTS = b"\xef\xff\xfe\x00"


def decode(data: bytes) -> tuple[str, Fault | None]:
    """The text of a file, and a fault where its bytes are not what they should be.

    UTF-8, with or without a byte order mark (which is dropped); UTF-16 and UTF-32 with one. Other
    bytes are read as UTF-8 with U+FFFD for what is wrong where most of it is UTF-8, else in the
    encoding that `encodings.guess` tells or Windows-1252, which gives every byte a letter.

    U+0080 to U+009F are control characters that no text holds; where they stand, Windows-1252 was
    once taken for Latin-1, and they are read as what it has in their place.
    """
    text, fault = _decoded(data)
    # Looked for in the bytes, which takes a tenth of the time; UTF-16 has other ones.
    if re.search(_C1_IN_UTF_8, data) or data[:1] in _MARK_STARTS:
        text = text.translate(_windows_letters())
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        text = text.replace("\0", "")
        fault = fault or Fault(line, "A NUL byte stands here, which no text has; it is left out.")
    return text, fault


def _decoded(data: bytes) -> tuple[str, Fault | None]:
    """The text as the encoding has it."""
    if data[:1] in _MARK_STARTS and data:
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return _decode_marked(data, mark, encoding)
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        return _guess(data, error)


_C1_IN_UTF_8 = rb"\xc2[\x80-\x9f]"


@functools.cache
def _windows_letters() -> dict[int, str]:
    """The control characters for which Windows-1252 has letters and signs: all but five."""
    letters = ((code, bytes([code]).decode("cp1252", "ignore")) for code in range(0x80, 0xA0))
    return {code: letter for code, letter in letters if letter}


_PASTED = rb"(?<![\x80-\xff])[\x80-\x9f](?![\x80-\xff])"
"""A byte of Windows-1252 between ASCII, which no half of a letter is."""

_BINARY_LOOK = 8000
_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_CONTROLS_OF_UTF_8, _CONTROLS_OF_OTHERS = 0.3, 0.02


def is_binary(data: bytes) -> bool:
    """Whether these bytes are no text: NUL and other controls are more than a slip in them.

    Looked at is the beginning. What is UTF-8 is text though a third of it were controls, as where
    a disk failed; other bytes are not: of random ones a tenth are, of a picture's more. NULs at
    the end, which a file system leaves where the power went, are no sign of anything.
    """
    look = data[:_BINARY_LOOK]
    if b"\0" not in look or any(data.startswith(mark) for mark, _ in _MARKS[1:]):
        return False
    most = _CONTROLS_OF_OTHERS
    if _is_utf_8(look):
        look, most = look.rstrip(b"\0"), _CONTROLS_OF_UTF_8
    controls = len(look) - len(look.translate(None, _CONTROLS))
    return not look or controls > most * len(look)


def _is_utf_8(data: bytes) -> bool:
    """Whether bytes that may be cut off at the end are UTF-8."""
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
    """The text of bytes that are not all UTF-8."""
    line = data.count(b"\n", 0, error.start) + 1
    as_utf8 = data.decode(errors="replace")
    wrong = as_utf8.count("\ufffd")
    right = sum(character > "\x7f" for character in as_utf8) - wrong
    byte = f"0x{data[error.start]:02X}"
    if right > wrong:
        stands = "� stands in its place" if _is_lost(data, error) else "it is read as Windows-1252"
        text = re.sub(_PASTED, lambda match: _windows_letter(match[0]), data).decode(
            errors="replace"
        )
        return text, Fault(line, f"The byte {byte} here is not UTF-8; {stands}.")
    codec, name = guess(data) or ("cp1252", "Windows-1252")
    reason = f"The file is not UTF-8 (byte {byte} here); it is read as {name}."
    return data.decode(codec, errors="replace"), Fault(line, reason)


def _windows_letter(byte: bytes) -> bytes:
    """A byte's letter in UTF-8; the byte itself where Windows-1252 has none."""
    return byte.decode("cp1252", "ignore").encode() or byte


def _is_lost(data: bytes, error: UnicodeDecodeError) -> bool:
    """Whether the byte that is no UTF-8 has no letter either."""
    pasted = re.compile(_PASTED).match(data, error.start)
    return pasted is None or _windows_letter(pasted[0]) == pasted[0]

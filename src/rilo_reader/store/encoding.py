"""The bytes of a text file -> text (pure); never raises, and says what it had to guess."""

from __future__ import annotations

import codecs
import functools
import re
from typing import NamedTuple

from rilo_reader.article import Fault

SAMPLE = 20_000
"""Bytes that tell."""

TOO_FEW = 4
"""Bytes above ASCII below which nothing can be told."""

UNLIKELY = 0.05
"""Confidence of chardet below which a text has nothing but quotes and dashes to tell by."""

_STRETCHES = 100
_STRETCH = re.compile(rb"[^<>\n]{0,200}[\x80-\xff][^<>\n]{0,400}")
_ABOVE_ASCII = bytes(range(0x80, 0x100))

_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "shift_jis_2004": "cp932", "euc_jis_2004": "euc_jp", "euc_kr": "cp949", "big5": "big5hkscs",
}  # fmt: skip
"""What is written under these names is in truth the larger set, as browsers read it."""


class Encoding(NamedTuple):
    """An encoding: Python's codec, and what people call it."""

    codec: str
    name: str


WESTERN = Encoding("cp1252", "Windows-1252")


def widened(codec: str) -> str:
    """The codec for what people write under the name of this one."""
    return _WIDER.get(codec, codec)


def guess(data: bytes) -> Encoding:
    """The encoding of bytes that are no UTF-8; `WESTERN` where too little tells."""
    # What is ASCII alone, such as the tags of a feed, is that in every one of them.
    sample = b"\n".join(_STRETCH.findall(data[: 50 * SAMPLE])[:_STRETCHES])[:SAMPLE]
    if len(sample) - len(sample.translate(None, _ABOVE_ASCII)) < TOO_FEW:
        return WESTERN
    import chardet

    eras = chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO
    found = chardet.detect(sample, encoding_era=eras)
    name = found["encoding"]
    if name is None or found["confidence"] < UNLIKELY:
        return WESTERN
    codec = widened(codecs.lookup(name).name)
    return WESTERN if codec == WESTERN.codec else Encoding(codec, name)


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
    encoding that `guess` tells.

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
    codec, name = guess(data)
    reason = f"The file is not UTF-8 (byte {byte} here); it is read as {name}."
    return data.decode(codec, errors="replace"), Fault(line, reason)


def _windows_letter(byte: bytes) -> bytes:
    """A byte's letter in UTF-8; the byte itself where Windows-1252 has none."""
    return byte.decode("cp1252", "ignore").encode() or byte


def _is_lost(data: bytes, error: UnicodeDecodeError) -> bool:
    """Whether the byte that is no UTF-8 has no letter either."""
    pasted = re.compile(_PASTED).match(data, error.start)
    return pasted is None or _windows_letter(pasted[0]) == pasted[0]

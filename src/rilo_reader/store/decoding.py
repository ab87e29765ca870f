"""The bytes of a text file -> text (pure); never raises, and says what it had to guess."""

from __future__ import annotations

import codecs

from rilo_reader.article import Fault

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_STARTS = b"\xef\xff\xfe\x00"
_BINARY_LOOK = 8000


def decode(data: bytes) -> tuple[str, Fault | None]:
    """The text of a file, and a fault where its bytes are not what they should be.

    UTF-8, with or without a byte order mark (which is dropped); UTF-16 and UTF-32 with one. Other
    bytes are read as UTF-8 with U+FFFD for what is wrong where most of it is UTF-8, else in the
    encoding that `encodings.guess` tells or Windows-1252, which gives every byte a letter.
    """
    if data[:1] in _MARK_STARTS and data:
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return _decode_marked(data, mark, encoding)
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        return _guess(data, error)


def is_binary(data: bytes) -> bool:
    """Whether these bytes are no text: a NUL near the beginning, and no UTF-16 or UTF-32 mark."""
    if b"\0" not in data[:_BINARY_LOOK]:
        return False
    return not any(data.startswith(mark) for mark, _ in _MARKS[1:])


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
        return as_utf8, Fault(line, f"The byte {byte} here is not UTF-8; � stands in its place.")
    from rilo_reader.store.encodings import guess

    codec, name = guess(data) or ("cp1252", "Windows-1252")
    reason = f"The file is not UTF-8 (byte {byte} here); it is read as {name}."
    return data.decode(codec, errors="replace"), Fault(line, reason)

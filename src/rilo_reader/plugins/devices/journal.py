"""The format of journals: a header and lines, to and from bytes (pure).

`docs/journal-format.md` specifies it. Foreign bytes never raise: a line that is not valid is a
`Fault`, and the lines after it are read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rilo_reader.article import ArticleId, Fault
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import BY_LIMIT, NO_STAMP, Stamp
from rilo_reader.text import clean_line

VERSION = 1  # the version of the format that is written, and the newest that is read
LINE_TARGET = 60_000  # bytes after which the ids of an assignment go on in another line
LINE_LIMIT = 4 << 20  # bytes of the longest line that is read
GESTURE_BATCH = 20_000
"""Ids after which the lines of a gesture go on in another `Gesture` of the same name."""

_MAGIC = "rilo-marks"
_UNDOES = "undoes"
_LISTED_FIELD = "listed"
_BY_FIELD = "by"
_RESTAMPED_MARK = "anew="
_ANEW_WORD = re.compile(f"{_RESTAMPED_MARK}[0-7][0-9a-fA-F]{{15}}")
_STAMP_LIMIT = 1 << 63


class SegmentHeader(NamedTuple):
    """The first line of a segment."""

    device: str  # the id of the device that writes it
    name: str
    snapshot: bool = False  # whether it has winners in place of gestures
    # its device's clock had been ahead: lines of before with greater stamps than this are void;
    # None if it had not
    after: Stamp | None = None
    # of the format; the other attributes are empty if it is newer than VERSION
    version: int = VERSION


class JournalLine(NamedTuple):
    """A line of a segment: a value given to a field of articles, or something about the gesture."""

    stamp: Stamp  # when; lines of one stamp in the segments of a device are one gesture
    field: str  # the name of the field; "" if the line is about the gesture
    value: str
    ids: tuple[ArticleId, ...]  # the articles, at least one if there is a field
    undoes: GestureId | None = None  # None: it takes none back
    in_history: bool = True  # False if the line says that histories do not list the gesture
    by: str = ""  # who did the gesture, if the line says so


# -- escapes --------------------------------------------------------------------------------------

_SPECIAL = re.compile("[%\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPECIAL_IN_FIELD = re.compile("[%=\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPE = re.compile(b"%(..?)?", re.DOTALL)


def _escape_text(text: str, special: re.Pattern[str] = _SPECIAL) -> str:
    # Most texts need none, and a look at that is faster than a search.
    if text.isprintable() and "%" not in text and "=" not in text:
        return text
    return special.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _unescape_text(text: bytes) -> str:
    """Resolve the escapes of a part of a line.

    Raises ValueError: an escape is not valid, or the result is not UTF-8.
    """
    if b"%" in text:
        text = _ESCAPE.sub(_unescape_byte, text)
    return text.decode()


def _unescape_byte(match: re.Match[bytes]) -> bytes:
    digits = match[1] or b""
    if len(digits) != 2 or not digits.isalnum():  # int() takes "+1", " 1" and "1_" too
        raise ValueError(match[0])
    return bytes((int(digits, 16),))


# -- the header -----------------------------------------------------------------------------------

_DEVICE = re.compile(r"\w[\w.-]{0,199}")
_HEADER = re.compile(rb"rilo-marks ([0-9]{1,9})(?:\t|$)")


def encode_header(header: SegmentHeader) -> bytes:
    """The first line of a segment, of the format that this program writes."""
    parts = [f"{_MAGIC} {VERSION}", _escape_text(header.device), _escape_text(header.name)]
    if header.snapshot:
        parts.append("snapshot")
    if header.after is not None:
        parts.append(f"{_RESTAMPED_MARK}{header.after:016x}")
    return _encode_line("\t".join(parts))


def decode_header(line: bytes) -> SegmentHeader | Fault:
    """Read the first line of a segment; words after those that are known are passed over."""
    line = line.rstrip(b"\r\n")
    match = _HEADER.match(line)
    if match is None:
        return Fault(1, f"It does not begin with “{_MAGIC} {VERSION}”.")
    version = int(match[1])
    if version > VERSION:
        return SegmentHeader("", "", version=version)
    try:
        _, device, name, *words = map(_unescape_text, line.split(b"\t"))
    except ValueError:
        return Fault(1, "Its first line is damaged.")
    if version == 0 or not _DEVICE.fullmatch(device):
        return Fault(1, "Its first line names no device.")
    stamps = [word.removeprefix(_RESTAMPED_MARK) for word in words if _ANEW_WORD.fullmatch(word)]
    after = min((Stamp(int(stamp, 16)) for stamp in stamps), default=None)
    return SegmentHeader(device, name, "snapshot" in words, after)


# -- lines ----------------------------------------------------------------------------------------


def encode_gesture(gesture: Gesture) -> Iterator[bytes]:
    """The lines of a gesture; the same for equal gestures, always.

    Its device is not in them, since the header names it. Lone surrogates become question marks.
    """
    stamp = f"{gesture.id.stamp:016x}"
    if gesture.undoes is not None:
        device, undone = gesture.undoes
        yield _encode_line(f"{stamp}\t{_UNDOES}={_escape_text(device)}/{undone:016x}")
    if not gesture.in_history:
        yield _encode_line(f"{stamp}\t{_LISTED_FIELD}=0")
    if gesture.actor:
        yield _encode_line(f"{stamp}\t{_BY_FIELD}={_escape_text(gesture.actor)}")
    for field, value, ids in gesture.assignments:
        head = f"{stamp}\t{_escape_text(field, _SPECIAL_IN_FIELD)}={_escape_text(value)}"
        parts, size = [head], 0
        for article in ids:
            part = _escape_text(article)
            parts.append(part)
            size += 1 + len(part if part.isascii() else part.encode(errors="replace"))
            if size >= LINE_TARGET:
                yield _encode_line("\t".join(parts))
                parts, size = [head], 0
        if len(parts) > 1:
            yield _encode_line("\t".join(parts))


def _encode_line(line: str) -> bytes:
    return line.encode(errors="replace") + b"\n"


_LINE = re.compile(rb"([0-9a-fA-F]{16})\t([^=\t]+)=([^\t]*)(?:\t(.+))?", re.DOTALL)
_UNDONE = re.compile(rf"({_DEVICE.pattern})/([0-9a-fA-F]{{16}})")


def decode_line(line: bytes, number: int) -> JournalLine | Fault | None:
    """Read a line after the header.

    None is a line without meaning here: an empty one, a marker of git's, a header that a merge put
    among the lines, or a field without articles, which a later version may write. `number` is that
    of the line in its file, for the fault.
    """
    line = line.rstrip(b"\r\n")
    if not line or is_conflict_marker(line) or _HEADER.match(line):
        return None
    try:
        return _parse_line(line)
    except ValueError as error:
        return Fault(number, str(error))


def is_conflict_marker(line: bytes) -> bool:
    """Return whether a line is one that git puts between two versions of a file."""
    return line.startswith((b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"))


def _parse_line(line: bytes) -> JournalLine | None:
    """Read a line that has to be one. Raises ValueError: it is not, with the reason."""
    if len(line) > LINE_LIMIT:
        raise ValueError(f"It is longer than {LINE_LIMIT} bytes.")
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("It is not of the form “stamp, field=value, articles”.")
    try:
        field, value = _unescape_text(match[2]), _unescape_text(match[3])
        parts = match[4] or b""
        is_plain = b"%" not in parts
        texts = parts.decode().split("\t") if is_plain else map(_unescape_text, parts.split(b"\t"))
        ids = tuple(ArticleId(text) for text in texts if text)
    except ValueError:
        raise ValueError("It is not UTF-8 with valid escapes.") from None
    stamp = _parse_stamp(match[1].decode())
    if field == _UNDOES:
        if (undone := _UNDONE.fullmatch(value)) is None:
            raise ValueError("It does not say which gesture is undone.")
        gesture = GestureId(undone[1], _parse_stamp(undone[2]))
        return JournalLine(stamp, "", "", (), gesture)
    if field == _LISTED_FIELD:
        return JournalLine(stamp, "", "", (), in_history=False) if value == "0" else None
    if field == _BY_FIELD:
        by = clean_line(value, BY_LIMIT)
        return JournalLine(stamp, "", "", (), by=by) if by else None
    return JournalLine(stamp, field, value, ids) if ids else None


def _parse_stamp(digits: str) -> Stamp:
    stamp = int(digits, 16)
    if not NO_STAMP < stamp < _STAMP_LIMIT:
        raise ValueError("A stamp in it is out of range.")
    return Stamp(stamp)


def join_gestures(lines: Iterable[JournalLine], device: str) -> Iterator[Gesture]:
    """Put lines that follow one another and have one stamp together.

    A gesture of many articles comes in parts, each of at most GESTURE_BATCH and a line's ids; each
    has the same id, `undoes`, `in_history` and `by`.
    """
    parts: list[tuple[str, str, list[ArticleId]]] = []
    stamp, undoes, in_history, by, count = NO_STAMP, None, True, "", 0

    def make_gesture() -> Gesture:
        assignments = tuple(Assignment(field, value, Ids(ids)) for field, value, ids in parts)
        return Gesture(GestureId(device, stamp), assignments, undoes, in_history, by)

    for line in lines:
        if line.stamp != stamp or count >= GESTURE_BATCH:
            if parts or undoes or not in_history:
                yield make_gesture()
            if line.stamp != stamp:
                undoes, in_history, by = None, True, ""
            parts, stamp, count = [], line.stamp, 0
        if line.undoes is not None:
            undoes = line.undoes
        elif not line.in_history:
            in_history = False
        elif line.by:
            by = line.by
        elif parts and parts[-1][:2] == (line.field, line.value):
            parts[-1][2].extend(line.ids)
        else:
            parts.append((line.field, line.value, list(line.ids)))
        count += len(line.ids)
    if parts or undoes or not in_history:
        yield make_gesture()

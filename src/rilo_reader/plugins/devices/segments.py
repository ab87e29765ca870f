"""Segments: the files that the journals of devices consist of.

    FOLDER/marks/DEVICE/NNNNNNNN.log

A device appends to the last segment of its own folder until it is sealed, and never touches a
sealed one. It reads all others up to their last line feed. Programs that copy folders put further
files beside them where two copies differ (`NNNNNNNN.sync-conflict-….log`, `NNNNNNNN (conflicted
copy).log`); they are segments like any other.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from rilo_reader.article import Fault
from rilo_reader.files import flush_folder, flush_handle, replace_file
from rilo_reader.plugins.devices.journal import (
    LINE_LIMIT,
    VERSION,
    JournalLine,
    SegmentHeader,
    decode_header,
    decode_line,
    encode_gesture,
    encode_header,
    is_conflict_marker,
)
from rilo_reader.store.file_kinds import to_text
from rilo_reader.store.gestures import Gesture, GestureId
from rilo_reader.store.journal_tables import SegmentMark

if TYPE_CHECKING:
    from hashlib import _Hash

IN_LIBRARY = ".rilo"  # the folder in the library that is shared unless another is named
JOURNALS = "marks"  # the folder of all journals, in the folder that is shared
SEALED_FROM_BYTES = 1 << 20
"""Bytes from which on a segment is sealed: programs that copy folders copy a small file at once."""

_BLOCK = 1 << 20
_LATEST = (1 << 63) - 1  # nanoseconds that a database can keep, in the year 2262
_NAME = re.compile(r"(0[0-9]{7})\.log")  # no device gets to ten millions of megabytes


class SegmentFile(NamedTuple):
    """A segment on disk."""

    path: str  # relative to the folder of journals, with forward slashes, as printable text
    file: Path
    size: int
    modified: int  # time of modification in nanoseconds; whatever others put there, a 64-bit number

    @property
    def device(self) -> str:
        """The device whose folder it is in."""
        return self.path.partition("/")[0]


class Chunk(NamedTuple):
    """A part of a segment."""

    header: SegmentHeader | Fault  # of the segment, or why it has none that can be read
    lines: list[JournalLine]
    faults: list[Fault]  # of the lines that cannot be read
    # how far the segment is read with it; None if nothing of it can be read
    mark: SegmentMark | None
    start: int = 0  # where in the segment it begins; 0 if it is read from its beginning


class AppendResult(NamedTuple):
    """The result of appending gestures."""

    mark: SegmentMark | None  # how far the segment is written; None if there is no segment yet
    # the last gesture that is in it, or None if there was none to write
    last: GestureId | None = None
    gestures: int = 0
    too_long: int = 0  # number of lines that are longer than a line may be, and left out


def segment_path(device: str, number: int) -> str:
    """The path of a segment, relative to the folder of journals."""
    return f"{device}/{number:08}.log"


def number_of(path: str) -> int:
    """The number in a segment's name, 0 for copies with other names."""
    match = _NAME.fullmatch(path.partition("/")[2])
    return int(match[1]) if match else 0


def list_segments(journals: Path) -> list[SegmentFile]:
    """All segments, by device and name; hidden files are what other programs are copying.

    Links lead out of the folder, and are none of it.

    Raises OSError: the folder is not there, is a link, or cannot be read.
    """
    _refuse_link(journals)
    found: list[SegmentFile] = []
    for folder in sorted(os.scandir(journals), key=attrgetter("name")):
        if folder.name.startswith(".") or not folder.is_dir(follow_symlinks=False):
            continue
        for entry in sorted(os.scandir(folder.path), key=attrgetter("name")):
            if entry.name.startswith(".") or not entry.name.endswith(".log"):
                continue
            if entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                path = f"{to_text(folder.name)}/{to_text(entry.name)}"
                file = Path(entry.path)
                found.append(SegmentFile(path, file, status.st_size, _modification_time(status)))
    return found


def _modification_time(status: os.stat_result) -> int:
    return max(-_LATEST, min(status.st_mtime_ns, _LATEST))


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, which leads out of the folder.", str(folder))


def _make_own_folder(journals: Path, device: str) -> Path:
    """The folder of a device's journal, made if it is missing."""
    folder = journals / device
    _refuse_link(folder)
    if not folder.exists():
        folder.mkdir()
        flush_folder(journals)
    return folder


def is_unchanged(segment: SegmentFile, mark: SegmentMark | None) -> bool:
    """Return whether a segment was read to its end and not touched since; reads no content."""
    return mark is not None and (segment.size, segment.modified) == (mark.size, mark.modified)


# -- read -----------------------------------------------------------------------------------------


def read_segment(segment: SegmentFile, mark: SegmentMark | None) -> Iterator[Chunk]:
    """Read what is new in a segment, about a megabyte at a time.

    Where the bytes up to the mark are not those that were read, it is read from its beginning.
    Whatever follows the last line feed is left for the next time.

    Raises OSError: it cannot be read.
    """
    with segment.file.open("rb") as stream:
        modified = _modification_time(os.fstat(stream.fileno()))
        header = _read_header(stream)
        if header is None:
            return
        if isinstance(header, Fault) or header.version > VERSION:
            yield Chunk(header, [], [], None)
            return
        start = None if mark is None else _hash_if_unchanged(stream, mark)
        if start is None:
            start = hashlib.sha256(), 0
            stream.seek(0)
        digest, number = start
        lines: list[JournalLine] = []
        faults: list[Fault] = []
        size = begun = stream.tell()
        for part, begins in _iter_whole_lines(stream):
            digest.update(part)
            size += len(part)
            if begins:
                number += 1
                found = decode_line(part, number)
                if isinstance(found, JournalLine):
                    lines.append(found)
                elif found is not None:
                    faults.append(found)
            if size - begun >= _BLOCK and part.endswith(b"\n"):
                mark = _make_mark(segment.path, size, digest, modified)
                yield Chunk(header, lines, faults, mark, begun)
                lines, faults, begun = [], [], size
        mark = _make_mark(segment.path, size, digest, modified)
        yield Chunk(header, lines, faults, mark, begun)


def read_header(segment: SegmentFile) -> SegmentHeader | Fault | None:
    """The header of a segment, None if not all of it has arrived, or it cannot be read."""
    with suppress(OSError), segment.file.open("rb") as stream:
        return _read_header(stream)
    return None


def _read_header(stream: IO[bytes]) -> SegmentHeader | Fault | None:
    """The header of a segment, None if not all of it has arrived."""
    stream.seek(0)
    while (line := stream.readline(LINE_LIMIT)).endswith(b"\n"):
        if not is_conflict_marker(line):
            return decode_header(line)
    return decode_header(line) if len(line) == LINE_LIMIT else None


def _hash_start(stream: IO[bytes], size: int) -> tuple[_Hash, int] | None:
    """The hash of the first bytes, and the number of lines in them; None if there are fewer.

    The stream is at their end then.
    """
    digest, lines, rest = hashlib.sha256(), 0, size
    stream.seek(0)
    while rest and (block := stream.read(min(rest, _BLOCK))):
        digest.update(block)
        lines += block.count(b"\n")
        rest -= len(block)
    return None if rest else (digest, lines)


def _hash_if_unchanged(stream: IO[bytes], mark: SegmentMark) -> tuple[_Hash, int] | None:
    """Return what `_hash_start` returns, or None if the bytes are not those of the mark."""
    start = _hash_start(stream, mark.size)
    return start if start is not None and start[0].hexdigest() == mark.hash else None


def _iter_whole_lines(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The lines that have an end, and whether each begins here: one that is too long has parts."""
    while line := stream.readline(LINE_LIMIT + 2):
        if line.endswith(b"\n"):
            yield line, True
            continue
        position = stream.tell()
        while (more := stream.readline(LINE_LIMIT)) and not more.endswith(b"\n"):
            pass
        if not more:
            return
        stream.seek(position)
        yield line, True
        while not (more := stream.readline(LINE_LIMIT)).endswith(b"\n"):
            yield more, False
        yield more, False


def _make_mark(path: str, size: int, digest: _Hash, modified: int) -> SegmentMark:
    return SegmentMark(path, size, digest.hexdigest(), modified)


def has_hash(segment: SegmentFile, mark: SegmentMark) -> bool:
    """Return whether a segment begins with the bytes of a mark.

    Raises OSError: it cannot be read.
    """
    with segment.file.open("rb") as stream:
        return _hash_if_unchanged(stream, mark) is not None


# -- write ----------------------------------------------------------------------------------------


def append_gestures(
    journals: Path,
    header: SegmentHeader,
    last: SegmentMark | None,
    gestures: Iterable[Gesture],
    sealed_from: int = SEALED_FROM_BYTES,
) -> AppendResult | None:
    """Append gestures to the last segment of this device's, or to a new one if that is sealed.

    They are on disk when it returns. It may have been stopped between writing and recording what
    it wrote: bytes that the same gestures make are left, and half a line is completed. `header` is
    that of a new segment, `last` the mark of the last one; no more gestures are taken once it is
    sealed.

    Return None if the segment has other bytes than this device wrote, or is a link or no file, and
    is left. Raises OSError: the folder or the file cannot be written.
    """
    position = _find_append_position(journals, last, sealed_from)
    if position is None:
        return None
    number, start = position
    path = segment_path(header.device, number)
    waiting = iter(gestures)
    first = next(waiting, None)
    file = journals / path
    is_new = not os.path.lexists(file)
    if first is None and is_new:
        return AppendResult(last)
    folder = _make_own_folder(journals, header.device)
    if not is_new and (file.is_symlink() or not file.is_file()):
        return None
    flags = _FLAGS | (os.O_CREAT | os.O_EXCL if is_new else 0)
    with open(os.open(file, flags, 0o666), "r+b") as stream:  # noqa: PTH123  # a handle
        appender = _LineAppender(stream, start)
        ours = start > 0 or appender.add_line(encode_header(header))
        written = AppendResult(None)
        while ours and first is not None:
            for line in encode_gesture(first):
                if len(line) > LINE_LIMIT:
                    written = written._replace(too_long=written.too_long + 1)
                else:
                    ours = ours and appender.add_line(line)
            written = written._replace(last=first.id, gestures=written.gestures + 1)
            first = next(waiting, None) if appender.size < sealed_from else None
        has_more = ours and appender.is_comparing and stream.read(1)
        if not ours or has_more:
            return None
        stream.flush()
        flush_handle(stream.fileno())
        modified = _modification_time(os.fstat(stream.fileno()))
    if start == 0:
        flush_folder(folder)
    return written._replace(mark=_make_mark(path, appender.size, appender.digest, modified))


_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


def _find_append_position(
    journals: Path, last: SegmentMark | None, sealed_from: int
) -> tuple[int, int] | None:
    """The segment to write and its size; None if the last one is not as it was left."""
    if last is None:
        return 1, 0
    number = number_of(last.path)
    with (journals / last.path).open("rb") as stream:
        header = _read_header(stream)
        if _hash_if_unchanged(stream, last) is None or not isinstance(header, SegmentHeader):
            return None
        if not header.snapshot and last.size < sealed_from:
            return number, last.size
        return None if stream.read(1) else (number + 1, 0)


class _LineAppender:
    """Writes lines into a file, but for those that are there already."""

    def __init__(self, stream: IO[bytes], start: int) -> None:
        hashed = _hash_start(stream, start)
        self.size = start  # of the file up to the last line
        self.digest = hashlib.sha256() if hashed is None else hashed[0]  # the hash of these bytes
        self._stream = stream
        self.is_comparing = True

    def add_line(self, line: bytes) -> bool:
        """Add a line; False if another one is in its place."""
        rest = line
        if self.is_comparing:
            there = self._stream.read(len(line))
            if not line.startswith(there):
                return False
            rest = line[len(there) :]
        if rest:
            if self.is_comparing:
                self.is_comparing = False
                self._stream.seek(0, os.SEEK_END)
            self._stream.write(rest)
        self.size += len(line)
        self.digest.update(line)
        return True


def replace_segment(journals: Path, path: str, data: bytes) -> SegmentMark:
    """Write a segment of this device's own as a whole; it is on disk on return."""
    with replace_file(journals / path) as stream:
        stream.write(data)
    modified = _modification_time((journals / path).stat())
    return _make_mark(path, len(data), hashlib.sha256(data), modified)


def write_snapshot(
    journals: Path,
    header: SegmentHeader,
    number: int,
    gestures: Iterable[Gesture],
    sealed_from: int = SEALED_FROM_BYTES,
) -> list[SegmentMark]:
    """Write winners into new segments, each complete or absent; they are on disk at the end.

    Without any there is one segment, so that others know of the device. No file is replaced:
    numbers from `number` on that are taken are left out. The header has `snapshot`, and gestures a
    bounded number of articles each.

    Raises OSError: they cannot be written; those that are complete may stay.
    """
    marks: list[SegmentMark] = []
    parts, size = [encode_header(header)], 0

    def write_segment() -> None:
        nonlocal number
        while os.path.lexists(journals / segment_path(header.device, number)):
            number += 1
        path = segment_path(header.device, number)
        marks.append(replace_segment(journals, path, b"".join(parts)))

    _make_own_folder(journals, header.device)
    for gesture in gestures:
        for line in encode_gesture(gesture):
            if len(line) <= LINE_LIMIT:
                parts.append(line)
                size += len(line)
        if size >= sealed_from:
            write_segment()
            parts, size = [encode_header(header)], 0
    if size or not marks:
        write_segment()
    return marks

"""The files of a path: itself, those of a folder, those of an archive; each bounded."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZipFile, ZipInfo

from rilo_reader.entry import NotReadableError
from rilo_reader.store.file_names import is_left_out, to_text
from rilo_reader.text import clean_line

FILES_LIMIT = 1_000_000
"""Files of one path."""

MEMBER_LIMIT = 500_000_000
"""Bytes of one file of an archive, unpacked."""

ARCHIVE_LIMIT = 8_000_000_000
"""Bytes of all files of an archive and of the archives in it, unpacked."""

RATIO_LIMIT = 200
"""How many times its size a large file of an archive may have unpacked: texts have 3 to 20."""

NESTED_LIMIT = 2
"""Archives within archives."""


class Found(NamedTuple):
    """A file.

    Attributes:
        name: for people, one clean line.
        path: where it belongs in a library, relative, with forward slashes.
        open: gives its bytes, as a stream that reads from the start.
        modified: when it was last changed, in seconds since 1970: an article's date where its
            text tells none. None where that is not known.
    """

    name: str
    path: str
    open: Callable[[], IO[bytes]]
    modified: float | None = None


OnSkip = Callable[[str, str], None]
"""Told of each file that is left out: its name, and why."""


def files_of(path: Path, on_skip: OnSkip, without: Path) -> Iterator[Found]:
    """The file at a path, or every file of a folder, in the order of their names.

    Hidden files and folders and those that programs fill are passed over; links are not followed.

    Args:
        path: of the user.
        on_skip: told what is left out.
        without: a folder, absolute and resolved, that is passed over too: the library.

    Raises:
        OSError: the path is not there or cannot be read.
    """
    if not stat.S_ISDIR(path.stat().st_mode):
        yield _found(path, path.name)
        return
    root = path.resolve()
    for number, file in enumerate(_walk(root, on_skip, without)):
        if number >= FILES_LIMIT:
            on_skip(str(path), f"only the first {FILES_LIMIT:,} files of it were looked at")
            return
        relative = file.relative_to(root).as_posix()
        yield _found(file, f"{root.name}/{relative}" if root.name else relative)


def _walk(folder: Path, on_skip: OnSkip, without: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as opened:
                entries = sorted(opened, key=lambda entry: entry.name)
        except OSError:
            # Whoever opens it is told why not.
            yield current
            continue
        below = []
        for entry in entries:
            if is_left_out(entry.name):
                continue
            if entry.is_symlink():
                on_skip(entry.path, "it is a link")
            elif entry.is_dir():
                if Path(entry.path) != without:
                    below.append(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)
        waiting.extend(reversed(below))


def _found(file: Path, relative: str) -> Found:
    def opened() -> IO[bytes]:
        # A pipe that bears the name must not wait for somebody to write into it.
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise NotReadableError("it is not a regular file")
        return os.fdopen(handle, "rb")

    path = to_text(relative)
    return Found(clean_line(path, 300), path, opened, file.stat().st_mtime)


class Budget:
    """How much may still be unpacked."""

    def __init__(self, left: int = ARCHIVE_LIMIT) -> None:
        self.left = left


def members_of(stream: IO[bytes], found: Found, on_skip: OnSkip, budget: Budget) -> Iterator[Found]:
    """The files of a zip, each where its name puts it below the zip's own name.

    Left out, and told of: what is encrypted, packed in an unknown way, a link, too large, of a
    size that only a bomb has, or would lie outside.

    Raises:
        NotReadableError: it is no zip that can be read.
    """
    try:
        archive = ZipFile(stream)
    except Exception as error:
        # Of another program's files, zipfile raises what its parts happen to.
        raise NotReadableError(f"it is no zip that can be read ({error})") from error
    with archive:
        base = found.path.rpartition("/")[2].rpartition(".")[0] or "archive"
        folder = found.path.rpartition("/")[0]
        for number, member in enumerate(archive.infolist()):
            if number >= FILES_LIMIT:
                on_skip(found.name, f"only the first {FILES_LIMIT:,} files of it were looked at")
                return
            if member.is_dir():
                continue
            name = f"{found.name}: {clean_line(to_text(member.filename), 200)}"
            path, reason = _place(member, budget)
            if reason:
                on_skip(name, reason)
            elif not is_left_out(path):
                whole = "/".join(part for part in (folder, base, path) if part)
                opened = partial(_unpacked, archive, member, budget)
                yield Found(name, whole, opened, _modified(member))


def _modified(member: ZipInfo) -> float | None:
    """When a file of an archive was changed; archives know the local time of where they are."""
    try:
        return datetime(*member.date_time).timestamp()  # noqa: DTZ001  # local time is meant
    except (ValueError, OverflowError, OSError):
        return None


def _place(member: ZipInfo, budget: Budget) -> tuple[str, str]:
    """Where a file of an archive belongs, or why it does not."""
    name = to_text(member.filename.replace("\\", "/"))
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or not name:
        return "", "its name leads out of the archive"
    if member.flag_bits & 0x1:
        return "", "it is encrypted"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "", "it is a link"
    if member.file_size > MEMBER_LIMIT or member.file_size > budget.left:
        return "", "it is too large"
    if member.file_size > 1_000_000 and member.file_size > RATIO_LIMIT * max(
        1, member.compress_size
    ):
        return "", "it unpacks to more than anybody packs: a bomb"
    return "/".join(part for part in parts if part not in ("", ".")), ""


def _unpacked(archive: ZipFile, member: ZipInfo, budget: Budget) -> IO[bytes]:
    """The bytes of one file of an archive; zipfile gives no more of them than were announced."""
    import shutil
    import tempfile

    try:
        out = tempfile.SpooledTemporaryFile(max_size=20_000_000)  # noqa: SIM115  # handed on
        with archive.open(member) as packed:
            shutil.copyfileobj(packed, out)
        budget.left -= out.tell()
        out.seek(0)
    except Exception as error:
        # As above; each way to pack has errors of its own.
        raise NotReadableError(f"it cannot be unpacked ({error})") from error
    return out

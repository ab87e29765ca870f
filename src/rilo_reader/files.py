"""Replace files atomically, and read those that have to be ordinary files."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be deleted
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".rilo-reader-"
"""Prefix of the names of temporary files and folders; leftovers may be deleted."""


READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags for reading: opening a named pipe must not block until somebody writes into it."""

LARGEST = 100_000_000
"""Bytes of the largest file of the program's own that is read at once."""


def check_regular(file: Path) -> None:
    """Raise OSError if it is not an ordinary file: reading it might never end."""
    with contextlib.suppress(FileNotFoundError):
        _check_regular(file.stat().st_mode, file)


def read_regular(file: Path) -> bytes:
    """The content of a file. Raises OSError: it cannot be read, or is not an ordinary file."""
    check_regular(file)  # opening a device may do something, and a socket cannot be opened
    with open(os.open(file, READ), "rb") as opened:  # noqa: PTH123  # a handle
        status = os.fstat(opened.fileno())
        _check_regular(status.st_mode, file)
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 1_000_000} MB", str(file))
    return data


def read_user_text(file: Path) -> str:
    """The text of a file that users edit, without a byte order mark; raises OSError, ValueError."""
    return read_regular(file).decode("utf-8-sig")


def _check_regular(mode: int, file: Path) -> None:
    if not stat.S_ISREG(mode):
        what = "it is a folder" if stat.S_ISDIR(mode) else "it is a pipe, socket or device"
        raise OSError(errno.EINVAL, f"{what}, not a file", str(file))


def _find_full_flush() -> Callable[[int], object] | None:
    with contextlib.suppress(AttributeError):  # all systems but macOS
        command: int = fcntl.F_FULLFSYNC  # type: ignore[attr-defined,unused-ignore]
        return lambda handle: fcntl.fcntl(handle, command)
    return None


FULL_FLUSH = _find_full_flush()
"""What flushes a file on macOS, where `fsync` leaves it in the memory of the drive; else None."""


def flush_handle(handle: int, full_flush: Callable[[int], object] | None = FULL_FLUSH) -> None:
    """Flush an open file to the disk, so that it survives a power cut. Raises OSError."""
    if full_flush is not None:
        with contextlib.suppress(OSError):  # a disk on a network has none
            full_flush(handle)
            return
    os.fsync(handle)


@contextlib.contextmanager
def replace_file(file: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content replaces `file` at the end of the block.

    At any moment the old or the new content is complete on disk: it is written to a hidden file
    in the same folder, flushed, and renamed. Permissions of an existing file are kept, links are
    followed. If the block raises, the old file is unchanged and the hidden one is removed. Where
    it is `private`, only the user may read the new content, at any moment.

    Raises:
        OSError: the file cannot be written; its folder must exist.
    """
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f"{TEMPORARY}{os.urandom(8).hex()}.tmp")
    try:
        with create_locked(temporary, 0o600 if private else 0o666) as out:
            if not private:
                with contextlib.suppress(FileNotFoundError):
                    temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            yield out
            out.flush()
            flush_handle(out.fileno())
            if os.name == "nt":
                out.close()  # what is open cannot be renamed
            replace_with_retry(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        is_own = isinstance(error, OSError) and error.filename in (None, str(temporary))
        if is_own and error.errno not in (None, errno.EPIPE):  # type: ignore[attr-defined]
            raise WriteError(*error.args[:2], str(file)) from error
        raise
    flush_folder(target.parent)


class WriteError(OSError):
    """A file cannot be replaced; it has the name that the user knows, and its text is a message."""

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


def create_locked(file: Path, mode: int = 0o600) -> BinaryIO:
    """Create a file that `is_locked` until it is closed; raise OSError, also if it exists."""
    while True:
        out = open(file, "xb", opener=lambda name, flags: os.open(name, flags, mode))  # noqa: SIM115
        with contextlib.suppress(OSError, AttributeError):  # not on every disk
            fcntl.flock(out, fcntl.LOCK_EX)
        if file.exists():  # else it was swept before it was locked
            return out
        out.close()


def is_locked(file: Path) -> bool:
    """Return whether the process that created a file with `create_locked` has it open."""
    try:
        with file.open("rb") as opened, contextlib.suppress(AttributeError):  # Windows
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def find_leftovers(folders: Iterable[Path]) -> list[Path]:
    """Return the temporary files of killed processes in folders, and none that is in use."""
    found = (file for folder in folders for file in folder.glob(f"{TEMPORARY}*.tmp"))
    return [file for file in found if not is_locked(file)]


ATTEMPTS = 20 if os.name == "nt" else 1
PAUSE = 0.05  # seconds between attempts


def replace_with_retry(
    temporary: str | Path,
    target: str | Path,
    *,
    attempts: int = ATTEMPTS,
    replace: Callable[[str | Path, str | Path], None] = os.replace,
) -> None:
    """Give a file its final name, in place of the one that has it.

    On Windows that fails for as long as somebody reads the old one, such as a scanner for viruses;
    so it is tried again for a second. Raises OSError.
    """
    for _ in range(attempts - 1):
        with contextlib.suppress(PermissionError):
            return replace(temporary, target)
        time.sleep(PAUSE)
    return replace(temporary, target)


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system supports it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            flush_handle(handle)
        finally:
            os.close(handle)

"""Write many files at once: each is complete or absent, and all are on disk at the end.

Every file is written under a temporary name, flushed with all others, and then renamed. From 100
files on their whole file system is flushed, by a system call that Python's `os` does not have.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rilo_reader.files import FULL_FLUSH, TEMPORARY, flush_folder, flush_handle, replace_with_retry
from rilo_reader.store.folder import is_within, native_file

# -- flush ----------------------------------------------------------------------------------------

FLUSH_THREADS = 8
"""Files that are flushed at the same time: they share a commit of the file system's journal."""

SYNCFS_MIN_FILES = 100
"""Least number of files for which the whole file system is flushed, which may hold other data."""

_FILE_SYSTEMS = frozenset({0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x01021994})
"""ext2 to ext4, XFS, Btrfs, F2FS, tmpfs: there syncfs guarantees what fsync does."""


def flush_files(files: Sequence[str]) -> dict[str, OSError]:
    """Flush files to disk; return those that failed, with the error."""
    if len(files) >= SYNCFS_MIN_FILES:
        try:
            if _flush_all(_parent_of(files[0])):
                return {}
        except OSError as error:
            return dict.fromkeys(files, error)
    with ThreadPoolExecutor(FLUSH_THREADS) as pool:
        errors = [*pool.map(_flush_file, files[:-1])]
    # The last flush to the disk itself takes with it what the drive has of the others.
    errors += [_flush_file(file, FULL_FLUSH) for file in files[-1:]]
    return {file: error for file, error in zip(files, errors, strict=True) if error is not None}


def _flush_file(file: str, full: Callable[[int], object] | None = None) -> OSError | None:
    try:
        handle = os.open(file, os.O_RDWR)
        try:
            flush_handle(handle, full)
        finally:
            os.close(handle)
    except OSError as error:
        return error
    return None


def _flush_folders(folders: Sequence[str], entries: int) -> OSError | None:
    """Flush folders with this number of new entries in all; return the error, or None."""
    try:
        if entries < SYNCFS_MIN_FILES or not folders or not _flush_all(folders[0]):
            for folder in folders:
                flush_folder(Path(folder))
    except OSError as error:
        return error
    return None


def _flush_all(folder: str) -> bool:
    """Flush the file system of a folder; False where that guarantees less than `fsync`.

    It takes a third of the time for a thousand files (decision 0074). Python has no `syncfs`.
    """
    if not _reports_failures():
        return False
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(1024)
    is_known = libc.statfs(os.fsencode(folder), buffer) == 0
    # The type of the file system is the first number in the result.
    if not is_known or ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF not in _FILE_SYSTEMS:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        if libc.syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), folder)
    finally:
        os.close(handle)
    return True


@functools.cache
def _reports_failures() -> bool:
    """Return whether there is a `syncfs` that does: from Linux 5.8 on."""
    import ctypes  # few write so many files at once, and all would import it

    release = re.match(r"(\d+)\.(\d+)", os.uname().release) if sys.platform == "linux" else None
    return (
        release is not None
        and (int(release[1]), int(release[2])) >= (5, 8)
        and hasattr(ctypes.CDLL(None), "syncfs")
    )


# -- write ----------------------------------------------------------------------------------------

Flush = Callable[[Sequence[str]], dict[str, OSError]]
"""As `flush_files`."""


def write_all(
    root: Path, texts: Mapping[str, str | bytes], *, flush: Flush = flush_files
) -> dict[str, OSError]:
    """Write files, each at any moment with its old or its new text; return the errors by path.

    `texts` has the complete text of each path. Links are followed within `root`, and nothing is
    written where one leads out of it. Permissions are kept, and folders made. Raises Unreadable if
    a path is not valid within a library, and UnicodeEncodeError.
    """
    failed: dict[str, OSError] = {}
    folders: set[str] = set()  # folders whose entries must be flushed
    real_folders: dict[str, str] = {}  # folders, and what they really are
    temporaries: dict[str, tuple[str, str]] = {}  # temporary name -> its path and its final name
    token = os.urandom(8).hex()
    try:
        for path, text in texts.items():
            data = text.encode() if isinstance(text, str) else text
            folder, name = os.path.split(native_file(root, path))
            try:
                if folder not in real_folders:
                    real_folders[folder] = _check_inside(root, os.path.realpath(folder))
                    _make_folders(real_folders[folder], folders)
                target, mode = _resolve_target(root, f"{real_folders[folder]}{os.sep}{name}")
                temporary = f"{_parent_of(target)}{os.sep}{TEMPORARY}{token}-{len(temporaries)}.tmp"
                _write_file(temporary, data, mode)
                temporaries[temporary] = path, target
            except OSError as error:
                error.filename = f"{folder}{os.sep}{name}"  # which is what the user knows
                failed[path] = error
        unflushed = flush(list(temporaries))
        # A folder may have become a link meanwhile; a file that did is replaced, not followed.
        moved = {_parent_of(target) for _, target in temporaries.values()}
        moved = {folder for folder in moved if os.path.realpath(folder) != folder}
        for temporary, (path, target) in list(temporaries.items()):
            try:
                if temporary in unflushed:
                    raise unflushed[temporary]
                if _parent_of(target) in moved:
                    raise _outside_error(target)
                replace_with_retry(temporary, target)
                del temporaries[temporary]
            except OSError as error:
                failed[path] = error
    finally:
        for temporary in temporaries:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108
    folders.update(real_folders.values())
    lost = _flush_folders(sorted(folders, reverse=True), len(texts))
    return failed if lost is None else dict.fromkeys(texts, lost) | failed


def _make_folders(folder: str, made: set[str]) -> None:
    """Create a folder and its parents, and add those whose entries must be flushed."""
    if os.path.isdir(folder):  # noqa: PTH112
        return
    _make_folders(_parent_of(folder), made)
    try:
        Path(folder).mkdir(exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
    made.update((folder, _parent_of(folder)))


def _parent_of(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120


def _check_inside(root: Path, real: str) -> str:
    """A path without links, if it is within the folder. Raises OSError."""
    if not is_within(root, real):
        raise _outside_error(real)
    return real


def _outside_error(file: str) -> OSError:
    return OSError(errno.EXDEV, "a link leads from it out of the library", file)


def _resolve_target(root: Path, file: str) -> tuple[str, int | None]:
    """The file to write (a link's target), and the mode of an existing one."""
    try:
        mode = os.lstat(file).st_mode
    except OSError:  # most do not exist yet; any other error comes up when writing
        return file, None
    if not stat.S_ISLNK(mode):
        return file, mode
    file = _check_inside(root, os.path.realpath(file))
    with contextlib.suppress(OSError):
        return file, os.stat(file).st_mode  # noqa: PTH116
    return file, None


def _write_file(file: str, data: bytes, mode: int | None) -> None:
    """Create a file with a mode; nothing is left of it on an error."""
    output = open(file, "xb")  # noqa: PTH123, SIM115  # closed before it is deleted
    try:
        with output:
            if mode is not None:
                os.chmod(file, mode & 0o7777)  # noqa: PTH101
            output.write(data)
    except BaseException:
        os.unlink(file)  # noqa: PTH108
        raise


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files of killed processes, while no other writes into the folder."""
    for leftover in folder.glob(f"{TEMPORARY}*.tmp"):
        leftover.unlink()

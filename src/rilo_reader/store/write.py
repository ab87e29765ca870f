"""Many files written as one piece of work: each whole or absent, all on the disk at the end.

A file is written beside its place and then put there. A folder that is not there yet is filled
beside its place, and put there with all that is in it: that is half the work for the system.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import shutil
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rilo_reader.store.folder import native_file

TEMPORARY = ".rilo-reader-"
"""How a name begins of what is being written; a file or folder that is left over may be deleted."""


def write_all(root: Path, texts: Mapping[str, str | bytes]) -> dict[str, OSError]:
    """Write files as `folder.write` does, but wait for the disk once, not once for each.

    Args:
        root: the library.
        texts: path -> whole text, or the bytes of one.

    Returns:
        The paths that could not be written, and why; those files are whole, as they were before or
        as they should be.

    Raises:
        Unreadable: a path is no path in a library.
        UnicodeEncodeError: a text holds lone surrogates.
    """
    batch = _Batch(os.path.realpath(root))
    try:
        for path, text in texts.items():
            data = text.encode() if isinstance(text, str) else text
            batch.write(path, native_file(root, path), data)
        batch.put_in_place()
    finally:
        batch.clean_up()
    lost = flush_folders(sorted(batch.folders, reverse=True), len(texts))
    return batch.failed if lost is None else dict.fromkeys(texts, lost) | batch.failed


def remove_leftovers(folder: Path) -> int:
    """Delete what a killed process left half written in a folder; returns how many things.

    Only for who knows that nobody writes there now.
    """
    count = 0
    for left in folder.glob(f"{TEMPORARY}*.tmp"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
        count += 1
    return count


class _Aside(NamedTuple):
    """A new folder beside its place; its files where they are now, with their paths."""

    folder: str
    files: dict[str, str]


class _Batch:
    """Files on their way.

    Args:
        root: the library.

    Attributes:
        failed: the paths that could not be written, and why.
        folders: those whose entries must be flushed.
    """

    def __init__(self, root: str) -> None:
        self.failed: dict[str, OSError] = {}
        self.folders: set[str] = set()
        self._root = root
        self._own = os.urandom(8).hex()
        self._real: dict[str, str] = {}
        self._asides: dict[str, _Aside] = {}
        # Where each file is that stands beside its place -> its path, and that place.
        self._beside: dict[str, tuple[str, str]] = {}

    def write(self, path: str, file: str, data: bytes) -> None:
        """Write the file of a path, beside its place or in a folder beside its place."""
        folder, name = os.path.split(file)
        try:
            real = self._real.get(folder) or self._find_or_make(folder)
            aside = self._asides.get(real)
            if aside is not None:
                written = f"{aside.folder}{os.sep}{name}"
                _write(written, data, None)
                aside.files[written] = path
            else:
                target, mode = _target(f"{real}{os.sep}{name}")
                written = self._name(_parent(target), f"{len(self._beside)}")
                _write(written, data, mode)
                self._beside[written] = path, target
        except OSError as error:
            self.failed[path] = error

    def put_in_place(self) -> None:
        """Have the files on the disk, and then each where it belongs."""
        inside = [written for aside in self._asides.values() for written in aside.files]
        unflushed = flush_files([*inside, *self._beside])
        for place, (folder, files) in self._asides.items():
            for written in unflushed.keys() & files.keys():
                self.failed[files.pop(written)] = unflushed[written]
                _remove(written)
            try:
                os.rename(folder, place)  # noqa: PTH104  # of texts, as everywhere here: Paths cost more
                files.clear()
            except OSError:
                # Somebody else has made it meanwhile: each file goes there by itself.
                for written, path in files.items():
                    self._beside[written] = path, place + written[len(folder) :]
        for written, (path, target) in list(self._beside.items()):
            try:
                if written in unflushed:
                    raise unflushed[written]
                os.replace(written, target)  # noqa: PTH105
            except OSError as error:
                self.failed[path] = error
            else:
                del self._beside[written]

    def clean_up(self) -> None:
        """Delete what did not come where it belongs."""
        for written in self._beside:
            _remove(written)
        for folder, files in self._asides.values():
            for written in files:
                _remove(written)
            with contextlib.suppress(OSError):
                os.rmdir(folder)  # noqa: PTH106

    def _find_or_make(self, folder: str) -> str:
        """Where a folder really is; where it is not there, one beside its place is made."""
        real = os.path.realpath(folder)
        if not os.path.isdir(real):  # noqa: PTH112
            inside = real != self._root
            self._make(_parent(real) if inside else real)
            if inside:
                aside = self._name(_parent(real), f"folder-{len(self._asides)}")
                os.mkdir(aside)  # noqa: PTH102
                self._asides[real] = _Aside(aside, {})
                self.folders.add(_parent(real))
        self.folders.add(real)
        self._real[folder] = real
        return real

    def _make(self, folder: str) -> None:
        """Make a folder and those above it, and note whose entries must be flushed."""
        if os.path.isdir(folder):  # noqa: PTH112
            return
        self._make(_parent(folder))
        try:
            Path(folder).mkdir(exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
        self.folders.update((folder, _parent(folder)))

    def _name(self, folder: str, number: str) -> str:
        """The name of something that is not in its place yet."""
        return f"{folder}{os.sep}{TEMPORARY}{self._own}-{number}.tmp"


def _parent(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120


def _remove(file: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)  # noqa: PTH108


def _target(file: str) -> tuple[str, int | None]:
    """What is to be written where a file is or is a link, and its mode where it is."""
    mode = _mode(file, os.lstat)
    if mode is not None and stat.S_ISLNK(mode):
        file = os.path.realpath(file)
        mode = _mode(file, os.stat)
    return file, mode


def _mode(file: str, look: Callable[[str], os.stat_result]) -> int | None:
    try:
        return look(file).st_mode
    except OSError:
        # Most are not there; whatever else is wrong, writing says.
        return None


def _write(file: str, data: bytes, mode: int | None) -> None:
    """Write a file that is not there, with the mode that an old one has; all of it or nothing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(file, flags, 0o666)
    try:
        try:
            if mode is not None:
                os.chmod(file, mode & 0o7777)  # noqa: PTH101
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
    except BaseException:
        os.unlink(file)  # noqa: PTH108
        raise


# Have what was written on the disk: file by file, or all that its file system holds at once.


TOGETHER = 8
"""Files that are waited for together: they share a turn of the disk."""

MANY = 100
"""Files from which on the whole file system is asked: it may have more to write than ours."""

_TELLS_OF_FAILURE = (5, 8)
_KNOWN = frozenset({0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x01021994})
"""ext2 to ext4, XFS, Btrfs, F2FS, tmpfs: where syncfs promises what fsync does."""


def flush_files(files: Sequence[str]) -> dict[str, OSError]:
    """Have the contents of files on the disk; those that failed, and why."""
    if len(files) >= MANY and (whole := _whole_system(os.path.dirname(files[0]))):  # noqa: PTH120  # a text
        try:
            whole()
        except OSError as error:
            return dict.fromkeys(files, error)
        return {}
    if len(files) < 2:
        done = list(map(_flushed, files))
    else:
        # Together they wait for one turn of the disk, one after the other for one each: 0.2 ms
        # a file instead of 1.6.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(TOGETHER) as pool:
            done = list(pool.map(_flushed, files))
    return {file: error for file, error in zip(files, done, strict=True) if error is not None}


def flush_folders(folders: Sequence[str], entries: int) -> OSError | None:
    """Have new entries of folders on the disk, so many in all; what failed, or None.

    A system that cannot flush a folder is believed to need no flushing.
    """
    if entries >= MANY and folders and (whole := _whole_system(folders[0])):
        try:
            whole()
        except OSError as error:
            return error
        return None
    from pathlib import Path

    from rilo_reader.store.folder import flush_folder

    for folder in folders:
        flush_folder(Path(folder))
    return None


def _flushed(file: str) -> OSError | None:
    try:
        handle = os.open(file, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        return error
    return None


def _whole_system(folder: str) -> Callable[[], None] | None:
    """What flushes the file system of a folder, None where that promises less than fsync."""
    syncfs = _syncfs()
    if syncfs is None:
        return None
    import ctypes

    # The kind of file system is the first number of what statfs tells.
    told = ctypes.create_string_buffer(1024)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statfs(os.fsencode(folder), told) != 0:
        return None
    kind = ctypes.c_long.from_buffer(told).value & 0xFFFFFFFF
    return functools.partial(syncfs, folder) if kind in _KNOWN else None


@functools.cache
def _syncfs() -> Callable[[str], None] | None:
    """Linux's own, where it tells of failures."""
    if not hasattr(os, "uname") or os.uname().sysname != "Linux":
        return None
    release = os.uname().release.split(".")
    if not all(part.isdecimal() for part in release[:2]):
        return None
    if tuple(map(int, release[:2])) < _TELLS_OF_FAILURE:
        return None
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "syncfs"):
        return None

    def flush(folder: str) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            if libc.syncfs(handle) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), folder)
        finally:
            os.close(handle)

    return flush

"""Write many files at once: each is complete or absent, and all are on disk at the end.

Every file is written under a temporary name and then renamed. A folder that does not exist yet is
filled under a temporary name and renamed with its files, which halves the work of the system.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rilo_reader.files import TEMPORARY
from rilo_reader.store.folder import native_file
from rilo_reader.store.syncfs import flush_files, flush_folders

Flush = Callable[[Sequence[str]], dict[str, OSError]]
"""Flush files to disk; the result has those that failed, with the error."""


def write_all(
    root: Path, texts: Mapping[str, str | bytes], *, flush: Flush = flush_files
) -> dict[str, OSError]:
    """Write files, each at any moment with its old or its new text, and wait for the disk once.

    `texts` has the complete text of each path. Raises Unreadable if a path is not valid within a
    library.

    Returns:
        The paths that could not be written, with the error. These files are complete too, with
        their old or their new text.
    """
    batch = _Batch(os.path.realpath(root))
    try:
        for path, text in texts.items():
            data = text.encode() if isinstance(text, str) else text
            batch.write(path, native_file(root, path), data)
        batch.put_in_place(flush)
    finally:
        batch.clean_up()
    lost = flush_folders(sorted(batch.folders, reverse=True), len(texts))
    return batch.failed if lost is None else dict.fromkeys(texts, lost) | batch.failed


def remove_leftovers(folder: Path) -> int:
    """Delete temporary files and folders of killed processes; return how many.

    Only while no other process writes into the folder.
    """
    count = 0
    for leftover in folder.glob(f"{TEMPORARY}*.tmp"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
        count += 1
    return count


class _NewFolder(NamedTuple):
    """A new folder under its temporary name, and its files: current name -> path."""

    folder: str
    files: dict[str, str]


class _Batch:
    """Files of a library that are being written."""

    def __init__(self, root: str) -> None:
        self.failed: dict[str, OSError] = {}  # the paths that could not be written, with the error
        self.folders: set[str] = set()  # folders whose entries must be flushed
        self._root = root
        self._token = os.urandom(8).hex()
        self._real: dict[str, str] = {}
        self._new_folders: dict[str, _NewFolder] = {}
        # Temporary name of each file -> its path and its final name.
        self._temporaries: dict[str, tuple[str, str]] = {}

    def write(self, path: str, file: str, data: bytes) -> None:
        """Write the file of a path under a temporary name, or in a folder that has one."""
        folder, name = os.path.split(file)
        try:
            real = self._real.get(folder) or self._find_or_make(folder)
            new_folder = self._new_folders.get(real)
            if new_folder is not None:
                temporary = f"{new_folder.folder}{os.sep}{name}"
                _write(temporary, data, None)
                new_folder.files[temporary] = path
            else:
                target, mode = _target(f"{real}{os.sep}{name}")
                temporary = self._name(_parent(target), f"{len(self._temporaries)}")
                _write(temporary, data, mode)
                self._temporaries[temporary] = path, target
        except OSError as error:
            self.failed[path] = error

    def put_in_place(self, flush: Flush) -> None:
        """Flush the files to disk, then give each its final name."""
        inside = [
            temporary for new_folder in self._new_folders.values() for temporary in new_folder.files
        ]
        unflushed = flush([*inside, *self._temporaries])
        for place, (folder, files) in self._new_folders.items():
            for temporary in unflushed.keys() & files.keys():
                self.failed[files.pop(temporary)] = unflushed[temporary]
                _remove(temporary)
            try:
                os.rename(folder, place)  # noqa: PTH104  # str is faster than Path, as in all of this class
                files.clear()
            except OSError:
                # Another process has created it meanwhile: rename the files one by one.
                for temporary, path in files.items():
                    self._temporaries[temporary] = path, place + temporary[len(folder) :]
        for temporary, (path, target) in list(self._temporaries.items()):
            try:
                if temporary in unflushed:
                    raise unflushed[temporary]
                os.replace(temporary, target)  # noqa: PTH105
            except OSError as error:
                self.failed[path] = error
            else:
                del self._temporaries[temporary]

    def clean_up(self) -> None:
        """Delete temporary files and folders that were not put in place."""
        for temporary in self._temporaries:
            _remove(temporary)
        for folder, files in self._new_folders.values():
            for temporary in files:
                _remove(temporary)
            with contextlib.suppress(OSError):
                os.rmdir(folder)  # noqa: PTH106

    def _find_or_make(self, folder: str) -> str:
        """The real path of a folder; if it is missing, create one under a temporary name."""
        real = os.path.realpath(folder)
        if not os.path.isdir(real):  # noqa: PTH112
            inside = real != self._root
            self._make(_parent(real) if inside else real)
            if inside:
                new_folder = self._name(_parent(real), f"folder-{len(self._new_folders)}")
                os.mkdir(new_folder)  # noqa: PTH102
                self._new_folders[real] = _NewFolder(new_folder, {})
                self.folders.add(_parent(real))
        self.folders.add(real)
        self._real[folder] = real
        return real

    def _make(self, folder: str) -> None:
        """Create a folder and its parents, and note which entries must be flushed."""
        if os.path.isdir(folder):  # noqa: PTH112
            return
        self._make(_parent(folder))
        try:
            Path(folder).mkdir(exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
        self.folders.update((folder, _parent(folder)))

    def _name(self, folder: str, number: str) -> str:
        return f"{folder}{os.sep}{TEMPORARY}{self._token}-{number}.tmp"


def _parent(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120


def _remove(file: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)  # noqa: PTH108


def _target(file: str) -> tuple[str, int | None]:
    """The file to write (a link's target), and the mode of an existing one."""
    mode = _mode(file, os.lstat)
    if mode is not None and stat.S_ISLNK(mode):
        file = os.path.realpath(file)
        mode = _mode(file, os.stat)
    return file, mode


def _mode(file: str, look: Callable[[str], os.stat_result]) -> int | None:
    try:
        return look(file).st_mode
    except OSError:
        # Most do not exist yet; any other error comes up when writing.
        return None


def _write(file: str, data: bytes, mode: int | None) -> None:
    """Create a file with a mode; nothing is left of it on an error."""
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

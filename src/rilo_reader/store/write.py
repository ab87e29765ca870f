"""Write many files at once: each is complete or absent, and all are on disk at the end.

Every file is written under a temporary name, flushed with all others, and then renamed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rilo_reader.files import TEMPORARY
from rilo_reader.store.folder import native_file
from rilo_reader.store.syncfs import flush_files, flush_folders

Flush = Callable[[Sequence[str]], dict[str, OSError]]
"""Flush files to disk; the result has those that failed, with the error."""


def write_all(
    root: Path, texts: Mapping[str, str | bytes], *, flush: Flush = flush_files
) -> dict[str, OSError]:
    """Write files, each at any moment with its old or its new text, and wait for the disk once.

    `texts` has the complete text of each path. Links are followed, permissions kept, and folders
    made. Raises Unreadable if a path is not valid within a library, and UnicodeEncodeError.

    Returns:
        The paths that could not be written, with the error. These files are complete too, with
        their old or their new text.
    """
    failed: dict[str, OSError] = {}
    folders: set[str] = set()  # folders whose entries must be flushed
    places: dict[str, str] = {}  # folders, and what they really are
    temporaries: dict[str, tuple[str, str]] = {}  # temporary name -> its path and its final name
    token = os.urandom(8).hex()
    try:
        for path, text in texts.items():
            data = text.encode() if isinstance(text, str) else text
            folder, name = os.path.split(native_file(root, path))
            try:
                if folder not in places:
                    places[folder] = os.path.realpath(folder)
                    _make(places[folder], folders)
                target, mode = _target(f"{places[folder]}{os.sep}{name}")
                temporary = f"{_parent(target)}{os.sep}{TEMPORARY}{token}-{len(temporaries)}.tmp"
                _write(temporary, data, mode)
                temporaries[temporary] = path, target
            except OSError as error:
                failed[path] = error
        unflushed = flush(list(temporaries))
        for temporary, (path, target) in list(temporaries.items()):
            try:
                if temporary in unflushed:
                    raise unflushed[temporary]
                os.replace(temporary, target)  # noqa: PTH105  # str is faster than Path, as in all of this
                del temporaries[temporary]
            except OSError as error:
                failed[path] = error
    finally:
        for temporary in temporaries:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108
    folders.update(places.values())
    lost = flush_folders(sorted(folders, reverse=True), len(texts))
    return failed if lost is None else dict.fromkeys(texts, lost) | failed


def _make(folder: str, made: set[str]) -> None:
    """Create a folder and its parents, and add those whose entries must be flushed."""
    if os.path.isdir(folder):  # noqa: PTH112
        return
    _make(_parent(folder), made)
    try:
        Path(folder).mkdir(exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
    made.update((folder, _parent(folder)))


def _parent(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120


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


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files of killed processes, while no other writes into the folder."""
    for leftover in folder.glob(f"{TEMPORARY}*.tmp"):
        leftover.unlink()

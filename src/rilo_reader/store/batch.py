"""Many files written as one piece of work: each whole or absent, all on the disk at the end."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from rilo_reader.store.flushing import flush_files, flush_folders
from rilo_reader.store.folder import native_file

TEMPORARY = ".rilo-reader-"
"""How the name of a file begins that is being written; one that is left over may be deleted."""


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
    failed: dict[str, OSError] = {}
    ready: dict[str, tuple[str, str]] = {}
    folders: set[str] = set()
    real: dict[str, str] = {}
    own = os.urandom(8).hex()
    try:
        for path, text in texts.items():
            file, before = _real_file(native_file(root, path), real)
            data = text.encode() if isinstance(text, str) else text
            try:
                folder = _parent(file)
                if folder not in folders:
                    _make_folder(folder, folders)
                    folders.add(folder)
                ready[path] = (_written(file, data, f"{own}-{len(ready)}", before), file)
            except OSError as error:
                failed[path] = error
        unflushed = flush_files([temporary for temporary, _ in ready.values()])
        for path, (temporary, file) in list(ready.items()):
            try:
                if temporary in unflushed:
                    raise unflushed[temporary]
                os.replace(temporary, file)  # noqa: PTH105  # of texts
            except OSError as error:
                failed[path] = error
            else:
                del ready[path]
    finally:
        for temporary, _ in ready.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108  # of a text
    lost = flush_folders(sorted(folders, reverse=True), len(texts))
    return failed if lost is None else dict.fromkeys(texts, lost) | failed


def remove_leftovers(folder: Path) -> int:
    """Delete what a killed process left half written in a folder; returns how many files.

    Only for who knows that nobody writes there now.
    """
    count = 0
    for file in folder.glob(f"{TEMPORARY}*.tmp"):
        file.unlink(missing_ok=True)
        count += 1
    return count


def _parent(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120  # of a text, as everywhere here: Paths cost more


def _real_file(file: str, real: dict[str, str]) -> tuple[str, int | None]:
    """What is to be written where a path is or leads through a link, and its mode where it is.

    Folders are looked up once.
    """
    folder = _parent(file)
    if folder not in real:
        real[folder] = os.path.realpath(folder)
    found = f"{real[folder]}{os.sep}{file[len(folder) + 1 :]}"
    mode = _mode(found, os.lstat)
    if mode is not None and stat.S_ISLNK(mode):
        found = os.path.realpath(found)
        mode = _mode(found, os.stat)
    return found, mode


def _mode(file: str, look: Callable[[str], os.stat_result]) -> int | None:
    try:
        return look(file).st_mode
    except OSError:
        # Most are not there; whatever else is wrong, writing says.
        return None


def _make_folder(folder: str, made: set[str]) -> None:
    """Make a folder and those above it, and note whose entries must be flushed."""
    if os.path.isdir(folder):  # noqa: PTH112
        return
    _make_folder(_parent(folder), made)
    Path(folder).mkdir(exist_ok=True)
    made.update((folder, _parent(folder)))


def _written(file: str, data: bytes, name: str, mode: int | None) -> str:
    """A temporary file beside a file, with the new bytes and the mode that the old one has."""
    temporary = f"{_parent(file)}{os.sep}{TEMPORARY}{name}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o666)
    try:
        try:
            if mode is not None:
                os.chmod(temporary, mode & 0o7777)  # noqa: PTH101
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
        raise
    return temporary

"""Scanning a folder for articles: every folder once, whatever links there are, in one order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rilo_reader.store.file_kinds import head_of, is_article, kind_of, may_be_article
from rilo_reader.store.file_names import LEFT_OUT, to_text

DEPTH_LIMIT = 64
"""Folders within folders that are still entered."""


class Unreadable(Exception):  # noqa: N818  # it names a state of a file, as the user is told it
    """A file or folder that cannot be read.

    Attributes:
        path: relative to the library, "" for the library itself.
        reason: one sentence for the user.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'The folder'}: {reason}")
        self.path = path
        self.reason = reason


class FileEntry(NamedTuple):
    """A file that is an article (see file_kinds).

    Attributes:
        path: relative to the library, with forward slashes, safe to print (see file_names).
        size: in bytes.
        mtime_ns: last change, nanoseconds since 1970.
    """

    path: str
    size: int
    mtime_ns: int


OnSkip = Callable[[str, str], None]
"""Told of what is left out that the user might expect: relative path, and the reason."""


def scan(
    root: Path, *, on_skip: OnSkip | None = None, others: Counter[str] | None = None
) -> Iterator[list[FileEntry]]:
    """The articles of a folder and of all folders in it, one list a folder that has any.

    Deterministic: folders and files in the order of their paths, links to folders after all other
    folders. Each folder is entered once, so links that lead back or to one another end. What
    cannot be read or vanished meanwhile is told to `on_skip` and left out.

    Args:
        root: the folder.
        on_skip: told of files and folders that look like articles and cannot be read.
        others: where the files that are no articles are counted by their kinds (see file_kinds),
            but for hidden ones and those in folders that are passed over.

    Raises:
        Unreadable: the root itself cannot be listed.
    """
    skip = on_skip or (lambda path, reason: None)
    counted: Counter[str] = Counter() if others is None else others
    try:
        facts = os.stat(root)  # noqa: PTH116  # a string path costs a third of a Path's here
        os.scandir(root).close()
    except OSError as error:
        raise Unreadable("", why(error)) from error
    entered = {(facts.st_dev, facts.st_ino)}
    waiting = [(os.fspath(root), "", 0)]
    linked: list[tuple[str, str, int]] = []
    while waiting or linked:
        if not waiting:
            folder, path, depth = linked.pop(0)
            if _enter(folder, path, entered, skip):
                waiting.append((folder, path, depth))
            continue
        folder, path, depth = waiting.pop()
        found, folders, links = _list_folder(folder, path, skip, counted)
        if found:
            yield found
        if depth >= DEPTH_LIMIT:
            for _, below in folders + links:
                skip(below, f"It is more than {DEPTH_LIMIT} folders deep.")
            continue
        linked.extend((name, below, depth + 1) for name, below in links)
        waiting.extend(
            (name, below, depth + 1)
            for name, below in reversed(folders)
            if _enter(name, below, entered, skip)
        )


_Folder = tuple[str, str]
_DANGLING = "It is a link to a file that is not there."


def _list_folder(
    folder: str, path: str, skip: OnSkip, others: Counter[str]
) -> tuple[list[FileEntry], list[_Folder], list[_Folder]]:
    """The articles, the folders and the links to folders in one folder, each sorted."""
    prefix = f"{path}/" if path else ""
    files: list[FileEntry] = []
    folders: list[_Folder] = []
    links: list[_Folder] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == ".":
                    continue
                relative = prefix + to_text(name)
                try:
                    if entry.is_dir():
                        if name not in LEFT_OUT:
                            (links if entry.is_symlink() else folders).append(
                                (entry.path, relative)
                            )
                    elif not may_be_article(name):
                        others[kind_of(name)] += 1
                    elif not entry.is_file():
                        is_link = entry.is_symlink()
                        skip(relative, _DANGLING if is_link else "It is not a regular file.")
                    elif is_article(name, head := head_of(entry.path, name)):
                        facts = entry.stat()
                        files.append(FileEntry(relative, facts.st_size, facts.st_mtime_ns))
                    else:
                        others[kind_of(name, head)] += 1
                except OSError as error:
                    skip(relative, why(error))
    except OSError as error:
        skip(path, why(error))
    files.sort()
    folders.sort(key=_by_path)
    links.sort(key=_by_path)
    return files, folders, links


def _by_path(folder: _Folder) -> str:
    return folder[1]


def _enter(folder: str, path: str, entered: set[tuple[int, int]], skip: OnSkip) -> bool:
    """Whether a folder is entered for the first time."""
    try:
        facts = os.stat(folder)  # noqa: PTH116  # as in scan
    except OSError as error:
        skip(path, why(error))
        return False
    key = (facts.st_dev, facts.st_ino)
    if key in entered:
        return False
    entered.add(key)
    return True


def why(error: OSError) -> str:
    """What the operating system said, as a sentence."""
    reason = error.strerror or type(error).__name__
    return f"{reason[:1].upper()}{reason[1:]}."

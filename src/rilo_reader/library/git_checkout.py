"""The git checkout that a folder is in: its commit and its objects, read without git.

    .git/HEAD -> refs/heads/main -> 40 digits       or a line of packed-refs
    .git is a file -> the folder that it names      a worktree, a submodule

A checkout is text from outside, and git obeys its settings: they name programs to run, files to
read and servers to ask. So no git is ever run in it. What is read here is small or left alone, and
nothing but a file is opened.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rilo_reader.files import READ

MOST_LINKS = 5
"""References from HEAD to the name of a commit, as git follows them."""

MOST_OF_LINK = 4_096  # bytes of a file that leads on
MOST_OF_LIST = 16_000_000  # bytes of packed-refs, some 200,000 of them, and of `shallow`

_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Checkout(NamedTuple):
    """All that git needs for the history of a folder, and nothing that git would obey."""

    commit: str  # 40 or 64 hex digits
    objects: str  # the folder of git's objects
    subfolder: str  # the folder within the checkout, "" or such as "notes/"
    shallow_commits: bytes  # the commits at which a shallow history ends, one a line


def find_checkout(folder: Path) -> Checkout | None:
    """Return the checkout that a folder is in; None if it is in none that can be asked.

    One above is looked for on the same disk, below the home folder: what lies in that itself, or
    beside all users' folders, is not a history of articles. It has to have the same owner.
    """
    folder = Path(os.path.realpath(folder))
    with suppress(OSError, ValueError, RuntimeError):  # there may be no home
        home = Path.home().resolve()
        here = folder.stat()
        for top in (folder, *folder.parents):
            if top == home or top.stat().st_dev != here.st_dev:
                return None
            with suppress(FileNotFoundError):
                found = (top / ".git").stat()
                inside = f"{folder.relative_to(top).as_posix()}/" if folder != top else ""
                return _read_checkout(top, inside) if found.st_uid == here.st_uid else None
    return None


def _read_checkout(top: Path, inside: str) -> Checkout | None:
    own = top / ".git"
    if not own.is_dir():
        own = _path_in_git_file(top, _read_small_file(own).removeprefix(b"gitdir:"))
    # What worktrees share.
    common = _path_in_git_file(own, _read_small_file(own / "commondir") or b".")
    commit = _read_head_commit(own, common)
    ends = _read_small_file(common / "shallow", MOST_OF_LIST)
    objects = os.fspath((common / "objects").resolve())
    return Checkout(commit, objects, inside, ends) if commit else None


def _path_in_git_file(folder: Path, name: bytes) -> Path:
    """Return the folder that a file in `folder` names; ValueError for one on a server."""
    text = os.fsdecode(name.strip())
    if not text or text.startswith(("//", "\\\\")):
        raise ValueError(text)
    return folder / text


def _read_head_commit(git_folder: Path, common: Path) -> str:
    """Return the name of the commit that HEAD leads to, "" if none is found."""
    name, folder = b"HEAD", git_folder
    for _ in range(MOST_LINKS):
        content = _read_small_file(folder / os.fsdecode(name)).strip()
        if _COMMIT.fullmatch(content):
            return content.decode()
        if not content.startswith(b"ref:"):
            return _find_packed_ref(_read_small_file(common / "packed-refs", MOST_OF_LIST), name)
        name, folder = content.removeprefix(b"ref:").strip(), common
    return ""


def _find_packed_ref(refs: bytes, name: bytes) -> str:
    """Return the commit of a reference in packed-refs, "" if it is not there."""
    head, found, _ = (b"\n" + refs).partition(b" " + name + b"\n")
    commit = head.rpartition(b"\n")[2] if found else b""
    return commit.decode() if _COMMIT.fullmatch(commit) else ""


def _read_small_file(file: Path, limit: int = MOST_OF_LINK) -> bytes:
    """Return the bytes of a file; b"" if it is missing, not a regular file, or too large."""
    with suppress(OSError):
        if stat.S_ISREG(file.stat().st_mode):  # asked first, as opening a device may do something
            handle = os.open(file, READ)
            with os.fdopen(handle, "rb") as stream:
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    content = stream.read(limit + 1)
                    return content if len(content) <= limit else b""
    return b""

"""Replace files atomically."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".rilo-reader-"
"""Prefix of the names of temporary files and folders; leftovers may be deleted."""


@contextlib.contextmanager
def replacing(file: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content replaces `file` at the end of the block.

    At any moment the old or the new content is complete on disk: it is written to a hidden file
    in the same folder, flushed, and renamed. Permissions of an existing file are kept, links are
    followed. If the block raises, the old file is unchanged and the hidden one is removed. Where
    it is `private`, only the user may read the new content, at any moment.

    Raises:
        OSError: the file cannot be written; its folder must exist.
    """
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}.tmp")
    try:
        mode = 0o600 if private else 0o666
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as out:
            if not private:
                with contextlib.suppress(FileNotFoundError):
                    temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            yield out
            out.flush()
            os.fsync(out.fileno())
        put_in_place(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(target.parent)


ATTEMPTS = 20 if os.name == "nt" else 1
PAUSE = 0.05  # seconds between attempts


def put_in_place(
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
            os.fsync(handle)
        finally:
            os.close(handle)

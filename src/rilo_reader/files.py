"""Replace files atomically."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
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
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system supports it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""The directory of an index: create, open and verify it, and replace it when it is damaged.

An index is in a subdirectory named by the version of its schema, so that different versions of
the program do not read each other's. It is created under a temporary name, and a damaged one is
renamed before it is deleted, so that no process ever sees an incomplete index. Processes that have
the old one open keep their mapped files.

`intact_files` verifies the files of an index when it is opened.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.index import schema as fields
from rilo_reader.index.errors import IndexDamaged, as_damage
from rilo_reader.index.intact_files import check_changed, check_files, note_files
from rilo_reader.index.tantivy_files import META

if TYPE_CHECKING:
    import tantivy


_TEMPORARY_PREFIXES = ("new-", "damaged-", "view-")
_TEMPORARY_SECONDS = 3600


class Opened(NamedTuple):
    """An open index.

    Attributes:
        engine: tantivy's index, with its tokenizer registered.
        home: its directory, None if it is in memory.
        is_fresh: whether it was just created and is empty.
        notice: a message for the user, or "".
    """

    engine: tantivy.Index
    home: Path | None
    is_fresh: bool
    notice: str = ""


def open_home(directory: Path, *, thorough: bool = False) -> Opened:
    """Open the index below a directory, or create one if there is none that can be used.

    Does not raise: if the directory cannot be written, the index is in memory.

    Args:
        directory: the directory of a library's indexes.
        thorough: whether to verify all files first, after the index was found to be damaged.
    """
    home = directory / fields.SCHEMA_VERSION
    notice = ""
    _clear_temporary(directory)
    if home.exists():
        try:
            return Opened(_load(home, thorough=thorough), home, is_fresh=False)
        except IndexDamaged as error:
            notice = f"The index was damaged; it is being built anew. ({error})"
            _discard(home)
    elif any(_other_versions(directory)):
        notice = "The index was made by another version of rilo-reader; it is being built anew."
    try:
        index = _make(directory, home)
    except (OSError, IndexDamaged) as error:
        notice = f"The index cannot be kept in {directory} ({error}); it is in memory this time."
        return Opened(_register(_in_memory()), None, is_fresh=True, notice=notice)
    _clear_other_versions(directory)
    return Opened(index, home, is_fresh=True, notice=notice)


def _register(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer(fields.TOKENIZER, fields.analyzer())
    return index


def _in_memory() -> tantivy.Index:
    import tantivy

    return tantivy.Index(fields.schema())


def _load(home: Path, *, thorough: bool = False) -> tantivy.Index:
    """Open an existing index, and verify the files that changed since they were noted.

    Raises:
        IndexDamaged: it cannot be opened, or a file is not as it was written.
    """
    import tantivy

    meta = home / META
    if not meta.is_file():  # checked first: tantivy's message is unreadable
        raise IndexDamaged("The index could not be opened: its list of parts is missing.")
    if thorough:
        check_files(home, meta)
        note_files(home, meta, were_read=True)
    else:
        check_changed(home, meta)
    with as_damage("opened"):
        index = tantivy.Index.open(str(home))
        index.searcher()
    return _register(index)


def _make(directory: Path, home: Path) -> tantivy.Index:
    """Create an empty index, or open one that another process created at the same moment."""
    import tantivy

    directory.mkdir(parents=True, exist_ok=True)
    new = directory / f"new-{os.getpid()}-{time.monotonic_ns()}"
    new.mkdir()
    try:
        with as_damage("made"):
            tantivy.Index(fields.schema(), path=str(new))
        with suppress(OSError):  # another process was faster
            new.rename(home)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return _load(home)


def _discard(home: Path) -> None:
    discarded = home.with_name(f"damaged-{os.getpid()}-{time.monotonic_ns()}")
    with suppress(OSError):
        home.rename(discarded)
    shutil.rmtree(discarded, ignore_errors=True)


def _other_versions(directory: Path) -> list[Path]:
    with suppress(OSError):
        return [
            path
            for path in directory.iterdir()
            if path.name != fields.SCHEMA_VERSION
            and path.is_dir()
            and not path.name.startswith(_TEMPORARY_PREFIXES)
            and (path / META).exists()
        ]
    return []


def _clear_temporary(directory: Path) -> None:
    """Delete temporary directories of killed processes."""
    with suppress(OSError):
        for path in directory.iterdir():
            is_old = time.time() - path.stat().st_mtime > _TEMPORARY_SECONDS
            if path.name.startswith(_TEMPORARY_PREFIXES) and is_old:
                shutil.rmtree(path, ignore_errors=True)


def _clear_other_versions(directory: Path) -> None:
    """Delete the indexes of other versions, once a new one is in place."""
    for path in _other_versions(directory):
        shutil.rmtree(path, ignore_errors=True)

"""The index's directory: opened, made, set aside when it is damaged; safe among processes.

An index lives in a directory of its own below the one it is given, named by the version of the
schema: programs of two versions never read each other's. It is made under another name and
renamed, and a damaged one is renamed before it is deleted, so that no process ever sees half of
either. A process that has the old one open keeps its mapped files.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.search import schema as fields
from rilo_reader.search.checksums import check_changed, check_files, note_files
from rilo_reader.search.errors import IndexDamaged, as_damage

if TYPE_CHECKING:
    import tantivy

META = "meta.json"
"""The file that tantivy replaces at each commit."""

_PASSING = ("new-", "damaged-", "view-")
_PASSING_SECONDS = 3600


class Opened(NamedTuple):
    """An open index and what was done to have it.

    Attributes:
        whole: tantivy's index, its tokenizer registered.
        home: its directory, None where it is in memory only.
        is_fresh: whether it began empty just now.
        notice: what the user should know, "" where nothing happened.
    """

    whole: tantivy.Index
    home: Path | None
    is_fresh: bool
    notice: str = ""


def open_home(directory: Path, *, thorough: bool = False) -> Opened:
    """The index below a directory; a new one where there is none that can be used.

    Never raises for what it finds: where nothing can be written the index is in memory.

    Args:
        directory: where a library's indexes are.
        thorough: whether to read all of the index first: after it was found to be damaged.
    """
    home = directory / fields.SCHEMA_VERSION
    notice = ""
    _clear_passing(directory)
    if home.exists():
        try:
            return Opened(_load(home, thorough=thorough), home, is_fresh=False)
        except IndexDamaged as error:
            notice = f"The index was damaged; it is being built anew. ({error})"
            _set_aside(home)
    elif any(_other_versions(directory)):
        notice = "The index was made by another version of rilo-reader; it is being built anew."
    try:
        index = _make(directory, home)
    except (OSError, IndexDamaged) as error:
        notice = f"The index cannot be kept in {directory} ({error}); it is in memory this time."
        return Opened(_register(_in_memory()), None, is_fresh=True, notice=notice)
    _clear(directory)
    return Opened(index, home, is_fresh=True, notice=notice)


def _register(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer(fields.TOKENIZER, fields.analyzer())
    return index


def _in_memory() -> tantivy.Index:
    import tantivy

    return tantivy.Index(fields.schema())


def _load(home: Path, *, thorough: bool = False) -> tantivy.Index:
    """Open an existing index.

    Its files are looked at, and those that do not look as they did are read (see checksums).

    Raises:
        IndexDamaged: it cannot be opened or is not as it was written.
    """
    import tantivy

    meta = home / META
    if not meta.is_file():  # asked first: tantivy's words for it frighten
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
    """Make an empty index, or open the one that another process made at the same moment."""
    import tantivy

    directory.mkdir(parents=True, exist_ok=True)
    new = directory / f"new-{os.getpid()}-{time.monotonic_ns()}"
    new.mkdir()
    try:
        with as_damage("made"):
            tantivy.Index(fields.schema(), path=str(new))
        with suppress(OSError):  # home is there: somebody was faster
            new.rename(home)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return _load(home)


def _set_aside(home: Path) -> None:
    aside = home.with_name(f"damaged-{os.getpid()}-{time.monotonic_ns()}")
    with suppress(OSError):
        home.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _other_versions(directory: Path) -> list[Path]:
    with suppress(OSError):
        return [
            path
            for path in directory.iterdir()
            if path.name != fields.SCHEMA_VERSION
            and path.is_dir()
            and not path.name.startswith(_PASSING)
            and (path / META).exists()
        ]
    return []


def _clear_passing(directory: Path) -> None:
    """Delete what processes that were killed left behind."""
    with suppress(OSError):
        for path in directory.iterdir():
            is_old = time.time() - path.stat().st_mtime > _PASSING_SECONDS
            if path.name.startswith(_PASSING) and is_old:
                shutil.rmtree(path, ignore_errors=True)


def _clear(directory: Path) -> None:
    """Delete the indexes of other versions: a new one has just taken their place."""
    for path in _other_versions(directory):
        shutil.rmtree(path, ignore_errors=True)

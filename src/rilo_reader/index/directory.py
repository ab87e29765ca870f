"""The directory of an index: create, open and verify it, and replace it when it is damaged.

An index is in a subdirectory named by the version of its schema and that of Unicode, which depends
on Python: two installations have one each, until one was not opened for a while. It is created
under a temporary name, and a damaged one is renamed before it is deleted, so that no process ever
sees an incomplete index. Processes that have the old one open keep their mapped files.

tantivy ends each file with a checksum. Since reading all takes a second per gigabyte, sizes and
times of intact files are noted, and only files that differ are read when an index is opened.
"""

import json
import os
import shutil
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import tantivy

from rilo_reader.errors import IndexDamaged
from rilo_reader.index import schema as fields
from rilo_reader.index.damage import META, damage_errors

PIECE = 1 << 20
"""Bytes read at once, in a millisecond."""

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_TEMPORARY_PREFIXES = ("new-", "damaged-", "view-")
_TEMPORARY_SECONDS = 3600
_UNUSED_SECONDS = 7 * 86_400
"""Time after which the index of another installation is deleted, if it was not opened."""


class OpenedIndex(NamedTuple):
    """An open index."""

    engine: tantivy.Index  # with its tokenizer registered
    home: Path | None  # None: in memory
    is_fresh: bool  # whether it was just created and is empty
    notice: str = ""  # for the user, or ""
    unsaved: str = ""  # why it is in memory, a clause


def open_home(directory: Path, *, thorough: bool = False) -> OpenedIndex:
    """Open the index below the directory of a library's indexes, or create one.

    Does not raise: if the directory cannot be written, the index is in memory. `thorough` verifies
    all files first, after the index was found to be damaged.
    """
    home = directory / fields.SCHEMA_VERSION
    notice = ""
    _delete_old(directory)
    if os.path.exists(home):  # noqa: PTH110  # False where it may not be looked at
        try:
            return OpenedIndex(_open_existing(home, thorough=thorough), home, is_fresh=False)
        except IndexDamaged as error:
            notice = f"The index was damaged and is being rebuilt. ({error})"
            delete_index(home)
    elif others := _other_versions(directory):
        notice = _new_index_notice({path.name for path in others})
    try:
        index = _create_index(directory, home)
    except (OSError, IndexDamaged) as error:
        return make_in_memory(directory, error)
    return OpenedIndex(index, home, is_fresh=True, notice=notice)


def make_in_memory(directory: Path, error: Exception) -> OpenedIndex:
    """An empty index that ends with the process, where the directory cannot be written."""
    reason = _describe_error(directory, error)
    notice = f"The index cannot be saved in {directory} ({reason}), so it is in memory this time."
    if reason == _NO_SPACE:
        notice += " Free some space there."
    engine = _register_tokenizer(tantivy.Index(fields.make_schema()))
    return OpenedIndex(engine, None, is_fresh=True, notice=notice, unsaved=reason)


FEW_BYTES = 1 << 20
"""Bytes left of a disk that is full: a file that did not fit is gone again when this is asked."""

_NO_SPACE = "there is no space left on its disk"


def _describe_error(directory: Path, error: Exception) -> str:
    """Say as a clause why a directory cannot be written; tantivy's own words name no reason."""
    nearest = next(filter(os.path.isdir, (directory, *directory.parents)))
    with suppress(OSError):
        if shutil.disk_usage(nearest).free < FEW_BYTES:
            return _NO_SPACE
    if isinstance(error, OSError):
        return error.strerror or str(error)
    is_writable = all(os.access(one, os.W_OK) for one in (nearest, nearest / fields.SCHEMA_VERSION))
    return str(error) if is_writable else "it is read-only"


def _new_index_notice(others: Collection[str]) -> str:
    """A notice for the user of an index that is made beside those of other versions."""
    if any(name.partition("-")[0] == str(fields.VERSION) for name in others):
        return (
            "The index was made with another Python, whose Unicode differs. A separate index for "
            "this Python is being built."
        )
    return "The index was made by another version of rilo-reader and is being rebuilt."


def delete_index(home: Path) -> None:
    """Delete an index; renamed first, since a thread of tantivy may still write into it."""
    discarded = home.with_name(f"damaged-{os.getpid()}-{time.monotonic_ns()}")
    with suppress(OSError):
        home.rename(discarded)
    shutil.rmtree(discarded, ignore_errors=True)


def _register_tokenizer(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer(fields.TOKENIZER, fields.make_analyzer())
    return index


def _open_existing(home: Path, *, thorough: bool = False) -> tantivy.Index:
    """Open an existing index, and verify the files that changed since they were noted.

    Raises:
        IndexDamaged: it cannot be opened, or a file has changed since it was written.
    """
    if not (home / META).is_file():  # checked first: tantivy's message is unreadable
        raise IndexDamaged("The index could not be opened: its list of parts is missing.")
    if thorough:
        check_files(home)
        note_files(home, were_read=True)
    else:
        check_changed(home)
    with suppress(OSError):
        os.utime(home)  # it is used
    with damage_errors("opened"):
        index = tantivy.Index.open(str(home))
        index.searcher()
    return _register_tokenizer(index)


def _create_index(directory: Path, home: Path) -> tantivy.Index:
    """Create an empty index, or open one that another process created at the same moment."""
    directory.mkdir(parents=True, exist_ok=True)
    new = directory / f"new-{os.getpid()}-{time.monotonic_ns()}"
    new.mkdir()
    try:
        with damage_errors("made"):
            tantivy.Index(fields.make_schema(), path=str(new))
        with suppress(OSError):  # another process was faster
            new.rename(home)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return _open_existing(home)


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


def _delete_old(directory: Path) -> None:
    """Delete temporary directories of killed processes, and indexes that nobody uses any more."""
    with suppress(OSError):
        others = _other_versions(directory)
        for path in directory.iterdir():
            is_temporary = path.name.startswith(_TEMPORARY_PREFIXES)
            limit = _TEMPORARY_SECONDS if is_temporary else _UNUSED_SECONDS
            is_old = time.time() - path.stat().st_mtime > limit
            if is_old and (is_temporary or path in others):
                shutil.rmtree(path, ignore_errors=True)


# -- files as they were written --------------------------------------------------------------------

INTACT_FILE = "whole.json"  # notes which files of a commit are known to be intact

_BROKEN_LIST = "The index could not be read: its list of parts is broken."

_KINDS = ("fast", "fieldnorm", "idx", "pos", "store", "term")


class Commit(NamedTuple):
    """A commit, as META describes it."""

    files: list[str]  # the names of its files
    number: object  # which stays when its segments are merged
    crc: int  # the checksum of META, which tantivy writes without one

    @property
    def identity(self) -> list[object]:
        """The names of the files and the number, which identify the commit."""
        return [*self.files, self.number]


class _IntactCommit(NamedTuple):
    """A commit whose files are known to be intact."""

    identity: list[object]  # of `Commit`
    crc: int  # the checksum of META, which tantivy writes without one
    fingerprints: dict[str, list[int]]  # size, mtime and inode of each file, by name


def note_files(home: Path, *, were_read: bool = False) -> None:
    """Note the files of a commit as intact, after they were written or, `were_read`, verified."""
    with suppress(OSError, IndexDamaged):
        commit, before = read_commit(home), _read_intact(home)
        known = {} if were_read else before.fingerprints
        fingerprints = {
            name: known.get(name) or _read_fingerprint(home / name) for name in commit.files
        }
        intact = _IntactCommit(commit.identity, commit.crc, fingerprints)
        if intact != before:
            _replace_json(home / INTACT_FILE, intact)


def _replace_json(file: Path, content: object) -> None:
    """Replace a file beside those of the index by a JSON document; raises OSError."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}-{time.monotonic_ns()}")
    temporary.write_text(json.dumps(content), encoding="ascii")
    temporary.replace(file)


def check_changed(home: Path) -> None:
    """Verify the files of a commit that changed since they were noted as intact.

    Raises:
        IndexDamaged: a file cannot be read or has changed since it was written.
    """
    commit, intact = read_commit(home), _read_intact(home)
    if intact.identity == commit.identity and intact.crc != commit.crc:
        raise IndexDamaged(_BROKEN_LIST)
    with suppress(OSError):
        if all(
            _read_fingerprint(home / name) == intact.fingerprints.get(name) for name in commit.files
        ):
            return
    check_files(home, intact.fingerprints)
    note_files(home, were_read=True)


def check_files(home: Path, intact: Mapping[str, list[int]] | None = None) -> None:
    """Verify the files of a commit, but for those that are as in `intact`; a second a gigabyte.

    Raises:
        IndexDamaged: a file cannot be read or has changed since it was written.
    """
    intact = intact or {}
    while True:
        commit = read_commit(home)
        try:
            for name in commit.files:
                _check_file(home / name, intact.get(name))
        except IndexDamaged:
            # Another process deletes the files of a commit when it makes the next one.
            if read_commit(home) == commit:
                raise
        else:
            return


def read_commit(home: Path) -> Commit:
    """Return the newest commit of an index.

    Raises:
        IndexDamaged: META cannot be read, or is not what tantivy writes.
    """
    try:
        content = (home / META).read_bytes()
    except OSError as error:
        raise IndexDamaged(f"The index could not be read: {error}") from error
    files: list[str] = []
    try:
        meta = json.loads(content)
        for part in meta["segments"]:
            name = part["segment_id"].replace("-", "")
            files += [f"{name}.{kind}" for kind in _KINDS]
            if part["deletes"]:
                files.append(f"{name}.{part['deletes']['opstamp']}.del")
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(_BROKEN_LIST) from error
    return Commit(files, meta.get("opstamp"), zlib.crc32(content))


def _read_intact(home: Path) -> _IntactCommit:
    """The commit noted as intact; an empty one if the note cannot be read."""
    try:
        parts, crc, fingerprints = json.loads((home / INTACT_FILE).read_bytes())
        return _IntactCommit(list(parts), int(crc), dict(fingerprints))
    except (OSError, ValueError, TypeError):
        return _IntactCommit([], 0, {})


def _read_fingerprint(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _check_file(path: Path, intact: list[int] | None) -> None:
    from rilo_reader.index.tantivy_files import read_footer

    try:
        if intact is not None and _read_fingerprint(path) == intact:
            return
        with path.open("rb") as file:
            footer = read_footer(file)
            file.seek(0)
            crc = 0
            while piece := file.read(min(PIECE, footer.start - file.tell())):
                crc = zlib.crc32(piece, crc)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"The index could not be read: {path.name}: {error}") from error
    if crc != footer.crc:
        raise IndexDamaged(
            f"The index could not be read: {path.name} has changed since it was written."
        )


# -- folders as they were listed -------------------------------------------------------------------

_LISTED_FILE = "listed.json"  # of which folders this commit has all that was listed


def write_listing(home: Path, settings: str, folders: Mapping[str, str]) -> None:
    """Record that the commit has what a listing of these folders has, each by the listing's digest.

    It counts for this commit alone, and where articles are read by the same `settings`.
    """
    with suppress(OSError, IndexDamaged):
        content = [settings, read_commit(home).number, folders]
        _replace_json(home / _LISTED_FILE, content)


def read_listing(home: Path, settings: str) -> dict[str, str]:
    """The digests that were noted of folders, none if they are of another commit."""
    with suppress(OSError, ValueError, TypeError, IndexDamaged):
        *noted, folders = json.loads((home / _LISTED_FILE).read_bytes())
        if noted == [settings, read_commit(home).number]:
            return dict(folders)
    return {}


# -- the order of day and month in its dates ------------------------------------------------------

_DATE_ORDER_FILE = "day-first.json"


def write_date_order(home: Path, *, day_first: bool) -> None:
    """Record whether the day comes first in dates such as 12/5/2023 of this library."""
    with suppress(OSError):
        _replace_json(home / _DATE_ORDER_FILE, day_first)


def read_date_order(home: Path) -> bool | None:
    """Return what `write_date_order` recorded, None before."""
    with suppress(OSError, ValueError):
        return bool(json.loads((home / _DATE_ORDER_FILE).read_bytes()))
    return None


# -- files in the page cache -------------------------------------------------------------------

# What every query reads, the smallest first: not the stores, of which a screen of rows reads a few
# pages, nor the positions of words, which only phrases need. A million articles have 790 MB.
READ_KINDS = ("term", "fast", "fieldnorm", "idx")
MOST = 1 << 30  # bytes read ahead in all


def read_ahead(home: Path, names: Iterable[str], is_wanted: Callable[[], bool]) -> None:
    """Read what queries need of some files; one that is gone is passed over.

    With 200,000 articles on a cold disk the worst of the first letters took 56 to 140 ms, and takes
    9 to 25 ms with this; the floor is 60 ms. Reading 200 MB takes a tenth of a second. `is_wanted`
    is asked before each piece whether to go on.
    """
    names, left = list(names), MOST
    for kind in READ_KINDS:
        for name in names:
            if name.endswith(f".{kind}"):
                with suppress(OSError), (home / name).open("rb", buffering=0) as file:
                    while left > 0 and is_wanted() and (piece := file.read(PIECE)):
                        left -= len(piece)


# -- an index that somebody keeps up to date ------------------------------------------------------

# In the directory of the index itself: whoever replaces it says nothing of the new one.
_CURRENT_LOCK = "current.lock"


@contextmanager
def hold_current(home: Path) -> Iterator[None]:
    """Hold a lock for a block, in which the index has what its folder has.

    Where it cannot be held, the others look for themselves.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            file = stack.enter_context((home / _CURRENT_LOCK).open("ab"))
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_kept_current(home: Path) -> bool:
    """Return whether another process holds that lock."""
    try:
        with (home / _CURRENT_LOCK).open("rb") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

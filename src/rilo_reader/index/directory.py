"""The index's directory: opened, made, set aside when it is damaged; safe among processes.

An index lives in a directory of its own below the one it is given, named by the version of the
schema: programs of two versions never read each other's. It is made under another name and
renamed, and a damaged one is renamed before it is deleted, so that no process ever sees half of
either. A process that has the old one open keeps its mapped files.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from rilo_reader.index import schema as fields

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


# Whether the files of an index are as they were written: tantivy ends each with a checksum.


KNOWN = "whole.json"
"""The file that notes what the files of a commit looked like."""

_PIECE = 1 << 20
_KINDS = ("fast", "fieldnorm", "idx", "pos", "store", "term")


class _Known(NamedTuple):
    """What a commit looked like when it was whole.

    Attributes:
        parts: its number and the names of its files, which tell commits apart.
        crc: the checksum of the file that says so, which tantivy gives none.
        looks: size, time and number of each file, by its name.
    """

    parts: list[object]
    crc: int
    looks: dict[str, list[int]]


def note_files(home: Path, meta: Path, *, were_read: bool = False) -> None:
    """Note what the files of a commit look like that were just written, or all just read."""
    with suppress(OSError, IndexDamaged):
        commit, before = _read(meta), _noted(home)
        looks = {} if were_read else before.looks
        looks = {name: looks.get(name) or _look(home / name) for name in files_of(commit)}
        known = _Known(_parts(commit), zlib.crc32(commit), looks)
        if known != before:
            passing = home / f"{KNOWN}.{os.getpid()}-{time.monotonic_ns()}"
            passing.write_text(json.dumps(known), encoding="ascii")
            passing.replace(home / KNOWN)


def check_changed(home: Path, meta: Path) -> None:
    """Read the files of a commit that do not look as they did when they were whole.

    Raises:
        IndexDamaged: a file cannot be read or is not what was written.
    """
    commit, known = _read(meta), _noted(home)
    if known.parts == _parts(commit) and known.crc != zlib.crc32(commit):
        raise IndexDamaged("The index could not be read: its list of parts is broken.")
    with suppress(OSError):
        if all(_look(home / name) == known.looks.get(name) for name in files_of(commit)):
            return
    check_files(home, meta, known.looks)
    note_files(home, meta, were_read=True)


def check_files(home: Path, meta: Path, known: Mapping[str, list[int]] | None = None) -> None:
    """Read every file of the parts that a commit names; a gigabyte takes about a second.

    Args:
        home: the index's directory.
        meta: the commit.
        known: what files looked like that need not be read while they look so.

    Raises:
        IndexDamaged: a file cannot be read or is not what was written.
    """
    known = known or {}
    while True:
        commit = _read(meta)
        try:
            for name in files_of(commit):
                _check(home / name, known.get(name))
        except IndexDamaged:
            # The files of a commit go away when another process makes the next one.
            if _read(meta) == commit:
                raise
        else:
            return


def _read(meta: Path) -> bytes:
    try:
        return meta.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"The index could not be read: {error}") from error


def files_of(commit: bytes) -> list[str]:
    """The names of the files that a commit is made of.

    Raises:
        IndexDamaged: it does not say so as tantivy does.
    """
    names: list[str] = []
    try:
        for part in json.loads(commit)["segments"]:
            name = part["segment_id"].replace("-", "")
            names += (f"{name}.{kind}" for kind in _KINDS)
            if part["deletes"]:
                names.append(f"{name}.{part['deletes']['opstamp']}.del")
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged("The index could not be read: its list of parts is broken.") from error
    return names


def _parts(commit: bytes) -> list[object]:
    """What tells a commit from all others."""
    return [*files_of(commit), json.loads(commit).get("opstamp")]


def _noted(home: Path) -> _Known:
    """What was noted of an index; nothing where that cannot be read."""
    try:
        parts, crc, looks = json.loads((home / KNOWN).read_bytes())
        return _Known(list(parts), int(crc), dict(looks))
    except (OSError, ValueError, TypeError):
        return _Known([], 0, {})


def _look(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _check(path: Path, known: list[int] | None) -> None:
    try:
        if known is not None and _look(path) == known:
            return
        with path.open("rb") as file:
            footer = read_footer(file)
            is_whole = _sum(file, footer.start) == footer.crc
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"The index could not be read: {path.name}: {error}") from error
    if not is_whole:
        raise IndexDamaged(f"The index could not be read: {path.name} is not as it was written.")


def _sum(file: BinaryIO, end: int) -> int:
    """The checksum of the bytes before `end`."""
    file.seek(0)
    crc = 0
    while piece := file.read(min(_PIECE, end - file.tell())):
        crc = zlib.crc32(piece, crc)
    return crc


# What can go wrong with an index, and the one place where tantivy's errors become ours.


_LONGEST_REASON = 120


class SearchIndexError(Exception):
    """What happened to the index, in a sentence fit for the user."""


class IndexBusy(SearchIndexError):  # noqa: N818 - it is a state of the world, not an error
    """Another process is writing and did not finish in time."""


class IndexDamaged(SearchIndexError):  # noqa: N818 - as above
    """The index cannot be read or written any more; open_index starts it anew."""


def is_panic(error: BaseException) -> bool:
    """Whether this is a failed assertion inside tantivy (pyo3 makes it no Exception)."""
    return type(error).__name__ == "PanicException"


@contextmanager
def as_damage(doing: str) -> Iterator[None]:
    """Turn what tantivy raises over broken files into IndexDamaged.

    Args:
        doing: what was being done, for the message ("searched", "opened").
    """
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexDamaged(_sentence(doing, error)) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise IndexDamaged(_sentence(doing, error)) from error


def _sentence(doing: str, error: BaseException) -> str:
    # tantivy prints whole structures: the beginning says which file and what is wrong with it.
    reason = " ".join(str(error).split())
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON]}…"
    return f"The index could not be {doing}: {reason}"


# What tantivy writes at the end of each of its files: its version and a checksum.


_MAGIC = 1337
_LONGEST = 50_000


class Footer(NamedTuple):
    """The end of a file.

    Attributes:
        start: how many bytes stand before it.
        crc: their checksum.
        said: all that it says.
    """

    start: int
    crc: int
    said: dict[str, Any]


def read_footer(file: BinaryIO) -> Footer:
    """The footer of an open file; of a large one only its end is read.

    Raises:
        ValueError: the file does not end as tantivy 0.27 ends it.
        OSError: it cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    numbers = file.read(8)
    length, magic = struct.unpack("<II", numbers) if len(numbers) == 8 else (0, 0)
    start = size - 8 - length
    if magic != _MAGIC or length > _LONGEST or start < 0:
        raise ValueError("it does not end as it should")
    file.seek(start)
    said = json.loads(file.read(length))
    try:
        return Footer(start, int(said["crc"]), said)
    except (KeyError, TypeError) as error:
        raise ValueError("it ends without a checksum") from error


def with_footer(body: bytes, said: dict[str, Any]) -> bytes:
    """A file of its own, ended as another one that says `said`."""
    end = json.dumps({**said, "crc": zlib.crc32(body)}, separators=(",", ":")).encode()
    return body + end + struct.pack("<II", len(end), _MAGIC)

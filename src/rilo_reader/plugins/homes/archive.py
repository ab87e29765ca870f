"""The file that a home moves in: a zip of its folders, without what can be made again.

    rilo-reader-home.json   what it is (`Contents`), as JSON
    library/…               the articles of the default library, muted ones too
    config/…, data/…        settings, feeds, accounts, themes; notes and other data
    state/…                 marks with their history, and records, as sound copies of SQLite files

Passwords are in it only if that is asked for. Nothing of the index is.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, NamedTuple, Self

from rilo_reader import __version__
from rilo_reader import config as settings
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.errors import LibraryError
from rilo_reader.feeds.subscriptions import load
from rilo_reader.files import TEMPORARY, create_locked, find_leftovers, is_locked
from rilo_reader.paths import Paths, marks_file
from rilo_reader.store.folder import is_article_file
from rilo_reader.store.sqlite import copy_file, describe_damage, read_version, thorough_fault
from rilo_reader.store.state import open_state
from rilo_reader.store.state_schema import STATE
from rilo_reader.text import format_count

MANIFEST = "rilo-reader-home.json"
FORMAT = 1

LIBRARY = "library"
FOLDERS = ("config", "data", "state")  # of `Paths`
PASSWORDS = "passwords.toml"

UNPACKED_LIMIT = 1_000_000_000  # bytes that each backup may unpack to
RATIO_LIMIT = 100  # maximum of a larger one beside its own size; text and records have 3 to 20

_SCRATCH = "rilo-reader-home-"
_LEFT_OUT = (".lock", "-wal", "-shm", ".backup", ".backup-older", ".moved", ".log", ".tmp")
_UNMOVED = {"version", "plugin-failures.json", "completion"}
"""Files of the state that speak of this computer alone."""


class Contents(NamedTuple):
    """The numbers of a home, which are the same on both sides of a move."""

    articles: int = 0
    read: int = 0
    starred: int = 0
    tags: int = 0
    feeds: int = 0
    saved_searches: int = 0
    mutes: int = 0

    def describe(self) -> str:
        """Return them as a clause."""
        searches = f"{self.saved_searches:,} saved search{'' if self.saved_searches == 1 else 'es'}"
        return (
            f"{format_count(self.articles, 'article')} ({self.read:,} read, {self.starred:,} "
            f"starred, {format_count(self.tags, 'tag')} of yours), "
            f"{format_count(self.feeds, 'feed')}, {searches} and {format_count(self.mutes, 'mute')}"
        )


class Manifest(NamedTuple):
    """The first member of the file."""

    marks: str  # the name of the file of the library's marks, in `state`
    library: str  # where it was: from the home where it was in it, else absolute; "": the default
    program: str
    contents: Contents

    def to_json(self) -> str:
        """Return it as JSON."""
        record = {**self._asdict(), "contents": self.contents._asdict(), "format": FORMAT}
        return json.dumps(record, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read it; raises ValueError if it is newer, also KeyError and others if it is damaged."""
        try:
            record = json.loads(data)
        except (ValueError, RecursionError):
            raise KeyError(MANIFEST) from None
        if record["format"] > FORMAT:
            program = str(record["program"])[:40]
            raise ValueError(f"rilo-reader {program} made it; install that or a newer one here")
        known = {name: int(record["contents"].get(name, 0)) for name in Contents._fields}
        marks, library, program = (str(record[name]) for name in cls._fields[:3])
        if b"\0" in library.encode() or ".." in PureWindowsPath(library).parts:
            raise ValueError("its library has a name that no folder can have")
        return cls(marks, library, program, Contents(**known))


def count_contents(context: LibraryContext, advance: Callable[[int], None]) -> Contents:
    """Count what a home has; `advance` gets the number of articles so far."""
    config, articles = settings.load(context.paths.settings_file)[0], 0
    for _, file in iter_files(context.folder):
        articles += is_article_file(file)
        advance(articles)
    with closing(open_state(marks_file(context.folder, context.paths))) as state:
        return Contents(
            articles,
            len(state.ids_with("read")),
            len(state.ids_with("starred")),
            len(state.tags()),
            len(load(context.paths.feeds_file)[0]),
            len(config.searches),
            len(config.mutes),
        )


def iter_files(folder: Path, *, without: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the ordinary files below a folder, sorted, with their names from it; links are not."""
    for root, folders, files in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(name for name in folders if here / name != without)
        for name in sorted(files):
            file = here / name
            if not name.startswith(TEMPORARY) and file.is_file() and not file.is_symlink():
                yield file.relative_to(folder).as_posix(), file


@contextmanager
def open_scratch() -> Iterator[Path]:
    """A folder for copies that only the user can read; one that a killed process left is deleted.

    Raises OSError.
    """
    for lock in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*/{_SCRATCH}lock"):
        if lock.is_file() and not is_locked(lock):
            with suppress(OSError):
                lock.unlink()  # on Windows that fails if it is in use
                shutil.rmtree(lock.parent)
    with (
        tempfile.TemporaryDirectory(prefix=_SCRATCH) as name,
        create_locked(Path(name, f"{_SCRATCH}lock")),
    ):
        yield Path(name)


def delete_leftovers(folder: Path) -> None:
    """Delete what killed processes left of files that they wrote into a folder one by one."""
    for file in find_leftovers([folder]):
        # Others are of a process that collects, which deletes its own.
        if len(file.name) == len(f"{TEMPORARY}0123456789abcdef.tmp"):
            with suppress(OSError):
                file.unlink()


def write_home(
    out: BinaryIO,
    context: LibraryContext,
    contents: Contents,
    advance: Callable[[int], None],
    *,
    secrets: bool,
) -> list[str]:
    """Write a home into a file; `advance` gets the number of files done.

    Return the files that are not in it, and why, as clauses. Raises OSError, and LibraryError if
    marks or records cannot be copied.
    """
    paths, left_out = context.paths, list[str]()
    marks = marks_file(context.folder, paths).name
    manifest = Manifest(marks, _place_of(context.folder, paths), __version__, contents)
    # Without `strict_timestamps`, days before 1980 become its first, and those after 2107 its last.
    with (
        zipfile.ZipFile(
            out, "w", zipfile.ZIP_DEFLATED, compresslevel=1, strict_timestamps=False
        ) as archive,
        open_scratch() as scratch,
    ):
        archive.writestr(MANIFEST, manifest.to_json())
        for done, (name, file) in enumerate(_iter_members(context, secrets=secrets), 1):
            advance(done)
            is_copied = name.startswith("state/") and file.suffix == ".db"
            try:
                archive.write(_copy_records(file, scratch) if is_copied else file, name)
            except UnicodeEncodeError:
                shown = os.fsencode(name).decode(errors="backslashreplace")
                left_out.append(f"{shown}: its name is not Unicode; rename it")
            except sqlite3.Error as error:
                if name == f"state/{marks}":
                    raise LibraryError(f"No backup was written: {file}: {error}.") from error
                left_out.append(f"{name}: it cannot be copied ({error})")
    return left_out


def _copy_records(file: Path, scratch: Path) -> Path:
    """Copy marks or records, since what is in use may not be taken as it stands."""
    source, copy = file, scratch / "copy.db"
    copy.unlink(missing_ok=True)
    if not os.access(file.parent, os.W_OK):  # where SQLite cannot read a file with a log
        source = scratch / "source.db"
        for suffix in ("", "-wal"):
            Path(f"{source}{suffix}").unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{file}{suffix}", f"{source}{suffix}")
    copy_file(source, copy)
    return copy


def _iter_members(context: LibraryContext, *, secrets: bool) -> Iterator[tuple[str, Path]]:
    library, paths = context.folder.resolve(), context.paths
    for name, file in iter_files(library):
        yield f"{LIBRARY}/{name}", file
    roots = {folder: getattr(paths, folder).resolve() for folder in FOLDERS}
    is_one = len(set(roots.values())) < len(roots)  # as on macOS
    for folder, root in roots.items():
        for name, file in iter_files(root, without=library):
            if is_one and _folder_of(name) != folder:
                continue
            if folder != "state" or _is_moved(name, secrets=secrets):
                yield f"{folder}/{name}", file


def _folder_of(name: str) -> str:
    """Return the folder that a file is of, where all are one folder."""
    if name.startswith("themes/") or (name.endswith(".toml") and name != PASSWORDS):
        return "config"
    return "data" if "/" in name else "state"


def _is_moved(name: str, *, secrets: bool) -> bool:
    is_own = name in _UNMOVED or name.endswith(_LEFT_OUT) or ".damaged-" in name
    return not is_own and not name.startswith("importing-") and (secrets or name != PASSWORDS)


def _place_of(folder: Path, paths: Paths) -> str:
    folder, home = folder.resolve(), Path.home().resolve()
    if folder == paths.default_library.resolve():
        return ""
    return folder.relative_to(home).as_posix() if folder.is_relative_to(home) else str(folder)


# -- reading --------------------------------------------------------------------------------------


def list_names(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the files in a zip, without what other programs add to one."""
    names = archive.namelist()
    return [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]


def read_manifest(archive: zipfile.ZipFile, file: Path, advance: Callable[[int], None]) -> Manifest:
    """Return what a file says of itself, once all in it can be read and goes where it may.

    `advance` gets the number of files that were checked. Raises LibraryError if it is not such a
    file, is damaged, or is of a newer program.
    """
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > max(UNPACKED_LIMIT, RATIO_LIMIT * file.stat().st_size):
        size = f"it unpacks to {unpacked / 1_000_000:,.0f} MB, far more than a home does"
        raise LibraryError(f"{file} cannot be restored: {size}. Nothing was changed.")
    reason = "no backup of rilo-reader wrote it"
    try:
        with archive.open(MANIFEST) as opened:
            manifest = Manifest.from_json(opened.read(1_000_000))
        damaged = _find_damaged(archive, advance)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise LibraryError(f"{file} cannot be restored: {reason}. Nothing was changed.") from error
    except (ValueError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise LibraryError(f"{file} cannot be restored: {error}. Nothing was changed.") from error
    strange = next((name for name in list_names(archive) if not _is_ours(name)), damaged)
    if strange is not None:
        raise LibraryError(f"{file} is damaged at {strange[:100]!r}. Nothing was changed.")
    for name in list_names(archive):
        if name.startswith("state/") and name.endswith(".db") and (fault := _fault(archive, name)):
            raise LibraryError(f"{file}: {name[:100]!r}: {fault}. Nothing was changed.")
    return manifest


def _find_damaged(archive: zipfile.ZipFile, advance: Callable[[int], None]) -> str | None:
    """Return the first file in a zip that is not as it was, as `ZipFile.testzip` does."""
    for done, name in enumerate(archive.namelist(), 1):
        advance(done)
        try:
            with archive.open(name) as opened:
                while opened.read(1_000_000):
                    pass
        except zipfile.BadZipFile:
            return name
    return None


def _fault(archive: zipfile.ZipFile, name: str) -> str:
    """Return why marks or records cannot be used here; else ""."""
    with open_scratch() as scratch:
        file = scratch / "copy.db"
        with archive.open(name) as source, file.open("wb") as out:
            shutil.copyfileobj(source, out)
        if is_marks(name) and (fault := thorough_fault(file, STATE)):
            return fault
        try:
            with closing(sqlite3.connect(file)) as connection:
                is_newer = is_marks(name) and read_version(connection) > STATE.version
                found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            return describe_damage(error)
    newer = "a newer rilo-reader wrote it; install that or a newer one here"
    return newer if is_newer else found.removeprefix("ok")


def is_marks(name: str) -> bool:
    """Return whether a file of the state is one of marks, not of other records."""
    return "." not in PurePosixPath(name).stem


def _is_ours(name: str) -> bool:
    """Return whether a member goes below one of the folders."""
    parts = PurePosixPath(name).parts
    is_below = len(parts) > 1 and parts[0] in (LIBRARY, *FOLDERS)
    is_strange = ".." in parts or "\0" in name or name != "/".join(parts)
    is_strange |= os.name == "nt" and bool({"\\", ":"} & set(name))
    return name == MANIFEST or (is_below and not is_strange)

"""SQLite files that are durable: kinds, connections, schemas, damage, locks.

`database` uses them from several threads and processes, which restores a damaged one.

Nothing here opens a file in use but through SQLite: closing a plain file handle would drop the
locks that SQLite holds on it in this process.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.files import check_regular, flush_folder, flush_handle

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
BUSY_SECONDS = 20.0

Identity = tuple[int, int] | None
"""Device and inode of a file, None where there is none."""


class FileKind(NamedTuple):
    """A kind of SQLite files."""

    contents: str  # what its files hold, as a plural for messages: "marks"
    application_id: int
    version: int  # of the schema
    schema: tuple[str, ...]  # statements that make it in an empty file
    # statements that make it of the older versions that are still read
    steps: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    # statements for a file that begins or is restored from its backup; `:now` is the time in
    # nanoseconds
    renewal: tuple[str, ...] = ()
    # a statement that yields a row where rows are missing which a sound file has; "" for none
    emptied_check: str = ""


class VersionError(sqlite3.DatabaseError):
    """A file has a schema version that cannot be used."""


class DamagedError(sqlite3.DatabaseError):
    """A file is damaged in a way that SQLite accepts or Python's module cannot report."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def read_identity(file: Path) -> Identity:
    """The device and inode of the file that has the name now."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def result_code(error: BaseException) -> int:
    """SQLite's primary result code of an error, 0 if it has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged, or holds text that is not UTF-8."""
    return _is_unreadable_text(error) or result_code(error) in DAMAGED


def describe_damage(error: sqlite3.Error) -> str:
    """The reason of an error as a clause, for a message to the user."""
    return "it contains unreadable text" if _is_unreadable_text(error) else str(error)


def _is_unreadable_text(error: sqlite3.Error) -> bool:
    # Raised without a code by Python's module: SQLite itself accepts any bytes as text.
    return isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode")


# -- connections ----------------------------------------------------------------------------------


def connect(file: Path) -> sqlite3.Connection:
    """Open a file that exists for reading and writing; commits are durable, any thread may use it.

    Raises sqlite3.OperationalError where there is no such file.
    """
    connection = open_uri(file, "mode=rw")
    try:
        _read_schema(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # see `files.FULL_FLUSH`
        connection.execute("PRAGMA checkpoint_fullfsync=ON")
        connection.execute("PRAGMA journal_size_limit=8388608")
        # Overwrite deleted content where its page is written anyway.
        connection.execute("PRAGMA secure_delete=FAST")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(file: Path, kind: FileKind) -> sqlite3.Connection:
    """Open a file that cannot be written, in a folder that perhaps cannot either.

    Raises VersionError if it has another schema version, and sqlite3.Error if it cannot be read.
    """
    try:
        return _check_version(open_uri(file, "mode=ro"), kind)
    except sqlite3.OperationalError:
        # In a read-only folder SQLite reads a WAL file only as immutable; what another process
        # writes meanwhile is then not seen.
        return _check_version(open_uri(file, "mode=ro&immutable=1"), kind)


def connect_to_nothing(kind: FileKind) -> sqlite3.Connection:
    """Open an empty file of a kind in memory, for when none can be used."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(connection, kind)
    return connection


def open_uri(file: Path, uri_query: str) -> sqlite3.Connection:
    """Open a file that exists, of whatever kind and version; raises OSError and sqlite3.Error."""
    check_parts(file)
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?{uri_query}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def check_parts(file: Path) -> None:
    """Raise OSError if the file or what SQLite puts beside it is a pipe, a device or a folder."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        check_regular(file.with_name(file.name + suffix))


def _read_schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """The kind, name and SQL of all that is in a schema."""
    try:
        return connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    except UnicodeDecodeError as error:  # of a message that names what is damaged
        raise DamagedError("its schema cannot be read") from error


def _check_version(connection: sqlite3.Connection, kind: FileKind) -> sqlite3.Connection:
    try:
        _read_schema(connection)
        version = read_version(connection)
    except BaseException:
        connection.close()
        raise
    if version != kind.version:
        connection.close()
        raise VersionError(f"it was written by {describe_writer(version, kind)} rilo-reader")
    return connection


# -- transactions and rows ------------------------------------------------------------------------


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is on disk when it ends, or rolled back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


ROWS = 200
"""Rows per statement: Python releases and reacquires the GIL for each statement."""


def put_many(
    connection: sqlite3.Connection, statement: tuple[str, str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows of equal length as `executemany` does, but many by each statement.

    `statement` is the SQL before and after VALUES.
    """
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        marks = f"({', '.join('?' * len(some[0]))})"
        values = ", ".join([marks] * len(some))
        connection.execute(
            f"{statement[0]} VALUES {values} {statement[1]}", list(chain.from_iterable(some))
        )


# -- schema ---------------------------------------------------------------------------------------


def read_version(connection: sqlite3.Connection) -> int:
    """The schema version of a file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def describe_writer(version: int, kind: FileKind) -> str:
    """Return the rilo-reader that wrote another version: "a newer", "an older", "an unreleased"."""
    if version > kind.version:
        return "a newer"
    return "an older" if version in kind.steps else "an unreleased"


def migrate(connection: sqlite3.Connection, kind: FileKind) -> None:
    """Make the schema what it should be, in one transaction.

    Raises VersionError if the file has a version from which no step leads here.
    """
    if read_version(connection) == kind.version:
        return
    with transaction(connection):
        version = read_version(connection)
        statements = kind.steps.get(version) if version else kind.schema
        if statements is None and version != kind.version:
            raise VersionError(f"it was written by {describe_writer(version, kind)} rilo-reader")
        for statement in statements or ():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={kind.application_id}")
        connection.execute(f"PRAGMA user_version={kind.version}")
    if version:
        # What that freed is given back, which may fail: it is not part of the migration.
        with suppress(sqlite3.OperationalError):
            connection.execute("VACUUM")


# -- damage ---------------------------------------------------------------------------------------


def quick_fault(file: Path, kind: FileKind, connection: sqlite3.Connection) -> str:
    """Return what is damaged in an open file, found without reading all of it; else "".

    SQLite's own errors come through.
    """
    if not file.stat().st_size:
        return "it is empty"
    if not _is_of_kind(connection, kind):
        return f"it does not contain rilo-reader's {kind.contents}"
    if fault := _check_rows(kind, connection):
        return fault
    log = file.with_name(file.name + "-wal")
    if log.exists() and log.stat().st_size:
        return ""  # the log may contain pages that the file lacks
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    short = file.stat().st_size < pages * size
    return "it is incomplete" if short else ""


def thorough_fault(file: Path, kind: FileKind) -> str:
    """Return what is damaged in a file, found by reading all of it; else "".

    SQLite's own check accepts text that is not UTF-8, so every row is read as well; and another
    schema, so one of this version has to have its columns.
    """
    check_parts(file)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            version, schema = read_version(connection), _read_schema(connection)
            if not _is_of_kind(connection, kind):
                return f"it does not contain rilo-reader's {kind.contents}"
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return str(found)
            # A newer program may have brought it up to date while this one has it open.
            columns = connection.execute(_COLUMNS).fetchall()
            if version in (0, kind.version) and columns != _read_columns(kind.schema):
                return f"its schema does not match version {kind.version}"
            if fault := _check_rows(kind, connection):
                return fault
            for form, table, _ in schema:
                if form == "table" and not table.startswith("sqlite_"):
                    for _ in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                        pass
    except sqlite3.Error as error:
        return describe_damage(error)
    return ""


def _check_rows(kind: FileKind, connection: sqlite3.Connection) -> str:
    """Return what is damaged in a file of this version of which all rows were deleted."""
    if not kind.emptied_check or read_version(connection) != kind.version:
        return ""
    is_emptied = connection.execute(kind.emptied_check).fetchone()
    return "all rows of a table are missing" if is_emptied else ""


_COLUMNS = """SELECT t.name, c.name, c.type, c."notnull", c.pk FROM sqlite_schema t
    JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY t.name, c.cid"""


@cache
def _read_columns(schema: tuple[str, ...]) -> list[tuple[str, str, str, int, int]]:
    with closing(sqlite3.connect(":memory:")) as intended:
        for statement in schema:
            intended.execute(statement)
        return intended.execute(_COLUMNS).fetchall()


def _is_of_kind(connection: sqlite3.Connection, kind: FileKind) -> bool:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    return bool(found == kind.application_id)


# -- new files ------------------------------------------------------------------------------------


def create_file(file: Path, kind: FileKind) -> None:
    """Create an empty file of a kind, unless another process was faster."""
    with temporary_beside(file) as temporary:
        prepare_file(temporary, kind)
        link_into_place(temporary, file)


def open_unsynced(temporary: Path) -> sqlite3.Connection:
    """Open a temporary file without syncing: it is flushed before it is put in place."""
    connection = sqlite3.connect(temporary, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


def prepare_file(temporary: Path, kind: FileKind) -> None:
    """Prepare a file to be put in place: schema, journal mode, what a new file begins with."""
    with closing(open_unsynced(temporary)) as connection:
        migrate(connection, kind)
        run_renewal(connection, kind)
        connection.execute("PRAGMA journal_mode=WAL")
    flush_file(temporary)


def copy_file(
    source: Path, file: Path, change: Callable[[sqlite3.Connection], None] = lambda copy: None
) -> None:
    """Copy a file, which may be in use, and change the copy, unless a file has the new name."""
    with temporary_beside(file) as temporary:
        with closing(open_uri(source, "mode=ro")) as old, closing(open_unsynced(temporary)) as copy:
            old.backup(copy)
            change(copy)
        flush_file(temporary)
        link_into_place(temporary, file)


def run_renewal(connection: sqlite3.Connection, kind: FileKind) -> None:
    """Do what a file begins with that is new or restored."""
    for statement in kind.renewal:
        connection.execute(statement, {"now": time.time_ns()})


def link_into_place(temporary: Path, file: Path) -> None:
    """Give a prepared file its final name, unless a file has it already."""
    try:
        os.link(temporary, file)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not file.exists():
            temporary.rename(file)
    flush_folder(file.parent)


@contextmanager
def temporary_beside(file: Path) -> Iterator[Path]:
    """A temporary file in the same folder, deleted afterwards.

    Reading habits are private: only its owner may read it, nor the log that SQLite puts beside it.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        try:
            temporary.touch(0o600)
        except OSError as error:
            error.filename = str(file)  # which is what the user knows
            raise
        yield temporary
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def flush_file(file: Path) -> None:
    """Flush a file to disk; not for one in use, which a closed handle would unlock."""
    with file.open("r+b") as opened:
        flush_handle(opened.fileno())


# -- locks ----------------------------------------------------------------------------------------


@contextmanager
def hold_lock(lock: Path, timeout: float) -> Iterator[None]:
    """Hold a lock between processes, which ends with the process; `lock` is a file of its own.

    Raises sqlite3.OperationalError with SQLITE_BUSY if another holds it after `timeout` seconds.
    """
    check_parts(lock)
    with closing(sqlite3.connect(lock, timeout=timeout, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


# -- backups, and what replaces a damaged file ----------------------------------------------------


def backup_path(file: Path) -> Path:
    """The path of the backup of a file."""
    return file.with_name(file.name + ".backup")


def older_backup_path(file: Path) -> Path:
    """The path of the backup before the last one."""
    return file.with_name(file.name + ".backup-older")


def read_write_count(file: Path, kind: FileKind) -> int:
    """The write counter of a file that nobody else uses; -1 if it cannot be read."""
    try:
        with closing(connect_read_only(file, kind)) as connection:
            return int(connection.execute("SELECT writes FROM clock").fetchone()[0])
    except sqlite3.Error:
        return -1


def save_backup(file: Path, kind: FileKind, *, without_older: bool = False) -> str:
    """Copy a file, which may be in use, to its backup, if the copy is sound; return its fault.

    The backup before, which was checked when it was made, becomes the older one; with
    `without_older` both are deleted.
    """
    backup, older = backup_path(file), older_backup_path(file)
    _delete_leftovers(file)
    with temporary_beside(file) as copy:
        with closing(open_uri(file, "mode=ro")) as source, closing(open_unsynced(copy)) as target:
            source.backup(target)
            # A backup is one file, without a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
        fault = thorough_fault(copy, kind)
        if not fault:
            flush_file(copy)
            if without_older:
                older.unlink(missing_ok=True)
            else:
                with suppress(FileNotFoundError):
                    backup.replace(older)
            copy.replace(backup)
            flush_folder(file.parent)
        return fault


def _delete_leftovers(file: Path) -> None:
    """Delete temporary files of killed processes; those in use are minutes old at most."""
    for leftover in file.parent.glob(f".{file.name}.*.tmp*"):
        with suppress(OSError):
            if leftover.stat().st_mtime < time.time() - 3600:
                leftover.unlink()


def replace_damaged(file: Path, kind: FileKind, damaged_identity: Identity, fault: str) -> str:
    """Rename a damaged file and put a backup, or an empty file, in its place.

    `damaged_identity` is the file that was found damaged, None if it was found missing, and `fault`
    a clause. This process has no open connection to the file. Returns a sentence for the user; ""
    if another process had replaced it already.
    """
    with _hold_lock_of(file):
        if read_identity(file) != damaged_identity:
            return ""
        renamed = rename_damaged(file)
        restored = _restore_backup(file, kind)
    what = "is missing" if damaged_identity is None else f"is damaged ({fault})"
    where = f"; the damaged one is kept as {renamed.name}" if renamed else ""
    return f"The file of your {kind.contents}, {file}, {what}{restored}{where}."


def await_replacement(file: Path) -> bool:
    """Wait until no other process replaces a file; False if that cannot be known."""
    try:
        with _hold_lock_of(file):
            return True
    except (OSError, sqlite3.Error):
        return False


def _hold_lock_of(file: Path) -> AbstractContextManager[None]:
    return hold_lock(file.with_name(file.name + ".lock"), BUSY_SECONDS)


def _restore_backup(file: Path, kind: FileKind) -> str:
    """Restore the newest sound backup, or create an empty file; return what was done."""
    damage = ""
    for saved in (backup_path(file), older_backup_path(file)):
        if not saved.exists():
            continue
        fault = thorough_fault(saved, kind)
        if fault:
            saved.rename(_free_name(saved))
            damage = f" and so is its backup ({fault})"
            continue
        made = datetime.fromtimestamp(saved.stat().st_mtime).astimezone()
        with temporary_beside(file) as copy:
            shutil.copyfile(saved, copy)
            prepare_file(copy, kind)
            link_into_place(copy, file)
        which = "the older backup" if damage else "its backup"
        return f"{damage}: {which} of {made:%Y-%m-%d %H:%M} was restored"
    create_file(file, kind)
    return f"{damage or ' and there is no backup'}: starting without {kind.contents}"


def needs_rescue(file: Path) -> bool:
    """Return whether a backup or a log exists of a file that is missing."""
    leftover = (backup_path(file), older_backup_path(file), file.with_name(file.name + "-wal"))
    return any(each.exists() for each in leftover)


def rename_damaged(file: Path) -> Path | None:
    """Rename a file and its log; log first, since it must never meet another file."""
    target = _free_name(file)
    renamed = None
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            renamed = part.rename(target.with_name(target.name + suffix))
    return renamed


def _free_name(file: Path) -> Path:
    stem = f"{file.name}.damaged-{datetime.now().astimezone():%Y-%m-%d}"
    number, target = 1, file.with_name(stem)
    while target.exists() or target.with_name(target.name + "-wal").exists():
        number += 1
        target = file.with_name(f"{stem}-{number}")
    return target

"""The file behind `State`: schema and migrations, checks, backups and their restoration.

No file is ever deleted because it is damaged: it is renamed, and the newest sound backup takes
its place.

Nothing here opens the state file itself but through SQLite: closing a plain file handle would
drop the locks that SQLite holds on it in this process.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

APPLICATION_ID = 0x72696C6F
"""SQLite's application id of our files ("rilo")."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE mark(
            id TEXT PRIMARY KEY,
            read INTEGER NOT NULL DEFAULT 0,
            starred INTEGER NOT NULL DEFAULT 0,
            position INTEGER NOT NULL DEFAULT 0,
            opened INTEGER
        ) WITHOUT ROWID""",
        "CREATE INDEX starred ON mark(id) WHERE starred",
        "CREATE TABLE tag(tag TEXT, id TEXT, PRIMARY KEY (tag, id)) WITHOUT ROWID",
        "CREATE INDEX tags_of ON tag(id)",
        # One row: revision grows with every change of marks, writes with any write.
        "CREATE TABLE clock(revision INTEGER NOT NULL, writes INTEGER NOT NULL)",
        "INSERT INTO clock VALUES (0, 0)",
        "CREATE TABLE session(article TEXT, query TEXT NOT NULL)",
        "CREATE TABLE notice(text TEXT NOT NULL)",
    ),
    ("CREATE TABLE search(query TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",),
    (
        # The articles changed after the revision complete_from; see state.note.
        """CREATE TABLE recent(revision INTEGER, id TEXT, PRIMARY KEY (revision, id))
        WITHOUT ROWID""",
        "ALTER TABLE clock ADD COLUMN complete_from INTEGER NOT NULL DEFAULT 0",
        "UPDATE clock SET complete_from = revision",
    ),
)
"""Statements that lead from each schema version to the next; their number is the newest version."""

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
BUSY_SECONDS = 20.0

Identity = tuple[int, int] | None
"""Device and inode of a file, None where there is none."""


def identity(file: Path) -> Identity:
    """The device and inode of the file that has the name now."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def backup_of(file: Path) -> Path:
    """The path of the backup of a state file."""
    return file.with_name(file.name + ".backup")


def older_backup_of(file: Path) -> Path:
    """The path of the backup before the last one."""
    return file.with_name(file.name + ".backup-older")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error means that the file is damaged, or holds text that is not UTF-8."""
    return _is_unreadable_text(error) or (getattr(error, "sqlite_errorcode", 0) & 0xFF) in DAMAGED


def fault_of(error: sqlite3.Error) -> str:
    """The reason of an error as a clause, for a message to the user."""
    return "it holds text that cannot be read" if _is_unreadable_text(error) else str(error)


def _is_unreadable_text(error: sqlite3.Error) -> bool:
    # Raised without a code by Python's module: SQLite itself accepts any bytes as text.
    return isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode")


def connect(file: Path) -> sqlite3.Connection:
    """Open a file for reading and writing; commits are durable, any thread may use it.

    Raises:
        sqlite3.OperationalError: there is no such file; none is created.
    """
    return _configured(_open(file, "mode=rw"))


def connect_read_only(file: Path) -> sqlite3.Connection:
    """Open a file that cannot be written, in a folder that perhaps cannot either."""
    try:
        return _readable(_open(file, "mode=ro"))
    except sqlite3.OperationalError:
        # In a read-only folder SQLite reads a WAL file only as immutable; what another process
        # writes meanwhile is then not seen.
        return _readable(_open(file, "mode=ro&immutable=1"))


def _open(file: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?{how}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA journal_size_limit=8388608")
        # Overwrite deleted content where its page is written anyway.
        connection.execute("PRAGMA secure_delete=FAST")
    except BaseException:
        connection.close()
        raise
    return connection


def _readable(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.execute("SELECT * FROM clock").fetchone()
        is_current = version(connection) == len(MIGRATIONS)
    except BaseException:
        connection.close()
        raise
    if not is_current:
        connection.close()
        raise sqlite3.OperationalError("it is of another version")
    return connection


def connect_to_nothing() -> sqlite3.Connection:
    """Open an empty state in memory, for when the file cannot be used at all."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(connection)
    return connection


def version(connection: sqlite3.Connection) -> int:
    """The schema version of a file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Migrate the schema to the newest version, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number, statements in enumerate(MIGRATIONS[version(connection) :], version(connection)):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number + 1}")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def quick_fault(file: Path, connection: sqlite3.Connection) -> str:
    """Check an open file without reading all of it; return its fault, or "".

    Raises:
        sqlite3.DatabaseError: SQLite itself finds it damaged.
    """
    if not file.stat().st_size:
        return "it is empty"
    ours = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if ours != APPLICATION_ID:
        return "it does not hold the marks of rilo-reader"
    log = file.with_name(file.name + "-wal")
    if log.exists() and log.stat().st_size:
        return ""  # the log may contain pages that the file lacks
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    short = file.stat().st_size < pages * size
    return "it is cut short" if short else ""


def thorough_fault(file: Path) -> str:
    """Check all of a file that nobody else writes; return its fault, or "".

    SQLite's own check accepts text that is not UTF-8, so every row is read as well.
    """
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                return "it does not hold the marks of rilo-reader"
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return str(found)
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for _ in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                    pass
    except sqlite3.Error as error:
        return fault_of(error)
    return ""


def create(file: Path) -> None:
    """Create an empty state file, unless another process was faster."""
    with beside(file) as temporary:
        finish(temporary)
        place(temporary, file)


def writes(file: Path) -> int:
    """The write counter of a file that nobody else uses; -1 if it cannot be read."""
    try:
        with closing(_open(file, "mode=ro")) as connection:
            return int(connection.execute("SELECT writes FROM clock").fetchone()[0])
    except sqlite3.Error:
        return -1


def new(temporary: Path) -> sqlite3.Connection:
    """Open a temporary file without syncing: it is flushed before it is put in place."""
    connection = sqlite3.connect(temporary, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


def finish(temporary: Path) -> None:
    """Prepare a file to be put in place: schema, journal mode, a revision never used before."""
    with closing(new(temporary)) as connection:
        migrate(connection)
        connection.execute(
            "UPDATE clock SET revision=:now, complete_from=:now", {"now": time.time_ns()}
        )
        connection.execute("DELETE FROM recent")
        connection.execute("PRAGMA journal_mode=WAL")
    flush(temporary)


def place(temporary: Path, file: Path) -> None:
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
def beside(file: Path) -> Iterator[Path]:
    """A temporary file in the same folder, deleted afterwards.

    It is readable by its owner only, since reading habits are private. SQLite gives its log the
    same mode.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        temporary.touch(0o600)
        yield temporary
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def flush(file: Path) -> None:
    """Flush a file to disk; not for a state file in use, which a closed handle would unlock."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system supports it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# -- backups and recovery -------------------------------------------------------------------------


def save_backup(file: Path, *, only: bool = False) -> str:
    """Copy a state file, which may be in use, to its backup, if the copy is sound.

    A sound previous backup becomes the older one; with `only` both are deleted.

    Returns:
        The fault of the state file, or "" if the backup was made.
    """
    _sweep(file)
    with beside(file) as copy:
        with closing(connect(file)) as source, closing(new(copy)) as target:
            source.backup(target)
            # A backup is one file, without a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
        fault = thorough_fault(copy)
        if not fault:
            flush(copy)
            if only:
                older_backup_of(file).unlink(missing_ok=True)
            elif backup_of(file).exists() and not thorough_fault(backup_of(file)):
                with suppress(FileNotFoundError):  # another process was faster
                    backup_of(file).replace(older_backup_of(file))
            copy.replace(backup_of(file))
            flush_folder(file.parent)
        return fault


def _sweep(file: Path) -> None:
    """Delete temporary files of killed processes; those in use are minutes old at most."""
    for leftover in file.parent.glob(f".{file.name}.*.tmp*"):
        with suppress(OSError):
            if leftover.stat().st_mtime < time.time() - 3600:
                leftover.unlink()


def replace_damaged(file: Path, examined: Identity, fault: str) -> str:
    """Rename a damaged file and put a backup, or an empty file, in its place.

    Args:
        file: the state file; this process has no open connection to it.
        examined: the file that was found damaged, None if it was found missing.
        fault: what is wrong with it, as a clause.

    Returns:
        A sentence for the user; "" if another process had replaced it already.
    """
    with _exclusive(file):
        if identity(file) != examined:
            return ""
        renamed = _set_aside(file)
        restored = _restore(file)
    what = "is missing" if examined is None else f"is damaged ({fault})"
    where = f"; the damaged one is kept as {renamed.name}" if renamed else ""
    return f"The file of your marks, {file}, {what}{restored}{where}."


def _restore(file: Path) -> str:
    """Restore the newest sound backup, or create an empty file; return what was done."""
    damage = ""
    for saved in (backup_of(file), older_backup_of(file)):
        if not saved.exists():
            continue
        fault = thorough_fault(saved)
        if fault:
            saved.rename(_free_name(saved))
            damage = f" and so is its backup ({fault})"
            continue
        made = datetime.fromtimestamp(saved.stat().st_mtime).astimezone()
        with beside(file) as copy:
            shutil.copyfile(saved, copy)
            finish(copy)
            place(copy, file)
        which = "the older backup" if damage else "its backup"
        return f"{damage}: {which} of {made:%Y-%m-%d %H:%M} was restored"
    create(file)
    return f"{damage or ' and there is no backup'}: marks start afresh"


def needs_rescue(file: Path) -> bool:
    """Whether a backup or a log exists of a file that is missing."""
    leftover = (backup_of(file), older_backup_of(file), file.with_name(file.name + "-wal"))
    return any(each.exists() for each in leftover)


def _set_aside(file: Path) -> Path | None:
    """Rename a state file and its log; log first, since it must never meet another file."""
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


@contextmanager
def _exclusive(file: Path) -> Iterator[None]:
    """Hold a lock between processes, which the system releases if one is killed."""
    lock = file.with_name(file.name + ".lock")
    with closing(sqlite3.connect(lock, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield

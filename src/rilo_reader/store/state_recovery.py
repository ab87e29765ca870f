"""The file beneath State: opened, made, brought to the newest schema, checked.

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
"""Says that an SQLite file is ours ("rilo")."""

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
        # One row: revision changes with every mark, writes with every write of any kind.
        "CREATE TABLE clock(revision INTEGER NOT NULL, writes INTEGER NOT NULL)",
        "INSERT INTO clock VALUES (0, 0)",
        "CREATE TABLE session(article TEXT, query TEXT NOT NULL)",
        "CREATE TABLE notice(text TEXT NOT NULL)",
    ),
    ("CREATE TABLE search(query TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",),
    (
        # The articles changed after the revision complete_from; see state_changes.
        """CREATE TABLE recent(revision INTEGER, id TEXT, PRIMARY KEY (revision, id))
        WITHOUT ROWID""",
        "ALTER TABLE clock ADD COLUMN complete_from INTEGER NOT NULL DEFAULT 0",
        "UPDATE clock SET complete_from = revision",
    ),
)
"""What leads from each schema version to the next; the last one's number is the newest."""

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
BUSY_SECONDS = 20.0

Identity = tuple[int, int] | None
"""Which file a name stands for: device and number, None where there is none."""


def identity(file: Path) -> Identity:
    """Which file the name stands for now."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def backup_of(file: Path) -> Path:
    """Where the backup of a state file is kept."""
    return file.with_name(file.name + ".backup")


def older_backup_of(file: Path) -> Path:
    """Where the backup before the last one is kept."""
    return file.with_name(file.name + ".backup-older")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file itself is damaged, or a text in it is no UTF-8."""
    return _is_unreadable_text(error) or (getattr(error, "sqlite_errorcode", 0) & 0xFF) in DAMAGED


def fault_of(error: sqlite3.Error) -> str:
    """What an error says is wrong with a file, as a clause."""
    return "it holds text that cannot be read" if _is_unreadable_text(error) else str(error)


def _is_unreadable_text(error: sqlite3.Error) -> bool:
    # Said by Python's module and not by SQLite, which takes any bytes for text: without a code.
    return isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode")


def connect(file: Path) -> sqlite3.Connection:
    """A connection for reading and writing, durable on every commit, usable by any thread.

    Raises:
        sqlite3.OperationalError: there is no such file; none is made.
    """
    return _settled(_open(file, "mode=rw"))


def connect_read_only(file: Path) -> sqlite3.Connection:
    """A connection to a file that may not be written, nor perhaps its folder."""
    try:
        return _readable(_open(file, "mode=ro"))
    except sqlite3.OperationalError:
        # Without its folder being writable SQLite reads such a file only when told that it never
        # changes; what another process writes meanwhile is then not seen.
        return _readable(_open(file, "mode=ro&immutable=1"))


def _open(file: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?{how}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _settled(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA journal_size_limit=8388608")
        # What is deleted is overwritten where its page is written anyway.
        connection.execute("PRAGMA secure_delete=FAST")
    except BaseException:
        connection.close()
        raise
    return connection


def _readable(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.execute("SELECT * FROM clock").fetchone()
        known = version(connection) == len(MIGRATIONS)
    except BaseException:
        connection.close()
        raise
    if not known:
        connection.close()
        raise sqlite3.OperationalError("it is of another version")
    return connection


def connect_to_nothing() -> sqlite3.Connection:
    """A connection to an empty state in memory, for when the file cannot be used at all."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(connection)
    return connection


def version(connection: sqlite3.Connection) -> int:
    """The schema version of a file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file's schema to the newest version, all or nothing."""
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
    """What is wrong with an open file, as far as can be said at once; "" where nothing is.

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
        return ""  # pages may still be on their way from there into the file
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    short = file.stat().st_size < pages * size
    return "it is cut short" if short else ""


def thorough_fault(file: Path) -> str:
    """What is wrong with a file that nobody else writes; reads all of it; "" where nothing is.

    SQLite's own check passes over text that is no UTF-8, so every row is read as well.
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
    """Make a new, empty state file, unless another process was faster."""
    with beside(file) as fresh:
        finish(fresh)
        place(fresh, file)


def writes(file: Path) -> int:
    """How many writes a file that nobody else uses has seen; -1 where it cannot say."""
    try:
        with closing(_open(file, "mode=ro")) as connection:
            return int(connection.execute("SELECT writes FROM clock").fetchone()[0])
    except sqlite3.Error:
        return -1


def new(fresh: Path) -> sqlite3.Connection:
    """A connection to a temporary file: nobody relies on it before it is flushed and placed."""
    connection = sqlite3.connect(fresh, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


def finish(fresh: Path) -> None:
    """Make a file ready to be placed: schema, journal, a revision never seen before."""
    with closing(new(fresh)) as connection:
        migrate(connection)
        connection.execute(
            "UPDATE clock SET revision=:now, complete_from=:now", {"now": time.time_ns()}
        )
        connection.execute("DELETE FROM recent")
        connection.execute("PRAGMA journal_mode=WAL")
    flush(fresh)


def place(fresh: Path, file: Path) -> None:
    """Give a finished file its name, unless there is one of that name."""
    try:
        os.link(fresh, file)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not file.exists():
            fresh.rename(file)
    flush_folder(file.parent)


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A temporary file in the same folder, gone afterwards.

    Only its owner may read it: what somebody reads and searches for is nobody else's business.
    SQLite's log has the file's mode.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        fresh.touch(0o600)
        yield fresh
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)


def flush(file: Path) -> None:
    """See that a file is on the disk; not for a state file in use."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """See that the names in a folder are on the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# The state file's backups, and what becomes of a damaged file: nothing is ever deleted.


def save_backup(file: Path, *, only: bool = False) -> str:
    """Copy a state file, also one in use, to its backup, if the copy is sound.

    The backup that was there becomes the older one, if it is sound; with `only` both go.

    Returns:
        What is wrong with the state file, "" where the backup was made.
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
    """Take away what backups that were killed have left; a living one is minutes old at most."""
    for left in file.parent.glob(f".{file.name}.*.tmp*"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - 3600:
                left.unlink()


def replace_damaged(file: Path, judged: Identity, fault: str) -> str:
    """Set a damaged or missing file aside, and put a backup, or an empty file, in its place.

    Args:
        file: the state file; no connection of this process is open on it.
        judged: the file that was found damaged, None where it was found missing.
        fault: what is wrong with it, as a clause.

    Returns:
        One sentence for the user; "" where another process had replaced it already.
    """
    with _only_one(file):
        if identity(file) != judged:
            return ""
        kept = _set_aside(file)
        restored = _restore(file)
    what = "is missing" if judged is None else f"is damaged ({fault})"
    where = f"; the damaged one is kept as {kept.name}" if kept else ""
    return f"The file of your marks, {file}, {what}{restored}{where}."


def _restore(file: Path) -> str:
    """Put the newest sound backup, or an empty file, in the place of a file set aside."""
    spoiled = ""
    for saved in (backup_of(file), older_backup_of(file)):
        if not saved.exists():
            continue
        fault = thorough_fault(saved)
        if fault:
            saved.rename(_free_name(saved))
            spoiled = f" and so is its backup ({fault})"
            continue
        made = datetime.fromtimestamp(saved.stat().st_mtime).astimezone()
        with beside(file) as copy:
            shutil.copyfile(saved, copy)
            finish(copy)
            place(copy, file)
        which = "the older backup" if spoiled else "its backup"
        return f"{spoiled}: {which} of {made:%Y-%m-%d %H:%M} was restored"
    create(file)
    return f"{spoiled or ' and there is no backup'}: marks start afresh"


def needs_rescue(file: Path) -> bool:
    """Whether a file that is missing has left something behind: a backup or a log."""
    left = (backup_of(file), older_backup_of(file), file.with_name(file.name + "-wal"))
    return any(each.exists() for each in left)


def _set_aside(file: Path) -> Path | None:
    """Rename a state file and its log, log first: it must never meet another file."""
    target = _free_name(file)
    kept = None
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            kept = part.rename(target.with_name(target.name + suffix))
    return kept


def _free_name(file: Path) -> Path:
    stem = f"{file.name}.damaged-{datetime.now().astimezone():%Y-%m-%d}"
    number, target = 1, file.with_name(stem)
    while target.exists() or target.with_name(target.name + "-wal").exists():
        number += 1
        target = file.with_name(f"{stem}-{number}")
    return target


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """One process at a time; a killed one lets go."""
    lock = file.with_name(file.name + ".lock")
    with closing(sqlite3.connect(lock, timeout=BUSY_SECONDS, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield

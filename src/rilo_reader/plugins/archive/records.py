"""The records of a device on its archive, in one SQLite file beside the ledger.

    setting  key, value                                  the address, how far was read
    file     path, size, mtime, id, digest, reason, address
                                                         each file that was read, and its text
    article  id, digest, added, edited, kept, seq, own   the base of archive and device
    held     id                                          added by a reader: sent only if asked
    sent     field, id, stamp                            marks of ours that the archive has
    seen     person, field, id, value, stamp             marks that others share

Digests are those of `portable.PortableArticle.text`. A file is sent where its digest is neither
that of `article` nor `kept`: the text that the user had when the archive's turned out to be
another, so that only a later edit replaces it. A file with a `reason` is not shared. All but the
settings is found again if the file is lost.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from rilo_reader.annotations.highlight import Highlight, from_fields
from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.index.schema import ORDER_BITS
from rilo_reader.paths import Paths
from rilo_reader.plugins.archive import archive_file
from rilo_reader.store import sqlite
from rilo_reader.store.folder import FileEntry
from rilo_reader.store.sqlite import FileKind, put_many, transaction
from rilo_reader.text import clean_line

RECORDS = FileKind(
    contents="shared archives",
    application_id=0x72696C68,  # "rilh"
    version=2,
    schema=(
        "CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE file(path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
            id TEXT NOT NULL, digest BLOB NOT NULL, reason TEXT NOT NULL DEFAULT '',
            address INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
        "CREATE INDEX file_of ON file(id)",
        "CREATE INDEX unshared ON file(reason) WHERE reason <> ''",
        "CREATE INDEX of_address ON file(id, path) WHERE address",
        """CREATE TABLE article(id TEXT PRIMARY KEY, digest BLOB NOT NULL, added INTEGER NOT NULL,
            edited INTEGER NOT NULL, kept BLOB, seq INTEGER NOT NULL,
            own INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID""",
        "CREATE TABLE held(id TEXT PRIMARY KEY) WITHOUT ROWID",
        """CREATE TABLE sent(field TEXT, id TEXT, stamp INTEGER NOT NULL,
            PRIMARY KEY (id, field)) WITHOUT ROWID""",
        """CREATE TABLE seen(person TEXT, field TEXT, id TEXT, value TEXT NOT NULL,
            stamp INTEGER NOT NULL, PRIMARY KEY (id, field, person)) WITHOUT ROWID""",
    ),
)

NAME_LIMIT = 63  # as PostgreSQL has it
EACH_LIMIT = 50  # highlights that a colleague has in one article, the newest

GONE_DIGEST = b"gone"
"""The digest of an article that was deleted in the archive."""

OUTSIDE_REASON = "a link that leads out of the library"
"""The reason for not sharing a file that is really outside."""


@dataclass(slots=True)
class ArchiveExchangeResult:
    """The result of an exchange; numbers are of articles unless something else is said."""

    new: int = 0
    updated: int = 0
    kept: int = 0  # changed here and there, and as they are on each side
    deleted: int = 0
    dropped: int = 0  # files that went because they are older than the window
    refused: int = 0  # rows that are not what they claim
    outside: int = 0  # not written here, as a link leads from their files out of the library
    sent: int = 0
    held: int = 0  # added by a reader, so not sent
    # texts of the user that others replaced: path, who it was (by), and where it is kept (copy)
    replaced: list[dict[str, str]] = field(default_factory=list)
    marks_sent: int = 0  # marks
    marks_changed: int = 0  # whose marks this person changed elsewhere
    highlights_changed: bool = False  # whether others share other highlights than before
    restored: bool = False  # whether the server was found to be restored from a backup
    problem: str = ""  # why not all could be done now, a sentence; "" if it could

    @property
    def is_anything(self) -> bool:
        """True if anything was exchanged, or went wrong."""
        return self != ArchiveExchangeResult()


class AgreedVersion(NamedTuple):
    """The base of an article: the version that archive and device agreed on last."""

    id: ArticleId
    digest: bytes
    added: int  # when it came to the archive, in microseconds since 1970 by the server's clock
    edited: bool = False  # whether somebody changed it after it was collected
    kept: bytes | None = None
    seq: int = 0  # its number in the log
    own: bool = False  # whether this person wrote it


class KnownFile(NamedTuple):
    """A file, as it was when it was read last."""

    entry: FileEntry
    id: ArticleId  # may be "" of one that is not shared
    digest: bytes
    reason: str = ""  # why it is not shared, "" if it is
    by_address: bool = False  # whether its address is its identity


class ArchiveRecords:
    """The records of a library; methods raise sqlite3.Error. Data is then on disk."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def transaction(self) -> AbstractContextManager[None]:
        """Return a transaction, which is on disk when it ends."""
        return transaction(self._db)

    # -- settings -------------------------------------------------------------------------------

    def read_setting(self, key: str, default: str = "") -> str:
        """Return a setting."""
        row = self._db.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def read_number(self, key: str) -> int:
        """Return a setting that is a number, 0 where there is none."""
        return int(self.read_setting(key, "0"))

    @property
    def first_date(self) -> datetime | None:
        """The date from which on all of an archive is here, None if all is."""
        edge = self.read_number("edge")
        return datetime.fromtimestamp(edge >> ORDER_BITS, UTC) if edge else None

    def write_settings(self, **settings: object) -> None:
        """Store settings."""
        rows = [(key, str(value)) for key, value in settings.items()]
        self._db.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", rows)

    def write_top(self, seq: int, added: int) -> None:
        """Record a row of the log, if it is the last one that is known."""
        if seq > self.read_number("top"):
            self.write_settings(top=seq, top_added=added)

    # -- files ----------------------------------------------------------------------------------

    def read_files(self, paths: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
        """Return size and mtime of files, by path; None: of all."""
        these = "" if paths is None else "WHERE path IN (SELECT value FROM json_each(?))"
        given = () if paths is None else (json.dumps(list(paths)),)
        rows = self._db.execute(f"SELECT path, size, mtime FROM file {these}", given)  # noqa: S608
        return {path: (size, mtime) for path, size, mtime in rows}

    def paths_below(self, folder: str) -> list[str]:
        """Return the paths of the files that are known below a folder."""
        bounds = f"{folder}/", f"{folder}0"  # "0" comes after "/"
        return [path for (path,) in self._db.execute(_BELOW, bounds)]

    def _select_files(self, rest: str, *values: object) -> list[KnownFile]:
        rows = self._db.execute(f"SELECT f.* FROM file f {rest}", values).fetchall()  # noqa: S608
        return [
            KnownFile(FileEntry(*row[:3]), ArticleId(row[3]), row[4], row[5], bool(row[6]))
            for row in rows
        ]

    def find_file(self, article: ArticleId) -> KnownFile | None:
        """Return the file of an article, None if none is known."""
        found = self._select_files("WHERE f.id = ? ORDER BY f.path LIMIT 1", article)
        return found[0] if found else None

    def list_shared_files(self) -> list[KnownFile]:
        """Return all files of articles that are shared."""
        return self._select_files("WHERE f.reason = ''")

    def files_with_same_address(self, limit: int) -> list[KnownFile]:
        """Return some files whose identity is an address that another file before has, too."""
        return self._select_files(
            """WHERE f.address AND f.reason = '' AND EXISTS (SELECT 1 FROM file g
                WHERE g.id = f.id AND g.reason = '' AND g.path < f.path) LIMIT ?""",
            limit,
        )

    def outside_files(self) -> dict[str, ArticleId]:
        """Return the files that a link leads to out of the library, with their articles."""
        return {
            file.entry.path: file.id
            for file in self._select_files("WHERE f.reason = ? AND f.reason <> ''", OUTSIDE_REASON)
        }

    def write_formerly_outside(self, articles: Collection[ArticleId]) -> None:
        """Record articles that a link led to out of the library, and does no more."""
        if articles:
            ids = sorted({*self.formerly_outside_ids(), *articles})
            self.write_settings(were_outside=json.dumps(ids))

    def formerly_outside_ids(self) -> set[ArticleId]:
        """Return articles that a link led to out of the library once, and that have no file now."""
        known = {ArticleId(one) for one in json.loads(self.read_setting("were_outside", "[]"))}
        return self.ids_without_file(known) if known else set()

    def unshared_paths(self) -> dict[str, list[str]]:
        """Return the paths of files that are not shared, by the reason."""
        found: dict[str, list[str]] = {}
        for file in self._select_files("WHERE f.reason <> '' ORDER BY f.reason, f.path"):
            found.setdefault(file.reason, []).append(file.entry.path)
        twice = self._select_files(f"WHERE f.reason = '' AND NOT {_IS_FIRST_PATH} ORDER BY f.path")
        if twice:
            found["a file with the id of another one"] = [file.entry.path for file in twice]
        return found

    def list_unsent(
        self, limit: int = -1, *, of: Collection[str] | None = None, with_held: bool = False
    ) -> list[KnownFile]:
        """Return the files to send, at most `limit`; only those at the paths of `of`, if given."""
        these = _UNSENT if with_held else f"{_UNSENT} AND NOT {_HELD}"
        these += "" if of is None else " AND f.path IN (SELECT value FROM json_each(?))"
        given = () if of is None else (json.dumps(list(of)),)
        return self._select_files(f"{these} ORDER BY f.path LIMIT ?", *given, limit)

    def count_waiting(self) -> int:
        """Return how many files wait to be sent."""
        return self._count_rows(f"file f {_UNSENT} AND NOT {_HELD}")

    def count_held(self) -> int:
        """Count files that only `share now --all` sends, see `hold_waiting`."""
        return self._count_rows(f"file f {_UNSENT} AND {_HELD}")

    def hold_waiting(self) -> int:
        """Hold back unsent files, since readers may not send; return how many are new."""
        before = self._db.total_changes
        self._db.execute(f"INSERT INTO held SELECT f.id FROM file f {_UNSENT} AND NOT {_HELD}")  # noqa: S608
        return self._db.total_changes - before

    def release_held(self, *, every: bool) -> None:
        """Release all held files, or without `every` those that the archive has by now."""
        these = "" if every else f"WHERE id NOT IN (SELECT f.id FROM file f {_UNSENT})"  # noqa: S608
        self._db.execute(f"DELETE FROM held {these}")  # noqa: S608

    def _count_rows(self, rest: str) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {rest}").fetchone()[0])  # noqa: S608

    def write_files(self, files: Iterable[KnownFile]) -> None:
        """Record files."""
        rows = [(*file.entry, *file[1:]) for file in files]
        put_many(self._db, ("INSERT OR REPLACE INTO file", ""), rows)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Forget files that are gone, or are to be read again."""
        self._db.executemany("DELETE FROM file WHERE path = ?", ((path,) for path in paths))

    def ids_without_file(self, articles: Collection[ArticleId]) -> set[ArticleId]:
        """Return those of some articles that have no file here and were not deleted here."""
        rows = self._db.execute(
            """SELECT value FROM json_each(?) WHERE NOT EXISTS (
                SELECT 1 FROM file WHERE id = value) AND NOT EXISTS (
                SELECT 1 FROM article WHERE id = value AND digest <> ?)""",
            (json.dumps(list(articles)), GONE_DIGEST),
        )
        return {ArticleId(row[0]) for row in rows}

    # -- articles -------------------------------------------------------------------------------

    def agreed_versions(self, articles: Iterable[ArticleId]) -> dict[ArticleId, AgreedVersion]:
        """Return the base of articles; those without one are missing."""
        rows = self._db.execute(
            "SELECT * FROM article WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(articles)),),
        ).fetchall()
        found = (AgreedVersion(*row) for row in rows)
        return {one.id: one._replace(edited=bool(one.edited), own=bool(one.own)) for one in found}

    def write_agreed(self, agreed: Sequence[AgreedVersion]) -> None:
        """Record the base of articles."""
        put_many(self._db, ("INSERT OR REPLACE INTO article", ""), agreed)

    def all_agreed_ids(self) -> set[ArticleId]:
        """Return all articles that have a base and were not deleted."""
        rows = self._db.execute("SELECT id FROM article WHERE digest <> ?", (GONE_DIGEST,))
        return {ArticleId(row[0]) for row in rows}

    def kept_paths(self) -> list[str]:
        """Return the files of articles that the user has with another text than the archive."""
        kept = "article a JOIN file f ON f.id = a.id AND f.digest = a.kept"
        return [path for (path,) in self._db.execute(f"SELECT path FROM {kept} ORDER BY path")]  # noqa: S608

    def delete_base(self, articles: Collection[ArticleId]) -> None:
        """Forget the base of articles, and their files, so that these are read again."""
        for table in ("article", "file"):
            statement = f"DELETE FROM {table} WHERE id = ?"  # noqa: S608
            self._db.executemany(statement, ((one,) for one in articles))

    # -- marks ----------------------------------------------------------------------------------

    def sent_stamps(self, articles: Iterable[ArticleId]) -> dict[tuple[str, ArticleId], int]:
        """Return the stamps of the marks of articles that the archive has."""
        rows = self._db.execute(
            "SELECT field, id, stamp FROM sent WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(articles)),),
        )
        return {(field, ArticleId(article)): stamp for field, article, stamp in rows}

    def write_sent_stamps(self, marks: Iterable[tuple[str, ArticleId, int]]) -> None:
        """Record marks that the archive has."""
        self._db.executemany("INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", marks)

    def write_shared_marks(self, marks: Iterable[tuple[str, str, str, str, int]]) -> None:
        """Replace the records of marks that others share: (person, field, id, value, stamp)."""
        self._db.execute("DELETE FROM seen")
        put_many(self._db, ("INSERT OR REPLACE INTO seen", ""), list(marks))

    def read_shared_marks(
        self, article: ArticleId | None = None, most: int = -1
    ) -> list[tuple[ArticleId, str, str, str, int]]:
        """Return the marks that others share (article, person, field, value, stamp), sorted.

        Of an article, or of all; at most the newest `most`.
        """
        which = "" if article is None else "WHERE id = :article"
        return self._db.execute(
            f"""SELECT id, person, field, value, stamp FROM (
                SELECT * FROM seen {which} ORDER BY stamp DESC LIMIT :most)
            ORDER BY id, person, field""",  # noqa: S608
            {"article": article, "most": most},
        ).fetchall()

    def forget_marks(self) -> None:
        """Forget which marks the archive has, so that all are sent again."""
        self._db.execute("DELETE FROM sent")


_BELOW = "SELECT path FROM file WHERE path > ? AND path < ?"
_IS_FIRST_PATH = "f.path = (SELECT min(path) FROM file g WHERE g.id = f.id AND g.reason = '')"
_UNSENT = f"""LEFT JOIN article a ON a.id = f.id
    WHERE f.reason = '' AND (a.id IS NULL OR (f.digest <> a.digest AND f.digest IS NOT a.kept))
        AND {_IS_FIRST_PATH}"""
_HELD = "f.id IN (SELECT id FROM held)"


@contextmanager
def open_records(folder: Path, paths: Paths) -> Iterator[ArchiveRecords]:
    """Open the records of a library, created if there are none. Raises CollectingError."""
    file = archive_file(folder, paths)
    try:
        paths.state.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            sqlite.create_file(file, RECORDS)
        with closing(sqlite.connect(file)) as connection:
            sqlite.migrate(connection, RECORDS)
            yield ArchiveRecords(connection)
    except sqlite.VersionError as error:
        raise CollectingError(
            f"The local record {file} cannot be used: {error}. Install that version again, or "
            f"delete the file and join the archive again."
        ) from error
    except (sqlite3.Error, OSError) as error:
        raise CollectingError(f"The local record {file} cannot be used: {error}.") from error


def list_shared_folders(paths: Paths) -> list[tuple[str, str]]:
    """Return the folders on this machine that share an archive, with its address."""
    found = []
    for file in sorted(paths.state.glob("*.share.db")):
        with (
            suppress(sqlite3.Error),
            closing(sqlite.connect_read_only(file, RECORDS)) as connection,
        ):
            records = ArchiveRecords(connection)
            if address := records.read_setting("address"):
                found.append((records.read_setting("folder"), address))
    return found


def others_highlights(
    folder: Path, paths: Paths, article: ArticleId | None, most: int
) -> dict[ArticleId, list[Highlight]]:
    """Return the highlights that colleagues share, of an article or of all, cleaned and bounded.

    `most` is as in `read_shared_marks`. It needs no extra, and raises CollectingError.
    """
    found: dict[ArticleId, list[Highlight]] = {}
    with open_records(folder, paths) as records:
        rows = records.read_shared_marks(article, most)
    for (identity, person), some in groupby(rows, key=itemgetter(0, 1)):
        name = clean_line(person, NAME_LIMIT)
        for one in from_fields(row[2:] for row in some)[-EACH_LIMIT:]:
            # Whatever id a colleague gives it, it is not one of the user's own.
            found.setdefault(identity, []).append(one._replace(id=f"{name} {one.id}", owner=name))
    return found

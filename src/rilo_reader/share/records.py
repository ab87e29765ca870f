"""What a desk knows of its archive, in one SQLite file beside the ledger.

    setting  key, value                                  the address, how far was read
    file     path, size, mtime, id, digest               each file that was looked at, and its text
    article  id, digest, added, edited, kept, seq        what archive and desk agreed on last
    sent     field, id, stamp                            which of our marks the archive has
    seen     person, field, id, value, stamp             what others share of theirs

Digests are those of `portable.Portable.text`. A file is sent where its digest is neither that of
`article` nor `kept`: the text that the user had when the archive's turned out to be another, so
that only a later edit replaces it. All but the settings is found again if the file is lost.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Self

from rilo_reader.annotations.highlight import Highlight, from_fields
from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.paths import Paths, archive_file
from rilo_reader.store import sqlite
from rilo_reader.store.folder import FileEntry
from rilo_reader.store.sqlite import FileKind, put_many, transaction
from rilo_reader.text import clean_line

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE file(path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
            id TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX file_of ON file(id)",
        """CREATE TABLE article(id TEXT PRIMARY KEY, digest BLOB NOT NULL, added INTEGER NOT NULL,
            edited INTEGER NOT NULL, kept BLOB, seq INTEGER NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE sent(field TEXT, id TEXT, stamp INTEGER NOT NULL,
            PRIMARY KEY (id, field)) WITHOUT ROWID""",
        """CREATE TABLE seen(person TEXT, field TEXT, id TEXT, value TEXT NOT NULL,
            stamp INTEGER NOT NULL, PRIMARY KEY (id, field, person)) WITHOUT ROWID""",
    ),
)
RECORDS = FileKind("shared archives", 0x72696C68, MIGRATIONS)  # "rilh"

NAME_LIMIT = 63  # as PostgreSQL has it
EACH_LIMIT = 50  # highlights that a colleague has in one article, the newest

GONE = b"gone"
"""The digest of an article that was deleted in the archive."""


class Agreed(NamedTuple):
    """What archive and desk agreed on last about an article."""

    id: ArticleId
    digest: bytes
    added: int  # when it came to the archive, in microseconds since 1970 by the server's clock
    edited: bool = False  # whether it is what somebody made of what was collected
    kept: bytes | None = None
    seq: int = 0  # its number in the log


class KnownFile(NamedTuple):
    """A file, as it was when it was looked at last."""

    entry: FileEntry
    id: ArticleId  # "" of one that is not shared
    digest: bytes


class Records:
    """The records of a library; methods raise sqlite3.Error. What is put is on disk then."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """A transaction, on disk when it ends."""
        return transaction(self._db)

    # -- settings -------------------------------------------------------------------------------

    def get(self, key: str, default: str = "") -> str:
        """Return a setting."""
        row = self._db.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def put(self, **settings: object) -> None:
        """Store settings."""
        rows = [(key, str(value)) for key, value in settings.items()]
        self._db.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", rows)

    def put_top(self, seq: int, added: int) -> None:
        """Note a row of the log, if it is the last one that is known."""
        if seq > int(self.get("top", "0")):
            self.put(top=seq, top_added=added)

    # -- files ----------------------------------------------------------------------------------

    def files(self, paths: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
        """Return size and mtime of files, by path; None: of all."""
        these = "" if paths is None else "WHERE path IN (SELECT value FROM json_each(?))"
        given = () if paths is None else (json.dumps(list(paths)),)
        rows = self._db.execute(f"SELECT path, size, mtime FROM file {these}", given)  # noqa: S608
        return {path: (size, mtime) for path, size, mtime in rows}

    def file_of(self, article: ArticleId) -> KnownFile | None:
        """Return the file of an article, None if none is known."""
        row = self._db.execute(
            "SELECT path, size, mtime, id, digest FROM file WHERE id = ? ORDER BY path", (article,)
        ).fetchone()
        return row and KnownFile(FileEntry(*row[:3]), ArticleId(row[3]), row[4])

    def put_files(self, files: Iterable[KnownFile]) -> None:
        """Note files."""
        rows = [(*file.entry, file.id, file.digest) for file in files]
        put_many(self._db, ("INSERT OR REPLACE INTO file", ""), rows)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Forget files that are gone, or are to be looked at again."""
        self._db.executemany("DELETE FROM file WHERE path = ?", ((path,) for path in paths))

    def forget_files_of(self, articles: Collection[ArticleId]) -> None:
        """Have the files of articles looked at again."""
        self._db.execute(
            "DELETE FROM file WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(articles)),),
        )

    def shared_files(self) -> list[KnownFile]:
        """Return all files of articles that are shared."""
        rows = self._db.execute("SELECT path, size, mtime, id, digest FROM file WHERE id <> ''")
        return [KnownFile(FileEntry(*row[:3]), ArticleId(row[3]), row[4]) for row in rows]

    def without_file(self, articles: Collection[ArticleId]) -> set[ArticleId]:
        """Return those of some articles that have no file here and were not deleted here."""
        rows = self._db.execute(
            """SELECT value FROM json_each(?) WHERE NOT EXISTS (
                SELECT 1 FROM file WHERE id = value) AND NOT EXISTS (
                SELECT 1 FROM article WHERE id = value AND digest <> ?)""",
            (json.dumps(list(articles)), GONE),
        )
        return {ArticleId(row[0]) for row in rows}

    def to_send(self, limit: int) -> list[KnownFile]:
        """Return some files that the archive does not have as they are."""
        rows = self._db.execute(f"{_TO_SEND} ORDER BY f.path LIMIT ?", (limit,)).fetchall()
        return [KnownFile(FileEntry(*row[:3]), ArticleId(row[3]), row[4]) for row in rows]

    def waiting(self) -> int:
        """Return how many files wait to be sent."""
        return int(self._db.execute(f"SELECT count(*) FROM ({_TO_SEND})").fetchone()[0])  # noqa: S608

    # -- articles -------------------------------------------------------------------------------

    def agreed(self, articles: Iterable[ArticleId]) -> dict[ArticleId, Agreed]:
        """Return what is agreed on about articles."""
        rows = self._db.execute(
            "SELECT * FROM article WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(articles)),),
        ).fetchall()
        return {
            row[0]: Agreed(row[0], row[1], row[2], bool(row[3]), row[4], row[5]) for row in rows
        }

    def put_agreed(self, agreed: Sequence[Agreed]) -> None:
        """Note what is agreed on."""
        put_many(self._db, ("INSERT OR REPLACE INTO article", ""), agreed)

    def all_agreed(self) -> set[ArticleId]:
        """Return all articles about which something is agreed but that they are gone."""
        rows = self._db.execute("SELECT id FROM article WHERE digest <> ?", (GONE,))
        return {ArticleId(row[0]) for row in rows}

    def kept(self) -> int:
        """Return how many articles the user has with another text than the archive."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM article a JOIN file f ON f.id = a.id AND f.digest = a.kept"
            ).fetchone()[0]
        )

    def disagree(self, articles: Collection[ArticleId]) -> None:
        """Agree on nothing about articles, and look at their files again."""
        self._db.executemany("DELETE FROM article WHERE id = ?", ((one,) for one in articles))
        self.forget_files_of(articles)

    # -- marks ----------------------------------------------------------------------------------

    def sent(self, articles: Iterable[ArticleId]) -> dict[tuple[str, ArticleId], int]:
        """Return the stamps of the marks of articles that the archive has."""
        rows = self._db.execute(
            "SELECT field, id, stamp FROM sent WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(articles)),),
        )
        return {(field, ArticleId(article)): stamp for field, article, stamp in rows}

    def put_sent(self, marks: Iterable[tuple[str, ArticleId, int]]) -> None:
        """Note marks that the archive has."""
        self._db.executemany("INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", marks)

    def put_seen(self, marks: Iterable[tuple[str, str, str, str, int]]) -> None:
        """Note what others share (person, field, id, value, stamp), instead of what was noted."""
        self._db.execute("DELETE FROM seen")
        put_many(self._db, ("INSERT OR REPLACE INTO seen", ""), list(marks))

    def seen(
        self, article: ArticleId | None = None, most: int = -1
    ) -> list[tuple[ArticleId, str, str, str, int]]:
        """Return rows (article, person, field, value, stamp) of what others share, sorted.

        Of an article, or of all; `most` is how many at most, the newest.
        """
        which = "" if article is None else "WHERE id = :article"
        return self._db.execute(
            f"""SELECT id, person, field, value, stamp FROM (
                SELECT * FROM seen {which} ORDER BY stamp DESC LIMIT :most)
            ORDER BY id, person, field""",  # noqa: S608
            {"article": article, "most": most},
        ).fetchall()

    def forget_marks(self) -> None:
        """Have all marks sent again."""
        self._db.execute("DELETE FROM sent")


_TO_SEND = """SELECT f.path, f.size, f.mtime, f.id, f.digest FROM file f
    LEFT JOIN article a ON a.id = f.id
    WHERE f.id <> '' AND (a.id IS NULL OR (f.digest <> a.digest AND f.digest IS NOT a.kept))
        AND f.path = (SELECT min(path) FROM file g WHERE g.id = f.id)"""


@contextmanager
def open_records(folder: Path, paths: Paths) -> Iterator[Records]:
    """Open the records of a library, created if there are none. Raises CollectingError."""
    file = archive_file(folder, paths)
    try:
        paths.state.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            sqlite.create(file, RECORDS)
        connection = sqlite.connect(file)
        try:
            sqlite.migrate(connection, RECORDS)
        except BaseException:
            connection.close()
            raise
        with Records(connection) as records:
            yield records
    except (sqlite3.Error, OSError) as error:
        raise CollectingError(f"What is known of your archive, {file}, fails: {error}.") from error


def shared_here(paths: Paths) -> list[tuple[str, str]]:
    """Return the folders on this machine that share an archive, with its address."""
    found = []
    for file in sorted(paths.state.glob("*.share.db")):
        with (
            suppress(sqlite3.Error),
            closing(sqlite.connect_read_only(file, RECORDS)) as connection,
        ):
            records = Records(connection)
            if address := records.get("address"):
                found.append((records.get("folder"), address))
    return found


def edge_here(records: Records) -> int:
    """Return the sort key from which on all of an archive is here, 0 if all is."""
    return int(records.get("edge", "0"))


def window_edge(folder: Path, paths: Paths) -> int:
    """Return what `edge_here` does for a library, 0 for one that shares no archive.

    It needs no extra, and raises CollectingError.
    """
    if not archive_file(folder, paths).exists():
        return 0
    with open_records(folder, paths) as records:
        return edge_here(records)


def others_highlights(
    folder: Path, paths: Paths, article: ArticleId | None = None, most: int = -1
) -> dict[ArticleId, list[Highlight]]:
    """Return the highlights that colleagues share, of an article or of all: cleaned, and bounded.

    None where the library shares no archive; `most` is as in `seen`. It needs no extra, and raises
    CollectingError.
    """
    found: dict[ArticleId, list[Highlight]] = {}
    if not archive_file(folder, paths).exists():
        return found
    with open_records(folder, paths) as records:
        rows = records.seen(article, most)
    for (identity, person), some in groupby(rows, key=itemgetter(0, 1)):
        name = clean_line(person, NAME_LIMIT)
        for one in from_fields(row[2:] for row in some)[-EACH_LIMIT:]:
            # Whatever id a colleague gives it, it is none of one's own.
            found.setdefault(identity, []).append(one._replace(id=f"{name} {one.id}", by=name))
    return found

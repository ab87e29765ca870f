"""`AccountRecords`: what is known of accounts, their feeds and entries, in one SQLite file.

It is beside the ledger, one for each library. A first contact brings back whatever is lost with
it, so a damaged file is set aside and made anew.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from rilo_reader.accounts.service import EntryId, ServerFeed
from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.paths import Paths, library_name
from rilo_reader.store import sqlite
from rilo_reader.store.sqlite import FileKind, is_damage, put_many, set_aside, transaction

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE account(
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            cursor TEXT NOT NULL DEFAULT '',
            last_try INTEGER,
            last_success INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            failure TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            retry_at INTEGER
        )""",
        """CREATE TABLE feed(
            account INTEGER NOT NULL,
            id TEXT NOT NULL,
            url TEXT NOT NULL,
            title TEXT NOT NULL,
            categories TEXT NOT NULL,
            site TEXT NOT NULL,
            PRIMARY KEY (account, id)
        ) WITHOUT ROWID""",
        """CREATE TABLE entry(
            account INTEGER NOT NULL,
            id TEXT NOT NULL,
            article TEXT NOT NULL,
            feed TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            digest BLOB NOT NULL,
            read INTEGER NOT NULL,
            starred INTEGER NOT NULL,
            PRIMARY KEY (account, id)
        ) WITHOUT ROWID""",
    ),
    ("ALTER TABLE feed ADD COLUMN problem TEXT NOT NULL DEFAULT ''",),
    (
        # With which marks something was agreed was not known before, so nothing is.
        "ALTER TABLE account ADD COLUMN agreement INTEGER NOT NULL DEFAULT 0",
        "UPDATE account SET cursor = ''",
        "UPDATE entry SET read = 0, starred = 0",
    ),
    (
        # The marks keep what was agreed, see `AccountRecords.before`: 0, 1, or 2 for being sent.
        """CREATE TABLE agreed_before(
            account INTEGER NOT NULL,
            article TEXT NOT NULL,
            read INTEGER NOT NULL,
            starred INTEGER NOT NULL,
            PRIMARY KEY (account, article)
        ) WITHOUT ROWID""",
        """INSERT INTO agreed_before SELECT account, article,
                CASE max(read) WHEN 2 THEN 2 ELSE min(read) END,
                CASE max(starred) WHEN 2 THEN 2 ELSE min(starred) END
            FROM entry WHERE read <> 0 OR starred <> 0 GROUP BY account, article""",
        """CREATE TABLE new_entry(
            account INTEGER NOT NULL,
            id TEXT NOT NULL,
            article TEXT NOT NULL,
            feed TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (account, id)
        ) WITHOUT ROWID""",
        """INSERT INTO new_entry
            SELECT account, id, article, feed, fingerprint, digest FROM entry""",
        "DROP TABLE entry",
        "ALTER TABLE new_entry RENAME TO entry",
        "CREATE INDEX entry_of_article ON entry(account, article)",
    ),
)
"""Statements from each schema version to the next; the number of the last one is the newest."""

RECORDS = FileKind("accounts at feed services", 0x72696C73, MIGRATIONS)
"""The file of the records of a library's accounts ("rils")."""

BATCH = 1_000  # entries that are read at a time


class AccountRecord(NamedTuple):
    """What is known of an account."""

    name: str
    last_try: datetime | None = None  # when it was last asked, in UTC
    last_success: datetime | None = None  # when all of it was last in step with the server
    failures: int = 0  # the number of failures in a row
    # the kind of the last failure, see `fetch.values.Failure`; "" after a success
    failure: str = ""
    reason: str = ""  # the reason of the last failure, one sentence
    # when the server wants to be asked again after the failure, or None
    retry_at: datetime | None = None


class EntryRecord(NamedTuple):
    """What is known of an entry of an account."""

    id: EntryId  # the server's id of it
    article: ArticleId
    feed: str  # the server's id of its feed
    fingerprint: str  # see `ServerEntry.fingerprint`
    digest: bytes  # a digest of its content


_ACCOUNT = AccountRecord._fields
_ENTRY = "id, article, feed, fingerprint, digest"
_PUT_ENTRIES = (f"INSERT OR REPLACE INTO entry(account, {_ENTRY})", "")


class AccountRecords:
    """The records of a library's accounts; methods raise sqlite3.Error if the file fails.

    What is written is on disk when a method returns. Not thread-safe.
    """

    def __init__(self, connection: sqlite3.Connection, notice: str = "") -> None:
        """Use an open connection; see `open_records` and `read_records`."""
        self._db = connection
        self.notice = notice  # a sentence for the user if the file was damaged, else ""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- accounts -------------------------------------------------------------------------------

    def account(self, name: str) -> AccountRecord:
        """Return the record of an account; a new one if it is unknown."""
        row = self._db.execute(
            f"SELECT {', '.join(_ACCOUNT)} FROM account WHERE name = ?",  # noqa: S608  # names of ours
            (name,),
        ).fetchone()
        return _account_of_row(row) if row else AccountRecord(name)

    def put_account(self, record: AccountRecord) -> None:
        """Write the record of an account."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in _ACCOUNT[1:])
        self._db.execute(
            f"INSERT INTO account({', '.join(_ACCOUNT)}) "  # noqa: S608  # names of ours
            f"VALUES ({', '.join('?' * len(_ACCOUNT))}) ON CONFLICT DO UPDATE SET {changes}",
            # Rounded down: what was just done is not in the future.
            [int(each.timestamp()) if isinstance(each, datetime) else each for each in record],
        )

    def before(self, name: str) -> tuple[int, str, list[tuple[ArticleId, int, int]]]:
        """Return what earlier versions kept here of what was agreed on; see `drop_before`.

        A number that the marks have too, if it was agreed with these; the cursor; of each article
        whether it was read and starred: 0, 1, or 2 for a mark that was being sent.
        """
        number = self._number(name)
        found = self._db.execute(
            "SELECT agreement, cursor FROM account WHERE number = ?", (number,)
        ).fetchone()
        rows = self._db.execute(
            "SELECT article, read, starred FROM agreed_before WHERE account = ?", (number,)
        )
        agreement, cursor = found or (0, "")
        return agreement, cursor, rows.fetchall()

    def drop_before(self, name: str) -> None:
        """Forget what earlier versions kept, once the marks have it."""
        with transaction(self._db):
            number = self._number(name)
            self._db.execute(
                "UPDATE account SET agreement = 0, cursor = '' WHERE number = ?", (number,)
            )
            self._db.execute("DELETE FROM agreed_before WHERE account = ?", (number,))

    def start_anew(self, name: str) -> None:
        """Forget the entries of an account, as if it was never synced."""
        self._db.execute("DELETE FROM entry WHERE account = ?", (self._number(name),))

    def remove_account(self, name: str) -> None:
        """Forget all of an account."""
        with transaction(self._db):
            number = self._number(name)
            for table in ("entry", "feed", "agreed_before"):
                self._db.execute(f"DELETE FROM {table} WHERE account = ?", (number,))  # noqa: S608
            self._db.execute("DELETE FROM account WHERE number = ?", (number,))

    def _number(self, name: str) -> int:
        """Return the number of an account, 0 if it is unknown."""
        row = self._db.execute("SELECT number FROM account WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _new_number(self, name: str) -> int:
        """Return the number of an account, which is added if it is unknown."""
        self._db.execute("INSERT OR IGNORE INTO account(name) VALUES (?)", (name,))
        return self._number(name)

    # -- feeds ----------------------------------------------------------------------------------

    def feeds(self, account: str) -> list[ServerFeed]:
        """Return the feeds of an account, by title."""
        rows = self._db.execute(
            "SELECT id, url, title, categories, site, problem FROM feed WHERE account = ? "
            "ORDER BY title COLLATE NOCASE, id",
            (self._number(account),),
        )
        return [
            ServerFeed(id_, url, title, tuple(json.loads(categories)), *rest)
            for id_, url, title, categories, *rest in rows.fetchall()
        ]

    def put_feeds(self, account: str, feeds: Iterable[ServerFeed]) -> None:
        """Replace the feeds of an account; entries of those that have left are forgotten."""
        with transaction(self._db):
            number = self._new_number(account)
            self._db.execute("DELETE FROM feed WHERE account = ?", (number,))
            put_many(self._db, _PUT_FEEDS, [_feed_row(number, feed) for feed in feeds])
            self._db.execute(
                "DELETE FROM entry WHERE account = ? "
                "AND feed NOT IN (SELECT id FROM feed WHERE account = ?)",
                (number, number),
            )

    def put_feed(self, account: str, feed: ServerFeed) -> None:
        """Add a feed to an account, or replace the one with its id."""
        with transaction(self._db):
            put_many(self._db, _PUT_FEEDS, [_feed_row(self._new_number(account), feed)])

    def remove_feed(self, account: str, feed: str) -> None:
        """Forget a feed, by its id; `put_feeds` forgets its entries."""
        row = (self._number(account), feed)
        self._db.execute("DELETE FROM feed WHERE account = ? AND id = ?", row)

    # -- entries --------------------------------------------------------------------------------

    def ids(self, account: str) -> frozenset[EntryId]:
        """Return the server's ids of all known entries."""
        rows = self._db.execute("SELECT id FROM entry WHERE account = ?", (self._number(account),))
        return frozenset(id_ for (id_,) in rows)

    def articles(self, account: str) -> Iterator[dict[ArticleId, list[EntryId]]]:
        """Yield all articles with their entries in batches, ordered by article."""
        number, last = self._number(account), ""
        while rows := self._db.execute(
            "SELECT article, group_concat(id) FROM entry WHERE account = ? AND article > ? "
            "GROUP BY article ORDER BY article LIMIT ?",
            (number, last, BATCH),
        ).fetchall():
            yield {article: ids.split(",") for article, ids in rows}
            last = rows[-1][0]

    def mapped(self, account: str, articles: Iterable[ArticleId]) -> list[ArticleId]:
        """Return those of some articles that have an entry."""
        rows = self._db.execute(
            "SELECT DISTINCT article FROM entry WHERE account = ? "
            "AND article IN (SELECT value FROM json_each(?))",
            (self._number(account), json.dumps(list(articles))),
        )
        return [article for (article,) in rows]

    def left_behind(self, account: str, feeds: Iterable[ServerFeed]) -> list[ArticleId]:
        """Return the articles of entries of other feeds, which `put_feeds` forgets."""
        rows = self._db.execute(
            "SELECT DISTINCT article FROM entry WHERE account = ? "
            "AND feed NOT IN (SELECT value FROM json_each(?))",
            (self._number(account), json.dumps([each.id for each in feeds])),
        )
        return [article for (article,) in rows]

    def newest(self, account: str, number: int) -> list[EntryRecord]:
        """Return the known entries with the greatest ids."""
        # Ids are decimal numbers of up to 20 digits, more than SQLite's integers have.
        return self._entries(
            "account = ? ORDER BY length(id) DESC, id DESC LIMIT ?", (self._number(account), number)
        )

    def entries(self, account: str, ids: Iterable[EntryId]) -> dict[EntryId, EntryRecord]:
        """Return those of some entries that are known."""
        found = self._entries(
            "account = ? AND id IN (SELECT value FROM json_each(?))",
            (self._number(account), json.dumps(list(ids))),
        )
        return {record.id: record for record in found}

    def _entries(self, where: str, values: Sequence[object]) -> list[EntryRecord]:
        rows = self._db.execute(f"SELECT {_ENTRY} FROM entry WHERE {where}", values)  # noqa: S608  # text of ours
        return [EntryRecord(*row) for row in rows.fetchall()]

    def put_entries(self, account: str, records: Iterable[EntryRecord]) -> None:
        """Add entries, or replace those with their ids, in one transaction."""
        with transaction(self._db):
            number = self._new_number(account)
            put_many(self._db, _PUT_ENTRIES, [(number, *record) for record in records])

    def forget(self, account: str, ids: Collection[EntryId]) -> None:
        """Forget entries that the server has forgotten; their articles stay."""
        if ids:
            self._db.execute(
                "DELETE FROM entry WHERE account = ? AND id IN (SELECT value FROM json_each(?))",
                (self._number(account), json.dumps(list(ids))),
            )


_PUT_FEEDS = ("INSERT OR REPLACE INTO feed(account, id, url, title, categories, site, problem)", "")


def _feed_row(account: int, feed: ServerFeed) -> tuple[object, ...]:
    categories = json.dumps(feed.categories, ensure_ascii=False)
    return account, feed.id, feed.url, feed.title, categories, feed.site, feed.problem


def _account_of_row(row: Sequence[Any]) -> AccountRecord:
    values = dict(zip(_ACCOUNT, row, strict=True))
    for name in ("last_try", "last_success", "retry_at"):
        seconds = values[name]
        values[name] = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return AccountRecord(**values)


# -- files ----------------------------------------------------------------------------------------


def records_file(folder: Path, paths: Paths) -> Path:
    """Return the path of the records of a library's accounts."""
    return paths.state / f"{library_name(folder.expanduser().resolve())}.accounts.db"


def open_records(file: Path) -> AccountRecords:
    """Open the records, created if necessary; a damaged file is set aside and made anew.

    Raises CollectingError if they cannot be opened, or are of a newer version.
    """
    try:
        try:
            return AccountRecords(_connected(file))
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            aside = set_aside(file)
            notice = (
                "What was known of your accounts at feed services was damaged; the next sync asks "
                f"for all of it again. The damaged file is {aside}."
            )
            return AccountRecords(_connected(file), notice)
    except (sqlite3.Error, OSError) as error:
        raise CollectingError(f"Accounts cannot be saved in {file}: {error}.") from error


def read_records(file: Path) -> AccountRecords | None:
    """Open the records only to read them; None if there are none. Raises CollectingError."""
    if not file.exists():
        return None
    try:
        try:
            return AccountRecords(sqlite.connect_read_only(file, RECORDS))
        except sqlite.VersionError:
            # An older one is migrated first.
            _connected(file).close()
            return AccountRecords(sqlite.connect_read_only(file, RECORDS))
    except sqlite3.Error as error:
        raise CollectingError(f"Accounts cannot be read from {file}: {error}.") from error


def _connected(file: Path) -> sqlite3.Connection:
    """Open a file that has been checked, at most a second for a hundred thousand entries."""
    if not file.exists():
        sqlite.create(file, RECORDS)
    connection = sqlite.connect(file)
    try:
        _check(file, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(file: Path, connection: sqlite3.Connection) -> None:
    fault = sqlite.quick_fault(file, RECORDS, connection)
    if not fault:
        sqlite.migrate(connection, RECORDS)
        fault = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if fault != "ok":
        error = sqlite3.DatabaseError(fault)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

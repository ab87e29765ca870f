"""`AccountRecords`: records of accounts, their feeds and entries, in one SQLite file.

It is beside the ledger, one for each library. A first contact brings back what is lost with it, so
a damaged file is set aside and rebuilt.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.service import EntryId, ServerFeed
from rilo_reader.store import sqlite
from rilo_reader.store.sqlite import (
    DamagedError,
    FileKind,
    is_damage,
    put_many,
    rename_damaged,
    transaction,
)

RECORDS = FileKind(
    contents="accounts at feed services",
    application_id=0x72696C73,  # "rils"
    version=4,
    schema=(
        """CREATE TABLE account(
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
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
            problem TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (account, id)
        ) WITHOUT ROWID""",
        """CREATE TABLE entry(
            account INTEGER NOT NULL,
            id TEXT NOT NULL,
            article TEXT NOT NULL,
            feed TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (account, id)
        ) WITHOUT ROWID""",
        "CREATE INDEX entry_of_article ON entry(account, article)",
    ),
)
"""The file of the records of a library's accounts."""

BATCH = 1_000  # entries that are read at a time


class AccountRecord(NamedTuple):
    """The record of an account."""

    name: str
    last_try: datetime | None = None  # when it was last asked, in UTC
    last_success: datetime | None = None  # when all of it was last in step with the server
    failures: int = 0  # the number of failures in a row
    # the kind of the last failure, see `fetch.messages.Failure`; "" after a success
    failure: str = ""
    reason: str = ""  # the reason of the last failure, one sentence
    # when the server wants to be asked again after the failure, or None
    retry_at: datetime | None = None


class EntryRecord(NamedTuple):
    """The record of an entry of an account."""

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

    Data is on disk when a method returns. Not thread-safe.
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

    def read_account(self, name: str) -> AccountRecord:
        """Return the record of an account; a new one if it is unknown."""
        row = self._db.execute(
            f"SELECT {', '.join(_ACCOUNT)} FROM account WHERE name = ?",  # noqa: S608  # names of ours
            (name,),
        ).fetchone()
        return _make_account(row) if row else AccountRecord(name)

    def write_account(self, record: AccountRecord) -> None:
        """Write the record of an account."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in _ACCOUNT[1:])
        self._db.execute(
            f"INSERT INTO account({', '.join(_ACCOUNT)}) "  # noqa: S608  # names of ours
            f"VALUES ({', '.join('?' * len(_ACCOUNT))}) ON CONFLICT DO UPDATE SET {changes}",
            # Rounded down: what was just done is not in the future.
            [int(each.timestamp()) if isinstance(each, datetime) else each for each in record],
        )

    def reset_account(self, name: str) -> None:
        """Forget the entries of an account, as if it was never synced."""
        self._db.execute("DELETE FROM entry WHERE account = ?", (self._account_number(name),))

    def remove_account(self, name: str) -> None:
        """Forget all of an account."""
        with transaction(self._db):
            number = self._account_number(name)
            for table in ("entry", "feed"):
                self._db.execute(f"DELETE FROM {table} WHERE account = ?", (number,))  # noqa: S608
            self._db.execute("DELETE FROM account WHERE number = ?", (number,))

    def _account_number(self, name: str) -> int:
        """Return the number of an account, 0 if it is unknown."""
        row = self._db.execute("SELECT number FROM account WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _add_account(self, name: str) -> int:
        """Return the number of an account, which is added if it is unknown."""
        self._db.execute("INSERT OR IGNORE INTO account(name) VALUES (?)", (name,))
        return self._account_number(name)

    # -- feeds ----------------------------------------------------------------------------------

    def list_feeds(self, account: str) -> list[ServerFeed]:
        """Return the feeds of an account, by title."""
        rows = self._db.execute(
            "SELECT id, url, title, categories, site, problem FROM feed WHERE account = ? "
            "ORDER BY title COLLATE NOCASE, id",
            (self._account_number(account),),
        )
        return [
            ServerFeed(id_, url, title, tuple(json.loads(categories)), *rest)
            for id_, url, title, categories, *rest in rows.fetchall()
        ]

    def write_feeds(self, account: str, feeds: Iterable[ServerFeed]) -> None:
        """Replace the feeds of an account; entries of those that have left are forgotten."""
        with transaction(self._db):
            number = self._add_account(account)
            self._db.execute("DELETE FROM feed WHERE account = ?", (number,))
            put_many(self._db, _PUT_FEEDS, [_feed_row(number, feed) for feed in feeds])
            self._db.execute(
                "DELETE FROM entry WHERE account = ? "
                "AND feed NOT IN (SELECT id FROM feed WHERE account = ?)",
                (number, number),
            )

    def write_feed(self, account: str, feed: ServerFeed) -> None:
        """Add a feed to an account, or replace the one with its id."""
        with transaction(self._db):
            put_many(self._db, _PUT_FEEDS, [_feed_row(self._add_account(account), feed)])

    def remove_feed(self, account: str, feed: str) -> None:
        """Forget a feed, by its id; `write_feeds` forgets its entries."""
        row = (self._account_number(account), feed)
        self._db.execute("DELETE FROM feed WHERE account = ? AND id = ?", row)

    # -- entries --------------------------------------------------------------------------------

    def entry_ids(self, account: str) -> frozenset[EntryId]:
        """Return the server's ids of all known entries."""
        rows = self._db.execute(
            "SELECT id FROM entry WHERE account = ?", (self._account_number(account),)
        )
        return frozenset(id_ for (id_,) in rows)

    def iter_articles(self, account: str) -> Iterator[dict[ArticleId, list[EntryId]]]:
        """Yield all articles with their entries in batches, ordered by article."""
        number, last = self._account_number(account), ""
        while rows := self._db.execute(
            "SELECT article, group_concat(id) FROM entry WHERE account = ? AND article > ? "
            "GROUP BY article ORDER BY article LIMIT ?",
            (number, last, BATCH),
        ).fetchall():
            yield {article: ids.split(",") for article, ids in rows}
            last = rows[-1][0]

    def articles_with_entry(self, account: str, articles: Iterable[ArticleId]) -> list[ArticleId]:
        """Return those of some articles that have an entry."""
        rows = self._db.execute(
            "SELECT DISTINCT article FROM entry WHERE account = ? "
            "AND article IN (SELECT value FROM json_each(?))",
            (self._account_number(account), json.dumps(list(articles))),
        )
        return [article for (article,) in rows]

    def articles_of_other_feeds(self, account: str, feeds: Iterable[ServerFeed]) -> list[ArticleId]:
        """Return the articles of entries of other feeds, which `write_feeds` forgets."""
        rows = self._db.execute(
            "SELECT DISTINCT article FROM entry WHERE account = ? "
            "AND feed NOT IN (SELECT value FROM json_each(?))",
            (self._account_number(account), json.dumps([each.id for each in feeds])),
        )
        return [article for (article,) in rows]

    def newest_entries(self, account: str, number: int) -> list[EntryRecord]:
        """Return the known entries with the greatest ids."""
        # Ids are decimal numbers of up to 20 digits, more than SQLite's integers have.
        return self._select_entries(
            "account = ? ORDER BY length(id) DESC, id DESC LIMIT ?",
            (self._account_number(account), number),
        )

    def read_entries(self, account: str, ids: Iterable[EntryId]) -> dict[EntryId, EntryRecord]:
        """Return the records of entries; those without one are missing."""
        found = self._select_entries(
            "account = ? AND id IN (SELECT value FROM json_each(?))",
            (self._account_number(account), json.dumps(list(ids))),
        )
        return {record.id: record for record in found}

    def _select_entries(self, condition: str, values: Sequence[object]) -> list[EntryRecord]:
        rows = self._db.execute(f"SELECT {_ENTRY} FROM entry WHERE {condition}", values)  # noqa: S608  # text of ours
        return [EntryRecord(*row) for row in rows.fetchall()]

    def write_entries(self, account: str, records: Iterable[EntryRecord]) -> None:
        """Add entries, or replace those with their ids, in one transaction."""
        with transaction(self._db):
            number = self._add_account(account)
            put_many(self._db, _PUT_ENTRIES, [(number, *record) for record in records])

    def delete_entries(self, account: str, ids: Collection[EntryId]) -> None:
        """Forget entries that the server has forgotten; their articles stay."""
        if ids:
            self._db.execute(
                "DELETE FROM entry WHERE account = ? AND id IN (SELECT value FROM json_each(?))",
                (self._account_number(account), json.dumps(list(ids))),
            )


_PUT_FEEDS = ("INSERT OR REPLACE INTO feed(account, id, url, title, categories, site, problem)", "")


def _feed_row(account: int, feed: ServerFeed) -> tuple[object, ...]:
    categories = json.dumps(feed.categories, ensure_ascii=False)
    return account, feed.id, feed.url, feed.title, categories, feed.site, feed.problem


def _make_account(row: Sequence[Any]) -> AccountRecord:
    values = dict(zip(_ACCOUNT, row, strict=True))
    for name in ("last_try", "last_success", "retry_at"):
        seconds = values[name]
        values[name] = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return AccountRecord(**values)


# -- files ----------------------------------------------------------------------------------------


def records_file(folder: Path, paths: Paths) -> Path:
    """Return the path of the records of a library's accounts."""
    return paths.state_file(folder, ".accounts")


def open_records(file: Path) -> AccountRecords:
    """Open the records, created if necessary; one that is damaged or unreleased is rebuilt.

    Raises CollectingError if they cannot be opened, or are of a newer version.
    """
    try:
        try:
            return AccountRecords(_open_connection(file))
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            aside = rename_damaged(file)
            notice = (
                f"The record of your accounts cannot be used ({error}); the next sync fetches all "
                f"of it again. The file is now {aside}."
            )
            return AccountRecords(_open_connection(file), notice)
    except (sqlite3.Error, OSError) as error:
        raise CollectingError(f"Accounts cannot be saved in {file}: {error}.") from error


def read_records(file: Path) -> AccountRecords | None:
    """Open the records only to read them; None if there are none. Raises CollectingError."""
    if not file.exists():
        return None
    try:
        return AccountRecords(sqlite.connect_read_only(file, RECORDS))
    except sqlite3.Error as error:
        raise CollectingError(f"Accounts cannot be read from {file}: {error}.") from error


def _open_connection(file: Path) -> sqlite3.Connection:
    """Open a file that has been checked, at most a second for a hundred thousand entries."""
    if not file.exists():
        sqlite.create_file(file, RECORDS)
    connection = sqlite.connect(file)
    try:
        _check_file(file, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_file(file: Path, connection: sqlite3.Connection) -> None:
    fault = sqlite.quick_fault(file, RECORDS, connection)
    if 0 < sqlite.read_version(connection) < RECORDS.version:
        fault = "it was written by an unreleased rilo-reader"
    if not fault:
        sqlite.migrate(connection, RECORDS)
        fault = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if fault != "ok":
        raise DamagedError(fault)

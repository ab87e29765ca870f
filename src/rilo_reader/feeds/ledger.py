"""The ledger: records of feeds, and of collected articles with their keys, in SQLite.

It is durable, and rebuilt from the articles' files if it is lost (`collection.rebuild_ledger`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import Self

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.errors import CollectingError, CollectionBusyError
from rilo_reader.feeds.identity import KeyPart, Keys, feed_key, host_of, make_entry_keys
from rilo_reader.feeds.ledger_records import (
    ArticleRecord,
    FeedRecord,
    article_of_row,
    feed_of_row,
    to_sqlite,
    to_time,
)
from rilo_reader.paths import Paths
from rilo_reader.store import sqlite
from rilo_reader.store.sqlite import FileKind, put_many, transaction

_FEED = ", ".join(FeedRecord._fields)
_ARTICLE = ", ".join(ArticleRecord._fields)
_FEEDS = f"SELECT {_FEED} FROM feed"  # noqa: S608  # names of ours
_ARTICLES = f"SELECT {_ARTICLE} FROM article"  # noqa: S608  # names of ours


def _make_upsert(table: str, fields: Sequence[str]) -> tuple[str, str]:
    """Return a statement for `put_many`; the number of a row that exists stays."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in fields if name != "number")
    return f"INSERT INTO {table}({', '.join(fields)})", f"ON CONFLICT DO UPDATE SET {changes}"


_PUT_FEED = _make_upsert("feed", FeedRecord._fields)
_PUT_ARTICLES = _make_upsert("article", ArticleRecord._fields)

_PUBLIC_HOST = "CREATE TABLE public_host(host TEXT PRIMARY KEY) WITHOUT ROWID"
_WRITING = "CREATE TABLE writing(since INTEGER NOT NULL)"
# New articles to which the user's rules have yet to be applied.
_ARRIVED = "CREATE TABLE arrived(id TEXT PRIMARY KEY) WITHOUT ROWID"
# Saved pages and texts that were imported, by a digest of their bytes.
_PAGE = "CREATE TABLE page(digest BLOB PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID"

LEDGER = FileKind(
    contents="collected articles",
    application_id=0x72696C63,  # "rilc"
    version=6,
    schema=(
        """CREATE TABLE feed(
            number INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            site TEXT NOT NULL DEFAULT '',
            etag TEXT NOT NULL DEFAULT '',
            last_modified TEXT NOT NULL DEFAULT '',
            asked_as TEXT NOT NULL DEFAULT '',
            fresh_until INTEGER,
            ttl INTEGER NOT NULL DEFAULT 0,
            skip_hours TEXT NOT NULL DEFAULT '',
            skip_days TEXT NOT NULL DEFAULT '',
            last_try INTEGER,
            last_success INTEGER,
            last_new INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            failure TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            retry_at INTEGER,
            moved_to TEXT NOT NULL DEFAULT '',
            dead TEXT NOT NULL DEFAULT '',
            public_only INTEGER NOT NULL DEFAULT 0
        )""",
        """CREATE TABLE article(
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            feed INTEGER NOT NULL,
            path TEXT NOT NULL,
            seen INTEGER NOT NULL,
            content_hash BLOB NOT NULL,
            file BLOB NOT NULL,
            body BLOB NOT NULL,
            done INTEGER NOT NULL
        )""",
        "CREATE INDEX article_feed ON article(feed)",
        """CREATE TABLE key(
            feed INTEGER NOT NULL,
            value INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            article INTEGER NOT NULL,
            PRIMARY KEY (feed, value, kind, article)
        ) WITHOUT ROWID""",
        "CREATE INDEX key_of ON key(article)",
        "CREATE INDEX key_anywhere ON key(value) WHERE kind = 1",
        "CREATE TABLE notice(text TEXT NOT NULL)",
        _PUBLIC_HOST,
        _WRITING,
        _ARRIVED,
        _PAGE,
    ),
    steps={
        1: (  # of 0.1.0, which recorded a move by `moved_to` alone, and put articles before files
            "ALTER TABLE feed ADD COLUMN public_only INTEGER NOT NULL DEFAULT 0",
            "UPDATE feed SET public_only = 1 WHERE moved_to != ''",
            "ALTER TABLE article RENAME COLUMN said TO content_hash",
            "CREATE INDEX IF NOT EXISTS key_of ON key(article)",
            _PUBLIC_HOST,
            _WRITING,
            "INSERT INTO writing SELECT 0 FROM article WHERE NOT done LIMIT 1",
            _ARRIVED,
            _PAGE,
        ),
        5: (_PAGE,),  # of main in the week after: a new file would forget what was deleted
    },
)


class Ledger:
    """The ledger of a library (`open_ledger`), for one thread; methods raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._unfollowed_cache: tuple[Collection[str], list[int]] | None = None

    def transaction(self) -> AbstractContextManager[None]:
        """A transaction that is on disk when it ends, or rolled back."""
        return transaction(self._connection)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- feeds ----------------------------------------------------------------------------------

    def read_feed(self, url: str) -> FeedRecord:
        """Return the record of a feed by its address; a new one if it is unknown."""
        row = self._execute(f"{_FEEDS} WHERE key = ?", (feed_key(url),)).fetchone()
        return feed_of_row(row) if row else FeedRecord(feed_key(url))

    def list_feeds(self) -> Sequence[FeedRecord]:
        """Return all feeds that were ever updated."""
        return [feed_of_row(row) for row in self._execute(_FEEDS).fetchall()]

    def put_feed(self, record: FeedRecord) -> FeedRecord:
        """Write a record; return it with its number."""
        values = (record.key, record.number or None, *map(to_sqlite, record[2:]))
        put_many(self._connection, _PUT_FEED, [values])
        found = self._execute("SELECT number FROM feed WHERE key = ?", (record.key,))
        return record._replace(number=int(found.fetchone()[0]))

    def rename_feed(self, record: FeedRecord, key: str) -> None:
        """Change the key of a feed, merging a feed that has that key."""
        self._unfollowed_cache = None
        other = self._execute("SELECT number FROM feed WHERE key = ?", (key,)).fetchone()
        if other and other[0] != record.number:
            self._execute("UPDATE article SET feed = ? WHERE feed = ?", (record.number, other[0]))
            keys = "UPDATE OR REPLACE key SET feed = ? WHERE feed = ?"
            self._execute(keys, (record.number, other[0]))
            self._execute("DELETE FROM feed WHERE number = ?", (other[0],))
        # That another host is public-only was not decided by the user, so it is kept.
        public_only = record.public_only or host_of(record.key) != host_of(key)
        self._execute(
            "UPDATE feed SET key = ?, moved_to = '', public_only = ? WHERE number = ?",
            (key, public_only, record.number),
        )

    def public_hosts(self) -> set[str]:
        """Return the hosts that were on the public internet, and must stay there."""
        return {row[0] for row in self._execute("SELECT host FROM public_host")}

    def put_public_hosts(self, hosts: Iterable[str]) -> None:
        """Add hosts that were on the public internet."""
        rows = [(host,) for host in hosts]
        self._connection.executemany("INSERT OR IGNORE INTO public_host VALUES (?)", rows)

    def free_source(
        self,
        name: str,
        url: str,
        followed_keys: Collection[str] | None = None,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Return a source that no other feed has: the feed's name, else with its host.

        Considers feeds with the keys `followed_keys` (None: all), and `names`, the case-folded
        sources that feeds are about to get: source -> key of the feed.
        """
        key = feed_key(url)

        def is_free(candidate: str) -> bool:
            if names.get(candidate.casefold(), key) != key:
                return False
            query = "SELECT key FROM feed WHERE source = ? COLLATE NOCASE AND key != ?"
            others = self._execute(query, (candidate, key)).fetchall()
            return not any(followed_keys is None or row[0] in followed_keys for row in others)

        host = key.partition("/")[0]
        preferred = (name, f"{name} ({host})", f"{name} ({key})") if name else (host, key)
        numbered = (f"{name or host} {number}" for number in count(2))
        return next(filter(is_free, chain(preferred, numbered)))

    # -- articles -------------------------------------------------------------------------------

    def articles_by_shared_key(
        self, feed: int, keys: Iterable[Keys]
    ) -> dict[tuple[KeyPart, int], set[int]]:
        """Return the articles of a feed that share a key with entries, by that key."""
        wanted = {pair for entry_keys in keys for pair in entry_keys.items()}
        rows = self._execute(
            "SELECT kind, value, article FROM key "
            "WHERE feed = ? AND value IN (SELECT value FROM json_each(?))",
            (feed, json.dumps([value for _, value in wanted])),
        )
        found: dict[tuple[KeyPart, int], set[int]] = {}
        for kind, value, article in rows:
            if (kind, value) in wanted:
                found.setdefault((KeyPart(kind), value), set()).add(article)
        return found

    def find_guids_in_others(
        self, feed: int, guids: Iterable[int]
    ) -> list[tuple[int, int, int, str | None]]:
        """Return articles of other feeds with these guids: guid, feed, article, feed's key."""
        rows = self._execute(
            "SELECT k.value, k.feed, k.article, f.key FROM key k "
            "LEFT JOIN feed f ON f.number = k.feed "
            "WHERE k.kind = 1 AND k.feed != ? AND k.value IN (SELECT value FROM json_each(?))",
            (feed, json.dumps(list(guids))),
        )
        return rows.fetchall()

    def list_unfollowed(self, followed_keys: Collection[str]) -> list[int]:
        """Return the numbers of feeds that are not followed; looked up once for the same keys."""
        if self._unfollowed_cache is None or self._unfollowed_cache[0] is not followed_keys:
            rows = self._execute("SELECT number, key FROM feed").fetchall()
            numbers = [number for number, key in rows if key not in followed_keys]
            self._unfollowed_cache = followed_keys, numbers
        return self._unfollowed_cache[1]

    def find_by_keys(
        self, feed: int, kind: KeyPart, values: Iterable[int]
    ) -> Sequence[tuple[int, int]]:
        """Return the articles of a feed with keys of a kind, as pairs of value and article."""
        rows = self._execute(
            "SELECT value, article FROM key "
            "WHERE feed = ? AND value IN (SELECT value FROM json_each(?)) AND kind = ?",
            (feed, json.dumps(list(values)), int(kind)),
        )
        return rows.fetchall()

    def read_key_kinds(self, articles: Collection[int]) -> dict[int, set[int]]:
        """Return the kinds of keys that articles have."""
        found: dict[int, set[int]] = {article: set() for article in articles}
        if found:
            rows = self._execute(
                "SELECT article, kind FROM key WHERE article IN (SELECT value FROM json_each(?))",
                (json.dumps(list(found)),),
            )
            for article, kind in rows:
                found[article].add(kind)
        return found

    def read_article(self, number: int) -> ArticleRecord:
        """Return an article by its number."""
        return article_of_row(self._execute(f"{_ARTICLES} WHERE number = ?", (number,)).fetchone())

    def find_article(self, article: ArticleId) -> ArticleRecord | None:
        """Return an article by its identity, or None."""
        row = self._execute(f"{_ARTICLES} WHERE id = ?", (article,)).fetchone()
        return article_of_row(row) if row else None

    def find_by_link(self, url: str, *, has_feed: bool = True) -> ArticleRecord | None:
        """Return the newest article of any feed with a link, or of those without one, or None."""
        value = make_entry_keys(Entry("", url)).get(KeyPart.LINK)
        query = (
            # CROSS keeps the order: else all keys are searched for the greatest article.
            "SELECT max(k.article) FROM feed f CROSS JOIN key k "
            "ON k.feed = f.number AND k.value = ? AND k.kind = ? WHERE (f.key != '') = ?"
        )
        [number] = self._execute(query, (value, int(KeyPart.LINK), has_feed)).fetchone()
        return None if number is None else self.read_article(number)

    def list_articles(self, feed: int) -> Sequence[ArticleRecord]:
        """Return all articles of a feed, by number."""
        rows = self._execute(f"{_ARTICLES} WHERE feed = ? ORDER BY number", (feed,))
        return [article_of_row(row) for row in rows.fetchall()]

    def numbers_by_id(self, identities: Iterable[ArticleId]) -> dict[ArticleId, int]:
        """Return the numbers of articles with these identities; free ones are missing."""
        query = "SELECT id, number FROM article WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._execute(query, (json.dumps(list(identities)),)).fetchall())

    def has_articles(self, feed: int) -> bool:
        """Return whether the files of any articles of a feed were written and recorded."""
        query = "SELECT 1 FROM article WHERE feed = ? AND done LIMIT 1"
        return self._execute(query, (feed,)).fetchone() is not None

    def put_articles(self, records: Sequence[ArticleRecord]) -> list[int]:
        """Write records of articles, each once; return their numbers."""
        if not records:
            return []
        known = self.numbers_by_id(record.id for record in records if not record.number)
        query = "SELECT coalesce(max(number), 0) + 1 FROM article"
        free = count(self._execute(query).fetchone()[0])
        numbers = [record.number or known.get(record.id) or next(free) for record in records]
        rows = [
            (record.id, number, record.feed, record.path, to_sqlite(record.seen), *record[5:])
            for record, number in zip(records, numbers, strict=True)
        ]
        put_many(self._connection, _PUT_ARTICLES, rows)
        return numbers

    def put_keys(self, feed: int, keys: Sequence[tuple[int, Keys]]) -> None:
        """Add keys of articles of a feed, by number; those of the text replace older ones."""
        if not keys:
            return
        self._execute(
            "DELETE FROM key WHERE kind IN (5, 6) AND article IN (SELECT value FROM json_each(?))",
            (json.dumps([number for number, its in keys if KeyPart.CONTENT in its]),),
        )
        rows = [
            (feed, value, int(kind), number) for number, its in keys for kind, value in its.items()
        ]
        into = "INSERT OR IGNORE INTO key(feed, value, kind, article)"
        put_many(self._connection, (into, ""), rows)

    def put_done(self, paths: Iterable[str], *, done: bool) -> None:
        """Record whether the files at paths are written; if not, their entries are new again."""
        query = "UPDATE article SET done = ?, content_hash = x'' "
        query += "WHERE path IN (SELECT value FROM json_each(?))"
        self._execute(query, (done, json.dumps(list(paths))))

    def move_article(self, number: int, old: int, new: int) -> None:
        """Move an article and its keys to another feed."""
        self._execute("UPDATE article SET feed = ? WHERE number = ?", (new, number))
        keys = "UPDATE OR REPLACE key SET feed = ? WHERE feed = ? AND article = ?"
        self._execute(keys, (new, old, number))

    def delete_articles(self, articles: Iterable[int]) -> None:
        """Delete articles, by number, and their keys."""
        numbers = json.dumps(list(articles))
        for table, column in (("key", "article"), ("article", "number")):
            query = f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))"  # noqa: S608  # names of ours
            self._execute(query, (numbers,))

    # -- writing --------------------------------------------------------------------------------

    def read_writing_since(self) -> datetime | None:
        """Return since when articles are written that are not recorded yet, None if all are."""
        return to_time(self._execute("SELECT min(since) FROM writing").fetchone()[0])

    def put_writing_since(self, since: datetime | None) -> None:
        """Record since when articles are written; None: all articles are recorded."""
        self._execute("DELETE FROM writing")
        if since is not None:
            self._execute("INSERT INTO writing VALUES (?)", (to_sqlite(since),))

    # -- arrivals -------------------------------------------------------------------------------

    def list_awaiting_rules(self) -> Mapping[ArticleId, str]:
        """Return the new articles to which no rule was applied yet, in order, with their paths."""
        query = "SELECT id, path FROM arrived JOIN article USING (id) ORDER BY id"
        return dict(self._execute(query).fetchall())

    def put_arrived(self, articles: Iterable[ArticleId]) -> None:
        """Record new articles to which the user's rules have yet to be applied."""
        rows = [(article,) for article in articles]
        self._connection.executemany("INSERT OR IGNORE INTO arrived VALUES (?)", rows)

    def clear_arrived(self) -> None:
        """Record that the rules were applied to all that arrived."""
        self._execute("DELETE FROM arrived")

    # -- saved pages ----------------------------------------------------------------------------

    def has_page(self, digest: bytes) -> bool:
        """Return whether a page with this digest of its bytes was imported."""
        query = "SELECT 1 FROM page JOIN article USING (id) WHERE digest = ? AND done"
        return self._execute(query, (digest,)).fetchone() is not None

    def find_text(self, digest: bytes) -> ArticleId | None:
        """Return the article that an imported text with this digest became, maybe gone."""
        row = self._execute("SELECT id FROM page WHERE digest = ?", (digest,)).fetchone()
        return ArticleId(row[0]) if row else None

    def put_pages(self, pages: Mapping[bytes, ArticleId]) -> None:
        """Record the articles of imported pages or texts, by the digests of their bytes."""
        self._connection.executemany("INSERT OR REPLACE INTO page VALUES (?, ?)", pages.items())

    # -- notices --------------------------------------------------------------------------------

    def add_notice(self, notice: str) -> None:
        """Add a sentence to show to the user later."""
        self._execute("INSERT INTO notice VALUES (?)", (notice,))

    def take_notices(self) -> list[str]:
        """Return and delete the notices."""
        return [row[0] for row in self._execute("DELETE FROM notice RETURNING text").fetchall()]


def ledger_file(folder: Path, paths: Paths) -> Path:
    """Return the path of a library's ledger."""
    return paths.state_file(folder, ".collected")


def open_ledger(file: Path) -> Ledger:
    """Open a ledger, created if necessary; every commit is durable. Raises sqlite3.Error."""
    if not file.exists():
        sqlite.create_file(file, LEDGER)
    connection = sqlite.connect(file)
    try:
        sqlite.migrate(connection, LEDGER)
    except BaseException:
        connection.close()
        raise
    return Ledger(connection)


def _open_to_read(file: Path) -> Ledger:
    """Open a ledger read-only; an older one is migrated first."""
    try:
        return Ledger(sqlite.connect_read_only(file, LEDGER))
    except sqlite.VersionError:
        open_ledger(file).close()
        return Ledger(sqlite.connect_read_only(file, LEDGER))


@contextmanager
def ledger_to_read(folder: Path, paths: Paths) -> Iterator[Ledger | None]:
    """Open the ledger of a library read-only; None if there is none. Raises CollectingError."""
    file = ledger_file(folder, paths)
    try:
        with _open_to_read(file) if file.exists() else nullcontext() as ledger:
            yield ledger
    except sqlite3.Error as error:
        reason = f"The record of collected articles, {file}, cannot be read: {error}."
        raise CollectingError(reason) from error


@contextmanager
def hold_collection_lock(file: Path) -> Iterator[None]:
    """Hold the collection lock of a library, which is released when the process ends.

    Raises CollectionBusyError if another process holds it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(sqlite.hold_lock(file, 0))
        except sqlite3.OperationalError as error:
            if sqlite.result_code(error) != sqlite3.SQLITE_BUSY:
                raise
            raise CollectionBusyError(
                "Another refresh or import is running in this library; wait until it is done."
            ) from error
        yield

"""What was collected, in an SQLite file of its own: feeds with their marks, articles by their keys.

It is durable, and made again from the articles' files when it is lost (`rebuilding.py`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Self

from rilo_reader.article import ArticleId
from rilo_reader.feeds.identity import Keys, Kind, feed_key, host_of
from rilo_reader.feeds.ledger_file import connect, connect_to_read, put_many, transaction

# What a ledger knows of a feed and of an article, and these as rows of its file.


class FeedRecord(NamedTuple):
    """What is known of one feed.

    Attributes:
        key: what it is known by, see `identity.feed_key`.
        number: in the ledger, 0 where it is not there yet.
        source: the name that its articles bear; no two feeds have one name.
        title: what it calls itself.
        site: its web page.
        etag: to ask with next time.
        last_modified: to ask with next time.
        asked_as: what of the subscription shaped the last answer (limit, full text); where that
            is another now, the marks above do not count.
        fresh_until: when its server asks to be asked again.
        ttl: minutes that the feed asks to be left alone.
        skip_hours: see `entry.Feed`.
        skip_days: see `entry.Feed`.
        last_try: when it was last asked.
        last_success: when it last answered with something to read, or said that nothing changed.
        last_new: when a new article last came.
        failures: how many tries in a row failed.
        failure: the kind of the last failure, "" after a success.
        reason: of the last failure, one sentence.
        retry_at: when its server wants to be asked again after a failure.
        moved_to: where it has moved by itself, until its subscription says so.
        public_only: whether somebody else than the user named its host (a page, a list, a server
            that moved it there): it must be on the public net.
        dead: why it is not asked any more, "" while it is.
    """

    key: str
    number: int = 0
    source: str = ""
    title: str = ""
    site: str = ""
    etag: str = ""
    last_modified: str = ""
    asked_as: str = ""
    fresh_until: datetime | None = None
    ttl: int = 0
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    last_try: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    failures: int = 0
    failure: str = ""
    reason: str = ""
    retry_at: datetime | None = None
    moved_to: str = ""
    public_only: bool = False
    dead: str = ""


class ArticleRecord(NamedTuple):
    """What is known of one collected article.

    Attributes:
        id: its identity.
        number: in the ledger, 0 where it is not there yet.
        feed: its feed's number.
        path: its file when it was last written, relative to the library.
        seen: when it was first seen.
        said: a digest of its entry when it was last looked at.
        file: a digest of the file's text as we wrote it; empty where that is not known.
        body: a digest of the body as we wrote it; empty where that is not known.
        done: whether its file was written; False while that is only meant.
    """

    id: ArticleId
    number: int = 0
    feed: int = 0
    path: str = ""
    seen: datetime = datetime.fromtimestamp(0, UTC)
    said: bytes = b""
    file: bytes = b""
    body: bytes = b""
    done: bool = False


class Finished(NamedTuple):
    """What is kept of an article once its file is as it should be; its fields as above."""

    id: ArticleId
    said: bytes
    file: bytes
    body: bytes


_TIMES = ("fresh_until", "last_try", "last_success", "last_new", "retry_at")
_SETS = ("skip_hours", "skip_days")


def stored(value: object) -> object:
    """A value of a record as the file has it."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1_000_000)
    if isinstance(value, frozenset):
        return " ".join(str(number) for number in sorted(value))
    return value


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else datetime.fromtimestamp(stored / 1_000_000, UTC)


def feed_of(row: Sequence[object]) -> FeedRecord:
    """The record of a row, its columns in the order of the fields."""
    values: dict[str, object] = dict(zip(FeedRecord._fields, row, strict=True))
    for name in _TIMES:
        values[name] = _moment(values[name])  # type: ignore[arg-type]
    values["public_only"] = bool(values["public_only"])
    for name in _SETS:
        values[name] = frozenset(int(number) for number in str(values[name]).split())
    return FeedRecord(**values)  # type: ignore[arg-type]


def article_of_row(row: Sequence[object]) -> ArticleRecord:
    """The record of a row, its columns in the order of the fields."""
    record = ArticleRecord(*row)  # type: ignore[arg-type]
    return record._replace(seen=_moment(row[4]), done=bool(record.done))  # type: ignore[arg-type]


# What was collected, in an SQLite file of its own: feeds with their marks, articles by their
# keys.


_FEED = ", ".join(FeedRecord._fields)
_ARTICLE = ", ".join(ArticleRecord._fields)
_PUT_ARTICLES = (
    f"INSERT INTO article({_ARTICLE})",
    "ON CONFLICT DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in ArticleRecord._fields[2:]),
)

_FINISHED = "said = now.column2, file = now.column3, body = now.column4, done = 1"
_FINISH = (
    f"UPDATE article SET {_FINISHED} FROM (",  # noqa: S608  # names of ours
    ") AS now WHERE article.id = now.column1",
)


class Ledger:
    """The ledger of one library; its methods raise sqlite3.Error where the file fails.

    Not for several threads at one time.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Over a file that is open already; see `open_ledger`."""
        self._on = connection

    def transaction(self) -> AbstractContextManager[None]:
        """All that is done inside, or nothing of it; on the disk when it ends."""
        return transaction(self._on)

    def close(self) -> None:
        """Let the file go."""
        self._on.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- feeds ----------------------------------------------------------------------------------

    def feed(self, url: str) -> FeedRecord:
        """What is known of a feed by its address; a new record where nothing is."""
        key = feed_key(url)
        row = self._on.execute(f"SELECT {_FEED} FROM feed WHERE key = ?", (key,)).fetchone()  # noqa: S608  # names of ours
        return feed_of(row) if row else FeedRecord(key)

    def feeds(self) -> Iterator[FeedRecord]:
        """Every feed that was ever asked."""
        for row in self._on.execute(f"SELECT {_FEED} FROM feed").fetchall():  # noqa: S608  # names of ours
            yield feed_of(row)

    def put_feed(self, record: FeedRecord) -> FeedRecord:
        """Keep what is known of a feed; returns it with its number."""
        values = {name: stored(value) for name, value in record._asdict().items()}
        values["number"] = record.number or None
        names = [f":{name}" for name in FeedRecord._fields]
        changes = [f"{name} = excluded.{name}" for name in FeedRecord._fields if name != "number"]
        self._on.execute(
            f"INSERT INTO feed({_FEED}) VALUES ({', '.join(names)}) "  # noqa: S608  # names of ours
            f"ON CONFLICT DO UPDATE SET {', '.join(changes)}",
            values,
        )
        found = self._on.execute("SELECT number FROM feed WHERE key = ?", (record.key,))
        return record._replace(number=int(found.fetchone()[0]))

    def rename_feed(self, record: FeedRecord, key: str) -> None:
        """Know a feed by another key; what another feed was known for under that key is its too."""
        other = self._on.execute("SELECT number FROM feed WHERE key = ?", (key,)).fetchone()
        if other and other[0] != record.number:
            self._on.execute(
                "UPDATE article SET feed = ? WHERE feed = ?", (record.number, other[0])
            )
            self._on.execute(
                "UPDATE OR REPLACE key SET feed = ? WHERE feed = ?", (record.number, other[0])
            )
            self._on.execute("DELETE FROM feed WHERE number = ?", (other[0],))
        # A server's word for another host is nothing that the user typed: that stays known.
        public_only = record.public_only or host_of(record.key) != host_of(key)
        self._on.execute(
            "UPDATE feed SET key = ?, moved_to = '', public_only = ? WHERE number = ?",
            (key, public_only, record.number),
        )

    def public_hosts(self) -> set[str]:
        """The names of hosts that led to the public net once, and must go on leading there."""
        return {row[0] for row in self._on.execute("SELECT host FROM public_host")}

    def put_public_hosts(self, hosts: Iterable[str]) -> None:
        """Remember hosts that led to the public net."""
        self._on.executemany(
            "INSERT OR IGNORE INTO public_host VALUES (?)", [(host,) for host in hosts]
        )

    def free_source(
        self,
        name: str,
        url: str,
        followed: Collection[str] | None = None,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """A name for the articles of a feed that no other feed has: its own, else with its host.

        Args:
            name: how it should be called, "" for its host.
            url: its address.
            followed: the keys of the feeds that count; None for all that were ever asked.
            names: sources, folded, that feeds are about to get: name -> the feed's key.
        """
        key = feed_key(url)

        def is_free(candidate: str) -> bool:
            if names.get(candidate.casefold(), key) != key:
                return False
            rows = self._on.execute(
                "SELECT key FROM feed WHERE source = ? COLLATE NOCASE AND key != ?",
                (candidate, key),
            )
            return not any(followed is None or row[0] in followed for row in rows.fetchall())

        host = key.partition("/")[0]
        several = (name, f"{name} ({host})", f"{name} ({key})") if name else (host, key)
        numbered = (f"{name or host} {number}" for number in count(2))
        return next(filter(is_free, chain(several, numbered)))

    # -- articles -------------------------------------------------------------------------------

    def known(
        self, feed: int, keys: Iterable[Keys], followed: Collection[str] | None = None
    ) -> Mapping[tuple[Kind, int], Collection[int]]:
        """The articles that entries may be: those of the feed that share a key with one.

        Also those of feeds that nobody follows any more, where a guid and one more key are equal:
        then a feed has another address, and its articles are the same.

        Args:
            feed: its number, 0 for one that is not known yet.
            keys: of each entry.
            followed: the keys of all feeds that are followed; None where that is not asked.
        """
        keys = list(keys)
        found: dict[tuple[Kind, int], set[int]] = {}
        if feed:
            wanted = {(kind, value) for one in keys for kind, value in one.items()}
            rows = self._on.execute(
                "SELECT kind, value, article FROM key "
                "WHERE feed = ? AND value IN (SELECT value FROM json_each(?))",
                (feed, json.dumps([value for _, value in wanted])),
            )
            for number, value, article in rows:
                if (number, value) in wanted:
                    found.setdefault((Kind(number), value), set()).add(article)
        if followed is not None:
            self._find_left(found, feed, keys, followed)
        return found

    def _find_left(
        self,
        found: dict[tuple[Kind, int], set[int]],
        feed: int,
        keys: Sequence[Keys],
        followed: Collection[str],
    ) -> None:
        """Add the articles of feeds that nobody follows any more."""
        unknown: dict[int, list[Keys]] = {}
        for one in keys:
            if Kind.GUID in one and (Kind.GUID, one[Kind.GUID]) not in found:
                unknown.setdefault(one[Kind.GUID], []).append(one)
        others = self._on.execute(
            "SELECT k.value, k.feed, k.article, f.key FROM key k "
            "LEFT JOIN feed f ON f.number = k.feed "
            "WHERE k.kind = 1 AND k.feed != ? AND k.value IN (SELECT value FROM json_each(?))",
            (feed, json.dumps(list(unknown))),
        )
        for guid, other, article, key in others.fetchall():
            for one in unknown[guid] if key not in followed else ():
                shared = [k for k in one if article in self._with_key(other, k, one[k])]
                for kind in shared if len(shared) > 1 else ():
                    found.setdefault((kind, one[kind]), set()).add(article)

    def _with_key(self, feed: int, kind: Kind, value: int) -> list[int]:
        rows = self._on.execute(
            "SELECT article FROM key WHERE feed = ? AND value = ? AND kind = ?",
            (feed, value, int(kind)),
        )
        return [row[0] for row in rows]

    def article(self, number: int) -> ArticleRecord:
        """An article by its number in the ledger."""
        row = self._on.execute(
            f"SELECT {_ARTICLE} FROM article WHERE number = ?",  # noqa: S608  # names of ours
            (number,),
        ).fetchone()
        return article_of_row(row)

    def find(self, article: ArticleId) -> ArticleRecord | None:
        """An article by its identity, None where it was never collected."""
        row = self._on.execute(
            f"SELECT {_ARTICLE} FROM article WHERE id = ?",  # noqa: S608  # names of ours
            (article,),
        ).fetchone()
        return article_of_row(row) if row else None

    def articles(self, feed: int) -> Sequence[ArticleRecord]:
        """Every article of a feed, by its number."""
        rows = self._on.execute(
            f"SELECT {_ARTICLE} FROM article WHERE feed = ? ORDER BY number",  # noqa: S608  # names of ours
            (feed,),
        )
        return [article_of_row(row) for row in rows.fetchall()]

    def meant_paths(self) -> Sequence[str]:
        """The paths of articles whose writing was meant, and perhaps not done."""
        return [row[0] for row in self._on.execute("SELECT path FROM article WHERE NOT done")]

    def taken(self, identities: Iterable[ArticleId]) -> dict[ArticleId, int]:
        """Those of some identities that belong to articles, with their numbers."""
        rows = self._on.execute(
            "SELECT id, number FROM article WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(identities)),),
        )
        return dict(rows.fetchall())

    def put_articles(self, records: Sequence[ArticleRecord]) -> list[int]:
        """Keep what is known of articles; returns their numbers."""
        known = self.taken(record.id for record in records if not record.number)
        free = count(
            self._on.execute("SELECT coalesce(max(number), 0) FROM article").fetchone()[0] + 1
        )
        numbers = []
        for record in records:
            number = record.number or known.get(record.id) or next(free)
            known[record.id] = number
            numbers.append(number)
        rows = [
            (id_, number, feed, path, stored(seen), said, file, body, done)
            for (id_, _, feed, path, seen, said, file, body, done), number in zip(
                records, numbers, strict=True
            )
        ]
        put_many(self._on, _PUT_ARTICLES, rows)
        return numbers

    def put_article(self, record: ArticleRecord) -> int:
        """Keep what is known of an article; returns its number."""
        return self.put_articles([record])[0]

    def put_keys(self, keys: Sequence[tuple[int, int, Keys]]) -> None:
        """Know articles by more keys; of their text only as it is now.

        Args:
            keys: the number of the feed, that of the article, and its keys.
        """
        self._on.execute(
            "DELETE FROM key WHERE kind IN (5, 6) AND article IN (SELECT value FROM json_each(?))",
            (json.dumps([number for _, number, _ in keys]),),
        )
        rows = [
            (feed, value, int(kind), number)
            for feed, number, one in keys
            for kind, value in one.items()
        ]
        put_many(self._on, ("INSERT OR IGNORE INTO key(feed, value, kind, article)", ""), rows)

    def finish(self, articles: Sequence[Finished]) -> None:
        """Keep of articles that are known that they are done, and what their files say."""
        put_many(self._on, _FINISH, articles)

    def move_article(self, number: int, old: int, new: int) -> None:
        """Give an article, with its keys, from one feed to another."""
        self._on.execute("UPDATE article SET feed = ? WHERE number = ?", (new, number))
        self._on.execute(
            "UPDATE OR REPLACE key SET feed = ? WHERE feed = ? AND article = ?", (new, old, number)
        )

    # -- notices --------------------------------------------------------------------------------

    def tell(self, notice: str) -> None:
        """Keep a sentence for the user until it is taken."""
        self._on.execute("INSERT INTO notice VALUES (?)", (notice,))

    def take_notices(self) -> list[str]:
        """The sentences that were kept, each given once."""
        rows = self._on.execute("DELETE FROM notice RETURNING text").fetchall()
        return [row[0] for row in rows]


def open_ledger(file: Path) -> Ledger:
    """Open a ledger, made where there is none.

    Raises:
        sqlite3.Error: it is damaged or cannot be opened.
    """
    return Ledger(connect(file))


def read_ledger(file: Path) -> Ledger | None:
    """Open a ledger to look at, None where there is none.

    Raises:
        sqlite3.Error: it is damaged or cannot be opened.
    """
    connection = connect_to_read(file)
    return Ledger(connection) if connection is not None else None

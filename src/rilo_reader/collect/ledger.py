"""What was collected, in an SQLite file of its own: feeds with their marks, articles by their keys.

It is durable, and made again from the articles' files when it is lost (`rebuilding.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import Self

from rilo_reader.article import ArticleId
from rilo_reader.collect.identity import Keys, Kind, feed_key
from rilo_reader.collect.ledger_file import connect, connect_to_read, transaction
from rilo_reader.collect.ledger_records import (
    ArticleRecord,
    FeedRecord,
    article_of_row,
    feed_of,
    stored,
)

_FEED = ", ".join(FeedRecord._fields)
_ARTICLE = ", ".join(ArticleRecord._fields)


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
        # An address on another host is nothing that the user typed: that stays known.
        same_host = record.key.partition("/")[0] == key.partition("/")[0]
        moved_to = "" if same_host else record.moved_to
        self._on.execute(
            "UPDATE feed SET key = ?, moved_to = ? WHERE number = ?",
            (key, moved_to, record.number),
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
        found: dict[tuple[Kind, int], set[int]] = {}
        for one in keys:
            for number, kind in self._sharing(one, feed, followed):
                found.setdefault((kind, one[kind]), set()).add(number)
        return found

    def _sharing(
        self, keys: Keys, feed: int, followed: Collection[str] | None
    ) -> Iterator[tuple[int, Kind]]:
        own = [(n, kind) for kind in keys for n in self._with_key(feed, kind, keys[kind])]
        yield from own
        if followed is None or Kind.GUID not in keys or any(kind is Kind.GUID for _, kind in own):
            return
        others = self._on.execute(
            "SELECT k.feed, k.article, f.key FROM key k LEFT JOIN feed f ON f.number = k.feed "
            "WHERE k.value = ? AND k.kind = 1 AND k.feed != ?",
            (keys[Kind.GUID], feed),
        ).fetchall()
        for other, article, key in others:
            shared = [k for k in keys if article in self._with_key(other, k, keys[k])]
            if key not in followed and len(shared) > 1:
                yield from ((article, kind) for kind in shared)

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

    def put_article(self, record: ArticleRecord) -> int:
        """Keep what is known of an article; returns its number."""
        values = {name: stored(value) for name, value in record._asdict().items()}
        values["number"] = record.number or None
        names = [f":{name}" for name in ArticleRecord._fields]
        changes = [f"{name} = excluded.{name}" for name in ArticleRecord._fields[2:]]
        row = self._on.execute(
            f"INSERT INTO article({_ARTICLE}) VALUES ({', '.join(names)}) "  # noqa: S608  # names of ours
            f"ON CONFLICT DO UPDATE SET {', '.join(changes)} RETURNING number",
            values,
        ).fetchone()
        return int(row[0])

    def put_keys(self, feed: int, number: int, keys: Keys) -> None:
        """Know an article by more keys; of its text only as it is now."""
        self._on.execute(
            "DELETE FROM key WHERE article = ? AND kind IN (?, ?)",
            (number, int(Kind.CONTENT), int(Kind.WHOLE)),
        )
        self._on.executemany(
            "INSERT OR IGNORE INTO key(feed, value, kind, article) VALUES (?, ?, ?, ?)",
            [(feed, value, int(kind), number) for kind, value in keys.items()],
        )

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

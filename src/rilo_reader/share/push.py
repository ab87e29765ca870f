"""Send to the archive what is new or changed here, in transactions of some articles each.

    with a transaction:
        take LOG_LOCK                       numbers become visible in their order
        newest versions there               the same: agreed; later than what was read: next time
        insert into log; words              once: whoever is killed here finds it there
    records.put_agreed

What was changed there meanwhile is not replaced: it is pulled first.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.feeds.article_text import digest, is_ours
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.index.schema import hash64, order_of_article
from rilo_reader.share.connection import ShareError, translated
from rilo_reader.share.files import read_noted
from rilo_reader.share.portable import Portable
from rilo_reader.share.records import Agreed, Exchanged, KnownFile, Records
from rilo_reader.share.schema import LOG_LOCK
from rilo_reader.share.words import add_words

TOGETHER = 500
BYTES_TOGETHER = 8_000_000

_NEWEST = """select distinct on (l.id) l.id, l.seq, l.at, l.deleted,
        (extract(epoch from l.added) * 1000000)::bigint, sha256(convert_to(l.text, 'UTF8')),
        exists (select from log o where o.id = l.id and o.writer = session_user)
    from log l where l.id = any(%s) order by l.id, l.seq desc"""
_ADD = """insert into log(id, at, source, lang, edited, text)
    select * from unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bool[], %s::text[])
    returning seq, id, (extract(epoch from added) * 1000000)::bigint"""
_DELETE = """insert into log(id, at, source, lang, deleted, text)
    select id, at, source, lang, true, '' from log where id = %s order by seq desc limit 1"""


class Newest(NamedTuple):
    """The newest version of an article in the archive."""

    id: ArticleId
    seq: int
    at: int  # its sort key
    deleted: bool
    added: int
    digest: bytes  # SHA-256 of its text
    is_own: bool  # whether this member wrote a version of it

    def is_text(self, one: Portable) -> bool:
        """Whether it is the same text."""
        return self.digest == sha256(one.text.encode()).digest()


def newest(connection: Connection, articles: Sequence[ArticleId]) -> dict[ArticleId, Newest]:
    """Return the newest versions of those articles that the archive has. Raises psycopg.Error."""
    rows = connection.execute(_NEWEST, [articles]).fetchall()
    return {row[0]: Newest(*row) for row in rows}


class Pusher:
    """Sends the articles of one library."""

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        records: Records,
        ledger: Ledger | None,
        done: Exchanged,
    ) -> None:
        """What it does is counted in `done`."""
        self._connection = connection
        self._folder = folder
        self._records = records
        self._ledger = ledger
        self._done = done

    def push(self) -> None:
        """Send what waits, all that was looked at. Raises psycopg.Error, CollectingError."""
        while files := self._records.to_send(TOGETHER):
            ready: list[tuple[KnownFile, Portable]] = []
            size, gone = 0, []
            for file in files:
                one = read_noted(self._folder, file)
                if one is None:
                    gone.append(file.entry.path)  # it is looked at again
                    continue
                ready.append((file, one))
                size += len(one.text)
                if size >= BYTES_TOGETHER:
                    break
            with self._records.transaction():
                self._records.forget_files(gone)
            if ready:
                self._send(ready)

    def _send(self, ready: Sequence[tuple[KnownFile, Portable]]) -> None:
        """Send some articles in one transaction, and note what is agreed on then."""
        agreed = self._records.agreed(file.id for file, _ in ready)
        last = self._records.number("last")
        notes: list[Agreed] = []
        refused = 0
        with self._connection.transaction():
            self._connection.execute(LOG_LOCK)
            known = newest(self._connection, [file.id for file, _ in ready])
            adding: list[tuple[Portable, bool]] = []
            for file, one in ready:
                there, before = known.get(file.id), agreed.get(file.id)
                edited = self._is_edited(file, before)
                is_known = there is not None and before is not None and there.seq == before.seq
                if there and there.is_text(one):
                    notes.append(Agreed(file.id, one.digest, there.added, edited, seq=there.seq))
                elif there and (there.deleted or (there.seq > last and not is_known)):
                    # What came meanwhile is pulled first; what was deleted is not sent again.
                    note = before or Agreed(file.id, b"", 0, edited)
                    notes.append(note._replace(kept=one.digest))
                    refused += 1
                else:
                    adding.append((one, edited))
            if adding:
                numbers = self._add(adding)
                words = [(numbers[one.article.id][0], one.article) for one, _ in adding]
                add_words(self._connection, words)
                for one, edited in adding:
                    seq, added = numbers[one.article.id]
                    notes.append(Agreed(one.article.id, one.digest, added, edited, seq=seq))
        self._done.sent += len(adding)
        self._done.kept += refused
        with self._records.transaction():
            self._records.put_agreed(notes)
            if adding:
                self._records.put_top(*max(numbers.values()))

    def _add(self, adding: Sequence[tuple[Portable, bool]]) -> dict[ArticleId, tuple[int, int]]:
        """Add versions to the log; return number and time of each."""
        articles = [one.article for one, _ in adding]
        columns = [
            [article.id for article in articles],
            [order_of_article(article, hash64(article.id)) for article in articles],
            [article.source[:500] for article in articles],
            [article.lang[:50] for article in articles],
            [edited for _, edited in adding],
            [one.text for one, _ in adding],
        ]
        rows = self._connection.execute(_ADD, columns).fetchall()
        return {ArticleId(article): (seq, added) for seq, article, added in rows}

    def _is_edited(self, file: KnownFile, before: Agreed | None) -> bool:
        """Whether a text is not as it was collected, but as somebody made it."""
        if before is not None and before.edited:
            return True
        record = self._ledger.find(file.id) if self._ledger is not None else None
        if record is None or not record.file:
            return False
        current = text_of_file(self._folder, file.entry.path)
        return current is not None and not is_ours(digest(current), record.file)


def delete(connection: Connection, article: ArticleId) -> None:
    """Delete an article in the archive, for all. Raises ShareError: it is another's, or gone."""
    with translated(), connection.transaction():
        connection.execute(LOG_LOCK)
        there = newest(connection, [article]).get(article)
        if there is None or there.deleted:
            raise ShareError("The archive has no such article.")
        connection.execute(_DELETE, [article])

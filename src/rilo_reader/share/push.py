"""Send to the archive what is new or changed here, in transactions of some articles each.

    with a transaction:
        texts and words into new_*          tables of this connection, however long the line takes
        take LOG_LOCK                       numbers become visible in their order
        newest versions there               the same: agreed; later than what was read: next time
        insert into log, words from new_*   once: whoever is killed here finds it there
    records.put_agreed

What was changed there meanwhile is not replaced: it is pulled first. Nothing large travels while
the lock is held: a desk whose line stalls would keep all others from writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.article_text import digest, is_ours
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.index.schema import hash64, order_of_article
from rilo_reader.share.connection import ShareError, translated
from rilo_reader.share.files import read
from rilo_reader.share.portable import Portable
from rilo_reader.share.records import Agreed, KnownFile, Records
from rilo_reader.share.schema import LOG_LOCK
from rilo_reader.share.words import add_words, send_words

TOGETHER = 500
BYTES_TOGETHER = 8_000_000

_NEW = """create temp table if not exists new_log(id text, at bigint, source text, lang text,
    edited boolean, text text) on commit delete rows"""
_SEND = """insert into new_log select *
    from unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bool[], %s::text[])"""
_NEWEST = """select n.id, l.seq, l.deleted, (extract(epoch from l.added) * 1000000)::bigint,
        l.text = n.text
    from new_log n cross join lateral (
        select * from log where id = n.id order by seq desc limit 1) l"""
_DROP = "delete from new_log where id = any(%s)"
_ADD = """insert into log(id, at, source, lang, edited, text) select * from new_log
    returning seq, id, (extract(epoch from added) * 1000000)::bigint"""
_IS_DELETED = "select deleted from log where id = %s order by seq desc limit 1"
_DELETE = """insert into log(id, at, source, lang, deleted, text)
    select id, at, source, lang, true, '' from log where id = %s order by seq desc limit 1"""


class _Newest(NamedTuple):
    """The newest version of an article in the archive."""

    id: ArticleId
    seq: int
    deleted: bool
    added: int
    is_same: bool


@dataclass(slots=True)
class Pushed:
    """What was sent."""

    sent: int = 0
    refused: int = 0  # what the archive has otherwise by now, or has deleted


class Pusher:
    """Sends the articles of one library."""

    def __init__(
        self, connection: Connection, folder: Path, records: Records, ledger: Ledger | None
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._records = records
        self._ledger = ledger

    def push(self) -> Pushed:
        """Send what waits, all that was looked at. Raises ShareError, CollectingError."""
        done = Pushed()
        while files := self._records.to_send(TOGETHER):
            ready: list[tuple[KnownFile, Portable]] = []
            size = 0
            gone = []
            for file in files:
                try:
                    one = read(self._folder, file.entry.path)
                except NotReadableError:
                    gone.append(file.entry.path)
                    continue
                if (one.article.id, one.digest) != (file.id, file.digest):
                    gone.append(file.entry.path)  # changed since; it is looked at again
                    continue
                ready.append((file, one))
                size += len(one.text)
                if size >= BYTES_TOGETHER:
                    break
            with self._records.transaction():
                self._records.forget_files(gone)
            if ready:
                self._send(ready, done)
        return done

    def _send(self, ready: Sequence[tuple[KnownFile, Portable]], done: Pushed) -> None:
        """Send some articles in one transaction, and note what is agreed on then."""
        agreed = self._records.agreed(file.id for file, _ in ready)
        edited = {file.id: self._is_edited(file, agreed.get(file.id)) for file, _ in ready}
        last = int(self._records.get("last", "0"))
        notes: list[Agreed] = []
        adding: list[Portable] = []
        with translated(), self._connection.transaction():
            self._upload([one for _, one in ready], edited)
            self._connection.execute(LOG_LOCK)
            newest = {row[0]: _Newest(*row) for row in self._connection.execute(_NEWEST)}
            for file, one in ready:
                there, before = newest.get(file.id), agreed.get(file.id)
                is_known = there is not None and before is not None and there.seq == before.seq
                if there and there.is_same and not there.deleted:
                    notes.append(
                        Agreed(file.id, one.digest, there.added, edited[file.id], seq=there.seq)
                    )
                elif there and (there.deleted or (there.seq > last and not is_known)):
                    # What came meanwhile is pulled first; what was deleted is not sent again.
                    known = before or Agreed(file.id, b"", 0, edited[file.id])
                    notes.append(known._replace(kept=one.digest))
                    done.refused += 1
                else:
                    adding.append(one)
            if notes:
                self._connection.execute(_DROP, [[note.id for note in notes]])
            if adding:
                rows = self._connection.execute(_ADD).fetchall()
                add_words(self._connection, min(seq for seq, _, _ in rows))
                added = {ArticleId(article): (seq, at) for seq, article, at in rows}
                for one in adding:
                    article = one.article.id
                    seq, at = added[article]
                    notes.append(Agreed(article, one.digest, at, edited[article], seq=seq))
        done.sent += len(adding)
        with self._records.transaction():
            self._records.put_agreed(notes)
            if adding:
                self._records.put_top(*max(added.values()))

    def _upload(self, new: Sequence[Portable], edited: Mapping[ArticleId, bool]) -> None:
        """Bring articles and their words to the server, where nobody else sees them."""
        articles = [one.article for one in new]
        columns = [
            [article.id for article in articles],
            [order_of_article(article, hash64(article.id)) for article in articles],
            [article.source[:500] for article in articles],
            [article.lang[:50] for article in articles],
            [edited[article.id] for article in articles],
            [one.text for one in new],
        ]
        self._connection.execute(_NEW)
        self._connection.execute(_SEND, columns)
        send_words(self._connection, articles)

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
        row = connection.execute(_IS_DELETED, [article]).fetchone()
        if row is None or row[0]:
            raise ShareError("The archive has no such article.")
        connection.execute(_DELETE, [article])

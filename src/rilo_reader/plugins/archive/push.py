"""Send to the archive what is new or changed here, in transactions of some articles each.

    with a transaction:
        texts and words into new_*          tables of this connection, however long the line takes
        take LOG_LOCK                       numbers become visible in their order
        newest versions there               the same: agreed; later than those read: next time
        insert into log, words from new_*   once: a killed device finds it there
    records.write_agreed

Versions that came meanwhile are not replaced: they are pulled first. Nothing large travels while
the lock is held: a device whose line stalls would keep all others from writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.dialects.sites import Sites
from rilo_reader.feeds.article_text import is_ours, make_digest
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.index.schema import hash64, order_of_article
from rilo_reader.plugins.archive.connection import (
    ShareError,
    convert_errors,
    fetch_rows,
    fetch_value,
)
from rilo_reader.plugins.archive.files import BYTES_TOGETHER, FILES_TOGETHER, read_unchanged
from rilo_reader.plugins.archive.lexemes import ArticleWords, make_article_words
from rilo_reader.plugins.archive.portable import PortableArticle
from rilo_reader.plugins.archive.records import (
    AgreedVersion,
    ArchiveExchangeResult,
    ArchiveRecords,
    KnownFile,
)
from rilo_reader.plugins.archive.schema import LOG_LOCK
from rilo_reader.plugins.archive.words_table import add_words, copy_rows, send_words

_NEWEST = """select distinct on (l.id) l.id, l.seq, l.at, l.deleted,
        (extract(epoch from l.added) * 1000000)::bigint, sha256(convert_to(l.text, 'UTF8')),
        exists (select from log o where o.id = l.id and o.writer = session_user)
    from log l where l.id = any(%s) order by l.id, l.seq desc"""
_NEW = """create temp table if not exists new_log(id text, at bigint, edited boolean,
    text text) on commit delete rows"""
_ADD = """insert into log(id, at, edited, text) select * from new_log
    where id <> all(%s) returning seq, id, (extract(epoch from added) * 1000000)::bigint"""
_UNREAD = "select exists (select from log where seq > %s and seq < %s)"
_DELETE = """insert into log(id, at, deleted, text)
    select id, at, true, '' from log where id = %s order by seq desc limit 1"""


class NewestVersion(NamedTuple):
    """The newest version of an article in the archive."""

    id: ArticleId
    seq: int
    at: int  # its sort key
    deleted: bool
    added: int
    digest: bytes  # SHA-256 of its text
    is_own: bool  # whether this member wrote a version of it

    def is_text(self, one: PortableArticle) -> bool:
        """Return whether it is the same text."""
        return self.digest == sha256(one.text.encode()).digest()


def find_newest(
    connection: Connection, articles: Sequence[ArticleId]
) -> dict[ArticleId, NewestVersion]:
    """Return the newest versions of those articles that the archive has. Raises psycopg.Error."""
    types = (str, int, int, bool, int, bytes, bool)
    rows = fetch_rows(connection, _NEWEST, [articles], types)
    return {row[0]: NewestVersion(*row) for row in rows}


@dataclass(slots=True)
class Pusher:
    """Sends the articles of one library."""

    connection: Connection
    folder: Path
    records: ArchiveRecords
    ledger: Ledger | None
    done: ArchiveExchangeResult  # counts what is done

    def push_read(self, read: Mapping[str, PortableArticle]) -> None:
        """Send the unsent of files that were just read, by path; raises as `push_waiting`."""
        if files := self.records.list_unsent(of=read):
            self._send_articles([(file, read[file.entry.path]) for file in files])

    def push_waiting(self) -> None:
        """Send all unsent files. Raises psycopg.Error, CollectingError."""
        sites = Sites(self.folder)
        while files := self.records.list_unsent(FILES_TOGETHER):
            ready: list[tuple[KnownFile, PortableArticle]] = []
            size, gone = 0, []
            for file in files:
                one = read_unchanged(self.folder, file, sites)
                if one is None:
                    gone.append(file.entry.path)  # it is read again
                    continue
                ready.append((file, one))
                size += len(one.text)
                if size >= BYTES_TOGETHER:
                    break
            with self.records.transaction():
                self.records.forget_files(gone)
            if ready:
                self._send_articles(ready)

    def _send_articles(self, ready: Sequence[tuple[KnownFile, PortableArticle]]) -> None:
        """Send some articles in one transaction, and record their new base."""
        agreed = self.records.agreed_versions(file.id for file, _ in ready)
        edited = {file.id: self._is_edited(file, agreed.get(file.id)) for file, _ in ready}
        last = self.records.read_number("last")
        notes: list[AgreedVersion] = []
        added: list[tuple[int, int]] = []
        refused = 0
        is_all_read = False  # whether all of the log was read here
        words = {file.id: make_article_words(one.article) for file, one in ready}
        with self.connection.transaction():
            self._upload_articles([one for _, one in ready], edited, words)
            self.connection.execute(LOG_LOCK)
            known = find_newest(self.connection, [file.id for file, _ in ready])
            for file, one in ready:
                there, before = known.get(file.id), agreed.get(file.id)
                is_known = there is not None and before is not None and there.seq == before.seq
                note = AgreedVersion(file.id, one.digest, 0, edited[file.id], own=True)
                if there and there.is_text(one):
                    notes.append(note._replace(added=there.added, seq=there.seq))
                elif there and (there.deleted or (there.seq > last and not is_known)):
                    # New versions are pulled first; deleted articles are not sent again.
                    note = before or note._replace(digest=b"")
                    notes.append(note._replace(kept=one.digest))
                    refused += 1
            if len(notes) < len(ready):
                known_ids = [[note.id for note in notes]]
                rows = fetch_rows(self.connection, _ADD, known_ids, (int, str, int))
                add_words(self.connection, [seq for seq, _, _ in rows])
                digests = {file.id: one.digest for file, one in ready}
                for seq, article, at in rows:
                    digest, is_edited = digests[article], edited[article]
                    notes.append(AgreedVersion(article, digest, at, is_edited, None, seq, True))
                    added.append((seq, at))
                unread = last, min(added)[0]
                is_all_read = not fetch_value(self.connection, _UNREAD, unread, bool)
        self.done.sent += len(added)
        self.done.kept += refused
        with self.records.transaction():
            self.records.write_agreed(notes)
            if added:
                self.records.write_top(*max(added))
            if is_all_read:  # so what was sent need not come back
                self.records.write_settings(last=max(added)[0])

    def _upload_articles(
        self,
        new: Sequence[PortableArticle],
        edited: Mapping[ArticleId, bool],
        words: Mapping[ArticleId, ArticleWords],
    ) -> None:
        """Upload articles and their words to tables that nobody else sees."""
        self.connection.execute(_NEW)
        rows = (
            (article, order_of_article(one.article, hash64(article)), is_edited, one.text)
            for (article, is_edited), one in zip(edited.items(), new, strict=True)
        )
        copy_rows(self.connection, "new_log", rows)
        send_words(self.connection, words)

    def _is_edited(self, file: KnownFile, previous: AgreedVersion | None) -> bool:
        """Return whether somebody changed a text after it was collected."""
        if previous is not None and previous.edited:
            return True
        record = self.ledger.find_article(file.id) if self.ledger is not None else None
        if record is None or not record.file:
            return False
        current = text_of_file(self.folder, file.entry.path)
        return current is not None and not is_ours(make_digest(current), record.file)


def delete_article(connection: Connection, article: ArticleId) -> None:
    """Delete an article in the archive, for all. Raises ShareError: it is another's, or gone."""
    with convert_errors(), connection.transaction():
        connection.execute(LOG_LOCK)
        there = find_newest(connection, [article]).get(article)
        if there is None or there.deleted:
            raise ShareError("The archive has no such article.")
        connection.execute(_DELETE, [article])

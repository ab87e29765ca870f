"""Rebuild a lost ledger from the files of collected articles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.article import Article
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import FEED_KEY, GUID_KEY
from rilo_reader.feeds.identity import Kind, keys_of
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.text import clean_text, safe_url

if TYPE_CHECKING:
    from rilo_reader.feeds.ledger import Ledger


_BEGINNING = 16_384
"""Bytes that contain the mark of a collected article; other files are read no further."""


def rebuild(ledger: Ledger, folder: Path) -> int:
    """Add the collected articles of a folder to an empty ledger; return their number.

    The digest of the entry is unknown then, and whether the user has changed the text. At the next
    update, a file that equals its entry counts as unchanged, and any other is kept.
    """
    count = 0
    with ledger.transaction():
        for article, feed, guid, written in _collected(folder):
            if ledger.find(article.id) is not None:
                continue
            record = ledger.feed(feed)
            if not record.number or (feed and not record.source):
                record = ledger.put_feed(record._replace(source=article.source if feed else ""))
            collected = ArticleRecord(
                article.id, feed=record.number, path=article.path, seen=written, done=True
            )
            number = ledger.put_article(collected)
            entry = Entry(key=guid, url=article.url, title=article.title, date=article.date)
            keys = dict(keys_of(entry))
            for kind in (Kind.CONTENT, Kind.WHOLE):
                keys.pop(kind)
            ledger.put_keys([(record.number, number, keys)])
            count += 1
    return count


def _collected(folder: Path) -> Iterator[tuple[Article, str, str, datetime]]:
    """Yield the collected articles: article, feed, guid, and modification time of the file."""
    from rilo_reader.store.encoding import decode
    from rilo_reader.store.fields import to_article
    from rilo_reader.store.folder import file_of, scan
    from rilo_reader.store.front_matter import parse

    for entries in scan(folder, on_skip=lambda path, reason: None):
        for entry in entries:
            data = _if_collected(file_of(folder, entry.path))
            if data is None:
                continue
            document = parse(decode(data)[0])
            feed = safe_url(str(document.metadata.get(FEED_KEY, ""))) or ""
            written = datetime.fromtimestamp(entry.mtime_ns / 1e9, UTC)
            guid = clean_text(str(document.metadata.get(GUID_KEY, "")))
            article = to_article(document, entry.path, written)
            if feed and document.metadata.get("id"):
                yield article, feed, guid, max(article.date, written)


def _if_collected(file: Path) -> bytes | None:
    """Return the bytes of a collected article's file; None for others."""
    mark = f"\n{FEED_KEY} = ".encode()
    try:
        with file.open("rb") as opened:
            beginning = opened.read(_BEGINNING)
            if not beginning.startswith(b"+++") or mark not in beginning:
                return None
            rest = opened.read() if len(beginning) == _BEGINNING else b""
            return beginning + rest if os.fstat(opened.fileno()).st_size < 10_000_000 else None
    except OSError:
        # An unreadable file is not a collected article here; `doctor` reports it.
        return None

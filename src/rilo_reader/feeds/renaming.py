"""Rename the source of a feed's articles, in their files and in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.feeds.merge import digest, is_ours
from rilo_reader.store.write import write_all

if TYPE_CHECKING:
    from rilo_reader.feeds.collection import Collection

BATCH = 200
"""Files that are written together."""


class _Change(NamedTuple):
    """A file with another source, and whether it was as we wrote it."""

    record: ArticleRecord
    text: str
    ours: bool


def rename_source(collection: Collection, url: str, title: str) -> int:
    """Rename the source of a feed's articles; return the number of changed files.

    Only `source` in the front matter changes; a file in which the user has written another source
    is left alone. Saved searches and mutes by the old name are changed, too. After an interruption
    it can be repeated.

    Args:
        collection: the collection of the library.
        url: the address of the feed.
        title: the new name; "" for the title of the feed.

    Raises:
        CollectingError: a file cannot be written; the ledger has the old name then.
    """
    ledger = collection.ledger
    feed = ledger.feed(url)
    if not feed.number:
        return 0
    new = ledger.free_source(title or feed.title or feed.source, url)
    if new == feed.source:
        return 0
    collection.rename_sources({feed.source: new})
    records = ledger.articles(feed.number)
    changed = 0
    for start in range(0, len(records), BATCH):
        some = records[start : start + BATCH]
        changes = [
            change for each in some if (change := _change(collection, each, feed.source, new))
        ]
        _apply(collection, changes)
        changed += len(changes)
    with ledger.transaction():
        ledger.put_feed(feed._replace(source=new))
    return changed


def _change(collection: Collection, record: ArticleRecord, old: str, new: str) -> _Change | None:
    """Return the file of an article with another source; None if it has no or another one."""
    from rilo_reader.store.front_matter import parse, write

    text = collection.text(record.path)
    if text is None:
        return None
    document = parse(text)
    if document.faults or document.metadata.get("source") != old:
        return None
    metadata = {**document.metadata, "source": new}
    ours = is_ours(digest(text), record.file)
    return _Change(record, write(document._replace(metadata=metadata)), ours)


def _apply(collection: Collection, changes: Sequence[_Change]) -> None:
    ledger = collection.ledger
    with ledger.transaction():
        for record, text, ours in changes:
            if ours:
                ledger.put_article(record._replace(file=record.file + digest(text)))
    failed = write_all(collection.folder, {each.record.path: each.text for each in changes})
    if failed:
        path, error = next(iter(failed.items()))
        raise CollectingError(f"{path} cannot be written: {error.strerror or error}.") from error
    with ledger.transaction():
        for record, text, ours in changes:
            if ours:
                ledger.put_article(record._replace(file=digest(text)))

"""Give a feed's articles another source, in their files and in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.feeds.ledger import ArticleRecord
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.merge import digest, is_ours
from rilo_reader.store.write import write_all

if TYPE_CHECKING:
    from rilo_reader.feeds.collection import Collection

AT_ONE_TIME = 200
"""Files between two commits."""


class _Change(NamedTuple):
    """One file with another source."""

    record: ArticleRecord
    text: str
    ours: bool


def rename_source(collection: Collection, url: str, title: str) -> int:
    """Let the articles of a feed bear another name; returns how many files were changed.

    Only `source` in the front matter changes; a file in which the user has written another source
    is left as it is. Saved searches and mutes that ask for the old name ask for the new one.
    Stopped in the middle it can be done again.

    Args:
        collection: the library's.
        url: the feed's address.
        title: the name; "" for what the feed calls itself.

    Raises:
        CollectingError: a file cannot be written; the name is as before.
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
    for start in range(0, len(records), AT_ONE_TIME):
        some = records[start : start + AT_ONE_TIME]
        changes = [
            change for each in some if (change := _change(collection, each, feed.source, new))
        ]
        _carry_out(collection, changes)
        changed += len(changes)
    with ledger.transaction():
        ledger.put_feed(feed._replace(source=new))
    return changed


def _change(collection: Collection, record: ArticleRecord, old: str, new: str) -> _Change | None:
    """An article's file with another source, None where there is nothing to change."""
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


def _carry_out(collection: Collection, changes: Sequence[_Change]) -> None:
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

"""Rename the source of a feed's articles: in their files, the ledger, saved searches and mutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rilo_reader.config import MUTES, SEARCHES, load
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_text import digest, is_ours
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.fetch.addresses import without_login
from rilo_reader.query.edit import with_other_value
from rilo_reader.query.tree import Field
from rilo_reader.store import front_matter
from rilo_reader.store.write import write_all

BATCH = 200
"""Files that are written together."""

WHOLE_SOURCE = "source:="
"""Occurs in every query for a whole source."""


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
    rename_in_queries(collection, {feed.source: new})
    records = ledger.articles(feed.number)
    changed = 0
    for start in range(0, len(records), BATCH):
        some = records[start : start + BATCH]
        changes = [
            change for record in some if (change := _change(collection, record, feed.source, new))
        ]
        _apply(collection, changes)
        changed += len(changes)
    with ledger.transaction():
        ledger.put_feed(feed._replace(source=new))
    return changed


def _change(collection: Collection, record: ArticleRecord, old: str, new: str) -> _Change | None:
    """Return the file of an article with another source; None if it has no or another one."""
    text = text_of_file(collection.folder, record.path)
    if text is None:
        return None
    document = front_matter.parse(text)
    if document.faults or document.metadata.get("source") != old:
        return None
    metadata = {**document.metadata, "source": new}
    ours = is_ours(digest(text), record.file)
    return _Change(record, front_matter.write(document._replace(metadata=metadata)), ours)


def _apply(collection: Collection, changes: Sequence[_Change]) -> None:
    ledger = collection.ledger
    with ledger.transaction():
        for record, text, ours in changes:
            if ours:
                ledger.put_article(record._replace(file=record.file + digest(text)))
    failed = write_all(collection.folder, {change.record.path: change.text for change in changes})
    if failed:
        path, error = next(iter(failed.items()))
        raise CollectingError(f"{path} cannot be written: {error.strerror or error}.") from error
    with ledger.transaction():
        for record, text, ours in changes:
            if ours:
                ledger.put_article(record._replace(file=digest(text)))


def settle_names(collection: Collection, feeds: Sequence[str]) -> None:
    """Rename sources that saved searches and mutes have as addresses of feeds."""
    config = load(collection.paths.settings_file)[0]
    queries = [search.query for search in config.searches] + [mute.query for mute in config.mutes]
    if not any(WHOLE_SOURCE in query for query in queries):
        return
    named = {without_login(url): collection.ledger.feed(url).source for url in feeds}
    names = {url: name for url, name in named.items() if name and name != url}
    rename_in_queries(collection, names)


def rename_in_queries(collection: Collection, names: Mapping[str, str]) -> None:
    """Rename sources in saved searches and mutes: old source -> new source.

    If that fails, a notice tells the user.
    """
    file = collection.paths.settings_file
    try:
        config = load(file)[0]
        for search in config.searches:
            query = _renamed(search.query, names)
            if query != search.query:
                SEARCHES.change(file, search.name, query=query)
        for mute in config.mutes:
            query = _renamed(mute.query, names)
            if query != mute.query:
                MUTES.change(file, mute.query, query=query)
    except (OSError, ValueError) as error:
        fault = f"{file} cannot be changed: {getattr(error, 'strerror', None) or error}."
        notice = f"Saved searches still ask for feeds by old names: {fault}"
        collection.ledger.add_notice(notice)


def _renamed(query: str, names: Mapping[str, str]) -> str:
    """Return a query with renamed sources."""
    if WHOLE_SOURCE not in query:
        return query
    for old, new in names.items():
        if old in query:
            query = with_other_value(query, Field.SOURCE, old, new)
    return query

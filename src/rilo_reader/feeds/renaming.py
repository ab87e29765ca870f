"""Rename the source of a feed's articles: in their files, the ledger, and queries of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rilo_reader.article import Field
from rilo_reader.config import load
from rilo_reader.config.settings import iter_queries, rewrite_queries
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_text import is_ours, make_digest
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.query.edit import replace_value
from rilo_reader.store import front_matter
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import is_outside_library
from rilo_reader.text import redact_address

BATCH = 200  # files that are written together
WHOLE_SOURCE = "source:="  # occurs in every query for a whole source


def rename_source(
    collection: Collection, url: str, title: str, others: Iterable[ArticleRecord] = ()
) -> int:
    """Rename the source of a feed's articles ("": its own title); return how many files changed.

    Those of `others` that have the source are renamed, too.

    Only `source` in the front matter changes; a file in which the user has written another source,
    or that a link leads to out of the library, is left alone. Saved searches and mutes by the old
    name are changed, too. After an interruption it can be repeated. Raises CollectingError; the
    ledger has the old name then.
    """
    ledger = collection.ledger
    feed = ledger.read_feed(url)
    if not feed.number:
        return 0
    new = ledger.free_source(title or feed.title or feed.source, url)
    if new == feed.source:
        return 0
    rename_in_queries(collection, {feed.source: new})
    records = [*ledger.list_articles(feed.number), *others]
    changed = 0
    for start in range(0, len(records), BATCH):
        changed += _rename_in_files(collection, records[start : start + BATCH], feed.source, new)
    with ledger.transaction():
        ledger.put_feed(feed._replace(source=new))
    return changed


def _rename_in_files(
    collection: Collection, records: Iterable[ArticleRecord], old: str, new: str
) -> int:
    """Rename the source in the files of articles; return how many had it."""
    texts, before_writing, after_writing = {}, [], []
    for record in records:
        text = text_of_file(collection.folder, record.path) or ""
        document = front_matter.parse(text)
        is_other = document.faults or document.metadata.get("source") != old
        if is_other or is_outside_library(collection.folder, record.path):
            continue
        metadata = {**document.metadata, "source": new}
        renamed = texts[record.path] = front_matter.write(document, metadata)
        if is_ours(make_digest(text), record.file):
            before_writing.append(record._replace(file=record.file + make_digest(renamed)))
            after_writing.append(record._replace(file=make_digest(renamed)))
    with collection.ledger.transaction():
        collection.ledger.put_articles(before_writing)
    for path, error in write_all(collection.folder, texts).items():
        raise CollectingError(f"{path} cannot be written: {error.strerror or error}.") from error
    with collection.ledger.transaction():
        collection.ledger.put_articles(after_writing)
    return len(texts)


def settle_names(collection: Collection, feeds: Sequence[str]) -> None:
    """Rename sources that queries of the settings have as addresses of feeds."""
    config, _ = load(collection.paths.settings_file)
    if any(WHOLE_SOURCE in query for _, _, query in iter_queries(config)):
        named = {redact_address(url): collection.ledger.read_feed(url).source for url in feeds}
        names = {url: name for url, name in named.items() if name and name != url}
        rename_in_queries(collection, names)


def rename_in_queries(collection: Collection, names: Mapping[str, str]) -> None:
    """Rename sources in the queries of the settings: old source -> new source.

    If that fails, a notice tells the user.
    """
    file = collection.paths.settings_file
    try:
        rewrite_queries(file, lambda query: _rename_in_query(query, names))
    except (OSError, ValueError) as error:
        reason = f"{file} cannot be changed: {getattr(error, 'strerror', None) or error}."
        notice = f"Saved searches still use the old names of feeds: {reason}"
        collection.ledger.add_notice(notice)


def _rename_in_query(query: str, names: Mapping[str, str]) -> str:
    if WHOLE_SOURCE not in query:
        return query
    for old, new in names.items():
        if old in query:
            query = replace_value(query, Field.SOURCE, old, new)
    return query

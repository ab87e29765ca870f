"""Writing to an index: articles in and out, committed together."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from rilo_reader.article import Article
from rilo_reader.search import schema as fields
from rilo_reader.search.analysis import prepare
from rilo_reader.search.document import (
    Prepared,
    file_key,
    folder_of,
    pack_faults,
    pack_row,
    prepared,
    seconds_of,
    starts_of,
)
from rilo_reader.search.errors import IndexBusy, as_damage

if TYPE_CHECKING:
    import tantivy

_POLL_SECONDS = 0.05
_SMALL_HEAP = 15_000_000  # tantivy's least
_BULK_HEAP = 100_000_000


def open_writer(index: tantivy.Index, wait: float, bulk: bool) -> tantivy.IndexWriter:
    """Take the writer's lock, which one process can have at a time.

    Args:
        index: what to write to.
        wait: how many seconds to try.
        bulk: whether many articles are coming: more memory, then, and fewer parts.

    Raises:
        IndexBusy: another process kept the lock.
        IndexDamaged: the index cannot be written.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            # One thread: it keeps up with one process that reads and parses the articles.
            return index.writer(_BULK_HEAP if bulk else _SMALL_HEAP, num_threads=1)
        except ValueError as error:
            if "LockBusy" not in str(error):
                with as_damage("written"):
                    raise
            if time.monotonic() >= deadline:
                raise IndexBusy(
                    "The index is being written by another rilo-reader; it did not finish in "
                    f"{wait:g} seconds. Try again when it has."
                ) from error
        time.sleep(_POLL_SECONDS)


class Writer:
    """Puts articles in and takes them out; nothing of it is seen before `commit`.

    Attributes:
        knows_empty: whether the index holds nothing, so that nothing has to be taken out first.
        with_starts: whether articles get the beginnings of their words (see schema).
    """

    def __init__(
        self,
        writer: tantivy.IndexWriter,
        committed: Callable[[], None],
        has_story: Callable[[int], bool],
    ) -> None:
        import tantivy

        self.knows_empty = False
        self.with_starts = False
        self._document = tantivy.Document
        self._term_query = tantivy.Query.term_query
        self._schema = fields.schema()
        self._writer = writer
        self._committed = committed
        self._has_story = has_story
        self._added: set[int] = set()
        self._stories: set[int] = set()

    def add(self, article: Article, stamp: int) -> None:
        """Put an article in, in place of what the index holds for its path.

        Args:
            article: its `path` must not be "".
            stamp: `file_stamp` of the file it was read from.
        """
        self.add_prepared(prepared(article, with_starts=self.with_starts), stamp)

    def add_prepared(self, ready: Prepared, stamp: int) -> None:
        """As `add`, of an article that was prepared elsewhere."""
        key = file_key(ready.article.path)
        self._remove(key, adding=True)
        with as_damage("written"):
            self._writer.add_document(self._to_document(ready, key, stamp))

    def remove_path(self, path: str) -> None:
        """Take out the article of a file."""
        self.remove_key(file_key(path))

    def remove_key(self, key: int) -> None:
        """Take out the article of a file, by the file's key."""
        self._remove(key, adding=False)

    def remove_folder(self, folder: str) -> None:
        """Take out the articles that lie in a folder, not those in folders below it."""
        with as_damage("written"):
            self._writer.delete_documents_by_term(fields.FOLDER, f"/{folder}")

    def commit(self) -> None:
        """Make everything so far visible and durable, all of it or nothing."""
        with as_damage("written"):
            self._writer.commit()
        self._committed()

    def finish(self) -> None:
        """Wait for parts that are being merged, and let the lock go."""
        with as_damage("written"):
            self._writer.wait_merging_threads()

    def abandon(self) -> None:
        """Drop what was not committed and let the lock go at once."""
        del self._writer

    def _remove(self, key: int, *, adding: bool) -> None:
        # In an empty index there is nothing to take out but what this writer put in: a first
        # build is spared a deletion for every article.
        if self.knows_empty and key not in self._added:
            if adding:
                self._added.add(key)
            return
        # By a query: tantivy 0.27 takes a number for a signed one in delete_documents_by_term,
        # and an unsigned field then silently loses nothing.
        with as_damage("written"):
            self._writer.delete_documents_by_query(
                self._term_query(self._schema, fields.FILE_KEY, key)
            )

    def _is_told(self, story: int) -> bool:
        """Whether another article told the story before, here or in what is committed."""
        is_told = story in self._stories or (not self.knows_empty and self._has_story(story))
        self._stories.add(story)
        return is_told

    def _to_document(self, ready: Prepared, key_of_file: int, stamp: int) -> tantivy.Document:
        article = ready.article
        document = self._document()
        title = prepare(article.title)
        source = _prepared_name(article.source)
        head = [title, source]
        document.add_text(fields.TITLE, title)
        document.add_text(fields.BODY, ready.body)
        if article.source:
            document.add_text(fields.SOURCE, source)
            document.add_text(fields.SOURCE_VALUE, article.source)
        for field, value_field, texts in (
            (fields.TAG, fields.TAG_VALUE, article.tags),
            (fields.AUTHOR, fields.AUTHOR_VALUE, article.authors),
        ):
            for text in texts:
                words = _prepared_name(text)
                document.add_text(field, words)
                document.add_text(value_field, text)
                head.append(words)
        if self.with_starts:
            starts = ready.starts or starts_of(" ".join((ready.body, *head)))
            document.add_text(fields.STARTS, starts)
        for text in head:  # values of their own: no phrase reaches from one into the next
            document.add_text(fields.HEAD, text)
        if article.url:
            document.add_text(fields.URL, prepare(article.url))
        if article.lang:
            document.add_text(fields.LANG, _prepared_name(article.lang))
            document.add_text(fields.LANG_VALUE, article.lang)
        if ready.story:
            document.add_unsigned(fields.STORY, ready.story)
            if self._is_told(ready.story):
                document.add_boolean(fields.COPY, True)
        key = fields.hash64(article.id)
        document.add_integer(fields.ORDER, fields.order_of(seconds_of(article.date), key))
        document.add_unsigned(fields.KEY, key)
        document.add_text(fields.FOLDER, f"/{folder_of(article.path)}")
        document.add_unsigned(fields.FILE_KEY, key_of_file)
        document.add_unsigned(fields.STAMP, stamp)
        document.add_bytes(fields.ROW, pack_row(article))
        if article.faults:
            document.add_bytes(fields.FAULTS, pack_faults(article.faults))
            document.add_boolean(fields.FAULTY, True)
        return document


@lru_cache(maxsize=4096)
def _prepared_name(name: str) -> str:
    """A source, tag, author or language, prepared; the same ones come again and again."""
    return prepare(name)

"""Writing to an index: articles in and out, committed together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rilo_reader.article import Article
from rilo_reader.search import schema as fields
from rilo_reader.search.cores import cores
from rilo_reader.search.document import file_key
from rilo_reader.search.errors import IndexBusy, as_damage
from rilo_reader.search.preparing import Prepared, prepared

if TYPE_CHECKING:
    import tantivy

_POLL_SECONDS = 0.05
_SMALL_HEAP = 15_000_000  # tantivy's least
_BULK_HEAP = 100_000_000
_SOON_DONE = 30_000  # articles, of which the last parts are much of the whole


def open_writer(
    index: tantivy.Index, wait: float, bulk: bool, articles: int = 0
) -> tantivy.IndexWriter:
    """Take the writer's lock, which one process can have at a time.

    Args:
        index: what to write to.
        wait: how many seconds to try.
        bulk: whether many articles are coming: more memory, then, and fewer parts.
        articles: how many new ones are coming, where that is known.

    Raises:
        IndexBusy: another process kept the lock.
        IndexDamaged: the index cannot be written.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            heap, threads = _SMALL_HEAP, 1
            if bulk:
                heap, threads = _BULK_HEAP, threads_for(articles)
            return index.writer(heap, num_threads=threads)
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


def threads_for(articles: int) -> int:
    """How many threads of tantivy's write so many articles; each makes parts of its own.

    Two write the last parts, for which everybody waits, in half the time. In a long build that
    is little, and merging twice as many parts is much, unless there are cores to spare.
    """
    return min(cores(), 2) if articles < _SOON_DONE or cores() >= 4 else 1


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
        self._remove(ready.file_key, adding=True)
        copy = f',"{fields.COPY}":true' if ready.story and self._is_told(ready.story) else ""
        rest = f',"{fields.STAMP}":{stamp}{copy}}}'
        document = (ready.document + rest.encode()).decode()
        try:  # as `as_damage`, which costs as much as half of the rest
            self._writer.add_json(document)
        except BaseException:
            with as_damage("written"):
                raise

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

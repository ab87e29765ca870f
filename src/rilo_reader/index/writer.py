"""Writing to an index: articles in and out, committed together."""

from __future__ import annotations

import time
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Article, ArticleId
from rilo_reader.index import schema as fields
from rilo_reader.index.cores import cores
from rilo_reader.index.directory import IndexBusy, as_damage
from rilo_reader.index.order import order_of_article
from rilo_reader.index.schema import file_key, folder_of, pack_faults, pack_row
from rilo_reader.query.tokens import GAP, prepare, prepare_both

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


# An article made ready for the index, in any process (pure; knows no tantivy).


# In C: this is done for every word of a large library.
_STARTS = tuple(itemgetter(slice(size)) for size in range(1, fields.START_LETTERS + 1))

_GAP = GAP.encode()

STORY_EDGE = 8
"""Words at either end of a story that do not count."""

STORY_LEAST = 120
"""Bytes of the words between, from which on a text is a story: some 25 words, or 40 signs."""


class Prepared(NamedTuple):
    """An article ready for the index; made in any process, put in by one.

    Attributes:
        id: its identity.
        path: its file, relative to the library.
        file_key: the file's key.
        story: the fingerprint of its story, 0 for none.
        document: the beginning of the JSON of its document, in UTF-8: what stands in it is
            complete, the brace that ends it is missing.
    """

    id: ArticleId
    path: str
    file_key: int
    story: int
    document: bytes


def prepared(article: Article, *, with_starts: bool, name: str = "") -> Prepared:
    """Do what costs time for an article before it is put into the index.

    Args:
        article: as it was read.
        name: what its file is called; found wherever its title is.
        with_starts: whether the writer that will put it in wants the beginnings of its words.
    """
    body, body_joined = prepare_both(article.body)
    story = story_of(body)
    key, key_of_file = fields.hash64(article.id), file_key(article.path)
    title_words, title_joined = prepare_both(article.title)
    title, source = title_words.decode(), _prepared_name(article.source)
    tags = [_prepared_name(tag) for tag in article.tags]
    authors = [_prepared_name(author) for author in article.authors]
    # Values of their own: no phrase reaches from one into the next.
    other_names = _other_name(name, title)
    head = [_with_joined(title, title_joined), *other_names, source, *tags, *authors]
    # Written by hand, which costs a third of what an encoder does. Prepared text needs no
    # escapes: of ASCII it holds letters, digits, spaces, four symbols and GAP.
    parts = [
        f'{{"{fields.TITLE}":{_prepared_texts([title, *other_names])}',
        f'"{fields.HEAD}":{_prepared_texts(head)}',
        f'"{fields.ORDER}":{order_of_article(article, key)}',
        f'"{fields.KEY}":{key}',
        f'"{fields.FOLDER}":{encode_basestring(f"/{folder_of(article.path)}")}',
        f'"{fields.FILE_KEY}":{key_of_file}',
        f'"{fields.ROW}":"{_bytes(pack_row(article))}"',
    ]
    if title_joined:
        parts.append(f'"{fields.TITLE_JOINED}":"{" ".join(title_joined)}"')
    if body_joined:
        parts.append(f'"{fields.BODY_JOINED}":"{" ".join(body_joined)}"')
    if article.source:
        parts.append(f'"{fields.SOURCE}":"{source}"')
        parts.append(f'"{fields.SOURCE_VALUE}":{encode_basestring(article.source)}')
    if tags:
        parts.append(f'"{fields.TAG}":{_prepared_texts(tags)}')
        parts.append(f'"{fields.TAG_VALUE}":{_texts(article.tags)}')
    if authors:
        parts.append(f'"{fields.AUTHOR}":{_prepared_texts(authors)}')
        parts.append(f'"{fields.AUTHOR_VALUE}":{_texts(article.authors)}')
    if article.url:
        parts.append(f'"{fields.URL}":"{prepare(article.url)}"')
    if article.lang:
        parts.append(f'"{fields.LANG}":"{_prepared_name(article.lang)}"')
        parts.append(f'"{fields.LANG_VALUE}":{encode_basestring(article.lang)}')
    if story:
        parts.append(f'"{fields.STORY}":{story}')
    if article.faults:
        parts.append(f'"{fields.FAULTS}":"{_bytes(pack_faults(article.faults))}"')
        parts.append(f'"{fields.FAULTY}":true')
    if with_starts:
        words = " ".join((body.decode(), *body_joined, *head))
        parts.append(f'"{fields.STARTS}":"{starts_of(words)}"')
    parts.append(f'"{fields.BODY}":"')
    document = b'%b%b"' % (",".join(parts).encode(), body)
    return Prepared(article.id, article.path, key_of_file, story, document)


def starts_of(words: str) -> str:
    """The first letters of every word of prepared text, each once, and the word MARKED."""
    starts = {fields.MARKED}
    longer = set(words.split())
    for start in reversed(_STARTS):
        longer = set(map(start, longer))
        starts |= longer
    return " ".join(starts)


def story_of(prepared: bytes) -> int:
    """A fingerprint of a story, the same for the same text from several sources; 0 for none.

    All words count but the first and the last few, where agencies put place, date and their
    name, and sites their links: issues of a series that begin alike are different stories.
    What parts the words does not count: one source wraps lines where another has a comma.

    Args:
        prepared: the body, as `analysis.prepare_bytes` makes it.
    """
    parts = prepared.replace(_GAP, b" ").split(None, STORY_EDGE)
    parts = parts[-1].rsplit(None, STORY_EDGE) if len(parts) > STORY_EDGE else []
    if len(parts) <= STORY_EDGE:
        return 0
    # Without any spaces: how many stand between words says how the text was set.
    letters = parts[0].translate(None, b" ")
    return fields.hash64_of(letters) if len(letters) >= STORY_LEAST else 0


def _other_name(name: str, title: str) -> list[str]:
    """A file's name, prepared; nothing where the title has the same words in a row."""
    words = " ".join(prepare(name).split())
    return [words] if f" {words} " not in f" {' '.join(title.split())} " and words else []


def _prepared_texts(texts: Sequence[str]) -> str:
    """Prepared texts, at least one, as a JSON array."""
    between = '","'.join(texts)
    return f'["{between}"]'


def _texts(texts: Sequence[str]) -> str:
    """Texts as a JSON array."""
    return f"[{','.join(map(encode_basestring, texts))}]"


def _bytes(value: bytes) -> str:
    """Bytes as tantivy reads them in JSON."""
    return b2a_base64(value, newline=False).decode("ascii")


@lru_cache(maxsize=4096)
def _prepared_name(name: str) -> str:
    """A source, tag, author or language, prepared; the same ones come again and again."""
    words, joined = prepare_both(name)
    return _with_joined(words.decode(), joined)


def _with_joined(words: str, joined: Sequence[str]) -> str:
    """Prepared text and what it has written together, out of reach of any phrase."""
    return f" {GAP} {GAP} ".join((words, *joined))

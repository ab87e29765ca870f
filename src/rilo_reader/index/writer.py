"""`Writer` adds articles to an index and removes them; `prepare_article` prepares one for it.

Preparing takes most of the time and needs no index, so it is done in worker processes; one writer
adds what they made.
"""

from __future__ import annotations

import time
from binascii import b2a_base64
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import NamedTuple

import tantivy

from rilo_reader.article import FIELDS, Article, ArticleId, Field
from rilo_reader.errors import LibraryBusy
from rilo_reader.index import schema as fields
from rilo_reader.index.schema import file_key, folder_of, order_of_article, pack_faults, pack_row
from rilo_reader.query.tokens import GAP, prepare_both, prepare_text
from rilo_reader.text import reading_minutes
from rilo_reader.workers import count_cores

_POLL_SECONDS = 0.05
_SMALL_HEAP = 15_000_000  # tantivy's minimum
_BULK_HEAP, _LONG_HEAP = 40_000_000, 100_000_000
_LONG_BUILD = 50_000  # articles of a build from which on merging costs more than the memory
_SHORT_BUILD = 30_000  # articles of a build whose last segments take much of the time


def open_writer(
    index: tantivy.Index, wait: float, bulk: bool, articles: int = 0
) -> tantivy.IndexWriter:
    """Open a writer, which holds a lock between processes; see `SearchIndex.hold_writer`.

    Raises:
        LibraryBusy: another process kept the lock.
        ValueError: the index cannot be written.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            heap, threads = _SMALL_HEAP, 1
            if bulk:
                heap = _BULK_HEAP if articles < _LONG_BUILD else _LONG_HEAP
                threads = choose_thread_count(articles, count_cores())
            return index.writer(heap, num_threads=threads)
        except ValueError as error:
            if "LockBusy" not in str(error):
                raise
            if time.monotonic() >= deadline:
                raise LibraryBusy(
                    "Another rilo-reader is writing the index; it did not finish in "
                    f"{wait:g} "
                    f"seconds. Try again when it has."
                ) from error
        time.sleep(_POLL_SECONDS)


def choose_thread_count(articles: int, count: int) -> int:
    """The number of tantivy's threads for a build on `count` cores; each writes its own segments.

    Two threads halve the time of the last segments. In a long build that is little, and merging
    twice as many segments costs more, unless there are cores to spare.
    """
    return min(count, 2) if articles < _SHORT_BUILD or count >= 4 else 1


class Writer:
    """Adds and removes articles; changes become visible with `commit`.

    Errors of tantivy are raised as they are.
    """

    def __init__(
        self,
        writer: tantivy.IndexWriter,
        on_commit: Callable[[], None],
        file_keys_of: Callable[[int], Iterable[int]],
    ) -> None:
        self.knows_empty = False  # whether the index is empty: nothing needs to be removed first
        self.with_prefixes = False  # whether articles get prefix terms (see `schema`)
        self.keys_kept_until_end: Collection[
            int
        ] = ()  # files that will be removed: others are not duplicates
        self._term_query = tantivy.Query.term_query
        self._schema = fields.make_schema()
        self._writer = writer
        self._on_commit = on_commit
        self._file_keys_of = file_keys_of  # of a story, the keys of those that were committed
        self._added_keys: set[int] = set()
        self._stories: set[int] = set()

    def add(self, article: Article, stamp: int) -> None:
        """Add an article with the `file_stamp` of its file, in place of any with its path."""
        self.add_prepared(prepare_article(article, with_prefixes=self.with_prefixes), stamp)

    def add_prepared(self, prepared: PreparedArticle, stamp: int) -> None:
        """Do as `add`, for an article that was prepared elsewhere."""
        self._remove_file(prepared.file_key, is_adding=True)
        is_copy = prepared.story and self._is_duplicate(prepared.story)
        copy = f',"{fields.COPY}":true' if is_copy else ""
        rest = f',"{fields.STAMP}":{stamp}{copy}}}'
        self._writer.add_json((prepared.document + rest.encode()).decode())

    def remove_path(self, path: str) -> None:
        """Remove the article of a file."""
        self.remove_key(file_key(path))

    def remove_key(self, key: int) -> None:
        """Remove the article of a file, by the file's key."""
        self._remove_file(key, is_adding=False)

    def remove_folder(self, folder: str) -> None:
        """Remove the articles in a folder, but not those in its subfolders."""
        self._writer.delete_documents_by_term(fields.FOLDER, f"/{folder}")

    def commit(self) -> None:
        """Make all changes visible and durable, atomically."""
        self._writer.commit()
        self._on_commit()

    def finish(self) -> None:
        """Wait for merges of segments, and release the lock."""
        self._writer.wait_merging_threads()

    def abandon(self) -> None:
        """Drop uncommitted changes and release the lock at once."""
        del self._writer

    def _remove_file(self, key: int, *, is_adding: bool) -> None:
        # In an empty index only articles of this writer can be removed, which saves the first
        # build a deletion for every article.
        if self.knows_empty and key not in self._added_keys:
            if is_adding:
                self._added_keys.add(key)
            return
        # delete_documents_by_term of tantivy 0.27 takes numbers as signed, and silently deletes
        # nothing by an unsigned field.
        self._writer.delete_documents_by_query(self._term_query(self._schema, fields.FILE_KEY, key))

    def _is_duplicate(self, story: int) -> bool:
        """Return whether an article of this story was added or committed before."""
        is_duplicate = story in self._stories or (
            not self.knows_empty
            and any(key not in self.keys_kept_until_end for key in self._file_keys_of(story))
        )
        self._stories.add(story)
        return is_duplicate


# -- preparation of articles, in any process ------------------------------------------------------

# Implemented in C, since they are called for every word of a large library.
_STARTS = tuple(itemgetter(slice(size)) for size in range(1, fields.START_LETTERS + 1))

_NAMES = tuple(one for one in FIELDS if one.field not in {Field.TITLE, Field.URL})
_GAP = GAP.encode()

FINGERPRINT_LEAST = 120
"""Least number of bytes for a fingerprint: some 25 words, or 40 Chinese characters."""


class PreparedArticle(NamedTuple):
    """An article that is ready for the index."""

    id: ArticleId
    path: str  # of its file, relative to the library
    file_key: int
    fingerprint: int  # of its body, 0 for none
    story: int  # fingerprint of title and body, 0 for none
    document: bytes  # its JSON object in UTF-8, without the closing brace
    title: str


def prepare_article(article: Article, *, with_prefixes: bool, name: str = "") -> PreparedArticle:
    """Prepare an article for the index: its words are those that its page shows.

    The readable `name` of its file is searched like its title, unless the title contains it.
    `with_prefixes` is whether the writer needs prefix terms.
    """
    from rilo_reader.render.shown_text import read_shown_text  # heavy, and files rarely change

    text, addresses = read_shown_text(article.text, article.dialect)
    body, body_joined = prepare_both(text)
    digest = make_fingerprint(body)
    key, key_of_file = fields.hash64(article.id), file_key(article.path)
    title_words, title_joined = prepare_both(article.title)
    story = fields.hash64_bytes(b"%x %b" % (digest, _strip_spaces(title_words))) if digest else 0
    minutes = reading_minutes(article.body)
    title = title_words.decode()
    # Separate values, so that no phrase spans two of them.
    name_words = " ".join(prepare_text(name).split())
    has_name = f" {name_words} " in f" {' '.join(title.split())} "
    name_values = [name_words] if name_words and not has_name else []
    aliases = (" ".join(prepare_text(alias).split()) for alias in article.aliases)
    name_values += filter(None, aliases)
    head = [_append_joined(title, title_joined), *name_values]
    # Formatted by hand in a third of an encoder's time. Prepared text needs no escapes: of ASCII
    # it has letters, digits, spaces, four symbols and GAP only.
    values: dict[str, object] = {
        fields.TITLE: _to_json_array([title, *name_values]),
        fields.ORDER: order_of_article(article, key),
        fields.KEY: key,
        fields.FOLDER: encode_basestring(f"/{folder_of(article.path)}"),
        fields.FILE_KEY: key_of_file,
        fields.MINUTES: minutes,
        fields.ROW: _to_json_bytes(pack_row(article, minutes, story)),
    }
    if title_joined:
        values[fields.TITLE_JOINED] = f'"{" ".join(title_joined)}"'
    if body_joined:
        values[fields.BODY_JOINED] = f'"{" ".join(body_joined)}"'
    for one in _NAMES:
        if texts := one.values_in(article):
            words = [_prepare_name(text) for text in texts]
            values[one.field] = _to_json_array(words)
            if one.facet:
                values[fields.VALUE_FIELDS[one.field]] = _to_escaped_json_array(texts)
            if one.is_shown:
                head += words
    values[fields.HEAD] = _to_json_array(head)
    if article.url or addresses:
        urls = prepare_text("\n".join((article.url, *addresses)))
        values[Field.URL] = f'"{urls}"'
    if digest:
        source_hash, url_hash = fields.hash64(article.source), fields.hash64(article.url)
        origin = source_hash >> fields.URL_BITS << fields.URL_BITS | url_hash >> fields.URL_BITS
        values |= {fields.FINGERPRINT: digest, fields.STORY: story, fields.ORIGIN: origin}
    if article.faults:
        values[fields.FAULTS] = _to_json_bytes(pack_faults(article.faults))
        values[fields.FAULTY] = "true"
    if with_prefixes:
        all_words = " ".join((body.decode(), *body_joined, *head))
        values[fields.STARTS] = f'"{make_prefixes(all_words)}"'
    parts = "".join(f'"{name}":{value},' for name, value in values.items())
    document = b'{%b"%b":"%b"' % (parts.encode(), fields.BODY.encode(), body)
    return PreparedArticle(
        article.id, article.path, key_of_file, digest, story, document, article.title
    )


def make_prefixes(words: str) -> str:
    """The prefix terms of prepared text, and the term MARKED."""
    starts = {fields.HAS_PREFIXES}
    longer = set(words.split())
    for start in reversed(_STARTS):
        longer = set(map(start, longer))
        starts |= longer
    return " ".join(starts)


def make_fingerprint(prepared: bytes) -> int:
    """A fingerprint of the words of a prepared text, 0 if they are few.

    Spaces and punctuation do not matter, since sources wrap lines differently.
    """
    letters = _strip_spaces(prepared)
    return fields.hash64_bytes(letters) if len(letters) >= FINGERPRINT_LEAST else 0


def _strip_spaces(prepared: bytes) -> bytes:
    """Prepared text without spaces, whose number between words depends on punctuation."""
    return prepared.translate(None, b" " + _GAP)


def _to_json_array(texts: Sequence[str]) -> str:
    """Prepared texts, at least one, as a JSON array."""
    between = '","'.join(texts)
    return f'["{between}"]'


def _to_escaped_json_array(texts: Sequence[str]) -> str:
    """Texts as a JSON array."""
    return f"[{','.join(map(encode_basestring, texts))}]"


def _to_json_bytes(value: bytes) -> str:
    """Bytes in tantivy's JSON."""
    return f'"{b2a_base64(value, newline=False).decode("ascii")}"'


@lru_cache(maxsize=4096)
def _prepare_name(name: str) -> str:
    """A value such as a source or tag, prepared; cached, since they recur."""
    words, joined = prepare_both(name)
    return _append_joined(words.decode(), joined)


def _append_joined(words: str, joined: Sequence[str]) -> str:
    """Prepared text and its joined forms, separated so that no phrase reaches them."""
    return f" {GAP} {GAP} ".join((words, *joined))

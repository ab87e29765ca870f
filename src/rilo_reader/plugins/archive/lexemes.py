"""The words of an article as lexemes of PostgreSQL, of our tokens (pure).

One space of lexemes holds all fields: tokens are lower case, so a capital before them names one.

    word        anywhere: head (weight A), joined forms of title (B) and body (C), body (D)
    Tword       of the title; S, G, … (`ArticleField.letter`): with positions of their own
    =Svalue     the whole value of a source, and of others that have a facet
    Z象牙        two neighbouring characters of a script without spaces
    *           every article, so that NOT never has to read the table

A tsvector keeps 255 positions of a lexeme, and none beyond 16,383. A longer article is
`has_unsure_positions`: its phrases are looked up in windows of 255 tokens that overlap by 32.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any, NamedTuple

from rilo_reader.article import FIELDS, Article
from rilo_reader.index import schema as fields
from rilo_reader.index.writer import prepare_article
from rilo_reader.query.letters import SPLIT, is_in
from rilo_reader.store.file_names import searchable_name

TOKENS = fields.TOKENS_VERSION * 1000 + int(unicodedata.unidata_version.partition(".")[0])
"""The version of our tokens, which those of an archive and of a query should have in common."""

LETTERS = {one.field: one.letter for one in FIELDS}
EVERY_ARTICLE = "*"

LONGEST_PHRASE = 32  # tokens by which windows overlap
_WINDOW = 255
_LAST_POSITION = 16_383
_LONGEST = 2_000  # bytes of a lexeme
_MAX_VECTOR_BYTES = 900_000  # bytes of a tsvector; PostgreSQL refuses more than 1,048,575
_TITLE_JOINED = 1000  # the position of joined forms of the title, behind all its words


class ArticleWords(NamedTuple):
    """The rows of an article in the tables `words`, `long` and `vocabulary`."""

    vector: str  # a tsvector, as PostgreSQL reads it
    has_unsure_positions: bool
    windows: tuple[str, ...]  # likewise; none unless it is unsure
    vocabulary: frozenset[str]


def make_article_words(article: Article) -> ArticleWords:
    """Return the words of an article, from the same text as the local index has."""
    ready = prepare_article(article, with_prefixes=False, name=searchable_name(article.path))
    document: dict[str, Any] = json.loads(ready.document + b"}")
    found = _DocumentLexemes(document)
    parts = [quote_lexeme(EVERY_ARTICLE), *found.placed, *map(quote_lexeme, found.bare)]
    vector, words = " ".join(parts), found.words
    if is_cut := len(vector.encode()) > _MAX_VECTOR_BYTES:
        ends = [*accumulate(len(part.encode()) + 1 for part in parts)]
        parts = parts[: bisect(ends, _MAX_VECTOR_BYTES)]
        vector, words = " ".join(parts), words[: len(parts) - 1]
    counts = Counter(words)
    if not is_cut and found.end <= _LAST_POSITION and max(counts.values(), default=0) <= _WINDOW:
        return ArticleWords(vector, False, (), frozenset(counts))
    texts = chain(_texts_of(document, fields.HEAD), _texts_of(document, fields.BODY))
    vocabulary = frozenset(counts).union(*map(_split_words, texts))
    return ArticleWords(vector, True, tuple(_iter_windows(document)), vocabulary)


class _DocumentLexemes:
    """The lexemes of a document of the index; a word stands in it as often as in the text."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.bare: list[str] = []  # those without positions, but for EVERY_ARTICLE
        self.words: list[str] = []
        self.placed: list[str] = []  # the words with their positions, as in a tsvector
        for field, letter in LETTERS.items():
            self._add_words(_texts_of(document, field.value), 1, "A", letter)
        for field, name in fields.VALUE_FIELDS.items():
            self.bare += [f"={LETTERS[field]}{value}" for value in _texts_of(document, name)]
        self._add_forms(_texts_of(document, fields.TITLE_JOINED), _TITLE_JOINED, "B", "T")
        head, body = _texts_of(document, fields.HEAD), _texts_of(document, fields.BODY)
        at = self._add_words(head, 1, "A")
        for name, weight in ((fields.TITLE_JOINED, "B"), (fields.BODY_JOINED, "C")):
            at += 2  # all forms at one place, where no phrase reaches them
            self._add_forms(_texts_of(document, name), at, weight)
        self.end = self._add_words(body, at + 2) - 2  # the last position
        self.bare += set(chain.from_iterable(map(_iter_pairs, (*head, *body))))

    def _add_words(self, texts: Sequence[str], at: int, weight: str = "", letter: str = "") -> int:
        """Add the words of texts from a position on; return the position after the last gap."""
        for text in texts:
            words = _split_words(text, letter)
            size, room = len(words), max(_LAST_POSITION - at, 0)
            if size > room:  # all others have the last position
                words[room:] = dict.fromkeys(words[room:])
            self.words += words
            self.placed += _format_positions(words, at, weight)
            at += size + 1  # no phrase spans two values
        return at

    def _add_forms(self, texts: Sequence[str], at: int, weight: str, letter: str = "") -> None:
        for form in _split_words(" ".join(texts), letter):
            self.words.append(form)
            self.placed += _format_positions([form], at, weight)


def _format_positions(words: Sequence[str], at: int, weight: str) -> list[str]:
    """Format words from a position on for a tsvector; they have only letters and symbols.

    PostgreSQL limits the position, and puts the positions of a word together.
    """
    return [f"'{word}':{place}{weight}" for place, word in enumerate(words, at)]


def _split_words(text: str, letter: str = "") -> list[str]:
    """The words of a prepared text with a letter before each, of lengths that PostgreSQL takes."""
    words = [letter + word for word in text.split()] if letter else text.split()
    is_long = 4 * max(map(len, words), default=0) > _LONGEST
    return [cut_lexeme(word) for word in words] if is_long else words


def _iter_pairs(text: str) -> Iterator[str]:
    words = text.split() if not text.isascii() else ()
    split = set(filter(is_split, {*words}))
    for one, two in pairwise(words):
        if one in split and two in split:
            yield f"Z{one}{two}"


def quote_lexeme(lexeme: str, suffix: str = "") -> str:
    """Return a lexeme as it stands in a tsvector or a tsquery, with positions or weights."""
    text = cut_lexeme(lexeme).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'{':' if suffix else ''}{suffix}"


def cut_lexeme(lexeme: str) -> str:
    """Return a lexeme of a length that PostgreSQL takes."""
    if 4 * len(lexeme) <= _LONGEST:
        return lexeme
    data = lexeme.encode()
    return lexeme if len(data) <= _LONGEST else data[:_LONGEST].decode(errors="ignore")


def is_split(token: str) -> bool:
    """Return whether a token is a character of a script without spaces between words."""
    return len(token) == 1 and is_in(token, SPLIT)


def _iter_windows(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of a long article in parts that no limit of a tsvector affects."""
    for name, weight in ((fields.HEAD, "A"), (fields.BODY, "")):
        words: list[str] = []
        for text in _texts_of(document, name):
            words += [*_split_words(text), ""]
        for start in range(0, len(words), _WINDOW - LONGEST_PHRASE):
            places = enumerate(words[start : start + _WINDOW], 1)
            yield " ".join([f"'{word}':{at}{weight}" for at, word in places if word])


def _texts_of(document: Mapping[str, Any], name: str) -> Sequence[str]:
    value = document.get(name, ())
    return (value,) if isinstance(value, str) else value

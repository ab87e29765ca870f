"""The words of an article as lexemes of PostgreSQL, of our tokens (pure).

One space of lexemes holds all fields: tokens are lower case, so a capital before them names one.

    word        anywhere: head (weight A), joined forms of title (B) and body (C), body (D)
    Tword       of the title; S, G, … (`ArticleField.letter`): with positions of their own
    =Svalue     the whole value of a source, and of others that have a facet
    Z象牙        two neighbouring characters of a script without spaces
    *           every article, so that NOT never has to read the table

A tsvector keeps 255 positions of a lexeme, and none beyond 16,383. A longer article is `unsure`:
its phrases are looked up in windows of 255 tokens that overlap by 32.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

from rilo_reader.article import FIELDS, Article
from rilo_reader.index import schema as fields
from rilo_reader.index.writer import prepared
from rilo_reader.query.letters import SPLIT, is_in
from rilo_reader.store.file_names import searchable_name

TOKENS = fields.VERSION * 1000 + int(unicodedata.unidata_version.partition(".")[0])
"""The version of our tokens, which those of an archive and of a query should have in common."""

LETTERS = {one.field: one.letter for one in FIELDS}
EVERYTHING = "*"
NO_WORDS = (EVERYTHING, "=", "Z")
"""First characters of lexemes that are not words of a field."""

LONGEST_PHRASE = 32  # tokens by which windows overlap
_WINDOW = 255
_LAST = 16_383
_LONGEST = 2_000  # bytes of a lexeme
_MOST = 900_000  # bytes of a tsvector; PostgreSQL refuses more than 1,048,575
_A, _B, _C, _D = 3 << 14, 2 << 14, 1 << 14, 0
_TITLE_JOINED = 1000  # the position of joined forms of the title, behind all its words

Places = Mapping[str, Sequence[int]]
"""Lexemes, each with its positions in their order, whose upper two bits are weights."""


class ArticleWords(NamedTuple):
    """What the tables `words`, `long` and `vocabulary` have of an article."""

    vector: str  # a tsvector, as PostgreSQL reads it
    unsure: bool
    windows: tuple[str, ...]  # likewise; none unless it is unsure
    vocabulary: frozenset[str]


def words_of(article: Article) -> ArticleWords:
    """Return the words of an article, from the same text as the local index has."""
    ready = prepared(article, with_starts=False, name=searchable_name(article.path))
    document: dict[str, Any] = json.loads(ready.document + b"}")
    found, is_long = _places(document)
    vector, is_cut = tsvector(found)
    unsure = is_long or is_cut
    windows = tuple(_windows(document)) if unsure else ()
    lexemes: Iterable[str] = _fitting(found)
    if unsure:
        texts = (*_texts(document, fields.HEAD), *_texts(document, fields.BODY))
        lexemes = set(chain(lexemes, *(text.split() for text in texts)))
    words = frozenset([cut(lexeme) for lexeme in lexemes if lexeme[0] not in NO_WORDS])
    return ArticleWords(vector, unsure, windows, words)


def _places(document: Mapping[str, Any]) -> tuple[Places, bool]:
    """Return the lexemes of a document of the index, and whether positions are missing."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    found[EVERYTHING] = []

    def put(name: str, letter: str, weight: int, at: int, *, pairs: bool = False) -> int:
        end = weight | _LAST
        for text in _texts(document, name):
            tokens = text.split()
            for place, token in enumerate(tokens, weight + at):
                found[letter + token].append(place if place < end else end)
            for last, token in pairwise(tokens) if pairs else ():
                if is_split(last) and is_split(token):
                    found[f"Z{last}{token}"] = []
            at += len(tokens) + 1  # no phrase spans two values
        return at

    for field, letter in LETTERS.items():
        put(field.value, letter, _A, 1)
    for field, name in fields.VALUE_FIELDS.items():
        for value in _texts(document, name):
            found[f"={LETTERS[field]}{value}"] = []
    for form in _forms(document, fields.TITLE_JOINED):
        found[f"T{form}"].append(_B | _TITLE_JOINED)
    at = put(fields.HEAD, "", _A, 1, pairs=True)
    for name, weight in ((fields.TITLE_JOINED, _B), (fields.BODY_JOINED, _C)):
        at += 2  # all forms at one place, where no phrase reaches them
        for form in _forms(document, name):
            found[form].append(weight | min(at, _LAST))
    end = put(fields.BODY, "", _D, at + 2, pairs=not document[fields.BODY].isascii())
    return found, end - 2 > _LAST


def tsvector(places: Places) -> tuple[str, bool]:
    """Return a tsvector as PostgreSQL reads it, and whether something did not fit."""
    parts: list[str] = []
    is_cut = False
    for lexeme in _fitting(places):
        positions = places[lexeme]
        if len(positions) > 1 and positions[-1] & _LAST == _LAST:
            positions = sorted(set(positions), key=_place)
        if len(positions) == 1 and positions[0] <= _LAST:  # most
            text = f"{positions[0]}D"
        else:
            text = ",".join(
                [
                    f"{one}D" if one <= _LAST else f"{one & _LAST}{'DCBA'[one >> 14]}"
                    for one in positions[:_WINDOW]
                ]
            )
        if text and lexeme.isalnum() and 4 * len(lexeme) <= _LONGEST:  # nearly always
            parts.append(f"'{lexeme}':{text}")
        else:
            parts.append(quoted(lexeme, text))
            is_cut = is_cut or len(cut(lexeme)) < len(lexeme)
        is_cut = is_cut or len(positions) > _WINDOW
    return " ".join(parts), is_cut or len(parts) < len(places)


def _fitting(places: Places) -> Iterator[str]:
    """Yield the lexemes that fit into a tsvector."""
    count = sum(map(len, places.values()))
    if 4 * sum(map(len, places)) + 2 * count + 4 * len(places) <= _MOST:  # nearly always
        yield from places
        return
    size = 0
    for lexeme, positions in places.items():
        size += len(cut(lexeme).encode()) + 2 * min(len(set(positions)), _WINDOW) + 4
        if size > _MOST:
            return
        yield lexeme


def quoted(lexeme: str, suffix: str = "") -> str:
    """Return a lexeme as it stands in a tsvector or a tsquery, with positions or weights."""
    text = cut(lexeme).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'{':' if suffix else ''}{suffix}"


def _place(position: int) -> int:
    return position & _LAST


def cut(lexeme: str) -> str:
    """Return a lexeme of a length that PostgreSQL takes."""
    if 4 * len(lexeme) <= _LONGEST:
        return lexeme
    data = lexeme.encode()
    return lexeme if len(data) <= _LONGEST else data[:_LONGEST].decode(errors="ignore")


def is_split(token: str) -> bool:
    """Whether a token is a character of a script without spaces between words."""
    return len(token) == 1 and is_in(token, SPLIT)


def _windows(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of a long article in parts that no limit of a tsvector affects."""
    for name, weight in ((fields.HEAD, _A), (fields.BODY, _D)):
        stream: list[str] = []
        for text in _texts(document, name):
            stream += [*text.split(), ""]
        for start in range(0, len(stream), _WINDOW - LONGEST_PHRASE):
            found: defaultdict[str, list[int]] = defaultdict(list)
            for at, token in enumerate(stream[start : start + _WINDOW], 1):
                if token:
                    found[token].append(weight | at)
            yield tsvector(found)[0]


def _texts(document: Mapping[str, Any], name: str) -> Sequence[str]:
    value = document.get(name, ())
    return (value,) if isinstance(value, str) else value


def _forms(document: Mapping[str, Any], name: str) -> list[str]:
    return [form for text in _texts(document, name) for form in text.split()]

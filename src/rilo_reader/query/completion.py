"""Completion of the word at the end of a query (pure).

`find_partial_term` says what is being typed: the names of the query language that it may become,
and where the caller should look for words or values of the library. `list_offers` puts both
together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rilo_reader.article import Field
from rilo_reader.query.tokens import joined_form_of, to_tokens
from rilo_reader.query.tree import (
    FEEDS,
    MARK_FIELDS,
    OTHER_FIELDS,
    WHOLE_FIELDS,
    WORD_FIELDS,
    Sort,
    TimedMark,
)

_COMMON = ("title", "tag", "text", "source", "sort", "author", "after")
FIELD_NAMES = (*_COMMON, *sorted({*WORD_FIELDS.values(), *OTHER_FIELDS}.difference(_COMMON)))
"""The fields in the order of offers; of those with the same first letters the common ones first."""

_WORDS = {"title": Field.TITLE, "body": Field.BODY, "text": Field.TEXT}
_VALUES = {name: field for name, field in WORD_FIELDS.items() if field in WHOLE_FIELDS}
_CHOICES: dict[str, Sequence[str]] = {
    **MARK_FIELDS,
    "minutes": ("<5", "<10", "5..15", ">15"),
    **dict.fromkeys(TimedMark, ("today", "1d", "7d", "1m")),
    "sort": (Sort.RELEVANCE, Sort.OLDEST, Sort.NEWEST, Sort.READ),
}
_QUOTES = '"“”„'
_LAST = re.compile(r"(?:(?<=[\s(])|^)-?(?:([a-z]+):)?([^\s()\"“”„]*)$")
_FIELD_BEFORE = re.compile(r"(?:(?<=[\s(-])|^)([a-z]+):$")
_PLAIN = re.compile(r"[^\s()\"“”„/~@*=-][^\s()\"“”„*]*")


class Offer(NamedTuple):
    """A completion."""

    label: str  # the text to display
    text: str  # the replacement of what was typed
    hits: int | None = None  # the number of articles that match, None for names of the language


class PartialTerm(NamedTuple):
    """A term that is being typed at the end of a query."""

    start: int  # where it begins; an offer replaces everything from there on
    letters: str = ""  # its letters so far, possibly none
    name_offers: tuple[Offer, ...] = ()  # completions from the query language itself
    field: Field | None = None  # the field whose words or values may complete it, None if none may
    is_feed_tag: bool = False  # whether tags of feeds complete it

    @property
    def is_value(self) -> bool:
        """True if it is completed by whole values, not by words."""
        return self.is_feed_tag or self.field in _VALUES.values()


def find_partial_term(text: str, saved_names: Sequence[str] = ()) -> PartialTerm | None:
    """Return what is typed at the end of a query up to the cursor, None if nothing can be offered.

    `saved_names` are the names of the saved searches.
    """
    opening: int | None = None  # a quotation mark that is not closed
    for at, character in enumerate(text):
        if character in _QUOTES:
            if opening is None:
                opening = at
            elif character != "„":
                opening = None
    if opening is not None:
        return _find_in_quotes(text, opening)
    match = _LAST.search(text)
    if match is None:
        return None
    name, begun, start = match[1], match[2], match.start(2)
    if name in _CHOICES:
        return PartialTerm(start, begun, _offer_names(begun, _CHOICES[name], ""))
    if name in _VALUES or name == FEEDS:
        return PartialTerm(start, begun, field=_VALUES.get(name), is_feed_tag=name == FEEDS)
    return _complete_word(name, begun, start, saved_names)


def _complete_word(
    name: str | None, letters: str, start: int, saved_names: Sequence[str]
) -> PartialTerm | None:
    """A word, with or without a field."""
    if not letters or letters[0] in "/~" or (name and (name not in _WORDS or letters[0] == "@")):
        return None
    if name:
        return PartialTerm(start, letters, field=_WORDS[name])
    if letters[0] == "@":
        wanted = letters[1:].casefold()
        named = (name for name in saved_names if name.casefold().startswith(wanted))
        offers = tuple(Offer(f"@{name}", f"@{quote_value(name)} ") for name in named)
        return PartialTerm(start, letters, offers)
    return PartialTerm(start, letters, _offer_names(letters, FIELD_NAMES, ":"), Field.ANYWHERE)


def list_offers(
    partial_term: PartialTerm, found: Iterable[tuple[str, int]], limit: int
) -> tuple[Offer, ...]:
    """The completions: names of the language first, then words or values, most frequent first.

    `found` are words or values with their numbers of articles, in order. A word that is typed
    already is among them with its number. If none is more frequent it comes first, and only the
    name of a field or a search that is that word comes before it.
    """
    is_value = partial_term.is_value
    words = [
        Offer(text, f"{quote_value(text) if is_value else text} ", hits) for text, hits in found
    ]
    names = list(partial_term.name_offers)
    if words and not is_value and (words[0].label,) == to_tokens(partial_term.letters):
        is_name = any(offer.label == f"{partial_term.letters}:" for offer in names)
        names.insert(1 if is_name else 0, words.pop(0))
    return tuple([*names, *words][:limit])


def is_longer_than_typed(text: str, partial_term: PartialTerm, offer: Offer) -> bool:
    """Return whether an offer is more than what is typed: a whole word stays."""
    begun = text[partial_term.start :]
    is_typed = offer.text.strip().casefold() == begun.casefold()
    return not (is_typed or (not partial_term.is_value and (offer.label,) == to_tokens(begun)))


def quote_value(value: str) -> str:
    """A value in the syntax of a query, with quotation marks where they are needed."""
    if _PLAIN.fullmatch(value) and not joined_form_of(value):
        return value
    bare = value.translate(dict.fromkeys(map(ord, _QUOTES), " ")).rstrip("*")
    return f'"{" ".join(bare.split())}"'


def _find_in_quotes(text: str, opening: int) -> PartialTerm | None:
    """Return what is typed after an open quotation mark: a value, or a phrase's last word."""
    match = _FIELD_BEFORE.search(text[:opening])
    name = match[1] if match else ""
    if name in _VALUES or name == FEEDS:
        begun = text[opening + 1 :]
        return PartialTerm(opening, begun, field=_VALUES.get(name), is_feed_tag=name == FEEDS)
    begun = text[opening + 1 :].rpartition(" ")[2]
    if not begun or (name and name not in _WORDS):
        return None
    return PartialTerm(len(text) - len(begun), begun, field=_WORDS.get(name, Field.ANYWHERE))


def _offer_names(letters: str, names: Iterable[str], after: str) -> tuple[Offer, ...]:
    return tuple(
        Offer(f"{name}{after}", f"{name}{after}" if after else f"{name} ")
        for name in names
        if name.startswith(letters) and f"{name}{after}" != letters
    )

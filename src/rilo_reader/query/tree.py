"""A query as a tree of small values that never change; knows neither text syntax nor the index.

There are no dataclasses here: to define one takes 0.5 ms, and this is on the path of each launch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Field(StrEnum):
    """Where a word may stand.

    ANYWHERE is title, body, tags, source and authors; TEXT is title and body.
    """

    ANYWHERE = "anywhere"
    TEXT = "text"
    TITLE = "title"
    BODY = "body"
    SOURCE = "source"
    TAG = "tag"
    AUTHOR = "author"
    URL = "url"
    LANG = "lang"


AS_IT_IS = frozenset({Field.URL, Field.LANG})
"""Where a word with hyphens or dots is not looked for as it is written together."""


class Mark(StrEnum):
    """A state that an article can be asked for."""

    READ = "read"
    UNREAD = "unread"
    STARRED = "starred"


class Sort(StrEnum):
    """Order of results."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RELEVANCE = "relevance"


class How(StrEnum):
    """How a word is compared with those of a text."""

    EXACTLY = "exactly"
    NEARLY = "nearly"
    PATTERN = "pattern"
    WHOLE = "whole"


class Words(NamedTuple):
    """Tokens that follow one another; one token is a word, several a phrase.

    Attributes:
        field: where they stand.
        tokens: as analysis.tokens gives them, at least one; NEARLY has one token, PATTERN a
            regular expression (see patterns.py) in place of it, and WHOLE the value itself.
        prefix: whether the last token may be the beginning of a longer word.
        how: NEARLY allows one letter to be wrong, missing, too many, or exchanged with the next;
            WHOLE is the whole value of SOURCE, TAG, AUTHOR or LANG, letter for letter.
    """

    field: Field
    tokens: tuple[str, ...]
    prefix: bool = False
    how: How = How.EXACTLY


class Dates(NamedTuple):
    """Articles of a span of time: from `start` on, before `end`; None leaves that side open.

    Both are in the reader's time zone. An article that has a day and no time of day is within the
    span where its day on the clock there is.
    """

    start: datetime | None
    end: datetime | None


class Is(NamedTuple):
    """Articles in a state."""

    mark: Mark


class _Branch:
    """A node over others: equal only to one of its own class, which a tuple is not."""

    __slots__ = ("_below",)
    _below: Node | tuple[Node, ...]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Branch) and type(other) is type(self) and self._below == other._below
        )

    def __hash__(self) -> int:
        return hash((type(self), self._below))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._below!r})"


class Not(_Branch):
    """Articles that do not match."""

    __slots__ = ()
    _below: Node

    def __init__(self, node: Node) -> None:
        self._below = node

    @property
    def node(self) -> Node:
        """What they do not match."""
        return self._below


class _Group(_Branch):
    __slots__ = ()
    _below: tuple[Node, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in order."""
        return self._below


class And(_Group):
    """Articles that match every node; without nodes, all articles."""

    __slots__ = ()

    def __init__(self, nodes: tuple[Node, ...] = ()) -> None:
        self._below = nodes


class Or(_Group):
    """Articles that match one node or more."""

    __slots__ = ()

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._below = nodes


Node = Words | Dates | Is | Not | And | Or


class QueryFault(NamedTuple):
    """Something in a query's text that was not understood.

    Attributes:
        start: first character, counted from 0.
        end: one past the last.
        reason: one sentence for the user.
    """

    start: int
    end: int
    reason: str


class Query(NamedTuple):
    """A whole query: what to find, in which order, and what of its text was not understood."""

    node: Node = And()
    sort: Sort = Sort.NEWEST
    faults: tuple[QueryFault, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether every article matches."""
        return self.node == And()


def within(query: Query, dates: Dates) -> Query:
    """The query, only of articles of a span of time."""
    parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
    return query._replace(node=And((*parts, dates)) if parts else dates)


def highlights(query: Query) -> tuple[Words, ...]:
    """The words that a hit is to be marked for: those not under a Not, each once, in order."""
    found: dict[Words, None] = {}

    def walk(node: Node) -> None:
        if isinstance(node, Words):
            if node.field not in (Field.URL, Field.LANG) and node.how is not How.WHOLE:
                found[node] = None
        elif isinstance(node, And | Or):
            for child in node.nodes:
                walk(child)

    walk(query.node)
    return tuple(found)


# The names of fields in a query, and what somebody meant who slipped (pure).


WORD_FIELDS = {
    "text": Field.TEXT,
    "title": Field.TITLE,
    "body": Field.BODY,
    "source": Field.SOURCE,
    "tag": Field.TAG,
    "tags": Field.TAG,
    "author": Field.AUTHOR,
    "authors": Field.AUTHOR,
    "url": Field.URL,
    "lang": Field.LANG,
}
WHOLE_FIELDS = (Field.SOURCE, Field.TAG, Field.AUTHOR, Field.LANG)
"""Fields whose whole value can be asked for."""

OTHER_FIELDS = ("after", "before", "date", "is", "sort")


def near_field(name: str) -> str | None:
    """The field that a name with one slip was meant to be."""
    for known in (*WORD_FIELDS, *OTHER_FIELDS):
        if len(known) > 2 and _is_one_slip(name, known):
            return known
    return None


def _is_one_slip(name: str, known: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two are exchanged."""
    if len(name) == len(known):
        wrong = [at for at in range(len(known)) if name[at] != known[at]]
        return len(wrong) == 1 or (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and name[wrong[0]] == known[wrong[1]]
            and name[wrong[1]] == known[wrong[0]]
        )
    shorter, longer = sorted((name, known), key=len)
    return len(longer) - len(shorter) == 1 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )


def near_name(name: str, names: Iterable[str]) -> str:
    """A hint at the saved searches that were perhaps meant."""
    from difflib import get_close_matches

    known = {known.casefold(): known for known in names}
    near = [f"@{known[found]}" for found in get_close_matches(name.casefold(), list(known), 3, 0.5)]
    if not near:
        return "."
    return f"; did you mean {', '.join(near[:-1])}{' or ' if near[1:] else ''}{near[-1]}?"

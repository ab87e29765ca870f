"""The tree of a query, immutable values that do not know the index, and the names of its fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple


class Field(StrEnum):
    """The part of an article to search.

    ANYWHERE is title, body, tags, source, authors and the user's notes; TEXT is title and body.
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
    NOTE = "note"


_WITHOUT_HITS = frozenset({Field.URL, Field.LANG, Field.NOTE})

AS_IT_IS = frozenset({Field.URL, Field.LANG})
"""Fields in which words are not compared with joined forms (see `joined`)."""


class Mark(StrEnum):
    """A mark that a query can ask for; NOTE is whether the user has written one."""

    READ = "read"
    UNREAD = "unread"
    STARRED = "starred"
    HIGHLIGHTED = "highlighted"
    NOTE = "note"


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
    "note": Field.NOTE,
}
WHOLE_FIELDS = (Field.SOURCE, Field.TAG, Field.AUTHOR, Field.LANG)  # `field:="whole value"`

# Fields that ask for marks, and their values in the order of offers.
MARK_FIELDS = {
    "is": (Mark.UNREAD, Mark.READ, Mark.STARRED, Mark.HIGHLIGHTED),
    "has": (Mark.NOTE,),
}

OTHER_FIELDS = ("after", "before", "date", *MARK_FIELDS, "sort")


class Sort(StrEnum):
    """Order of results."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RELEVANCE = "relevance"


class How(StrEnum):
    """How a word is compared with the words of a text."""

    EXACTLY = "exactly"
    NEARLY = "nearly"
    PATTERN = "pattern"
    WHOLE = "whole"


class Words(NamedTuple):
    """A word, or a phrase of several tokens."""

    field: Field  # the field to search
    # As `tokens.tokens` returns them, at least one. NEARLY has one token, PATTERN a regular
    # expression (see `patterns.read_pattern`) instead, and WHOLE the value itself.
    tokens: tuple[str, ...]
    prefix: bool = False  # whether the last token may be the beginning of a longer word
    # NEARLY allows one edit: a letter wrong, missing, added, or swapped with the next. WHOLE
    # compares the exact, complete value of SOURCE, TAG, AUTHOR or LANG.
    how: How = How.EXACTLY


class Dates(NamedTuple):
    """Articles from `start` on and before `end`; None leaves that side open.

    Both are in the user's time zone, and so is the day of an article without a time of day.
    """

    start: datetime | None
    end: datetime | None


class Is(NamedTuple):
    """Articles with a mark."""

    mark: Mark


class _Branch:
    """A node with children; equal only to nodes of its own class, unlike a tuple."""

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
        """The negated node."""
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
    """Articles that match at least one node."""

    __slots__ = ()

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._below = nodes


Node = Words | Dates | Is | Not | And | Or


class QueryFault(NamedTuple):
    """A part of a query's text that was not understood."""

    start: int  # its first character, 0-based
    end: int  # one past its last character
    reason: str  # one sentence for the user


class Query(NamedTuple):
    """A parsed query: the tree, the order of results, and the faults of its text."""

    node: Node = And()
    sort: Sort = Sort.NEWEST
    faults: tuple[QueryFault, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether every article matches."""
        return self.node == And()


def within(query: Query, dates: Dates) -> Query:
    """The query restricted to a span of time."""
    parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
    return query._replace(node=And((*parts, dates)) if parts else dates)


def highlights(query: Query) -> tuple[Words, ...]:
    """The words to highlight: those not negated, in order and without duplicates.

    Words of fields that are not shown, and of notes, have no hits in the article.
    """
    found: dict[Words, None] = {}

    def walk(node: Node) -> None:
        if isinstance(node, Words):
            if node.field not in _WITHOUT_HITS and node.how is not How.WHOLE:
                found[node] = None
        elif isinstance(node, And | Or):
            for child in node.nodes:
                walk(child)

    walk(query.node)
    return tuple(found)


def near_field(name: str) -> str | None:
    """The field whose name is one edit away, None if there is none."""
    for known in (*WORD_FIELDS, *OTHER_FIELDS):
        if len(known) > 2 and _is_one_slip(name, known):
            return known
    return None


def _is_one_slip(name: str, known: str) -> bool:
    """Whether one letter is wrong, missing or added, or two neighbours are swapped."""
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
    """The end of a message: a full stop, or a suggestion of saved searches with similar names."""
    known = {known.casefold(): known for known in names}
    suggestions = [
        f"@{known[found]}" for found in get_close_matches(name.casefold(), list(known), 3, 0.5)
    ]
    if not suggestions:
        return "."
    *others, last = suggestions
    return f"; did you mean {', '.join(others)}{' or ' if others else ''}{last}?"

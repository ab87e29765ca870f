"""A query as a tree of small frozen dataclasses; knows neither text syntax nor the index."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Words:
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


@dataclass(frozen=True, slots=True)
class Dates:
    """Articles of a span of time: from `start` on, before `end`; None leaves that side open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Is:
    """Articles in a state."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Not:
    """Articles that do not match."""

    node: Node


@dataclass(frozen=True, slots=True)
class And:
    """Articles that match every node; without nodes, all articles."""

    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """Articles that match one node or more."""

    nodes: tuple[Node, ...]


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

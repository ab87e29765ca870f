"""The tree of a query, immutable values that do not know the index, and the words for fields."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rilo_reader.article import FIELDS, ArticleId, Field

AS_IT_IS = frozenset(one.field for one in FIELDS if not one.is_shown)
"""Fields in which words are not compared with joined forms (see `joined_forms`)."""

WITHOUT_HITS = AS_IT_IS | {Field.NOTE}
"""Fields that the page does not show."""


class QueryMark(StrEnum):
    """A mark that a query can ask for; NOTE is whether the user has written one."""

    READ = "read"
    UNREAD = "unread"
    STARRED = "starred"
    HIGHLIGHTED = "highlighted"
    EDITED = "edited"
    NOTE = "note"


class TimedMark(StrEnum):
    """A mark whose time a query can ask for: the field of its own, as in `starred:1d`."""

    READ = "read"
    STARRED = "starred"
    TAGGED = "tagged"
    NOTED = "noted"


WORD_FIELDS = {
    **{str(field): field for field in (Field.TEXT, Field.BODY, Field.NOTE)},
    **{word: one.field for one in FIELDS for word in (str(one.field), one.name)},
}
WHOLE_FIELDS = tuple(one.field for one in FIELDS if one.facet)  # `field:="whole value"`

FILE_KINDS = (Field.ENCLOSURE.value, "audio", "video")
"""Words of `Field.ENCLOSURE` that `has:` asks for: any file that is attached, or one of a kind."""

# Fields that ask for marks, and their values in the order of offers.
MARK_FIELDS = {
    "is": (
        QueryMark.UNREAD,
        QueryMark.READ,
        QueryMark.STARRED,
        QueryMark.HIGHLIGHTED,
        QueryMark.EDITED,
    ),
    "has": (QueryMark.NOTE, *FILE_KINDS),
}

FEEDS = "feeds"  # the field of the tags of feeds

OTHER_FIELDS = ("after", "before", "date", *TimedMark, FEEDS, "minutes", *MARK_FIELDS, "sort")


class Sort(StrEnum):
    """Order of results."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RELEVANCE = "relevance"
    READ = "read"  # the last read one first; then those that are not read, newest first

    @property
    def is_by_date(self) -> bool:
        """True if the order is that of the articles' dates."""
        return self in {Sort.NEWEST, Sort.OLDEST}


class MatchKind(StrEnum):
    """A way to compare a word with the words of a text."""

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
    is_prefix: bool = False  # whether the last token may be the beginning of a longer word
    # NEARLY allows one edit: a letter wrong, missing, added, or swapped with the next. WHOLE
    # compares the exact, complete value of one of WHOLE_FIELDS.
    match_kind: MatchKind = MatchKind.EXACTLY

    @property
    def may_be_joined(self) -> bool:
        """True if it is also compared with joined forms (see `joined_forms`)."""
        is_word = len(self.tokens) == 1 and len(self.tokens[0]) > 1
        return is_word and self.match_kind is MatchKind.EXACTLY


class Dates(NamedTuple):
    """Articles from `start` on and before `end`; None leaves that side open.

    Both are in the user's time zone, and so is the day of an article without a time of day.
    """

    start: datetime | None
    end: datetime | None


class Minutes(NamedTuple):
    """Articles that take `minimum` to `maximum` minutes to read; None: no maximum."""

    minimum: int
    maximum: int | None


class ArticleSelection(NamedTuple):
    """These articles; by relevance, they are in this order."""

    articles: tuple[ArticleId, ...]


class FeedTag(NamedTuple):
    """Articles of the feeds that have a tag now, or one below it; with "", feeds without a tag.

    `ArticleSearch` puts the sources of these feeds in its place.
    """

    tag: str  # as it was written; see `fold_tag`
    is_prefix: bool = False  # whether the tag may be the beginning of a longer one


class HasMark(NamedTuple):
    """Articles with a mark."""

    mark: QueryMark


class MarkedDuring(NamedTuple):
    """Articles that got a mark in a span of time, and have it; by the last time they got it."""

    mark: TimedMark
    dates: Dates


class Not(NamedTuple):
    """Articles that do not match."""

    node: "Node"


@dataclass(frozen=True)
class _Compound:
    nodes: tuple["Node", ...] = ()


class And(_Compound):
    """Articles that match every node; without nodes, all articles."""


class Or(_Compound):
    """Articles that match at least one node."""


Node = (
    Words | Dates | Minutes | ArticleSelection | FeedTag | HasMark | MarkedDuring | Not | And | Or
)


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
        """True if every article matches."""
        return self.node == And()


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes that must all match."""
    return node.nodes if isinstance(node, And) else (node,)


def all_of(nodes: Iterable[Node]) -> Node:
    """Return a node that matches what all these match, with no And within an And."""
    flat = tuple(part for node in nodes for part in parts_of(node))
    return flat[0] if len(flat) == 1 else And(flat)


def restrict_query(query: Query, *nodes: Node) -> Query:
    """The results of a query that match these nodes too."""
    return query._replace(node=all_of((query.node, *nodes)))


def has_feed_tag(node: Node) -> bool:
    """Return whether a node depends on the tags of feeds."""
    return has_node(node, lambda each: isinstance(each, FeedTag))


def has_dates(node: Node) -> bool:
    """Return whether a node depends on dates, which may be those of another day tomorrow."""
    return has_node(node, lambda each: isinstance(each, Dates | MarkedDuring))


def has_node(node: Node, is_wanted: Callable[[Node], bool]) -> bool:
    """Return whether a node is wanted, or one within it."""
    pending = [node]
    for each in pending:
        if is_wanted(each):
            return True
        if isinstance(each, And | Or):
            pending += each.nodes
        elif isinstance(each, Not):
            pending.append(each.node)
    return False


def source_of(node: Node) -> str:
    """Return a name for the source, or the tag of feeds, that is all a list shows; else "".

    Also where only its unread articles are shown.
    """
    parts = [part for part in parts_of(node) if part != HasMark(QueryMark.UNREAD)]
    match parts:
        case [FeedTag(tag, False)]:
            return f"feeds:{fold_tag(tag)}"
        case [Words(Field.SOURCE, (name,), _, MatchKind.WHOLE)]:
            return f"source:{name}"
    return ""


_QUOTES = dict.fromkeys(map(ord, '"“”„'), " ")


def clean_tag(tag: str) -> str:
    """Return a tag of feeds as a query can write it: without quotes, or a star at the end."""
    return " ".join(tag.translate(_QUOTES).rstrip("* ").split())


@lru_cache(1_000)  # counts of many tags compare each with each
def fold_tag(tag: str) -> str:
    """Return a tag of feeds as tags are compared."""
    return clean_tag(tag).casefold()


def is_tag_found(tag: str, node: FeedTag) -> bool:
    """Return whether a query for a tag of feeds finds the feeds that have `tag`.

    It finds those of tags below it, too: News/Europe with News. Lists of feeds count by it.
    """
    wanted, folded = fold_tag(node.tag), fold_tag(tag)
    if node.is_prefix:
        return folded.startswith(wanted)
    return folded == wanted or (bool(wanted) and folded.startswith(f"{wanted}/"))


def replace_nodes(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the tree with what `change` returns in place of each node that it changes."""
    changed = change(node)
    if changed is not node:
        return changed
    if isinstance(node, Not):
        return Not(replace_nodes(node.node, change))
    if isinstance(node, And | Or):
        return type(node)(tuple(replace_nodes(each, change) for each in node.nodes))
    return node


def words_to_highlight(query: Query) -> tuple[Words, ...]:
    """The words to highlight: those not negated, in order and without duplicates.

    Words of fields that are not shown, and of notes, have no hits in the article.
    """
    found: dict[Words, None] = {}

    def walk(node: Node) -> None:
        if isinstance(node, Words):
            if node.field not in WITHOUT_HITS and node.match_kind is not MatchKind.WHOLE:
                found[node] = None
        elif isinstance(node, And | Or):
            for child in node.nodes:
                walk(child)

    walk(query.node)
    return tuple(found)

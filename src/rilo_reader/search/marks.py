"""The reader's state as queries ask for it, and what of it a query asks for (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from rilo_reader.article import ArticleId
from rilo_reader.search.query import And, How, Is, Mark, Node, Not, Words
from rilo_reader.search.schema import GAP

if TYPE_CHECKING:
    from array import array


class Marked(Protocol):
    """What the reader's state knows and a query may ask for."""

    def articles(self, mark: Mark) -> Collection[ArticleId]:
        """The articles with this mark; asked for READ and STARRED only."""
        ...

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        """The keys (`schema.keys_of`) of the articles with this mark, some at a time."""
        ...

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The revision of the marks now, and the articles whose marks changed after another.

        None where that is not known: then any may have.
        """
        ...

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        """Those of the articles that have the mark; asked for READ and STARRED only."""
        ...

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's own tags, each with its articles."""
        ...


class _NothingMarked:
    def articles(self, mark: Mark) -> Collection[ArticleId]:
        return ()

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        return iter(())

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        return 0, ()

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        return ()

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        return {}


NOTHING_MARKED: Marked = _NothingMarked()
"""A state in which nothing is read, starred or tagged."""


def is_tag(words: Words, tag: str) -> bool:
    """Whether the words find a tag."""
    from rilo_reader.search.analysis import fold, tokens
    from rilo_reader.search.joined import joined, may_be_joined

    if words.how is How.WHOLE:
        return tag == words.tokens[0]
    if may_be_joined(words):
        [word] = words.tokens
        forms = joined(fold(tag))
        if word in forms or (words.prefix and any(form.startswith(word) for form in forms)):
            return True
    return _matches(words, tokens(tag))


def _matches(words: Words, tag: tuple[str, ...]) -> bool:
    """Whether the words stand in a tag's tokens, one after the other."""
    if words.how is not How.EXACTLY:
        from rilo_reader.search.patterns import matcher

        matches = matcher(words)
        return any(matches(part) for part in tag if part != GAP)
    size = len(words.tokens)
    for start in range(len(tag) - size + 1):
        part = tag[start : start + size]
        if part == words.tokens:
            return True
        if (
            words.prefix
            and part[:-1] == words.tokens[:-1]
            and part[-1].startswith(words.tokens[-1])
        ):
            return True
    return False


def split_marks(node: Node) -> tuple[Node, frozenset[tuple[Mark, bool]]]:
    """Take the marks that every result must have, or must not, out of a tree.

    Returns:
        The tree without them, and (READ or STARRED, whether it must be there).
    """
    rest: list[Node] = []
    conditions: set[tuple[Mark, bool]] = set()
    waiting = [node]
    while waiting:
        child = waiting.pop()
        mark = child.node if isinstance(child, Not) else child
        if isinstance(child, And):
            waiting.extend(reversed(child.nodes))
        elif isinstance(mark, Is):
            wanted = isinstance(child, Is)
            if mark.mark is Mark.UNREAD:
                conditions.add((Mark.READ, not wanted))
            else:
                conditions.add((mark.mark, wanted))
        else:
            rest.append(child)
    return rest[0] if len(rest) == 1 else And(tuple(rest)), frozenset(conditions)

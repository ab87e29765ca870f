"""What share of the articles a query is likely to match, as the index's lists of words tell it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from rilo_reader.query.tree import And, Field, How, Node, Not, Or, Words
from rilo_reader.search import schema as fields
from rilo_reader.search.recent import Recent

if TYPE_CHECKING:
    from rilo_reader.search.commit import Commit
    from rilo_reader.search.compile import Compiler

ENOUGH = 100_000
"""Articles from which on it is worth looking among the newest first."""

NOT_KNOWN = 0.0
"""The share of what cannot be told."""

_ANYWHERE = {Field.ANYWHERE, Field.TEXT, Field.BODY}


def among_the_newest(commit: Commit, total: int, wanted: int) -> bool:
    """Whether the newest so many of a query's results are likely to be among the newest articles.

    Args:
        commit: what is asked.
        total: how many results the query has.
        wanted: how many of them.
    """
    articles = commit.searcher.num_docs
    return articles >= ENOUGH and total * Recent.SIZE >= 2 * wanted * articles


def likely_among_the_newest(
    commit: Commit, compiler: Compiler, node: Node | None, wanted: int
) -> bool:
    """The same of a query whose total nobody knows; and whether looking there first is cheaper."""
    articles = commit.searcher.num_docs
    if node is None or articles < ENOUGH:
        return False
    share, hoped = share_of(commit, compiler, node)
    if hoped and not commit.is_view:
        return False  # going through the words of the index again costs what it saves
    return among_the_newest(commit, int(share * articles), wanted)


def share_of(commit: Commit, compiler: Compiler, node: Node) -> tuple[float, bool]:
    """The share of articles (0 to 1) that are likely to match, and whether that is but a hope.

    It is a hope where words have to be looked for that only begin so, of which nobody knows
    beforehand how many articles have them: then the share is 1.
    """
    if isinstance(node, And):
        wanted = [child for child in node.nodes if not isinstance(child, Not)]
        each = [share_of(commit, compiler, child) for child in wanted]
        return prod(share for share, _ in each), any(hoped for _, hoped in each)
    if isinstance(node, Or):
        each = [share_of(commit, compiler, child) for child in node.nodes]
        return max((share for share, _ in each), default=NOT_KNOWN), any(h for _, h in each)
    if isinstance(node, Words) and len(node.tokens) == 1 and node.field in _ANYWHERE:
        return _of_word(commit, compiler, node)
    return NOT_KNOWN, False


def _of_word(commit: Commit, compiler: Compiler, word: Words) -> tuple[float, bool]:
    start = compiler.start_of(word)
    if start is not None:
        return _listed(commit, (fields.STARTS,), start), False
    if word.how is not How.EXACTLY:
        return NOT_KNOWN, False
    if word.prefix:
        return 1.0, True
    return _listed(commit, (fields.HEAD, fields.BODY), word.tokens[0]), False


def _listed(commit: Commit, names: tuple[str, ...], word: str) -> float:
    # The lists count deleted articles too; every article has this word, where any has.
    everything = commit.searcher.doc_freq(fields.STARTS, fields.MARKED)
    hits = sum(commit.searcher.doc_freq(name, word) for name in names)
    return min(1.0, hits / max(1, everything, commit.searcher.num_docs))

"""Changing the text of a query by a command while the rest stays as it was typed (pure).

Every change is made on the text and checked on the tree: where putting a term before the text
would mean something else (`a OR b`), other ways to write it are tried, the normal form last. The
term goes before the text, so that a word that is still being typed stays a beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rilo_reader.search.analysis import join, tokens
from rilo_reader.search.parser import parse
from rilo_reader.search.printer import to_text
from rilo_reader.search.query import And, Field, How, Node, Query, Sort, Words

_SORT = re.compile(r"(?:^|(?<=\s))sort:\S*(?:\s+|$)")


def value_term(field: Field, value: str) -> str:
    """The term that finds a value of a field: `source:="RILO AP"`.

    A value that cannot be quoted is asked for by its words instead; "" where it holds none.

    Args:
        field: one that has whole values: SOURCE, TAG, AUTHOR, LANG.
        value: text from outside.
    """
    term = f'{field}:="{value}"'
    if parse(term) == Query(Words(field, (value,), how=How.WHOLE)):
        return term
    parts = tokens(value)
    return f'{field}:"{join(parts)}"' if parts else ""


def holds(text: str, term: str) -> bool:
    """Whether everything that the text finds is what the term finds, because it says so."""
    return set(_parts(_node(term))) <= set(_parts(_node(text)))


def restrict(text: str, term: str) -> str:
    """The text that finds of what `text` finds only what `term` finds too.

    Args:
        text: a query, its last word perhaps still being typed.
        term: one that parses without fault, such as `is:unread` or `-source:"RILO AP"`.
    """
    if holds(text, term):
        return text
    asked = parse(text, typing=True)
    wanted = Query(_all([*_parts(_node(term)), *_parts(asked.node)]), asked.sort)
    typed = text.lstrip()
    return _first_that_means(wanted, [f"{term} {typed}" if typed else term, f"{term} ({typed})"])


def lift(text: str, term: str) -> str:
    """The text without a restriction; the same text where it has none such."""
    if not holds(text, term):
        return text
    asked = parse(text, typing=True)
    taken = set(_parts(_node(term)))
    rest = [node for node in _parts(asked.node) if node not in taken]
    written = re.finditer(rf"(?:^|(?<=\s)){re.escape(term)}(?:\s+|$)", text)
    return _first_that_means(
        Query(_all(rest), asked.sort),
        (text[: found.start()] + text[found.end() :] for found in written),
    )


def with_sort(text: str, sort: Sort) -> str:
    """The text in another order; newest first needs no word."""
    bare = _SORT.sub("", text).lstrip()
    term = "" if sort is Sort.NEWEST else f"sort:{sort} "
    wanted = Query(parse(text, typing=True).node, sort)
    return _first_that_means(wanted, [(term + bare) if bare else term.rstrip()])


def _first_that_means(wanted: Query, ways: Iterable[str]) -> str:
    normal = to_text(wanted)
    # A last word that is whole needs the space that says so.
    for text in (*ways, normal):
        found = parse(text, typing=True)
        if (found.node, found.sort) == (wanted.node, wanted.sort):
            return text
    return f"{normal} "


def _node(text: str) -> Node:
    return parse(text, typing=True).node


def _parts(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, And) else (node,)


def _all(nodes: Iterable[Node]) -> Node:
    each = tuple(nodes)
    return each[0] if len(each) == 1 else And(each)

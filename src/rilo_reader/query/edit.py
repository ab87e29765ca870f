"""Changing the text of a query by a command while the rest stays as it was typed (pure).

Every change is made on the text and checked on the tree: where putting a term before the text
would mean something else (`a OR b`), other ways to write it are tried, the normal form last. The
term goes before the text, so that a word that is still being typed stays a beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rilo_reader.query.parser import parse
from rilo_reader.query.printer import to_text
from rilo_reader.query.tokens import join, tokens
from rilo_reader.query.tree import And, Field, How, Node, Not, Or, Query, Sort, Words

Saved = Mapping[str, str] | None
"""Saved searches by their names, as `parse` takes them."""

_SORT = re.compile(r"(?:^|(?<=\s))sort:\S*(?:\s+|$)")


def finished(text: str) -> str:
    """A text that is perhaps still being typed, as it is kept: `ivor` was a beginning, `ivor*`."""
    typed = parse(text, typing=True)
    whole = text.strip()
    for way in (whole, f"{whole}*"):
        if parse(way) == (typed.node, typed.sort, ()):
            return way
    return to_text(typed)


def as_typed(text: str) -> str:
    """A finished text for the search box: a blank says that the last word is whole."""
    return text if parse(text, typing=True)[:2] == parse(text)[:2] else f"{text} "


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


def with_other_value(text: str, field: Field, old: str, new: str) -> str:
    """The text that asks for another value wherever it asks for all of one: `source:="Old name"`.

    The same text where it does not, or says so in a way that no command writes.
    """
    before, after = parse(text), value_term(field, new)
    wanted = _replaced(before.node, Words(field, (old,), how=How.WHOLE), _node(after))
    if wanted == before.node or not after:
        return text
    bare = re.compile(rf"{re.escape(f'{field}:={old}')}(?=[\s)]|\Z)")
    for way in (text.replace(f'{field}:="{old}"', after), bare.sub(lambda _: after, text)):
        if parse(way) == before._replace(node=wanted):
            return way
    return text


def _replaced(node: Node, old: Node, new: Node) -> Node:
    """The tree with another node in place of each that is equal to one."""
    if node == old:
        return new
    if isinstance(node, Not):
        return Not(_replaced(node.node, old, new))
    if isinstance(node, And | Or):
        return type(node)(tuple(_replaced(each, old, new) for each in node.nodes))
    return node


def holds(text: str, term: str, *, saved: Saved = None) -> bool:
    """Whether everything that the text finds is what the term finds, because it says so."""
    return set(_parts(_node(term))) <= set(_parts(_node(text, saved)))


def restrict(text: str, term: str, *, saved: Saved = None) -> str:
    """The text that finds of what `text` finds only what `term` finds too.

    Args:
        text: a query, its last word perhaps still being typed.
        term: one that parses without fault, such as `is:unread` or `-source:="RILO AP"`.
        saved: the saved searches, as for `parse`.
    """
    if holds(text, term, saved=saved):
        return text
    asked = parse(text, typing=True, saved=saved)
    wanted = Query(_all([*_parts(_node(term)), *_parts(asked.node)]), asked.sort)
    typed = text.lstrip()
    ways = [f"{term} {typed}" if typed else term, f"{term} ({typed})"]
    return _first_that_means(wanted, ways, saved)


def lift(text: str, term: str, *, saved: Saved = None) -> str:
    """The text without a restriction; the same text where it has none such."""
    if not holds(text, term, saved=saved):
        return text
    asked = parse(text, typing=True, saved=saved)
    taken = set(_parts(_node(term)))
    rest = [node for node in _parts(asked.node) if node not in taken]
    written = re.finditer(rf"(?:^|(?<=\s)){re.escape(term)}(?:\s+|$)", text)
    ways = (text[: found.start()] + text[found.end() :] for found in written)
    return _first_that_means(Query(_all(rest), asked.sort), ways, saved)


def with_sort(text: str, sort: Sort, *, saved: Saved = None) -> str:
    """The text in another order; newest first needs no word, but after a saved search."""
    bare = _SORT.sub("", text).lstrip()
    wanted = Query(parse(text, typing=True, saved=saved).node, sort)
    ways = [bare] if sort is Sort.NEWEST else []
    ways.append(f"sort:{sort} {bare}" if bare else f"sort:{sort}")
    return _first_that_means(wanted, ways, saved)


def _first_that_means(wanted: Query, ways: Iterable[str], saved: Saved) -> str:
    normal = to_text(wanted)
    # A last word that is whole needs the space that says so.
    for text in (*ways, normal):
        found = parse(text, typing=True, saved=saved)
        if (found.node, found.sort) == (wanted.node, wanted.sort):
            return text
    return f"{normal} "


def _node(text: str, saved: Saved = None) -> Node:
    return parse(text, typing=True, saved=saved).node


def _parts(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, And) else (node,)


def _all(nodes: Iterable[Node]) -> Node:
    each = tuple(nodes)
    return each[0] if len(each) == 1 else And(each)

"""A tree that is no deeper than whoever reads it by recursion can go (lxml)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.html.reader import LISTS
from rilo_reader.html.tree import is_silent

if TYPE_CHECKING:
    from lxml.html import HtmlElement

DEEPEST = 64
"""Elements within each other; of 724 real pages the deepest has 42."""

_LISTS = LISTS | {"dl"}
_OF_OTHERS = _LISTS | frozenset(
    {"li", "dt", "dd", "table", "caption", "colgroup", "tbody"}
    | {"thead", "tfoot", "tr", "td", "th", "figcaption", "summary", "legend", "optgroup"}
)
"""Elements that mean nothing where they do not stand in, or hold, certain others."""


def flatten(root: HtmlElement, deepest: int = DEEPEST) -> None:
    """Put what is nested deeper behind the element that it is in, at that element's own depth.

    Of lists within lists that go too deep none is left: everything is behind the outermost. All
    text stays, in its order. Elements that are moved are paragraphs afterwards where they were
    parts of a list or a table; what nobody reads is emptied. Linear in the size of the tree.
    """
    level: list[tuple[HtmlElement, HtmlElement | None]] = [(root, None)]
    for _ in range(deepest):
        level = [
            (child, child if around is None and child.tag in _LISTS else around)
            for element, around in level
            for child in element
        ]
    for element, around in level:
        if len(element):
            _flatten(element if around is None else around)


def _flatten(element: HtmlElement) -> None:
    """Make what is in an element, at any depth, its siblings."""
    waiting = [element]
    while waiting:
        current = waiting.pop()
        children = list(current)
        if not children:
            continue
        if is_silent(current):
            for child in children:
                current.remove(child)
            continue
        if current.tail:
            # In an element of its own: carried along a tail would be copied at every depth.
            behind = current.makeelement("span")
            behind.text, current.tail = current.tail, None
            current.addnext(behind)
        for child in reversed(children):
            current.addnext(child)
            if child.tag in _OF_OTHERS:
                child.tag = "p"
        waiting += reversed(children)

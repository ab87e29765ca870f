"""Limit the depth of a tree, so that recursive code can read it (lxml)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.html.elements import LISTS
from rilo_reader.html.tree import is_silent

if TYPE_CHECKING:
    from lxml.html import HtmlElement

DEEPEST = 64
"""Maximum depth of a tree; the deepest of 724 real pages has 42 levels."""

_LISTS = LISTS | {"dl"}
_DEPENDENT = _LISTS | frozenset(
    {"li", "dt", "dd", "table", "caption", "colgroup", "tbody"}
    | {"thead", "tfoot", "tr", "td", "th", "figcaption", "summary", "legend", "optgroup"}
)
"""Elements that are only valid inside, or with, certain others."""


def flatten(root: HtmlElement, deepest: int = DEEPEST) -> None:
    """Move elements below the maximum depth up to it, behind their ancestors.

    Lists nested that deep are dissolved from the outermost one on. All text stays, in document
    order. Parts of lists and tables that are moved become paragraphs; hidden elements are emptied.
    Linear in the size of the tree.
    """
    level: list[tuple[HtmlElement, HtmlElement | None]] = [(root, None)]
    for _ in range(deepest):
        level = [
            (child, child if list_ancestor is None and child.tag in _LISTS else list_ancestor)
            for element, list_ancestor in level
            for child in element
        ]
    for element, list_ancestor in level:
        if len(element):
            _flatten(element if list_ancestor is None else list_ancestor)


def _flatten(element: HtmlElement) -> None:
    """Turn all descendants of an element into its following siblings."""
    pending = [element]
    while pending:
        current = pending.pop()
        children = list(current)
        if not children:
            continue
        if is_silent(current):
            for child in children:
                current.remove(child)
            continue
        if current.tail:
            # In an element of its own: lxml would copy a tail at every level it moves through.
            text_element = current.makeelement("span")
            text_element.text, current.tail = current.tail, None
            current.addnext(text_element)
        for child in reversed(children):
            current.addnext(child)
            if child.tag in _DEPENDENT:
                child.tag = "p"
        pending += reversed(children)

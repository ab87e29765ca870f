"""Small operations on a tree of elements that lxml leaves to its users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_TELLING = frozenset(
    {"img", "video", "audio", "iframe", "embed", "object", "math", "svg", "picture"}
)


def remove(element: HtmlElement) -> None:
    """Take an element out of its tree; the text behind it stays where it was."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
        element.tail = None
    parent.remove(element)


def text_of(element: HtmlElement) -> str:
    """All text in an element."""
    return "".join(element.itertext())


def is_empty(element: HtmlElement) -> bool:
    """Whether an element shows nothing."""
    if text_of(element).strip():
        return False
    return not any(inner.tag in _TELLING for inner in element.iter())


def following(element: HtmlElement) -> Iterator[HtmlElement]:
    """The elements that follow one in its parent."""
    yield from element.itersiblings()


def replace_by_text(element: HtmlElement, text: str) -> None:
    """Put text where an element is."""
    element.tail = text + (element.tail or "")
    remove(element)

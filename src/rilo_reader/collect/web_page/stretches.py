"""A page as stretches of text that run on, and the media between them (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.html.tree import SILENT

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address", "li"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "td", "th", "dt", "dd", "figure"}
    | {"figcaption", "center", "form", "summary", "details", "caption", "body", "ul", "ol", "dl"}
    | {"table", "tr", "tbody", "thead", "tfoot", "fieldset", "legend", "html", "hgroup", "hr"}
)
"""Elements between which text does not run on."""

MEDIA = frozenset({"img", "amp-img", "video", "audio", "iframe", "embed", "hr", "math", "svg"})
_UNREAD = SILENT - {"form", "button"}
_WORDS = re.compile(r"\w+")


def letters(text: str) -> str:
    """Only the letters and digits of a text, by which two forms of it are compared."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))


class Slot(NamedTuple):
    """A place of a tree that holds text: an element's own, or what follows it."""

    element: HtmlElement
    is_tail: bool


@dataclass
class Stretch:
    """Text that runs on, of a block and the inline elements in it, without a line break."""

    block: HtmlElement
    slots: list[Slot] = field(default_factory=list)
    text: str = ""
    kept: bool = False


class _Reader:
    """Reads a page into stretches."""

    def __init__(self, root: HtmlElement) -> None:
        self.stretches: list[Stretch] = []
        self.media: list[HtmlElement] = []
        self._texts: list[list[str]] = []
        self._root = root

    def read(self) -> None:
        """Read the whole page."""
        stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(self._root, self._root, False)]
        self._begin(self._root)
        while stack:
            element, block, is_left = stack.pop()
            is_block = element.tag in BLOCKS
            if is_left:
                if is_block or element.tag == "br":
                    self._begin(block)
                self._add(element, True, element.tail)
                continue
            if element is not self._root:
                stack.append((element, block, True))
            if not isinstance(element.tag, str) or element.tag in _UNREAD:
                continue
            if element.tag in MEDIA:
                self.media.append(element)
            own = element if is_block else block
            if is_block:
                self._begin(own)
            self._add(element, False, element.text)
            stack.extend((child, own, False) for child in reversed(element))
        for stretch, parts in zip(self.stretches, self._texts, strict=True):
            stretch.text = letters("".join(parts))

    def _begin(self, block: HtmlElement) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is None or last.slots or last.block is not block:
            self.stretches.append(Stretch(block))
            self._texts.append([])

    def _add(self, element: HtmlElement, is_tail: bool, text: str | None) -> None:
        if text and not text.isspace():
            self.stretches[-1].slots.append(Slot(element, is_tail))
            self._texts[-1].append(text)


def read_stretches(root: HtmlElement) -> tuple[list[Stretch], list[HtmlElement]]:
    """The stretches of a page that hold text, and its media, both in order.

    What is hidden is read too: pages hide what their scripts show.
    """
    reader = _Reader(root)
    reader.read()
    return [stretch for stretch in reader.stretches if stretch.slots], reader.media

"""Read a page as runs of text and media (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml.html import HtmlElement

from rilo_reader.html.tags import HEADINGS, LISTS, PARAGRAPHS, TABLE_PARTS
from rilo_reader.html.tree import SILENT

BLOCKS = PARAGRAPHS | LISTS | TABLE_PARTS | {*HEADINGS, "li", "blockquote", "pre", "hr"}
"""Elements that interrupt a run of text."""

MEDIA = frozenset({"img", "amp-img", "video", "audio", "iframe", "embed", "hr", "math", "svg"})
_UNREAD = SILENT - {"form", "button"}
_WORDS = re.compile(r"\w+")


def letters(text: str) -> str:
    """Return only the letters and digits of a text, for comparisons."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))


class Slot(NamedTuple):
    """A place for text in a tree: the text of an element, or its tail."""

    element: HtmlElement
    is_tail: bool


@dataclass
class TextRun:
    """The text of a block and its inline elements up to a line break."""

    block: HtmlElement
    slots: list[Slot] = field(default_factory=list)
    text: str = ""
    kept: bool = False


class _Reader:
    """Reads a page into text runs."""

    def __init__(self, root: HtmlElement) -> None:
        self.runs: list[TextRun] = []
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
        for run, parts in zip(self.runs, self._texts, strict=True):
            run.text = letters("".join(parts))

    def _begin(self, block: HtmlElement) -> None:
        last = self.runs[-1] if self.runs else None
        if last is None or last.slots or last.block is not block:
            self.runs.append(TextRun(block))
            self._texts.append([])

    def _add(self, element: HtmlElement, is_tail: bool, text: str | None) -> None:
        if text and not text.isspace():
            self.runs[-1].slots.append(Slot(element, is_tail))
            self._texts[-1].append(text)


def read_runs(root: HtmlElement) -> tuple[list[TextRun], list[HtmlElement]]:
    """Return the text runs and the media of a page, both in order.

    Hidden elements are included, since scripts would show them.
    """
    reader = _Reader(root)
    reader.read()
    return [run for run in reader.runs if run.slots], reader.media

"""Find a passage in HTML, and say where it is as annotator.js does, by which wallabag shows it."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from html.parser import HTMLParser
from typing import NamedTuple

_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})


class _Element(NamedTuple):
    tag: str
    path: str  # as XPath has it
    start: int  # where its text begins in that of the page
    children: Counter[str]


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.starts: list[int] = []  # of each piece of the text, with its element
        self.parents: list[_Element] = []
        self._open = [_Element("", "", 0, Counter())]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        parent = self._open[-1]
        parent.children[tag] += 1
        if tag not in _VOID:
            path = f"{parent.path}/{tag}[{parent.children[tag]}]"
            self._open.append(_Element(tag, path, len(self.text), Counter()))

    def handle_endtag(self, tag: str) -> None:
        if any(each.tag == tag for each in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.starts.append(len(self.text))
        self.parents.append(self._open[-1])
        self.text += data

    def locate(self, at: int) -> tuple[str, int]:
        parent = self.parents[bisect(self.starts, at) - 1]
        return parent.path, at - parent.start


def find_place(html: str, quote: str) -> dict[str, str] | None:
    """Return the range of a passage; None if it is not there."""
    page = _Reader(html)
    words = r"\s*".join(map(re.escape, quote.split()))
    found = re.search(words, page.text) if words else None
    if found is None:
        return None
    (start, first), (end, last) = page.locate(found.start()), page.locate(found.end() - 1)
    return {"start": start, "startOffset": str(first), "end": end, "endOffset": str(last + 1)}

"""What was meant to be XML -> events (pure): tags, as far as they can be told."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Protocol

from rilo_reader.collect.feed.markup import DEPTH, EnoughError, Events

_ATTRIBUTE_LIMIT = 200
_ATTRIBUTES_LIMIT = 65_536
PIECES = 3_000_000
"""Pieces of markup in one text; what follows is left out."""
_SLIPS = 10
"""So many comments are looked into for the end of an entry."""


class Loose(Events, Protocol):
    """What also says how unclosed tags are meant."""

    def closes(self, name: str) -> bool:
        """Whether the start of an element means that the innermost open one has ended."""

    def cut(self) -> None:
        """The document ends in the middle; elements that are open are not whole."""


@functools.cache
def _piece(*, comments: bool, cdata: bool) -> re.Pattern[str]:
    """One piece of markup; comments and CDATA sections whole, or only their beginnings."""
    return re.compile(
        (r"<!--.*?(?:-->|\Z)" if comments else "<!--")
        + (r"|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)" if cdata else r"|<!\[CDATA\[(?P<cdata>)")
        + r"|<[!?][^>]*(?:>|\Z)"
        r"|</\s*(?P<end>[^\s<>/]+)[^<>]*>"
        r"|<(?P<start>[A-Za-z_][^\s<>/\"'=]*)"
        # A quoted value never reaches beyond the next "<": each piece looks at its own stretch.
        r"""(?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>""",
        re.DOTALL,
    )


_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>")
_ENTRY_START = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def _pieces(text: str) -> Iterator[re.Match[str]]:
    """The pieces of markup in a text.

    A comment or CDATA section that never ends, or only in another entry, is taken for a slip: only
    its beginning is a piece then. Raises EnoughError where there are too many pieces.
    """
    comments = cdata = True
    slips = at = count = 0
    while True:
        piece = _piece(comments=comments, cdata=cdata).search(text, at)
        if piece is None:
            return
        count += 1
        if count > PIECES:
            raise EnoughError
        if piece.lastgroup in ("end", "attributes"):
            yield piece
            at = piece.end()
            continue
        start, end = piece.span()
        if comments and text.startswith("<!--", start):
            if not text.endswith("-->", start + 4, end):
                # Nor does any other end from here on, so none is looked for again.
                comments = False
                continue
            if slips < _SLIPS and _ends_entry(text, start, end):
                slips += 1
                piece = _piece(comments=False, cdata=cdata).search(text, start) or piece
        elif cdata and piece.lastgroup == "cdata":
            if not text.endswith("]]>", start, end):
                cdata = False
                continue
            if slips < _SLIPS and _ends_entry(text, start, end):
                slips += 1
                piece = _piece(comments=comments, cdata=False).search(text, start) or piece
        yield piece
        at = piece.end()


def _ends_entry(text: str, start: int, end: int) -> bool:
    """Whether an entry ends in a part of the text before one starts there."""
    ending = _ENTRY_END.search(text, start, end)
    return ending is not None and _ENTRY_START.search(text, start, ending.start()) is None


def read_loosely(text: str, events: Loose) -> None:
    """The events of any text, as far as tags can be told in it; the text is `prepare`d.

    An end tag closes what is open inside its element; one that nothing opened is left out. Raises
    EnoughError where it is too much.
    """
    tags = _OpenTags(events)
    at = 0
    for piece in _pieces(text):
        if piece.start() > at:
            events.text(_unescaped(text[at : piece.start()]))
        at = piece.end()
        kind = piece.lastgroup
        if kind == "cdata":
            events.text(piece["cdata"])
        elif kind == "end":
            tags.close(piece["end"])
        elif kind == "attributes":
            inner = piece["attributes"]
            tags.open(piece["start"], _attributes(inner))
            if inner.endswith("/"):
                tags.close(piece["start"])
    rest = text[at:].partition("<")[0]
    if rest:
        events.text(_unescaped(rest))
    if tags.names:
        events.cut()
        tags.close_all()


class _OpenTags:
    """The elements that are open, innermost last."""

    def __init__(self, events: Loose) -> None:
        self.names: list[str] = []
        self._count: dict[str, int] = {}
        self._events = events

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element, ending those that it ends by beginning."""
        while self.names and self._events.closes(name):
            self._pop()
        if len(self.names) >= DEPTH:
            return
        self.names.append(name)
        self._count[name] = self._count.get(name, 0) + 1
        self._events.start(name, attributes)

    def close(self, name: str) -> None:
        """End an element and all in it; nothing where it is not open."""
        if self._count.get(name):
            while self._pop() != name:
                pass

    def close_all(self) -> None:
        """End what is open."""
        while self.names:
            self._pop()

    def _pop(self) -> str:
        name = self.names.pop()
        self._count[name] -= 1
        self._events.end(name)
        return name


def _attributes(text: str) -> dict[str, str]:
    """The attributes of a start tag, the first of each name."""
    found: dict[str, str] = {}
    if "=" not in text:
        return found
    for count, match in enumerate(_ATTRIBUTE.finditer(text[:_ATTRIBUTES_LIMIT])):
        if count == _ATTRIBUTE_LIMIT:
            break
        found.setdefault(match[1], _unescaped(match[2] or match[3] or match[4] or ""))
    return found


def _unescaped(text: str) -> str:
    """The text with its references as characters."""
    if "&" not in text:
        return text
    from html import unescape

    return unescape(text)

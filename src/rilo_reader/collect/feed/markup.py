"""XML as the world writes it -> events (pure): expat first, and a tolerant reader where it refuses.

Neither loads, expands or fetches anything: a document type is left out before reading, and the
names of HTML's entities become their characters.
"""

from __future__ import annotations

import functools
import re
from typing import Protocol

DEPTH = 400
"""Elements in each other; what is deeper is read as if its tags were not there."""
_TAG_LIMIT = 1_000_000
_ATTRIBUTE_LIMIT = 200
_ATTRIBUTES_LIMIT = 65_536


class EnoughError(Exception):
    """Raised by what reads the events: it wants no more of them."""


class Events(Protocol):
    """What reads the events of a document: start and end tags, properly nested, and text."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; `name` with its prefix as written."""

    def end(self, name: str) -> None:
        """The innermost element ends."""

    def text(self, data: str) -> None:
        """Text inside the innermost element, a part of it at a time."""


class Loose(Events, Protocol):
    """What also says how unclosed tags are meant."""

    def closes(self, name: str) -> bool:
        """Whether the start of an element means that the innermost open one has ended."""

    def cut(self) -> None:
        """The document ends in the middle; elements that are open are not whole."""


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|(?:&(?=&))++"
    r"|&(?!(?:amp|lt|gt|quot|apos);)(?:#(?:[0-9]{1,9}|[xX][0-9a-fA-F]{1,8});?|\w{1,32};)?",
    re.DOTALL,
)
_PARTS = re.compile(r"&(?:#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?|(\w+);)")
_BEFORE_ROOT = re.compile(
    r"(?:[^<]+|<!--.*?-->|<\?.*?\?>)*+(?P<type><!doctype)", re.DOTALL | re.IGNORECASE
)
_SPACE, _DELETE, _C1_END, _SURROGATES = 0x20, 0x7F, 0x9F, 0xD800
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def prepare(text: str) -> str:
    """The text with characters and entities that XML allows, and without its document type."""
    text = _without_document_type(_ILLEGAL.sub("", text))
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _without_document_type(text: str) -> str:
    """The text without `<!DOCTYPE …>`; what its inner part declares is not known, on purpose."""
    match = _BEFORE_ROOT.match(text)
    if match is None:
        return text
    bracket, close = text.find("[", match.end()), text.find(">", match.end())
    if close < 0:
        return text[: match.start("type")]
    if 0 <= bracket < close:
        inner = re.compile(r"\]\s*>").search(text, bracket)
        if inner is None:
            return text[: match.start("type")]
        close = inner.end() - 1
    return text[: match.start("type")] + text[close + 1 :]


def _reference(match: re.Match[str]) -> str:
    """What XML understands in place of a piece that holds a reference or ampersands."""
    text = match[0]
    if text[0] == "<":
        return text
    return "&amp;" * len(text) if text[-1] == "&" else _meant(text)


@functools.lru_cache(maxsize=1024)
def _meant(reference: str) -> str:
    """What XML understands in place of one reference."""
    match = _PARTS.fullmatch(reference)
    if match is None:
        return "&amp;" + reference[1:]
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        from html import entities

        meant = entities.html5.get(name + ";")
        if meant is None:
            return "&amp;" + reference[1:]
        return "".join(_ESCAPES.get(character, character) for character in meant)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if reference.endswith(";") and (_C1_END < code < _SURROGATES or _SPACE <= code < _DELETE):
        return reference
    from html import unescape

    meant = _ILLEGAL.sub("", unescape(reference.rstrip(";") + ";"))
    return "".join(_ESCAPES.get(character, character) for character in meant)


class _TooDeepError(Exception):
    """Expat would keep every open element in memory."""


def read_strictly(text: str, events: Events) -> str:
    """The events of a well-formed document; returns "" or what is wrong and where.

    Events up to the fault have been told. The text is `prepare`d.
    """
    from xml.parsers import expat

    if re.search(f"<[^<>]{{{_TAG_LIMIT}}}", text):
        return "a tag is longer than a million characters"
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise _TooDeepError
        events.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        events.end(name)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = events.text
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        return f"line {error.lineno}: {expat.ErrorString(error.code)}"
    except _TooDeepError:
        return f"more than {DEPTH} elements in each other"
    return ""


# A quoted value never reaches beyond the next "<": so each token looks at its own stretch only.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[!?][^>]*(?:>|\Z)"
    r"|</\s*(?P<end>[^\s<>/]+)[^<>]*>"
    r"|<(?P<start>[A-Za-z_][^\s<>/\"'=]*)"
    r"""(?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def read_loosely(text: str, events: Loose) -> None:
    """The events of any text, as far as tags can be told in it; the text is `prepare`d.

    An end tag closes what is open inside its element; one that nothing opened is left out.
    """
    tags = _OpenTags(events)
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            events.text(_unescaped(text[at : token.start()]))
        at = token.end()
        kind = token.lastgroup
        if kind == "cdata":
            events.text(token["cdata"])
        elif kind == "end":
            tags.close(token["end"])
        elif kind == "attributes":
            inner = token["attributes"]
            tags.open(token["start"], _attributes(inner))
            if inner.endswith("/"):
                tags.close(token["start"])
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

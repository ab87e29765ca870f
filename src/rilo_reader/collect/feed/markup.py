"""XML as the world writes it -> events (pure), by expat; `loose` reads what expat refuses.

Nothing is loaded, expanded or fetched: a document type is never read, and the names of HTML's
entities become their characters.
"""

from __future__ import annotations

import functools
import re
from typing import Protocol

DEPTH = 400
"""Elements in each other; what is deeper is read as if its tags were not there."""
_TAG_LIMIT = 1_000_000


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


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    # A set comes first, so that what holds none of it is passed over quickly.
    r"[<&](?:(?<=<)!\[CDATA\[.*?(?:\]\]>|\Z)|(?<=<)!--.*?(?:-->|\Z)|(?<=&)(?=&)(?:&(?=&))*+"
    r"|(?<=&)(?!(?:amp|lt|gt|quot|apos);)(?:#(?:[0-9]{1,9}|[xX][0-9a-fA-F]{1,8});?|\w{1,32};)?)",
    re.DOTALL,
)
_UNKNOWN = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
"""An ampersand that begins none of the references that XML allows; most feeds have no others."""

_LEGAL = bytes((*b"\t\n\r", *range(0x20, 0x80)))
"""What ASCII XML allows."""

_PARTS = re.compile(r"&(?:#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?|(\w+);)")
_PREAMBLE = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_DOCUMENT_TYPE = re.compile("<!doctype", re.IGNORECASE)
_SPACE, _DELETE, _C1_END, _SURROGATES = 0x20, 0x7F, 0x9F, 0xD800
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def prepare(text: str) -> str:
    """The text with characters and references that XML allows."""
    # Counting bytes takes a third of the time that looking for characters does.
    if not text.isascii() or text.encode("ascii").translate(None, _LEGAL):
        text = _ILLEGAL.sub("", text)
    if _UNKNOWN.search(text) is None:
        return text
    return _REFERENCE.sub(_reference, text)


def before_root(text: str) -> int:
    """How long the part before the root element is: declaration, comments, document type.

    What a document type declares is never read, on purpose.
    """
    at = _skipped(text, 0)
    match = _DOCUMENT_TYPE.match(text, at)
    if match is None:
        return at
    bracket, close = text.find("[", match.end()), text.find(">", match.end())
    if 0 <= bracket < close:
        inner = re.compile(r"\]\s*+>").search(text, bracket)
        close = inner.end() - 1 if inner else -1
    return _skipped(text, close + 1) if close >= 0 else len(text)


def _skipped(text: str, at: int) -> int:
    """Where white space, comments and instructions end."""
    match = _PREAMBLE.match(text, at)
    return match.end() if match else at


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


def read_strictly(text: str, events: Events, line: int = 1) -> str:
    """The events of a well-formed document; returns "" or what is wrong and where.

    Events up to the fault have been told. The text is `prepare`d and begins at its root element,
    which stands in this line of the whole.
    """
    from xml.parsers import expat

    if "<![CDATA[" in text and text.count("<![CDATA[") > text.count("]]>"):
        # To expat such a section ends with the next one, and hides what stands between.
        return "a CDATA section does not end"
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
        return f"line {error.lineno + line - 1}: {expat.ErrorString(error.code)}"
    except _TooDeepError:
        return f"more than {DEPTH} elements in each other"
    return ""

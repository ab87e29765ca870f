"""Parse XML into a tree, strictly with expat or else leniently (pure)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from html import entities, unescape
from xml.parsers import expat

from rilo_reader.html.tags import Markup, compile_pattern, parse_attributes
from rilo_reader.parsers.tree import LimitReachedError, TreeBuilder

DEPTH = 400  # maximum depth of elements; the tags of deeper ones are ignored
_TAG_LIMIT = 1_000_000
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    # The character class rejects text without any of these quickly.
    r"[<&](?:(?<=<)!\[CDATA\[.*?(?:\]\]>|\Z)|(?<=<)!--.*?(?:-->|\Z)|(?<=&)(?=&)(?:&(?=&))*+"
    r"|(?<=&)(?!(?:amp|lt|gt|quot|apos);)(?:#(?:[0-9]{1,9}|[xX][0-9a-fA-F]{1,8});?|\w{1,32};)?)",
    re.DOTALL,
)
_UNKNOWN = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
"""An ampersand other than in XML's own references, the only ones in most feeds."""

_LEGAL = bytes((*b"\t\n\r", *range(0x20, 0x80)))  # ASCII characters allowed in XML
_PARTS = re.compile(r"&(?:#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?|(\w+);)")
_PREAMBLE = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_DOCUMENT_TYPE = re.compile("<!doctype", re.IGNORECASE)
_SPACE, _DELETE, _C1_END, _SURROGATES = 0x20, 0x7F, 0x9F, 0xD800
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def prepare_xml(text: str) -> str:
    """Replace characters and references that are not allowed in XML."""
    # Deleting bytes takes a third of the time of a search.
    if not text.isascii() or text.encode("ascii").translate(None, _LEGAL):
        text = _ILLEGAL.sub("", text)
    return _REFERENCE.sub(_replace_reference, text) if _UNKNOWN.search(text) else text


def before_root(text: str) -> int:
    """Return the length of the prolog: declaration, comments, document type.

    Document type declarations are skipped deliberately: nothing in them is read.
    """
    at = _skip_prolog(text, 0)
    match = _DOCUMENT_TYPE.match(text, at)
    if match is None:
        return at
    bracket, close = text.find("[", match.end()), text.find(">", match.end())
    if 0 <= bracket < close:
        inner = re.compile(r"\]\s*+>").search(text, bracket)
        close = inner.end() - 1 if inner else -1
    return _skip_prolog(text, close + 1) if close >= 0 else len(text)


def _skip_prolog(text: str, at: int) -> int:
    """Return the index after white space, comments and processing instructions."""
    match = _PREAMBLE.match(text, at)
    return match.end() if match else at


def _replace_reference(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] == "<":
        return text
    return "&amp;" * len(text) if text[-1] == "&" else _resolve_reference(text)


@functools.lru_cache(maxsize=1024)
def _resolve_reference(reference: str) -> str:
    """Return the characters of a reference, escaped as XML allows."""
    match = _PARTS.fullmatch(reference)
    decimal, hexadecimal, name = match.groups() if match else ("", "", "")
    if name is not None:
        characters = entities.html5.get(name + ";")
        if characters is None:
            return "&amp;" + reference[1:]
    else:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        if reference.endswith(";") and (_C1_END < code < _SURROGATES or _SPACE <= code < _DELETE):
            return reference
        characters = _ILLEGAL.sub("", unescape(reference.rstrip(";") + ";"))
    return "".join(_ESCAPES.get(character, character) for character in characters)


class _TooDeepError(Exception):
    """Raised since expat keeps every open element in memory."""


def read_strictly(text: str, tree: TreeBuilder, line: int = 1) -> str:
    """Parse XML (from `prepare_xml`) from its root, at `line`; return "" or the error.

    The error has its position. The tree has what comes before it.
    """
    if "<![CDATA[" in text and text.count("<![CDATA[") > text.count("]]>"):
        # For expat, the section ends at the next "]]>" and hides the text up to it.
        return "a CDATA section does not end"
    if re.search(f"<[^<>]{{{_TAG_LIMIT}}}", text):
        return "a tag is longer than a million characters"
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    depth = 0

    def start_element(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise _TooDeepError
        tree.handle_start(name, attributes)

    def end_element(name: str) -> None:
        nonlocal depth
        depth -= 1
        tree.handle_end(name)

    parser.StartElementHandler = start_element
    parser.EndElementHandler = end_element
    parser.CharacterDataHandler = tree.handle_text
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        return f"line {error.lineno + line - 1}: {expat.ErrorString(error.code)}"
    except _TooDeepError:
        return f"more than {DEPTH} nested elements"
    return ""


MAX_PIECES = 3_000_000  # maximum number of tags and texts; later ones are ignored
_MAX_SLIPS = 10  # maximum number of comments that are searched for the end of an entry
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>")
_ENTRY_START = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")


def _iter_pieces(text: str) -> Iterator[re.Match[str]]:
    """Yield the pieces of markup in a text; raise LimitReachedError if there are too many.

    A comment or CDATA section that never ends, or only in another entry, counts as a slip: only
    its beginning is a piece then.
    """
    whole = {"comments": True, "cdata": True}
    slips = at = count = 0
    while (piece := compile_pattern(Markup.XML, **whole).search(text, at)) is not None:
        count += 1
        if count > MAX_PIECES:
            raise LimitReachedError
        start, end = piece.span()
        kind = "cdata" if piece.lastgroup == "cdata" else "comments"
        if piece.lastgroup not in ("end", "inside") and whole[kind]:
            opening, closing = ("<![CDATA[", "]]>") if kind == "cdata" else ("<!--", "-->")
            if text.startswith(opening, start):
                if not text.endswith(closing, start + len(opening), end):
                    # Nor does any other end from here on, so none is looked for again.
                    whole[kind] = False
                    continue
                if slips < _MAX_SLIPS and _ends_entry(text, start, end):
                    slips += 1
                    only_start = compile_pattern(Markup.XML, **(whole | {kind: False}))
                    piece = only_start.search(text, start) or piece
        yield piece
        at = piece.end()


def _ends_entry(text: str, start: int, end: int) -> bool:
    """Return whether an entry ends in a part of the text before one starts there."""
    ending = _ENTRY_END.search(text, start, end)
    return ending is not None and _ENTRY_START.search(text, start, ending.start()) is None


def read_loosely(text: str, tree: TreeBuilder) -> None:
    """Parse any text (from `prepare_xml`) leniently; raise LimitReachedError if it is too large.

    An end tag closes all elements inside its own; one without a start tag is ignored.
    """
    tags = _OpenTags(tree)
    at = 0
    for piece in _iter_pieces(text):
        if piece.start() > at:
            tree.handle_text(unescape(text[at : piece.start()]))
        at = piece.end()
        kind = piece.lastgroup
        if kind == "cdata":
            tree.handle_text(piece["cdata"])
        elif kind == "end":
            tags.close(piece["end"])
        elif kind == "inside":
            inner = piece["inside"]
            tags.open(piece["start"], parse_attributes(inner))
            if inner.endswith("/"):
                tags.close(piece["start"])
    rest = text[at:].partition("<")[0]
    if rest:
        tree.handle_text(unescape(rest))
    if tags.names:
        tree.handle_cut()
        while tags.names:
            tags.close(tags.names[-1])


class _OpenTags:
    def __init__(self, tree: TreeBuilder) -> None:
        self.names: list[str] = []
        self._count: dict[str, int] = {}
        self._tree = tree

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element, closing those that it implicitly ends."""
        while self.names and self._tree.is_closed_by(name):
            self._pop()
        if len(self.names) >= DEPTH:
            return
        self.names.append(name)
        self._count[name] = self._count.get(name, 0) + 1
        self._tree.handle_start(name, attributes)

    def close(self, name: str) -> None:
        """Close an element with all in it; ignored if it is not open."""
        if self._count.get(name):
            while self._pop() != name:
                pass

    def _pop(self) -> str:
        name = self.names.pop()
        self._count[name] -= 1
        self._tree.handle_end(name)
        return name

"""Tags of XML-like text, sound or broken, and text for XML (pure).

No document is built, so none can be too deep; no entity that a document declares is expanded and
nothing outside is looked at, because nothing here could.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from rilo_reader.store.encoding import decode


class Tag(NamedTuple):
    """One tag; of a title its text too."""

    name: str
    attributes: list[tuple[str, str]]
    closes: bool
    is_empty: bool
    text: str = ""


_MARK = re.compile(r"<(?:(!--)|(!\[CDATA\[)|(!DOCTYPE)|(\?)|(/?)([A-Za-z][\w.:-]*))", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[^\s=<>/\"']+")
_ENDS = {1: "-->", 2: "]]>", 4: "?>"}


def tags(text: str) -> Iterator[Tag]:
    """The tags of a text in order, without comments and declarations; linear in its length."""
    place = 0
    while (mark := _MARK.search(text, place)) is not None:
        place = mark.end()
        if mark[3]:
            place = _after_doctype(text, place)
        elif mark.lastindex in _ENDS:
            end = text.find(_ENDS[mark.lastindex], place)
            place = len(text) if end < 0 else end
        else:
            attributes, place, is_empty = _attributes(text, place)
            name = mark[6].lower()
            inner = ""
            if name == "title" and not is_empty:
                inner = text[place : text.find("<", place)][:5000]
            yield Tag(name, attributes, bool(mark[5]), is_empty, inner)


def _after_doctype(text: str, place: int) -> int:
    """The place after a document type; what it declares is not read."""
    end, inner = text.find(">", place), text.find("[", place)
    if 0 <= inner < end:
        closed = text.find("]", inner)
        end = text.find(">", closed) if closed >= 0 else -1
    return len(text) if end < 0 else end + 1


def _attributes(text: str, place: int) -> tuple[list[tuple[str, str]], int, bool]:
    """The attributes from here on, the place after the tag, and whether it closed itself."""
    found: list[tuple[str, str]] = []
    is_empty = False
    while place < len(text):
        character = text[place]
        if character == ">":
            return found, place + 1, is_empty
        if character == "<":
            # The tag before was never ended.
            return found, place, is_empty
        is_empty = character == "/" or (is_empty and character.isspace())
        name = _ATTRIBUTE.match(text, place)
        if name is None:
            place += 1
            continue
        value, place = _value(text, name.end())
        if len(found) < 100:
            found.append((name[0].lower(), expanded(value)))
    return found, place, is_empty


_EQUALS = re.compile(r"\s*=\s*")
_BARE_VALUE = re.compile(r"(?:(?!/>)[^\s<>\"'])+")


def _value(text: str, place: int) -> tuple[str, int]:
    """The value of an attribute whose name ended here, and the place after it."""
    equals = _EQUALS.match(text, place)
    if equals is None:
        return "", place
    place = equals.end()
    quote = text[place : place + 1]
    if quote in ('"', "'") and quote:
        end = text.find(quote, place + 1)
        if end < 0:
            return "", len(text)
        return text[place + 1 : end], end + 1
    bare = _BARE_VALUE.match(text, place)
    return (bare[0], bare.end()) if bare else ("", place)


def expanded(text: str) -> str:
    """The text with HTML's and XML's own entities as characters; a bare & is a bare &."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_NO_ENCODINGS = ("utf16", "utf32", "utf7", "idna", "punycode", "escape", "undefined", "mbcs", "oem")


def text_of_xml(data: bytes) -> str:
    """The text of an XML file by its byte order mark, its declaration, or what its bytes look like.

    A declaration that the bytes contradict does not count.
    """
    if data[:2] in (b"<\0", b"\0<"):
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    declared = _DECLARED.match(data)
    if declared is not None:
        name = declared[1].decode("ascii").lower()
        folded = re.sub("[^a-z0-9]", "", name)
        if not any(folded.startswith(other) or other in folded for other in _NO_ENCODINGS):
            try:
                return data.decode("cp1252" if folded in ("iso88591", "latin1") else name)
            except (LookupError, UnicodeError):
                pass
    return decode(data)[0]


NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text as it may stand between tags; what XML cannot hold is left out."""
    text = NOT_XML.sub("", text).replace("&", "&amp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")

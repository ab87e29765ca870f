"""HTML text -> a tree of elements with only what is for readers (lxml); never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement


SILENT = frozenset(
    {"script", "style", "template", "object", "svg", "head", "title", "meta", "link", "base"}
    | {"form", "select", "option", "textarea", "input", "button", "canvas", "map", "dialog"}
    | {"applet", "frame", "frameset", "noframes", "datalist", "output", "progress", "meter", "rp"}
)
"""Elements that hold nothing to read, or nothing that works outside a browser."""

_KEPT = frozenset({"form", "button", "output", "object"})
"""Of these, the words are for readers all the same: pages are wrapped in forms."""

_HIDDEN_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE
)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DEEP_TAGS = re.compile(
    r"</?(?:div|span|section|article|font|b|i|em|strong|u|center|small|big|tt|ul|ol|li|blockquote"
    r"|table|tbody|tr|td|dl|dd|a|p)\b[^<>]*>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*>")


def parse(html: str) -> HtmlElement | None:
    """The body of a page or of a piece of one; None where it holds nothing.

    A page nested deeper than the parser goes (2,048 elements) is read without its nesting, as text
    in paragraphs: nothing in it is lost.
    """
    text = bounded(_NO_TEXT.sub("", html))
    root, whole = _parsed(text)
    if not whole:
        root, whole = _parsed(_DEEP_TAGS.sub("\n<p>", text))
    if not whole:
        root, _ = _parsed(_ANY_TAG.sub(" ", text))
    return root


def _parsed(text: str) -> tuple[HtmlElement | None, bool]:
    """The root, and whether all of the text was read."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if not text.strip():
        return None, True
    # Bytes, since lxml refuses a str that names an encoding of its own.
    parser = HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, ValueError):
        # lxml's word for a document without any element.
        return None, True
    errors = parser.error_log
    return root, not any("depth" in error.message for error in errors)


def is_silent(element: HtmlElement) -> bool:
    """Whether an element and all in it is left out: not for readers, or hidden from them."""
    tag = element.tag
    if tag in SILENT and tag not in _KEPT:
        return True
    if element.get("hidden") is not None and element.get("hidden") != "until-found":
        return True
    style = element.get("style")
    return style is not None and _HIDDEN_STYLE.search(style) is not None


# HTML in which no start tag has more attributes than a writer gives it (pure).


HARMLESS = 100_000
"""Characters that cannot hold enough attributes to cost a second."""

ATTRIBUTES = 200
_LONG = 2_000
"""Characters that cannot hold more than a few hundred attributes."""

_W = r" \t\n\f\r"
"""What HTML calls white space; Python's includes more, and a second reading of a tag with it."""

_ATTRIBUTE = (
    rf"[^{_W}/>][^{_W}/>=]*+"
    rf"""(?:[{_W}]*+=[{_W}]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|(?!["'])[^{_W}>]*+))?+"""
)
_REST = rf"(?:[{_W}/]++|{_ATTRIBUTE})*+"
_NAME = re.compile(rf"</?[a-zA-Z][^{_W}/>]*+")
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(?P<raw>script|style)(?=[{_W}/>])"
    rf"(?P<rest>{_REST}>)(?P<code>.*?)(?P<end></(?P=raw)(?=[{_W}/>])|\Z)"
    rf"|(?P<tag>{_NAME.pattern}{_REST}>?)"
    r"|<[!?/][^>]*+>?"
    r"|<",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.DOTALL)


def bounded(html: str, harmless: int = HARMLESS) -> str:
    """The same page, as far as a reader sees it; what is no longer than harmless as it is."""
    return html if len(html) <= harmless else _TOKEN.sub(_written, html)


def _written(token: re.Match[str]) -> str:
    if token["tag"]:
        return _tag(token["tag"])
    if token["raw"]:
        # Data of a script is JSON, where this is another way to write the same character.
        code = token["code"].replace("<", "\\u003c")
        return _tag(f"<{token['raw']}{token['rest']}") + code + token["end"]
    # Comments, declarations and instructions say nothing to a reader; else it is a character.
    return "&lt;" if token[0] == "<" else ""


def _tag(tag: str) -> str:
    """A tag with so many attributes at most, and without `<` and `>` in them."""
    inner = tag[1:].removesuffix(">")
    if len(tag) > _LONG:
        inner = _shortened(tag, inner)
    if "<" in inner or ">" in inner:
        inner = inner.replace("<", "&lt;").replace(">", "&gt;")
    return f"<{inner}>"


def _shortened(tag: str, inner: str) -> str:
    name = _NAME.match(tag)
    at = name.end() if name else 1
    for number, attribute in enumerate(_ATTRIBUTES.finditer(tag, at)):
        if number == ATTRIBUTES:
            return tag[1 : attribute.start()].rstrip()
    return inner


# Small operations on a tree of elements that lxml leaves to its users.


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

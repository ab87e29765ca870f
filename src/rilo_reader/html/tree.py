"""Parse HTML into a tree without elements that readers never see (lxml); never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.html.attributes import bounded

if TYPE_CHECKING:
    from lxml.html import HtmlElement


SILENT = frozenset(
    {"script", "style", "template", "object", "svg", "head", "title", "meta", "link", "base"}
    | {"form", "select", "option", "textarea", "input", "button", "canvas", "map", "dialog"}
    | {"applet", "frame", "frameset", "noframes", "datalist", "output", "progress", "meter", "rp"}
)
"""Elements without readable content, or that only work in a browser."""

_KEPT = frozenset({"form", "button", "output", "object"})
"""Silent elements whose text is read all the same: some pages are wrapped in a form."""

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
    """Return the body of a document or fragment; None if it is empty.

    HTML nested deeper than the parser allows (2,048 elements) is read as plain paragraphs, so no
    text is lost.
    """
    text = bounded(_NO_TEXT.sub("", html))
    root, whole = _parsed(text)
    if not whole:
        root, whole = _parsed(_DEEP_TAGS.sub("\n<p>", text))
    if not whole:
        root, _ = _parsed(_ANY_TAG.sub(" ", text))
    return root


def _parsed(text: str) -> tuple[HtmlElement | None, bool]:
    """Return the root, and whether the parser read all of the text."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if not text.strip():
        return None, True
    # As bytes: lxml rejects a str that declares an encoding.
    parser = HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, ValueError):
        # lxml's way to say that a document has no elements.
        return None, True
    errors = parser.error_log
    return root, not any("depth" in error.message for error in errors)


def is_silent(element: HtmlElement) -> bool:
    """Return whether an element is left out with its contents: not readable, or hidden."""
    tag = element.tag
    if tag in SILENT and tag not in _KEPT:
        return True
    if element.get("hidden") is not None and element.get("hidden") != "until-found":
        return True
    style = element.get("style")
    return style is not None and _HIDDEN_STYLE.search(style) is not None


# Operations that lxml lacks.


_TELLING = frozenset(
    {"img", "video", "audio", "iframe", "embed", "object", "math", "svg", "picture"}
)


def remove(element: HtmlElement) -> None:
    """Remove an element but keep its tail."""
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
    """Return all text in an element."""
    return "".join(element.itertext())


def is_empty(element: HtmlElement) -> bool:
    """Return whether an element has neither text nor media."""
    if text_of(element).strip():
        return False
    return not any(inner.tag in _TELLING for inner in element.iter())


def following(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the following siblings of an element."""
    yield from element.itersiblings()


def replace_by_text(element: HtmlElement, text: str) -> None:
    """Replace an element by text."""
    element.tail = text + (element.tail or "")
    remove(element)

"""HTML text -> a tree of elements with only what is for readers (lxml); never raises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.html.bounds import bounded

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

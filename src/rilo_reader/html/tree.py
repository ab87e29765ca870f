"""Parse HTML into a bounded tree without elements that readers never see (lxml); never raises."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

HARMLESS = 100_000  # characters of a document that is not worth checking
MAX_CHARACTERS = 8_000_000
MAX_TAGS = 100_000  # an element takes a kilobyte
DEEPEST = 256  # elements in each other
ATTRIBUTES = 200
_LONG = 2_000  # characters; a shorter tag cannot hold more than a few hundred attributes
_W = r" \t\n\f\r"  # white space as HTML defines it, a subset of Python's

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


def shorten_html(html: str) -> str:
    """Return HTML up to its MAX_TAGS-th tag, and at most MAX_CHARACTERS of it."""
    if html.count("<", 0, MAX_CHARACTERS) <= MAX_TAGS:
        return html[:MAX_CHARACTERS]
    at = -1
    for _ in range(MAX_TAGS + 1):
        at = html.find("<", at + 1)
    return html[:at]


def bound_attributes(html: str, harmless: int = HARMLESS) -> str:
    """Return HTML with bounded attributes; unchanged up to `harmless` characters."""
    return html if len(html) <= harmless else _TOKEN.sub(_rewrite_token, html)


def _rewrite_token(token: re.Match[str]) -> str:
    if token["tag"]:
        return _rewrite_tag(token["tag"])
    if token["raw"]:
        # Scripts hold JSON-LD, where `\u003c` is the same character.
        code = token["code"].replace("<", "\\u003c")
        return _rewrite_tag(f"<{token['raw']}{token['rest']}") + code + token["end"]
    # Comments, declarations and processing instructions are dropped; anything else is text.
    return "&lt;" if token[0] == "<" else ""


def _rewrite_tag(tag: str) -> str:
    """Return a tag with at most ATTRIBUTES attributes, and without `<` and `>` in them."""
    inner = tag[1:].removesuffix(">")
    if len(tag) > _LONG:
        name = _NAME.match(tag)
        found = _ATTRIBUTES.finditer(tag, name.end() if name else 1)
        if surplus := next(islice(found, ATTRIBUTES, None), None):
            inner = tag[1 : surplus.start()].rstrip()
    return f"<{inner.replace('<', '&lt;').replace('>', '&gt;')}>"


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
_NESTING = re.compile(
    rf"</?(?!(?:{'|'.join(SILENT - _KEPT)}|html|body|br|hr|img)\b)[a-z][^<>]*>", re.IGNORECASE
)


def parse_html(html: str, max_depth: int = DEEPEST) -> HtmlElement | None:
    """Return the body of a document or fragment, shortened if necessary; None if it is empty.

    HTML nested deeper than `max_depth` elements, or than the parser allows (2,048), is read as
    plain paragraphs, so no text is lost.
    """
    text = bound_attributes(_NO_TEXT.sub("", shorten_html(html)))
    root, is_whole = _parse_once(text)
    if is_whole and not (root is not None and _is_deeper(root, max_depth)):
        return root
    return _parse_once(_NESTING.sub("\n<p>", text))[0]


def _is_deeper(root: HtmlElement, max_depth: int) -> bool:
    level, depth = [root], 0
    while level and depth < max_depth:
        level, depth = [child for element in level for child in element], depth + 1
    return bool(level)


def _parse_once(text: str) -> tuple[HtmlElement | None, bool]:
    """Return the root, and whether the parser read all of the text."""
    if not text.strip():
        return None, True
    # As bytes: lxml rejects a str that declares an encoding.
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    # That of lxml.html asks Python for each element.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        root = document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, ValueError):  # The document has no elements.
        return None, True
    return root, not any("depth" in error.message for error in parser.error_log)


def is_silent(element: HtmlElement) -> bool:
    """Return whether an element is left out with its contents: not readable, or hidden."""
    tag = element.tag
    if tag in SILENT and tag not in _KEPT:
        return True
    if element.get("hidden", "until-found") != "until-found":
        return True
    return _HIDDEN_STYLE.search(element.get("style") or "") is not None


_MEDIA = frozenset({"img", "video", "audio", "iframe", "embed", "object", "math", "svg", "picture"})


def remove_element(element: HtmlElement) -> None:
    """Remove an element but keep its tail; the root stays."""
    if element.getparent() is not None:
        element.drop_tree()
        element.tail = None


def text_of(element: HtmlElement) -> str:
    """Return all text in an element."""
    return "".join(element.itertext())


def is_empty(element: HtmlElement) -> bool:
    """Return whether an element has neither text nor media."""
    is_blank = not text_of(element).strip()
    return is_blank and all(inner.tag not in _MEDIA for inner in element.iter())


def replace_by_text(element: HtmlElement, text: str) -> None:
    """Replace an element by text."""
    element.tail = text + (element.tail or "")
    remove_element(element)

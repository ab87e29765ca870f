"""Boxes beside the text of a page: notes, tips and warnings (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.html.surgery import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

KINDS = frozenset(
    {"note", "info", "tip", "hint", "important", "warning", "caution", "danger", "success", "error"}
    | {"question", "example", "abstract", "bug", "failure", "quote", "todo", "attention", "seealso"}
    | {"faq", "help", "summary", "tldr", "check", "done", "fail", "missing", "cite"}
)
_BOX = re.compile(
    r"(?i)(?:^|\s)(?:admonition|alert|callout|markdown-alert|notice|admonitionblock)(?:\s|-|$)"
)
_TITLE = re.compile(
    r"(?i)(?:admonition|callout|alert|notice)[\w-]*(?:title|heading|summary)|details-summary"
)
_NAMED = re.compile(r"(?i)^(?:alert|callout|admonition|markdown-alert|notice|is)-?-?")


def callout_kind(element: HtmlElement) -> str:
    """The kind of a box ("warning"), "" where an element is none.

    As MkDocs, Sphinx, Hugo, GitHub, Obsidian, Docusaurus and Bootstrap mark them.
    """
    if element.tag not in ("div", "aside", "blockquote", "section"):
        return ""
    said = element.get("data-callout") or ""
    names = (element.get("class") or "")[:300]
    if not said and not _BOX.search(names):
        return ""
    for name in [said, *names.lower().split()]:
        kind = _NAMED.sub("", name)
        if kind in KINDS:
            return kind
    return ""


def callout_title(element: HtmlElement) -> HtmlElement | None:
    """The element that is the head of a box, None where it has none."""
    for inner in element.iter("div", "p", "span", "summary", "h3", "h4", "h5"):
        if (
            inner is not element
            and _TITLE.search(inner.get("class") or "")
            and text_of(inner).strip()
        ):
            return inner
    return None

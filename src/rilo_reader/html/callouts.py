"""Recognise callouts: notes, tips and warnings (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.html.tree import text_of

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
    """Return the kind of a callout ("warning"), or "" if an element is none.

    Recognises the markup of MkDocs, Sphinx, Hugo, GitHub, Obsidian, Docusaurus and Bootstrap.
    """
    if element.tag not in ("div", "aside", "blockquote", "section"):
        return ""
    declared = element.get("data-callout") or ""
    names = (element.get("class") or "")[:300]
    if not declared and not _BOX.search(names):
        return ""
    for name in [declared, *names.lower().split()]:
        kind = _NAMED.sub("", name)
        if kind in KINDS:
            return kind
    return ""


def callout_title(element: HtmlElement) -> HtmlElement | None:
    """Return the title element of a callout, or None."""
    for inner in element.iter("div", "p", "span", "summary", "h3", "h4", "h5"):
        if (
            inner is not element
            and _TITLE.search(inner.get("class") or "")
            and text_of(inner).strip()
        ):
            return inner
    return None

"""What a page says in its meta elements, and in words (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement


def read_meta(root: HtmlElement) -> dict[str, list[str]]:
    """What meta elements (and microdata) say, by name in lower case."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = element.get("content")
        if not content or not content.strip():
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (element.get(attribute) or "").lower().split():
                found.setdefault(name, []).append(content)
    return found


def meta_of(meta: Mapping[str, list[str]], *names: str, limit: int = 500) -> list[str]:
    """What is said under some names, in their order, each a clean line."""
    return [clean_line(text, limit) for name in names for text in meta.get(name, ())]


def first(*groups: Iterable[Any]) -> str:
    """The first of these that says something."""
    for group in groups:
        for text in group:
            if isinstance(text, str) and (line := plain(text)):
                return line
    return ""


def plain(text: str) -> str:
    """A line without tags and entities."""
    if "<" in text or "&" in text:
        from html import unescape

        text = unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", unescape(text)))
    return clean_line(text, 2000)


def text_of(element: HtmlElement) -> str:
    """The text of an element, one line."""
    return clean_line("".join(element.itertext()))

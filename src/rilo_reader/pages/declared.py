"""Read what a page declares about itself: JSON-LD and meta elements (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from lxml.html import HtmlElement

from rilo_reader.text import clean_line

LONGEST_DATA = 1_000_000
"""Maximum length of JSON-LD in characters; anything longer does not describe an article."""

_ARTICLES = re.compile(
    r"(?i)(?:article|posting|report|review|recipe|webpage|creativework|episode)$"
)


def linked_data(root: HtmlElement) -> Mapping[str, Any]:
    """Return the JSON-LD object that describes the article, or {}."""
    best: Mapping[str, Any] = {}
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        text = script.text or ""
        if len(text) > LONGEST_DATA:
            continue
        try:
            data = json.loads(text.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            kinds = listed(thing.get("@type"))
            if any(isinstance(kind, str) and _ARTICLES.search(kind) for kind in kinds):
                is_page = "WebPage" in kinds
                if not best or ("WebPage" in listed(best.get("@type")) and not is_page):
                    best = thing
    return best


def _things(data: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a JSON-LD document: at the top level, in lists, and in its graph."""
    if depth > 5:
        return
    if isinstance(data, list):
        for item in data[:200]:
            yield from _things(item, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _things(data.get(name), depth + 1)


def listed(value: object) -> list[object]:
    """Return a value of JSON-LD as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def names_in(value: object) -> list[str]:
    """Return the names of persons or organisations in JSON-LD."""
    names: list[str] = []
    for item in listed(value):
        name = item.get("name") if isinstance(item, dict) else item
        names.extend(clean_line(part, 200) for part in listed(name) if isinstance(part, str))
    return names


# Meta elements.


def read_meta(root: HtmlElement) -> dict[str, list[str]]:
    """Return the contents of meta elements and microdata, by lower-case name."""
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
    """Return the values for the names, in their order, each as a clean line."""
    return [clean_line(text, limit) for name in names for text in meta.get(name, ())]


def first(*groups: Iterable[Any]) -> str:
    """Return the first non-empty value, or ""."""
    for group in groups:
        for text in group:
            if isinstance(text, str) and (line := plain(text)):
                return line
    return ""


def plain(text: str) -> str:
    """Return a line without markup."""
    if "<" in text or "&" in text:
        text = unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", unescape(text)))
    return clean_line(text, 2000)


def text_of(element: HtmlElement) -> str:
    """Return the text of an element as one line."""
    return clean_line("".join(element.itertext()))

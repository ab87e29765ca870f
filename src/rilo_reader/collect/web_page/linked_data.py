"""What a page says of itself as JSON-LD, read with bounds (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST_DATA = 1_000_000
"""Characters of a page's JSON-LD; what is longer is no description of an article."""

_ARTICLES = re.compile(
    r"(?i)(?:article|posting|report|review|recipe|webpage|creativework|episode)$"
)


def linked_data(root: HtmlElement) -> Mapping[str, Any]:
    """The JSON-LD object that describes the article, {} where there is none."""
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
    """The objects of a JSON-LD document: at the top, in lists and in its graph."""
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
    """A value that JSON-LD may give alone or in a list, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def names_in(value: object) -> list[str]:
    """The names of persons or organisations as JSON-LD gives them."""
    names: list[str] = []
    for item in listed(value):
        name = item.get("name") if isinstance(item, dict) else item
        names.extend(clean_line(part, 200) for part in listed(name) if isinstance(part, str))
    return names

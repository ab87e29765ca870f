"""Small judgements about elements and runs (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.collect.html.blocks import Block, Kind, Rule, Run

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_PERMALINK_TEXT = frozenset(
    ["#", "¶", "§", "🔗", "⚓", "⚓︎", "∞", "link", "permalink", "anchor"]
) | {"", "[link]"}
_PERMALINK_CLASS = re.compile(
    r"(?i)(?:^|[\s_-])(?:anchor(?:js-link)?|headerlink|header-?anchor|heading-?(?:anchor|link)|permalink"
    r"|hash-link|section-?link)(?:[\s_-]|\Z)"
)


def first_number(element: HtmlElement) -> int:
    """The first number of a list."""
    text = (element.get("start") or "1").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 9 else 1


def paragraphs_of(runs: list[Run]) -> list[list[Run]]:
    """Runs cut where two line breaks or more stand together: so old pages part paragraphs."""
    pieces: list[list[Run]] = [[]]
    breaks: list[Run] = []
    for run in runs:
        if run.kind is Kind.BREAK:
            breaks.append(run)
            continue
        if breaks and run.kind is Kind.TEXT and not run.text.strip():
            continue
        if len(breaks) > 1:
            pieces.append([])
        else:
            pieces[-1].extend(breaks)
        breaks = []
        pieces[-1].append(run)
    return [piece for piece in pieces if piece]


def is_permalink(element: HtmlElement) -> bool:
    """Whether a link in a heading leads to the heading itself and says nothing."""
    href = element.get("href") or ""
    text = "".join(element.itertext()).strip(" \t\n\xa0\u200b\ufe0e\ufe0f").lower()
    if text in _PERMALINK_TEXT:
        return "#" in href or not text
    return (
        "#" in href
        and _PERMALINK_CLASS.search(element.get("class") or "") is not None
        and len(text) < 3
    )


def is_emoji(element: HtmlElement, said: str) -> bool:
    """Whether a picture stands for a character, which it names."""
    names = element.get("class") or ""
    return 0 < len(said) <= 8 and ("emoji" in names or "smiley" in names) and not said.isascii()


def without_idle_rules(blocks: list[Block]) -> list[Block]:
    """Blocks without the rules that part nothing: at either end, and one after another."""
    kept: list[Block] = []
    for block in blocks:
        if not isinstance(block, Rule) or (kept and not isinstance(kept[-1], Rule)):
            kept.append(block)
    if kept and isinstance(kept[-1], Rule):
        kept.pop()
    return kept

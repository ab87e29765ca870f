"""Meanings of elements and runs: emphasis, permalinks, emoji, paragraph breaks, callouts (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from lxml.html import HtmlElement

from rilo_reader.html.blocks import Block, Rule, Run, RunKind
from rilo_reader.html.tree import text_of

_PERMALINK_TEXT = frozenset({"#", "¶", "§", "🔗", "⚓", "⚓︎", "∞", "link", "permalink", "anchor",
                             "", "[link]"})  # fmt: skip
_PERMALINK_CLASS = re.compile(
    r"(?i)(?:^|[\s_-])(?:anchor(?:js-link)?|headerlink|header-?anchor|heading-?(?:anchor|link)|permalink"
    r"|hash-link|section-?link)(?:[\s_-]|\Z)"
)

_STYLES = {
    "strong": (
        re.compile(r"(?i)font-weight\s*:\s*(?:bold|[6-9]00)"),
        re.compile(r"(?i)font-weight\s*:\s*(?:normal|lighter|[1-4]00)"),
    ),
    "em": (
        re.compile(r"(?i)font-style\s*:\s*(?:italic|oblique)"),
        re.compile(r"(?i)font-style\s*:\s*normal"),
    ),
}
"""For each mark, the styles that set it and those that clear it."""

_QUOTES = "\"'¿¡"


def first_number(element: HtmlElement) -> int:
    """Return the first number of an ordered list."""
    text = (element.get("start") or "1").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 9 else 1


def split_paragraphs(runs: list[Run]) -> list[list[Run]]:
    """Split runs at double line breaks, which old pages use between paragraphs."""
    pieces: list[list[Run]] = [[]]
    breaks: list[Run] = []
    for run in runs:
        if run.kind is RunKind.BREAK:
            breaks.append(run)
            continue
        if breaks and run.kind is RunKind.TEXT and not run.text.strip():
            continue
        if len(breaks) > 1:
            pieces.append([])
        else:
            pieces[-1].extend(breaks)
        breaks = []
        pieces[-1].append(run)
    return [piece for piece in pieces if piece]


def pictures_apart(runs: list[Run]) -> list[list[Run]]:
    """Split a paragraph where images are beside its text rather than part of a sentence.

    That is, where they have a line of their own or are followed by the start of a sentence.
    """
    pieces: list[list[Run]] = []
    before: Run | None = None  # the line break before a line that continues the last piece
    for line, ending in _iter_lines(runs):
        pictures, text = _split_leading_pictures(line)
        if pictures and (not text or _begins_sentence(text, pictures[-1])):
            pieces += [pictures, text] if text else [pictures]
            before = ending if text else None
            continue
        if before is not None and pieces:
            pieces[-1] += [before, *line]
        else:
            pieces.append(line)
        before = ending
    return [piece for piece in pieces if piece]


def _iter_lines(runs: list[Run]) -> Iterator[tuple[list[Run], Run | None]]:
    """Yield the lines of a paragraph, each with the break that ends it."""
    line: list[Run] = []
    for run in runs:
        if run.kind is RunKind.BREAK:
            yield line, run
            line = []
        else:
            line.append(run)
    yield line, None


def _split_leading_pictures(line: list[Run]) -> tuple[list[Run], list[Run]]:
    """Split a line into the images it begins with and the text after them."""
    index = end = 0
    for index, run in enumerate(line, 1):
        if run.kind is RunKind.IMAGE:
            end = index
        elif run.kind is not RunKind.TEXT or run.text.strip():
            break
    rest = line[end:]
    return line[:end], rest if any(run.text.strip() for run in rest) else []


def _begins_sentence(runs: list[Run], picture: Run) -> bool:
    """Return whether text after an image begins a sentence; text in the image's link does not."""
    if any(mark.name == "link" for mark in set(runs[0].marks) & set(picture.marks)):
        return False
    first = next((run for run in runs if run.text.strip()), runs[0])
    letter = first.text.strip()[:1]
    opens = letter in _QUOTES or unicodedata.category(letter or " ") in ("Ps", "Pi")
    return first.kind is RunKind.CODE or opens or (letter.isalnum() and not letter.islower())


def is_permalink(element: HtmlElement) -> bool:
    """Return whether a link in a heading is only a permalink to that heading."""
    href = element.get("href") or ""
    text = "".join(element.itertext()).strip(" \t\n\xa0\u200b\ufe0e\ufe0f").lower()
    if text in _PERMALINK_TEXT:
        return "#" in href or not text
    is_named = _PERMALINK_CLASS.search(element.get("class", "")) is not None
    return "#" in href and is_named and len(text) < 3


def read_emphasis(element: HtmlElement, usual: str | None) -> list[str]:
    """Return the emphasis of an element: `usual`, unless its inline style says otherwise.

    Editors write `<b style="font-weight:normal">` around whole documents, and bold text in `span`.
    """
    style = element.get("style") or ""
    names = [usual] if usual else []
    if "font-" not in style.lower() or (usual and usual not in _STYLES):
        return names
    for name, (setting, clearing) in _STYLES.items():
        if clearing.search(style) and name in names:
            names.remove(name)
        elif setting.search(style) and name not in names:
            names.append(name)
    return names


def is_emoji(element: HtmlElement, name: str) -> bool:
    """Return whether an image stands for the character in its alternative text."""
    names = element.get("class") or ""
    is_symbol = 0 < len(name) <= 8 and not (name.isascii() and name.isalnum())
    return is_symbol and ("emoji" in names or "smiley" in names or "smilies" in names)


def remove_idle_rules(blocks: list[Block]) -> list[Block]:
    """Remove rules at either end, and all but one of several in a row."""
    kept: list[Block] = []
    for block in blocks:
        if not isinstance(block, Rule) or (kept and not isinstance(kept[-1], Rule)):
            kept.append(block)
    if kept and isinstance(kept[-1], Rule):
        kept.pop()
    return kept


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
    """Return the kind of a callout ("warning"), or "" if an element is not one.

    Recognises the markup of MkDocs, Sphinx, Hugo, GitHub, Obsidian, Docusaurus and Bootstrap.
    """
    if element.tag not in ("div", "aside", "blockquote", "section"):
        return ""
    declared = element.get("data-callout", "")
    names = element.get("class", "")[:300]
    if not declared and not _BOX.search(names):
        return ""
    kinds = (_NAMED.sub("", name) for name in [declared, *names.lower().split()])
    return next((kind for kind in kinds if kind in KINDS), "")


def callout_title(element: HtmlElement) -> HtmlElement | None:
    """Return the title element of a callout, or None."""
    for inner in element.iterdescendants("div", "p", "span", "summary", "h3", "h4", "h5"):
        if _TITLE.search(inner.get("class", "")) and text_of(inner).strip():
            return inner
    return None

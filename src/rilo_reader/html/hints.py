"""Small judgements about elements and runs (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.html.blocks import Block, Kind, Rule, Run
from rilo_reader.html.tree import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement


_PERMALINK_TEXT = frozenset(
    ["#", "¶", "§", "🔗", "⚓", "⚓︎", "∞", "link", "permalink", "anchor"]
) | {"", "[link]"}
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
"""What a style says for emphasis and against it."""

_QUOTES = "\"'¿¡"


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


def pictures_apart(runs: list[Run]) -> list[list[Run]]:
    """A paragraph cut where pictures stand beside its text and are no part of a sentence.

    That is on a line of their own, and before a sentence that begins behind them.
    """
    pieces: list[list[Run]] = []
    before: Run | None = None  # the break before a line that goes on with the last piece
    for line, ending in _lines(runs):
        pictures, text = _leading_pictures(line)
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


def _lines(runs: list[Run]) -> Iterator[tuple[list[Run], Run | None]]:
    """Runs cut at their breaks; with each line the break that ends it."""
    line: list[Run] = []
    for run in runs:
        if run.kind is Kind.BREAK:
            yield line, run
            line = []
        else:
            line.append(run)
    yield line, None


def _leading_pictures(line: list[Run]) -> tuple[list[Run], list[Run]]:
    """The pictures that a line begins with, and what stands behind them."""
    place = end = 0
    for place, run in enumerate(line, 1):
        if run.kind is Kind.IMAGE:
            end = place
        elif run.kind is not Kind.TEXT or run.text.strip():
            break
    rest = line[end:]
    return line[:end], rest if any(run.text.strip() for run in rest) else []


def _begins_sentence(runs: list[Run], picture: Run) -> bool:
    """Whether text behind a picture begins by itself; words of the picture's link do not."""
    if any(mark.name == "link" for mark in set(runs[0].marks) & set(picture.marks)):
        return False
    first = next((run for run in runs if run.text.strip()), runs[0])
    letter = first.text.strip()[:1]
    opens = letter in _QUOTES or unicodedata.category(letter or " ") in ("Ps", "Pi")
    return first.kind is Kind.CODE or opens or (letter.isalnum() and not letter.islower())


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


def emphasis(element: HtmlElement, usual: str | None) -> list[str]:
    """How an element emphasises what stands in it: as is `usual` for it, unless its style differs.

    Editors write `<b style="font-weight:normal">` around a whole text, and bold words in a `span`.
    """
    style = element.get("style") or ""
    names = [usual] if usual else []
    if "font-" not in style.lower() or (usual and usual not in _STYLES):
        return names
    for name, (on, off) in _STYLES.items():
        if off.search(style) and name in names:
            names.remove(name)
        elif on.search(style) and name not in names:
            names.append(name)
    return names


def is_emoji(element: HtmlElement, said: str) -> bool:
    """Whether a picture stands for a character, which it names."""
    names = element.get("class") or ""
    is_sign = 0 < len(said) <= 8 and not (said.isascii() and said.isalnum())
    return is_sign and ("emoji" in names or "smiley" in names or "smilies" in names)


def without_idle_rules(blocks: list[Block]) -> list[Block]:
    """Blocks without the rules that part nothing: at either end, and one after another."""
    kept: list[Block] = []
    for block in blocks:
        if not isinstance(block, Rule) or (kept and not isinstance(kept[-1], Rule)):
            kept.append(block)
    if kept and isinstance(kept[-1], Rule):
        kept.pop()
    return kept


# Boxes beside the text of a page: notes, tips and warnings (pure).


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


# What the text of a page must hold for a walk over its tree to find anything (pure).


_ASCII_REFERENCE = re.compile(
    r"(?i)&#(?:0*(?:[1-9][0-9]|1[01][0-9]|12[0-7])|x0*[0-7][0-9a-f])(?![0-9a-f])"
)
"""A plain character written as a number: then nothing can be told from the text."""

_DRAWN = ("math", "mjx", "katex", "hurmet")
_PICTURED = ("tex", "formula", "equation", "cht=tx", "\\", "_{", "^{")


def may_hold_formulas(html: str) -> bool:
    """Whether `math.mark_formulas` can find any."""
    lower = html.lower()
    return (
        any(word in lower for word in _DRAWN)
        or ("<img" in lower and any(word in lower for word in _PICTURED))
        or _is_veiled(html)
    )


def may_hold_notes(html: str) -> bool:
    """Whether `notes.Notes` can find any: a link within the page, a class, a raised number."""
    lower = html.lower()
    return (
        html.count("#") > html.count("&#") or "note" in lower or "<sup" in lower or _is_veiled(html)
    )


def _is_veiled(html: str) -> bool:
    return "&#" in html and _ASCII_REFERENCE.search(html) is not None

"""Blocks -> Markdown (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rilo_reader.html.blocks import (
    Block,
    Code,
    Heading,
    Kind,
    Listing,
    Note,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
)
from rilo_reader.html.inline import InlineWriter, write_text

_FENCE = re.compile("^[ \t]*(`{3,})", re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._/-]{1,40}")


def write(blocks: Sequence[Block]) -> str:
    """The Markdown of these blocks, with a blank line between them and none at the end."""
    pieces: list[str] = []
    before: Block | None = None
    for block in blocks:
        text = _block(block)
        if not text:
            continue
        if isinstance(block, Listing) and isinstance(before, Listing) and _alike(before, block):
            # Only something between them keeps two lists from being one.
            pieces.append("<!-- -->")
        pieces.append(text)
        before = block
    return "\n\n".join(pieces)


def _alike(one: Listing, other: Listing) -> bool:
    return (one.start is None) == (other.start is None)


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        runs = block.runs
        if len(runs) == 1 and runs[0].kind is Kind.TEXT and not runs[0].marks:
            return write_text(runs[0].text)
        return InlineWriter().write(runs)
    if isinstance(block, Rule):
        return "---"
    return _WRITERS[type(block)](block)


def _note(note: Note) -> str:
    return _indented(f"[^{note.label}]: ", write(note.blocks), 4)


def _heading(heading: Heading) -> str:
    text = InlineWriter(in_heading=True).write(heading.runs)
    if not text:
        return ""
    if re.search(r"(?:^|\s)#+\Z", text):
        text = text[:-1] + r"\#"
    return f"{'#' * heading.level} {text}"


def _code(code: Code) -> str:
    longest = max((len(fence) for fence in _FENCE.findall(code.text)), default=2)
    fence = "`" * max(3, longest + 1)
    language = code.language if _LANGUAGE.fullmatch(code.language) else ""
    return f"{fence}{language}\n{code.text}\n{fence}"


def _quote(quote: Quote) -> str:
    text = write(quote.blocks)
    if quote.callout and text:
        title = InlineWriter(in_heading=True).write([Run(quote.title)])
        text = f"[!{quote.callout}] {title}".rstrip() + "\n" + text
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n")) if text else ""


def _listing(listing: Listing) -> str:
    items: list[str] = []
    tight = all(_is_tight(item) for item in listing.items)
    number = listing.start
    for item in listing.items:
        marker = "- " if number is None else f"{number}. "
        text = _item(item, tight)
        if not text:
            continue
        items.append(_indented(marker, text, len(marker)))
        number = None if number is None else number + 1
    return ("\n" if tight else "\n\n").join(items)


def _item(item: list[Block], tight: bool) -> str:
    if not tight:
        return write(item)
    return "\n".join(filter(None, map(_block, item)))


def _is_tight(item: list[Block]) -> bool:
    """Whether an item is a line of text, with lists below it or none."""
    return (
        all(
            isinstance(block, Listing) if index else isinstance(block, Paragraph | Listing)
            for index, block in enumerate(item)
        )
        and sum(isinstance(block, Listing) for block in item) <= 1
    )


def _indented(marker: str, text: str, width: int) -> str:
    """The text with its marker before it and its further lines below its beginning."""
    first, *rest = text.split("\n")
    return "\n".join([marker + first, *(" " * width + line if line else "" for line in rest)])


def _table(table: Table) -> str:
    rows = [[InlineWriter(in_table=True).write(cell) for cell in row] for row in table.rows]
    if not rows or not any(any(row) for row in rows):
        return ""
    rules = [{"right": "--:", "center": ":-:"}.get(align, "---") for align in table.aligns]
    lines = [rows[0], rules, *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    Heading: _heading,
    Code: _code,
    Quote: _quote,
    Listing: _listing,
    Table: _table,
    Note: _note,
}

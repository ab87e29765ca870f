"""What stands above an article's text and is none of it: way, title, day (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rilo_reader.collect.feed.dates import read_date
from rilo_reader.collect.web_page.stretches import letters
from rilo_reader.collect.web_page.way import without_way
from rilo_reader.html.blocks import Block, Heading, Kind, Listing, Paragraph
from rilo_reader.store.dates import When

LOOKED_AT = 6
"""Blocks among which the title may stand once more."""

SLIGHT = 120
"""Letters of all that may go because it stands above the title."""

_DAY = re.compile(r"(?=.*\b[12]\d{3}\b|.*\d{4}年).{8,40}")
"""A line that may be a day; a year or a month alone is something else."""


def without_head(blocks: Sequence[Block], title: str) -> tuple[list[Block], When | None]:
    """The blocks from where the text begins, and the day that stood above it."""
    above, rest = _parted_at_title(blocks, letters(title))
    rest = without_way(rest)
    days = [day for block in above if (day := _day_of(block)) is not None]
    if len(rest) > 1 and (day := _day_of(rest[0])) is not None:
        rest = without_way(rest[1:])
        days.insert(0, day)
    pictures = [block for block in above if _has_picture(block)]
    return [*pictures, *rest], days[0] if days else None


def _parted_at_title(blocks: Sequence[Block], title: str) -> tuple[list[Block], list[Block]]:
    """What little stands above the title said once more, and the blocks without both."""
    above: list[Block] = []
    size = 0
    for index, block in enumerate(blocks[:LOOKED_AT] if title else ()):
        text = letters(_text_of(block))
        behind = list(blocks[index + 1 :])
        if isinstance(block, Heading | Paragraph) and text == title:
            # Old programs write the way and the day there; more than that is the article's.
            return (above, behind) if size <= SLIGHT else ([], [*above, *behind])
        if isinstance(block, Heading) and text and text in title and index < LOOKED_AT - 2:
            return [], [*above, *behind]
        if not isinstance(block, Heading | Paragraph | Listing):
            break
        above.append(block)
        size += len(text)
    return [], list(blocks)


def _day_of(block: Block) -> When | None:
    """The day that a line is, and nothing else."""
    if not isinstance(block, Heading | Paragraph) or _has_picture(block):
        return None
    line = " ".join(_text_of(block).split())
    return read_date(line) if _DAY.fullmatch(line) else None


def _text_of(block: Block) -> str:
    """The text of a block."""
    if isinstance(block, Listing):
        return " ".join(_text_of(inner) for item in block.items for inner in item)
    if isinstance(block, Heading | Paragraph):
        return "".join(run.text for run in block.runs if run.kind is not Kind.IMAGE)
    return ""


def _has_picture(block: Block) -> bool:
    return isinstance(block, Heading | Paragraph) and any(
        run.kind is Kind.IMAGE for run in block.runs
    )

"""Remove the lines above an article: breadcrumbs, a repeated title, a date (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from rilo_reader.dates import When, read_date
from rilo_reader.html.blocks import Block, Heading, Kind, Listing, Paragraph, Run
from rilo_reader.pages.text_runs import letters

LOOKED_AT = 6
"""Number of blocks that are searched for a repeated title."""

SLIGHT = 120
"""Maximum number of letters that are removed above a repeated title."""

_DAY = re.compile(r"(?=.*\b[12]\d{3}\b|.*\d{4}年).{8,40}")
"""A line that may be a date; not a year or a month alone."""


def without_head(blocks: Sequence[Block], title: str) -> tuple[list[Block], When | None]:
    """Return the blocks without lines above the text, and the date found in them."""
    above, rest = _split_at_title(blocks, letters(title))
    rest = without_breadcrumbs(rest)
    days = [day for block in above if (day := _day_of(block)) is not None]
    if len(rest) > 1 and (day := _day_of(rest[0])) is not None:
        rest = without_breadcrumbs(rest[1:])
        days.insert(0, day)
    pictures = [block for block in above if _has_picture(block)]
    return [*pictures, *rest], days[0] if days else None


def _split_at_title(blocks: Sequence[Block], title: str) -> tuple[list[Block], list[Block]]:
    """Split blocks at a repeated title that only a few letters precede."""
    above: list[Block] = []
    size = 0
    for index, block in enumerate(blocks[:LOOKED_AT] if title else ()):
        text = letters(_text_of(block))
        after = list(blocks[index + 1 :])
        if isinstance(block, Heading | Paragraph) and text == title:
            # Old software puts breadcrumbs and the date there; anything longer is text.
            return (above, after) if size <= SLIGHT else ([], [*above, *after])
        if isinstance(block, Heading) and text and text in title and index < LOOKED_AT - 2:
            return [], [*above, *after]
        if not isinstance(block, Heading | Paragraph | Listing):
            break
        above.append(block)
        size += len(text)
    return [], list(blocks)


def _day_of(block: Block) -> When | None:
    """Return the date in a block, if there is nothing else."""
    if not isinstance(block, Heading | Paragraph) or _has_picture(block):
        return None
    line = " ".join(_text_of(block).split())
    return read_date(line) if _DAY.fullmatch(line) else None


def _text_of(block: Block) -> str:
    if isinstance(block, Listing):
        return " ".join(_text_of(inner) for item in block.items for inner in item)
    if isinstance(block, Heading | Paragraph):
        return "".join(run.text for run in block.runs if run.kind is not Kind.IMAGE)
    return ""


def _has_picture(block: Block) -> bool:
    return isinstance(block, Heading | Paragraph) and any(
        run.kind is Kind.IMAGE for run in block.runs
    )


# Breadcrumbs and links to neighbouring articles.


MOST_WORDS = 4
"""Maximum number of words in the name of a section."""

DEEPEST_SECTION = 3
"""Maximum number of slashes in the path of a section."""

_ARROWS = re.compile("^[«‹←<≪]|[»›→>≫]$")


def without_breadcrumbs(blocks: list[Block]) -> list[Block]:
    """Return the blocks without breadcrumbs at the start."""
    for index, block in enumerate(blocks):
        if not (
            isinstance(block, Paragraph | Listing) and (_is_breadcrumbs(block) or _leads_on(block))
        ):
            return blocks[index:]
    return blocks


def _leads_on(block: Block) -> bool:
    """Return whether a block only links to neighbouring articles: `« One | Main | Another »`."""
    if not isinstance(block, Paragraph):
        return False
    line = "".join(run.text for run in block.runs if run.kind is not Kind.BREAK).strip()
    return bool(_ARROWS.search(line)) and all(
        run.kind is Kind.TEXT
        and (not letters(run.text) or any(mark.name == "link" for mark in run.marks))
        for run in block.runs
        if run.kind is not Kind.BREAK
    )


def _is_breadcrumbs(block: Block) -> bool:
    """Return whether a block only links to sections."""
    if isinstance(block, Listing):
        return all(_is_breadcrumbs(inner) for item in block.items for inner in item)
    if not isinstance(block, Paragraph):
        return False
    runs = [
        run
        for run in block.runs
        if run.kind is not Kind.BREAK and run.text.strip().strip("/>›»|,·")
    ]
    return bool(runs) and all(run.kind is Kind.TEXT and _is_section(run) for run in runs)


def _is_section(run: Run) -> bool:
    """Return whether a link leads to a section: few words, the last one in its address."""
    target = next((mark.target for mark in run.marks if mark.name == "link"), "")
    words = [word for word in map(letters, run.text.split()) if word]
    if not target or not 0 < len(words) <= MOST_WORDS:
        return False
    parts = urlsplit(target)
    path = parts.path.strip("/")
    if not path:
        return not parts.query
    is_page = any(letter.isdigit() for letter in path) or path.count("/") > DEEPEST_SECTION
    return not is_page and words[-1] in letters(parts.netloc + path)

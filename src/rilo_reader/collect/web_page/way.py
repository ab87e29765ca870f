"""The way to an article: links to its sections and neighbours, which stand above it (pure)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from rilo_reader.collect.web_page.stretches import letters
from rilo_reader.html.blocks import Block, Kind, Listing, Paragraph, Run

MOST_WORDS = 4
"""Words of the name of a section."""

DEEPEST_SECTION = 3
"""Slashes in the path of a section's address."""

_ARROWS = re.compile("^[«‹←<≪]|[»›→>≫]$")


def without_way(blocks: list[Block]) -> list[Block]:
    """The blocks without the way to the article at their head: links to the sections it is in."""
    for index, block in enumerate(blocks):
        if not (isinstance(block, Paragraph | Listing) and (_is_way(block) or _leads_on(block))):
            return blocks[index:]
    return blocks


def _leads_on(block: Block) -> bool:
    """Whether a block is links to what came before and after: `« One | Main | Another »`."""
    if not isinstance(block, Paragraph):
        return False
    line = "".join(run.text for run in block.runs if run.kind is not Kind.BREAK).strip()
    return bool(_ARROWS.search(line)) and all(
        run.kind is Kind.TEXT
        and (not letters(run.text) or any(mark.name == "link" for mark in run.marks))
        for run in block.runs
        if run.kind is not Kind.BREAK
    )


def _is_way(block: Block) -> bool:
    """Whether a block is links to sections and nothing else."""
    if isinstance(block, Listing):
        return all(_is_way(inner) for item in block.items for inner in item)
    if not isinstance(block, Paragraph):
        return False
    runs = [
        run
        for run in block.runs
        if run.kind is not Kind.BREAK and run.text.strip().strip("/>›»|,·")
    ]
    return bool(runs) and all(run.kind is Kind.TEXT and _is_section(run) for run in runs)


def _is_section(run: Run) -> bool:
    """Whether a link leads to a section: few words, the last of which is in its address."""
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

"""Remove the lines above an article: breadcrumbs, a repeated title, a date (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from rilo_reader.html.blocks import Block, Heading, Kind, Listing, Paragraph, Rule, Run
from rilo_reader.pages.text_runs import letters
from rilo_reader.parsers.dates import read_date
from rilo_reader.store.dates import When

LOOKED_AT = 6
"""Number of blocks that are searched for a repeated title."""

SLIGHT = 120
"""Maximum number of letters that are removed above a repeated title."""

SHORT = 10
"""Letters up to which a heading below the first level may be part of the title by chance."""

ALIKE = 0.75
"""Similarity from which a heading repeats the title: 1 - edits / length of the longer."""

_DAY = re.compile(r"(?=.*\b[12]\d{3}\b|.*\d{4}年).{8,40}")
"""A line that may be a date; not a year or a month alone."""


def without_head(
    blocks: Sequence[Block], title: str, authors: Sequence[str] = ()
) -> tuple[list[Block], When | None]:
    """Return the blocks without lines above the text, and the date found in them."""
    above, rest = _split_at_title(blocks, letters(title))
    # Some pages have it twice, as on a picture and below it.
    between, rest = _split_at_title(rest, letters(title))
    above, rest = [*above, *between], without_breadcrumbs(rest)
    days = [day for block in above if (day := _day_of(block)) is not None]
    if len(rest) > 1 and (day := _day_of(rest[0])) is not None:
        rest = without_breadcrumbs(rest[1:])
        days.insert(0, day)
    head = [block for block in rest[:LOOKED_AT] if not is_about(block, authors)]
    pictures = [block for block in above if _has_picture(block)]
    return [*pictures, *head, *rest[LOOKED_AT:]], days[0] if days else None


def _split_at_title(blocks: Sequence[Block], title: str) -> tuple[list[Block], list[Block]]:
    """Split blocks at a repeated title that only a few letters precede."""
    above: list[Block] = []
    size = 0
    for index, block in enumerate(blocks[:LOOKED_AT] if title else ()):
        text = letters(text_of(block))
        after = list(blocks[index + 1 :])
        if isinstance(block, Heading | Paragraph) and text == title:
            # Old software puts breadcrumbs and the date there; anything longer is text.
            return (above, after) if size <= SLIGHT else ([], [*above, *after])
        is_near = index < LOOKED_AT - 2
        if isinstance(block, Heading) and text and is_near and _repeats(block, text, title):
            return [], [*above, *after]
        if not isinstance(block, Heading | Paragraph | Listing | Rule):
            break
        above.append(block)
        size += len(text)
    return [], list(blocks)


def _repeats(heading: Heading, text: str, title: str) -> bool:
    """Return whether a heading is a part of the title, or almost the same."""
    from rapidfuzz.distance import Levenshtein

    if text in title:
        return len(text) > SHORT or heading.level == 1
    return Levenshtein.normalized_similarity(text, title) >= ALIKE


_ABOUT = re.compile(
    r"""(?ix)
      (?:[^\W\d_]{2,10}[.,]?\s+)?(?:
          \d{1,2}(?:st|nd|rd|th|er|º)?[.,]?\s+(?:de\s+)?[^\W\d_]{3,10}\.?,?\s+(?:de\s+)?
        | [^\W\d_]{3,10}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+
        | \d{1,2}[./-]\d{1,2}[./-]
      )(?:19|20)\d\d\b
    | (?:19|20)\d\d(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)
    | \d+\s*(?:-\s*)?min(?:ute[sn]?|uten)?\b
    """
)
"""A date, or the time that reading takes."""

_LABELS = re.compile(
    r"(?i)\b(?:by|von|par|por|di|door|av|af|written|posted|published|updated|modified|reviewed"
    r"|first|last|on|at|am|um|uhr|the|veröffentlicht|aktualisiert|erstellt|geschrieben|stand|datum"
    r"|publié|mis à jour|le|à|publicado|actualizado|escrito|fecha|el|las|data|date|author"
    r"|autor(?:in)?|read(?:ing)?|time|lesezeit|lesedauer|ca|edt|est|gmt|utc|cest|cet|[ap]\.?m)\b"
    r"|\d{1,2}[:.h]\d\d(?:[:.]\d\d)?"
)


def is_about(block: Block, authors: Sequence[str]) -> bool:
    """Return whether a line only says who wrote the article, when, or how long it takes to read."""
    line = " ".join(text_of(block).split())
    if not isinstance(block, Paragraph | Listing) or _has_picture(block) or len(line) > SLIGHT:
        return False
    rest = _ABOUT.sub(" ", line)
    for author in authors:
        rest = re.sub(re.escape(author), " ", rest, flags=re.IGNORECASE)
    return rest != line and not letters(_LABELS.sub(" ", rest))


def _day_of(block: Block) -> When | None:
    """Return the date in a block, if there is nothing else."""
    if not isinstance(block, Heading | Paragraph) or _has_picture(block):
        return None
    line = " ".join(text_of(block).split())
    return read_date(line) if _DAY.fullmatch(line) else None


def text_of(block: Block) -> str:
    """Return the text of a block, without descriptions of pictures."""
    if isinstance(block, Listing):
        return " ".join(text_of(inner) for item in block.items for inner in item)
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

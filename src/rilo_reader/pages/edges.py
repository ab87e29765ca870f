"""Remove the lines around an article (pure).

Above it: breadcrumbs, its title, bylines. Below: other articles, tags, biographies, comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from rapidfuzz.distance import Levenshtein

from rilo_reader.dates import ParsedDate, read_date
from rilo_reader.html.blocks import Block, Heading, Listing, Note, Paragraph, Rule, Run, RunKind
from rilo_reader.html.hints import remove_idle_rules
from rilo_reader.pages.prune import to_letters

MAX_HEAD_BLOCKS = 6  # blocks that are searched for a repeated title
SLIGHT = 120  # maximum number of letters that are removed above a repeated title
SHORT = 10  # letters up to which a lower heading may be part of the title by chance
ALIKE = 0.75  # similarity from which a heading repeats the title: 1 - edits / length of the longer
_DAY = re.compile(r"(?=.*\b[12]\d{3}\b|.*\d{4}年).{8,40}")
"""A line that may be a date; not a year or a month alone."""


def remove_head(
    blocks: Sequence[Block], title: str, authors: Sequence[str] = ()
) -> tuple[list[Block], ParsedDate | None]:
    """Return the blocks without lines above the text, and the date found in them."""
    above, rest = _split_at_title(blocks, to_letters(title))
    rest = remove_breadcrumbs(rest)
    days = [day for block in above if (day := _read_day(block)) is not None]
    if len(rest) > 1 and (day := _read_day(rest[0])) is not None:
        rest = remove_breadcrumbs(rest[1:])
        days.insert(0, day)
    head = [
        block
        for block in rest[:MAX_HEAD_BLOCKS]
        # Some pages have the title twice, as on a picture and below it.
        if to_letters(_text_of(block)) != to_letters(title) or _has_picture(block) or not title
        if not _is_about(block, authors)
    ]
    pictures = [block for block in above if _has_picture(block)]
    return [*pictures, *head, *rest[MAX_HEAD_BLOCKS:]], days[0] if days else None


def _split_at_title(blocks: Sequence[Block], title: str) -> tuple[list[Block], list[Block]]:
    """Split blocks at a repeated title that only a few letters precede."""
    above: list[Block] = []
    size = 0
    for index, block in enumerate(blocks[:MAX_HEAD_BLOCKS] if title else ()):
        text = to_letters(_text_of(block))
        after = list(blocks[index + 1 :])
        if isinstance(block, Heading | Paragraph) and text == title:
            # Old software puts breadcrumbs and the date there; anything longer is text.
            return (above, after) if size <= SLIGHT else ([], [*above, *after])
        if isinstance(block, Heading) and text and index < MAX_HEAD_BLOCKS - 2:
            if text in title:
                repeats = len(text) > SHORT or block.level == 1
            else:
                repeats = Levenshtein.normalized_similarity(text, title) >= ALIKE
            if repeats:
                return [], [*above, *after]
        if not isinstance(block, Heading | Paragraph | Listing | Rule):
            break
        above.append(block)
        size += len(text)
    return [], list(blocks)


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


def _is_about(block: Block, authors: Sequence[str]) -> bool:
    """Return whether a line only says who wrote the article, when, or how long it takes to read."""
    line = " ".join(_text_of(block).split())
    if not isinstance(block, Paragraph | Listing) or _has_picture(block) or len(line) > SLIGHT:
        return False
    rest = _ABOUT.sub(" ", line)
    for author in authors:
        rest = re.sub(re.escape(author), " ", rest, flags=re.IGNORECASE)
    return rest != line and not to_letters(_LABELS.sub(" ", rest))


def _read_day(block: Block) -> ParsedDate | None:
    """Return the date in a block, if there is nothing else."""
    if not isinstance(block, Heading | Paragraph) or _has_picture(block):
        return None
    line = " ".join(_text_of(block).split())
    return read_date(line) if _DAY.fullmatch(line) else None


def _text_of(block: Block) -> str:
    if isinstance(block, Listing):
        return " ".join(_text_of(inner) for item in block.items for inner in item)
    if isinstance(block, Heading | Paragraph):
        return "".join(run.text for run in block.runs if run.kind is not RunKind.IMAGE)
    return ""


def _link_target(run: Run) -> str:
    """Return the address that a run links to, or ""."""
    return next((mark.target for mark in run.marks if mark.name == "link"), "")


def _has_picture(block: Block) -> bool:
    runs = block.runs if isinstance(block, Heading | Paragraph) else ()
    return any(run.kind is RunKind.IMAGE for run in runs)


# Breadcrumbs and links to neighbouring articles.


MAX_SECTION_WORDS = 4  # in the name of a section
MAX_SECTION_SLASHES = 3  # in the path of a section
_ARROWS = re.compile("^[«‹←<≪]|[»›→>≫]$")


def remove_breadcrumbs(blocks: list[Block]) -> list[Block]:
    """Return the blocks without breadcrumbs at the start."""
    for index, block in enumerate(blocks):
        if not (_is_breadcrumbs(block) or _is_pager(block)):
            return blocks[index:]
    return blocks


def _is_pager(block: Block) -> bool:
    """Return whether a block only links to neighbouring articles: `« One | Main | Another »`."""
    if not isinstance(block, Paragraph):
        return False
    runs = [run for run in block.runs if run.kind is not RunKind.BREAK]
    line = "".join(run.text for run in runs).strip()
    return bool(_ARROWS.search(line)) and all(
        run.kind is RunKind.TEXT and (not to_letters(run.text) or _link_target(run)) for run in runs
    )


def _is_breadcrumbs(block: Block) -> bool:
    """Return whether a block only links to sections."""
    if isinstance(block, Listing):
        return all(_is_breadcrumbs(inner) for item in block.items for inner in item)
    if not isinstance(block, Paragraph):
        return False
    lines = (run for run in block.runs if run.kind is not RunKind.BREAK)
    runs = [run for run in lines if run.text.strip().strip("/>›»|,·")]
    return bool(runs) and all(run.kind is RunKind.TEXT and _is_section(run) for run in runs)


def _is_section(run: Run) -> bool:
    """Return whether a link leads to a section: few words, the last one in its address."""
    target = _link_target(run)
    words = [word for word in map(to_letters, run.text.split()) if word]
    if not target or not 0 < len(words) <= MAX_SECTION_WORDS:
        return False
    parts = urlsplit(target)
    path = parts.path.strip("/")
    if not path:
        return not parts.query
    is_page = any(letter.isdigit() for letter in path) or path.count("/") > MAX_SECTION_SLASHES
    return not is_page and words[-1] in to_letters(parts.netloc + path)


# Below an article.


TAIL_SHARE = 0.3
"""Maximum share of the letters of an article that are removed as links to others, and minimum share
before its comments."""

_COMMENT = (
    r"(?:comments?|kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties"
    r"|комментари\w+)"
)
_BELOW = re.compile(
    rf"(?i)\W*(?:(?:\d+|no|keine?|aucun|sin)\s+{_COMMENT}"
    r"(?:\s*/.{1,40}|\s+(?:on|to|zu|auf|sur|en)\s.*)?"
    rf"|{_COMMENT}(?:\s+insgesamt)?\s*[:(]\s*\d+\W*|leave a (?:reply|comment)|post a comment"
    r"|kommentar (?:schreiben|hinterlassen)|laisser un commentaire|dej(?:a|ar) un comentario"
    r"|about the authors?|über (?:den|die) autor(?:in|en)?|zur person|autor:innen|sobre el autor"
    r"|à propos de l.auteur)\W*"
)
"""Lines above comments and biographies; not "Comments" alone, which an article may have."""

_BIOGRAPHY = re.compile(
    r"(?i)\W*(?:is|was|has|writes|covers|works|lives|ist|war|schreibt|arbeitet|lebt|est|es|è|jest)\b"
)

_A_FILE = re.compile(r"(?i)\.(?!html?$|php$|aspx?$|jsp$)[a-z0-9]{2,5}$")


def remove_tail(blocks: list[Block], base: str, authors: Sequence[str]) -> list[Block]:
    """Return the blocks without those below the text; footnotes stay.

    `base` is the address of the page: links to other pages of its site lead away.
    """
    notes = [block for block in blocks if isinstance(block, Note)]
    text = remove_idle_rules([block for block in blocks if not isinstance(block, Note)])
    sizes = [len(to_letters(_text_of(block))) for block in text]
    removable = TAIL_SHARE * sum(sizes)
    before = 0
    for index, (block, size) in enumerate(zip(text, sizes, strict=True)):
        if before > removable and _BELOW.fullmatch(_text_of(block).strip()):
            del text[index:]
            break
        before += size
    while len(text) > 1:
        last = text[-1]
        is_end = isinstance(last, Heading | Rule) or _has_only_headings(last)
        if is_end or _is_about(last, authors) or _is_biography(last, authors):
            text.pop()
            continue
        others = 0
        while others < len(text) - 1 and _leads_away(text[-1 - others], base):
            others += 1
        removable -= sum(sizes[len(text) - others : len(text)])
        is_one = others == 1 and isinstance(last, Paragraph) and not _has_picture(last)
        if not others or is_one or removable < 0:
            break
        del text[-others:]
        line = _text_of(text[-1]).strip()
        if len(text) > 1 and len(line) < 80 and line.endswith((":", "：")):
            text.pop()
    return [*text, *notes]


def _is_biography(block: Block, authors: Sequence[str]) -> bool:
    """Return whether a paragraph says who an author is: "Jane Doe is a reporter."."""
    line = _text_of(block).strip() if isinstance(block, Paragraph) else ""
    name = next((name for name in authors if line.startswith(name)), "")
    return bool(name) and _BIOGRAPHY.match(line, len(name)) is not None


def _has_only_headings(block: Block) -> bool:
    """Return whether a block is a list of headings only, as of sidebar boxes."""
    return isinstance(block, Listing) and all(
        isinstance(inner, Heading) for item in block.items for inner in item
    )


def _leads_away(block: Block, base: str) -> bool:
    """Return whether a block only links to other pages of the site."""
    runs = [run for run in _list_runs(block) if run.kind is RunKind.IMAGE or to_letters(run.text)]
    page = urlsplit(base)
    for run in runs:
        parts = urlsplit(_link_target(run))
        # A picture may link to a larger one.
        is_larger = run.kind is RunKind.IMAGE and parts.path == page.path and bool(parts.query)
        is_there = bool(page.netloc) and parts.netloc == page.netloc and not parts.fragment
        if not is_there or is_larger or _A_FILE.search(parts.path):
            return False
    return bool(runs)


def _list_runs(block: Block) -> Iterable[Run]:
    if isinstance(block, Listing):
        return [run for item in block.items for inner in item for run in _list_runs(inner)]
    return block.runs if isinstance(block, Paragraph | Heading) else [Run("x")]

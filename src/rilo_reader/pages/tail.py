"""Remove what stands below an article: other articles, tags, bylines, comments (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from rilo_reader.html.blocks import Block, Heading, Kind, Listing, Note, Paragraph, Rule, Run
from rilo_reader.html.hints import without_idle_rules
from rilo_reader.pages.head import is_about, text_of
from rilo_reader.pages.text_runs import letters

MOST = 0.3
"""Maximum share of the letters of an article that are removed as links to others, and least share
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
"""What stands above comments and biographies; not "Comments" alone, which an article may have."""

_BIOGRAPHY = re.compile(
    r"(?i)\W*(?:is|was|has|writes|covers|works|lives|ist|war|schreibt|arbeitet|lebt|est|es|è|jest)\b"
)

_A_FILE = re.compile(r"(?i)\.(?!html?$|php$|aspx?$|jsp$)[a-z0-9]{2,5}$")


def without_tail(blocks: list[Block], base: str, authors: Sequence[str]) -> list[Block]:
    """Return the blocks without what follows the text; footnotes stay.

    `base` is the address of the page: what links to other pages of its site leads away.
    """
    notes = [block for block in blocks if isinstance(block, Note)]
    text = without_idle_rules([block for block in blocks if not isinstance(block, Note)])
    sizes = [len(letters(text_of(block))) for block in text]
    left = MOST * sum(sizes)
    before = 0
    for index, (block, size) in enumerate(zip(text, sizes, strict=True)):
        if before > left and _BELOW.fullmatch(text_of(block).strip()):
            del text[index:]
            break
        before += size
    while len(text) > 1:
        last = text[-1]
        is_end = isinstance(last, Heading | Rule) or _is_names(last)
        if is_end or is_about(last, authors) or _is_biography(last, authors):
            text.pop()
            continue
        others = 0
        while others < len(text) - 1 and _leads_to(text[-1 - others], base):
            others += 1
        left -= sum(sizes[len(text) - others : len(text)])
        is_one = others == 1 and isinstance(last, Paragraph) and not _has_picture(last)
        if not others or is_one or left < 0:
            break
        del text[-others:]
        if len(text) > 1 and _introduces(text[-1]):
            text.pop()
    return [*text, *notes]


def _is_biography(block: Block, authors: Sequence[str]) -> bool:
    """Return whether a paragraph says who an author is: "Jane Doe is a reporter."."""
    line = text_of(block).strip() if isinstance(block, Paragraph) else ""
    name = next((name for name in authors if line.startswith(name)), "")
    return bool(name) and _BIOGRAPHY.match(line, len(name)) is not None


def _is_names(block: Block) -> bool:
    """Return whether a block is a list of headings only, as of sidebar boxes."""
    return isinstance(block, Listing) and all(
        isinstance(inner, Heading) for item in block.items for inner in item
    )


def _has_picture(block: Paragraph) -> bool:
    return any(run.kind is Kind.IMAGE for run in block.runs)


def _introduces(block: Block) -> bool:
    """Return whether a paragraph introduces a list: "You may also like:"."""
    line = text_of(block).strip()
    return isinstance(block, Paragraph) and len(line) < 80 and line.endswith((":", "："))


def _leads_to(block: Block, base: str) -> bool:
    """Return whether a block only links to other pages of the site."""
    runs = [run for run in _runs(block) if run.kind is Kind.IMAGE or letters(run.text)]
    return bool(runs) and all(_is_link(run, base) for run in runs)


def _runs(block: Block) -> Iterable[Run]:
    if isinstance(block, Listing):
        return [run for item in block.items for inner in item for run in _runs(inner)]
    return block.runs if isinstance(block, Paragraph | Heading) else [Run("x")]


def _is_link(run: Run, base: str) -> bool:
    """Return whether a run links to the site; not a picture that links to a larger one."""
    target = next((mark.target for mark in run.marks if mark.name == "link"), "")
    parts, page = urlsplit(target), urlsplit(base)
    is_larger = run.kind is Kind.IMAGE and parts.path == page.path and bool(parts.query)
    is_there = bool(page.netloc) and parts.netloc == page.netloc and not parts.fragment
    return is_there and not is_larger and not _A_FILE.search(parts.path)

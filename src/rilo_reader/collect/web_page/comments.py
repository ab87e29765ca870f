"""What readers say below an article: where nothing but its heading says what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.html.surgery import remove, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST = 120
"""Characters of such a heading: it may hold the article's title."""

_NAME = re.compile(r"(?i)(?:comments?|trackbacks?)(?:[-_]?(?:title|heading|header|count))?")
_SAYS = re.compile(
    r"(?i)\W*(?:\d+\s+)?(?:comments?|responses?|replies|reactions?|kommentare?|commentaires?"
    r"|comentarios?|comentários?|commenti|reacties|комментари[ией]|评论|評論|コメント|댓글|trackbacks?|トラックバック)(?:\W|\Z)"
)
_SIGNED = re.compile(
    r"(?i)\b(?:posted by|says?:|said[ :]|wrote:|schrieb|a dit|escribió|ha scritto|пишет)|投稿者"
)
"""What stands beside the name of who says something."""


def drop_comments(root: HtmlElement) -> None:
    """Take out headings that are called and say "Comments", and what stands behind them.

    Extractors know comments by the names of their elements. On the pages of old programs (Movable
    Type) only the heading above them has one. An article on a language has such a heading too,
    named by what it says, but nobody signs below it, and there is nothing to write in.
    """
    for heading in list(root.iter("h2", "h3", "h4", "h5")):
        names = f"{heading.get('id') or ''} {heading.get('class') or ''}".split()
        text = " ".join(text_of(heading).split())
        if (
            any(_NAME.fullmatch(name) for name in names)
            and len(text) <= LONGEST
            and _SAYS.match(text)
        ):
            below = list(heading.itersiblings())
            if any(_is_signed(element) for element in below):
                for element in [*below, heading]:
                    remove(element)


def _is_signed(element: HtmlElement) -> bool:
    """Whether somebody says something there, or may."""
    return (
        _SIGNED.search(text_of(element)) is not None
        or next(element.iter("textarea"), None) is not None
    )

"""The piece of an article around its first hit, as plain text (pure)."""

from __future__ import annotations

import re

from rilo_reader.article import Article, clean_text
from rilo_reader.entities import unescape
from rilo_reader.library.rows import Snippet
from rilo_reader.search.hits import find_hits
from rilo_reader.search.query import Query, highlights

SURROUNDINGS = 6
"""Markdown read on each side of a hit, in lengths of the snippet: addresses take up space."""

# What Markdown and HTML say about text, as far as a single line of it is readable without.
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])")
_WIKI_LINK = re.compile(r"!?\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_COMMENT = re.compile(r"%%.*?%%|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BLOCK = re.compile(
    r"^[ \t]*(?:[-=*]{3,}[ \t]*$|#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|\d+[.)][ \t]+|```\w*|~~~\w*)",
    re.MULTILINE,
)
_INLINE = re.compile(r"\*{1,3}|_{2,3}|`+|(?<!\w)_|_(?!\w)|~~|\|")
_SPACE = re.compile(r"\s+")


def snippet(article: Article, query: Query, length: int) -> Snippet | None:
    """The text around the first hit of the body, else the beginning of the body.

    Args:
        article: what to show a piece of.
        query: whose hits are looked for and marked.
        length: how many characters at most, the marks of what is cut away not counted.

    Returns:
        None where the article has no text.
    """
    words = highlights(query)
    first = next(iter(find_hits(article.body, words, 1)), (0, 0))[0] if words else 0
    around = length * SURROUNDINGS
    start = max(0, first - around)
    text = plain_line(article.body[start : first + around])
    if not text:
        return None
    hits = find_hits(text, words) if words else []
    # Where the piece begins before the hit, a hit found earlier may be half a word of the cut.
    at = hits[0][0] if hits else 0
    begin, end = _bounds(text, at, length)
    head = "… " if begin or start else ""
    tail = " …" if end < len(text) or first + around < len(article.body) else ""
    shift = len(head) - begin
    marked = tuple((a + shift, b + shift) for a, b in hits if a >= begin and b <= end)
    return Snippet(f"{head}{text[begin:end]}{tail}", marked)


def plain_line(markdown: str) -> str:
    """Markdown as one line of plain text; what stands in it stays, how it is set goes."""
    text = _COMMENT.sub(" ", markdown)
    text = _WIKI_LINK.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _BLOCK.sub("", text)
    text = _INLINE.sub("", text)
    # An entity may stand for what was taken out of the text before it was spelt like that.
    return clean_text(_SPACE.sub(" ", unescape(text)).strip())


def _bounds(text: str, at: int, length: int) -> tuple[int, int]:
    """Where a piece of a text begins and ends that holds `at`, at words where there are any."""
    if len(text) <= length:
        return 0, len(text)
    begin = max(0, min(at - length // 4, len(text) - length))
    if begin:
        space = text.find(" ", begin, at)
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), begin + length)
    if end < len(text):
        space = text.rfind(" ", max(at, begin + length // 2), end)
        end = space if space > 0 else end
    return begin, end

"""Snippets: the text of an article around its first hit, as one plain line (pure).

A snippet is cut from the Markdown before it is parsed, so it may begin or end within a link or
code: parsing the whole article would take too long for each row of a list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rilo_reader.article import Article, Field
from rilo_reader.query.letters import SPLIT, is_in
from rilo_reader.query.match import find_hits
from rilo_reader.query.tree import Query, Words, words_to_highlight
from rilo_reader.render.page import LinkNumbers
from rilo_reader.render.parser import MarkdownSource
from rilo_reader.render.tokens import BACK_SIGN, TokenRewriter
from rilo_reader.text import clean_text

SURROUNDINGS = 6  # lengths of the snippet to read on each side of a hit; much of it may be URLs
FIRST_SEARCHED = 3_000  # characters in which the first hit is looked for first
LONGEST_WORD = 300  # characters to search for the end of a word, which may be a URL

_ADDRESS = r"(?:[^()\s]|\([^()\s]*\))*"
_LINK = re.compile(rf"!?\[([^\[\]]*)\]\(({_ADDRESS}(?:\s+\"[^\"]*\")?)\)")
_CUT_BEFORE = re.compile(rf"\A([^\[\]]*)\]\({_ADDRESS}\)?")
_CUT_BEHIND = re.compile(r"!?\[([^\[\]]*)(?:\]\(\S*)?\Z|<!--(?:(?!-->).)*\Z", re.DOTALL)
"""A link or a comment that was cut at the beginning or end of the piece."""

_RULE = re.compile(r"(?m)^ {0,3}(?=[^\n]*\|)[ \t|:-]*-[ \t|:-]*$")
"""The line below the head of a table."""

_ROW = re.compile(r"\s*\||.*\|\s*\Z")
_BAR = re.compile(r"(?<!\\)\|")

_FENCE = re.compile(r"(?m)^ {0,3}(?:```|~~~)")
_IN_BODY = frozenset({Field.ANYWHERE, Field.TEXT, Field.BODY})
_WITHIN = frozenset({"", "a", "code", "dim", "em", "s", "strong", "u"})  # tags within a word
_SPACE = re.compile(r"\s+")
_WORD_END = re.compile(r"[\W_]+")


class Snippet(NamedTuple):
    """Text around an article's first hit, and the hits in it as (start, end) characters."""

    text: str
    hits: tuple[tuple[int, int], ...]


def make_snippet(article: Article, query: Query, length: int) -> Snippet | None:
    """Cut the text around the first hit in the body, or the beginning of the body without one.

    It is at most `length` characters long, not counting the ellipses; None if there is no text.
    """
    words = [each for each in words_to_highlight(query) if each.field in _IN_BODY]
    first = _find_first_hit(article.searchable_text, words)
    margin = length * SURROUNDINGS
    start, stop = _shrink_to_words(article.searchable_text, first - margin, first + margin, first)
    is_code = len(_FENCE.findall(article.searchable_text, 0, start)) % 2 == 1
    piece = _free_cells(article.searchable_text[start:stop], is_code)
    cut = _CUT_BEHIND.sub(r"\1", piece) if stop < len(article.searchable_text) else piece
    if start:
        cut = f"```\n{cut}" if is_code else _CUT_BEFORE.sub(r"\1", cut)
        cut = cut if is_code else _restore_table(article.searchable_text, start, cut)
    text = markdown_to_line(cut, article.dialect)
    hits = find_hits(text, words) if words else []
    if first and not hits:
        text = _make_raw_line(piece, words, article.dialect)
        hits = find_hits(text, words)
    if not text:
        return None
    # The piece may begin with part of a word that was cut, which could be found as a hit.
    begin, end = _find_bounds(text, hits[0] if hits else (0, 0), length)
    head = "… " if begin or start else ""
    tail = " …" if end < len(text) or stop < len(article.searchable_text) else ""
    shift = len(head) - begin
    marked = tuple((a + shift, b + shift) for a, b in hits if a >= begin and b <= end)
    return Snippet(f"{head}{text[begin:end]}{tail}", marked)


def _find_first_hit(text: str, words: Sequence[Words]) -> int:
    """Return where the first hit begins, 0 if there is none.

    Most begin early, so the beginning is searched first, then four times as much.
    """
    size = FIRST_SEARCHED
    while size < len(text):
        if hits := find_hits(text[: max(0, text.rfind(" ", 0, size))], words, 1):
            return hits[0][0]
        size *= 4
    return next(iter(find_hits(text, words, 1)), (0, 0))[0]


def _shrink_to_words(text: str, start: int, stop: int, at: int) -> tuple[int, int]:
    """Shrink a span around `at` to word boundaries.

    At most LONGEST_WORD characters are cut: Chinese, or binary data, may have no spaces.
    """
    start, stop = max(0, start), min(len(text), stop)
    if start and (blank := _SPACE.search(text, start - 1, min(start + LONGEST_WORD, at))):
        start = blank.end()
    if stop < len(text):
        blanks = list(_SPACE.finditer(text, max(stop - LONGEST_WORD, at), stop + 1))
        stop = blanks[-1].start() if blanks else stop
    return start, stop


def _free_cells(markdown: str, is_code: bool) -> str:
    """Return Markdown without the bars and rules of tables outside code, which it may begin in.

    A piece of a table, such as one row of it, is none for the parser, nor is it in raw text.
    """
    lines = []
    for line in markdown.split("\n"):
        is_code ^= _FENCE.match(line) is not None
        is_row = not is_code and _ROW.match(line)
        cells = "" if _RULE.match(line) else _BAR.sub("  ", line).strip()
        lines.append(cells if is_row else line)
    return "\n".join(lines)


def _restore_table(text: str, start: int, cut: str) -> str:
    """Return a piece with the head, without words, of the table in which it starts, if in one."""
    block, line = text.rfind("\n\n", 0, start) + 1, text.find("\n", start)
    next_line = text.find("\n", line + 1)
    rule = _RULE.search(text, block, next_line if line >= 0 <= next_line else len(text))
    if rule is None:
        return cut
    head = re.sub("[:-]", " ", rule[0])
    rows = cut.replace(f"\n{rule[0]}", "", 1) if rule.start() > start else cut
    return f"{head}\n{rule[0]}\n{rows}"


def markdown_to_line(markdown: str, dialect: str = "") -> str:
    """The words that a page shows for Markdown, as one line."""
    links = LinkNumbers("")
    words: list[str] = []
    for block in TokenRewriter(
        MarkdownSource(markdown, dialect), links, images=lambda address, url: address or "-"
    ).rewrite_blocks():
        for token in block:
            if token.content == BACK_SIGN:
                continue
            gap = " " * (token.block or token.tag not in _WITHIN)
            words += gap, token.content, gap
    return clean_text(_SPACE.sub(" ", "".join(words)).strip())


def _make_raw_line(markdown: str, words: Sequence[Words], dialect: str) -> str:
    """One line for a hit in invisible text: with the addresses of links, or else raw Markdown."""
    shown = markdown_to_line(_LINK.sub(r"\1 (\2)", markdown), dialect)
    return shown if find_hits(shown, words, 1) else clean_text(_SPACE.sub(" ", markdown).strip())


def _find_bounds(text: str, hit: tuple[int, int], length: int) -> tuple[int, int]:
    """The start and end of a piece of text with a hit, at word boundaries if possible."""
    if len(text) <= length:
        return 0, len(text)
    at, after = hit
    begin = max(0, min(at - length // 4, len(text) - length))
    if begin:
        space = text.find(" ", begin - 1, at)
        begin = space + 1 if space >= 0 else _find_start(text, begin, at)
    end = min(len(text), begin + length)
    if end < len(text):
        space = text.rfind(" ", max(after, begin + length // 2), end + 1)
        end = space if space > 0 else _find_end(text, after, end)
    return begin, end


def _find_start(text: str, begin: int, at: int) -> int:
    """The start of a piece if there is no space before `at`: after punctuation, or at `at`."""
    if is_in(text[at - 1], SPLIT):  # a script without spaces between words
        return begin
    apart = _WORD_END.search(text, begin - 1, at)
    return apart.end() if apart else at


def _find_end(text: str, after: int, end: int) -> int:
    """The end of a piece if there is no space near `end`: at punctuation after the hit."""
    if is_in(text[end], SPLIT):
        return end
    apart = list(_WORD_END.finditer(text, after, end + 1))
    return apart[-1].start() if apart else max(after, end)

"""Snippets: the text of an article around its first hit, as one plain line (pure).

A snippet is cut from the Markdown before markup is removed, so it may begin or end within a link.
Parsing the whole article would take too long for each row of a list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from rilo_reader.article import Article
from rilo_reader.library.values import Snippet
from rilo_reader.query.letters import IDEOGRAPHIC, SPLIT, is_in
from rilo_reader.query.match import find_hits
from rilo_reader.query.tree import Query, Words, highlights
from rilo_reader.render.dialects import without_templates
from rilo_reader.text import clean_text, named_emoji

SURROUNDINGS = 6  # lengths of the snippet to read on each side of a hit; much of it may be URLs
LONGEST_WORD = 300  # characters to search for the end of a word, which may be a URL

# Markup of Markdown and HTML that is removed from a line of text.
_ADDRESS = r"(?:[^()\s]|\([^()\s]*\))*"
_LIST = r"\{[.#=\w][^{}]{0,4000}\}"
_LINK = re.compile(rf"!?\[([^\[\]]*)\]\(({_ADDRESS}(?:\s+\"[^\"]*\")?)\)(?:{_LIST})?")
_REFERENCE = re.compile(rf"(?<![\w\])])!?\[([^\[\]]{{2,}})\](?:\[[^\[\]]*\]|{_LIST})")
_NOTE = re.compile(r"\^(\[[^\[\]]*\s[^\[\]]*\](?![*+?{]))")
_RAISED = re.compile(r"(?<=[\w)\]])([~^])([\w+=.,()/*'-]{1,20})\1(?![~^\d])")
_CUT_BEFORE = re.compile(rf"\A([^\[\]]*)\]\({_ADDRESS}\)?")
_CUT_BEHIND = re.compile(r"!?\[([^\[\]]*)(?:\]\(\S*)?\Z")
"""A link that was cut at the beginning or end of the piece."""

_WIKI_LINK = re.compile(r"!?\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_COMMENT = re.compile(r"%%.*?%%|<!--.*?(?:-->|\Z)", re.DOTALL)
_ATTRIBUTES = re.compile(
    rf"(?<=`){_LIST}|(?<!\{{)\{{:?[ \t]*[.#][A-Za-z_][\w .:#-]{{0,200}}\}}(?!\}})"
    r"|\{:[ \t]*(?:toc\b|[.#\w-]{1,40}[ =])[^{}\n>]{0,200}\}"
)
_CALLOUT = re.compile(r"^([ \t>]*)\[!\w[\w-]{0,30}\][+-]?", re.MULTILINE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BLOCK = re.compile(
    r"^[ \t]*(?:[-=*]{3,}[ \t]*$|#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|\d+[.)][ \t]+|```\w*|~~~\w*)",
    re.MULTILINE,
)
_INLINE = re.compile(r"\*{1,3}|_{2,3}|`+|(?<!\w)_|_(?!\w)|~~|\|")
_WRAP = re.compile(rf"(?<=[{IDEOGRAPHIC}]) ?\n[ \t]*(?=[{IDEOGRAPHIC}])")
_SPACE = re.compile(r"\s+")
_WORD_END = re.compile(r"[\W_]+")


def snippet(article: Article, query: Query, length: int) -> Snippet | None:
    """Cut the text around the first hit in the body, or the beginning of the body without one.

    It is at most `length` characters long, not counting the ellipses; None if there is no text.
    """
    words = highlights(query)
    first = next(iter(find_hits(article.body, words, 1)), (0, 0))[0] if words else 0
    margin = length * SURROUNDINGS
    start, stop = _at_word_boundaries(article.body, first - margin, first + margin, first)
    piece = article.body[start:stop]
    cut = _CUT_BEFORE.sub(r"\1", piece) if start else piece
    text = plain_line(_CUT_BEHIND.sub(r"\1", cut) if stop < len(article.body) else cut)
    hits = find_hits(text, words) if words else []
    if first and not hits:
        text = _raw_line(piece, words)
        hits = find_hits(text, words)
    if not text:
        return None
    # The piece may begin with part of a word that was cut, which could be found as a hit.
    begin, end = _bounds(text, hits[0] if hits else (0, 0), length)
    head = "… " if begin or start else ""
    tail = " …" if end < len(text) or stop < len(article.body) else ""
    shift = len(head) - begin
    marked = tuple((a + shift, b + shift) for a, b in hits if a >= begin and b <= end)
    return Snippet(f"{head}{text[begin:end]}{tail}", marked)


def _at_word_boundaries(text: str, start: int, stop: int, at: int) -> tuple[int, int]:
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


def plain_line(markdown: str) -> str:
    """Markdown as one line of plain text, without its markup."""
    markdown, templates = without_templates(_WRAP.sub("", markdown))
    if any(marker in markdown for marker in _LINE_MARKERS):
        markdown = _LINE.sub(_words, markdown)
    if "}`" in markdown:
        markdown = _ROLE.sub(r"\1", markdown)
    text = _CALLOUT.sub(r"\1", _COMMENT.sub(" ", markdown))
    text = _WIKI_LINK.sub(r"\1", text)
    # Twice, since the text of a link may be an image.
    text = _REFERENCE.sub(r"\1", _LINK.sub(r"\1", _LINK.sub(r"\1", text)))
    text = _RAISED.sub(r"\2", _NOTE.sub(r" \1", text))
    text = _TAG.sub(" ", _ATTRIBUTES.sub("", text))
    text = _BLOCK.sub("", text)
    text = _INLINE.sub("", text)
    text = templates.plain(text)
    # A character reference may stand for a character that cleaning removes.
    return clean_text(_SPACE.sub(" ", unescape(named_emoji(text))).strip())


def _raw_line(markdown: str, words: Sequence[Words]) -> str:
    """One line for a hit in invisible text: with the addresses of links, or else raw Markdown."""
    shown = plain_line(_LINK.sub(r"\1 (\2)", markdown))
    return shown if find_hits(shown, words, 1) else clean_text(_SPACE.sub(" ", markdown).strip())


def _bounds(text: str, hit: tuple[int, int], length: int) -> tuple[int, int]:
    """The start and end of a piece of text with a hit, at word boundaries if possible."""
    if len(text) <= length:
        return 0, len(text)
    at, after = hit
    begin = max(0, min(at - length // 4, len(text) - length))
    if begin:
        space = text.find(" ", begin - 1, at)
        begin = space + 1 if space >= 0 else _first_letter(text, begin, at)
    end = min(len(text), begin + length)
    if end < len(text):
        space = text.rfind(" ", max(after, begin + length // 2), end + 1)
        end = space if space > 0 else _last_letter(text, after, end)
    return begin, end


def _first_letter(text: str, begin: int, at: int) -> int:
    """The start of a piece if there is no space before `at`: after punctuation, or at `at`."""
    if is_in(text[at - 1], SPLIT):  # a script without spaces between words
        return begin
    apart = _WORD_END.search(text, begin - 1, at)
    return apart.end() if apart else at


def _last_letter(text: str, after: int, end: int) -> int:
    """The end of a piece if there is no space near `end`: at punctuation after the hit."""
    if is_in(text[end], SPLIT):
        return end
    apart = list(_WORD_END.finditer(text, after, end + 1))
    return apart[-1].start() if apart else max(after, end)


# -- markup of site generators, whose text and titles are kept ------------------------------------

_LINE = re.compile(
    r"^[ \t]*(?:"
    r"(?:!!!|\?\?\?\+?) [\w-]{1,40}(?: +[\w-]{1,40}){0,9}(?: +\"(?P<title>[^\n]{0,300})\")?"
    r"|={3}[!+]{0,2} +\"(?P<tab>[^\n]{1,300})\""
    r"|:{3,}(?:[ \t]*(?:\{[^{}\n]{0,200}\}|[A-Za-z][\w-]{0,40})(?P<rest>[^\n]{0,300}))?"
    r"|/{3,}(?:[ \t]*[A-Za-z][\w-]{0,40}(?:[ \t]*\|(?P<block>[^\n]{0,300}))?)?"
    r"|(?:`{3,}|~{3,})\{[A-Za-z][\w:-]{0,40}\}(?P<argument>[^\n]{0,300})"
    r"|\([\w .:/+-]{1,100}\)="
    r"|:(?:class|name|alt|width|align|open|maxdepth|hidden|widths|header-rows):[^\n]{0,300}"
    r"|\[(?:toc|\[_?toc_?\])\]"
    r")[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_ROLE = re.compile(r"\{[A-Za-z][\w:.+-]{1,60}\}`([^`<\n]{1,300}?)\s{0,9}(?:<[^<>`\n]{1,300}>)?`")
_LINE_MARKERS = ("!!! ", "???", '=== "', ":::", "///", "`{", ")=\n", "toc]", "TOC]")


def _words(line: re.Match[str]) -> str:
    """The title in the first line of a box."""
    words = next((words for words in line.groupdict().values() if words), "").strip()
    words = words.partition("{")[0].rstrip() if words.endswith("}") else words
    words = words.rstrip(":").rstrip() if words.endswith(":::") else words
    return words[1:-1] if words.startswith("[") and words.endswith("]") else words

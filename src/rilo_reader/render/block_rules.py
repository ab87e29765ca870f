"""Rules of markdown-it for blocks, beside those it has: bounds, footnotes, terms, whole tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, lheading, paragraph, table
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote.index import footnote_def

DEEPEST = 50
"""Quotations, lists and items in one another; what is nested deeper is text at this depth."""

LONGEST_PARAGRAPH = 16_000
"""Characters after which a paragraph is cut between two of its lines."""

_MARKERS = re.compile(r"(?:[-+*>]|\d{1,9}[.)]|[ \t])*")
_TERMS = re.compile(r"^[^\s:].*\n{1,2} {0,3}:[ \t]+\S", re.MULTILINE)
_DEFINITION = re.compile(r" {0,3}:[ \t]+\S")
_CELL = re.compile(r"(?<!\\)\|")


class Section(NamedTuple):
    """Lines that are read as if the article consisted of them.

    Attributes:
        end: the line after the last one.
        after: the line to go on with behind them.
        indent: columns by which all of them stand indented.
    """

    end: int
    after: int
    indent: int


def add_to(parser: MarkdownIt, *, has_terms: bool) -> None:
    """Add the rules to a parser."""
    ruler = parser.block.ruler
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.enable("table")
    if has_terms:
        deflist_plugin(parser)
        ruler.before("paragraph", "term", _term, {"alt": ["paragraph"]})
    ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    ruler.at("lheading", _heading)
    ruler.at("paragraph", _paragraph)
    ruler.before("reference", "footnote_def", _footnote, {"alt": ["paragraph", "reference"]})
    ruler.before("table", "deepest", _deepest)
    ruler.before("deepest", "ask", _ask, {"alt": ends})


def may_hold_terms(body: str) -> bool:
    """Whether a text may hold a term with its definition below it."""
    return "\n:" in body.replace("\n ", "\n") and _TERMS.search(body) is not None


def _ask(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Ask at every line whether the page is still wanted."""
    state.env["ask"]()
    return False


def _term(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line above a definition ends a paragraph, whose other lines are terms too."""
    return silent and begins_definition(state, start)


def _deepest(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line at the greatest depth is text, whatever stands before it."""
    if state.level < DEEPEST:
        return False
    begin = state.bMarks[start] + state.tShift[start]
    text = _MARKERS.sub("", state.src[begin : state.eMarks[start]], count=1)
    state.line = start + 1
    if text:
        _push(state, text, start)
    return True


def _push(state: StateBlock, text: str, line: int) -> None:
    """Add a paragraph."""
    state.push("paragraph_open", "p", 1).map = [line, line + 1]
    state.push("inline", "", 0).content = text
    state.push("paragraph_close", "p", -1)


def _bounded(state: StateBlock, start: int) -> int:
    """The line up to which a paragraph is read that begins with a line."""
    limit = state.bMarks[start] + LONGEST_PARAGRAPH
    if state.bMarks[state.lineMax] <= limit:
        return state.lineMax
    return max(bisect_right(state.bMarks, limit, start + 1, state.lineMax), start + 1)


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A heading with a line below it, as far as a paragraph goes."""
    return lheading(state, start, min(end, _bounded(state, start)), silent)


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A paragraph; a very long one is cut between two lines, and what follows goes on with it."""
    whole, state.lineMax = state.lineMax, _bounded(state, start)
    first = len(state.tokens)
    paragraph(state, start, state.lineMax, silent)
    is_cut = state.line == state.lineMax < whole and not state.isEmpty(state.line)
    state.lineMax = whole
    if state.env.get("cut") == start:
        state.tokens[first].meta["goes_on"] = True
    state.env["cut"] = state.line if is_cut else -1
    return True


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`[^label]: text`, where that label is one of the text's."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("[^", begin):
        return False
    label = state.src[begin + 2 : state.src.find("]", begin, state.eMarks[start])].lower()
    if label not in state.env.get("notes", ()):
        return False
    return bool(footnote_def(state, start, end, silent))


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table; cells beyond the last column, which are no part of one, stay with its last cell."""
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    if not silent:
        columns = sum(token.type == "th_open" for token in state.tokens[first:])
        tokens = state.tokens
        for index in range(first, len(tokens)):
            line = tokens[index].map
            if tokens[index].type == "tr_open" and line and line[0] > start + 1:
                _keep_beyond(state, index, line[0], columns)
    return True


def _keep_beyond(state: StateBlock, row: int, line: int, columns: int) -> None:
    text = state.src[state.bMarks[line] : state.eMarks[line]]
    if text.count("|") <= columns - 1:
        return
    cells = _CELL.split(text.strip().removeprefix("|"))
    beyond = [cell.strip().replace("\\|", "|") for cell in cells[columns:]]
    if any(beyond):
        last = state.tokens[row + 3 * columns - 1]
        last.content = " | ".join(cell for cell in (last.content, *beyond) if cell)


def begins_definition(state: StateBlock, line: int) -> bool:
    """Whether the term of a definition may stand in a line, below others."""
    if line + 1 >= state.lineMax or state.isEmpty(line):
        return False
    at = line + 2 if state.isEmpty(line + 1) else line + 1
    if at >= state.lineMax:
        return False
    return _DEFINITION.match(state.src, state.bMarks[at], state.eMarks[at]) is not None


def with_terms(tokens: list[Token]) -> list[Token]:
    """Tokens in which a paragraph right above a list of terms holds the first of its terms."""
    made: list[Token] = []
    for token in tokens:
        made.append(token)
        if token.type != "dl_open" or len(made) < 4 or token.map is None:
            continue
        opening, text, _ = made[-4:-1]
        if opening.type == "paragraph_open" and opening.map and opening.map[1] == token.map[0]:
            del made[-4:-1]
            for line in text.content.split("\n"):
                words = Token("inline", "", 0, content=line, meta=text.meta)
                made += Token("dt_open", "dt", 1), words, Token("dt_close", "dt", -1)
                text.meta = {}  # what a box is called stands before the first
    return made

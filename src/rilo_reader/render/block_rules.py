"""Block rules for markdown-it: bounds, footnotes, definition lists, table rows."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, lheading, paragraph, table
from markdown_it.token import Token

DEEPEST = 50
"""Maximum depth of quotations, lists and items; anything deeper is text."""

LONGEST_PARAGRAPH = 16_000
"""Length in characters after which a paragraph is split between two of its lines."""

_MARKERS = re.compile(r"(?:[-+*>]|\d{1,9}[.)]|[ \t])*")
_TERMS = r"(?m)^[^\s:].*\n{1,2} {0,3}:[ \t]+\S"
_DEFINITION = re.compile(r" {0,3}:[ \t]+\S")


class Section(NamedTuple):
    """Lines that are parsed as if they were the whole document."""

    end: int  # line after the last one
    after: int  # line to continue with after the section
    indent: int  # columns by which the lines are indented


def add_to(parser: MarkdownIt, *, has_terms: bool) -> None:
    """Add the rules to a parser."""
    ruler = parser.block.ruler
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.enable("table")
    if has_terms:
        from mdit_py_plugins.deflist import deflist_plugin

        deflist_plugin(parser)
        ruler.before("paragraph", "term", _term, {"alt": ["paragraph"]})
    ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    ruler.at("lheading", _heading)
    ruler.at("paragraph", _paragraph)
    ruler.before("reference", "footnote_def", _footnote, {"alt": ["paragraph", "reference"]})
    ruler.before("table", "deepest", _deepest)
    ruler.before("deepest", "ask", _ask, {"alt": ends})


def may_hold_terms(body: str) -> bool:
    """Return whether a text may contain a definition list."""
    return "\n:" in body.replace("\n ", "\n") and re.search(_TERMS, body) is not None


def _ask(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Check at every line whether the page is still wanted."""
    state.env["ask"]()
    return False


def _term(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """End a paragraph at a line followed by a definition; the lines before it are terms too."""
    return silent and begins_definition(state, start)


def _deepest(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read any line at the maximum depth as text."""
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
    """Return the line up to which a paragraph is read."""
    limit = state.bMarks[start] + LONGEST_PARAGRAPH
    if state.bMarks[state.lineMax] <= limit:
        return state.lineMax
    return max(bisect_right(state.bMarks, limit, start + 1, state.lineMax), start + 1)


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a setext heading, within the bounds of a paragraph."""
    return lheading(state, start, min(end, _bounded(state, start)), silent)


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a paragraph; a very long one is split between lines and continued by the next."""
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
    """Read `[^label]: text` if the label belongs to a footnote of the text."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("[^", begin):
        return False
    label = state.src[begin + 2 : state.src.find("]", begin, state.eMarks[start])].lower()
    if label not in state.env.get("notes", ()):
        return False
    from mdit_py_plugins.footnote.index import footnote_def

    return bool(footnote_def(state, start, end, silent))


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table; text after the last column is kept in the last cell."""
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
    cells = re.split(r"(?<!\\)\|", text.strip().removeprefix("|"))
    beyond = [cell.strip().replace("\\|", "|") for cell in cells[columns:]]
    if any(beyond):
        last = state.tokens[row + 3 * columns - 1]
        last.content = " | ".join(cell for cell in (last.content, *beyond) if cell)


def begins_definition(state: StateBlock, line: int) -> bool:
    """Return whether a line may be the term of a definition below other terms."""
    if line + 1 >= state.lineMax or state.isEmpty(line):
        return False
    at = line + 2 if state.isEmpty(line + 1) else line + 1
    if at >= state.lineMax:
        return False
    return _DEFINITION.match(state.src, state.bMarks[at], state.eMarks[at]) is not None


def with_terms(tokens: list[Token]) -> list[Token]:
    """Turn a paragraph directly above a definition list into the first of its terms."""
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
                text.meta = {}  # the label of a box precedes the first paragraph
    return made

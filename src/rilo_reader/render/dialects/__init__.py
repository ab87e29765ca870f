"""Markdown beyond CommonMark and GFM, as used by site generators and note-taking programs.

Most articles need none of it, so each rule looks at a sign or two before it reads.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from rilo_reader.render.dialects import admonitions, inline
from rilo_reader.render.dialects.templates import Templates, marked


def add_to(parser: MarkdownIt) -> None:
    """Add the rules of all dialects to a parser."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "box", _box, {"alt": ends})
    parser.block.ruler.before("fence", "unseen", _unseen)
    parser.block.ruler.before("fence", "formula", _formula, {"alt": ends})
    parser.inline.ruler.push("span", _span)
    parser.inline.ruler.push("raised", _raised)
    parser.inline.ruler.push("role", _role)
    parser.inline.ruler.push("attributes", _attributes)


def without_templates(body: str) -> tuple[str, Templates | None]:
    """Return a body with marks in place of its template tags, and the tags if there are any."""
    return marked(body) if "{{" in body or "{%" in body or "{::" in body else (body, None)


def without_comments(body: str, *, in_vault: bool) -> str:
    """Return a body without comments of Obsidian, if it is known or likely to be a note."""
    if "%%" not in body or not (in_vault or inline.is_note(body)):
        return body
    return inline.without_comments(body)


def is_myst(body: str) -> bool:
    """Return whether lines of a text that begin with `% ` are comments."""
    may_be = body.startswith("%") or "\n%" in body or "\n+++" in body
    return may_be and admonitions.is_myst(body)


def _box(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(("!!!", "???", "===", ":::", "///", "```", "~~~"), begin):
        return False
    if state.src[begin] in "`~" and state.src.find("{", begin, state.eMarks[start]) < 0:
        return False  # code
    return admonitions.box(state, start, end, silent=silent)


def _unseen(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    return state.src.startswith(("(", "[[", "%", "+++"), begin) and admonitions.unseen(state, start)


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    return state.src.startswith("$$", begin) and inline.formula(state, start, end, silent=silent)


def _span(state: StateInline, silent: bool) -> bool:
    is_one = state.src[state.pos] == "[" and state.src.find("]{", state.pos, state.pos + 2_000) >= 0
    return is_one and inline.span(state, silent=silent)


def _raised(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "^~":
        return False
    before = state.src[max(state.pos - 1, 0)]
    if not (before.isalnum() or before in ")]*_" or state.src.startswith("^[", state.pos)):
        return False
    return inline.raised(state, silent=silent)


def _role(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == "{" and inline.read_role(state, silent=silent)


def _attributes(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == "{" and inline.skip_attributes(state, silent=silent)

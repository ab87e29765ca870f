"""Markdown beyond CommonMark and GFM, as used by site generators and note-taking programs.

Most articles need none of it, so a dialect is imported at the first of its marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

    from rilo_reader.render.dialects.template_marks import Templates


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
    if "{{" not in body and "{%" not in body and "{::" not in body:
        return body, None
    from rilo_reader.render.dialects.templates import marked

    return marked(body)


def without_comments(body: str, *, in_vault: bool) -> str:
    """Return a body without comments of Obsidian, if it is known or likely to be a note."""
    if "%%" not in body:
        return body
    from rilo_reader.render.dialects import obsidian

    return obsidian.without_comments(body) if in_vault or obsidian.is_note(body) else body


def is_myst(body: str) -> bool:
    """Return whether lines of a text that begin with `% ` are comments."""
    if not body.startswith("%") and "\n%" not in body and "\n+++" not in body:
        return False
    from rilo_reader.render.dialects import admonitions

    return admonitions.is_myst(body)


def without_attributes(title: str) -> str:
    """Return a heading without the attribute list at its end."""
    if not title.endswith("}"):
        return title
    from rilo_reader.render.dialects import attributes

    return attributes.without_list(title)


def is_contents(text: str) -> bool:
    """Return whether a paragraph is only a placeholder for a table of contents."""
    if not text.rstrip().endswith(("}", "]")):
        return False
    from rilo_reader.render.dialects import attributes

    return attributes.is_contents(text)


def _box(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(("!!!", "???", "===", ":::", "///", "```", "~~~"), begin):
        return False
    if state.src[begin] in "`~" and state.src.find("{", begin, state.eMarks[start]) < 0:
        return False  # code
    from rilo_reader.render.dialects import admonitions

    return admonitions.box(state, start, end, silent=silent)


def _unseen(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if not state.src.startswith(("(", "[[", "%", "+++"), state.bMarks[start] + state.tShift[start]):
        return False
    from rilo_reader.render.dialects import admonitions

    return admonitions.unseen(state, start)


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if not state.src.startswith("$$", state.bMarks[start] + state.tShift[start]):
        return False
    from rilo_reader.render.dialects import pandoc

    return pandoc.formula(state, start, end, silent=silent)


def _span(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[" or state.src.find("]{", state.pos, state.pos + 2_000) < 0:
        return False
    from rilo_reader.render.dialects import attributes

    return attributes.span(state, silent=silent)


def _raised(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "^~":
        return False
    before = state.src[max(state.pos - 1, 0)]
    if not (before.isalnum() or before in ")]*_" or state.src.startswith("^[", state.pos)):
        return False
    from rilo_reader.render.dialects import pandoc

    return pandoc.raised(state, silent=silent)


def _role(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "{":
        return False
    from rilo_reader.render.dialects import roles

    return roles.rule(state, silent=silent)


def _attributes(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "{":
        return False
    from rilo_reader.render.dialects import attributes

    return attributes.rule(state, silent=silent)

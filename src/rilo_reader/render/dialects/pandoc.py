"""Signs of Pandoc, Quarto and Obsidian: notes in the text, raised text, formulas of many lines."""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LONGEST_FORMULA = 2_000
"""Maximum length of a formula, in characters."""

_NOTE = re.compile(r"\^\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\]){1,5000}+)\](?![*+?{])", re.DOTALL)
_RAISED = re.compile(r"([~^])([\w+=.,()/*'-]{1,20})\1(?![~^\d])")
_TEX = re.compile(r"\\[A-Za-z,;!{}\\]|[_^]")
_END = re.compile(r"\$\$[ \t]*(?:\{#[^{}]*\})?[ \t]*\Z")


def raised(state: StateInline, *, silent: bool) -> bool:
    """Read a footnote where it is used, `^[text]`, or `x^2^` and `H~2~O` behind a word."""
    if state.src.startswith("^[", state.pos):
        return _note(state, silent=silent)
    match = _RAISED.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        tag = "sup" if match[1] == "^" else "sub"
        for kind, content in (
            ("html_inline", f"<{tag}>"), ("text", match[2]), ("html_inline", f"</{tag}>"),
        ):  # fmt: skip
            state.push(kind, "", 0).content = content
    state.pos = match.end()
    return True


def _note(state: StateInline, *, silent: bool) -> bool:
    """Read a footnote: words, or an address; `^[a-z]+` is a pattern."""
    match = _NOTE.match(state.src, state.pos, state.posMax)
    if not match or not re.search(r"\S\s+\S|://", match[1]):
        return False
    if not silent:
        noted: list[str] = state.env.setdefault("noted", [])
        label = f" {len(noted)}"  # other labels have no spaces
        noted.append(label)
        state.env.setdefault("notes", {})[label] = len(noted)
        state.env["note_tokens"][label] = [
            Token("paragraph_open", "p", 1),
            Token("inline", "", 0, content=match[1]),
            Token("paragraph_close", "p", -1),
        ]
        state.push("footnote_ref", "", 0).meta = {"number": len(noted)}
    state.pos = match.end()
    return True


def formula(state: StateBlock, start: int, end: int, *, silent: bool) -> bool:
    """Read TeX between lines with `$$` as a paragraph, whatever its lines begin with."""
    if state.is_code_block(start):
        return False
    last = start + 1
    limit = state.bMarks[start] + LONGEST_FORMULA
    while last < end and state.bMarks[last] < limit:
        line = state.src[state.bMarks[last] : state.eMarks[last]]
        if line.strip() and state.sCount[last] < state.blkIndent:
            return False
        if _END.search(line):
            break
        last += 1
    else:
        return False
    text = _END.sub("$$", state.getLines(start, last + 1, state.blkIndent, False))
    if not _TEX.search(text) or "$$" in text[2:-2]:
        return False
    if not silent:
        state.line = last + 1
        state.push("paragraph_open", "p", 1).map = [start, last + 1]
        state.push("inline", "", 0).content = "\n".join(filter(str.strip, text.split("\n")))
        state.push("paragraph_close", "p", -1)
    return True

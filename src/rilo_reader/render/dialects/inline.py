"""Marks within lines: roles of MyST, attribute lists, raised text of Pandoc.

`resolve_role` is applied after the parser has found the code spans, as in {ref}`text <target>`.
"""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from rilo_reader.render.rules import TEX, make_paragraph, push_inline, push_paragraph, push_tokens
from rilo_reader.text import lazy_re

ROLE = lazy_re(r"\{([A-Za-z][\w:.+-]{1,60})\}(`+)(?!`)(.+?)(?<!`)\2(?!`)", re.DOTALL)
_TARGET = lazy_re(r"(.*\S)\s*<[^<>]*>\Z", re.DOTALL)
_WORDS = frozenset(
    {"ref", "doc", "term", "numref", "any", "download", "abbr", "index", "menuselection"}
    | {"guilabel", "strong", "emphasis", "dfn", "title-reference", "eq", "sup", "sub"}
    | {"superscript", "subscript", "button-ref", "button-link", "footcite", "cite", "external"}
)
_ROLE_PREFIXES = {"rfc": "RFC ", "pep": "PEP "}
_ROLE_ELEMENTS = {"sup": "sup", "superscript": "sup", "sub": "sub", "subscript": "sub",
           "strong": "b", "emphasis": "i", "dfn": "dfn"}  # fmt: skip


def read_role(state: StateInline, silent: bool) -> bool:
    """Read MyST's `{name}` before a code span."""
    if state.src[state.pos] != "{" or state.pending[-1:] in ("$", "\\"):
        return False
    match = ROLE.match(state.src, state.pos, min(state.posMax, state.pos + 2_000))
    if not match:
        return False
    if not silent:
        token = state.push("role", "", 0)
        token.info, token.content = match[1], match[3]
    state.pos = match.end()
    return True


def resolve_role(name: str, text: str) -> tuple[str, str]:
    """Return the HTML element, or "", and the words to show for a role with the text of a span."""
    name = name.lower()
    match = _TARGET.match(text)
    words = match[1] if match else text
    if name in _ROLE_PREFIXES:
        return "", _ROLE_PREFIXES[name] + words
    if name in _WORDS or name.split(":", 1)[0] in ("cite", "std", "footcite"):
        return _ROLE_ELEMENTS.get(name, ""), words
    # A name in an API: `~a.b.c` shows only the last part, `!` suppresses the link.
    if words.startswith("~"):
        words = words[1:].rpartition(".")[2]
    return "code", words.removeprefix("!")


_VALUE = r"(?:\"(?:[^\"\\]|\\.){0,4000}\"|'[^']{0,4000}'|[\w%.-]{1,40})"
_ATTRIBUTE = rf"(?:(?:[.#][\w:-]{{1,80}}){{1,20}}|=[a-z]\w{{0,20}}|[A-Za-z][\w-]{{0,40}}={_VALUE})"
_LIST = rf"\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE}){{0,20}}\s*"
WITH_COLON = lazy_re(rf"\{{:{_LIST}\}}")
BARE = lazy_re(rf"\{{{_LIST}\}}")
_SPAN = lazy_re(r"\[((?:[^\[\]]|\[[^\[\]]*+\]){0,2000}+)\](?=\{)")
ALT = lazy_re(r"(?<![\w-])(?:fig-)?alt=(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)')")
AT_END = lazy_re(rf"\s*(?<!\\)\{{:?{_LIST}\}}\Z")
_CONTENTS = lazy_re(r"(?:.{0,80}\s)?\{:\s*toc\s*\}\Z|\[toc\]\Z", re.IGNORECASE)


def skip_attributes(state: StateInline, silent: bool) -> bool:
    """Skip an attribute list: with a colon anywhere, without one directly after a link.

    One alone on the line below a picture is of the picture, below a text it is of the text.
    """
    if state.src[state.pos] != "{":
        return False
    is_below = _is_alone_below(state)
    if is_below and not silent:
        state.tokens.pop()
        state.tokens_meta.pop()
    follows_link = is_below or (
        not state.pending
        and bool(state.tokens)
        and state.tokens[-1].type in ("link_close", "image", "code_inline")
        and state.src[state.pos - 1] in ")]>`"
    )
    pattern = BARE if follows_link and not state.src.startswith("{:", state.pos) else WITH_COLON
    match = pattern.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.pending = state.pending.removesuffix(" ")
        alt = max(map("".join, ALT.findall(match[0])), key=len, default="")
        if alt and follows_link and state.tokens[-1].type == "image":
            # The description that the image had is the caption after it.
            image = state.tokens[-1]
            alt = re.sub(r"\\(.)", r"\1", alt)
            caption, image.children = image.children, [Token("text", "", 0, content=alt)]
            if caption:
                state.push("text", "", 0).content = " "
                push_tokens(state, caption)
    state.pos = match.end()
    return True


def _is_alone_below(state: StateInline) -> bool:
    """Return whether a list without a colon is alone on its line, below a picture or at the end."""
    kinds = [token.type for token in state.tokens[-2:]]
    begins = state.src.startswith(("{.", "{#"), state.pos)
    if kinds[-1:] != ["softbreak"] or state.pending or not begins:
        return False
    match = BARE.match(state.src, state.pos, state.posMax)
    after = "\n" if kinds[0] == "image" else ""
    return match is not None and state.src[match.end() : match.end() + 1] in ("", after)


def read_span(state: StateInline, silent: bool) -> bool:
    """Read Pandoc's `[text]{.underline}`."""
    if state.src[state.pos] != "[" or state.src.find("]{", state.pos, state.pos + 2_000) < 0:
        return False
    match = _SPAN.match(state.src, state.pos, state.posMax)
    attributes = BARE.match(state.src, match.end(), state.posMax) if match else None
    if not match or not attributes:
        return False
    if not silent:
        if " " in match[1] and state.pending[-1:].isalnum():
            state.pending += " "  # a note beside the text
        is_underlined = re.search(r"\.(?:underline|ul)\b", attributes[0])
        push_inline(state, match[1], "u" if is_underlined else "")
    state.pos = attributes.end()
    return True


def strip_attributes(title: str) -> str:
    """Return a heading without its attribute list, which needs no colon there."""
    return AT_END.sub("", title)


def is_contents(text: str) -> bool:
    """Return whether a paragraph is only a placeholder for a table of contents."""
    text = text.strip()
    return text.endswith(("}", "]")) and _CONTENTS.match(text) is not None


FORMULA_LIMIT = 2_000  # characters

_INLINE_NOTE = lazy_re(r"\^\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\]){1,5000}+)\](?![*+?{])", re.DOTALL)
RAISED_TEXT = lazy_re(r"([~^])([\w+=.,()/*'-]{1,20})\1(?![~^\d])")
_END = lazy_re(r"\$\$[ \t]*(?:\{#[^{}]*\})?[ \t]*\Z")


def read_raised(state: StateInline, silent: bool) -> bool:
    """Read a footnote where it is used, `^[text]`, or `x^2^` and `H~2~O` behind a word."""
    if state.src.startswith("^[", state.pos):
        return _read_inline_footnote(state, silent=silent)
    before = state.src[max(state.pos - 1, 0)]
    if state.src[state.pos] not in "^~" or not (before.isalnum() or before in ")]*_"):
        return False
    match = RAISED_TEXT.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        tag = "sup" if match[1] == "^" else "sub"
        state.push("html_inline", "", 0).content = f"<{tag}>"
        state.push("text", "", 0).content = match[2]
        state.push("html_inline", "", 0).content = f"</{tag}>"
    state.pos = match.end()
    return True


def _read_inline_footnote(state: StateInline, *, silent: bool) -> bool:
    """Read a footnote: words, or an address; `^[a-z]+` is a pattern."""
    match = _INLINE_NOTE.match(state.src, state.pos, state.posMax)
    if not match or not re.search(r"\S\s+\S|://", match[1]):
        return False
    if not silent:
        noted: list[str] = state.env["noted"]
        label = f" {len(noted)}"  # other labels have no spaces
        noted.append(label)
        state.env["notes"][label] = len(noted)
        state.env["note_tokens"][label] = make_paragraph(match[1])
        state.push("footnote_ref", "", 0).meta = {"number": len(noted)}
    state.pos = match.end()
    return True


def read_formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read TeX between lines with `$$` as a paragraph, whatever its lines begin with."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("$$", begin) or state.is_code_block(start):
        return False
    last = start + 1
    limit = state.bMarks[start] + FORMULA_LIMIT
    while last < end and state.bMarks[last] < limit:
        line = state.src[state.bMarks[last] : state.eMarks[last]]
        if line.strip() and state.sCount[last] < state.blkIndent:
            return False
        if _END.search(line):
            break
        if "$$" in line:  # none, as below; and each of many such lines would look ahead as far
            return False
        last += 1
    else:
        return False
    text = _END.sub("$$", state.getLines(start, last + 1, state.blkIndent, False))
    if not re.search(rf"{TEX}|[=+<>]|\d", text) or "$$" in text[2:-2]:
        return False
    if not silent:
        state.line = last + 1
        push_paragraph(state, "\n".join(filter(str.strip, text.split("\n"))), start)
    return True

"""Attribute lists of Kramdown, MkDocs, Pandoc and Hugo, which style text.

`{: .note #top}` after a paragraph or a link, `{#top}` after a heading, `{.button}` directly after a
link, an image, code or a text in brackets. They are hidden, except in code; `alt` and `fig-alt`
describe the image before them.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from rilo_reader.render.inline_rules import push_inline

_VALUE = r"(?:\"[^\"]{0,4000}\"|'[^']{0,4000}'|[\w%.-]{1,40})"
_ATTRIBUTE = rf"(?:[.#][\w:-]{{1,80}}|=[a-z]\w{{0,20}}|[A-Za-z][\w-]{{0,40}}={_VALUE})"
_LIST = rf"\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE}){{0,20}}\s*"
_MARKED = re.compile(rf"\{{:{_LIST}\}}")
_BARE = re.compile(rf"\{{{_LIST}\}}")
_SPAN = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*+\]){0,2000}+)\](?=\{)")
_ALT = re.compile(r"(?<![\w-])(?:fig-)?alt=(?:\"([^\"]*)\"|'([^']*)')")
_AT_END = re.compile(rf"\s*\{{:?{_LIST}\}}\Z")
_CONTENTS = re.compile(r"(?:.{0,80}\s)?\{:\s*toc\s*\}\Z|\[toc\]\Z", re.IGNORECASE)


def rule(state: StateInline, *, silent: bool) -> bool:
    """Skip an attribute list: with a colon anywhere, without one directly after a link."""
    follows_link = (
        not state.pending
        and bool(state.tokens)
        and state.tokens[-1].type in ("link_close", "image", "code_inline")
        and state.src[state.pos - 1] in ")]>`"
    )
    pattern = _BARE if follows_link and not state.src.startswith("{:", state.pos) else _MARKED
    match = pattern.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.pending = state.pending.removesuffix(" ")
        alt = max((one or other for one, other in _ALT.findall(match[0])), key=len, default="")
        if alt and follows_link and state.tokens[-1].type == "image":
            _describe(state, alt)
    state.pos = match.end()
    return True


def _describe(state: StateInline, alt: str) -> None:
    """Give the image that was just read a description; what it had is the caption after it."""
    image = state.tokens[-1]
    caption = image.children or []
    image.children = [Token("text", "", 0, content=alt)]
    if caption:
        state.push("text", "", 0).content = " "
        state.tokens += caption
        state.tokens_meta += [None] * len(caption)


def span(state: StateInline, *, silent: bool) -> bool:
    """Read Pandoc's `[text]{.underline}`."""
    match = _SPAN.match(state.src, state.pos, state.posMax)
    attributes = _BARE.match(state.src, match.end(), state.posMax) if match else None
    if not match or not attributes:
        return False
    if not silent:
        if " " in match[1] and state.pending[-1:].isalnum():
            state.pending += " "  # a note beside the text
        is_underlined = re.search(r"\.(?:underline|ul)\b", attributes[0])
        push_inline(state, match[1], "u" if is_underlined else "")
    state.pos = attributes.end()
    return True


def without_list(title: str) -> str:
    """Return a heading without its attribute list, which needs no colon there."""
    return _AT_END.sub("", title)


def is_contents(text: str) -> bool:
    """Return whether a paragraph is only a placeholder for a table of contents."""
    return _CONTENTS.match(text.strip()) is not None

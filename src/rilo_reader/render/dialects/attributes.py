"""Attribute lists: what Kramdown, mkdocs, Pandoc and Hugo let a writer say of how text is styled.

`{: .note #top}` behind a paragraph or a link, `{#top}` behind a heading, `{.button}` right behind
a link: names for a style sheet, which a reader never sees. In code they are code.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

_VALUE = r"(?:\"[^\"]{0,300}\"|'[^']{0,300}'|[\w%.-]{1,40})"
_ATTRIBUTE = rf"(?:[.#][\w-]{{1,80}}|[A-Za-z][\w-]{{0,40}}={_VALUE})"
_LIST = rf"\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE}){{0,20}}\s*"
_MARKED = re.compile(rf"\{{:{_LIST}\}}")
_BARE = re.compile(rf"\{{{_LIST}\}}")
_AT_END = re.compile(rf"\s*\{{:?{_LIST}\}}\Z")
_CONTENTS = re.compile(r"(?:.{0,80}\s)?\{:\s*toc\s*\}\Z|\[toc\]\Z", re.IGNORECASE)


def rule(state: StateInline, silent: bool) -> bool:
    """Pass over a list: one with a colon anywhere, another right behind a link or a picture."""
    if state.src[state.pos] != "{":
        return False
    is_behind_link = (
        not state.pending
        and bool(state.tokens)
        and state.tokens[-1].type in ("link_close", "image")
        and state.src[state.pos - 1] in ")]>"
    )
    pattern = _BARE if is_behind_link and not state.src.startswith("{:", state.pos) else _MARKED
    match = pattern.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.pending = state.pending.removesuffix(" ")
    state.pos = match.end()
    return True


def without_list(title: str) -> str:
    """A heading's text without the list at its end, which needs no colon there."""
    return _AT_END.sub("", title) if title.endswith("}") else title


def is_contents(text: str) -> bool:
    """Whether a paragraph only says where a table of contents goes."""
    return _CONTENTS.match(text.strip()) is not None

"""Attribute lists of Kramdown, MkDocs, Pandoc and Hugo, which style text.

`{: .note #top}` after a paragraph or a link, `{#top}` after a heading, `{.button}` directly after a
link. They are hidden, except in code.
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


def rule(state: StateInline, *, silent: bool) -> bool:
    """Skip an attribute list: with a colon anywhere, without one directly after a link or image."""
    follows_link = (
        not state.pending
        and bool(state.tokens)
        and state.tokens[-1].type in ("link_close", "image")
        and state.src[state.pos - 1] in ")]>"
    )
    pattern = _BARE if follows_link and not state.src.startswith("{:", state.pos) else _MARKED
    match = pattern.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.pending = state.pending.removesuffix(" ")
    state.pos = match.end()
    return True


def without_list(title: str) -> str:
    """Return a heading without its attribute list, which needs no colon there."""
    return _AT_END.sub("", title)


def is_contents(text: str) -> bool:
    """Return whether a paragraph is only a placeholder for a table of contents."""
    return _CONTENTS.match(text.strip()) is not None

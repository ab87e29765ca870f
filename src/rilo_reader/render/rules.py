"""Rules of our own for markdown-it: bare addresses, and links between notes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.render.inline import trimmed_address

if TYPE_CHECKING:
    from markdown_it.rules_inline import StateInline

_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^]{1,2000}", re.IGNORECASE)
_SCHEME = re.compile(r"(?:^|[^A-Za-z0-9.+-])(https?)$", re.IGNORECASE)


def address(state: StateInline, silent: bool) -> bool:
    """A bare web address."""
    position = state.pos
    if not state.src.startswith("://", position) or state.linkLevel > 0:
        return False
    scheme = _SCHEME.search(state.pending)
    if not scheme:
        return False
    match = _ADDRESS.match(state.src, position - len(scheme[1]))
    address = trimmed_address(match[0]) if match else ""
    if len(address) < len(scheme[1]) + 4:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": address}
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos += len(address) - len(scheme[1])
    return True


def wiki_link(state: StateInline, silent: bool) -> bool:
    """Obsidian's `[[Note|words]]`: the words, since only Obsidian could follow it."""
    if not state.src.startswith("[[", state.pos):
        return False
    end = state.src.find("]]", state.pos + 2, state.pos + 402)
    target = state.src[state.pos + 2 : end]
    if end < 0 or not target.strip() or "[" in target or "\n" in target:
        return False
    if not silent:
        state.push("text", "", 0).content = target.rsplit("|", 1)[-1].strip()
    state.pos = end + 2
    return True

"""Roles of MyST: code spans after a name in braces, as in {ref}`text <target>`.

`role` is applied after the parser has found the code spans.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from markdown_it.rules_inline import StateInline

_ROLE = re.compile(r"\{([A-Za-z][\w:.+-]{1,60})\}(`+)(?!`)(.+?)(?<!`)\2(?!`)", re.DOTALL)
_TARGET = re.compile(r"(.*\S)\s*<[^<>]*>\Z", re.DOTALL)
_WORDS = frozenset(
    {"ref", "doc", "term", "numref", "any", "download", "abbr", "index", "menuselection"}
    | {"guilabel", "strong", "emphasis", "dfn", "title-reference", "eq", "sup", "sub"}
    | {"superscript", "subscript", "button-ref", "button-link", "footcite", "cite", "external"}
)
_BEFORE = {"rfc": "RFC ", "pep": "PEP "}
_RAISED = {"sup": "sup", "superscript": "sup", "sub": "sub", "subscript": "sub"}
_MARKED = {"strong": "b", "emphasis": "i", "dfn": "dfn"}


class Role(NamedTuple):
    """What is shown for a role."""

    text: str
    tag: str  # an HTML element for its style


def rule(state: StateInline, *, silent: bool) -> bool:
    """Read MyST's `{name}` before a code span."""
    if state.pending[-1:] in ("$", "\\"):
        return False
    match = _ROLE.match(state.src, state.pos, min(state.posMax, state.pos + 2_000))
    if not match:
        return False
    if not silent:
        token = state.push("role", "", 0)
        token.info, token.content = match[1], match[3]
    state.pos = match.end()
    return True


def role(name: str, text: str) -> Role:
    """Return what to show for a role.

    Args:
        name: the name in braces.
        text: the content of the code span.
    """
    name = name.lower()
    match = _TARGET.match(text)
    words = match[1] if match else text
    family = name.split(":", 1)[0]
    if name in _BEFORE:
        return Role(_BEFORE[name] + words, "")
    if name in _WORDS or family in ("cite", "std", "footcite"):
        return Role(words, _RAISED.get(name) or _MARKED.get(name, ""))
    # A name in an API: `~a.b.c` shows only the last part, `!` suppresses the link.
    if words.startswith("~"):
        words = words[1:].rpartition(".")[2]
    return Role(words.removeprefix("!"), "code")

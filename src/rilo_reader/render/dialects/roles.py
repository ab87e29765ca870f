"""MyST's roles: what stands between backticks behind a name in braces, as in {ref}`words <there>`.

Read where the parser says what is code in a line: a name in braces right before it tells what it
is instead.
"""

from __future__ import annotations

import re
from typing import NamedTuple

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
    """What a role shows.

    Attributes:
        text: its words.
        tag: the HTML element that says how they look.
    """

    text: str
    tag: str


def role(name: str, text: str) -> Role:
    """What a role shows of the text between its backticks.

    Args:
        name: what stands in the braces before them.
        text: what stands between them.
    """
    name = name.lower()
    match = _TARGET.match(text)
    words = match[1] if match else text
    family = name.split(":", 1)[0]
    if name in _BEFORE:
        return Role(_BEFORE[name] + words, "")
    if name in _WORDS or family in ("cite", "std", "footcite"):
        return Role(words, _RAISED.get(name) or _MARKED.get(name, ""))
    # The name of something in a program: `~a.b.c` shows its last part alone, `!` makes no link.
    if words.startswith("~"):
        words = words[1:].rpartition(".")[2]
    return Role(words.removeprefix("!"), "code")

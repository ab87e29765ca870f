"""Obsidian's comments: `%%` around words that only their writer sees."""

from __future__ import annotations

import re

LONGEST = 20_000
"""Characters of a comment."""

_NOTE = re.compile(
    r"!?\[\[(?!\^|_?toc_?\]\])[^\s\[\]][^\[\]\n]{0,300}\]\]|^ {0,3}>[ \t]*\[!\w", re.M | re.I
)
"""What only a note of Obsidian holds, most often: a link to another note, or a callout."""

_COMMENT = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1|\Z)|^(?: {4}|\t)[^\n]*|(`+)(?!`)[^`\n]+\2"
    rf"|^ {{0,3}}%%(?!%).{{0,{LONGEST}}}?%%(?!\w)"
    r"|(?<=[ \t])%%(?![%\s])(?:(?!\n[ \t]*\n).){0,2000}?%%(?!\w)",
    re.MULTILINE | re.DOTALL,
)
"""A comment, or code, in which the same signs are meant as they stand.

Within a line no space follows the first sign: `5 %% 3 and 7 %% 4` are words.
"""


def is_note(body: str) -> bool:
    """Whether a text holds what only Obsidian reads."""
    return _NOTE.search(body) is not None


def without_comments(body: str) -> str:
    """A text without comments; code stays as it is."""
    return _COMMENT.sub(_shown, body)


def _shown(match: re.Match[str]) -> str:
    return "" if match[0].lstrip(" ").startswith("%%") else match[0]

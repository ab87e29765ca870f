"""Comments of Obsidian: `%%` around text that only its author sees."""

from __future__ import annotations

import re

LONGEST = 20_000
"""Maximum length of a comment, in characters."""

_NOTE = re.compile(
    r"!?\[\[(?!\^|_?toc_?\]\])[^\s\[\]][^\[\]\n]{0,300}\]\]|^ {0,3}>[ \t]*\[!\w", re.M | re.I
)
"""A link to another note or a callout, mostly found in Obsidian only."""

_COMMENT = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1|\Z)|^(?: {4}|\t)[^\n]*|(`+)(?!`)[^`\n]+\2"
    rf"|^ {{0,3}}%%(?!%).{{0,{LONGEST}}}?%%(?!\w)"
    r"|(?<=[ \t])%%(?![%\s])(?:(?!\n[ \t]*\n).){0,2000}?%%(?!\w)",
    re.MULTILINE | re.DOTALL,
)
"""A comment, or code, in which `%%` is left alone.

Within a line, a comment does not start with a space: `5 %% 3 and 7 %% 4` is text.
"""


def is_note(body: str) -> bool:
    """Return whether a text has syntax that only Obsidian reads."""
    return _NOTE.search(body) is not None


def without_comments(body: str) -> str:
    """Return a text without comments; code is unchanged."""
    return _COMMENT.sub(_shown, body)


def _shown(match: re.Match[str]) -> str:
    return "" if match[0].lstrip(" ").startswith("%%") else match[0]

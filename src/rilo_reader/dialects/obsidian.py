"""Notes of Obsidian: comments (pure)."""

from __future__ import annotations

import re

from rilo_reader.dialects import USUAL, Dialect, ReadFile
from rilo_reader.text import lazy_re

COMMENT_LIMIT = 20_000  # characters of a comment

_NOTE = lazy_re(
    r"!?\[\[(?!\^|_?toc_?\]\])[^\s\[\]][^\[\]\n]{0,300}\]\]|^ {0,3}>[ \t]*\[!\w", re.M | re.I
)
"""A link to another note or a callout, mostly found in Obsidian only."""

_COMMENT = lazy_re(
    r"\n {0,3}(`{3,}|~{3,})[^\n]*(?=\n).*?(?:\n {0,3}\1|\Z)|\n(?: {4}|\t)[^\n]*"
    r"|`(`*+)[^`\n]+\2`"
    rf"|\n {{0,3}}%%(?!%).{{0,{COMMENT_LIMIT}}}?%%(?!\w)"
    r"|%%(?<=[ \t]%%)(?![%\s])(?:(?!\n[ \t]*\n).){0,2000}?%%(?!\w)",
    re.DOTALL,
)
"""A comment, or code, in which `%%` is left alone; each begins with a character, to be found fast.

Within a line, a comment does not start with a space: `5 %% 3 and 7 %% 4` is text.
"""


class Obsidian(Dialect):
    """Notes of Obsidian."""

    forms = USUAL._replace(includes=False, mdx=False, roles=False, templates=False)
    are_notes = True

    def has_title_at(self, level: int) -> bool:
        """Return whether a heading is the title: others are of a section, as names are given."""
        return level == 1

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a note without its comments."""
        return _COMMENT.sub(_strip_comment, f"\n{body}")[1:] if "%%" in body else body


def is_likely_note(body: str) -> bool:
    """Return whether a text of any folder looks like a note of Obsidian."""
    return _NOTE.search(body) is not None


def _strip_comment(match: re.Match[str]) -> str:
    text = match[0]
    return text[: text[0] == "\n"] if text.lstrip("\n ").startswith("%%") else text


DIALECT = Obsidian()

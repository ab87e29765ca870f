"""What documents say in inline code, checked against what the program knows."""

from __future__ import annotations

import re

from rilo_reader.commands import all_commands

KEYS = {key for command in all_commands() for key in command.keys}

# What documents call a key, where Textual has another name for it.
_NAMES = {
    "-": "minus",
    "+": "plus",
    "/": "slash",
    "?": "question_mark",
    ".": "full_stop",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    '"': "quotation_mark",
    "'": "apostrophe",
    ":": "colon",
    "|": "vertical_line",
    "*": "asterisk",
}


def key(code: str) -> str:
    """The name of a key as Textual has it."""
    return _NAMES.get(code, code)


def inline_code(text: str) -> list[str]:
    """Inline code of a Markdown text, outside its code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]

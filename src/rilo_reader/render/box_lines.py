"""Lines of Markdown, as far as one must know them to tell a box from code (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_ITEM = re.compile(r"[ \t]*(?:[-+*:]|\d{1,9}[.)])(?:[ \t]|\Z)")
_FENCE = re.compile(r"((?:[ \t]|[-+*][ \t]|\d{1,9}[.)][ \t]){0,40})(`{3,}|~{3,})(.*)")
_HTML = re.compile(r" {0,3}<(pre|script|style|textarea|!--)", re.IGNORECASE)
_FIRST = frozenset("`~<-+*0123456789:/ \t")
"""What a line begins with that this room must look at."""


class Survey(NamedTuple):
    """What the lines of a text are.

    Attributes:
        verbatim: the first line of code or of HTML -> the line after it, and whether it is closed.
        signs: the other lines that begin with three colons or slashes.
        in_list: the lines that stand indented in a list, and are no code.
        indented: those that would be code if they did not.
    """

    verbatim: dict[int, tuple[int, bool]]
    signs: list[int]
    in_list: set[int]
    indented: set[int]

    def may_open(self, at: int) -> bool:
        """Whether a box may begin with a line."""
        return at not in self.indented or at in self.in_list


def indent_of(line: str) -> int:
    """The columns before a line's text."""
    blank = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blank.expandtabs(4))


def dedented(line: str, columns: int) -> str:
    """A line without so many columns before its text, as far as there are any."""
    if not columns:
        return line
    text = line.lstrip(" \t")
    return " " * max(indent_of(line) - columns, 0) + text if text else ""


def survey(lines: Sequence[str]) -> Survey:
    """Find code, HTML that is one, and lists."""
    found = Survey({}, [], set(), set())
    at = 0
    in_list = was_blank = False
    while at < len(lines):
        line = lines[at]
        if not line or line[0] not in _FIRST:
            in_list = in_list and (not line or not was_blank)
            was_blank = not line
            at += 1
            continue
        stripped = line.strip()
        if stripped:
            indent = indent_of(line) if line[0] in " \t" else 0
            if _ITEM.match(line):
                in_list = in_list or indent < 4
            elif indent < 2 and was_blank:
                in_list = False
            if indent >= 4:
                found.indented.add(at)
                if in_list:
                    found.in_list.add(at)
            end = _end(lines, at, indent, found, in_list=in_list)
            if end:
                was_blank = False
                at = end
                continue
            if stripped.startswith((":::", "///")):
                found.signs.append(at)
        was_blank = not stripped
        at += 1
    return found


def _end(lines: Sequence[str], at: int, indent: int, found: Survey, *, in_list: bool) -> int:
    """The line after the code or the HTML that begins with a line; 0 where none does."""
    line = lines[at]
    fence = _FENCE.match(line)
    if fence and not ("`" in fence[3] and fence[2][0] == "`") and (indent < 4 or in_list):
        end, closed = _end_of_fence(lines, at, fence)
    elif html := _HTML.match(line):
        end, closed = _end_of_html(lines, at, html[1].lower()), True
    else:
        return 0
    found.verbatim[at] = end, closed
    return end


def _end_of_fence(lines: Sequence[str], at: int, fence: re.Match[str]) -> tuple[int, bool]:
    """The line after a block of code, and whether a fence closes it.

    In a list it ends at the latest with the item that it stands in.
    """
    column = len(fence[1].expandtabs(4))
    sign, length = fence[2][0], len(fence[2])
    for number in range(at + 1, len(lines)):
        line = lines[number]
        text = line.strip()
        if not text:
            continue
        if text[0] == sign and len(text) >= length and not text.strip(sign):
            return number + 1, True
        if column > 3 and indent_of(line) < column - 3:
            return number, False
    return len(lines), False


def _end_of_html(lines: Sequence[str], at: int, name: str) -> int:
    """The line after HTML that runs on to its closing tag, whatever stands in it."""
    closing = "-->" if name == "!--" else f"</{name}>"
    for number in range(at, len(lines)):
        if closing in lines[number].lower():
            return number + 1
    return len(lines)

"""The words of a line of newsboat's files (pure)."""

from __future__ import annotations

import re
from typing import NamedTuple


class Line(NamedTuple):
    """A line that says something.

    Attributes:
        number: 1-based line of the file where it begins.
        words: as newsboat takes them apart, at least one.
        runs: whether a command of the shell stands in it (`…` in backticks).
    """

    number: int
    words: tuple[str, ...]
    runs: bool = False


LINE_LIMIT = 100_000
"""Lines of a file that are read, and characters of a line."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|$)')
_BARE = re.compile(r"(?:[^\s\"\\]|\\.|(?<=.)\")+")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def lines(text: str, *, comments: bool) -> list[Line]:
    """The lines that say something, in words.

    Args:
        text: the file's.
        comments: whether a # begins a comment anywhere outside quotes, as in `config`; in `urls`
            it does so at the beginning of a line only.
    """
    found = []
    number, pending, begun = 0, "", 0
    for line in text.splitlines()[:LINE_LIMIT]:
        number += 1
        begun = begun if pending else number
        whole = pending + line[:LINE_LIMIT]
        if comments and whole.endswith("\\") and len(whole) < LINE_LIMIT:
            pending = whole[:-1]
            continue
        pending = ""
        words = _words(whole, comments=comments)
        if words:
            found.append(Line(begun, words, comments and _has_backtick(whole)))
    return found


def _words(line: str, *, comments: bool) -> tuple[str, ...]:
    if line.lstrip().startswith("#"):
        return ()
    words: list[str] = []
    place = 0
    while place < len(line):
        character = line[place]
        if character.isspace():
            place += 1
        elif comments and character == "#":
            break
        elif character == '"':
            quoted = _QUOTED.match(line, place)
            if quoted is None:
                break
            words.append(unescaped(quoted[1]))
            place = quoted.end()
        else:
            bare = _BARE.match(line, place)
            end = bare.end() if bare else place + 1
            words.append(line[place:end])
            place = end
    return tuple(words)


def unescaped(text: str) -> str:
    """What stood in quotes, without its backslashes."""
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), text)


def _has_backtick(line: str) -> bool:
    return re.search(r"(?<!\\)`[^`]*`", line) is not None

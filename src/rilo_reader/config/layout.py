"""Where things stand in a TOML text: the line of a key, and the span of its value (pure).

For text that tomllib accepts; what it gives for other text means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"[ \t]*(\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|[^\s.=\]\"'#]+)[ \t]*(\.?)")
_PLAIN = re.compile(r"[^\n#,\]}]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One `key = value`, or one table header, of a TOML text.

    Attributes:
        key: the whole path of the key, its table's before it; for a header, the table's.
        line: 1-based line on which it begins.
        start: where the value begins, in characters; where the header does.
        end: one past its last character.
        is_header: whether it is a `[table]` line.
        table: the table it stands in; for a header, itself.
    """

    key: tuple[str, ...]
    line: int
    start: int
    end: int
    is_header: bool
    table: tuple[str, ...]


def statements(text: str) -> Iterator[Statement]:
    """Every statement of a TOML text, in order."""
    table: tuple[str, ...] = ()
    at = _blank(text, 0)
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        if text[at] == "[":
            begin = at
            brackets = 2 if text.startswith("[[", at) else 1
            table, at = _key(text, at + brackets)
            at += brackets
            yield Statement(table, line, begin, at, True, table)
        else:
            path, at = _key(text, at)
            begin = _spaces(text, at + 1)
            at = _value(text, begin)
            yield Statement((*table, *path), line, begin, at, False, table)
        at = _blank(text, at)


def line_of(text: str, key: tuple[str | int, ...]) -> int:
    """The line of a key, or of the nearest thing around it; 0 where there is none.

    A number in the path is a place among the `[[…]]` tables of the name before it, from 0.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    tables: dict[str, int] = {}
    for statement in statements(text):
        top = statement.key[0]
        if statement.is_header and text.startswith("[[", statement.start):
            tables[top] = tables.get(top, -1) + 1
        places = (tables[top],) if top in tables else ()
        path = (top, *places, *statement.key[1:])
        for length in range(1, len(path)):
            lines.setdefault(path[:length], statement.line)
        lines.setdefault(path, statement.line)
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return 0


def line_end(text: str, at: int) -> int:
    """Where the line after the one of a place begins."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _spaces(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _key(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """The parts of a dotted key, and where what follows it stands."""
    parts = []
    while found := _KEY_PART.match(text, at):
        parts.append(_unquoted(found[1]))
        at = found.end()
        if not found[2]:
            break
    return tuple(parts), at


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    import tomllib

    return str(tomllib.loads(f"key = {part}")["key"])


def _value(text: str, at: int) -> int:
    """Where a value ends that begins here."""
    if found := _STRING.match(text, at):
        return found.end()
    if text[at : at + 1] not in ("[", "{"):
        found = _PLAIN.match(text, at)
        return at + len(found[0].rstrip()) if found else at
    depth = 0
    while at < len(text):
        if found := _STRING.match(text, at):
            at = found.end()
            continue
        if text[at] == "#":
            at = _blank(text, at)
            continue
        depth += (text[at] in "[{") - (text[at] in "]}")
        at += 1
        if depth == 0:
            break
    return at

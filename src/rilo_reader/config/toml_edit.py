"""The `[[name]]` tables of a TOML text as pieces that can be put in, moved and taken out (pure).

A piece is a table's header, its statements, and the comments directly above the header. Blank
lines and other comments between pieces stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """One `[[name]]` table of a text.

    Attributes:
        start: where its first line begins, in characters.
        end: where the line after its last begins.
        values: its own statements by key.
    """

    start: int
    end: int
    values: Mapping[str, Statement]


def blocks(text: str, name: str) -> list[Block]:
    """Every `[[name]]` table, in order."""
    found: list[Block] = []
    current: list[Statement] = []

    def close() -> None:
        if current:
            values = {s.key[1]: s for s in current[1:] if s.table == (name,) and len(s.key) == 2}
            start = _lead(text, current[0].start)
            found.append(Block(start, line_end(text, current[-1].end), values))
            current.clear()

    for statement in statements(text):
        is_new = statement.is_header and statement.table == (name,)
        if is_new or statement.table[:1] != (name,):
            close()
        if is_new or current:
            current.append(statement)
    close()
    return found


def with_block(text: str, name: str, lines: Mapping[str, str]) -> str:
    """The text with one more table, after the last of its name, else at the end.

    Args:
        text: a TOML text.
        name: the tables' name.
        lines: key -> value, as TOML writes it.
    """
    return with_blocks(text, name, [lines])


def with_blocks(text: str, name: str, tables: Sequence[Mapping[str, str]]) -> str:
    """The text with more tables in order, where `with_block` puts one.

    Args:
        text: a TOML text.
        name: the tables' name.
        tables: for each key -> value, as TOML writes it.
    """
    end = newline(text)
    block = end.join(
        f"[[{name}]]{end}" + "".join(f"{key} = {value}{end}" for key, value in lines.items())
        for lines in tables
    )
    own = blocks(text, name)
    return with_piece(text, own[-1].end if own else len(text), block)


def with_piece(text: str, at: int, piece: str) -> str:
    """The text with a piece of whole lines put in, set off from what stands before by a line."""
    end = newline(text)
    before = text[:at]
    if before and not before.endswith("\n"):
        before += end
    gap = end if before.strip("\ufeff") and not before.endswith(end + end) else ""
    # What follows keeps the distance it had.
    return before + gap + piece + text[at:]


def without_block(text: str, block: Block) -> str:
    """The text without a table, and without the blank line that set it off."""
    before, after = text[: block.start], text[block.end :]
    end = newline(text)
    if before.endswith(end + end) and (not after.strip() or after.startswith(end)):
        before = before[: -len(end)]
    elif not before and after.startswith(end):
        after = after[len(end) :]
    return before + after


def with_block_moved(text: str, own: list[Block], start: int, place: int) -> str:
    """The text with a table moved to another place among its like; what lies between stays."""
    end = newline(text)
    pieces = [_whole(text[block.start : block.end], end) for block in own]
    pieces.insert(place, pieces.pop(start))
    parts, at = [], 0
    for block, piece in zip(own, pieces, strict=True):
        parts += [text[at : block.start], piece]
        at = block.end
    return "".join(parts) + text[at:]


def with_entry(text: str, block: Block, key: str, value: str | None) -> str:
    """The text with a key of a table set to a value as TOML writes it; None takes its line out."""
    statement = block.values.get(key)
    if statement is None:
        if value is None:
            return text
        before, end = text[: block.end], newline(text)
        if not before.endswith("\n"):
            before += end
        return f"{before}{key} = {value}{end}{text[block.end :]}"
    if value is None:
        start = text.rfind("\n", 0, statement.start) + 1
        return text[:start] + text[line_end(text, statement.end) :]
    return text[: statement.start] + value + text[statement.end :]


def newline(text: str) -> str:
    """How lines end in a text."""
    return "\r\n" if "\r\n" in text else "\n"


def _whole(piece: str, end: str) -> str:
    return piece if piece.endswith("\n") else piece + end


def _lead(text: str, at: int) -> int:
    """Where the comments directly above a header begin."""
    start = text.rfind("\n", 0, at) + 1
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip(" \t\ufeff").startswith("#"):
            break
        start = above
    return start


# Where things stand in a TOML text: the line of a key, and the span of its value (pure).


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
    line, counted, at = 1, 0, _blank(text, 0)
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
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


def lines_of(text: str, keys: Iterable[tuple[str | int, ...]]) -> list[int]:
    """The line of each key, or of the nearest thing around it; 0 where there is none.

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
    around = ([key[:length] for length in range(len(key), 0, -1)] for key in keys)
    return [next((lines[path] for path in paths if path in lines), 0) for paths in around]


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

"""The `[[name]]` tables of a TOML text as pieces that can be put in, moved and taken out (pure).

A piece is a table's header, its statements, and the comments directly above the header. Blank
lines and other comments between pieces stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rilo_reader.config.layout import Statement, line_end, statements


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

"""Pandoc's grid tables, drawn with `+---+` and `|`.

Those whose cells span columns or rows are left as text.

+-------+------+
| Port  | Year |
+=======+======+
| Haven | 1974 |
+-------+------+
"""

from __future__ import annotations

from itertools import pairwise

from markdown_it.rules_block import StateBlock

from rilo_reader.text import lazy_re

MAX_LINES = 2_000
_RULE = lazy_re(r"\+(?:[-=:]+\+)+\Z")
_ITEM = lazy_re(r"(?:[-*+]|\d{1,3}[.)])[ \t]+")


def read_grid_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a grid table."""
    if not state.src.startswith(("+-", "+=", "+:"), state.bMarks[start] + state.tShift[start]):
        return False
    lines: list[str] = []
    for line in range(start, min(end, start + MAX_LINES)):
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
        if not text.startswith(("+", "|")):
            break
        lines.append(text)
    while lines and not _RULE.match(lines[-1]):
        lines.pop()
    rows = _split_rows(lines) if len(lines) > 2 and _RULE.match(lines[0]) else None
    if not rows:
        return False
    if not silent:
        rules = [line for line in lines if _RULE.match(line)]
        # The header is above the line of equals signs.
        header_rows = next((at for at, rule in enumerate(rules) if at and "=" in rule), 0)
        _push_table(state, rows, header_rows)
        state.line = start + len(lines)
    return True


def _split_rows(lines: list[str]) -> list[list[str]] | None:
    """Return the cells of each row; None if they are not one below the other."""
    edges = [at for at, sign in enumerate(lines[0]) if sign == "+"]
    rows: list[list[str]] = []
    below: list[list[str]] = []  # the lines of the row that is being read
    for line in lines[1:]:
        if _RULE.match(line):
            if [at for at, sign in enumerate(line) if sign == "+"] != edges:
                return None
            rows.append([_join_cell(cell) for cell in zip(*below, strict=True)])
            below = []
            continue
        cells = [line[a + 1 : b] for a, b in pairwise(edges)]
        if len(line) != len(lines[0]) or any(line[at] != "|" for at in edges):
            # Wide characters, such as Chinese, take two columns each.
            cells = line[1:-1].split("|")
        if len(cells) != len(edges) - 1:
            return None
        below.append(cells)
    return [row for row in rows if any(row)]


def _join_cell(lines: tuple[str, ...]) -> str:
    """Return the Markdown of a cell: paragraphs and items have lines of their own."""
    parts = [""]
    for line in map(str.strip, lines):
        if not line or _ITEM.match(line):
            parts.append("")
        parts[-1] += f" {_ITEM.sub('• ', line)}" if parts[-1] else _ITEM.sub("• ", line)
    return "<br>".join(filter(None, parts))


def _push_table(state: StateBlock, rows: list[list[str]], header_rows: int) -> None:
    head, body = rows[:header_rows], rows[header_rows:]
    state.push("table_open", "table", 1)
    for part, cell, part_rows in (("thead", "th", head), ("tbody", "td", body)):
        if not part_rows:
            continue
        state.push(f"{part}_open", part, 1)
        for row in part_rows:
            state.push("tr_open", "tr", 1)
            for text in row:
                state.push(f"{cell}_open", cell, 1)
                state.push("inline", "", 0).content = text
                state.push(f"{cell}_close", cell, -1)
            state.push("tr_close", "tr", -1)
        state.push(f"{part}_close", part, -1)
    state.push("table_close", "table", -1)

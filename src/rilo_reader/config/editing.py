"""A TOML text with one value changed, and nothing else (pure)."""

from __future__ import annotations

import copy
import re
from typing import Any

import tomli_w

from rilo_reader.commands import BY_ID
from rilo_reader.config.checking import RULES, near, parse
from rilo_reader.config.layout import Statement, statements

Value = str | float | bool


def with_value(text: str, key: tuple[str, ...], value: Value) -> str:
    """The text with `key` set to `value`.

    A key that is there keeps its place; one that stands there commented out, as in the template,
    gets a line of its own below; any other one comes last in its table.

    Raises:
        ValueError: the text is no TOML, the key no setting, or the value cannot be put there.
    """
    _check(key, value)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    before, fault = parse(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; put that right first")
    changed = _edited(body, key, tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n"))
    after, fault = parse(changed)
    if fault is not None or after != _expected(before, key, value):
        raise ValueError(f"{'.'.join(key)} cannot be set in this file; write it there by hand")
    return mark + changed


def _check(key: tuple[str, ...], value: Value) -> None:
    if key[0] == "keys" and len(key) == 2 and key[1] in BY_ID:
        return
    if len(key) != 1 or key[0] not in RULES:
        raise ValueError(f"there is no setting {'.'.join(key)}{near(key[0], RULES)}")
    RULES[key[0]](value)


def _expected(data: dict[str, Any], key: tuple[str, ...], value: Value) -> dict[str, Any]:
    wanted = copy.deepcopy(data)
    inner = wanted
    for part in key[:-1]:
        inner = inner.setdefault(part, {})
    inner[key[-1]] = value
    return wanted


def _edited(text: str, key: tuple[str, ...], value: str) -> str:
    """Replace the key's value where it stands, or put in a line."""
    found = list(statements(text))
    for statement in found:
        if statement.key == key and not statement.is_header:
            return text[: statement.start] + value + text[statement.end :]
    line_end = "\r\n" if "\r\n" in text else "\n"
    table = key[:-1]
    line = f"{key[-1]} = {value}{line_end}"
    at = _place(text, found, table, key[-1])
    if at is None:
        at = len(text)
        line = f"{line_end if text else ''}[{'.'.join(table)}]{line_end}{line}"
    if at and text[at - 1] != "\n":
        line = line_end + line
    return text[:at] + line + text[at:]


def _place(text: str, found: list[Statement], table: tuple[str, ...], name: str) -> int | None:
    """Where a new line of a table belongs, None where the table is not there."""
    own = [statement for statement in found if statement.table == table]
    if table and not own:
        return None
    first, last = _span(text, found, own)
    for commented in re.finditer(rf"^#[ \t]*{re.escape(name)}[ \t]*=.*$\n?", text, re.MULTILINE):
        inside = any(s.start < commented.start() < s.end for s in found)
        if first <= commented.start() and commented.end() <= last and not inside:
            return commented.end()
    if own:
        return _line_end(text, own[-1].end)
    # No setting yet: above the first table and the comments that belong to it.
    lines = text[:last].splitlines(keepends=True)
    while lines and lines[-1].lstrip().startswith("#"):
        lines.pop()
    return len("".join(lines)) if last < len(text) else len(text)


def _span(text: str, found: list[Statement], own: list[Statement]) -> tuple[int, int]:
    """From where to where a table's lines reach; without any of its own, the top of the file."""
    first = own[0].start if own and own[0].is_header else 0
    after = own[-1].end if own else 0
    headers = [s.start for s in found if s.is_header and s.start >= after and s not in own]
    return first, min(headers, default=len(text))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1

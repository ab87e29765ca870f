"""A TOML text with one value changed, and nothing else (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import tomli_w

from rilo_reader.commands import BY_ID
from rilo_reader.config.blocks import newline
from rilo_reader.config.checking import parse
from rilo_reader.config.layout import Statement, line_end, statements
from rilo_reader.config.rules import RULES, near

Value = str | float | bool | list[str]


def with_value(text: str, key: tuple[str, ...], value: Value) -> str:
    """The text with `key` set to `value`.

    A key that is there keeps its place; one that stands there commented out, as in the template,
    gets a line of its own below; any other one comes last in its table.

    Raises:
        ValueError: the text is no TOML, the key no setting, or the value cannot be put there.
    """
    _check(key, value)

    def wanted(data: dict[str, Any]) -> None:
        inner = data
        for part in key[:-1]:
            inner = inner.setdefault(part, {})
        inner[key[-1]] = value

    return surely(
        text, lambda body: _value_edited(body, key, literal(value)), wanted, ".".join(key)
    )


def surely(
    text: str,
    edit: Callable[[str], str],
    wanted: Callable[[dict[str, Any]], None],
    what: str,
) -> str:
    """The text as edited, where that says what is wanted and nothing else.

    Args:
        text: a TOML text; a byte order mark stays.
        edit: makes the new text of the old.
        wanted: makes the data that the new text is to have of the old text's.
        what: what is edited, for the message.

    Raises:
        ValueError: the text is no TOML, or what is wanted cannot be put there.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    data, fault = parse(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; put that right first")
    changed = edit(body)
    after, fault = parse(changed)
    wanted(data)
    if fault is not None or after != data:
        raise ValueError(f"{what} cannot be changed in this file; do it there by hand")
    return mark + changed


def literal(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _check(key: tuple[str, ...], value: Value) -> None:
    if key[0] == "keys" and len(key) == 2 and key[1] in BY_ID:
        return
    if len(key) != 1 or key[0] not in RULES:
        raise ValueError(f"there is no setting {'.'.join(key)}{near(key[0], RULES)}")
    RULES[key[0]](value)


def _value_edited(text: str, key: tuple[str, ...], value: str) -> str:
    """Replace the key's value where it stands, or put in a line."""
    found = list(statements(text))
    for statement in found:
        if statement.key == key and not statement.is_header:
            return text[: statement.start] + value + text[statement.end :]
    end = newline(text)
    table = key[:-1]
    line = f"{key[-1]} = {value}{end}"
    at = _place(text, found, table, key[-1])
    if at is None:
        at = len(text)
        line = f"{end if text else ''}[{'.'.join(table)}]{end}{line}"
    if at and text[at - 1] != "\n":
        line = end + line
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
        return line_end(text, own[-1].end)
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

"""Edit a TOML text: add, change, move and remove saved searches and mutes; set one value (pure).

Every function returns the new text. It raises ValueError, with a message for the user, if the text
is not TOML, the named entry does not exist, or the text has it in a form that cannot be edited (an
inline list).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import tomli_w

from rilo_reader.commands import BY_ID
from rilo_reader.config.check import parse
from rilo_reader.config.schema import RULES, day_of, muted_query_of, name_of, near, query_of
from rilo_reader.config.toml_edit import (
    Statement,
    blocks,
    line_end,
    newline,
    statements,
    with_block,
    with_block_moved,
    with_entry,
    with_piece,
    without_block,
)

BYTE_ORDER_MARK = "\ufeff"


def with_search(text: str, name: str, query: str) -> str:
    """Add a saved search, or change the query of the one with that name."""
    name, query = name_of(name), query_of(query)
    place = _search(text, name)
    if place is None:
        return with_table(text, "searches", {"name": name, "query": query})
    return with_table_values(text, "searches", place, {"query": query})


def with_search_renamed(text: str, name: str, new: str) -> str:
    """Rename a saved search; upper and lower case may change too."""
    new = name_of(new)
    place = _needed(_search(text, name), name)
    if _search(text, new) not in (None, place):
        raise ValueError(f"another saved search is already called {new!r}")
    return with_table_values(text, "searches", place, {"name": new})


def with_search_moved(text: str, name: str, place: int) -> str:
    """Move a saved search to another place, counted from 0; beyond the end is the end."""
    start = _needed(_search(text, name), name)
    place = max(0, min(place, len(tables(text, "searches")) - 1))

    def edit(body: str) -> str:
        return with_block_moved(body, blocks(body, "searches"), start, place)

    def wanted(data: dict[str, Any]) -> None:
        data["searches"].insert(place, data["searches"].pop(start))

    return surely(text, edit, wanted, "the list of searches")


def without_search(text: str, name: str) -> str:
    """Remove a saved search."""
    return without_table(text, "searches", _needed(_search(text, name), name))[0]


def with_mute(text: str, query: str, until: date | None) -> str:
    """Add a mute, or change the last day of the one with that query."""
    query, until = muted_query_of(query), day_of(until)
    place = _mute(text, query)
    if place is not None:
        return with_table_values(text, "mutes", place, {"until": until})
    return with_table(text, "mutes", {"query": query} | ({"until": until} if until else {}))


def with_mute_changed(text: str, query: str, new: str) -> str:
    """Change the query of a mute."""
    query, new = query_of(query), muted_query_of(new)
    return with_table_values(text, "mutes", _needed(_mute(text, query), query), {"query": new})


def without_mute(text: str, query: str) -> str:
    """Remove a mute."""
    query = query_of(query)
    return without_table(text, "mutes", _needed(_mute(text, query), query))[0]


def with_table(text: str, setting: str, entry: Mapping[str, object]) -> str:
    """Add an entry at the end of a list."""

    def edit(body: str) -> str:
        return with_block(body, setting, {key: literal(value) for key, value in entry.items()})

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(setting, []).append(dict(entry))

    return surely(text, edit, wanted, f"the list of {setting}")


def with_table_values(text: str, setting: str, place: int, values: Mapping[str, object]) -> str:
    """Change values of an entry; None removes a key."""

    def edit(body: str) -> str:
        for key, value in values.items():
            own = blocks(body, setting)[place]
            body = with_entry(body, own, key, None if value is None else literal(value))
        return body

    def wanted(data: dict[str, Any]) -> None:
        changed = {**data[setting][place], **values}
        data[setting][place] = {key: value for key, value in changed.items() if value is not None}

    return surely(text, edit, wanted, f"the list of {setting}")


def without_table(text: str, setting: str, place: int) -> tuple[str, str]:
    """Remove an entry; the last one takes the list with it.

    Returns:
        The new text, and the lines of the entry with the comments above.
    """
    piece = ""

    def edit(body: str) -> str:
        nonlocal piece
        own = blocks(body, setting)[place]
        piece = body[own.start : own.end]
        return without_block(body, own)

    def wanted(data: dict[str, Any]) -> None:
        del data[setting][place]
        if not data[setting]:
            del data[setting]

    return surely(text, edit, wanted, f"the list of {setting}"), piece


def with_table_restored(text: str, setting: str, place: int, piece: str) -> str:
    """Put the lines of a removed entry back at its place, else at the end."""
    end = newline(text)
    piece = piece if piece.endswith("\n") else piece + end
    table = tomllib.loads(piece)[setting][0]
    place = min(place, len(blocks(text, setting)))

    def edit(body: str) -> str:
        own = blocks(body, setting)
        if place < len(own):
            at = own[place].start
            return body[:at] + piece + end + body[at:]
        return with_piece(body, own[-1].end if own else len(body), piece)

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(setting, []).insert(place, table)

    return surely(text, edit, wanted, f"the list of {setting}")


def tables(text: str, setting: str) -> list[dict[str, Any]]:
    """The entries of a list.

    Raises:
        ValueError: the text is no TOML, or they are no `[[…]]` tables in it.
    """
    body = text.removeprefix(BYTE_ORDER_MARK)
    entries = _parsed(body).get(setting, [])
    if not isinstance(entries, list) or len(entries) != len(blocks(body, setting)):
        raise ValueError(
            f"the list of {setting} is not written as [[{setting}]] tables; edit it by hand"
        )
    return entries


def _search(text: str, name: str) -> int | None:
    """The place of the saved search with that name."""
    wanted = name.strip().removeprefix("@").casefold()
    for place, entry in enumerate(tables(text, "searches")):
        own = entry.get("name")
        if isinstance(own, str) and own.strip().casefold() == wanted:
            return place
    return None


def _mute(text: str, query: str) -> int | None:
    """The place of the mute with that query."""
    for place, entry in enumerate(tables(text, "mutes")):
        own = entry.get("query")
        if isinstance(own, str) and query_of(own) == query:
            return place
    return None


def _needed(place: int | None, name: str) -> int:
    if place is None:
        raise ValueError(f"{name!r} is no longer in the settings")
    return place


# One value changed, and nothing else.


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
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    data = _parsed(body)
    changed = edit(body)
    after, fault = parse(changed)
    wanted(data)
    if fault is not None or after != data:
        raise ValueError(f"{what} cannot be changed in this file; do it there by hand")
    return mark + changed


def _parsed(body: str) -> dict[str, Any]:
    data, fault = parse(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; put that right first")
    return data


def literal(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, list | tuple):
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

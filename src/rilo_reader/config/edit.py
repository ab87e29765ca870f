"""Edit settings.toml: add, change, move and remove saved searches and mutes; set one value (pure).

Every function returns the new text. It raises ValueError, with a message for the user, if the text
is not TOML, the named entry does not exist, or the text has it in a form that cannot be edited (an
inline list).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from rilo_reader.commands import BY_ID
from rilo_reader.config.schema import RULES, day_of, muted_query_of, name_of, near, query_of
from rilo_reader.config.toml_edit import (
    Statement,
    blocks,
    line_end,
    newline,
    statements,
    with_block_moved,
)
from rilo_reader.config.toml_tables import (
    literal,
    surely,
    tables,
    with_table,
    with_table_values,
    without_table,
)


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

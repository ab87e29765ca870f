"""Saved searches and mutes put into, moved in and taken out of a TOML text (pure).

Every function raises ValueError, with a message for the user, where the text is no TOML, the
named thing is not there, or the text has it in a form that cannot be edited (an inline list).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import groupby
from typing import Any

import tomli_w

from rilo_reader.commands import BY_ID, COMMANDS
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
    without_block,
)
from rilo_reader.config.values import Config
from rilo_reader.keys import key_label

Entries = list[dict[str, Any]]


def with_search(text: str, name: str, query: str) -> str:
    """The text with one more saved search, or with another query for the one of that name."""
    name, query = name_of(name), query_of(query)

    def edit(body: str) -> str:
        place = _search(body, name)
        if place is None:
            return with_block(body, "searches", {"name": literal(name), "query": literal(query)})
        return with_entry(body, blocks(body, "searches")[place], "query", literal(query))

    def wanted(entries: Entries) -> None:
        place = _place_of(entries, name)
        if place is None:
            entries.append({"name": name, "query": query})
        else:
            entries[place]["query"] = query

    return _edited(text, "searches", edit, wanted)


def with_search_renamed(text: str, name: str, new: str) -> str:
    """The text with another name for a saved search; upper and lower case may change too."""
    new = name_of(new)

    def edit(body: str) -> str:
        place = _needed(_search(body, name), name)
        other = _search(body, new)
        if other not in (None, place):
            raise ValueError(f"another saved search is already called {new!r}")
        return with_entry(body, blocks(body, "searches")[place], "name", literal(new))

    def wanted(entries: Entries) -> None:
        entries[_needed(_place_of(entries, name), name)]["name"] = new

    return _edited(text, "searches", edit, wanted)


def with_search_moved(text: str, name: str, place: int) -> str:
    """The text with a saved search at another place, counted from 0; beyond the end is the end."""

    def edit(body: str) -> str:
        own = blocks(body, "searches")
        start = _needed(_search(body, name), name)
        return with_block_moved(body, own, start, max(0, min(place, len(own) - 1)))

    def wanted(entries: Entries) -> None:
        entry = entries.pop(_needed(_place_of(entries, name), name))
        entries.insert(max(0, min(place, len(entries))), entry)

    return _edited(text, "searches", edit, wanted)


def without_search(text: str, name: str) -> str:
    """The text without a saved search."""

    def edit(body: str) -> str:
        place = _needed(_search(body, name), name)
        return without_block(body, blocks(body, "searches")[place])

    def wanted(entries: Entries) -> None:
        del entries[_needed(_place_of(entries, name), name)]

    return _edited(text, "searches", edit, wanted)


def with_mute(text: str, query: str, until: date | None) -> str:
    """The text with one more mute, or with another last day for the one of that query."""
    query, until = muted_query_of(query), day_of(until)
    lines = {"query": literal(query)}
    if until is not None:
        lines["until"] = literal(until)

    def edit(body: str) -> str:
        place = _mute(body, query)
        if place is None:
            return with_block(body, "mutes", lines)
        return with_entry(body, blocks(body, "mutes")[place], "until", lines.get("until"))

    def wanted(entries: Entries) -> None:
        place = _muted_place(entries, query)
        if place is None:
            place = len(entries)
            entries.append({"query": query})
        entries[place].pop("until", None)
        if until is not None:
            entries[place]["until"] = until

    return _edited(text, "mutes", edit, wanted)


def with_mute_changed(text: str, query: str, new: str) -> str:
    """The text that hides what another query finds in place of a mute's."""
    query, new = query_of(query), muted_query_of(new)

    def edit(body: str) -> str:
        own = blocks(body, "mutes")[_needed(_mute(body, query), query)]
        return with_entry(body, own, "query", literal(new))

    def wanted(entries: Entries) -> None:
        entries[_needed(_muted_place(entries, query), query)]["query"] = new

    return _edited(text, "mutes", edit, wanted)


def without_mute(text: str, query: str) -> str:
    """The text without a mute."""
    query = query_of(query)

    def edit(body: str) -> str:
        return without_block(body, blocks(body, "mutes")[_needed(_mute(body, query), query)])

    def wanted(entries: Entries) -> None:
        del entries[_needed(_muted_place(entries, query), query)]

    return _edited(text, "mutes", edit, wanted)


def _edited(
    text: str, setting: str, edit: Callable[[str], str], wanted: Callable[[Entries], None]
) -> str:
    def change(data: dict[str, Any]) -> None:
        entries = data.setdefault(setting, [])
        wanted(entries)
        if not entries:
            del data[setting]

    return surely(text, edit, change, f"the list of {setting}")


def _search(text: str, name: str) -> int | None:
    return _place_of(_data(text, "searches"), name)


def _mute(text: str, query: str) -> int | None:
    return _muted_place(_data(text, "mutes"), query)


def _data(text: str, setting: str) -> Entries:
    """The entries of a list, of which each must be a table of its own in the text."""
    entries = parse(text)[0].get(setting, [])
    if not isinstance(entries, list) or len(entries) != len(blocks(text, setting)):
        raise ValueError(
            f"the list of {setting} is not written as [[{setting}]] tables; edit it by hand"
        )
    return entries


def _place_of(entries: Entries, name: str) -> int | None:
    wanted = name.strip().removeprefix("@").casefold()
    for place, entry in enumerate(entries):
        own = entry.get("name")
        if isinstance(own, str) and own.strip().casefold() == wanted:
            return place
    return None


def _muted_place(entries: Entries, query: str) -> int | None:
    for place, entry in enumerate(entries):
        own = entry.get("query")
        if isinstance(own, str) and query_of(own) == query:
            return place
    return None


def _needed(place: int | None, name: str) -> int:
    if place is None:
        raise ValueError(f"{name!r} is no longer in the settings")
    return place


# A TOML text with one value changed, and nothing else (pure).


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


# The first settings.toml: every setting explained, commented out with its default.


_HEAD = """\
# The settings of rilo-reader. A line that begins with # says what holds without it:
# take the # away and change the value. `rilo-reader doctor` checks this file.
"""
_EXPLAINED = {
    "theme": 'The theme: "ink" (dark), "paper" (light), or one of Textual\'s, such as "nord".',
    "width": "The widest line of an article, in columns: 20 to 200.",
    "date_format": 'How dates are written: "human", "iso", or a pattern such as "%d.%m.%Y".',
    "mark_read": 'When an article counts as read: "opened" (for a while), "end" or "by hand".',
    "mark_read_after": 'How many seconds make a while, for mark_read = "opened".',
    "history": "Whether searches are remembered, for the up key in the empty search box.",
    "drafts": "Whether articles with `draft: true` are shown.",
    "refresh_every": "How many minutes between two refreshes while the reader is open; 0: only R.",
    "fetch_together": "How many addresses are fetched at one time: 1 to 256.",
    "fetch_per_host": "How many of them from one host: 1 to 32.",
    "fetch_megabytes": "The largest answer that is taken, also when unpacked: 1 to 1000.",
    "fetch_seconds": "The longest that one answer may take: 1 to 3600.",
}
_TAIL = """
# Your folders of articles; the first opens when none is named.
# folders = ["~/news"]

# Keys: a key, a list of keys, or "" for none. They replace the default ones.
# Keys are written "J", "?", "space", "pgdn", "f5", "ctrl+d", "alt+left".
[keys]
"""


_END = """
# Saved searches, in their order, and mutes (until is the last day). The reader writes them too.
# [[searches]]
# name = "Ivory"
# query = "ivory customs after:30d"
#
# [[mutes]]
# query = "tag:football"
# until = 2026-12-31
"""


def template() -> str:
    """The text of a settings file that sets nothing."""
    default = Config()
    parts = [_HEAD]
    for name, meaning in _EXPLAINED.items():
        parts.append(f"\n# {meaning}\n# {_line(name, getattr(default, name))}")
    parts.append(_TAIL)
    for group, commands in groupby(COMMANDS, key=lambda command: command.group):
        parts.append(f"\n# -- {group}\n")
        for command in commands:
            keys = [_written(key) for key in command.keys]
            parts.append(f"# {_list(command.id, keys)}  # {command.help}\n")
    return "".join([*parts, _END])


def _line(name: str, value: object) -> str:
    return tomli_w.dumps({name: value})


def _list(name: str, values: list[str]) -> str:
    items = ", ".join(tomli_w.dumps({"x": value})[4:].rstrip("\n") for value in values)
    return f"{name} = [{items}]"


def _written(key: str) -> str:
    """A key as people write it."""
    if key.startswith("ctrl+"):
        return key
    return key if key in ("up", "down", "left", "right") else key_label(key)

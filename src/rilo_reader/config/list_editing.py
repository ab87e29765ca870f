"""Saved searches and mutes put into, moved in and taken out of a TOML text (pure).

Every function raises ValueError, with a message for the user, where the text is no TOML, the
named thing is not there, or the text has it in a form that cannot be edited (an inline list).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from rilo_reader.config.blocks import (
    blocks,
    with_block,
    with_block_moved,
    with_entry,
    without_block,
)
from rilo_reader.config.checking import parse
from rilo_reader.config.editing import literal, surely
from rilo_reader.config.lists import day_of, muted_query_of, name_of, query_of

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
            raise ValueError(f"another saved search is called {new!r} already")
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
        raise ValueError(f"there is no {name!r} in the settings any more")
    return place

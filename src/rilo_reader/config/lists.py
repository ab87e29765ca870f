"""Saved searches and mutes: what may stand below [[searches]] and [[mutes]]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar

from rilo_reader.config.rules import SettingError, near, shown, text_of
from rilo_reader.config.settings import Mute, SavedSearch, find_search
from rilo_reader.text import clean_line

LONGEST_NAME = 80
LONGEST_QUERY = 10_000

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (a number is a place in a list, from 0), and what is wrong with it."""

T = TypeVar("T")


def name_of(value: object) -> str:
    """The name of a saved search: one line that `@name` can mean.

    Raises:
        SettingError: it cannot be one.
    """
    name = clean_line(text_of(value), LONGEST_NAME + 1)
    if not name:
        raise SettingError("a saved search needs a name")
    if name.startswith("@"):
        raise SettingError(f"{name!r} begins with @, which is put in front to run it; leave it out")
    if len(name) > LONGEST_NAME:
        raise SettingError(f"a name has at most {LONGEST_NAME} characters")
    return name


def query_of(value: object) -> str:
    """The text of a query, cleaned; whether it can be understood is the parser's business.

    Raises:
        SettingError: it cannot be one.
    """
    query = clean_line(text_of(value), LONGEST_QUERY + 1)
    if len(query) > LONGEST_QUERY:
        raise SettingError(f"a query has at most {LONGEST_QUERY:,} characters")
    return query


def muted_query_of(value: object) -> str:
    """The text of a query to hide; not an empty one, which would hide everything.

    Raises:
        SettingError: it cannot be one.
    """
    query = query_of(value)
    if not query:
        raise SettingError("it would hide every article; a query is wanted")
    return query


def day_of(value: object) -> date | None:
    """The last day of a mute: a TOML date, or its text; None where it was None.

    Raises:
        SettingError: it is no date.
    """
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise SettingError(f"a date such as 2026-12-31 is wanted, not {shown(value)}")


def searches_of(value: object) -> tuple[tuple[SavedSearch, ...], list[Fault]]:
    """The saved searches that are right, and the faults of the others."""
    right: list[SavedSearch] = []
    entries, faults = _entries("searches", value, ("name", "query"))
    for place, entry in entries:
        try:
            search = SavedSearch(_get(entry, "name", name_of), _get(entry, "query", query_of))
        except _EntryError as error:
            faults.append((("searches", place, error.key), str(error)))
            continue
        if find_search(right, search.name) is not None:
            reason = f"another saved search is called {search.name!r} already"
            faults.append((("searches", place, "name"), reason))
            continue
        right.append(search)
    return tuple(right), faults


def mutes_of(value: object) -> tuple[tuple[Mute, ...], list[Fault]]:
    """The mutes that are right, and the faults of the others."""
    right: dict[str, Mute] = {}
    entries, faults = _entries("mutes", value, ("query", "until"))
    for place, entry in entries:
        try:
            query = _get(entry, "query", muted_query_of)
            until = _get(entry, "until", day_of) if "until" in entry else None
        except _EntryError as error:
            faults.append((("mutes", place, error.key), str(error)))
            continue
        if query in right:
            faults.append((("mutes", place, "query"), f"{query!r} is muted above already"))
            continue
        right[query] = Mute(query, until)
    return tuple(right.values()), faults


class _EntryError(SettingError):
    """Something wrong with one key of an entry."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _get(entry: Mapping[str, object], key: str, rule: Callable[[object], T]) -> T:
    if key not in entry:
        raise _EntryError(key, f"{key} is missing")
    try:
        return rule(entry[key])
    except SettingError as error:
        raise _EntryError(key, str(error)) from None


def _entries(
    setting: str, value: object, names: tuple[str, ...]
) -> tuple[list[tuple[int, Mapping[str, object]]], list[Fault]]:
    """The tables of a list with their places, and the faults of what is none or not known."""
    if not isinstance(value, list):
        reason = f"a list of tables is wanted, each below [[{setting}]], not {shown(value)}"
        return [], [((setting,), reason)]
    entries: list[tuple[int, Mapping[str, object]]] = []
    faults: list[Fault] = []
    for place, entry in enumerate(value):
        if not isinstance(entry, dict):
            faults.append(((setting, place), f"a table is wanted, not {shown(entry)}"))
            continue
        for key in entry:
            if key not in names:
                reason = f"{setting} have no {key}{near(key, names)}"
                faults.append(((setting, place, key), reason))
        entries.append((place, entry))
    return entries, faults

"""Rules of settings: which values are valid, and messages for those that are not.

A rule takes a parsed TOML value and returns the value for `Config`, or raises SettingError.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from rilo_reader.config.values import MarkRead, Mute, SavedSearch, find_search
from rilo_reader.text import clean_line

# -- settings with one value ----------------------------------------------------------------------

MIN_WIDTH, MAX_WIDTH = 20, 200
MAX_SECONDS = 3600.0
KINDS = 4
"""Kinds of highlights."""
MAX_REFRESH_MINUTES = 10_080
"""A week in minutes."""
_DIRECTIVE = re.compile(r"%[-_0^#]?(.?)", re.DOTALL)
_DIRECTIVES = frozenset("aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%")


class SettingError(ValueError):
    """An invalid value of a setting; the message is one sentence for the user."""


MAX_LISTED = 6
"""Largest number of names that a message lists."""


def near(name: str, names: Iterable[str]) -> str:
    """A suggestion of a similar name, or a list of all names, to end a message."""
    names = list(names)
    if found := get_close_matches(name, names, 1):
        return f"; did you mean {found[0]}?"
    if len(names) <= MAX_LISTED:
        return f"; the choices are {', '.join(names)}"
    return "; rilo-reader doctor lists them all"


def text_of(value: object) -> str:
    """Check that a value is a string."""
    if not isinstance(value, str):
        raise SettingError(f"expected a text in quotes, not {shown(value)}")
    return value


def _theme(value: object) -> str:
    if not text_of(value).strip():
        raise SettingError("expected the name of a theme, such as ink or paper")
    return text_of(value).strip()


def _integer_between(least: int, most: int) -> Callable[[object], int]:
    """A rule for integers from `least` to `most`."""

    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError(f"expected a whole number, not {shown(value)}")
        if not least <= value <= most:
            raise SettingError(f"{shown(value)} is not between {least} and {most}")
        return value

    return rule


def _date_format(value: object) -> str:
    form = text_of(value)
    if form in ("human", "iso"):
        return form
    if "%" not in form:
        similar = get_close_matches(form, ["human", "iso"], 1)
        hint = f"; did you mean {similar[0]}?" if similar else ""
        raise SettingError(
            f'{form!r} is neither "human", "iso" nor a pattern such as "%d.%m.%Y"{hint}'
        )
    if not form.isprintable():
        raise SettingError("a date format is one line without control characters")
    for found in _DIRECTIVE.finditer(form):
        if found[1] not in _DIRECTIVES:
            raise SettingError(
                f"{found[0]!r} means nothing in a date; a valid pattern is %d.%m.%Y %H:%M"
            )
    return form


def _mark_read(value: object) -> MarkRead:
    choices = [str(choice.value) for choice in MarkRead]
    try:
        return MarkRead(text_of(value))
    except ValueError as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(f"{value!r} is not a rule{near(text_of(value), choices)}") from None


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SettingError(f"expected a number of seconds, not {shown(value)}")
    if not (math.isfinite(value) and 0 <= value <= MAX_SECONDS):
        raise SettingError(f"{value} is not between 0 and {MAX_SECONDS:.0f} seconds")
    return float(value)


def _notes_folder(value: object) -> Path:
    """A folder, absolute or relative to the library; "" gives `Path()`."""
    text = text_of(value).strip()
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingError(f"{text!r} names the home of a user who does not exist") from None
    is_elsewhere = not folder.is_absolute() and (folder.drive or ".." in folder.parts)
    if (text and (folder == Path() or is_elsewhere)) or not text.isprintable():
        raise SettingError(
            f"{text!r} is not a folder of its own; expected a path that begins with ~ or "
            f"{Path(folder.anchor or '/')}, or the name of a folder in the library"
        )
    return folder


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"expected true or false, not {shown(value)}")
    return value


LONGEST_KIND = 20


def _kinds(value: object) -> tuple[str, ...]:
    names = [clean_line(text_of(each), 200) for each in value] if isinstance(value, list) else []
    if len(names) != KINDS or "" in names:
        raise SettingError(f"expected a list of {KINDS} names, not {shown(value)}")
    if len({name.casefold() for name in names}) < KINDS:
        raise SettingError("two kinds of highlights have the same name")
    if max(map(len, names)) > LONGEST_KIND:
        raise SettingError(f"the name of a kind has at most {LONGEST_KIND} characters")
    return tuple(names)


RULES: Mapping[str, Callable[[object], object]] = {
    "theme": _theme,
    "width": _integer_between(MIN_WIDTH, MAX_WIDTH),
    "date_format": _date_format,
    "mark_read": _mark_read,
    "mark_read_after": _seconds,
    "drafts": _boolean,
    "notes_folder": _notes_folder,
    "history": _boolean,
    "highlight_kinds": _kinds,
    "fetch_together": _integer_between(1, 256),
    "fetch_per_host": _integer_between(1, 32),
    "fetch_megabytes": _integer_between(1, 1000),
    "fetch_seconds": _integer_between(1, 3600),
    "refresh_every": _integer_between(0, MAX_REFRESH_MINUTES),
}
"""The rules of settings with one value."""


def shown(value: object) -> str:
    """A value for a message: short, and as in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "a table" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


# -- saved searches and mutes ---------------------------------------------------------------------

LONGEST_NAME = 80
LONGEST_QUERY = 10_000

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (integers are positions in lists, from 0), and what is wrong with it."""

T = TypeVar("T")


def name_of(value: object) -> str:
    """The name of a saved search, for use as `@name`.

    Raises:
        SettingError: the value is not a valid name.
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
    """The cleaned text of a query, which is not parsed here.

    Raises:
        SettingError: the value is not a string, or is too long.
    """
    query = clean_line(text_of(value), LONGEST_QUERY + 1)
    if len(query) > LONGEST_QUERY:
        raise SettingError(f"a query has at most {LONGEST_QUERY:,} characters")
    return query


def muted_query_of(value: object) -> str:
    """The query of a mute, which must not be empty.

    Raises:
        SettingError: the value is not valid.
    """
    query = query_of(value)
    if not query:
        raise SettingError("it would hide every article; write a query")
    return query


def day_of(value: object) -> date | None:
    """The last day of a mute: a TOML date, or text; None stays None.

    Raises:
        SettingError: the value is not a date.
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
    raise SettingError(f"expected a date such as 2026-12-31, not {shown(value)}")


def searches_of(value: object) -> tuple[tuple[SavedSearch, ...], list[Fault]]:
    """The valid saved searches, and the faults of the others."""
    valid: list[SavedSearch] = []
    entries, faults = _entries("searches", value, ("name", "query"))
    for position, entry in entries:
        try:
            search = SavedSearch(_get(entry, "name", name_of), _get(entry, "query", query_of))
        except _EntryError as error:
            faults.append((("searches", position, error.key), str(error)))
            continue
        if find_search(valid, search.name) is not None:
            reason = f"another saved search is already called {search.name!r}"
            faults.append((("searches", position, "name"), reason))
            continue
        valid.append(search)
    return tuple(valid), faults


def mutes_of(value: object) -> tuple[tuple[Mute, ...], list[Fault]]:
    """The valid mutes, and the faults of the others."""
    valid: dict[str, Mute] = {}
    entries, faults = _entries("mutes", value, ("query", "until"))
    for position, entry in entries:
        try:
            query = _get(entry, "query", muted_query_of)
            until = _get(entry, "until", day_of) if "until" in entry else None
        except _EntryError as error:
            faults.append((("mutes", position, error.key), str(error)))
            continue
        if query in valid:
            faults.append((("mutes", position, "query"), f"{query!r} is already muted above"))
            continue
        valid[query] = Mute(query, until)
    return tuple(valid.values()), faults


class _EntryError(SettingError):
    """An invalid or missing key of an entry."""

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
    """The tables of a list with their positions, and faults of other values and unknown keys."""
    if not isinstance(value, list):
        reason = f"expected tables, each below [[{setting}]], not {shown(value)}"
        return [], [((setting,), reason)]
    entries: list[tuple[int, Mapping[str, object]]] = []
    faults: list[Fault] = []
    for position, entry in enumerate(value):
        if not isinstance(entry, dict):
            faults.append(((setting, position), f"expected a table, not {shown(entry)}"))
            continue
        for key in entry:
            if key not in names:
                reason = f"{setting} have no {key}{near(key, names)}"
                faults.append(((setting, position, key), reason))
        entries.append((position, entry))
    return entries, faults

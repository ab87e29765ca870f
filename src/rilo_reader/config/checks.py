"""Rules of values that users write in TOML, and a sentence for each that is broken (pure).

A rule takes a parsed TOML value and returns the checked value, or raises SettingError.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from rilo_reader.config.model import AUTO, ListOrder, MarkRead
from rilo_reader.text import clean_line, lazy_re, redact_address
from rilo_reader.third_parties import rejected_modules

ValueCheck = Callable[[object], object]


class SettingError(ValueError):
    """An invalid value of a setting; the message is one sentence for the user."""


MAX_LISTED = 6
"""Largest number of names that a message lists."""


def suggest_name(name: str, names: Iterable[str]) -> str:
    """Return a similar name as a suggestion, or a list of all names, to end a message."""
    names = list(names)
    if found := get_close_matches(name, names, 1):
        return f"; did you mean {found[0]}?"
    if len(names) <= MAX_LISTED:
        return f"; the choices are {', '.join(names)}"
    return "; rilo-reader doctor lists them all"


def is_slip(name: str, known_name: str) -> bool:
    """Return whether names are the same, but for one letter or two that changed places."""
    written, meant = name.casefold(), known_name.casefold()
    if written == meant:
        return True
    pairs = zip(written, meant, strict=False)
    start = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(written), len(meant)))
    there, wanted = written[start:], meant[start:]
    ends = {(there[1:], wanted), (there, wanted[1:]), (there[1:], wanted[1:])}
    swapped = there[:2] == wanted[:2][::-1] and there[2:] == wanted[2:]
    return swapped or any(one == other for one, other in ends)


def check_text(value: object) -> str:
    """Check that a value is a string."""
    if not isinstance(value, str):
        raise SettingError(f"expected a text in quotes, not {quote_short(value)}")
    return value


def check_bool(value: object) -> bool:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        raise SettingError(f"expected true or false, not {quote_short(value)}")
    return value


def make_number_check(least: int, most: int, unit: str = "") -> ValueCheck:
    """Return a rule for whole numbers from `least` to `most`, of a unit such as "minutes"."""

    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            of = f" of {unit}" if unit else ""
            raise SettingError(f"expected a whole number{of}, not {quote_short(value)}")
        if not least <= value <= most:
            raise SettingError(
                f"{quote_short(value)} is not between {least} and {most:,} {unit}".rstrip()
            )
        return value

    return rule


def make_choice_check(kind: type[StrEnum]) -> ValueCheck:
    """Return a rule for one of some names."""

    def rule(value: object) -> StrEnum:
        text, choices = check_text(value), [str(choice.value) for choice in kind]
        if text not in choices:
            raise SettingError(f"{value!r} is not valid{suggest_name(text, choices)}")
        return kind(text)

    return rule


def quote_short(value: object) -> str:
    """Return a value for a message: short, and as in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):  # which may have a secret
        kind = "table" if isinstance(value, dict) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    text = redact_address(repr(value))
    return text if len(text) <= 40 else text[:39] + "…"


class Setting(NamedTuple):
    """A setting with one value."""

    meaning: str  # what a new file says of it
    check: ValueCheck
    example: object = None  # what a new file shows where the default is None
    needs_restart: bool = False  # whether it is looked at only when the reader begins
    is_rare: bool = False  # whether a new file has it below those that people look for
    title: str = ""  # its name in the reader's panel of settings; "" leaves it out there
    choices: Mapping[Any, str] = MappingProxyType({})  # what the panel offers: value -> its words


# -- settings with one value ----------------------------------------------------------------------

MAX_SECONDS = 3600.0
_DIRECTIVE = lazy_re(r"%[-_0^#]?(.?)", re.DOTALL)
_DIRECTIVES = frozenset("aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%")


def _check_theme(value: object) -> str:
    if not check_text(value).strip():
        raise SettingError("expected the name of a theme, such as ink or paper")
    return check_text(value).strip()


def _date_format(value: object) -> str:
    form = check_text(value)
    if form in ("human", "iso"):
        return form
    if "%" not in form:
        similar = get_close_matches(form, ["human", "iso"], 1)
        hint = f"; did you mean {similar[0]}?" if similar else ""
        raise SettingError(
            f'{form!r} is neither "human", "iso" nor a pattern such as "%d.%m.%Y"{hint}'
        )
    if not form.isprintable():
        raise SettingError("a date format must be one line without control characters")
    for found in _DIRECTIVE.finditer(form):
        if found[1] not in _DIRECTIVES:
            raise SettingError(
                f"{found[0]!r} is not a code for dates; a valid pattern is %d.%m.%Y %H:%M"
            )
    return form


def _check_seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SettingError(f"expected a number of seconds, not {quote_short(value)}")
    if not (math.isfinite(value) and 0 <= value <= MAX_SECONDS):
        raise SettingError(f"{value} is not between 0 and {MAX_SECONDS:.0f} seconds")
    return float(value)


def _check_modules(value: object) -> tuple[str, ...]:
    names = [check_text(each) for each in value] if isinstance(value, list) else [""]
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            given = quote_short(name if isinstance(value, list) else value)
            raise SettingError(
                f'expected a list of Python modules, such as ["rilo_weather"], not {given}'
            )
    if wrong := [rejected_modules()[name] for name in names if name in rejected_modules()]:
        raise SettingError("; ".join(wrong))
    return tuple(names)


SETTINGS: Mapping[str, Setting] = {
    "theme": Setting(
        'The theme: "auto" (fits the terminal), "ink" (dark), "paper" (light), or "nord" …',
        _check_theme,
        title="Theme",
        choices={AUTO: "auto: fits the terminal"},
    ),
    "width": Setting(
        "The greatest width of an article, in columns: 20 to 200.",
        make_number_check(20, 200),
        title="Width of the text",
        choices={each: f"{each} columns" for each in (50, 60, 66, 72, 80, 90, 100, 120)},
    ),
    "date_format": Setting(
        'How dates are written: "human", "iso", or a pattern such as "%d.%m.%Y".',
        _date_format,
        title="Dates",
        choices={
            "human": "short: 21:12, Mon, 24 Nov",
            "iso": "2026-11-24 21:12",
            "%d.%m.%Y": "24.11.2026",
            "%d/%m/%Y": "24/11/2026",
            "%m/%d/%Y": "11/24/2026",
        },
    ),
    "title_rows": Setting(
        "Lines a title in the list may take: 1 to 3, or 0 (3 below 65 columns of list, else 2).",
        make_number_check(0, 3),
        title="Lines of a title",
        choices={0: "as many as fit the list", 1: "1", 2: "2", 3: "3"},
    ),
    "sort": Setting(
        'The order of lists: "newest" or "oldest" first; O changes it for one list or source.',
        make_choice_check(ListOrder),
        title="Order of lists",
        choices={ListOrder.NEWEST: "newest first", ListOrder.OLDEST: "oldest first"},
    ),
    "mark_read": Setting(
        'When an article counts as read: "opened" (for some seconds), "end" or "by hand".',
        make_choice_check(MarkRead),
        title="Counts as read",
        choices={
            MarkRead.OPENED: "once it was open",
            MarkRead.END: "at its end",
            MarkRead.BY_HAND: "by hand",
        },
    ),
    "mark_read_after": Setting(
        'For mark_read = "opened": how many seconds an article must be open.',
        _check_seconds,
        is_rare=True,
        title="Open for at least",
        choices={
            0.0: "0 seconds",
            1.0: "1 second",
            2.0: "2 seconds",
            5.0: "5 seconds",
            10.0: "10 seconds",
        },
    ),
    "history": Setting(
        "Whether searches are remembered (up in the empty search box); false clears them too.",
        check_bool,
    ),
    "drafts": Setting(
        "Whether articles with `draft: true` are shown.",
        check_bool,
        needs_restart=True,
        title="Show drafts",
        choices={True: "yes", False: "no"},
    ),
    "git_dates": Setting(
        "Whether articles without a date get the date of their first commit in git.",
        check_bool,
        is_rare=True,
    ),
    "refresh_every": Setting(
        "Minutes between refreshes while the reader is open; 0: only with R.",
        make_number_check(0, 10_080),  # a week
        needs_restart=True,
        title="Refresh while open",
        choices={
            0: "only by hand",
            15: "every 15 minutes",
            30: "every 30 minutes",
            60: "every hour",
            240: "every 4 hours",
        },
    ),
    "fetch_together": Setting(
        "How many feeds and pages are fetched at the same time: 1 to 256.",
        make_number_check(1, 256),
        is_rare=True,
    ),
    "fetch_per_host": Setting(
        "How many at the same time from one server: 1 to 32.",
        make_number_check(1, 32),
        is_rare=True,
    ),
    "fetch_megabytes": Setting(
        "The largest download, in megabytes (also when unpacked): 1 to 1000.",
        make_number_check(1, 1000),
        is_rare=True,
    ),
    "fetch_seconds": Setting(
        "The longest a download may take, in seconds: 1 to 3600.",
        make_number_check(1, 3600),
        is_rare=True,
    ),
    "plugins": Setting(
        'Plugins that you installed: the names of their Python modules, such as ["rilo_weather"].',
        _check_modules,
        needs_restart=True,
    ),
}
"""The settings of the core with one value, in the order of a new file."""


# -- saved searches and mutes ---------------------------------------------------------------------

LONGEST_NAME = 80
LONGEST_QUERY = 10_000


def check_search_name(value: object) -> str:
    """Return the name of a saved search, for use as `@name`."""
    name = clean_line(check_text(value), LONGEST_NAME + 1)
    if not name:
        raise SettingError("a saved search needs a name")
    if name.startswith("@"):
        raise SettingError(f"{name!r} must not begin with @, which is added when you use it")
    if len(name) > LONGEST_NAME:
        raise SettingError(f"a name has at most {LONGEST_NAME} characters")
    return name


def check_query(value: object) -> str:
    """Return the cleaned text of a query, which is not parsed here."""
    query = clean_line(check_text(value), LONGEST_QUERY + 1)
    if len(query) > LONGEST_QUERY:
        raise SettingError(f"a query has at most {LONGEST_QUERY:,} characters")
    return query


def check_mute_query(value: object) -> str:
    """Return the query of a mute, which must not be empty."""
    query = check_query(value)
    if not query:
        raise SettingError("it would hide every article; add a query")
    return query


def check_rule_name(value: object) -> str:
    """Return the name of a rule."""
    name = clean_line(check_text(value), LONGEST_NAME + 1)
    if not 0 < len(name) <= LONGEST_NAME:
        raise SettingError(f"a rule needs a name of at most {LONGEST_NAME} characters")
    return name


def check_rule_query(value: object) -> str:
    """Return the query of a rule, which must be one that `search` takes."""
    from rilo_reader.query.parser import parse

    query = check_query(value)
    if not query:
        raise SettingError("it needs a query; * finds every article")
    # Of `@name` it is said when the rule is applied, since saved searches may follow below.
    if faults := parse(query).faults:
        raise SettingError(f"{quote_short(query)}: {faults[0].reason.rstrip('.')}")
    return query


MAX_KEPT = 100_000
_AGE = lazy_re(r"[1-9]\d{0,3}(h|d|w|mo?|y)")


def check_age(value: object) -> str:
    """Return an age as queries write it; "" is none."""
    if value == "" or (isinstance(value, str) and _AGE.fullmatch(value)):
        return str(value)
    raise SettingError(f'expected an age such as "14d", "2w" or "6mo", not {quote_short(value)}')


def check_user_tags(value: object) -> tuple[str, ...]:
    """Return the tags that a rule adds, as they can be typed in the reader: without commas."""
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple):
        raise SettingError(
            f'expected a list of tags, such as ["customs"], not {quote_short(value)}'
        )
    tags = [clean_line(check_text(tag)) for tag in several]
    if "" in tags or any("," in tag for tag in tags):
        raise SettingError("a tag must not be empty or contain a comma")
    return tuple(dict.fromkeys(tags))


def check_day(value: object) -> date | None:
    """Return the last day of a mute: a TOML date, or text; None stays None."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise SettingError(f"expected a date such as 2026-12-31, not {quote_short(value)}")

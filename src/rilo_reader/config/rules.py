"""What each setting of one value may be; loaded only where there is a settings file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from rilo_reader.config.settings import MarkRead

NARROWEST, WIDEST = 20, 200
LONGEST_WAIT = 3600.0
LONGEST_PAUSE = 10_080
"""Minutes of a week."""
_DIRECTIVE = re.compile(r"%[-_0^#]?(.?)", re.DOTALL)
_DIRECTIVES = frozenset("aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%")


class SettingError(ValueError):
    """A value that a setting cannot have; the message is one sentence for the user."""


MOST_LISTED = 6
"""Names that a message lists; of more it says where they are listed."""


def near(name: str, names: Iterable[str]) -> str:
    """A hint at the name that was perhaps meant."""
    names = list(names)
    if found := get_close_matches(name, names, 1):
        return f"; did you mean {found[0]}?"
    if len(names) <= MOST_LISTED:
        return f"; there are {', '.join(names)}"
    return "; rilo-reader doctor lists them all"


def text_of(value: object) -> str:
    """The value, which is to be a text."""
    if not isinstance(value, str):
        raise SettingError(f"a text in quotes is wanted, not {shown(value)}")
    return value


def _theme(value: object) -> str:
    if not text_of(value).strip():
        raise SettingError("a theme has a name, such as ink or paper")
    return text_of(value).strip()


def _whole(least: int, most: int) -> Callable[[object], int]:
    """The rule of a whole number between two."""

    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError(f"a whole number is wanted, not {shown(value)}")
        if not least <= value <= most:
            raise SettingError(f"{shown(value)} is not between {least} and {most}")
        return value

    return rule


def _date_format(value: object) -> str:
    form = text_of(value)
    if form in ("human", "iso"):
        return form
    if "%" not in form:
        near_miss = get_close_matches(form, ["human", "iso"], 1)
        hint = f"; did you mean {near_miss[0]}?" if near_miss else ""
        raise SettingError(
            f'{form!r} is neither "human", "iso" nor a pattern such as "%d.%m.%Y"{hint}'
        )
    if not form.isprintable():
        raise SettingError("a date is one line, without control characters")
    for found in _DIRECTIVE.finditer(form):
        if found[1] not in _DIRECTIVES:
            raise SettingError(
                f"{found[0]!r} stands for nothing in a date; %d.%m.%Y %H:%M is a pattern"
            )
    return form


def _mark_read(value: object) -> MarkRead:
    choices = [str(choice.value) for choice in MarkRead]
    try:
        return MarkRead(text_of(value))
    except ValueError as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(f"{value!r} is no rule{near(text_of(value), choices)}") from None


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SettingError(f"a number of seconds is wanted, not {shown(value)}")
    if not (math.isfinite(value) and 0 <= value <= LONGEST_WAIT):
        raise SettingError(f"{value} is not between 0 and {LONGEST_WAIT:.0f} seconds")
    return float(value)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"true or false is wanted, not {shown(value)}")
    return value


RULES: Mapping[str, Callable[[object], object]] = {
    "theme": _theme,
    "width": _whole(NARROWEST, WIDEST),
    "date_format": _date_format,
    "mark_read": _mark_read,
    "mark_read_after": _seconds,
    "drafts": _yes_or_no,
    "history": _yes_or_no,
    "fetch_together": _whole(1, 256),
    "fetch_per_host": _whole(1, 32),
    "fetch_megabytes": _whole(1, 1000),
    "fetch_seconds": _whole(1, 3600),
    "refresh_every": _whole(0, LONGEST_PAUSE),
}
"""What each setting of one value may be: the value as Config has it, or SettingError."""


def shown(value: object) -> str:
    """A value of the file in a message: short, and as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "a table" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"

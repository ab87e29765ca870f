"""`highlight_kinds` of settings.toml: what plugins that show highlights call their kinds."""

from __future__ import annotations

from typing import NamedTuple

from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, SettingError, check_text, quote_short
from rilo_reader.text import clean_line

KINDS = 4
LONGEST_KIND = 20


class KindSettings(NamedTuple):
    """The names of the four kinds of highlights."""

    highlight_kinds: tuple[str, ...] = ("yellow", "green", "blue", "red")


def _check_kinds(value: object) -> tuple[str, ...]:
    names = [clean_line(check_text(each), 200) for each in value] if isinstance(value, list) else []
    if len(names) != KINDS or "" in names:
        raise SettingError(f"expected a list of {KINDS} names, not {quote_short(value)}")
    if len({name.casefold() for name in names}) < KINDS:
        raise SettingError("two kinds of highlights have the same name")
    if max(map(len, names)) > LONGEST_KIND:
        raise SettingError(f"the name of a kind has at most {LONGEST_KIND} characters")
    return tuple(names)


SETTINGS = PluginSettings(
    KindSettings,
    {
        "highlight_kinds": Setting(
            "The names of the four kinds of highlights, for the keys 1 to 4.", _check_kinds
        )
    },
)

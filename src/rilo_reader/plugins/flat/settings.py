"""The settings of flat mode in settings.toml."""

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, check_bool, make_choice_check, make_number_check


class SpeechDetail(StrEnum):
    """The detail in which flat mode names headings, links, quotations, lists, tables, code."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


class FlatSettings(NamedTuple):
    """The settings of flat mode."""

    flat: bool = False  # whether the reader opens with lines and a prompt, without a screen
    flat_lines: int = 20  # of a page (1 to 1000)
    flat_speaks: SpeechDetail = SpeechDetail.ALL


SETTINGS = PluginSettings(
    FlatSettings,
    {
        "flat": Setting(
            "Flat mode, as with --flat: lines and a prompt instead of a screen, for screen "
            "readers.",
            check_bool,
        ),
        "flat_lines": Setting(
            "For flat mode: the lines of a page, 1 to 1000; enter shows the next page.",
            make_number_check(1, 1000),
            is_rare=True,
        ),
        "flat_speaks": Setting(
            "For flat mode: how much it says of headings, links and tables: "
            '"all", "some" or "none".',
            make_choice_check(SpeechDetail),
        ),
    },
)

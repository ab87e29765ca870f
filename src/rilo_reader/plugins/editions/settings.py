"""The settings of editions in settings.toml."""

from __future__ import annotations

from typing import NamedTuple

from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, make_number_check

LONGEST_EDITION = 600  # minutes


class EditionSettings(NamedTuple):
    """The settings of editions."""

    edition_minutes: int = 20  # how long one takes to read (1 to LONGEST_EDITION)


SETTINGS = PluginSettings(
    EditionSettings,
    {
        "edition_minutes": Setting(
            "How many minutes it takes to read an edition.", make_number_check(1, LONGEST_EDITION)
        )
    },
)

"""The settings of pictures in settings.toml."""

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, make_choice_check


class PictureMode(StrEnum):
    """The ways to show pictures of articles in the terminal."""

    AUTO = "auto"  # KITTY, ITERM2 or SIXEL where the terminal says that it can, else BLOCKS
    KITTY = "kitty"  # by kitty's graphics protocol
    SIXEL = "sixel"  # as pixels of at most 64 colours, line by line
    ITERM2 = "iterm2"  # as files within the text, line by line
    BLOCKS = "blocks"  # as half-blocks, two pixels a cell
    NEVER = "never"  # as their captions


class PictureSettings(NamedTuple):
    """The settings of pictures."""

    pictures: PictureMode = PictureMode.AUTO  # needs the extra


SETTINGS = PluginSettings(
    PictureSettings,
    {
        "pictures": Setting(
            'Pictures, with rilo-reader[pictures]: "auto", drawn as "kitty", "sixel", "iterm2" or '
            '"blocks", or "never".',
            make_choice_check(PictureMode),
        )
    },
)

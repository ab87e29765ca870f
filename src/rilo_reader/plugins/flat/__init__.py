"""The reader as a prompt and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rilo_reader.hooks import Plugin, StartMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.config import Config
    from rilo_reader.config.all_settings import PluginSettings


class FlatPlugin(Plugin):
    name = "flat"
    needs = ("programs",)

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.plugins.flat.settings import SETTINGS

        return (SETTINGS,)

    def start_modes(self) -> Sequence[StartMode]:
        meaning = "lines and a prompt instead of the screen, for screen readers, braille, pipes"
        return (StartMode("--flat", meaning, _is_wanted, _run_flat),)


def _is_wanted(config: Config) -> bool:
    from rilo_reader.cli.reader import is_dumb
    from rilo_reader.plugins.flat.settings import FlatSettings

    return is_dumb() or config.plugin_values(FlatSettings).flat


def _run_flat(context: LibraryContext, fields: Mapping[str, Any], notices: Sequence[str]) -> int:
    from rilo_reader.plugins.flat.main import run

    return run(context, fields, notices)


PLUGIN = FlatPlugin()

"""The reader as a prompt and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from rilo_reader.config.declared import PluginSettings


class FlatPlugin(Plugin):
    name = "flat"
    needs = ("programs",)

    def settings(self) -> PluginSettings:
        from rilo_reader.plugins.flat.settings import SETTINGS

        return SETTINGS


PLUGIN = FlatPlugin()

"""An assistant's door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.config.all_settings import PluginSettings


class McpPlugin(Plugin):
    name = "mcp"

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:McpVerb",
            "let an assistant search your library",
            heading="For other programs",
            synonyms={"mcp": "assistant ai claude"},
        )
        return {"mcp": entry}

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.config import highlight_kinds

        return (highlight_kinds.SETTINGS,)


PLUGIN = McpPlugin()

"""The reader in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping


class ServePlugin(Plugin):
    name = "serve"

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:ServeVerb",
            "show the reader in a browser on this machine",
            heading="For other programs",
            synonyms={"serve": "web server browser"},
        )
        return {"serve": entry}


PLUGIN = ServePlugin()

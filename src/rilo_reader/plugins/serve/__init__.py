"""The reader in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping


class ServePlugin(Plugin):
    name = "serve"

    def verbs(self) -> Mapping[str, str]:
        return {"serve": f"{__name__}.verb:ServeVerb"}


PLUGIN = ServePlugin()

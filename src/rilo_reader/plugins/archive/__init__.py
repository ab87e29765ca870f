"""One archive for many people, on PostgreSQL: the log of articles, and each person's marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping


class ArchivePlugin(Plugin):
    name = "archive"

    def verbs(self) -> Mapping[str, str]:
        return {"share": f"{__name__}.verb:ShareVerb"}


PLUGIN = ArchivePlugin()

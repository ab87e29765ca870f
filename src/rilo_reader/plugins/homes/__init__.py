"""Move a home: all that a user has, as one file, and back."""

from __future__ import annotations

from collections.abc import Mapping

from rilo_reader.hooks import Plugin, VerbEntry


class HomesPlugin(Plugin):
    name = "homes"

    def verbs(self) -> Mapping[str, VerbEntry]:
        heading = "Maintenance"
        return {
            "backup": VerbEntry(
                f"{__name__}.verbs:BackupVerb",
                "write all that you have into one file",
                heading,
                {"backup home.zip": "machine computer"},
            ),
            "restore": VerbEntry(
                f"{__name__}.verbs:RestoreVerb",
                "put a backup back",
                heading,
                {"restore home.zip": "recover"},
                ".zip",
            ),
        }


PLUGIN = HomesPlugin()

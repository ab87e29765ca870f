"""Import articles and feeds from files, folders, mailboxes, archives and other readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.commands import Command
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class ImportersPlugin(Plugin):
    name = "importers"
    needs = ("exporters",)

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:ImportVerb",
            "import files, lists of feeds, or everything from newsboat",
            synonyms={"import": "load migrate", "import newsboat": "newsboat"},
            suffixes=".zip .json .jsonl .csv .html .htm .opml .xml .mbox .eml .plist",
        )
        fill = VerbEntry(f"{__name__}.fill:FillVerb", "fetch the pages of links without text")
        return {"import": entry, "fill": fill}

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import COLLECT, Command

        # fmt: off
        return (
            Command("import_articles", "Import", (), "Import files, folders, mail, OPML, or everything from newsboat.", COLLECT, names="opml newsboat migrate open file"),
        )
        # fmt: on

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.importers.controller import ImportController

        return (ImportController(context),)


PLUGIN = ImportersPlugin()

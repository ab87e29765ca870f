"""Export articles as Markdown, JSON lines, a feed, a book, a page, or references to cite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rilo_reader.commands import Command
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class ExportersPlugin(Plugin):
    name = "exporters"
    needs = ("pictures",)

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:ExportVerb",
            "write articles as a book, page, feed, or files",
            synonyms={
                "export": "ebook epub kindle dump write bibtex cite csv bookmarks",
                "export --to feeds.opml": "opml",
            },
        )
        return {"export": entry}

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import SHARE, Command

        # fmt: off
        return (
            Command("export", "Export", ("X",), "Write the articles in the list to a file: a book (EPUB), a web page, a feed, JSON lines, Markdown, a table of links, or references.", SHARE, names="bibtex ris cite citation epub save ebook kindle html download print share send"),
        )
        # fmt: on

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.exporters.controller import ExportController

        return (ExportController(context),)


PLUGIN = ExportersPlugin()

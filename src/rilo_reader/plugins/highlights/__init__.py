"""Highlights and notes: made, drawn, written as Markdown and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import ExchangeResult, Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rilo_reader.cli.findings import Section
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.commands import Command
    from rilo_reader.config.all_settings import PluginSettings
    from rilo_reader.library import Library
    from rilo_reader.store.state import State
    from rilo_reader.tui.reader.controller import Controller, ReaderContext
    from rilo_reader.tui.widgets.page_view import Layer


class HighlightsPlugin(Plugin):
    name = "highlights"

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:HighlightsVerb",
            "print your highlights and notes",
            heading="More for your articles",
            synonyms={"highlights": "highlight notes note annotations annotate quotes"},
        )
        return {"highlights": entry}

    def help_of_verbs(self) -> Mapping[str, str]:
        return {
            "search": """
Queries find highlights too: is:highlighted, has:note; note:word finds a word in
your notes.
"""
        }

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import DROPPED, MARK, Command

        # fmt: off
        return (
            Command("highlight", "Highlight", ("H",), "Select a passage with the keys, to highlight it or write a note.", MARK, names="annotate note comment select mark underline", in_article=True),
            Command("next_highlight", "", (), "the list of highlights goes to each of them", DROPPED),
            Command("previous_highlight", "", (), "the list of highlights goes to each of them", DROPPED),
            Command("highlights", "Highlights and notes", ("quotation_mark",), "List the highlights of this article and of all, with their notes.", MARK, names="annotations comments"),
        )
        # fmt: on

    def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]:
        from rilo_reader.plugins.highlights.checks import check_notes

        return () if library is None else (("Notes", check_notes(where, library)),)

    def article_layers(self, context: ReaderContext) -> Sequence[Layer]:
        from rilo_reader.plugins.highlights.layers import HighlightLayer, SelectionLayer

        return HighlightLayer(context.widgets.view), SelectionLayer(context.widgets.view)

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.highlights.controller import HighlightController, PassageController
        from rilo_reader.plugins.highlights.notes_controller import NotesController

        highlights = HighlightController(context)
        return highlights, PassageController(context, highlights), NotesController(context)

    def exchange_marks(self, marks: State, library: Library | None = None) -> ExchangeResult:
        if library is None:
            return ExchangeResult()
        from rilo_reader.plugins.highlights.verb import follow_notes

        return follow_notes(library)

    def settings(self) -> Sequence[PluginSettings]:
        from rilo_reader.config import highlight_kinds
        from rilo_reader.plugins.highlights.settings import SETTINGS

        return highlight_kinds.SETTINGS, SETTINGS


PLUGIN = HighlightsPlugin()

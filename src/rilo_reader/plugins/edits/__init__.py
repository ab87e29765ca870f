"""Edits by publishers: the text that one read is kept, and what changed in it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rilo_reader.article import Article, ArticleId
    from rilo_reader.cli.output import StyledText
    from rilo_reader.commands import Command
    from rilo_reader.feeds.article_writer import ReplacedText
    from rilo_reader.library import Library
    from rilo_reader.paths import Paths
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class EditsPlugin(Plugin):
    name = "edits"

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import READ, Command

        # fmt: off
        return (
            Command("changes", "What changed", ("P",), "Show the words that a publisher changed in the article after you read it.", READ, names="edited edits diff publisher version corrections"),
        )
        # fmt: on

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.edits.controller import ChangesController

        return (ChangesController(context),)

    def keep_replaced(
        self, texts: Sequence[ReplacedText], folder: Path, paths: Paths
    ) -> Sequence[ArticleId]:
        from rilo_reader.plugins.edits.record import record_edits

        return record_edits(texts, folder, paths)

    def read_changes(self, library: Library, article: Article) -> Sequence[Sequence[StyledText]]:
        from rilo_reader.plugins.edits.record import format_changes

        return format_changes(library, article.id)


PLUGIN = EditsPlugin()

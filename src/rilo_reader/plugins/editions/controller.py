"""Today's edition in the reader's list."""

from __future__ import annotations

from datetime import datetime

from rilo_reader.feeds.status import daily_limits
from rilo_reader.plugins.editions.edition import Edition, make_edition
from rilo_reader.plugins.editions.settings import EditionSettings
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.values import Selection


class EditionController(Controller):
    """Shows an edition of what the list shows."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._compose_task = context.tasks.make_latest("edition")
        self.commands = {"edition": self.open_edition}

    def open_edition(self) -> None:
        """Show an edition of what the list shows; from an edition, one of everything."""
        results, paths = self.results, self.context.environment.paths
        query = results.query_shown if results.question.selection is None else results.query
        minutes = self.context.config.plugin_values(EditionSettings).edition_minutes

        def make() -> Edition:
            limits = daily_limits(self.library.folder, paths)
            now = datetime.now().astimezone()
            return make_edition(self.library, query, minutes, now=now, at_most=limits)

        self._compose_task.request(make, self._show_edition)

    def _show_edition(self, edition: Edition) -> None:
        if not edition.articles:
            self.widgets.show_message("No unread articles for an edition.")
            return
        self.context.controller_of(SearchController).show_selection(
            Selection(
                edition.ids,
                title="Today's edition",
                name="edition",
                label=f"edition, {edition.total_minutes:,} min",
                last=f"The end of today's edition. {edition.rest_text}",
                end=edition.end_text,
            )
        )
        key = self.widgets.key_of("back")
        self.widgets.show_message(
            f"Today's edition: {edition.size_text}. {key} shows all articles."
        )

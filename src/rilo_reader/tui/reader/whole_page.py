"""The text of an article's page in place of what its feed has of it."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from textual import events

from rilo_reader.extras import PAGES
from rilo_reader.library import Row
from rilo_reader.text import to_display_title
from rilo_reader.tui.children import AddResult, Collector, Report, VerbFailure
from rilo_reader.tui.reader.controller import Controller, ReaderContext


class _OriginalArticle(NamedTuple):
    """An article as it was before the page came."""

    title: str
    url: str  # "" if it has none
    path: str


class WholePageController(Controller):
    """Puts in the text of the page by a verb, one at a time; undo puts the old text back."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._read_task = context.tasks.make_latest("whole page")
        self._collector: Collector | None = None
        self._row: Row | None = None  # the article whose page is fetched, or was
        self._is_stopping = False
        self.commands = {"whole_page": self.toggle}

    async def stop(self) -> None:
        """End what is under way; the file has either text whole."""
        if self._collector is not None:
            await self._collector.close()

    def toggle(self) -> None:
        """Fetch the page of the article, or stop that; while another's is fetched, say so."""
        row = self.article.target_row
        if self._collector is None:
            if row is not None:
                self._row = row
                self._read_task.request(partial(self._read_article, row), self._start_fetch)
        elif row is None or self._row is None or row.id == self._row.id:
            self._stop_fetch(self._collector)
        else:
            title = to_display_title(self._row.title)
            self.widgets.show_message(f"Wait until this page is fetched: {title}")

    def key_pressed(self, event: events.Key) -> None:
        """Stop with escape while a page is fetched."""
        if self._collector is not None and event.key == "escape":
            event.stop()
            self._stop_fetch(self._collector)

    def _stop_fetch(self, collector: Collector) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self.tasks.run(collector.close(), group="stop")

    def _read_article(self, row: Row) -> _OriginalArticle:
        """Read the file of an article; runs in a thread."""
        article = self.library.article(row.id)
        return _OriginalArticle(to_display_title(article.title), article.url, article.path)

    def _start_fetch(self, article: _OriginalArticle) -> None:
        if not article.url:
            self.widgets.show_message("This article has no link, so no page can be fetched.")
        elif missing := PAGES.install_advice:
            self.widgets.show_error(missing)
        elif self._collector is None:
            self._collector, self._is_stopping = self.context.environment.collector(), False
            self.widgets.bottom.fetching = "Fetching the page; esc stops"
            self.tasks.run(self._fetch_page(self._collector, article), group="whole page")

    async def _fetch_page(self, collector: Collector, article: _OriginalArticle) -> None:
        into = ("--library", str(self.library.folder), "--into", article.path)
        last: Report | None = None
        try:
            async for report in collector.run("add", "--page", "--json", *into, "--", article.url):
                last = report
        finally:
            self._collector = None
            self.widgets.bottom.fetching = ""
        if isinstance(last, AddResult):
            self._on_fetched(article, last)
        elif self._is_stopping:
            self.widgets.show_message("Stopped; the article is as it was.")
        else:
            reason = (
                last.error
                if isinstance(last, VerbFailure)
                else "The page was not fetched completely."
            )
            key = self.widgets.key_of("browser")
            self.widgets.show_error(f"{reason} {key} opens the page." if key else reason)

    def _on_fetched(self, article: _OriginalArticle, end: AddResult) -> None:
        if not end.updated:
            self.widgets.show_message("You already have the text of this page.")
            return
        self.article.read_again()
        self.context.undo_stack.show_done(f"Whole page: {article.title}")

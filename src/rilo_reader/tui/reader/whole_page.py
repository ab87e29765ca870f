"""The text of an article's page in place of what its feed has of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

from textual import events

from rilo_reader.extras import PAGES
from rilo_reader.library import LibraryError, Row
from rilo_reader.store.file_writer import write_all
from rilo_reader.text import to_display_title
from rilo_reader.tui.children import Added, Collector, Report, VerbFailed
from rilo_reader.tui.reader.context import Controller, ReaderContext
from rilo_reader.tui.reader.undo import Show, UndoStep


class _Article(NamedTuple):
    """An article as it was before the page came."""

    title: str
    url: str  # "" if it has none
    path: str
    data: bytes  # of its file


class WholePageController(Controller):
    """Has a verb put in the text of the page, one at a time; undo puts the old text back."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._looking = context.tasks.latest("whole page")
        self._collector: Collector | None = None
        self._of: Row | None = None  # the article whose page is fetched, or was
        self._is_stopping = False
        self.commands = {"whole_page": self.toggle}

    async def stop(self) -> None:
        """End what is under way; the file has either text whole."""
        if self._collector is not None:
            await self._collector.close()

    def toggle(self) -> None:
        """Fetch the page of the article, or stop that; while another's is fetched, say so."""
        row = self.article.target
        if self._collector is None:
            if row is not None:
                self._of = row
                self._looking.ask(partial(self._read, row), self._begin)
        elif row is None or self._of is None or row.id == self._of.id:
            self._end(self._collector)
        else:
            of = to_display_title(self._of.title)
            self.widgets.show_message(f"One page is fetched at a time, now that of: {of}")

    def key_pressed(self, event: events.Key) -> None:
        """Stop with escape while a page is fetched."""
        if self._collector is not None and event.key == "escape":
            event.stop()
            self._end(self._collector)

    def _end(self, collector: Collector) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self.tasks.run(collector.close(), group="stop")

    def _read(self, row: Row) -> _Article:
        """Read the file of an article; runs in a thread."""
        file, article = self.library.file(row.id), self.library.article(row.id)
        return _Article(to_display_title(article.title), article.url, article.path, _bytes_of(file))

    def _begin(self, article: _Article) -> None:
        if not article.url:
            self.widgets.show_message("This article has no link, so no page can be fetched.")
        elif missing := PAGES.install_advice:
            self.widgets.show_error(missing)
        elif self._collector is None:
            self._collector, self._is_stopping = self.context.environment.collector(), False
            self.widgets.bottom.fetching = "Fetching the page; esc stops"
            self.tasks.run(self._fetch(self._collector, article), group="whole page")

    async def _fetch(self, collector: Collector, article: _Article) -> None:
        into = ("--library", str(self.library.folder), "--into", article.path)
        last: Report | None = None
        try:
            async for report in collector.run("add", "--page", "--json", *into, "--", article.url):
                last = report
        finally:
            self._collector = None
            self.widgets.bottom.fetching = ""
        if isinstance(last, Added):
            self._ended(article, last)
        elif self._is_stopping:
            self.widgets.show_message("Stopped; the article is as it was.")
        else:
            reason = last.error if isinstance(last, VerbFailed) else "It stopped before the end."
            key = self.widgets.key_of("browser")
            self.widgets.show_error(f"{reason} {key} opens the page." if key else reason)

    def _ended(self, article: _Article, end: Added) -> None:
        if not end.updated:
            self.widgets.show_message("The article has the text of its page already.")
            return
        self._looking.ask(
            lambda: _bytes_of(self.library.folder / article.path), partial(self._show, article)
        )

    def _show(self, article: _Article, now: bytes) -> None:
        """Show the article with its new text, which its file has now."""
        self.article.read_again()
        message = f"Whole page: {article.title}"
        self.context.undo.add(UndoStep(message, partial(self._put_back, article, now)))

    def _put_back(self, article: _Article, now: bytes) -> Show:
        """Write the old text, unless the file has changed; runs in a thread."""
        if _bytes_of(self.library.folder / article.path) != now:
            raise LibraryError(f"{article.path} has changed since, so it is kept.")
        for error in write_all(self.library.folder, {article.path: article.data}).values():
            raise LibraryError(f"{article.path} cannot be written: {error.strerror or error}.")
        return self.article.read_again


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise LibraryError(f"{file} cannot be read: {error.strerror or error}.") from error

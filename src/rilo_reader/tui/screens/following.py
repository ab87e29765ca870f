"""Following the folder: what the indexer says, and showing what it brought."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events

from rilo_reader.article import clean_line
from rilo_reader.config import Config
from rilo_reader.library import Library, LibraryError, Progress
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.opening import Opening
from rilo_reader.tui.screens.results import Answer

if TYPE_CHECKING:
    from rilo_reader.tui.indexer import Indexer

WORTH_SAYING = 300
"""Files of a reconciliation below which it is over before anybody has read about it."""


class Following(Opening):
    """Keeps the list in step with the folder without moving what one looks at."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self.make_indexer: Callable[[], Indexer] | None = None
        self._indexer: Indexer | None = None
        self._caught_up = False
        self._reloading = Latest(self, "reload", self.say_error)

    def follow_folder(self) -> None:
        """Start to listen to the indexer; once the first article is on the screen."""
        if self.make_indexer is not None:
            self._indexer = self.make_indexer()
            self.run_worker(self._listen(self._indexer), name="indexer", group="indexer")

    def empty_text(self, answer: Answer) -> str:
        """A library without articles says where they go."""
        text = super().empty_text(answer)
        if text or answer.window.total:
            return text
        if self.make_indexer is not None and not self._caught_up:
            return "Reading the folder…"
        folder = clean_line(str(self.library.folder), 400)
        return (
            f"There are no articles in {folder} yet. "
            "Put Markdown files there: they appear by themselves."
        )

    def on_key(self, event: events.Key) -> None:
        """Whoever presses a key has begun."""
        self.touched()

    def on_mouse_down(self) -> None:
        """And whoever takes the mouse."""
        self.touched()

    def on_mouse_scroll_down(self) -> None:
        """And whoever turns the wheel."""
        self.touched()

    async def stop_following(self) -> None:
        """End the indexer."""
        if self._indexer is not None:
            await self._indexer.close()

    async def _listen(self, indexer: Indexer) -> None:
        async for word in indexer.follow():
            if isinstance(word, Progress):
                self._heard(word)
            else:
                self._caught_up = True
                self.bottom.show_activity("")
                self.say_error(LibraryError(word.reason))

    def _heard(self, progress: Progress) -> None:
        self.bottom.show_activity(activity(progress))
        self._caught_up = self._caught_up or progress.finished
        if progress.finished and not progress.committed and self.articles.total:
            self.touched()
        if progress.committed or (progress.finished and not self.articles.total):
            self._reloading.ask(self.library.reload, self._reloaded)

    def _reloaded(self, changed: bool) -> None:
        if changed or not self.articles.total:
            self.ask_again(to_top=not self.is_touched)
            if self._caught_up and self.articles.total:
                # What is open now is being read, also by somebody who presses no key.
                self.touched()


def activity(progress: Progress) -> str:
    """What to say on the right of the last line; "" where there is nothing to say."""
    if progress.finished:
        return ""
    if progress.total is None:
        return f"Reading {progress.done:,}…" if progress.done >= WORTH_SAYING else ""
    if progress.total < WORTH_SAYING:
        return ""
    return f"Reading {progress.done:,} of {progress.total:,}…"

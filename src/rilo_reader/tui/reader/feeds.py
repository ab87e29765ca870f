"""Subscriptions: the panel of feeds, and changes with undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError
from rilo_reader.query.tree import Is, Mark, Query
from rilo_reader.text import clean_line
from rilo_reader.tui.reader.adding import Additions
from rilo_reader.tui.reader.context import Controller, Handler
from rilo_reader.tui.reader.refresh import Refresh
from rilo_reader.tui.reader.undo import UndoStep

if TYPE_CHECKING:
    from rilo_reader.feeds.status import Followed
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.paths import Paths
    from rilo_reader.tui.panels.feeds import Feeds, FeedsScreen
    from rilo_reader.tui.reader.context import ReaderContext
    from rilo_reader.tui.reader.saved_searches import SavedSearchController
    from rilo_reader.tui.reader.search import SearchController

MOST_SOURCES = 100_000
"""Sources whose unread articles are counted."""


class FeedController(Controller):
    """Reads and changes feeds.toml, and opens the panel of feeds.

    Attributes:
        refresh: fetches what is new.
        additions: adds feeds and pages, and imports.
    """

    def __init__(
        self, context: ReaderContext, search: SearchController, saved: SavedSearchController
    ) -> None:
        super().__init__(context)
        self._search = search
        self._saved = saved
        self.refresh = Refresh(context, self._refreshed, search.show_everything)
        self.additions = Additions(
            context, self.refresh.came, self.feeds_changed, self.refresh.begin_next
        )
        self._panel: FeedsScreen | None = None
        self._reading = context.tasks.latest("feeds")

    def commands(self) -> Mapping[str, Handler]:
        """The commands of feeds: following, fetching, importing."""
        return {
            "refresh": self.refresh.toggle,
            "show_new": self.refresh.show_new,
            "add": self.add,
            "import_articles": self.additions.import_articles,
            "feeds": self.open_feeds,
            "only_source": self.toggle_source,
        }

    def start(self) -> None:
        """Apply muted feeds, and start automatic refreshes."""
        self.context.mutes.load_feeds()
        self.refresh.start()

    async def stop(self) -> None:
        """End the processes that fetch and import."""
        await asyncio.gather(self.refresh.stop(), self.additions.stop())

    @property
    def is_refreshing(self) -> bool:
        """Whether feeds are being fetched."""
        return self.refresh.is_running

    def refresh_feeds(self, urls: Sequence[str]) -> None:
        """Fetch feeds now, also those that are not due."""
        self.refresh.begin(urls)

    def add(self) -> None:
        """Open the panel that adds a feed or page."""
        self.additions.add()

    def _refreshed(self) -> None:
        self.feeds_changed()
        # Saved searches by source are renamed in the settings when a feed gets its name.
        self._saved.read_again()

    # -- the list by a feed -----------------------------------------------------------------------

    def toggle_source(self) -> None:
        """Filter by the source of the current article, or remove that filter."""
        from rilo_reader.query.edit import holds, lift, restrict, value_term
        from rilo_reader.query.tree import Field

        row = self.widgets.articles.cursor_row or self.article.row
        if row is None or not row.source:
            self.context.show_message("This article names no source.")
            return
        saved = self.results.saved_queries
        term = value_term(Field.SOURCE, row.source)
        change = lift if holds(self.results.text, term, saved=saved) else restrict
        self._search.change_query(change(self.results.text, term, saved=saved))

    # -- the panel --------------------------------------------------------------------------------

    def open_feeds(self) -> None:
        """Open the panel of feeds."""
        if self.context.environment.paths is None:
            self.context.show_message("There is nowhere to follow feeds from here.")
            return
        self._reading.ask(self._read, self._show)

    def feeds_changed(self) -> None:
        """Update muted feeds and an open panel after a change of feeds."""
        self.context.mutes.load_feeds()
        if self._panel is not None:
            self._reading.ask(self._read, self._show)

    def _read(self) -> Feeds:
        """The subscriptions as they are now; runs in a thread."""
        from rilo_reader.feeds.status import followed
        from rilo_reader.feeds.subscriptions import load
        from rilo_reader.tui.panels.feeds import Feeds

        file, paths, folder = self._places()
        subscriptions, problems = load(file)
        feeds = followed(folder, paths, subscriptions, datetime.now(UTC))
        query = Query(Is(Mark.UNREAD))
        found = self.library.insight.facets(query, limit=MOST_SOURCES).source
        unread = {value.text: value.hits for value in found}
        problem = f"{problems[0].file.name}, line {problems[0].line}: " if problems else ""
        return Feeds(feeds, unread, f"{problem}{problems[0].reason}" if problems else "")

    def _places(self) -> tuple[Path, Paths, Path]:
        from rilo_reader.feeds.subscriptions import feeds_file

        paths, folder = self.context.environment.paths, self.context.environment.collects_into
        if paths is None or folder is None:
            raise LibraryError("There is nowhere to follow feeds from here.")
        return feeds_file(paths), paths, folder

    def _show(self, feeds: Feeds) -> None:
        if self._panel is not None:
            self._panel.show(feeds)
            return
        from rilo_reader.tui.panels.feeds import FeedsScreen

        self._panel = FeedsScreen(self, feeds)
        self.widgets.message_listener = self._panel.show_message
        self.context.app.push_screen(self._panel, self._left)

    def _left(self, query: str | None) -> None:
        self._panel = self.widgets.message_listener = None
        if query is not None:
            self.widgets.enter_list()
            self._search.change_query(query, stay=False)

    def undo_setting(self) -> None:
        """Undo the last step, where it changed subscriptions or settings."""
        self.context.undo.undo(only_settings=True)

    # -- changes ----------------------------------------------------------------------------------

    def change(self, subscription: Subscription, message: str, **fields: object) -> None:
        """Change keys of a subscription; can be undone."""
        before = {name: getattr(subscription, name) for name in fields}
        self._do(
            partial(self._changed, subscription.url, fields),
            partial(self._changed, subscription.url, before),
            message,
        )

    def _changed(self, url: str, fields: Mapping[str, object]) -> None:
        from rilo_reader.feeds.subscriptions import change

        change(self._places()[0], url, **fields)

    def rename_tag(self, old: str, new: str) -> None:
        """Give a tag another name on all its feeds; can be undone."""
        from rilo_reader.feeds import subscriptions

        file = self._places()[0]
        before: list[Subscription] = []

        def edit() -> None:
            before.extend(subscriptions.rename_tag(file, old, new))

        def back() -> None:
            while before:
                each = before.pop()
                subscriptions.change(file, each.url, tags=each.tags)

        self._do(edit, back, f"{old} is {new} now" if new else f"{old} is no tag any more")

    def remove(self, followed: Followed) -> None:
        """Unsubscribe; the articles stay. Can be undone."""
        from rilo_reader.feeds.subscriptions import remove, restore

        file = self._places()[0]
        removed = []

        def edit() -> None:
            removed.append(remove(file, followed.subscription.url))

        def back() -> None:
            restore(file, removed.pop())

        self._do(edit, back, f"Removed {followed.name}; its articles stay")

    def _do(self, edit: Callable[[], None], back: Callable[[], None], message: str) -> None:
        def safely(action: Callable[[], None]) -> None:
            try:
                action()
            except (OSError, ValueError) as error:
                raise LibraryError(f"feeds.toml could not be changed: {error}") from error

        def undo() -> Callable[[], None]:
            safely(back)
            return self.feeds_changed

        def then(_: None) -> None:
            self.context.undo.add(UndoStep(clean_line(message), undo, is_setting=True))
            self.feeds_changed()

        self.tasks.written.do(partial(safely, edit), then)

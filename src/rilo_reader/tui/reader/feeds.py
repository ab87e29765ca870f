"""Subscriptions: the panel of feeds, and changes here and on servers, with undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from rilo_reader.article import Field
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.actions import ActionResult, FeedAction, make_undo, perform_actions
from rilo_reader.feeds.sources import FeedChangeError, FeedSource, FeedSources, feed_sources
from rilo_reader.feeds.status import apply_mutes, read_feed_statuses
from rilo_reader.library import LibraryError
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import HasMark, Query, QueryMark
from rilo_reader.text import clean_line
from rilo_reader.tui import panels
from rilo_reader.tui.reader.additions import Additions
from rilo_reader.tui.reader.controller import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.refresh import RefreshRunner
from rilo_reader.tui.reader.saved_searches import SavedSearchController
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.undo import Show, UndoStep
from rilo_reader.tui.tasks import SerialTasks


class FeedActionRunner(ReaderPart):
    """Asks servers one after another; marks that are written meanwhile do not wait."""

    def __init__(self, context: ReaderContext, on_changed: Callable[[], None]) -> None:
        super().__init__(context)
        self._on_changed = on_changed
        self._servers = context.tasks.make_serial("servers")

    def call_after_changes(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the changes that are under way are done."""
        self._servers.enqueue(lambda: None, lambda _: callback())

    def read_sources(self) -> FeedSources:
        """Return the accounts; runs in a thread."""
        return feed_sources(*self.context.environment.places, self.context.config)

    def perform(self, action: FeedAction) -> None:
        """Run an action that can be undone; in the background if it needs a server."""
        action = action._replace(message=clean_line(action.message))
        self._queue_for(action).enqueue(
            partial(self._perform_action, action), partial(self._show_result, action.message)
        )

    def _queue_for(self, action: FeedAction) -> SerialTasks:
        """Return the queue of an action; announce it if it needs a server."""
        if not action.account_changes:
            return self.tasks.write_tasks
        self.widgets.show_message(f"Asking {' and '.join(action.account_changes)}…")
        return self._servers

    def _perform_action(self, action: FeedAction) -> ActionResult:
        """Perform an action; runs in a thread."""
        [done] = perform_actions(
            [action], self.read_sources() if action.account_changes else FeedSources()
        )
        if done.error and not done.account_changes:
            raise LibraryError(done.error)
        return done

    def _show_result(self, message: str, result: ActionResult) -> None:
        back = make_undo(result)

        def undo() -> Show:
            if back.account_changes:
                return lambda: self._queue_for(back).enqueue(
                    partial(self._undo_step, step, back), lambda show: show()
                )
            self._perform_action(back)
            return self._on_changed

        step = UndoStep(message, undo, is_setting=True, takes_long=bool(back.account_changes))
        self.context.undo_stack.add(step)
        if result.error:
            self.widgets.show_error(result.error)
        self._on_changed()

    def _undo_step(self, step: UndoStep, back: FeedAction) -> Show:
        """Undo a step; runs in a thread, and returns what shows that."""

        def not_undone(problem: LibraryError) -> None:
            self.context.undo_stack.push_step(step)
            self.widgets.show_error(problem)

        def undone() -> None:
            self._on_changed()
            self.widgets.show_message(f"Undone: {step.message}")

        try:
            error = self._perform_action(back).error
        except FeedChangeError as failure:
            if not failure.is_offline:
                raise
            return partial(not_undone, failure)
        if error:
            raise LibraryError(error)
        return undone


MOST_SOURCES = 100_000  # sources whose unread articles are counted


class FeedController(Controller):
    """Reads and changes feeds.toml, and opens the panel of feeds."""

    panel: panels.feeds.FeedsScreen | None = None

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._search = context.controller_of(SearchController)
        self._saved_searches = context.controller_of(SavedSearchController)
        self._file = context.environment.paths.feeds_file
        self.refresh = RefreshRunner(context, self._on_refreshed)
        self.servers = FeedActionRunner(context, self.on_files_changed)  # the feeds of accounts
        self.additions = Additions(
            context,
            self.refresh,
            self.on_feeds_changed,
            lambda: [
                each.name for each in self.servers.read_sources().sources if each.can_add_feeds
            ],
        )
        self._reading = context.tasks.make_latest("feeds")
        self.commands = {
            "refresh": self.refresh.toggle,
            "show_new": self.refresh.show_new,
            "add": self.additions.ask_address,
            "feeds": partial(self._reading.request, self._read_feeds, self._show_feeds),
            "only_source": self.toggle_source,
        }

    def start(self) -> None:
        """Apply muted feeds, and start automatic refreshes."""
        self.context.mutes.load_feeds()
        self.refresh.start()

    async def stop(self) -> None:
        """End the processes that fetch."""
        await asyncio.gather(self.refresh.stop(), self.additions.stop())

    def _fetch_feeds(self, names: Sequence[str]) -> None:
        """Fetch feeds and accounts now, also those that are not due."""
        if self.refresh.is_running:
            self.widgets.show_message("A refresh is already running.")
            return
        self.widgets.show_message("Fetching…")
        self.refresh.start_refresh(names)

    def _on_refreshed(self) -> None:
        self.on_feeds_changed()
        # Saved searches by source are renamed in the settings when a feed gets its name.
        self._saved_searches.read_again()

    # -- the list by a feed -----------------------------------------------------------------------

    def toggle_source(self) -> None:
        """Filter by the source of the current article, or remove that filter."""
        row = self.article.target_row
        if row is not None and row.source:
            self._search.toggle_term(value_term(Field.SOURCE, row.source))
        else:
            self.widgets.show_message("This article has no source.")

    # -- the panel --------------------------------------------------------------------------------

    def open_sources(self) -> None:
        """Open the panel of feeds at the accounts, or ask for one where there is none."""

        def show(feeds: panels.feeds.PanelFeeds) -> None:
            if feeds.accounts or feeds.problem:
                self._show_feeds(feeds, at_accounts=True)
            else:
                self.additions.ask_address()

        self._reading.request(self._read_feeds, show)

    def on_feeds_changed(self) -> None:
        """Update muted feeds and an open panel after a change of feeds."""
        self.context.mutes.load_feeds()
        if self.panel is not None:
            self._reading.request(self._read_feeds, self._show_feeds)

    def _read_feeds(self) -> panels.feeds.PanelFeeds:
        """Read the subscriptions as they are now; runs in a thread."""
        folder, paths = self.context.environment.places
        feeds_here, problems = subscriptions.load(paths.feeds_file)
        accounts, more_problems, _ = self.servers.read_sources()
        of_accounts = [account.read_feeds() for account in accounts]
        feeds = read_feed_statuses(folder, paths, feeds_here, datetime.now(UTC), of_accounts)
        feeds = apply_mutes(feeds, self.context.config.mutes)
        found = self.library.search.facets(Query(HasMark(QueryMark.UNREAD)), limit=MOST_SOURCES)[
            Field.SOURCE
        ]
        unread = {value.text: value.hits for value in found}
        # An account that has never been in step has no feeds that could show its problem.
        faults = [each.short_message for each in (*problems, *more_problems)]
        faults += [
            f"{each.name}: {each.problem}"
            for each in of_accounts
            if each.problem and not each.feeds
        ]
        known = list(zip(accounts, of_accounts, strict=True))
        return panels.feeds.PanelFeeds(feeds, unread, faults[0] if faults else "", known)

    def _show_feeds(self, feeds: panels.feeds.PanelFeeds, *, at_accounts: bool = False) -> None:
        if self.panel is not None:
            self.panel.show_feeds(feeds)
            return
        more = [each.about for each in self.additions.other_additions()]
        self.open_panel(
            panels.feeds.FeedsScreen(feeds, more, at_accounts=at_accounts),
            self._show_articles,
            add=self.additions.ask_address,
            fetch=self._fetch_feeds,
            do=self._perform,
            remove_account=self._remove_account,
            undo=self._undo_setting,
        )

    def _show_articles(self, query: str) -> None:
        self.widgets.enter_list()
        self._search.change_query(query, stay=False)

    def _undo_setting(self) -> None:
        """Undo the last step, where it changed subscriptions or settings."""

        def undo() -> None:
            self.context.undo_stack.undo(only_settings=True)
            self._show_written()

        self.servers.call_after_changes(undo)  # the step that is meant may be on its way

    def on_files_changed(self) -> None:
        """Show feeds again, also those of accounts that the settings mute, and saved searches."""
        self._saved_searches.read_again()
        self._show_written()

    def _show_written(self) -> None:
        """Show feeds again once the settings are written, or read."""
        self.tasks.write_tasks.enqueue(lambda: None, lambda _: self.on_feeds_changed())

    # -- changes ----------------------------------------------------------------------------------

    def _perform(self, action: Callable[..., FeedAction], *what: object) -> None:
        """Do one of `feeds.actions`; can be undone."""
        self.servers.perform(action(self.context.environment.paths, *what))

    def _remove_account(self, account: FeedSource) -> None:
        """Log out of an account, and forget its password; its articles stay. Can be undone."""
        if self.refresh.is_running:
            # It would write down again what is to be forgotten.
            self.widgets.show_message("A refresh is running: wait until it is done, or stop it.")
            return
        said = f"Logged out of {account.name}; its articles are kept"
        self.servers.perform(FeedAction(said, apply_locally=account.remove))

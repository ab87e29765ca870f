"""Subscriptions: the panel of feeds, and changes here and on servers, with undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from rilo_reader import config as settings
from rilo_reader.article import Field
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.sources import (
    FeedChange,
    FeedChangeError,
    FeedSource,
    FeedSources,
    Move,
    Remove,
    Rename,
    feed_sources,
)
from rilo_reader.feeds.status import Followed, followed, mute_of_source, with_mutes
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.library import LibraryError
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import Is, Mark, Query
from rilo_reader.text import clean_line
from rilo_reader.tui import panels
from rilo_reader.tui.reader.additions import Additions
from rilo_reader.tui.reader.context import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.refresh import Refresh
from rilo_reader.tui.reader.saved_searches import SavedSearchController
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.undo import Show, UndoStep
from rilo_reader.tui.tasks import SerialTasks

Changes = Mapping[str, Sequence[FeedChange]]  # the changes of each account, by its name
Done = tuple[Changes, str]  # what undoes those that were done, and why others were not


Result = TypeVar("Result")
Edit = Callable[[], object]  # changes one's own feeds; runs in a thread


def _nothing() -> None:
    """Change nothing."""


def _both_ways(edit: Callable[[], Result], back: Callable[[Result], object]) -> tuple[Edit, Edit]:
    """An edit, and what takes it back, which gets what the edit returned."""
    returned: list[Result] = []
    return lambda: returned.append(edit()), lambda: back(returned.pop())


class ServerFeeds(ReaderPart):
    """Asks servers one after another; marks that are written meanwhile do not wait."""

    def __init__(self, context: ReaderContext, changed: Callable[[], None]) -> None:
        """Create it; `changed` is called when feeds have changed."""
        super().__init__(context)
        self._changed = changed
        self._servers = context.tasks.serial("servers")

    def after_changes(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the changes that are under way are done."""
        self._servers.do(lambda: None, lambda _: callback())

    def sources(self) -> FeedSources:
        """Return the accounts; runs in a thread."""
        return feed_sources(*self.context.environment.places, self.context.config)

    def change(
        self, changes: Changes, message: str, edit: Edit = _nothing, back: Edit = _nothing
    ) -> None:
        """Change feeds of accounts, then one's own if all went well; `back` undoes that."""
        show = partial(self._show, clean_line(message), back)
        self._queue_for(changes).do(partial(self._change, changes, edit), show)

    def _queue_for(self, changes: Changes) -> SerialTasks:
        """The queue of changes, which are said to begin if servers are asked."""
        if not changes:
            return self.tasks.written
        self.widgets.show_message(f"Asking {' and '.join(changes)}…")
        return self._servers

    def _change(self, changes: Changes, edit: Edit) -> Done:
        """Apply changes; return what undoes those that were done, and why others were not."""
        undos: dict[str, list[FeedChange]] = {}
        problem = ""
        sources = self.sources() if changes else FeedSources()
        for account, several in changes.items():
            for outcome in sources.named(account).change(several):
                problem = problem or outcome.error
                if outcome.undo is not None:
                    undos.setdefault(account, []).insert(0, outcome.undo)
        if problem and not undos:
            raise LibraryError(problem)
        try:
            if not problem:
                edit()
        except (OSError, ValueError) as error:
            raise LibraryError(f"feeds.toml could not be changed: {error}") from error
        return undos, problem

    def _show(
        self, message: str, back: Edit, done: tuple[dict[str, list[FeedChange]], str]
    ) -> None:
        undos, problem = done
        back = _nothing if problem else back

        def undo() -> Show:
            if undos:
                return lambda: self._queue_for(undos).do(
                    partial(self._undone, step, undos, back), lambda show: show()
                )
            self._change({}, back)
            return self._changed

        step = UndoStep(message, undo, is_setting=True, takes_long=bool(undos))
        self.context.undo.add(step)
        if problem:
            self.widgets.show_error(problem)
        self._changed()

    def _undone(self, step: UndoStep, undos: Changes, back: Edit) -> Show:
        """Undo a step; runs in a thread, and returns what shows that."""

        def not_undone(problem: LibraryError) -> None:
            self.context.undo.put_back(step)
            self.widgets.show_error(problem)

        def undone() -> None:
            self._changed()
            self.widgets.show_message(f"Undone: {step.message}")

        try:
            _, problem = self._change(undos, back)
        except FeedChangeError as error:
            if not error.is_offline:
                raise
            return partial(not_undone, error)
        if problem:
            raise LibraryError(problem)
        return undone


MOST_SOURCES = 100_000  # sources whose unread articles are counted


class FeedController(Controller):
    """Reads and changes feeds.toml, and opens the panel of feeds."""

    panel: panels.feeds.FeedsScreen | None = None

    def __init__(
        self, context: ReaderContext, search: SearchController, saved: SavedSearchController
    ) -> None:
        super().__init__(context)
        self._search = search
        self._saved = saved
        self._file = context.environment.paths.feeds_file
        self.refresh = Refresh(context, self._refreshed, search.show_everything)
        self.servers = ServerFeeds(context, self.feeds_changed)  # the feeds of accounts
        self.additions = Additions(
            context,
            self.refresh,
            self.feeds_changed,
            lambda: [account.name for account in self.servers.sources().sources],
        )
        self._reading = context.tasks.latest("feeds")
        context.refresh_next = self.refresh.begin_next
        context.open_sources = self._open_sources
        self.commands = {
            "refresh": self.refresh.toggle,
            "show_new": self.refresh.show_new,
            "add": self.additions.add,
            "feeds": partial(self._reading.ask, self._read, self._show),
            "only_source": self.toggle_source,
        }

    def start(self) -> None:
        """Apply muted feeds, and start automatic refreshes."""
        self.context.mutes.load_feeds()
        self.refresh.start()

    async def stop(self) -> None:
        """End the processes that fetch."""
        await asyncio.gather(self.refresh.stop(), self.additions.stop())

    def _fetch(self, names: Sequence[str]) -> None:
        """Fetch feeds and accounts now, also those that are not due."""
        if self.refresh.is_running:
            self.widgets.show_message("A refresh is already running.")
            return
        self.widgets.show_message("Fetching…")
        self.refresh.begin(names)

    def _refreshed(self) -> None:
        self.feeds_changed()
        # Saved searches by source are renamed in the settings when a feed gets its name.
        self._saved.read_again()

    # -- the list by a feed -----------------------------------------------------------------------

    def toggle_source(self) -> None:
        """Filter by the source of the current article, or remove that filter."""
        row = self.article.target
        if row is not None and row.source:
            self._search.toggle(value_term(Field.SOURCE, row.source))
        else:
            self.widgets.show_message("This article has no source.")

    # -- the panel --------------------------------------------------------------------------------

    def _open_sources(self) -> None:
        """Open the panel of feeds at the accounts, or ask for one where there is none."""

        def show(feeds: panels.feeds.Feeds) -> None:
            if feeds.accounts or feeds.problem:
                self._show(feeds, at_accounts=True)
            else:
                self.additions.add()

        self._reading.ask(self._read, show)

    def feeds_changed(self) -> None:
        """Update muted feeds and an open panel after a change of feeds."""
        self.context.mutes.load_feeds()
        if self.panel is not None:
            self._reading.ask(self._read, self._show)

    def _read(self) -> panels.feeds.Feeds:
        """The subscriptions as they are now; runs in a thread."""
        folder, paths = self.context.environment.places
        feeds_here, problems = subscriptions.load(paths.feeds_file)
        accounts, more_problems, _ = self.servers.sources()
        of_accounts = [account.feeds() for account in accounts]
        feeds = followed(folder, paths, feeds_here, datetime.now(UTC), of_accounts)
        feeds = with_mutes(feeds, self.context.config.mutes)
        found = self.library.search.facets(Query(Is(Mark.UNREAD)), limit=MOST_SOURCES)[Field.SOURCE]
        unread = {value.text: value.hits for value in found}
        # An account that has never been in step has no feeds that could show its problem.
        faults = [each.short for each in (*problems, *more_problems)]
        faults += [
            f"{each.name}: {each.problem}"
            for each in of_accounts
            if each.problem and not each.feeds
        ]
        known = list(zip(accounts, of_accounts, strict=True))
        return panels.feeds.Feeds(feeds, unread, faults[0] if faults else "", known)

    def _show(self, feeds: panels.feeds.Feeds, *, at_accounts: bool = False) -> None:
        if self.panel is not None:
            self.panel.show(feeds)
            return
        more = [each.about for each in self.additions.others()]
        self.open_panel(
            panels.feeds.FeedsScreen(feeds, more, at_accounts=at_accounts),
            self._show_articles,
            add=self.additions.add,
            fetch=self._fetch,
            change=self._change,
            rename_tag=self._rename_tag,
            remove=self._remove,
            remove_account=self._remove_account,
            undo=self._undo_setting,
        )

    def _show_articles(self, query: str) -> None:
        self.widgets.enter_list()
        self._search.change_query(query, stay=False)

    def _undo_setting(self) -> None:
        """Undo the last step, where it changed subscriptions or settings."""

        def undo() -> None:
            self.context.undo.undo(only_settings=True)
            self._show_written()

        self.servers.after_changes(undo)  # the step that is meant may be on its way

    def _show_written(self) -> None:
        """Show feeds again once the settings are written, which mute feeds of accounts."""
        self.tasks.written.do(lambda: None, lambda _: self.feeds_changed())

    # -- changes ----------------------------------------------------------------------------------

    def _change(self, feed: Followed, message: str, fields: Mapping[str, object]) -> None:
        """Change keys of a subscription, on the servers of accounts too; can be undone."""
        if "muted" in fields and not feed.is_own:
            self._mute(feed.source, bool(fields["muted"]), message)
            return
        subscription = feed.subscription
        own: tuple[Edit, ...] = ()
        if feed.is_own:
            before = {name: getattr(subscription, name) for name in fields}
            change = partial(subscriptions.change, self._file, subscription.url)
            own = partial(change, **fields), partial(change, **before)
        there: list[FeedChange] = []
        if "title" in fields:
            there.append(Rename(subscription.url, str(fields["title"])))
        elif "tags" in fields:
            there.append(Move(subscription.url, subscription._replace(**fields).tags))  # type: ignore[arg-type]  # keys of it
        self.servers.change({name: there for name in feed.accounts if there}, message, *own)

    def _mute(self, source: str, muted: bool, message: str) -> None:
        """Hide the articles of a source, or show them again; can be undone."""
        query = mute_of_source(source)
        mute = partial(settings.MUTES.put, row=settings.Mute(query))
        unmute = partial(settings.MUTES.remove, key=query)
        edit, back = (mute, unmute) if muted else (unmute, mute)
        self._saved.adjust(edit, back, message)
        self._show_written()

    def _rename_tag(self, old: str, new: str, feeds: Sequence[Followed]) -> None:
        """Give a tag another name on all its feeds; can be undone."""
        file = self._file

        def back(before: Sequence[Subscription]) -> None:
            for each in reversed(before):
                subscriptions.change(file, each.url, tags=each.tags)

        own = _both_ways(partial(subscriptions.rename_tag, file, old, new), back)
        there: dict[str, list[FeedChange]] = {}
        for feed in feeds:
            before_it = feed.subscription.tags
            renamed = (subscriptions.renamed_tag(tag, old, new) for tag in before_it)
            tags = tuple(dict.fromkeys(filter(None, renamed)))
            for name in feed.accounts if tags != before_it and not feed.is_own else ():
                there.setdefault(name, []).append(Move(feed.subscription.url, tags))
        message = f"Renamed {old} to {new}" if new else f"Removed the tag {old}"
        self.servers.change(there, message, *own)

    def _remove(self, feed: Followed) -> None:
        """Unsubscribe, from one's own feed first; the articles stay. Can be undone."""
        file, url = self._file, feed.subscription.url
        remove, restore = partial(subscriptions.remove, file, url), subscriptions.restore
        message = f"Removed {feed.name}; its articles stay"
        if not feed.is_own:
            self.servers.change({name: [Remove(url)] for name in feed.accounts}, message)
            return
        if feed.accounts:
            message += f". Still on {' and '.join(feed.accounts)}: d again removes it there"
        self.servers.change({}, message, *_both_ways(remove, partial(restore, file)))

    def _remove_account(self, account: FeedSource) -> None:
        """Log out of an account, and forget its password; its articles stay. Can be undone."""
        if self.refresh.is_running:
            # It would write down again what is to be forgotten.
            self.widgets.show_message("A refresh is running: wait until it is done, or stop it.")
            return
        own = _both_ways(account.remove, lambda restore: restore())
        self.servers.change({}, f"Logged out of {account.name}; its articles stay", *own)

"""Subscriptions: the panel of feeds, and changes here and on servers, with undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from rilo_reader.article import Field
from rilo_reader.feeds import actions, subscriptions
from rilo_reader.feeds.actions import ActionResult, FeedAction, perform_actions
from rilo_reader.feeds.request_headers import Login
from rilo_reader.feeds.sources import FeedSource, FeedSources, feed_sources, read_followed
from rilo_reader.feeds.status import FeedStatus
from rilo_reader.feeds.undo import record_step
from rilo_reader.library import LibraryError
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import HasMark, Query, QueryMark
from rilo_reader.text import clean_line, split_tags
from rilo_reader.tui import panels
from rilo_reader.tui.keys import Handler, PanelKey
from rilo_reader.tui.reader.additions import Additions
from rilo_reader.tui.reader.controller import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.refresh import RefreshRunner
from rilo_reader.tui.reader.saved_searches import SavedSearchController
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.undo import UndoStep


class FeedActionRunner(ReaderPart):
    """Asks servers one after another; marks that are written meanwhile do not wait."""

    def __init__(self, context: ReaderContext, on_changed: Callable[[], None]) -> None:
        super().__init__(context)
        self._on_changed = on_changed

    def call_after_changes(self, callback: Handler) -> None:
        """Call `callback` when the changes that are under way are done."""
        self.context.server_tasks.enqueue(lambda: None, lambda _: callback())

    def read_sources(self) -> FeedSources:
        """Return the accounts; runs in a thread."""
        return feed_sources(*self.context.environment.places, self.context.config)

    def perform(self, action: FeedAction) -> None:
        """Run an action that can be undone; in the background if it needs a server."""
        action = action._replace(message=clean_line(action.message))
        tasks = self.tasks.write_tasks
        if action.account_changes:
            self.widgets.show_message(f"Asking {' and '.join(action.account_changes)}…")
            tasks = self.context.server_tasks

        def show_result(result: ActionResult) -> None:
            self.context.undo_stack.show_done(action.message)
            if result.error:
                self.widgets.show_error(result.error)
            self._on_changed()

        tasks.enqueue(partial(self._perform_action, action), show_result)

    def _perform_action(self, action: FeedAction) -> ActionResult:
        """Perform an action; runs in a thread."""
        sources = self.read_sources() if action.account_changes else FeedSources()
        paths = self.context.environment.paths
        with record_step(self.library.state, paths, action.short_message) as recorder:
            [done] = perform_actions(paths, [action], sources)
            if done.error and not done.account_changes:
                raise LibraryError(done.error)
            recorder.account_changes = done.account_changes
        return done

    def log_out(self, account: FeedSource) -> None:
        """Stop following an account; that can be undone in this session, which has its password."""
        message = f"Logged out of {account.name}; its articles are kept"

        def undo(back: Handler) -> None:
            def show_undone() -> None:
                self._on_changed()
                self.widgets.show_message(f"Undone: {message}")

            self.tasks.write_tasks.enqueue(back, lambda _: show_undone())

        def on_done(back: Handler) -> None:
            self.context.undo_stack.add(UndoStep(message, partial(undo, back), is_setting=True))
            self._on_changed()

        self.tasks.write_tasks.enqueue(account.remove, on_done)


class FeedController(Controller):
    """Reads and changes feeds.toml, and opens the panel of feeds."""

    panel: panels.feeds.FeedsScreen | None = None

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._search = context.controller_of(SearchController)
        self._saved_searches = context.controller_of(SavedSearchController)
        self._paths = context.environment.paths
        self.refresh = RefreshRunner(context, self._on_refreshed)
        # the feeds of accounts
        self.servers = FeedActionRunner(
            context, lambda: context.tell(lambda each: each.on_files_changed())
        )
        self.additions = Additions(
            context,
            self.refresh,
            self._tell_feeds_changed,
            lambda: [
                each.name for each in self.servers.read_sources().sources if each.can_add_feeds
            ],
        )
        self._reading = context.tasks.make_latest("feeds")
        self.commands = {
            "refresh": self.refresh.toggle,
            "show_new": self.refresh.show_new,
            "add": self.additions.ask_address,
            "feeds": self.open_feeds,
            "only_source": self.toggle_source,
        }

    def start(self) -> None:
        """Apply muted feeds, and start automatic refreshes."""
        self.context.mutes.load_feeds()
        self.refresh.start()

    async def stop(self) -> None:
        """End the processes that fetch."""
        await asyncio.gather(self.refresh.stop(), self.additions.stop())

    def _fetch_feeds(self, line: panels.feeds.FeedLine) -> None:
        """Fetch the feeds of a line of the panel now, also those that are not due."""
        if self.refresh.is_running:
            self.widgets.show_message("A refresh is already running.")
            return
        self.widgets.show_message("Fetching…")
        if line.account is not None:
            self.refresh.start_refresh([line.account.name])
        else:
            self.refresh.start_refresh([feed.subscription.url for feed in line.feeds])

    def _tell_feeds_changed(self) -> None:
        self.context.tell(lambda each: each.on_feeds_changed())

    def _on_refreshed(self) -> None:
        self._tell_feeds_changed()
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

    def open_feeds(self) -> None:
        """Open the panel, from the sources at the feed or tag where the cursor is."""
        sources = self.widgets.sources if self.widgets.is_in_sources else None
        line = sources.line if sources is not None else None

        def show(feeds: panels.feeds.PanelFeeds) -> None:
            self._show_feeds(feeds)
            if line is not None and self.panel is not None:
                self.panel.go_to(line.feed.subscription.url if line.feed else line.query or "")

        self._reading.request(self._read_feeds, show)

    def open_sources(self) -> None:
        """Open the panel of feeds at the accounts, or ask for one where there is none."""

        def show(feeds: panels.feeds.PanelFeeds) -> None:
            if feeds.accounts or feeds.problem:
                self._show_feeds(feeds, at_accounts=True)
            else:
                self.additions.ask_address()

        self._reading.request(self._read_feeds, show)

    def on_marks_changed(self) -> None:
        """Count new articles again."""
        self.refresh.on_marks_changed()

    def on_feeds_changed(self) -> None:
        """Update muted feeds and an open panel after a change of feeds."""
        self.context.mutes.load_feeds()
        if self.panel is not None:
            self._reading.request(self._read_feeds, self._show_feeds)

    def _read_feeds(self) -> panels.feeds.PanelFeeds:
        """Read the subscriptions as they are now; runs in a thread."""
        where, config = self.context.environment.places, self.context.config
        feeds, faults, accounts = read_followed(*where, config, datetime.now(UTC))
        unread = self.library.search.counts(Query(HasMark(QueryMark.UNREAD)))
        return panels.feeds.PanelFeeds(feeds, unread, next(iter(faults), ""), accounts)

    def _show_feeds(self, feeds: panels.feeds.PanelFeeds, *, at_accounts: bool = False) -> None:
        if self.panel is not None:
            self.panel.show_feeds(feeds)
            return
        more = [each.about for each in self.additions.other_additions()]
        self.open_list(
            panels.feeds.FeedsScreen(feeds, self._list_keys, more, at_accounts=at_accounts)
        )

    def _show_articles(self, panel: panels.feeds.FeedsScreen, line: panels.feeds.FeedLine) -> None:
        """Close the panel, and show only the articles of a line."""
        query = panels.feeds.make_line_query(line)

        def show() -> None:
            self.widgets.enter_list()
            self._search.change_query(query, stay=False)

        if query:
            panel.dismiss(show)
        else:
            panel.show_message(panels.feeds.NO_ARTICLE)

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
        self.tasks.write_tasks.enqueue(lambda: None, lambda _: self._tell_feeds_changed())

    # -- keys of the panel ------------------------------------------------------------------------

    def _list_keys(self, panel: panels.feeds.FeedsScreen) -> Sequence[PanelKey]:
        tell, line = panel.show_message, panel.current_payload
        has_limits = "at_most" in subscriptions.settings_of_plugins()
        keys = "t,p,m,h,d,delete,l" if has_limits else "t,p,m,h,d,delete"
        only_feeds = PanelKey(keys, "", partial(tell, panels.feeds.ONLY_A_FEED))
        undo = PanelKey("u", "u undo", self._undo_setting)
        if line is None:
            add = PanelKey("a", "a add one", self.additions.ask_address)
            return add, only_feeds, undo._replace(hint="")
        here = (
            PanelKey("enter", "enter show", partial(self._show_articles, panel, line)),
            PanelKey("a", "a add", self.additions.ask_address),
            PanelKey("R", "R fetch", partial(self._fetch_feeds, line)),
        )
        if line.account is not None:
            log_out = partial(self._remove_account, line.account)
            return *here, PanelKey("d,delete", "d log out", log_out), only_feeds, undo
        if (feed := line.feed) is None:
            rename = partial(self._ask_tag_name, line.tag, panel.feeds.statuses)
            return *here, PanelKey("r", "r rename", rename), only_feeds, undo

        def of_own(handler: Handler, reason: str) -> Handler:
            """Return what changes the feed, or tells why it cannot where a server has it."""
            return handler if feed.is_own else partial(tell, reason)

        fetched = f"Its server fetches it ({feed.owner_text})"
        pause = partial(self._switch, feed, "resume" if feed.subscription.paused else "pause")
        mute = partial(self._switch, feed, "unmute" if feed.subscription.muted else "mute")
        no_limit = "Only feeds in your feeds.toml have a limit; m hides its articles."
        limit = PanelKey("l", "l limit", of_own(partial(self._ask_limit, feed), no_limit))
        return (
            *here,
            PanelKey("r", "r rename", partial(self._ask_name, feed)),
            PanelKey("t", "t tag", partial(self._ask_tags, feed)),
            PanelKey("p", "p pause", of_own(pause, f"{fetched}; m hides its articles.")),
            PanelKey("m", "m mute", mute if feed.source else of_own(mute, panels.feeds.NO_ARTICLE)),
            *([limit] if has_limits else []),
            PanelKey("h", "h headers", of_own(partial(self._ask_headers, feed), f"{fetched}.")),
            PanelKey("d,delete", "d remove", partial(self._remove_feed, feed)),
            undo,
        )

    def _ask_value(
        self,
        title: str,
        line: panels.panel.FormLine,
        note: str,
        make_action: Callable[[str], FeedAction],
        *,
        verb: str = "save",
    ) -> None:
        """Ask for another value than that of `line`, and do what is made of it."""

        def read_answers(answers: tuple[str, ...]) -> Handler:
            if answers[0] == line.value:
                return actions.do_nothing
            return partial(self.servers.perform, make_action(answers[0]))

        self.open_panel(
            panels.panel.PromptScreen(
                title, [line._replace(is_stored=True)], note, read_answers, verb=verb
            )
        )

    def _ask_tag_name(self, tag: str, feeds: Sequence[FeedStatus]) -> None:
        """Ask for another name of a tag, on all its feeds."""

        def rename(name: str) -> FeedAction:
            return actions.rename_tag(self._paths, tag, clean_line(name), feeds)

        if tag:
            question = panels.panel.FormLine(tag, "a name")
            self._ask_value("Rename the tag", question, "", rename, verb="rename")

    def _ask_name(self, feed: FeedStatus) -> None:
        def rename(name: str) -> FeedAction:
            return actions.rename_feed(feed, clean_line(name))

        note = "Leave empty for its own title."
        if feed.accounts:
            note = f"The title also changes on {' and '.join(feed.accounts)}."
        question = panels.panel.FormLine(feed.name, "a name")
        self._ask_value("Rename the feed", question, note, rename, verb="rename")

    def _ask_tags(self, feed: FeedStatus) -> None:
        def file(text: str) -> FeedAction:
            return actions.tag_feed(feed, split_tags(text))

        note = "Separate tags with commas; News/Europe is below News."
        if feed.accounts:
            note = f"{note}\nOn {' and '.join(feed.accounts)} they are its categories."
        question = panels.panel.FormLine(
            ", ".join(feed.subscription.tags), "News, Science/Space", is_list=True
        )
        self._ask_value(f"Tags of {feed.name}", question, note, file)

    def _switch(self, feed: FeedStatus, name: str) -> None:
        """Pause the feed or hide its articles from all lists, or undo that."""
        self.servers.perform(actions.switch_feed(feed, name))

    def _ask_limit(self, feed: FeedStatus) -> None:
        """Ask how many of its articles an edition may have on a day."""

        def limit(text: str) -> FeedAction:
            return actions.set_daily_limit(feed, panels.feeds.parse_limit(text))

        question = panels.panel.FormLine(str(feed.subscription.at_most or ""), "5")
        note = "Today's edition has no more of its articles; the others wait."
        note = f"{note}\nLeave empty for no limit."
        self._ask_value(f"{feed.name}: at most", question, note, limit)

    def _ask_headers(self, feed: FeedStatus) -> None:
        """Ask for headers to send with the requests for the feed, such as those of a login."""

        def send(login: Login) -> None:
            self.servers.perform(actions.set_request_headers(feed, login))

        self.open_panel(panels.feeds.make_headers_prompt(feed, send))

    def _remove_feed(self, feed: FeedStatus) -> None:
        hint = ": d again removes it there"
        self.servers.perform(actions.remove_feed(feed, hint))

    def _remove_account(self, account: FeedSource) -> None:
        """Log out of an account, and forget its password; its articles stay. Can be undone."""
        if self.refresh.is_running:
            # It would write down again what is to be forgotten.
            self.widgets.show_message("A refresh is running: wait until it is done, or stop it.")
            return
        self.servers.log_out(account)

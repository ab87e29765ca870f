"""The feeds that one follows: the panel, changes with undo, and the list filtered by a feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.library import LibraryError
from rilo_reader.query.tree import Is, Mark, Query
from rilo_reader.text import clean_line
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room
from rilo_reader.tui.screens.undoing import Deed

if TYPE_CHECKING:
    from rilo_reader.feeds.status import Followed
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.paths import Paths
    from rilo_reader.tui.panels.feeds import FeedsScreen
    from rilo_reader.tui.screens.reader import ReaderScreen

MOST_SOURCES = 100_000
"""Sources whose unread articles are counted."""


class Feeds(NamedTuple):
    """What one follows, as the panel shows it.

    Attributes:
        followed: each feed with how it stands.
        unread: unread articles by source.
        problem: what is wrong in feeds.toml, "" where nothing is.
    """

    followed: Sequence[Followed] = ()
    unread: Mapping[str, int] = {}
    problem: str = ""


class Subscribing(Room):
    """Reads and changes feeds.toml in threads, and shows the panel over it."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._panel: FeedsScreen | None = None
        self._reading = Latest(desk, "feeds", desk.say_error)

    # -- the list by a feed -----------------------------------------------------------------------

    def only_source(self) -> None:
        """Only articles of the open article's source; again for all."""
        from rilo_reader.query.edit import holds, lift, restrict, value_term
        from rilo_reader.query.tree import Field

        row = self.desk.articles.cursor_row or self.desk.open_row
        if row is None or not row.source:
            self.desk.say("This article names no source.")
            return
        saved = self.desk.saved_queries
        term = value_term(Field.SOURCE, row.source)
        change = lift if holds(self.desk.text, term, saved=saved) else restrict
        self.rooms.searching.change_query(change(self.desk.text, term, saved=saved))

    # -- the panel --------------------------------------------------------------------------------

    def feeds(self) -> None:
        """Show the feeds that one follows."""
        if self.desk.around.paths is None:
            self.desk.say("There is nowhere to follow feeds from here.")
            return
        self._reading.ask(self._read, self._show)

    def feeds_changed(self) -> None:
        """Something about the feeds is different: the list and an open panel show it."""
        self.rooms.hiding.look_at_feeds()
        if self._panel is not None:
            self._reading.ask(self._read, self._show)

    def _read(self) -> Feeds:
        """What one follows; runs in a thread."""
        from rilo_reader.feeds.status import followed
        from rilo_reader.feeds.subscriptions import load

        file, paths, folder = self._places()
        subscriptions, problems = load(file)
        feeds = followed(folder, paths, subscriptions, datetime.now(UTC))
        query = Query(Is(Mark.UNREAD))
        found = self.desk.library.insight.facets(query, limit=MOST_SOURCES).source
        unread = {value.text: value.hits for value in found}
        problem = f"{problems[0].file.name}, line {problems[0].line}: " if problems else ""
        return Feeds(feeds, unread, f"{problem}{problems[0].reason}" if problems else "")

    def _places(self) -> tuple[Path, Paths, Path]:
        from rilo_reader.feeds.subscriptions import feeds_file

        paths, folder = self.desk.around.paths, self.desk.around.collects_into
        if paths is None or folder is None:
            raise LibraryError("There is nowhere to follow feeds from here.")
        return feeds_file(paths), paths, folder

    def _show(self, feeds: Feeds) -> None:
        if self._panel is not None:
            self._panel.show(feeds)
            return
        from rilo_reader.tui.panels.feeds import FeedsScreen

        self._panel = FeedsScreen(self, feeds)
        self.desk.speaker = self._panel.say
        self.desk.app.push_screen(self._panel, self._left)

    def _left(self, query: str | None) -> None:
        self._panel = self.desk.speaker = None
        if query is not None:
            self.desk.enter_list()
            self.rooms.searching.change_query(query, stay=False)

    # -- changes ----------------------------------------------------------------------------------

    def change(self, subscription: Subscription, told: str, **fields: object) -> None:
        """Change keys of a subscription; can be undone."""
        before = {name: getattr(subscription, name) for name in fields}
        self._do(
            partial(self._changed, subscription.url, fields),
            partial(self._changed, subscription.url, before),
            told,
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
        """Follow a feed no longer; its articles stay. Can be undone."""
        from rilo_reader.feeds.subscriptions import remove, restore

        file = self._places()[0]
        removed = []

        def edit() -> None:
            removed.append(remove(file, followed.subscription.url))

        def back() -> None:
            restore(file, removed.pop())

        self._do(edit, back, f"Removed {followed.name}; its articles stay")

    def _do(self, edit: Callable[[], None], back: Callable[[], None], told: str) -> None:
        def safely(action: Callable[[], None]) -> None:
            try:
                action()
            except (OSError, ValueError) as error:
                raise LibraryError(f"feeds.toml could not be changed: {error}") from error

        def take_back() -> Callable[[], None]:
            safely(back)
            return self.feeds_changed

        def then(_: None) -> None:
            self.rooms.undoing.done(Deed(clean_line(told), take_back, is_setting=True))
            self.feeds_changed()

        self.desk.written.do(partial(safely, edit), then)

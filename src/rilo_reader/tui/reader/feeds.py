"""Fetching what is new while one reads, and showing it when one asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.library import LibraryError
from rilo_reader.query.tree import Is, Mark, Query
from rilo_reader.text import clean_line
from rilo_reader.tui.reader.controllers import Controller
from rilo_reader.tui.reader.marks import UndoStep
from rilo_reader.tui.tasks import LatestTask

if TYPE_CHECKING:
    from rilo_reader.feeds.status import Followed
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.paths import Paths
    from rilo_reader.tui.children import Collector, Word
    from rilo_reader.tui.panels.add import AddScreen, Found
    from rilo_reader.tui.panels.feeds import FeedsScreen
    from rilo_reader.tui.reader.screen import ReaderScreen


MOST_LOOKED_AT = 500
"""New articles among which the newest is looked for."""


class Refreshing(Controller):
    """Runs one refresh at a time in a child process, and counts what came."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._collector: Collector | None = None
        self._new: list[str] = []
        self._looking = LatestTask(desk, "new articles", desk.say_error)
        minutes = desk.config.refresh_every
        if minutes and desk.around.collector is not None:
            desk.set_interval(minutes * 60, partial(self.begin, quiet=True))
            self.begin(quiet=True)

    @property
    def is_running(self) -> bool:
        """Whether a refresh is under way."""
        return self._collector is not None

    # -- fetching ---------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Fetch what is new in the feeds; once more to stop."""
        if self._collector is not None:
            self.desk.say("Refreshing stops; what came stays.")
            await self._collector.close()
        else:
            self.begin()

    def begin(self, feeds: Sequence[str] = (), *, quiet: bool = False) -> None:
        """Start a refresh, unless one is under way.

        Args:
            feeds: addresses of the feeds to fetch, also those that are not due; all where empty.
            quiet: whether only news and failures are worth a word.
        """
        if self._collector is not None:
            return
        if self.desk.around.collector is None:
            self.desk.say("There is nowhere to collect articles here.")
            return
        self._collector = self.desk.around.collector()
        self.desk.bottom.fetching = "Refreshing…"
        self.desk.run_worker(
            self._listen(self._collector, tuple(feeds), quiet), name="refresh", group="refresh"
        )

    async def stop(self) -> None:
        """End the refresh that is under way."""
        if self._collector is not None:
            await self._collector.close()

    async def _listen(self, collector: Collector, feeds: Sequence[str], quiet: bool) -> None:
        done = came = failed = 0
        last: Word = {}
        try:
            async for word in collector.words("refresh", "--json", *feeds):
                if "error" in word or word.get("finished") is True:
                    last = word
                elif word.get("state") in ENDS:
                    done += 1
                    came += self.came(word)
                    failed += word.get("state") == "failed"
                    self.desk.bottom.fetching = _progress(done, came, failed)
        finally:
            self._collector = None
            self.desk.bottom.fetching = ""
        self._conclude(last, quiet=quiet)
        self.rooms.subscribing.feeds_changed()
        # Saved searches ask for feeds by the names that they have turned out to have.
        self.rooms.adjusting.read_again()

    def came(self, word: Word) -> int:
        """Take note of the new articles of a feed; returns how many there are."""
        new = word.get("new")
        paths = [str(path) for path in new] if isinstance(new, list) else []
        if paths:
            self._new += paths
            self._show_new()
        return len(paths)

    def _conclude(self, last: Word, *, quiet: bool) -> None:
        """Say what the refresh has come to."""
        if "error" in last:
            self.desk.say_error(LibraryError(clean_line(str(last["error"]))))
            return
        if last.get("finished") is not True:
            return
        feeds, new, failed = (_number(last.get(key)) for key in ("feeds", "new", "failed"))
        if not feeds:
            if not quiet:
                key = self.desk.key_of("add")
                self.desk.say(f"You follow no feed yet; {key} adds one.")
            return
        if last.get("offline") is True:
            if not quiet:
                said = "Nothing could be reached: is this computer connected?"
                self.desk.say_error(LibraryError(said))
            return
        if new or failed or not quiet:
            self.desk.say(conclusion(new, failed, self.desk.key_of("feeds")))
        if new and self.desk.is_guide:
            # What came is in the user's own library, and the guide has done its work.
            self.desk.call_later(self.desk.reopen)

    # -- showing ----------------------------------------------------------------------------------

    def _show_new(self) -> None:
        key = self.desk.key_of("show_new")
        hint = f" · {key} shows them" if key else ""
        self.desk.bottom.news = f"{len(self._new):,} new{hint}" if self._new else ""

    def show_new(self) -> None:
        """To the newest of the articles that came."""
        if not self._new:
            self.desk.say("Nothing new has come.")
            return
        self._looking.ask(partial(self._newest, tuple(self._new)), self._go_to)

    def _newest(self, paths: Sequence[str]) -> ArticleId | None:
        """The newest of some articles; runs in a thread."""
        library = self.desk.library
        found = (library.find(path) for path in paths[-MOST_LOOKED_AT:])
        rows = [row for each in found if each is not None and (row := library.row(each))]
        return max(rows, key=lambda row: row.date).id if rows else None

    def _go_to(self, newest: ArticleId | None) -> None:
        if newest is None:
            self.desk.say("They are being indexed; a moment.")
            return
        self._new.clear()
        self._show_new()
        self.rooms.searching.show_everything(newest)
        self.desk.enter_list()


ENDS = ("saved", "unchanged", "skipped", "failed")
"""States after which nothing more comes of a feed; see feeds/progress.py."""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _progress(done: int, came: int, failed: int) -> str:
    """How far a refresh is."""
    parts = [f"Refreshing: {done:,} feed{'' if done == 1 else 's'}"]
    if came:
        parts.append(f"{came:,} new")
    if failed:
        parts.append(f"{failed:,} failed")
    return " · ".join(parts)


def conclusion(new: int, failed: int, panel: str) -> str:
    """What a refresh has come to, in words.

    Args:
        new: articles that came.
        failed: feeds that failed.
        panel: the key that shows why, "" for none.
    """
    came = f"{new:,} new article{'' if new == 1 else 's'}" if new else "Nothing new"
    if not failed:
        return f"{came}."
    why = f"; {panel} shows why" if panel else ""
    return f"{came}; {failed:,} feed{'' if failed == 1 else 's'} failed{why}."


# Adding: an address is looked at, what was found there is chosen from, and then followed.


class Adding(Controller):
    """Adds feeds and pages, and brings in what stands in files and other readers."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._panel: AddScreen | None = None
        self._collector: Collector | None = None
        self._importer: Collector | None = None

    # -- add --------------------------------------------------------------------------------------

    def add(self) -> None:
        """Ask for an address, and follow what is found there."""
        from rilo_reader.tui.panels.add import AddScreen

        if self.desk.around.collector is None:
            self.desk.say("There is nowhere to collect articles here.")
            return
        self._panel = AddScreen(self._look, self._take, self._stop)
        self.desk.app.push_screen(self._panel, self._left)

    def _left(self, _: None) -> None:
        self._panel = None
        self._stop()

    def _stop(self) -> None:
        """Nobody waits for what is under way any more."""
        collector, self._collector = self._collector, None
        if collector is not None:
            self.desk.run_worker(collector.close(), name="stop adding", group="stop")

    def _begin(self) -> Collector | None:
        self._stop()
        if self.desk.around.collector is not None:
            self._collector = self.desk.around.collector()
        return self._collector

    def _look(self, address: str) -> None:
        """See what is at an address."""
        collector = self._begin()
        if collector is not None:
            self.desk.run_worker(self._looked(collector, address), name="look", group="add")

    async def _looked(self, collector: Collector, address: str) -> None:
        last: Word = {}
        async for word in collector.words("add", "--look", "--json", "--", address):
            last = word
        if collector is not self._collector or self._panel is None:
            return
        self._collector = None
        from rilo_reader.tui.panels.add import found_in

        if "error" in last:
            self._panel.show_fault(clean_line(str(last["error"])))
            return
        self._panel.show_found(found_in(last))

    def _take(self, found: Found, tags: Sequence[str]) -> None:
        """Follow a feed, or keep a page."""
        collector = self._begin()
        if collector is None:
            return
        kind = "--page" if found.is_page else "--feed"
        filed = [] if found.is_page else [part for tag in tags for part in ("--tag", tag)]
        arguments = ["add", kind, "--json", *filed, "--", found.url]
        self.desk.run_worker(self._taken(collector, found, arguments), name="add", group="add")

    async def _taken(self, collector: Collector, found: Found, arguments: Sequence[str]) -> None:
        last: Word = {}
        async for word in collector.words(*arguments):
            self.rooms.refreshing.came(word)
            last = word
        if collector is not self._collector:
            return
        if "error" in last:
            if self._panel is not None:
                self._panel.show_fault(clean_line(str(last["error"])))
            return
        self._collector = None
        if self._panel is not None:
            self._panel.dismiss(None)
        new = last.get("new")
        self._added(found, last, new if isinstance(new, int) else 0)

    def _added(self, found: Found, last: Word, new: int) -> None:
        name = clean_line(str(last.get("name") or last.get("title") or found.title or found.url))
        articles = f"{new:,} article{'' if new == 1 else 's'}"
        if found.is_page:
            self.desk.say(f"Kept: {name}" if new else f"You have it already: {name}")
        elif last.get("followed") is False:
            self.desk.say(f"You follow {name} already.")
        else:
            self.desk.say(f"You follow {name} now: {articles}.")
        self.rooms.subscribing.feeds_changed()
        if new and self.desk.is_guide:
            self.desk.call_later(self.desk.reopen)

    async def stop(self) -> None:
        """End what is under way: looking, adding, an import."""
        under_way = [each for each in (self._collector, self._importer) if each is not None]
        await asyncio.gather(*(each.close() for each in under_way))

    # -- import -----------------------------------------------------------------------------------

    def import_articles(self) -> None:
        """Ask for a file or folder, and bring in what stands there."""
        from rilo_reader.tui.panels.base import PromptScreen, Question

        if self.desk.around.collector is None:
            self.desk.say("There is nowhere to collect articles here.")
            return
        note = "Files are copied: Markdown, HTML, mail, feeds, OPML, zip. newsboat: its data."
        box = Question("", "a file, a folder, or newsboat")
        self.desk.app.push_screen(
            PromptScreen("Import", [box], note, lambda answers: missing(answers[0])),
            self._import,
        )

    def _import(self, answers: tuple[str, ...] | None) -> None:
        if answers is None or self.desk.around.collector is None:
            return
        self._importer = collector = self.desk.around.collector()
        self.desk.bottom.fetching = "Importing…"
        path = answers[0] if answers[0] == "newsboat" else str(_path(answers[0]))
        self.desk.run_worker(self._importing(collector, path), name="import", group="import")

    async def _importing(self, collector: Collector, path: str) -> None:
        from rilo_reader.tui.panels.add import Imported

        sums = Imported()
        try:
            async for word in collector.words("import", "--json", "--", path):
                sums = sums.after(word)
                done = word.get("done")
                if isinstance(done, int):
                    self.desk.bottom.fetching = f"Importing {done:,}…"
        finally:
            self._importer = None
            self.desk.bottom.fetching = ""
        self.desk.bottom.say(sums.told, error=bool(sums.error))
        self.rooms.subscribing.feeds_changed()
        if sums.taken and self.desk.is_guide:
            self.desk.call_later(self.desk.reopen)


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text).expanduser().absolute()


def missing(text: str) -> str:
    """What is wrong with what is to be imported; "" where it is there."""
    if text == "newsboat":
        return ""
    return "" if text and _path(text).exists() else "There is no such file or folder."


# The feeds that one follows: the panel, changes with undo, and the list filtered by a feed.


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


class Subscribing(Controller):
    """Reads and changes feeds.toml in threads, and shows the panel over it."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._panel: FeedsScreen | None = None
        self._reading = LatestTask(desk, "feeds", desk.say_error)

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
            self.rooms.undoing.done(UndoStep(clean_line(told), take_back, is_setting=True))
            self.feeds_changed()

        self.desk.written.do(partial(safely, edit), then)

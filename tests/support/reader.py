"""The reader in a test: an app over a library in memory, driven by keys."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from functools import partial
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget
from textual.worker import WorkerCancelled

from rilo_reader.config import MUTES, SEARCHES, Config, MarkRead
from rilo_reader.feeds.sources import TagReader
from rilo_reader.library import Library, Progress, Row
from rilo_reader.paths import Paths
from rilo_reader.secret_store import Secret
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.children import Collector, Json, Told, WatchEnd, Watcher
from rilo_reader.tui.environment import Delays, Environment, local_day
from rilo_reader.tui.reader.controller import Controller
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.status_lines import BottomLine
from tests.support.at_rest import RestingPilot, at_rest, key_event
from tests.support.terminal import LIMIT
from tests.support.watched_library import WatchedLibrary, article

BY_HAND = Config(mark_read=MarkRead.BY_HAND)


class FedWatcher(Watcher[Told]):
    """A child that reports what the test has it report."""

    def __init__(self) -> None:
        super().__init__((), lambda _: None, "")
        self._reports: asyncio.Queue[Told | WatchEnd] = asyncio.Queue()
        self.closed = False

    def report(self, report: Told | WatchEnd) -> None:
        self._reports.put_nowait(report)

    async def follow(self) -> AsyncIterator[Told | WatchEnd]:
        while True:
            yield await self._reports.get()

    async def close(self) -> None:
        self.closed = True


FedIndexer = FedWatcher[Progress]


class FedCollector(Collector):
    """A collector that reports what the test has it report; `verbs` has each verb that was run,
    without the file of `--answers`, `given` what each got on its standard input.
    """

    def __init__(self) -> None:
        super().__init__()
        self.verbs: list[tuple[str, ...]] = []
        self.closed = 0
        self.given: list[Secret | None] = []
        self._reports: asyncio.Queue[Json | None] = asyncio.Queue()

    def report(self, *reports: Json) -> None:
        for report in reports:
            self._reports.put_nowait(report)

    def end(self, *reports: Json) -> None:
        """Report, and end the verb."""
        self.report(*reports)
        self._reports.put_nowait(None)

    async def run_for_json(
        self, *arguments: str, given: Secret | None = None
    ) -> AsyncIterator[Json]:
        at = arguments.index("--answers") if "--answers" in arguments else len(arguments)
        self.verbs.append((*arguments[:at], *arguments[at + 2 :]))
        self.given.append(given)
        while (json := await self._reports.get()) is not None:
            yield json

    async def close(self) -> None:
        self.closed += 1
        self._reports.put_nowait(None)


BESIDE = ("watching", "refresh", "add", "whole page", "import", "export", "marks")
"""Workers that wait for what a test feeds."""


Part = TypeVar("Part", bound=Controller)


class Reader:
    """A running reader: its screen, its pilot, and short ways to look at both."""

    def __init__(self, pilot: Pilot[None], library: Library) -> None:
        self.pilot = RestingPilot(pilot.app)
        self._library = library

    @property
    def library(self) -> WatchedLibrary:
        """The library in memory."""
        assert isinstance(self._library, WatchedLibrary)
        return self._library

    @property
    def app(self) -> ReaderApp:
        assert isinstance(self.pilot.app, ReaderApp)
        return self.pilot.app

    @property
    def screen(self) -> ReaderScreen:
        found = self.app.screen_stack[0]
        assert isinstance(found, ReaderScreen)
        return found

    def controller(self, kind: type[Part]) -> Part:
        """The controller of a kind."""
        return next(each for each in self.screen.controllers.all if isinstance(each, kind))

    async def press(self, *keys: str) -> None:
        """Press keys; each has had its effect, also by workers, before the next one."""
        for key in keys:
            self.app.post_message(key_event(key))
            await self.settle()

    async def click(self, text: str) -> None:
        """Click on a text of the last line."""
        self.bottom.clear()
        await self.settle()
        at = self.text()[-1].index(text)
        await self.pilot.click(offset=(at, self.app.size.height - 1))
        await self.settle()

    async def paste(self, text: str) -> None:
        """Put a text into the box that has the focus, as a terminal pastes it: all at once."""
        self.app.post_message(Paste(text))
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text in one burst: most searches for its beginnings are left out, and frames."""
        for key in text:
            self.app.post_message(key_event(key))
        await self.settle()

    async def settle(self) -> None:
        """Wait until the app is idle, with all painted, and until no worker is left to end."""
        for _ in range(200):
            await at_rest(self.app)
            busy = [w for w in self.app.workers if w.group not in BESIDE and not w.is_finished]
            if not busy:
                return
            for worker in busy:
                with suppress(WorkerCancelled):  # as when the reader is left
                    await worker.wait()
        raise AssertionError("the reader does not come to rest")

    async def until(self, there: Callable[[], bool]) -> None:
        """Wait for what a thread or a child brings, and until it is shown."""
        async with asyncio.timeout(LIMIT):
            while not there():
                await asyncio.sleep(0.01)
        await self.settle()

    async def painted(self) -> None:
        """Until the frame that is due is painted: what nobody waits for begins then."""
        frame = asyncio.Event()
        if self.app.screen.call_after_refresh(frame.set):
            while not frame.is_set() and self.app.is_running:
                await self.pilot.pause()

    async def search(self, text: str, *then: str) -> None:
        """Put a text into the search box, and press keys."""
        await self.press("slash")
        await self.paste(text)
        await self.press(*then)

    async def command(self, words: str) -> None:
        """Run the first command of the palette for some words."""
        await self.press("ctrl+p")
        await self.paste(words)
        await self.press("enter")

    async def report(self, collector: FedCollector, *reports: Json) -> None:
        """Have the collector report something, until that is shown."""
        collector.report(*reports)
        await self.settle()

    async def end(self, collector: FedCollector, *reports: Json) -> None:
        """Have the collector report something and end, until that is shown."""
        collector.end(*reports)
        await self.settle()

    @property
    def list(self) -> ArticleList:
        return self.screen.widgets.articles

    @property
    def view(self) -> ArticleView:
        return self.screen.widgets.view

    @property
    def bottom(self) -> BottomLine:
        return self.screen.widgets.bottom

    @property
    def box(self) -> str:
        """The text of the search box."""
        return self.screen.widgets.search_row.box.value

    def row(self, number: int) -> Row:
        """The row at a place of the list."""
        found = self.list.row_at(number)
        assert found is not None
        return found

    @property
    def titles(self) -> Sequence[str]:
        """The titles of the rows in view."""
        return [row.title for row in self.list.rows_in_view()]

    @property
    def stands_on(self) -> str:
        row = self.list.cursor_row
        return row.title if row else ""

    @property
    def open(self) -> str:
        """The title of the article in the view."""
        return self.screen.article.row.title if self.screen.article.row else ""

    @property
    def message(self) -> str:
        return self.bottom.message

    def text(self) -> Sequence[str]:
        """The screen as lines of text."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]


@asynccontextmanager
async def reading(
    library: Library | None = None,
    config: Config = BY_HAND,
    *,
    size: tuple[int, int] = (120, 24),
    indexer: FedIndexer | None = None,
    notices: Sequence[str] = (),
    paths: Paths | None = None,
    collector: FedCollector | None = None,
    collectors: Sequence[FedCollector] = (),
    collects_into: Path | None = None,
    today: Callable[[], date] = local_day,
    delays: Delays = Delays(),  # noqa: B008 - immutable
    follows: bool = False,
) -> AsyncIterator[Reader]:
    """A running reader over a library; fifty plain articles where none is given.

    Its verbs are run by `collector`, or each by the next of `collectors`. The library is the user's
    first, unless `config` names others.
    """
    # What the reader before left, two megabytes, goes away here; what thousands of tests keep is
    # put aside, so that no collection stops for it.
    gc.collect()
    gc.freeze()
    shown = library if library is not None else WatchedLibrary([article(i) for i in range(50)])
    make = None if indexer is None else lambda: indexer
    collect = partial(next, iter(collectors or repeat(collector or FedCollector())))
    into = collects_into or shown.folder
    if not config.folders:
        config = config._replace(folders=(into,))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with TemporaryDirectory(ignore_cleanup_errors=True) as home:  # a child may still write
            if paths is None:
                paths = settled_in(Path(home), config)
            shown.search.read_tags = TagReader(shown.folder, paths, config)
            environment = Environment(
                *(paths, into, collect, make, tuple(notices), today, delays, follows),
            )
            app = ReaderApp(shown, config, environment)
            async with app.run_test(size=size) as pilot:
                reader = Reader(pilot, shown)
                await reader.settle()
                yield reader
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def shown(widget: Widget) -> bool:
    """Whether a widget is on the screen."""
    return bool(widget.display)


def around(home: Path, into: Path | None = None, **more: Any) -> Environment:
    """What is around a reader, with all folders in one."""
    return Environment(paths_in(home), into or home, FedCollector, **more)


def settled_in(folder: Path, config: Config) -> Paths:
    """The program's folders inside another one, with the searches and mutes of some settings."""
    paths = paths_in(folder)
    for search in config.searches:
        SEARCHES.put(paths.settings_file, search)
    for mute in config.mutes:
        MUTES.put(paths.settings_file, mute)
    return paths


def paths_in(folder: Path) -> Paths:
    """The program's folders inside another one."""
    return Paths(folder / "config", folder / "data", folder / "state", folder / "cache")

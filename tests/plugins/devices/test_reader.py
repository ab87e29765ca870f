"""Marks that arrive from other processes and devices while one reads, in place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.paths import marks_file
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.sync import JournalSync, make_sync
from rilo_reader.plugins.devices.sync_controller import SyncController
from rilo_reader.store.marks import AHEAD, POSITION, GestureContext, wall_clock
from rilo_reader.store.state import State, open_state
from rilo_reader.tui.environment import Delays
from tests.plugins.devices.machines import Machine
from tests.support.at_rest import BLINK
from tests.support.reader import BY_HAND, Reader, paths_in, reading
from tests.support.real_library import real_library
from tests.support.terminal import LIMIT

SOON = Delays(begin=0.001, finish=LIMIT, marks=2 * BLINK, unwatched=0.05)


class Home:
    """A library, its marks as another process has them, and the folder it shares."""

    def __init__(self, folder: Path, library: Library, state: State) -> None:
        self.folder, self.library, self.state = folder, library, state
        self.shared = folder / "shared"

    def article(self, number: int) -> ArticleId:
        found = self.library.find(f"{number}.md")
        assert found is not None
        return found

    def sync_on(self) -> None:
        sync = JournalSync(self.state.journals, self.folder / "a lock", wall_clock)
        assert sync.turn_on(self.shared).problem == ""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with real_library(tmp_path, 8) as library:
        state = open_state(library.state_file)
        yield Home(tmp_path, library, state)
        state.close()


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Machine]:
    """Another device, which writes into the folder that `home` shares."""
    machine = Machine(tmp_path, "laptop")
    machine.folder = tmp_path / "shared"
    machine.time = wall_clock()
    yield machine
    machine.close()


@asynccontextmanager
async def following(
    home: Home, config: Config = BY_HAND, delays: Delays = SOON
) -> AsyncIterator[Reader]:
    """A reader whose marks are looked at all the time."""
    paths = paths_in(home.folder)
    async with reading(home.library, config, delays=delays, follows=True, paths=paths) as reader:
        yield reader


@pytest.mark.slow
async def test_leaving_writes_what_was_done_last(home: Home, laptop: Machine) -> None:
    home.sync_on()
    laptop.on()
    async with following(home) as reader:
        sync = reader.controller(SyncController)
        await reader.until(lambda: sync.thread is not None and sync.thread.is_on)
        await reader.press("s", "q")
    laptop.now_ok()
    assert laptop.state.value(home.article(0), "starred") == "1"


@pytest.mark.slow
async def test_a_problem_is_said_once_with_what_to_do(home: Home) -> None:
    home.sync_on()
    home.shared.rename(home.folder / "away")
    async with following(home) as reader:
        await reader.until(lambda: "does not exist" in reader.message)
        assert "will be sent later" in reader.message
        reader.bottom.clear()
        await reader.press("s")
        await reader.until(lambda: home.state.journals.unwritten_count() == 1)
        assert "does not exist" not in reader.message
        (home.folder / "away").rename(home.shared)
        await reader.until(lambda: reader.message == "Sync works again")


@pytest.mark.slow
async def test_lines_that_were_set_aside_are_said_once(home: Home, laptop: Machine) -> None:
    home.sync_on()
    laptop.on()
    laptop.time += 365 * 24 * 3_600_000
    laptop.state.give("read", "1", home.article(0))
    laptop.now_ok()
    async with following(home) as reader:
        await reader.until(lambda: "Quarantined" in reader.message)
        assert f"Quarantined, from {laptop.own.name}: 1 line from a clock" in reader.message


@pytest.mark.slow
async def test_a_clock_that_was_ahead_is_told(home: Home) -> None:
    home.sync_on()
    home.state.set_read([home.article(0)], True)
    file = home.library.state_file
    with closing(open_state(file, rules=GestureContext(lambda: wall_clock() + 3 * AHEAD))) as state:
        state.set_starred([home.article(0)], True)
    async with following(home) as reader:
        told = "clock was ahead: 1 change was given a new date"
        await reader.until(lambda: told in reader.message)


@pytest.mark.slow
async def test_an_article_that_was_read_on_elsewhere_opens_there(
    home: Home, laptop: Machine
) -> None:
    home.sync_on()
    laptop.on()
    async with following(home) as reader:
        await reader.until(lambda: kept(home, 0))
        await reader.press("J")
        laptop.state.give(POSITION, "3", home.article(0))
        laptop.state.give(POSITION, "4", home.article(1))
        laptop.state.give("starred", "1", home.article(1))
        laptop.now_ok()
        await reader.until(lambda: reader.row(1).marks.starred)
        await reader.press("K")
        assert reader.screen.article.position_of(home.article(0)) == 3
        await reader.press("J", "q")
    marks = home.state.marks([home.article(1)])
    assert marks[home.article(1)].position == 4, "leaving does not go back to where one was before"


def kept(home: Home, number: int) -> bool:
    """Whether the place in an article is saved."""
    article = home.article(number)
    marks = home.state.marks([article])
    return article in marks and marks[article].opened is not None


@pytest.mark.slow
async def test_keys_and_searches_that_come_are_used_at_once(home: Home, laptop: Machine) -> None:
    home.sync_on()
    laptop.on()
    async with following(home) as reader:
        paths = reader.screen.environment.paths
        assert marks_file(home.library.folder, paths) == home.library.state_file
        paths.config.mkdir(exist_ok=True)
        folders = f'folders = ["{home.library.folder}"]\n'
        paths.settings_file.write_text(folders + 'travel = ["keys", "saved_searches"]\n')
        laptop.state.give("setting:keys", '["F"]', "star")
        row = '{"name": "Ivory", "query": "ivory"}'
        laptop.state.give("setting:saved_searches", row, "ivory")
        laptop.now_ok()
        await reader.until(lambda: reader.screen.keys["star"] == ("F",))
        await reader.until(lambda: [one.name for one in reader.screen.config.searches] == ["Ivory"])
        await reader.until(lambda: "came from" in reader.message)
        await reader.press("F")
        await reader.until(lambda: home.state.ids_with("starred") == [home.article(0)])


@pytest.mark.slow
async def test_what_is_done_in_the_panel_of_feeds_is_sent_at_once_a_step_each(home: Home) -> None:
    paths = paths_in(home.folder)
    paths.config.mkdir(exist_ok=True)
    folders = f'folders = ["{home.library.folder}"]\n'
    paths.settings_file.write_text(folders + 'travel = ["saved_searches"]\n')
    paths.feeds_file.write_text('[[feeds]]\nurl = "https://example.org/a"\n')
    carrier = Carrier(home.state, paths)
    carrier.switch_feeds(is_on=True)
    assert make_sync(home.state, carrier).turn_on(home.shared).problem == ""

    def sent(line: str) -> bool:
        files = home.shared.rglob("*.log")
        return any(line in file.read_text(encoding="utf-8") for file in files)

    async with following(home, delays=SOON._replace(unwatched=LIMIT)) as reader:
        sync = reader.controller(SyncController)
        await reader.until(lambda: sync.thread is not None and sync.thread.is_on)
        await reader.press("F", "j", "p")
        await reader.until(lambda: sent("feed:paused=1\texample.org/a"))
        await reader.press("m")
        await reader.until(lambda: sent("feed:muted=1\texample.org/a"))
        await reader.press("u")
        await reader.until(lambda: sent("feed:muted=\texample.org/a"))
    titles = [entry.title for entry in home.state.history.read()]
    assert titles[:3] == [
        "Undone: Muted https://example.org/a",
        "Muted https://example.org/a",
        "Paused https://example.org/a",
    ]


@pytest.mark.slow
async def test_what_could_not_be_written_is_said_once(home: Home, laptop: Machine) -> None:
    home.sync_on()
    laptop.on()
    async with following(home) as reader:
        paths = reader.screen.environment.paths
        paths.config.mkdir(exist_ok=True)
        paths.settings_file.write_text(
            f'folders = ["{home.library.folder}"]\ntravel = "saved_searches"\n'
            'searches = [{ name = "Mine", query = "x" }]\n'  # a list that cannot be edited
        )
        row = '{"name": "Ivory", "query": "ivory"}'
        laptop.state.give("setting:saved_searches", row, "ivory")
        laptop.now_ok()
        await reader.until(lambda: "could be written" in reader.message)
        reader.bottom.clear()
        laptop.state.give("starred", "1", home.article(0))
        laptop.now_ok()
        await reader.until(lambda: home.state.ids_with("starred") == [home.article(0)])
        await reader.settle()
        assert "could be written" not in reader.message

"""Marks that another process makes while one reads, in place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import Library, Progress
from rilo_reader.store.state import State, open_state
from rilo_reader.tui.environment import Delays
from rilo_reader.tui.panels.history import HistoryScreen
from tests.support.at_rest import BLINK
from tests.support.reader import FedIndexer, Reader, reading
from tests.support.real_library import real_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with real_library(tmp_path, 8) as library:
        yield library


@pytest.fixture
def other(library: Library) -> Iterator[State]:
    """The marks as another process has them."""
    with closing(open_state(library.state_file)) as state:
        yield state


def article(library: Library, number: int) -> ArticleId:
    found = library.find(f"{number}.md")
    assert found is not None
    return found


@asynccontextmanager
async def following(library: Library) -> AsyncIterator[Reader]:
    """A reader that looks at the marks all the time."""
    async with reading(library, delays=Delays(marks=2 * BLINK), follows=True) as reader:
        yield reader


@pytest.mark.slow
async def test_marks_of_another_process_are_shown_in_place(library: Library, other: State) -> None:
    async with following(library) as reader:
        await reader.press("J", "J")
        other.set_starred([article(library, 1), article(library, 2)], True)
        await reader.until(lambda: reader.row(1).marks.starred and reader.row(2).marks.starred)
        assert reader.stands_on == reader.open == "Title 2"
        opened = reader.screen.article.row
        assert opened is not None
        assert opened.marks.starred


@pytest.mark.slow
async def test_while_the_indexer_waits_it_tells_of_marks(library: Library, other: State) -> None:
    indexer, delays = FedIndexer(), Delays(marks=2 * BLINK)
    async with reading(library, indexer=indexer, delays=delays, follows=True) as reader:
        indexer.report(Progress(8, 8, finished=True))
        await reader.settle()
        await asyncio.sleep(4 * BLINK)
        other.set_starred([article(library, 1)], True)
        await asyncio.sleep(4 * BLINK)
        assert not reader.row(1).marks.starred
        indexer.report(Progress(0, 0, marks=True))
        await reader.until(lambda: reader.row(1).marks.starred)
        indexer.report(Progress(1, None))
        other.set_starred([article(library, 2)], True)
        await reader.until(lambda: reader.row(2).marks.starred)


@pytest.mark.slow
async def test_what_does_not_match_any_more_stays_until_the_next_search(
    library: Library, other: State
) -> None:
    async with following(library) as reader:
        await reader.press("U", "J", "J")
        before = reader.titles
        other.set_read([article(library, number) for number in (0, 2, 3)], True)
        await reader.until(lambda: reader.row(3).marks.read)
        assert reader.titles == before
        assert reader.stands_on == reader.open == "Title 2"
        await reader.press("U", "U")
        assert len(reader.titles) == 5


@pytest.mark.slow
async def test_the_panel_of_the_history_shows_what_arrives(library: Library, other: State) -> None:
    async with following(library) as reader:
        await reader.press("W")
        other.set_starred([article(library, 1)], True)
        panel = reader.app.screen
        assert isinstance(panel, HistoryScreen)
        await reader.until(lambda: len(panel.entries) == 1)

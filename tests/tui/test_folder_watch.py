"""Following the folder: what the indexer brings never moves what one looks at."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

import pytest

from rilo_reader.article import Article
from rilo_reader.config import Config, MarkRead
from rilo_reader.library import Progress
from rilo_reader.library.progress import SpeedMeter
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.children import (
    RESTARTS,
    WatchEnd,
    Watcher,
    decode_index_progress,
    watch_command,
)
from rilo_reader.tui.reader.background import describe_activity
from rilo_reader.tui.reader.screen import ReaderScreen
from tests.support.for_each import for_each
from tests.support.reader import BY_HAND, FedIndexer, FedWatcher, Reader, around, reading
from tests.support.watched_library import WatchedLibrary, article, read_folder, write

Report = Callable[..., Awaitable[None]]


@asynccontextmanager
async def watching(articles: Iterable[int] = range(50)) -> AsyncIterator[tuple[Reader, Report]]:
    """A reader over a library, and what has its indexer report something, until that is shown.

    The report may be preceded by what the folder's articles are then.
    """
    indexer, library = FedIndexer(), WatchedLibrary([article(i) for i in articles])

    async def report(value: Progress | WatchEnd, *now: Article) -> None:
        if now:
            library.change_articles(now)
        indexer.report(value)
        await reader.settle()
        await reader.settle()

    async with reading(library, indexer=indexer) as reader:
        yield reader, report


COMMITTED = Progress(1, 1, added=1, committed=True)


def numbered(*ranges: Iterable[int]) -> list[Article]:
    return [article(i) for i in chain(*ranges)]


async def test_who_leaves_with_the_first_frame_meets_nothing_that_begins_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, begun = ReaderScreen._start_all, asyncio.Event()

    def leave_and_begin(screen: ReaderScreen) -> None:
        screen.app.exit()
        begun.set()
        begin(screen)

    monkeypatch.setattr(ReaderScreen, "_start_all", leave_and_begin)
    indexer = FedIndexer()
    started: list[FedIndexer] = []

    def start() -> FedIndexer:
        started.append(indexer)
        return indexer

    library = WatchedLibrary([article(1)])
    app = ReaderApp(library, BY_HAND, around(library.folder, indexer=start))
    async with app.run_test():
        await begun.wait()
    assert app.error is None
    assert not started


async def test_progress_is_shown_and_leaves_no_trace() -> None:
    async with watching() as (reader, report):
        await report(Progress(12_400, 140_000))
        assert "Reading 12,400 of 140,000…" in reader.text()[-1]
        await report(Progress(140_000, 140_000, finished=True))
        assert "Reading" not in reader.text()[-1]
        indexer = reader.screen.controllers.background.folder._child
        await reader.press("q")
    assert isinstance(indexer, FedWatcher)
    assert indexer.closed


@pytest.mark.slow
async def test_texts_that_are_no_articles_are_shown_once() -> None:
    async with watching() as (reader, report):
        few = Progress(9, 9, finished=True, files=900, left_out={"rst": 9, "png": 900})
        await report(few)
        assert "not read" not in reader.text()[-1]
        many = few._replace(left_out={"rst": 101})
        await report(many)
        assert (
            "rilo-reader cannot read 101 of 1,001 text files in this folder: 101 .rst"
            in reader.text()[-1]
        )
        await reader.press("j")
        reader.screen.widgets.show_message("Something else")
        await report(many)
        assert "not read" not in reader.text()[-1]


async def test_what_is_not_read_or_not_watched_is_said_once() -> None:
    async with watching() as (reader, report):
        all_well = Progress(9, 9, finished=True, files=9)
        odd = all_well._replace(unread="locked (Permission denied)", unwatched="it is odd")
        await report(odd)
        assert "Not read: locked (Permission denied). Changes" in reader.text()[-1]
        reader.screen.widgets.show_message("Something else")
        await report(odd)
        await report(Progress(1, 1, changed=1, finished=True))
        assert "Something else" in reader.text()[-1]


@pytest.mark.parametrize("articles", [0, 50])
async def test_an_index_that_cannot_be_saved_is_said_and_hides_no_article(articles: int) -> None:
    async with watching(range(articles)) as (reader, report):
        write(reader.library.folder, numbered(range(60)))
        await report(Progress(0, 0, finished=True, unsaved="it is read-only"))
        directory = reader.library.index.directory
        assert f"The index cannot be saved in {directory}" in " ".join(reader.text()[-2:])
        assert reader.list.total == (articles or 60)
        read_folder(reader.library.home)
        await report(Progress(60, 60, finished=True, files=60))
        assert reader.list.total == 60
        assert "cannot be saved" not in " ".join(reader.text()[-2:])
        assert not reader.library.index.is_in_memory


@pytest.mark.slow
async def test_new_articles_above_leave_the_row_and_its_line_where_they_were() -> None:
    async with watching(range(100, 200)) as (reader, report):
        await reader.press("ctrl+d", "ctrl+d", "j")
        where, line = reader.open, reader.list.cursor_line
        content = reader.screen.article.content
        await report(COMMITTED, *numbered(range(50, 200)))
        assert reader.stands_on == reader.open == where
        assert reader.list.cursor_line == line
        assert reader.list.total == 150
        assert reader.screen.article.content is content


def paragraphs(*numbers: int) -> str:
    return "\n\n".join(f"Paragraph {number} " + "of many words " * 20 for number in numbers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edited", "stays"),
    [
        (paragraphs(100, *range(40)), True),  # above what is read
        (paragraphs(*range(2), *range(5, 30), 100, *range(30, 40)), True),  # above and below
        (paragraphs(*range(3)), False),  # all of it is gone
    ],
)
async def test_the_open_article_is_as_its_file_is_and_the_line_one_reads_stays(
    edited: str, stays: bool
) -> None:
    others, indexer = numbered(range(1, 20)), FedIndexer()
    library = WatchedLibrary([article(0, body=paragraphs(*range(40))), *others])
    async with reading(library, indexer=indexer) as reader:
        await reader.press("enter", "space", "space", "space", "j", "j")
        view = reader.view
        before = [line.text for line in view.page.lines[view.top_line : view.top_line + 3]]
        assert "Paragraph 100" not in "".join(line.text for line in view.page.lines)
        library.change_articles([article(0, title="Edited", body=edited), *others])
        indexer.report(COMMITTED)
        await reader.settle()
        await reader.settle()
        assert reader.open == "Edited"
        after = [line.text for line in view.page.lines[view.top_line : view.top_line + 3]]
        assert ("Edited" in view.page.lines[0].text, after == before) == (True, stays)
        assert stays == ("Paragraph 100" in "".join(line.text for line in view.page.lines))
        assert reader.stands_on == "Edited"


@pytest.mark.slow
async def test_somebody_who_has_touched_nothing_sees_the_newest() -> None:
    async with watching(range(100, 120)) as (reader, report):
        await report(COMMITTED, *numbered(range(50, 120)))
        assert reader.stands_on == reader.open == "Title 50"
        await reader.press("j")
        await report(COMMITTED, *numbered(range(120)))
        assert reader.stands_on == reader.open == "Title 51"


@pytest.mark.slow
async def test_the_first_articles_of_an_empty_library_appear() -> None:
    async with watching([]) as (reader, report):
        assert any("Reading the folder" in line for line in reader.text())
        await report(Progress(0, 0, finished=True))
        assert any("no articles" in line for line in reader.text())
        await report(COMMITTED._replace(finished=True), article(0))
        assert reader.open == "Title 0"


@pytest.mark.slow
async def test_what_opens_while_the_first_index_is_made_is_not_read_by_that() -> None:
    indexer, library = FedIndexer(), WatchedLibrary([])
    at_once = Config(mark_read=MarkRead.OPENED, mark_read_after=0)
    async with reading(library, at_once, indexer=indexer) as reader:
        for newest in (2, 1, 0):
            library.change_articles(numbered(range(newest, 3)))
            indexer.report(COMMITTED)
            await reader.settle()
            await reader.settle()
            assert reader.open == f"Title {newest}"
        indexer.report(COMMITTED._replace(finished=True))
        await reader.settle()
        assert not library.marks_of(0).read
        await reader.press("j", "j")
        await reader.until(lambda: library.marks_of(2).read)
        assert not library.marks_of(0).read


@pytest.mark.slow
async def test_an_article_that_is_deleted_gives_way_to_the_one_in_its_place() -> None:
    async with watching(range(10)) as (reader, report):
        await reader.press("j", "j", "j")
        await report(COMMITTED, *numbered(range(3), range(4, 10)))
        assert reader.stands_on == reader.open == "Title 4"
        assert "“Title 3” is gone: its file was deleted or moved." in reader.text()[-1]


@pytest.mark.slow
async def test_results_change_while_a_search_is_on_and_what_left_them_is_not_called_gone() -> None:
    async with watching(range(10)) as (reader, report):
        await reader.search("word3", "enter")
        assert reader.list.total == 1
        await report(COMMITTED, *numbered(range(20)))
        assert reader.list.total == 3
        assert reader.open == "Title 3"
        other = article(3, body="Other words.")
        await report(COMMITTED, *numbered(range(3)), other, *numbered(range(4, 20)))
        assert reader.open == "Title 10"
        assert "gone" not in reader.text()[-1]


async def test_an_indexer_that_stopped_is_shown_quietly() -> None:
    async with watching() as (reader, report):
        await report(WatchEnd("New articles are not being indexed: no memory."))
        assert "not being indexed" in reader.message
        await reader.press("j")
        assert reader.open == "Title 1"


@for_each(
    "total, text",
    [
        (1_000_000, "Reading 9,000 of 1,000,000 · 3,000/s · 6 min left"),
        (20_000, "Reading 9,000 of 20,000…"),
        (None, "Checking 9,000 files for changes…"),
        (200, ""),
    ],
)
def test_what_takes_long_says_how_long(total: int | None, text: str) -> None:
    clock = iter((0.0, 3.0))
    pace = SpeedMeter(lambda: next(clock))
    pace.add(Progress(0, total))
    pace.add(Progress(9_000, total))
    assert describe_activity(Progress(9_000, total), pace) == text
    assert describe_activity(Progress(9_000, total, finished=True), pace) == ""
    assert describe_activity(Progress(9_000, None), SpeedMeter()) == "", "it may be quick"


@for_each(
    "report, progress",
    [
        ({"done": 3, "total": None, "committed": True}, Progress(3, None, committed=True)),
        ({"done": 3, "total": 4, "unknown": 1}, Progress(3, 4)),
        ({}, None),
    ],
)
def test_reports_of_the_child(report: dict[str, object], progress: Progress | None) -> None:
    assert decode_index_progress(report) == progress


def child(code: str, *, patience: float = 0.01) -> Watcher[Progress]:
    """An indexer whose child runs this code."""
    return child_of([sys.executable, "-c", code], patience)


def child_of(command: Sequence[str], patience: float = 0.01) -> Watcher[Progress]:
    what = "New articles are not being indexed"
    return Watcher(command, decode_index_progress, what, patience=patience)


def test_the_child_watches_the_folder_of_the_library() -> None:
    command = watch_command(Path("folder"), "index")
    assert command[1:6] == ["-P", "-m", "rilo_reader", "index", "--library"]
    assert command[-2:] == ["--watch", "--json"]


async def test_the_child_reports_and_ends_when_its_stdin_closes() -> None:
    code = (
        'import sys; print(\'{"done": 1, "total": 2}\', flush=True);'
        "print('noise', flush=True); print('[1]', flush=True);"
        "sys.stdout.buffer.write(bytes([255, 10])); sys.stdout.flush(); sys.stdin.read();"
        'print(\'{"done": 2, "total": 2}\')'
    )
    indexer = child(code, patience=10.0)
    reports = indexer.follow()
    assert await anext(reports) == Progress(1, 2)
    await indexer.close()
    assert [report async for report in reports] == [Progress(2, 2)]  # it was not killed


async def test_a_child_that_lives_as_long_as_the_reader_keeps_its_memory_together() -> None:
    code = "import os; print('{\"done\": %s, \"total\": 2}' % os.environ['MALLOC_ARENA_MAX'])"
    reports = [report async for report in child(code).follow()]
    assert reports[0] == Progress(1, 2)


async def test_a_child_that_does_not_end_is_killed() -> None:
    indexer = child('print(\'{"done": 1, "total": 2}\', flush=True)\nwhile 1: pass')
    reports = indexer.follow()
    assert await anext(reports) == Progress(1, 2)
    await indexer.close()
    assert [report async for report in reports] == []


async def test_a_child_that_dies_is_started_again_a_few_times() -> None:
    code = 'print(\'{"done": 1, "total": 2}\'); print(\'{"error": "No memory."}\')'
    reports = [report async for report in child(code).follow()]
    assert reports[:-1] == [Progress(1, 2)] * (1 + RESTARTS)
    assert reports[-1] == WatchEnd("New articles are not being indexed: No memory.")


async def test_a_line_without_end_does_not_fill_the_memory() -> None:
    code = "import sys\nwhile 1: sys.stdout.write('x' * 65536)"
    reports = [report async for report in child(code).follow()]
    assert len(reports) == 1
    assert isinstance(reports[0], WatchEnd)


async def test_a_child_that_cannot_start() -> None:
    indexer = child_of(["/no/such/program"])
    reports = [report async for report in indexer.follow()]
    assert isinstance(reports[-1], WatchEnd)


@pytest.mark.slow
async def test_once_the_folder_is_read_the_open_article_stays_without_a_key_pressed() -> None:
    async with watching(range(100, 120)) as (reader, report):
        await report(Progress(20, 20, finished=True))
        await report(COMMITTED._replace(finished=True), *numbered(range(50, 120)))
        assert reader.stands_on == reader.open == "Title 100"

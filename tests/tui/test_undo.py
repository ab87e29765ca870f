"""Undo and redo over real marks: also after a restart, in place, in the order of what was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.config import Config, MarkRead
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.swapped_files import hash_file
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import Library
from tests.support.reader import BY_HAND, paths_in, reading
from tests.support.real_library import real_library


def starred(library: Library) -> set[str]:
    articles = [library.find(f"{number}.md") for number in range(5)]
    marks = library.search.marks([article for article in articles if article])
    return {article for article, each in marks.items() if each.starred}


def unread(library: Library) -> int:
    from rilo_reader.query.parser import parse

    return library.search.count(parse("is:unread"))


@pytest.mark.slow
async def test_undo_goes_on_into_what_was_done_before_a_restart(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.press("s", "J", "s", "J", "s", "q")
        assert len(starred(library)) == 3
    with real_library(tmp_path) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.press("g", "J")
            assert reader.stands_on == "Title 1"
            await reader.press("u")
            assert reader.message == "Undone: starred Title 2"
            assert len(starred(library)) == 2
            await reader.press("u")
            assert len(starred(library)) == 1
            assert not reader.row(1).marks.starred
            assert reader.stands_on == "Title 1"
            await reader.press("u")
            assert not starred(library)
            await reader.press("u")
            assert reader.message == "There is nothing to undo."


@pytest.mark.slow
@pytest.mark.parametrize("way", ["u", "W"])
async def test_an_import_that_was_killed_is_undone(tmp_path: Path, way: str) -> None:
    paths = paths_in(tmp_path)
    with real_library(tmp_path) as library:
        file = library.folder / "0.md"
        recorder = StepRecorder(paths)
        with recorder.write_log(library.folder, "Imported part of kept.csv"):
            recorder.created.add({"0.md": hash_file(file.read_bytes())})
            [log] = paths.state.rglob("*.log")
            whole = log.read_bytes()
        log.write_bytes(whole)
        async with reading(library, BY_HAND, paths=paths) as reader:
            if way == "u":
                await reader.press("u")
                assert reader.message == "Undone: imported part of kept.csv"
                assert not file.exists()
            else:
                await reader.press("W")
                assert any("Imported part of kept.csv" in line for line in reader.text())


@pytest.mark.slow
async def test_redo_does_again_what_was_undone_last(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.press("s", "r", "u", "u")
            assert (starred(library), unread(library)) == (set(), 5)
            await reader.press("ctrl+r")
            assert reader.message == "Redone: starred Title 0 · u undoes it"
            assert reader.row(0).marks.starred
            await reader.press("ctrl+r")
            assert (len(starred(library)), unread(library)) == (1, 4)
            await reader.press("ctrl+r")
            assert reader.message == "There is nothing to redo."
            await reader.press("u")
            assert unread(library) == 5
            await reader.press("u", "s", "u", "r", "ctrl+r")
            assert reader.message == "There is nothing to redo."


@pytest.mark.slow
async def test_marks_also_redone_and_settings_are_undone_in_their_order(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        library.state.set_read([article for article in [library.find("4.md")] if article], True)
        async with reading(library, BY_HAND, paths=paths_in(tmp_path)) as reader:
            await reader.press("s")
            await reader.search("words", "enter", "ctrl+s", "enter", "J", "s", "u", "ctrl+r")
            assert len(starred(library)) == 2
            await reader.press("u")
            assert len(starred(library)) == 1
            await reader.press("u")
            assert reader.message.startswith("Undone: saved as")
            assert len(starred(library)) == 1
            await reader.press("u")
            assert starred(library) == set()
            await reader.press("u")
            assert reader.message == "Undone: marked Title 4 as read"
            assert unread(library) == 5


@pytest.mark.slow
async def test_what_was_taken_back_elsewhere_is_passed_over(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.press("r", "s")
            library.state.undo(library.state.history.read()[0].id)
            await reader.press("u")
            assert unread(library) == 5


@pytest.mark.slow
async def test_opening_an_article_is_no_step_of_undo(tmp_path: Path) -> None:
    opened = Config(mark_read=MarkRead.OPENED, mark_read_after=0.0)
    with real_library(tmp_path) as library:
        async with reading(library, opened) as reader:
            await reader.press("s", "J", "J")
            assert unread(library) == 3
            await reader.press("u")
            assert reader.message == "Undone: starred Title 0"
            await reader.press("J", "ctrl+r")
            assert len(starred(library)) == 1
            await reader.press("u", "u")
            assert reader.message == "There is nothing to undo."
            assert unread(library) == 2


@pytest.mark.slow
async def test_feeds_are_undone_after_a_restart_and_many_ask_first(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    paths.config.mkdir(parents=True, exist_ok=True)
    with real_library(tmp_path) as library:
        library.state.set_starred([article for article in [library.find("4.md")] if article], True)
        recorder = StepRecorder(paths)
        feeds = [Subscription(f"https://{number}.example/") for number in range(6)]
        subscriptions.add_feeds(paths.feeds_file, feeds)
        recorder.capture()
        recorder.save(library.state, "Followed 6 feeds")
        async with reading(library, BY_HAND, paths=paths) as reader:
            await reader.press("u")
            assert reader.message == "This removes 6 feeds. To do so, press the key again."
            assert len(subscriptions.load(paths.feeds_file)[0]) == 6
            await reader.press("u")
            assert reader.message == "Undone: followed 6 feeds"
            assert subscriptions.load(paths.feeds_file)[0] == ()
            assert len(starred(library)) == 1
            await reader.press("ctrl+r")
            assert reader.message == "Redone: followed 6 feeds · u undoes it"
            assert len(subscriptions.load(paths.feeds_file)[0]) == 6

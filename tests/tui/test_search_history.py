"""The history of the search box: what is kept, and how it is shown again."""

from __future__ import annotations

import pytest

from rilo_reader.config import Config, MarkRead
from tests.support.reader import reading
from tests.support.watched_library import WatchedLibrary, article


def a_library(*searches: str) -> WatchedLibrary:
    library = WatchedLibrary([article(i) for i in range(50)])
    for search in reversed(searches):
        library.state.searches.add(search)
    return library


@pytest.mark.slow
async def test_a_search_is_kept_when_it_was_typed_used_and_found_something() -> None:
    library = a_library()
    async with reading(library) as reader:
        await reader.search("xyzzy", "enter", "escape", "U", "enter", "escape")
        assert library.state.searches.read_newest() == []
        await reader.press("slash", "escape")
        await reader.search("word3")
        assert library.state.searches.read_newest() == []
        await reader.press("enter")
        assert library.state.searches.read_newest() == ["word3"]
        await reader.press("escape", "slash")
        await reader.type("word4")
        await reader.press("escape")
        assert library.state.searches.read_newest() == ["word3"]
        await reader.search("word5")
        await reader.press("down", "enter", "escape", "slash", "enter")
        assert library.state.searches.read_newest() == ["word5", "word3"]
        await reader.press("slash", "escape", "slash", "up", "up", "enter")
        assert library.state.searches.read_newest() == ["word3", "word5"]


@pytest.mark.slow
async def test_up_and_down_go_through_the_history_from_the_empty_box() -> None:
    async with reading(a_library("word3", "word4", "word5")) as reader:
        await reader.press("slash", "up")
        assert reader.box == "word3"
        assert reader.list.total == 7
        await reader.press("up", "up", "up")
        assert reader.box == "word5"
        await reader.press("down", "down")
        assert reader.box == "word3"
        await reader.press("down")
        assert reader.box == ""
        assert reader.list.total == 50
        await reader.press("down")
        assert reader.list.has_focus
        await reader.press("slash", "up", "backspace", "up")
        assert reader.box == "word", "what was changed by hand is no entry any more"
        await reader.press("down")
        assert reader.list.has_focus


@pytest.mark.slow
async def test_nothing_is_kept_or_shown_where_the_setting_says_so() -> None:
    library = a_library("word4")
    config = Config(mark_read=MarkRead.BY_HAND, history=False)
    async with reading(library, config) as reader:
        await reader.press("slash", "up")
        assert reader.box == ""
        await reader.type("word3")
        await reader.press("enter")
        assert library.state.searches.read_newest() == []


@pytest.mark.slow
async def test_the_history_is_cleared_once_the_setting_says_so() -> None:
    library = a_library("word4")
    async with reading(library) as reader:
        await reader.press("slash", "up", "escape")
        assert library.state.searches.read_newest() == ["word4"]
        reader.screen.use_settings(Config(history=False))
        await reader.settle()
        assert library.state.searches.read_newest() == []

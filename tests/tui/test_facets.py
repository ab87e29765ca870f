"""Facets and relevance in the reader: counted, narrowed, excluded, written into the query."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.config.model import ListOrder
from rilo_reader.query.parser import parse
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.tui.panels.facets import FacetsScreen
from rilo_reader.tui.widgets.line_list import EntryList
from tests.support.reader import BY_HAND, Reader, reading
from tests.support.real_library import real_library
from tests.support.watched_library import WatchedLibrary, article

SOURCES = ["RILO AP", "RILO AP", "Asia Post", "the [b]Herald[/b]", "人民日报"]


def library(count: int = 50) -> WatchedLibrary:
    return WatchedLibrary(
        [
            article(
                number,
                source=SOURCES[number % 5],
                tags=("ivory", f"t{number % 3}"),
                date=datetime(2020 + number % 4, 3, 1, 12, tzinfo=UTC),
            )
            for number in range(count)
        ]
    )


def panel(reader: Reader) -> FacetsScreen:
    assert isinstance(reader.app.screen, FacetsScreen)
    return reader.app.screen


def values_list(reader: Reader) -> EntryList:
    return panel(reader).query_one(EntryList)


def values(reader: Reader) -> list[tuple[str, int]]:
    return [(one.text, int(one.right_text.replace(",", ""))) for one in panel(reader).entries]


def box(reader: Reader) -> str:
    assert reader.screen.results.question.text == reader.box
    return reader.box


@pytest.mark.slow
async def test_the_panel_counts_what_is_shown_by_groups_and_enter_narrows() -> None:
    async with reading(library()) as reader:
        await reader.press("v")
        sources = [("RILO AP", 20), *((source, 10) for source in SOURCES[2:])]
        assert values(reader) == sources
        assert any("the [b]Herald[/b]" in line for line in reader.text())
        assert any("Source   Tag   Year" in line for line in reader.text())
        await reader.press("escape")
        assert len(reader.app.screen_stack) == 1
        await reader.search("word3", "enter", "v")
        assert sum(hits for _, hits in values(reader)) == 7
        await reader.press("escape", "slash", "escape", "v")
        for name in ("Source", "Tag", "Year", "Source"):
            assert panel(reader).current_group == name
            await reader.press("tab")
        await reader.press("shift+tab", "shift+tab")
        assert values(reader) == [("2023", 12), ("2022", 12), ("2021", 13), ("2020", 13)]
        await reader.press("escape", "slash", "escape")
        await reader.search("customs", "enter", "v", "down", "down", "down", "up", "enter")
        assert box(reader) == 'source:="the [b]Herald[/b]" customs'
        assert reader.list.total == 10
        assert len(reader.app.screen_stack) == 1
        await reader.press("v", "tab", "tab", "enter")
        assert box(reader) == 'date:2023 source:="the [b]Herald[/b]" customs'
        assert {row.date.year for row in reader.list.rows_in_view()} == {2023}
        await reader.press("escape")
        assert reader.list.total == 50


@pytest.mark.slow
async def test_ctrl_x_excludes_and_the_panel_counts_what_is_left() -> None:
    async with reading(library()) as reader:
        await reader.press("v", "down", "ctrl+x")
        assert box(reader) == '-source:="Asia Post"'
        assert values(reader) == [("RILO AP", 20), ("the [b]Herald[/b]", 10), ("人民日报", 10)]
        assert values_list(reader).cursor == 1
        await reader.press("ctrl+x", "ctrl+x")
        assert values(reader) == [("RILO AP", 20)]
        assert reader.list.total == 20
        await reader.press("ctrl+x")
        assert values(reader) == []
        await reader.press("ctrl+x", "enter", "down", "tab")
        assert len(reader.app.screen_stack) == 1
        await reader.press("v")
        assert reader.message == "There is nothing to count: the list is empty."
        await reader.press("slash", "escape")
        await reader.search("word3 OR word4", "space")
        assert reader.list.total == 14
        await reader.press("enter", "v", "enter")
        narrowed = 'source:="RILO AP" (word3 OR word4 )'
        assert box(reader) == narrowed
        assert 0 < reader.list.total < 14
        for query in (f"is:unread {narrowed}", narrowed):
            await reader.press("U")
            assert reader.box == query
        await reader.press("slash", "escape", "v")
        await reader.pilot.click("#names", offset=(10, 0))
        await reader.settle()
        assert values(reader)[0] == ("ivory", 50)
        await reader.pilot.click(EntryList, offset=(3, 2))
        await reader.settle()
        assert box(reader) == 'tag:="t1"'
        assert reader.list.total == 17


@pytest.mark.slow
async def test_typing_filters_the_values_and_leaves_out_kinds_without_any() -> None:
    async with reading(library()) as reader:
        await reader.press("v")
        await reader.type("her")
        assert values(reader) == [("the [b]Herald[/b]", 10)]
        assert "Tag" not in "".join(reader.text())
        await reader.press("ctrl+u")
        await reader.type("IV")
        assert panel(reader).current_group == "Tag"
        assert values(reader) == [("ivory", 50)]
        await reader.type("q")
        assert values(reader) == []
        assert any("Nothing matches." in line for line in reader.text())
        await reader.press("enter", "backspace", "enter")
        assert box(reader) == 'tag:="ivory"'


@pytest.mark.slow
async def test_sizes() -> None:
    many = [article(n, source=f"Source {n} 新聞" + " long" * 12) for n in range(1_500)]
    async with reading(WatchedLibrary(many)) as reader:
        await reader.press("v")
        for width, height, seen in (
            (40, 10, 6),
            (60, 14, 10),
            (80, 24, 11),
            (120, 40, 20),
            (200, 60, 20),
        ):
            await reader.pilot.resize_terminal(width, height)
            await reader.settle()
            lines = reader.text()
            (head,) = [line for line in lines if "Source " in line and "Year" in line]
            assert ("1,000+" in head) == (width >= 60)
            assert any("enter choose" in line and "^x exclude" in line for line in lines)
            assert values_list(reader).size.height == seen
            panel(reader).action_move(1_500)
            await reader.press("pagedown")
            assert values_list(reader).cursor == 999
            assert values_list(reader).scroll_offset.y == 1_000 - seen
            panel(reader).action_move(-1_500)
            await reader.press("pageup")
            assert values_list(reader).scroll_offset.y == 0
        await reader.press("tab")
        assert any("1,500" in line and "▌2025" in line for line in reader.text())
        await reader.pilot.resize_terminal(30, 8)
        await reader.press("enter")
        assert box(reader) == "date:2025"


@pytest.mark.slow
async def test_relevance_is_toggled_and_reported() -> None:
    async with reading(library()) as reader:
        await reader.search("word3", "enter", "j", "j", "O")
        assert box(reader) == "sort:relevance word3"
        assert "best first · 7 of 50" in reader.text()[0]
        assert reader.list.cursor == 0
        where = reader.open
        await reader.press("O")
        assert box(reader) == "word3"
        assert "best first" not in reader.text()[0]
        assert reader.open == where


@pytest.mark.slow
@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_without_words_the_order_of_dates_is_turned_round(order: str) -> None:
    config = BY_HAND._replace(sort=ListOrder(order))
    other = {"newest": "oldest", "oldest": "newest"}[order]
    async with reading(library(), config) as reader:
        first = list(reader.titles[:5])
        dates = [reader.row(number).date for number in range(5)]
        assert dates == sorted(dates, reverse=order == "newest")
        for query in ("", "is:unread"):
            await reader.search(query, "enter", "O")
            assert reader.box == f"sort:{other} {query}".strip()
            assert f"{other} first · " in reader.text()[0]
            await reader.press("O")
            assert (reader.box, reader.titles[:5]) == (query, first)
            assert " first · " not in reader.text()[0]
            await reader.press("escape")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(120, 24), (60, 20)])
async def test_a_click_on_an_author_or_a_tag_narrows_the_list(size: tuple[int, int]) -> None:
    articles = [
        article(number, authors=("Ada B.",) * (number % 2), tags=("ivory trade",))
        for number in range(1, 6)
    ]
    async with reading(WatchedLibrary(articles), size=size) as reader:
        if size[0] < 80:
            await reader.press("enter")
        for words, query in (
            ("#ivory", 'tag:="ivory trade"'),
            ("Ada B.", 'author:="Ada B." tag:="ivory trade"'),
        ):
            row = next(y for y, line in enumerate(reader.text()) if words in line)
            await reader.pilot.click(offset=(reader.text()[row].index(words), row))
            await reader.settle()
            assert reader.box == query
            assert reader.screen.widgets.is_in_article == (size[0] >= 80)  # the list is in sight
            if size[0] < 80:
                await reader.press("enter")
        assert reader.list.total == 3


@pytest.mark.slow
async def test_ones_own_tags_are_counted_and_narrow(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        rows = library.search.window(parse(""), 0, 5).rows
        library.state.apply_assignments(
            [Assignment("tag:python", "1", Ids([row.id for row in rows[:3]]))]
        )
        async with reading(library) as reader:
            await reader.press("v")
            assert values(reader) == [("python", 3)]
            await reader.press("enter")
            assert reader.box == 'tag:="python"'
            assert reader.list.total == 3
            await reader.press("escape")
            await reader.search('"title 4"')
            await reader.press("v")
            assert "Tag" not in "\n".join(reader.text())

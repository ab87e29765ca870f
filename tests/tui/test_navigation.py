"""Moving about: every command that moves, and where focus, list and article are afterwards."""

from __future__ import annotations

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.commands import COMMANDS
from rilo_reader.config import Config, MarkRead
from rilo_reader.store.gestures import Session
from rilo_reader.tui.keys import action_of
from tests.support.fake_library import FakeLibrary, article
from tests.support.reader import BY_HAND, reading, shown


def long_article(number: int) -> object:
    return "\n\n".join(f"Paragraph {n} of {number}." for n in range(200))


@pytest.mark.slow
async def test_j_and_k_pages_and_ends_of_the_list() -> None:
    async with reading() as reader:
        assert reader.stands_on == reader.open == "Title 0"
        assert reader.list.has_focus
        assert any("First line of 0." in line for line in reader.text())
        await reader.press("g")
        await reader.press("j", "j", "down")
        assert reader.stands_on == reader.open == "Title 3"
        await reader.press("k", "up")
        assert reader.stands_on == reader.open == "Title 1"
        await reader.press("g")
        await reader.press("K")
        assert reader.open == "Title 0"
        assert "first" in reader.message
        await reader.press("G")
        assert reader.open == "Title 49"
        await reader.press("J")
        assert "last" in reader.message
        await reader.press("g")
        assert reader.open == "Title 0"
        await reader.press("g")
        rows = reader.list.size.height // 2
        await reader.press("ctrl+d")
        assert reader.list.cursor == rows // 2
        await reader.press("pagedown")
        assert reader.list.cursor == rows // 2 + rows - 1
        await reader.press("pageup", "ctrl+u")
        assert reader.list.cursor == 0


@pytest.mark.slow
async def test_j_scrolls_in_the_article_when_it_has_the_focus() -> None:
    library = FakeLibrary([article(0, body=long_article(0)), article(1)])
    async with reading(library) as reader:
        await reader.press("enter")
        assert reader.view.has_focus
        await reader.press("j", "j")
        assert reader.view.scroll_offset.y == 2
        await reader.press("G")
        assert reader.view.at_end
        await reader.press("g")
        assert reader.view.scroll_offset.y == 0
        assert reader.stands_on == "Title 0"
        await reader.press("escape")
        assert reader.list.has_focus


@pytest.mark.slow
async def test_tab_zen_and_next_article_keep_the_focus_right() -> None:
    async with reading() as reader:
        await reader.press("enter", "J", "right_square_bracket", "K")
        assert reader.open == "Title 1"
        assert reader.view.has_focus
        await reader.press("escape", "g")
        await reader.press("tab")
        assert reader.view.has_focus
        await reader.press("tab")
        assert reader.list.has_focus
        await reader.press("escape", "g")
        await reader.press("z")
        assert not shown(reader.list)
        assert not shown(reader.screen.widgets.search_row)
        assert reader.view.has_focus
        await reader.press("J")
        assert reader.open == "Title 1"
        await reader.press("z")
        assert shown(reader.list)
        await reader.press("z", "escape")
        assert shown(reader.list)
        assert reader.list.has_focus


@pytest.mark.slow
async def test_n_goes_to_unread_articles_and_round_the_end() -> None:
    library = FakeLibrary([article(i) for i in range(50)])
    for number in range(50):
        if number not in (7, 30):
            library.mark(f"id{number}", read=True)
    async with reading(library) as reader:
        for expected in ("Title 7", "Title 30", "Title 7"):
            await reader.press("n")
            assert reader.open == expected
        await reader.press("N")
        assert reader.open == "Title 30"
        await reader.press("N")
        assert reader.open == "Title 7"


@pytest.mark.slow
async def test_n_finds_the_unread_article_beyond_the_rows_that_are_known() -> None:
    library = FakeLibrary([article(i) for i in range(3_000)])
    for number in range(3_000):
        if number not in (5, 2_500):
            library.mark(f"id{number}", read=True)
    async with reading(library) as reader:
        await reader.press("n", "n")
        assert reader.open == "Title 2500"
        await reader.press("N")
        assert reader.open == "Title 5"


async def test_n_says_when_everything_is_read() -> None:
    library = FakeLibrary([article(0), article(1)])
    library.mark("id0", read=True)
    library.mark("id1", read=True)
    async with reading(library) as reader:
        await reader.press("n")
        assert "unread" in reader.message
        assert reader.open == "Title 0"


@pytest.mark.slow
async def test_space_pages_through_the_article_and_goes_on_to_the_next_unread_one() -> None:
    library = FakeLibrary([article(0, body=long_article(0)), article(1), article(2)])
    library.mark("id1", read=True)
    async with reading(library) as reader:
        await reader.press("space")
        first = reader.view.scroll_offset.y
        assert first > 10
        for _ in range(30):
            await reader.press("space")
            if reader.open != "Title 0":
                break
        assert reader.open == "Title 2"


@pytest.mark.slow
async def test_a_held_key_loads_only_what_is_wanted_in_the_end() -> None:
    library = FakeLibrary([article(i) for i in range(200)])
    async with reading(library) as reader:
        library.calls.clear()
        library.hold.clear()
        await reader.pilot.press(*["J"] * 30)
        library.hold.set()
        await reader.settle()
        loaded = [call for call in library.calls if call.startswith("article")]
        assert reader.open == "Title 30"
        assert loaded == ["article id1", "article id30"]


@pytest.mark.slow
async def test_one_article_alone() -> None:
    async with reading(FakeLibrary([article(0)])) as reader:
        for command in COMMANDS:
            if command.id not in ("quit", "edit", "browser"):
                await reader.screen.run_action(action_of(command.id))
                await reader.settle()
                while len(reader.app.screen_stack) > 1:
                    await reader.press("escape")
        assert reader.app.is_running


@pytest.mark.slow
async def test_an_empty_library_says_what_to_do_and_survives_every_command() -> None:
    async with reading(FakeLibrary([])) as reader:
        assert any("no articles" in line.lower() for line in reader.text())
        for command in COMMANDS:
            if command.id != "quit":
                await reader.screen.run_action(action_of(command.id))
                await reader.settle()
                while len(reader.app.screen_stack) > 1:
                    await reader.press("escape")
        assert reader.app.is_running


@pytest.mark.slow
async def test_a_file_that_is_gone_is_shown_in_its_place_and_one_can_go_on() -> None:
    library = FakeLibrary([article(i) for i in range(3)])
    library.broken.add(ArticleId("id1"))
    async with reading(library) as reader:
        await reader.press("J")
        assert any("The file of id1 is gone." in line for line in reader.text())
        await reader.press("J")
        assert reader.open == "Title 2"


@pytest.mark.slow
async def test_the_session_is_restored_with_its_position() -> None:
    library = FakeLibrary([article(i, body=long_article(i)) for i in range(50)])
    async with reading(library) as reader:
        await reader.press("j", "j", "j", "enter", "ctrl+d")
        place = reader.view.position
        assert place > 0
        await reader.press("q")
    assert library.kept == Session(ArticleId("id3"), "")
    async with reading(library) as reader:
        assert reader.open == "Title 3"
        assert reader.view.position == place


@pytest.mark.slow
async def test_a_search_is_restored_with_its_article() -> None:
    library = FakeLibrary([article(i) for i in range(50)])
    async with reading(library) as reader:
        await reader.search("word3", "enter", "j", "j", "q")
    assert library.kept == Session(ArticleId("id17"), "word3")
    async with reading(library) as reader:
        assert reader.open == "Title 17"
        assert reader.box == "word3"
        await reader.press("escape")
        assert reader.list.total == 50
        assert reader.open == "Title 17"


async def test_a_search_that_finds_nothing_any_more_is_not_where_one_begins() -> None:
    library = FakeLibrary([article(i) for i in range(5)])
    library.kept = Session(None, "nothing-has-this")
    async with reading(library) as reader:
        assert reader.open == "Title 0"
        assert reader.box == ""


async def test_the_place_is_kept_without_leaving() -> None:
    library = FakeLibrary([article(i) for i in range(5)])
    async with reading(library) as reader:
        await reader.press("J")
        reader.screen.article.save()
        await reader.settle()
        assert library.kept.article == "id1"
        assert "remember id1 0" in library.calls


async def test_opened_long_enough_counts_as_read_and_is_painted() -> None:
    library = FakeLibrary([article(i) for i in range(5)])
    config = Config(mark_read=MarkRead.OPENED, mark_read_after=0.0)
    async with reading(library, config) as reader:
        screen = reader.screen
        assert screen.article.row is not None
        screen.article._count_as_read(screen.article.row.id)
        await reader.settle()
        assert library.marks([ArticleId("id0")])[ArticleId("id0")].read
        assert screen.widgets.articles.row_at(0).marks.read  # type: ignore[union-attr]


@pytest.mark.slow
async def test_an_article_is_read_after_the_seconds_of_the_settings() -> None:
    async def is_read(seconds: float, first: ArticleId) -> bool:
        library = FakeLibrary([article(i) for i in range(5)])
        config = Config(mark_read=MarkRead.OPENED, mark_read_after=seconds)
        async with reading(library, config) as reader:
            await reader.pilot.pause(0.3)
            await reader.settle()
            return library.marks([first])[first].read

    assert await is_read(0.01, ArticleId("id0"))
    assert not await is_read(3600.0, ArticleId("id0"))


@pytest.mark.slow
async def test_the_end_counts_as_read_when_it_is_reached() -> None:
    library = FakeLibrary([article(0, body=long_article(0)), article(1)])
    async with reading(library, Config(mark_read=MarkRead.END)) as reader:
        await reader.press("enter")
        assert reader.screen.article._read_timer is None
        await reader.press("G")
        assert reader.screen.article._read_timer is not None


@pytest.mark.slow
async def test_by_hand_means_by_hand() -> None:
    async with reading(config=BY_HAND) as reader:
        await reader.press("enter", "G")
        assert reader.screen.article._read_timer is None


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quit(key: str) -> None:
    async with reading() as reader:
        await reader.pilot.press(key)
        await reader.pilot.pause()
        assert not reader.app.is_running or reader.app._exit


@pytest.mark.slow
async def test_ctrl_q_leaves_from_any_panel() -> None:
    async with reading() as reader:
        await reader.press("question_mark")
        await reader.pilot.press("ctrl+q")
        await reader.pilot.pause()
        assert reader.app._exit

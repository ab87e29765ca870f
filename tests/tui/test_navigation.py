"""Moving about: every command that moves, and where focus, list and article are afterwards."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.commands import all_commands
from rilo_reader.config import Config, MarkRead
from rilo_reader.store.marks import LastSession
from rilo_reader.tui.keys import action_of
from rilo_reader.tui.widgets import layouter
from rilo_reader.tui.widgets.layouter import LayoutJob, LayoutResult
from tests.support.reader import reading, shown
from tests.support.watched_library import WatchedLibrary, article


def long_article(number: int) -> object:
    return "\n\n".join(f"Paragraph {n} of {number}." for n in range(200))


@pytest.mark.slow
async def test_j_and_k_pages_and_ends_of_the_list() -> None:
    async with reading() as reader:
        assert reader.stands_on == reader.open == "Title 0"
        assert reader.list.has_focus
        assert any("First line of 0." in line for line in reader.text())
        await reader.press("g", "j", "j", "down")
        assert reader.stands_on == reader.open == "Title 3"
        await reader.press("k", "up")
        assert reader.stands_on == reader.open == "Title 1"
        await reader.press("g", "K")
        assert reader.open == "Title 0"
        assert "first" in reader.message
        await reader.press("G")
        assert reader.open == "Title 49"
        await reader.press("J")
        assert "last" in reader.message
        await reader.press("g")
        assert reader.open == "Title 0"
        await reader.press("g")
        rows = reader.list.size.height // reader.list.row_height
        await reader.press("ctrl+d")
        assert reader.list.cursor == rows // 2
        await reader.press("pagedown")
        assert reader.list.cursor == rows // 2 + rows - 1
        await reader.press("pageup", "ctrl+u")
        assert reader.list.cursor == 0


@pytest.mark.slow
async def test_j_scrolls_in_the_article_when_it_has_the_focus() -> None:
    library = WatchedLibrary([article(0, body=long_article(0)), article(1)])
    async with reading(library) as reader:
        await reader.press("enter")
        assert reader.view.has_focus
        await reader.press("j", "j")
        assert reader.view.scroll_offset.y == 2
        await reader.press("G")
        assert reader.view.is_at_end
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
        await reader.press("escape", "g", "tab")
        assert reader.view.has_focus
        await reader.press("tab")
        assert reader.list.has_focus
        await reader.press("escape", "g", "z")
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
async def test_l_and_h_lead_into_the_article_and_out_of_it() -> None:
    async with reading(size=(60, 20)) as reader:
        for into, out in (("l", "h"), ("right", "left")):
            await reader.press(into)
            assert reader.view.has_focus
            assert not shown(reader.list)
            await reader.press(out)
            assert reader.list.has_focus
            assert shown(reader.list)


@pytest.mark.slow
async def test_n_goes_to_unread_articles_beyond_known_rows_and_round_the_end() -> None:
    library = WatchedLibrary([article(i) for i in range(1_000)])
    for number in {*range(1_000)} - {5, 900}:
        library.mark(f"id{number}", read="1")
    async with reading(library) as reader:
        for key, expected in (("n", 5), ("n", 900), ("n", 5), ("N", 900), ("N", 5)):
            await reader.press(key)
            assert reader.open == f"Title {expected}"
        await reader.press("r", "n", "r", "n")
        assert reader.message == "No other unread articles in the list."
        assert reader.open == "Title 900"


@pytest.mark.slow
async def test_space_pages_through_the_article_and_goes_on_to_the_next_unread_one() -> None:
    library = WatchedLibrary([article(0, body=long_article(0)), article(1), article(2)])
    library.mark("id1", read="1")
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
    library = WatchedLibrary([article(i) for i in range(200)])
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
async def test_the_rest_of_an_article_is_not_laid_out_while_the_next_is_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, through, real = threading.Event(), threading.Event(), layouter.lay_out

    def held(job: LayoutJob, wanted: Callable[[], bool]) -> Iterator[LayoutResult]:
        results = real(job, wanted)
        yield next(results)
        if job.article.title == "Title 1":
            begun.set()
            assert through.wait(10)
        yield from results

    monkeypatch.setattr(layouter, "lay_out", held)
    library = WatchedLibrary([article(0), article(1, body=long_article(1)), article(2)])
    async with reading(library) as reader:
        await reader.pilot.press("J")
        assert await asyncio.to_thread(begun.wait, 10)
        library.hold.clear()
        await reader.pilot.press("J")
        through.set()
        while any(thread.name == "article" for thread in threading.enumerate()):
            await asyncio.sleep(0.001)
        await reader.pilot.pause()
        assert (reader.open, reader.view.page.is_complete) == ("Title 1", False)
        library.hold.set()
        await reader.settle()
        assert (reader.open, reader.view.page.is_complete) == ("Title 2", True)


@pytest.mark.slow
@pytest.mark.parametrize("articles", [0, 1])
async def test_with_one_article_or_none_every_command_can_be_run(articles: int) -> None:
    async with reading(WatchedLibrary([article(0)][:articles])) as reader:
        assert articles or any("no articles" in line.lower() for line in reader.text())
        for command in all_commands():
            if command.id not in ("quit", "edit", "browser", "guide"):
                await reader.screen.run_action(action_of(command.id))
                await reader.settle()
                while len(reader.app.screen_stack) > 1:
                    await reader.press("escape")
        assert reader.app.is_running


@pytest.mark.slow
async def test_a_file_that_is_gone_is_shown_in_its_place_and_one_can_go_on() -> None:
    library = WatchedLibrary([article(i) for i in range(3)])
    library.file(ArticleId("id1")).unlink()
    async with reading(library) as reader:
        await reader.press("J")
        assert any("1.md cannot be read" in line for line in reader.text())
        await reader.press("J")
        assert reader.open == "Title 2"


@pytest.mark.slow
async def test_the_session_is_restored_with_its_position_and_its_search() -> None:
    bodies = [f"word{i % 7}\n\n{long_article(i)}" for i in range(50)]
    library = WatchedLibrary([article(i, body=body) for i, body in enumerate(bodies)])
    async with reading(library) as reader:
        await reader.press("J", "J", "J", "enter", "ctrl+d")
        place = reader.view.position
        assert place > 0
        reader.screen.article.save_position()
        await reader.settle()
        assert library.state.session.read().article == "id3", "the place is kept without leaving"
        assert library.marks_of(3).position == place
        await reader.press("q")
    async with reading(library) as reader:
        assert reader.open == "Title 3"
        assert reader.view.position == place
        await reader.search("word3", "enter", "j", "j", "q")
    assert library.state.session.read() == LastSession(ArticleId("id17"), "word3")
    async with reading(library) as reader:
        assert reader.open == "Title 17"
        assert reader.box == "word3"
        await reader.press("escape")
        assert reader.list.total == 50
        assert reader.open == "Title 17"
    library.state.session.save(LastSession(None, "nothing-has-this"))
    async with reading(library) as reader:
        assert (reader.open, reader.box) == ("Title 0", ""), "where nothing is found none begins"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "seconds", "reads"),
    [
        (MarkRead.OPENED, 0.001, True),
        (MarkRead.OPENED, 3600.0, False),
        (MarkRead.END, 0.001, True),
        (MarkRead.BY_HAND, 0.001, False),
    ],
)
async def test_an_article_counts_as_read_as_the_settings_say(
    when: MarkRead, seconds: float, reads: bool
) -> None:
    library = WatchedLibrary([article(0, body=long_article(0)), article(1)])
    async with reading(library, Config(mark_read=when, mark_read_after=seconds)) as reader:
        await reader.press("enter")
        if when is MarkRead.END:
            assert not library.marks_of(0).read
        await reader.press("G")
        while reads and not library.marks_of(0).read:
            await reader.pilot.pause(0.01)
        await reader.settle()
        assert reader.row(0).marks.read == library.marks_of(0).read == reads


@pytest.mark.slow
async def test_no_key_quits_but_q() -> None:
    async with reading() as reader:
        await reader.press("question_mark", "ctrl+q")
        assert not reader.app._exit
        await reader.press("escape", "ctrl+q", "ctrl+c", "ctrl+z", "ctrl+d", "ctrl+backslash")
        assert not reader.app._exit
        await reader.pilot.press("q")
        await reader.pilot.pause()
        assert reader.app._exit


@pytest.mark.slow
async def test_a_chord_that_the_settings_give_quits_from_a_panel() -> None:
    async with reading(config=Config(keys={"quit": ("q", "ctrl+q")})) as reader:
        await reader.pilot.press("question_mark", "ctrl+q")
        await reader.pilot.pause()
        assert reader.app._exit

"""More like this, the same story from several sources, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import Config, MarkRead
from rilo_reader.library import Library, Row
from rilo_reader.query.parser import parse
from rilo_reader.tui.environment import Delays
from tests.support.reader import reading
from tests.support.real_library import real_library
from tests.support.watched_library import WatchedLibrary, article


def with_stories(count: int, *stories: tuple[int, ...]) -> WatchedLibrary:
    """Articles of sources of their own; those of a story have the title and text of its first."""
    first = {number: story[0] for story in stories for number in story}
    told = {number: article(number, body=f"Story {number}. " * 20) for number in first.values()}
    articles = [told.get(first.get(number, -1), article(number)) for number in range(count)]
    return WatchedLibrary(
        [
            article(number, source=f"Source {number}", title=one.title, body=one.body)
            for number, one in enumerate(articles)
        ]
    )


def a_library() -> WatchedLibrary:
    """Of fifty articles three tell the same story."""
    library = with_stories(50, (2, 5, 9))
    relate(library, {"id2": ["id20", "id30"], "id20": ["id40"], "id3": ["id10", "id4"]})
    return library


def relate(library: WatchedLibrary, about: dict[str, list[str]]) -> None:
    """Say which articles are about the same."""

    def related(article: Article, limit: int = 8) -> tuple[Row, ...]:
        rows = (library.search.row(ArticleId(name)) for name in about.get(article.id, ()))
        return tuple(row for row in rows if row is not None)

    library.search.related = related  # type: ignore[method-assign]


@pytest.mark.slow
async def test_copies_are_folded_into_one_row_with_a_count() -> None:
    async with reading(a_library()) as reader:
        assert reader.list.total == 48
        assert reader.titles[:5] == ["Title 0", "Title 1", "Title 2", "Title 3", "Title 4"]
        assert "Source 5" not in "\n".join(reader.text())
        assert reader.row(2).copies == 2
        assert "Source 2 +2" in "\n".join(reader.text())
        await reader.press("j", "j", "s")
        assert reader.row(2).marks.starred
        assert "Source 2 +2" in "\n".join(reader.text()), (
            "the count stays when the row's marks change"
        )
        assert reader.text()[0].rstrip().endswith("50")
        await reader.search("word5")
        assert "6 of 50" in reader.text()[0]
        await reader.press("escape")
        await reader.search('"source 5"')
        assert reader.row(0).source == "Source 5"
        assert reader.list.total == 1


@pytest.mark.slow
async def test_copies_further_down_are_counted_once_nobody_types() -> None:
    library = with_stories(300, (2, 5), (250, 260, 270))
    async with reading(library, delays=Delays(count_copies=0.01)) as reader:
        while reader.list.total != 297:
            await reader.settle()
        assert reader.text()[0].rstrip().endswith("300")
        await reader.press("G")
        assert reader.stands_on == "Title 299"
        assert reader.list.total == 297


@pytest.mark.slow
async def test_copies_are_read_and_starred_as_one_and_undone_as_one() -> None:
    library = a_library()
    story = [ArticleId("id2"), ArticleId("id5"), ArticleId("id9")]
    async with reading(library) as reader:
        await reader.press("J", "J", "s", "r")
        assert all(marks.starred and marks.read for marks in library.search.marks(story).values())
        assert reader.message.startswith("Marked as read, with 2 copies")
        await reader.press("u")
        assert not any(marks.read for marks in library.search.marks(story).values())
        assert all(marks.starred for marks in library.search.marks(story).values())
        await reader.press("u")
        assert not any(marks.starred for marks in library.search.marks(story).values())


@pytest.mark.slow
async def test_a_long_source_leaves_the_date_whole() -> None:
    name, old = "A source with a name of many words", datetime(2022, 7, 16, 12, tzinfo=UTC)
    library = WatchedLibrary(
        [article(i, source=name, date=old - timedelta(minutes=i)) for i in range(50)]
    )
    relate(library, {"id2": ["id20", "id30"]})
    async with reading(library, size=(80, 24)) as reader:
        await reader.press("J", "J", "m")
        assert "… · 16 Jul 2022" in "\n".join(reader.text())


@pytest.mark.slow
async def test_enter_goes_there_j_goes_on_and_escape_comes_back() -> None:
    async with reading(a_library()) as reader:
        await reader.press("J", "J", "m", "j", "j", "enter")
        assert reader.open == reader.stands_on == "Title 20"
        assert reader.view.has_focus
        await reader.press("m", "enter")
        assert reader.open == "Title 40"
        await reader.press("escape")
        assert reader.open == reader.stands_on == "Title 20"
        await reader.press("escape")
        assert reader.open == reader.stands_on == "Title 2"
        await reader.press("escape")
        assert reader.list.has_focus
        await reader.press("m", "j", "j", "enter", "J")
        assert reader.open == "Title 21"
        await reader.press("escape")
        assert reader.open == "Title 21"
        await reader.press("escape", "g", "J", "J", "m", "j", "enter")
        assert reader.screen.article.row is not None
        assert reader.screen.article.row.source == "Source 9"
        assert reader.stands_on == "Title 2"
        await reader.press("escape")
        assert reader.open == "Title 2"


@pytest.mark.slow
async def test_on_a_narrow_screen_m_is_of_the_article_at_the_cursor_of_the_list() -> None:
    library = a_library()
    library.state.save_position(ArticleId("id2"), 7, datetime.now(UTC))
    async with reading(library, size=(60, 20)) as reader:
        await reader.press("j", "j", "m")
        assert "Title 20" in "\n".join(reader.text())
        await reader.press("j", "j", "enter")
        assert reader.open == reader.stands_on == "Title 20"
        await reader.press("escape")
        assert reader.open == reader.stands_on == "Title 2"
        assert reader.screen.article.position_of(ArticleId("id2")) == 7, "as it was left"
        await reader.press("escape")
        assert reader.list.has_focus


@pytest.mark.slow
async def test_an_article_outside_the_results_opens_beside_the_list() -> None:
    library = a_library()
    async with reading(library) as reader:
        await reader.search("word3", "enter", "m", "j", "enter")
        assert reader.open == "Title 4"
        assert reader.stands_on == "Title 3"
        await reader.press("s")
        assert library.marks_of(4).starred
        await reader.press("J")
        assert reader.open == reader.stands_on == "Title 10"


@pytest.mark.slow
async def test_m_lists_copies_first_and_the_last_line_names_their_sources() -> None:
    async with reading(a_library()) as reader:
        await reader.press("m")
        assert "No similar articles" in reader.message
        assert len(reader.app.screen_stack) == 1
        await reader.press("g", "escape", "J", "J")
        await reader.until(lambda: reader.bottom.aside != "")
        assert reader.bottom.aside == "also in Source 5, Source 9 · m"
        assert "also in Source 5" in reader.text()[-1]
        await reader.press("J")
        assert reader.bottom.aside == ""
        await reader.press("g", "escape", "J", "J", "m")
        text = "\n".join(reader.text())
        order = [
            "The same story",
            "Source 5",
            "Source 9",
            "Similar articles",
            "Title 20",
            "Title 30",
        ]
        places = [text.index(each) for each in order]
        assert places[3] > places[0]
        assert places == sorted(places)


@pytest.mark.slow
async def test_a_look_marks_what_was_shown_and_its_copy_and_no_other_episode(
    tmp_path: Path,
) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    folder = tmp_path / "library"
    folder.mkdir()
    episodes = [(f"e{n}", f"Episode {n}", "A podcast", n) for n in range(1, 11)]
    for name, title, source, day in [*episodes, ("copy", "Episode 10", "A mirror", 10)]:
        head = f'title = "{title}"\nsource = "{source}"\ndate = 2024-05-{day:02}'
        (folder / f"{name}.md").write_text(f"+++\n{head}\n+++\n\n{text}\n", encoding="utf-8")
    now = Config(mark_read=MarkRead.OPENED, mark_read_after=0)
    with real_library(tmp_path, 0, folder=folder) as library:
        async with reading(library, now) as reader:
            assert reader.list.total == 10
            assert reader.text()[0].rstrip().endswith("11")
            await reader.press("enter")
            while "Episode 10" in {row.title for row in unread(library)}:
                await reader.pilot.pause(0.01)
            await reader.settle()
            assert {row.title for row in unread(library)} == {
                title for _, title, *_ in episodes[:9]
            }


def unread(library: Library) -> tuple[Row, ...]:
    return library.search.window(parse("is:unread")).rows

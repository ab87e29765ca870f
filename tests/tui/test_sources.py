"""The sources left of the list: keys, what they show, and what stays where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.config import Config, MarkRead, SavedSearch
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.schedule import after_failure
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.query.parser import parse
from rilo_reader.tui.environment import Delays, local_day
from rilo_reader.tui.panels.feeds import FeedsScreen
from rilo_reader.tui.reader.sources import SourceMemory, SourcesController, read_memory
from rilo_reader.tui.widgets.timeline import TimelineChart
from tests.support.for_each import for_each
from tests.support.reader import BY_HAND, Reader, paths_in, reading
from tests.support.watched_library import NEWEST, WatchedLibrary, article

ONE, TWO, GONE, QUIET = (
    f"https://{name}.example.org/feed" for name in ("one", "two", "gone", "quiet")
)
FEEDS = f"""\
[[feeds]]
url = "{ONE}"
title = "Source 1"
tags = ["News"]

[[feeds]]
url = "{TWO}"
title = "Source 2"
tags = ["News", "Science"]

[[feeds]]
url = "{GONE}"
title = "Gone"
tags = ["Science"]

[[feeds]]
url = "{QUIET}"
title = "Quiet"
"""


class User:
    """Somebody who follows four feeds; nine articles are of three sources, one not followed."""

    def __init__(self, folder: Path, feeds: str = FEEDS, articles: int = 9) -> None:
        self.paths = paths_in(folder)
        self.paths.feeds_file.parent.mkdir(parents=True)
        self.paths.feeds_file.write_text(feeds, "utf-8")
        self.library = WatchedLibrary([article(number) for number in range(articles)])
        now = datetime.now(UTC)
        if feeds:
            with open_collection(self.library.folder, self.paths) as collection:
                for url, name in ((ONE, "Source 1"), (TWO, "Source 2")):
                    record = collection.ledger.read_feed(url)._replace(
                        source=name, last_success=now, last_new=now
                    )
                    collection.ledger.put_feed(record)
                failed = FetchError(Failure.GONE, "It is gone for good (410).", status=410)
                gone = collection.ledger.read_feed(GONE)
                collection.ledger.put_feed(after_failure(gone, failed, now))

    def reading(  # type: ignore[no-untyped-def]  # as reading
        self, width: int = 120, config: Config = BY_HAND, today: Callable[[], date] = local_day
    ):
        return reading(
            self.library,
            config,
            paths=self.paths,
            size=(width, 30),
            delays=Delays(count_sources=0.001),
            today=today,
        )

    @property
    def memory_file(self) -> Path:
        [file] = self.paths.state.glob("*.sources.json")
        return file


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


def lines(reader: Reader) -> list[str]:
    """The lines of the sources, as they are drawn, with blanks joined."""
    found = reader.screen.widgets.sources
    assert found is not None
    strips = (found.render_line(y) for y in range(min(len(found.entries), found.size.height)))
    return [" ".join(strip.text.split()) for strip in strips if strip.text.strip()]


def line(reader: Reader) -> str:
    found = reader.screen.widgets.sources
    assert found is not None
    assert found.line is not None
    return found.line.name


def is_shown(reader: Reader) -> bool:
    found = reader.screen.widgets.sources
    return found is not None and found.display and bool(found.size.width)


@pytest.mark.slow
async def test_h_goes_to_the_sources_and_h_hides_them(user: User) -> None:
    async with user.reading() as reader:
        before = reader.text()
        await reader.press("h")
        assert lines(reader) == [
            *("▌All 9", "Unread 9", "Today 0", "Starred 0"),
            *("▾ News 6", "Source 1 3", "Source 2 3", "▾ Science ! 3", "Gone ! 0", "Source 2 3"),
            *("▾ Not followed 3", "Source 0 3", "▸ 1 without news"),
        ]
        assert not reader.list.display
        assert reader.view.display
        await reader.press("h")
        assert reader.text() == before
        await reader.press("h", "escape")
        assert reader.text() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "beside"), [(60, False), (80, False), (139, False), (140, True), (200, True)]
)
async def test_where_they_stand(user: User, width: int, beside: bool) -> None:
    async with user.reading(width) as reader:
        await reader.press("h")
        widgets = reader.screen.widgets
        assert is_shown(reader)
        assert reader.list.display == beside
        assert reader.view.display == (width >= 80)
        await reader.press("j", "enter")
        assert reader.list.has_focus
        assert is_shown(reader) == beside
        assert reader.box == "is:unread"
        assert (widgets.sources_width > 0) == beside


async def test_a_chart_of_time_beside_the_sources_takes_nothing_from_the_article(
    user: User,
) -> None:
    days = [datetime(2019, month, 20, tzinfo=UTC) for month in (1, 3, 6)]
    user.library = WatchedLibrary([article(at, date=day) for at, day in enumerate(days)])
    async with user.reading(160) as reader:
        await reader.press("h")
        before = reader.view.region.x, reader.view.size.width
        await reader.search("title", "enter")
        chart = reader.screen.query_one(TimelineChart)
        assert (chart.region.x, chart.size.width) == (reader.list.region.x, reader.list.size.width)
        assert (reader.view.region.x, reader.view.size.width) == before


@pytest.mark.slow
async def test_what_is_chosen_stands_in_the_box_and_escape_goes_back(user: User) -> None:
    async with user.reading() as reader:
        await reader.press("j", "j", "h")
        for _ in range(4):
            await reader.press("j")
        assert line(reader) == "News"
        await reader.press("enter")
        assert (reader.box, reader.list.total) == ("feeds:News", 6)
        await reader.press("h")
        assert line(reader) == "News"
        await reader.press("j", "l")
        assert (reader.box, reader.list.total) == ('source:="Source 1"', 3)
        await reader.press("escape")
        assert (reader.box, reader.stands_on) == ("", "Title 2")


@pytest.mark.slow
async def test_a_source_opens_again_in_the_order_that_it_was_left_in(user: User) -> None:
    async def open_source(reader: Reader, *keys: str) -> list[str]:
        await reader.press("h", *keys, "enter")
        assert reader.box == 'source:="Source 1"'
        return [reader.row(number).title for number in range(reader.list.total)]

    async with user.reading() as reader:
        newest = await open_source(reader, *"jjjjj")
        assert newest == ["Title 1", "Title 4", "Title 7"]
        await reader.press("O")
        assert "oldest first · 3 of 9" in reader.text()[0]
        await reader.press("escape")
        assert reader.row(0).title == "Title 0"
        assert await open_source(reader, *"jjjjj") == newest[::-1]
        await reader.press("U")
        assert reader.box == 'is:unread source:="Source 1"'
        assert reader.row(0).title == "Title 7"
        await reader.press("U")
    async with user.reading() as reader:
        assert await open_source(reader, *"jjjjj") == newest[::-1]
        await reader.press("O", "escape")
        assert await open_source(reader, *"jjjjj") == newest
    assert json.loads(user.memory_file.read_bytes())["orders"] == {}


@pytest.mark.slow
async def test_only_this_source_and_the_sources_are_one_filter(user: User) -> None:
    async with user.reading(160) as reader:
        await reader.press("h", "l", "c")
        found = reader.screen.widgets.sources
        assert found is not None
        source = reader.row(0).source
        assert found.shown_key.endswith(f'source:="{source}"')
        await reader.press("c")
        assert found.shown_key == "all"
        await reader.press("U", "h")
        assert found.shown_key == "is:unread"
        await reader.press("G", "k", "enter")
        assert reader.box == 'source:="Source 0" is:unread'
        assert found.shown_key.endswith('source:="Source 0"')


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "hints"),
    [
        (120, "J next esc all } { sources / search r read s star u undo o browser ^p commands"),
        (80, "J next esc all } { sources / search ^p commands"),
        (60, "J next esc all ^p commands"),
    ],
)
async def test_the_list_of_a_source_names_the_keys_for_others(
    user: User, width: int, hints: str
) -> None:
    async with user.reading(width) as reader:
        await reader.press("h", "j", "j", "j", "j", "enter")
        assert (reader.box, "} {" in reader.text()[-1]) == ("feeds:News", False)
        await reader.press("h", "j", "enter")
        assert " ".join(reader.text()[-1].split()) == f"{hints} ? help q quit"
        await reader.press("escape")
        assert "} {" not in reader.text()[-1]


@pytest.mark.slow
async def test_steps_show_sources_with_news_from_anywhere(user: User) -> None:
    async with user.reading() as reader:
        names = []
        for _ in range(4):
            await reader.press("right_curly_bracket")
            names.append(reader.message)
        assert names == [f"Source {at}: 3 unread articles" for at in (1, 2, 0, 1)]
        await reader.press("enter", "left_curly_bracket")
        assert reader.box == 'source:="Source 0"'
        assert reader.screen.widgets.sources is None
        user.library.state.set_read([*user.library.search.ids(parse(""))], value=True)
        await reader.press("right_curly_bracket")
        assert reader.message == "No other source has unread articles."


@pytest.mark.slow
async def test_a_step_goes_on_after_a_source_that_was_read(user: User) -> None:
    async with user.reading() as reader:
        await reader.press(*["right_curly_bracket"] * 2)
        assert reader.message == "Source 2: 3 unread articles"
        await reader.press("down")
        assert reader.message == ""
        await reader.press("A", "right_curly_bracket")
        assert reader.message == "Source 0: 3 unread articles"


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 160])
async def test_the_source_that_is_shown_is_found_below_its_folded_tag(
    user: User, width: int
) -> None:
    async with user.reading(width) as reader:
        await reader.press("h", "j", "j", "j", "j", "space", "escape")
        await reader.press("right_curly_bracket", "h")
        assert line(reader) == "Source 1"
        await reader.press("A")
        await reader.settle()
        assert user.library.search.count(parse("is:unread")) == 6
        await reader.press("right_curly_bracket")
        assert (line(reader), reader.message) == ("Source 2", "Source 2: 3 unread articles")
    assert json.loads(user.memory_file.read_text())["folded"] == {"feeds:News": True}


@pytest.mark.slow
async def test_all_of_a_line_is_read_and_comes_back(user: User) -> None:
    async with user.reading(160) as reader:
        await reader.press("h", "j", "j", "j", "j", "j")
        assert line(reader) == "Source 1"
        await reader.press("A")
        await reader.settle()
        assert lines(reader)[4:7] == ["▾ News 3", "▌ Source 1 0", "Source 2 3"]
        await reader.press("u")
        await reader.settle()
        assert lines(reader)[4:7] == ["▾ News 6", "▌ Source 1 3", "Source 2 3"]
        await reader.press("A", "escape")
        await reader.settle()
        assert lines(reader)[-1] == "▸ 2 without news"


@pytest.mark.slow
async def test_no_line_moves_under_the_cursor(user: User) -> None:
    async with user.reading(160) as reader:
        everything = [*user.library.search.ids(parse(""))]
        user.library.state.set_read(everything, value=True)
        await reader.press("h", "G")
        found = reader.screen.widgets.sources
        assert found is not None
        assert lines(reader)[4] == "Nothing unread."
        row = found.cursor - found.scroll_offset.y
        for value in (False, True, False):
            user.library.state.set_read(everything, value=value)
            reader.screen.tell(lambda each: each.on_marks_changed())
            await reader.settle()
            assert line(reader).endswith("without news")
        await reader.press("home", "j", "j", "j", "j")
        before, row = line(reader), found.cursor - found.scroll_offset.y
        user.library.state.set_read(everything, value=True)
        reader.screen.tell(lambda each: each.on_marks_changed())
        await reader.settle()
        assert (line(reader), before) == ("News", "News")
        assert row >= 0


@pytest.mark.slow
async def test_what_is_folded_and_open_is_remembered_by_library(user: User) -> None:
    async with user.reading(160) as reader:
        await reader.press("h", "j", "j", "j", "j", "space")
        assert lines(reader)[4:6] == ["▌▸ News 6", "▾ Science ! 3"]
        await reader.press("l")
    assert json.loads(user.memory_file.read_text()) == {
        "is_beside": True,
        "folded": {"feeds:News": True},
        "orders": {},
    }
    async with user.reading(160) as reader:
        await reader.settle()
        assert is_shown(reader)
        assert reader.list.has_focus
        assert lines(reader)[4] == "▸ News 6"
        await reader.press("h", "h")
        assert not is_shown(reader)
    async with user.reading(160) as reader:
        assert not is_shown(reader)


@for_each(
    "text", ["", "[]", "{", '{"folded": 3}', '{"is_beside": 1, "folded": {"a": 2}, "orders": 3}']
)
def test_what_is_remembered_may_be_broken(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    assert read_memory(tmp_path / "file") == SourceMemory()


@pytest.mark.slow
async def test_a_failing_feed_says_whose_and_why(user: User) -> None:
    async with user.reading() as reader:
        await reader.press("h", "j", "j", "j", "j", "j", "j", "j")
        assert line(reader) == "Science"
        assert reader.message.startswith("Gone: ")
        assert "(410)" in reader.message
        await reader.press("k")
        assert reader.message == ""


@pytest.mark.slow
async def test_sources_without_news_are_one_row_that_opens(user: User) -> None:
    async with user.reading() as reader:
        await reader.press("h", "G", "space")
        assert lines(reader)[-2:] == ["▌▾ 1 without news", "Quiet 0"]
        await reader.press("j", "enter")
        assert reader.message == "It has no articles yet."
        await reader.press("escape", "h")
        assert lines(reader)[-1] == "▸ 1 without news"


@pytest.mark.slow
async def test_feeds_open_at_this_one(user: User) -> None:
    async with user.reading() as reader:
        await reader.press("h", "j", "j", "j", "j", "j", "j", "j", "j", "F")
        panel = reader.app.screen
        assert isinstance(panel, FeedsScreen)
        assert panel.current_payload is not None
        assert panel.current_payload.feed is not None
        assert panel.current_payload.feed.name == "Gone"


@pytest.mark.slow
async def test_other_keys_do_what_they_always_do(user: User) -> None:
    async with user.reading(160) as reader:
        await reader.press("h", "J", "J")
        assert reader.stands_on == "Title 2"
        await reader.press("slash", "4")
        assert reader.box == "4"
        await reader.press("escape", "h", "z")
        assert not is_shown(reader)
        await reader.press("z")
        assert is_shown(reader)


@pytest.mark.slow
async def test_hidden_sources_are_never_counted(user: User) -> None:
    async with user.reading() as reader:
        await reader.press("h", "h")
        counted = reader.screen.controllers.sources._counted
        await reader.press("r", "slash", "t", "i", "t", "enter")
        await reader.settle()
        assert reader.screen.controllers.sources._counted is counted


@pytest.mark.slow
async def test_a_letter_counts_nothing(user: User) -> None:
    async with user.reading(160) as reader:
        await reader.press("h", "l")
        await reader.settle()
        counted = reader.screen.controllers.sources._counted
        await reader.press("slash", "t", "i", "t")
        await reader.settle()
        assert reader.screen.controllers.sources._counted is counted


@pytest.mark.slow
async def test_another_folder_has_its_own_sources(user: User) -> None:
    other = WatchedLibrary([article(number) for number in range(9)])
    own = user.library.folder
    async with reading(other, paths=user.paths, collects_into=own, size=(120, 30)) as reader:
        await reader.press("h")
        assert lines(reader)[4:] == ["Source 0 3", "Source 1 3", "Source 2 3"]


@pytest.mark.slow
async def test_another_day_begins_while_the_reader_is_open(user: User) -> None:
    """Also where the clock jumps back, and without a key."""
    day = NEWEST.astimezone().date()
    now = day
    async with user.reading(today=lambda: now) as reader:
        await reader.press("h")
        found = user.library.search.count(parse(f"date:{day}"))
        assert found
        assert f"Today {found}" in lines(reader)
        for days, unread in ((1, 0), (0, found), (-400, 0), (0, found)):
            now = day + timedelta(days)
            reader.controller(SourcesController).check_day()
            await reader.settle()
            assert f"Today {unread}" in lines(reader)


@pytest.mark.slow
async def test_on_another_day_a_list_of_dates_is_shown_again_and_no_other(user: User) -> None:
    now = local_day()
    async with user.reading(today=lambda: now) as reader:
        for query, is_shown_again in (("date:today", True), ("customs", False)):
            await reader.search(query, "enter")
            user.library.calls.clear()
            now += timedelta(1)
            reader.controller(SourcesController).check_day()
            await reader.settle()
            assert ("window" in user.library.calls) == is_shown_again


@pytest.mark.slow
async def test_the_palette_knows_the_sources(user: User) -> None:
    async with user.reading() as reader:
        await reader.press("enter", "colon", *"sources", "enter")
        assert reader.screen.widgets.is_in_sources
        assert line(reader) == "All"
        await reader.press("colon", *"sources", "enter")
        assert reader.list.has_focus
        assert not is_shown(reader)


async def test_without_feeds_and_articles_it_says_what_adds_one(tmp_path: Path) -> None:
    user = User(tmp_path, "", articles=0)
    async with user.reading() as reader:
        await reader.press("h")
        assert lines(reader) == [
            *("▌All 0", "Unread 0", "Today 0", "Starred 0"),
            *("No sources yet.", "a adds a feed."),
        ]


@pytest.mark.slow
async def test_saved_searches_stand_in_their_order(user: User) -> None:
    config = BY_HAND._replace(searches=(SavedSearch("two", "title:2"), SavedSearch("all", "title")))
    async with user.reading(config=config) as reader:
        await reader.press("h", "j", "j", "j", "j", "enter")
        assert (reader.box, reader.list.total) == ("title:2", 1)


@pytest.mark.slow
async def test_choosing_marks_nothing_as_read(user: User) -> None:
    config = Config(mark_read=MarkRead.OPENED, mark_read_after=0)
    async with user.reading(160, config) as reader:
        await reader.settle()
        before = user.library.search.count(parse("is:unread"))
        await reader.press("h", "j", "j", "j", "j", "j", "enter")
        await reader.settle()
        assert reader.box == 'source:="Source 1"'
        assert user.library.search.count(parse("is:unread")) >= before - 1


@pytest.mark.slow
async def test_the_mouse_shows_what_is_clicked(user: User) -> None:
    async with user.reading(160) as reader:
        await reader.press("h")
        found = reader.screen.widgets.sources
        assert found is not None
        at = [entry.text for entry in found.entries].index("Source 1")
        await reader.pilot.click(type(found), offset=(4, at))
        await reader.settle()
        assert reader.box == 'source:="Source 1"'
        assert reader.list.has_focus

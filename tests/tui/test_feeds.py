"""The panel of feeds over a real feeds.toml and ledger: what it shows, changes and undoes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.entry import Entry
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.schedule import after_failure
from rilo_reader.feeds.source_lines import SourceCounts, make_lines
from rilo_reader.feeds.status import FeedStatus
from rilo_reader.feeds.subscriptions import Subscription, load
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.tui.environment import Delays
from rilo_reader.tui.panels.feeds import (
    EMPTY_NOTE,
    ONLY_A_FEED,
    FeedsScreen,
    PanelFeeds,
    make_entries,
    make_sources_query,
)
from tests.support.at_rest import BLINK
from tests.support.reader import FedCollector, Reader, paths_in, reading
from tests.support.watched_library import WatchedLibrary, article

ONE = "https://one.example.org/feed.xml"
TWO = "https://two.example.org/feed.xml"
FEEDS = f"""\
# mine
[[feeds]]
url = "{ONE}"
title = "Source 1"  # the first
tags = ["News/Europe"]

[[feeds]]
url = "{TWO}"
title = "Two"
paused = true

[[feeds]]
url = "https://ann:secret@three.example.org/feed.xml"
title = "Three"
tags = ["News/Europe", "Science"]
"""


class User:
    """Somebody's feeds in a folder of the test's own; an article of the first has come."""

    def __init__(self, folder: Path, text: str = FEEDS) -> None:
        self.paths = paths_in(folder)
        self.file = self.paths.feeds_file
        self.file.parent.mkdir(parents=True)
        self.file.write_text(text, "utf-8")
        self.library = WatchedLibrary([article(number) for number in range(6)])
        self.folder = self.library.folder
        now = datetime.now(UTC)
        with open_collection(self.folder, self.paths) as collection:
            collection.save_entries(
                Origin(ONE, "Source 1"), [Entry(key="1", title="First")], now=now
            )
            failed = FetchError(Failure.GONE, "It is gone for good (410).", status=410)
            url = "https://three.example.org/feed.xml"
            collection.ledger.put_feed(after_failure(collection.ledger.read_feed(url), failed, now))

    def reading(  # type: ignore[no-untyped-def]  # as reading
        self,
        collector: FedCollector | None = None,
        size: tuple[int, int] = (120, 24),
        **more: Any,
    ):
        return reading(
            self.library,
            paths=self.paths,
            collects_into=self.folder,
            collector=collector,
            size=size,
            **more,
        )

    @property
    def text(self) -> str:
        return self.file.read_text("utf-8")

    def tags(self, url: str) -> tuple[str, ...]:
        return next(each.tags for each in load(self.file)[0] if each.url == url)


def panel(reader: Reader) -> FeedsScreen:
    assert isinstance(reader.app.screen, FeedsScreen)
    return reader.app.screen


def names(reader: Reader) -> list[str]:
    return [entry.text for entry in panel(reader).entries]


@pytest.mark.slow
async def test_feeds_stand_below_their_tags_with_what_is_unread_and_what_is_wrong(
    tmp_path: Path,
) -> None:
    async with User(tmp_path).reading() as reader:
        await reader.press("F")
        entries = panel(reader).entries
        tags = [
            "With problems",
            "  Three",
            "News/Europe",
            "  Source 1",
            "  Three",
            "Science",
            "  Three",
            "Without a tag",
            "  Two",
        ]
        assert names(reader) == tags
        assert [entry.right_text for entry in entries[2:4]] == ["2", "2"]
        assert entries[2].detail == "1 with problems"
        for place in (1, 4):
            assert entries[place].is_wrong
            assert "gone for good" in entries[place].detail
        assert entries[8].detail == "It is paused."
        assert "https://three.example.org/feed.xml" in panel(reader).note
        await reader.press("j", "j", "j")
        assert "https://three.example.org/feed.xml" in panel(reader).note
        assert "secret" not in "\n".join(reader.text())
        await reader.press("k", "enter")
        assert reader.screen.results.question.text == 'source:="Source 1"'
        assert reader.titles == ["Title 1", "Title 4"]
        await reader.press("escape", "F", "j", "enter")
        assert reader.titles == ["Title 1", "Title 4"]
        await reader.press("F", "G", "enter")
        assert "It has no articles yet" in panel(reader).message


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "wide"), [(80, 80), (120, 108), (200, 180)])
async def test_the_panel_takes_the_room_that_there_is(
    tmp_path: Path, columns: int, wide: int
) -> None:
    async with User(tmp_path).reading(size=(columns, 24)) as reader:
        await reader.press("F")
        assert panel(reader).query_one("#panel").region.width == wide


@pytest.mark.slow
async def test_what_was_asked_for_before_may_be_shown_while_the_panel_opens(tmp_path: Path) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        subscribing = reader.screen.controllers.feeds
        feeds = subscribing._read_feeds()
        subscribing._show_feeds(feeds)
        reader.screen.widgets.show_message("Starred")
        subscribing._show_feeds(feeds)
        await reader.settle()
        assert any("Source 1" in line for line in reader.text())
        assert reader.message == "Starred"


@pytest.mark.slow
async def test_feeds_and_tags_are_changed_and_all_is_undone(tmp_path: Path) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await reader.press("F", "j")
        for key in ("p", "m", "d", "t"):
            await reader.press("j", "k", key)
            assert panel(reader).message == ONLY_A_FEED
        assert user.text == FEEDS
        await reader.press("r", "ctrl+u")
        await reader.type("World")
        await reader.press("enter")
        assert user.tags(ONE) == ("World",)
        assert names(reader)[2:7] == ["Science", "  Three", "World", "  Source 1", "  Three"]
        await reader.press("u")
        assert user.text == FEEDS
        await reader.press("g", "j", "j", "p")
        assert "paused = true" in user.text.partition(TWO)[0]
        await reader.press("r", *["backspace"] * 20)
        await reader.type("My own")
        await reader.press("enter")
        assert 'title = "My own"' in user.text
        assert "  My own" in names(reader)
        await reader.press("g", "j", "j", "t", "ctrl+u")
        await reader.paste("Far, Near/By")
        await reader.press("enter")
        assert user.tags(ONE) == ("Far", "Near/By")
        assert names(reader)[2] == "Far"
        await reader.press("g", "j", "j", "d")
        assert ONE not in user.text
        assert "undoes it" in panel(reader).message
        await reader.press("u", "u", "u", "u")
        assert user.text == FEEDS
        user.file.write_text("nothing = 1\n", "utf-8")
        await reader.press("p")
        assert "feeds.toml could not be changed" in reader.message


@pytest.mark.slow
async def test_headers_of_a_feed_are_given_in_a_form_and_undone(tmp_path: Path) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await reader.press("F", "j", "j", "h")
        await reader.paste("session=1")
        await reader.press("enter")
        assert "line 1 is not a header" in reader.app.screen.query_one("#note").render().plain
        await reader.press("ctrl+u")
        await reader.paste("Cookie: session=1")
        await reader.press("tab")
        await reader.paste("pass show 'a b'")
        await reader.press("enter")
        assert 'headers = { Cookie = "session=1" }' in user.text
        assert 'header_command = ["pass", "show", "a b"]' in user.text
        assert "session=1" not in panel(reader).message
        await reader.press("u")
        assert user.text == FEEDS


@pytest.mark.slow
async def test_one_feed_or_all_under_a_tag_are_fetched_now(tmp_path: Path) -> None:
    collector = FedCollector()
    async with User(tmp_path).reading(collector) as reader:
        await reader.press("F", "j", "j", "R")
        assert collector.verbs == [("refresh", "--json", ONE)]
        await reader.press("R")
        assert "already running" in panel(reader).message
        collector.end({"feeds": 1, "new": 0, "failed": 0, "finished": True})
        await reader.settle()
        assert "Nothing new" in panel(reader).message


@pytest.mark.slow
async def test_the_articles_of_a_muted_feed_are_hidden_until_it_is_shown_again(
    tmp_path: Path,
) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await reader.press("F", "j", "j", "m", "escape")
        assert "muted = true" in user.text
        assert reader.titles == ["Title 0", "Title 2", "Title 3", "Title 5"]
        await reader.press("u")
        assert len(reader.titles) == 6
    user.file.write_text(FEEDS.replace('title = "Source 1"', "muted = true"), "utf-8")
    async with user.reading() as reader:
        assert len(reader.titles) == 4


@pytest.mark.slow
async def test_a_feed_that_another_process_mutes_is_hidden_and_stays_unread(tmp_path: Path) -> None:
    user, muted = User(tmp_path), FEEDS.replace('title = "Source 1"', "muted = true")
    async with user.reading(delays=Delays(marks=2 * BLINK), follows=True) as reader:
        user.file.write_text(muted, "utf-8")
        await reader.until(lambda: reader.list.total == 4)
        await reader.press("A")
        user.file.write_text(FEEDS, "utf-8")
        await reader.until(lambda: reader.list.total == 6)
        rows = [reader.row(number) for number in range(6)]
        assert [row.title for row in rows if not row.marks.read] == ["Title 1", "Title 4"]


@pytest.mark.slow
async def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    async with User(tmp_path, "[[feeds]]\nurl = 3\n").reading() as reader:
        await reader.press("F")
        assert panel(reader).note.startswith("feeds.toml, line 2, feeds.url: ")


@pytest.mark.slow
async def test_without_feeds_the_panel_teaches_also_on_a_narrow_screen(tmp_path: Path) -> None:
    async with User(tmp_path, "").reading() as reader:
        await reader.pilot.resize_terminal(40, 10)
        await reader.press("F")
        assert panel(reader).note.startswith(EMPTY_NOTE)
        assert "you read." in " ".join(" ".join(reader.text()).replace("│", "").split())
        await reader.press("j", "enter", "r", "t", "p", "d", "escape")
        assert reader.app.screen is reader.screen


@pytest.mark.slow
async def test_one_key_shows_only_the_source_and_again_all() -> None:
    articles = [article(number, **({"source": ""} if number == 0 else {})) for number in range(6)]
    async with reading(WatchedLibrary(articles)) as reader:
        await reader.press("c")
        assert reader.message == "This article has no source."
        await reader.press("j", "c")
        assert reader.screen.results.question.text == 'source:="Source 1"'
        assert reader.titles == ["Title 1", "Title 4"]
        await reader.press("c")
        assert reader.screen.results.question.text == ""
        assert reader.stands_on == "Title 1"
        assert len(reader.titles) == 6


async def test_keys_stay_beside_what_was_done(tmp_path: Path) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await reader.press("F", "j", "j")
        before = panel(reader).keys_line
        height = panel(reader).query_one("#panel").size.height
        for key in ("p", "u", "m"):
            await reader.press(key)
            assert panel(reader).message
            assert panel(reader).keys_line == before
            assert panel(reader).query_one("#panel").size.height == height, "nothing moves"
        shown = reader.text()
        said = next(row for row, line in enumerate(shown) if "Muted Source 1" in line)
        assert "enter show" in shown[said + 1]
        await reader.press("j")
        assert not panel(reader).message


def test_a_tag_counts_what_its_query_finds_as_the_sources_do() -> None:
    feeds = [
        FeedStatus(Subscription(f"https://{name}.example.org/", tags=tags), name, name)
        for name, tags in (("A", ("news",)), ("B", ("News/tech",)), ("C", ("newspapers",)))
    ]
    unread = {"A": 15, "B": 8, "C": 1}
    entries = make_entries(PanelFeeds(feeds, unread))
    in_panel = {one.text: one.right_text for one in entries if one.payload and one.payload.is_tag}
    assert in_panel == {"news": "23", "News/tech": "8", "newspapers": "1"}
    lines = make_lines(feeds, (), SourceCounts(by_source=unread))
    in_sources = {line.name: str(line.number) for line in lines if line.is_open is not None}
    assert in_sources == in_panel


def test_the_query_of_sources_finds_each_whole() -> None:
    assert make_sources_query(["A b", "C"]) == 'source:="A b" OR source:="C"'
    assert make_sources_query([]) == ""


@pytest.mark.slow
async def test_a_limit_that_no_plugin_heeds_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "plugins_with", lambda _: [])
    user = User(tmp_path)
    async with user.reading() as reader:
        await reader.press("F", "j", "j")
        assert "m mute" in panel(reader).keys_line
        assert "l limit" not in panel(reader).keys_line
        await reader.press("l")
        assert isinstance(reader.app.screen, FeedsScreen)

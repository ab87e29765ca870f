"""Refreshing and adding in the reader, told by a collector that the test feeds."""

from __future__ import annotations

import asyncio
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from rilo_reader.config import SEARCHES, Config, MarkRead, SavedSearch, load
from rilo_reader.extras import PAGES
from rilo_reader.feeds.progress import Summary
from rilo_reader.library import Progress, open_library
from rilo_reader.query.parser import parse
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.tui.children import Addable, Discovery, decode_report
from rilo_reader.tui.environment import REOPEN
from rilo_reader.tui.panels.additions import LIST_NOTE, PAGE_NOTE, AddScreen
from rilo_reader.tui.reader.refresh import describe_summary
from tests.support.reader import BY_HAND, FedCollector, FedIndexer, Reader, paths_in, reading
from tests.support.watched_library import NEWEST, WatchedLibrary, article

FEED = "https://example.org/feed.xml"
ESCAPES = "\x1b]0;mine\x07"


def ended(state: str = "saved", *new: str, **also: object) -> dict[str, object]:
    return {"url": FEED, "name": "Example", "state": state, "new": list(new), **also}


def summed(**also: object) -> dict[str, object]:
    return {"feeds": 1, "done": 1, "new": 0, "failed": 0, "finished": True, **also}


def add_panel(reader: Reader) -> AddScreen:
    assert isinstance(reader.app.screen, AddScreen)
    return reader.app.screen


# -- refresh ------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_what_rules_did_is_told_and_undone(tmp_path: Path) -> None:
    collector, file = FedCollector(), tmp_path / "one.md"
    file.write_text("# One\n\nText.\n")
    with open_library(tmp_path, paths_in(tmp_path / "user")) as library:
        for _ in library.follower.reconcile():
            pass
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("s", "R")
            [row] = library.search.window(parse(""), 0, 1).rows
            given = [Assignment("read", "1", Ids([row.id]))]
            done = library.state.apply_assignments(given, actor="Rule All")  # as the child does
            assert done
            await reader.end(collector, summed(new=1, rules="Rule All: 1 read"))
            assert reader.message == "1 new article. Rule All: 1 read · u undoes it"
            await reader.press("u")
            assert reader.message == "Undone: Rule All: marked One as read"
            assert library.state.ids_with("read") == []
            assert library.state.ids_with("starred") == [row.id]
            await reader.press("u")
            assert library.state.ids_with("starred") == []


async def test_a_refresh_says_how_far_it_is_and_what_it_came_to() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("R")
        assert collector.verbs == [("refresh", "--json")]
        assert reader.bottom.fetching == "Refreshing…"
        how_far = {"name": "home", "state": "reading", "reason": "1,200 of 10,000 articles"}
        await reader.report(collector, how_far)
        assert reader.bottom.fetching == "Refreshing home: 1,200 of 10,000 articles"
        await reader.report(
            collector, ended("fetching"), ended("saved", "a.md", "b.md"), ended("failed")
        )
        assert reader.bottom.fetching == "Refreshing: 2 feeds · 2 new · 1 failed"
        await reader.end(collector, summed(feeds=2, new=2, failed=1))
        assert reader.bottom.fetching == ""
        assert reader.message == "2 new articles; Example failed; F shows why."
        assert reader.bottom.news == "2 new · . shows them"
        await reader.press("R", "q")
    assert collector.closed == 1, "leaving ends one that is under way"


@pytest.mark.slow
async def test_new_articles_that_were_read_are_no_longer_counted() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("R")
        await reader.report(collector, ended("saved", "0.md", "1.md"))
        await reader.end(collector, summed(feeds=1, new=2))
        assert reader.bottom.news == "2 new · . shows them"
        await reader.press("r")
        await reader.until(lambda: reader.bottom.news == "1 new · . shows them")
        await reader.press("A")
        await reader.until(lambda: not reader.bottom.news)


class Finishing(FedCollector):
    """Ends once the test lets it finish what it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.through = asyncio.Event()

    async def close(self) -> None:
        await self.through.wait()
        await super().close()


@pytest.mark.slow
async def test_the_key_pressed_again_stops_the_refresh() -> None:
    collector = Finishing()
    async with reading(collector=collector) as reader:
        await reader.press("R")
        await reader.report(collector, ended("saved", "a.md", "b.md"))
        await reader.pilot.press("R", "R", "j")
        assert reader.bottom.fetching == "Stopping the refresh; new articles so far are kept."
        assert reader.stands_on == "Title 1"
        collector.through.set()
        await reader.settle()
        assert collector.closed == 1
        assert reader.bottom.fetching == ""
        assert reader.message == "Refresh stopped: 2 new articles"
        await reader.press("R")
        assert len(collector.verbs) == 2
        await reader.press("R")
        assert reader.message == "Refresh stopped: nothing new"


async def test_elsewhere_than_in_the_first_library_the_key_says_where_feeds_go(
    tmp_path: Path,
) -> None:
    collector, first = FedCollector(), tmp_path / "news"
    config = Config(mark_read=MarkRead.BY_HAND, refresh_every=5, folders=(first,))
    async with reading(config=config, collector=collector, paths=paths_in(tmp_path)) as reader:
        await reader.settle()
        assert reader.message == ""
        await reader.press("R")
        assert collector.verbs == []
        assert reader.message == (
            f"Feeds are not fetched into this folder; R again fetches them into {first}"
        )
        collector.end(ended("saved", "a.md"), summed(new=1))
        await reader.press("R")
        assert collector.verbs == [("refresh", "--json", "--library", str(first))]
        assert reader.message == f"1 new article. See {first}"
        assert reader.bottom.news == ""


async def test_what_went_wrong_and_what_is_missing_is_said_without_control_characters() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("full_stop")
        assert reader.message == "There are no new articles."
        collector.end(summed(feeds=0))
        await reader.press("R")
        assert reader.message == "You follow no feeds yet; a adds one."
        collector.end({"error": f"Another refresh {ESCAPES}is under way."})
        await reader.press("R")
        assert reader.message == "Another refresh ]0;mineis under way."
        collector.end(summed(offline=True))
        await reader.press("R")
        assert reader.message == "Nothing could be reached: is this computer connected?"


@pytest.mark.slow
async def test_what_is_new_moves_nothing_until_it_is_asked_for() -> None:
    library = WatchedLibrary([article(number) for number in range(50)])
    collector, indexer = FedCollector(), FedIndexer()
    async with reading(library, collector=collector, indexer=indexer) as reader:
        await reader.press("j", "j", "j")
        before = reader.open, reader.list.cursor_line
        fresh = article(900, title="Fresh", date=NEWEST.replace(year=2026), path="new.md")
        library.change_articles([fresh, *(article(number) for number in range(50))])
        collector.end(ended("saved", "new.md"), summed(new=1))
        await reader.press("R")
        indexer.report(Progress(1, 1, committed=True, finished=True))
        await reader.settle()
        await reader.settle()
        assert (reader.open, reader.list.cursor_line) == before
        await reader.search("word3", "enter", "full_stop")
        assert reader.stands_on == reader.open == "Fresh"
        assert reader.box == ""
        assert reader.bottom.news == ""


async def test_saved_searches_are_as_a_refresh_has_left_them(tmp_path: Path) -> None:
    collector, paths = FedCollector(), paths_in(tmp_path)
    SEARCHES.put(paths.settings_file, SavedSearch("mine", f'source:="{FEED}"'))
    config = load(paths.settings_file)[0]
    async with reading(config=config, collector=collector, paths=paths) as reader:
        await reader.press("R")
        SEARCHES.put(paths.settings_file, SavedSearch("mine", 'source:="Example"'))
        await reader.end(collector, summed(new=1))
        assert reader.screen.results.saved_queries == {"mine": 'source:="Example"'}


async def test_a_refresh_by_itself_changes_no_line_without_need() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        bottom = reader.bottom
        reader.screen.controllers.feeds.refresh.start_refresh(quiet=True)
        await reader.report(collector, ended("fetching"), ended("unchanged"), ended("failed"))
        assert (bottom.fetching, reader.message) == ("", "")
        await reader.report(
            collector, {"name": "home", "state": "reading", "reason": "500 of 900 articles"}
        )
        assert bottom.fetching == "Refreshing home: 500 of 900 articles"
        # The key shows what is under way, rather than to stop what nobody has seen.
        await reader.press("R")
        assert (bottom.fetching, collector.closed) == ("Refreshing…", 0)
        await reader.report(collector, ended("unchanged"))
        assert bottom.fetching == "Refreshing: 3 feeds · 1 failed"
        await reader.end(collector, summed(failed=1))
        assert reader.message == "Nothing new; Example failed; F shows why."


async def test_a_feed_that_is_not_asked_after_a_failure_is_named_where_somebody_asks() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        skips = (ended("skipped", failure="back-off"), ended("skipped", failure="not due"))
        collector.end(*skips, summed(skipped=2))
        await reader.press("R")
        await reader.settle()
        assert reader.message == "Nothing new; 1 feed waits after a failure; F shows why."


async def test_a_failure_is_not_shown_again_by_itself() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        refresh = reader.screen.controllers.feeds.refresh
        for end, shown in (
            (summed(failed=1), "Nothing new; 1 feed failed; F shows why."),
            (summed(failed=1), ""),
            (summed(failed=1, new=2), "2 new articles."),
            (summed(), ""),
            (summed(failed=1), "Nothing new; 1 feed failed; F shows why."),
            ({"error": "The disk is full."}, "The disk is full."),
            ({"error": "The disk is full."}, ""),
        ):
            reader.bottom.clear()
            collector.end(end)
            refresh.start_refresh(quiet=True)
            await reader.settle()
            assert reader.message == shown
        collector.end(summed(failed=1))
        refresh.start_refresh(quiet=True)
        await reader.settle()
        collector.end(summed(failed=1))
        await reader.press("R")
        await reader.settle()
        assert reader.message == "Nothing new; 1 feed failed; F shows why."


@pytest.mark.slow
async def test_the_setting_refreshes_again_and_again() -> None:
    collector = FedCollector()
    # A fraction of a minute, so that nobody waits for whole ones.
    config = Config(mark_read=MarkRead.BY_HAND, refresh_every=0.01)  # type: ignore[arg-type]
    async with reading(config=config, collector=collector) as reader:
        for count in (2, 3):
            collector.end(summed())
            while len(collector.verbs) < count:
                await reader.pilot.pause(0.1)
        assert reader.message == ""
    assert set(collector.verbs) == {("refresh", "--json")}


async def test_the_guide_makes_room_for_the_first_articles(tmp_path: Path) -> None:
    collector = FedCollector()
    async with reading(collector=collector, collects_into=tmp_path) as reader:
        collector.end(ended("saved", "a.md"), summed(new=1))
        await reader.press("R")
        await reader.settle()
        app = reader.app
    assert app.return_code == REOPEN


def test_a_refresh_is_summed_up_in_words() -> None:
    some = Summary(9)
    assert describe_summary(some, "F") == "Nothing new."
    assert describe_summary(some._replace(new=1), "F") == "1 new article."
    assert (
        describe_summary(Summary(9, new=1200, failed=2), "")
        == "1,200 new articles; 2 feeds failed."
    )
    one = some._replace(failed=1)
    assert describe_summary(one, "F") == "Nothing new; 1 feed failed; F shows why."
    assert describe_summary(one, "F", "home") == "Nothing new; home failed; F shows why."
    waits = "Nothing new; 1 feed waits after a failure; F shows why."
    assert describe_summary(some, "F", waiting=1) == waits
    assert describe_summary(one, "F", waiting=2).endswith(
        "2 feeds wait after a failure; F shows why."
    )
    cut = some._replace(incomplete=1)
    assert describe_summary(cut, "F") == "1 feed came incomplete; F shows why."
    both = "2 new articles; 1 feed failed; 1 feed came incomplete."
    assert describe_summary(cut._replace(new=2, failed=1), "") == both


# -- add ----------------------------------------------------------------------------------------

LOOKED = {
    "url": "https://example.org/",
    "feeds": [{"url": FEED, "title": "All \x1bnews"}, {"url": f"{FEED}?2", "title": ""}],
    "page": {"url": "https://example.org/", "title": "A page"},
}


def test_what_was_found_is_cleaned_and_ends_with_the_page() -> None:
    page = Addable("https://example.org/", "A page", is_page=True)
    assert decode_report(LOOKED) == Discovery(
        (Addable(FEED, "All news"), Addable(f"{FEED}?2"), page)
    )
    assert decode_report({"feeds": "no", "page": 3}) == Discovery(())


@pytest.mark.slow
async def test_an_address_is_looked_at_and_a_feed_is_chosen() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a")
        await reader.paste("example.org")
        await reader.press("tab")
        await reader.paste("News, Science/Space")
        await reader.press("enter")
        assert collector.verbs == [("add", "--look", "--json", "--", "example.org")]
        assert "Looking" in add_panel(reader).note
        await reader.end(collector, LOOKED)
        names = [entry.text for entry in add_panel(reader).entries]
        assert names == ["All news", f"{FEED}?2", "This page, as an article"]
        await reader.press("j", "k", "enter")
        tags = ("--tag", "News", "--tag", "Science/Space")
        assert collector.verbs[1] == ("add", "--feed", "--json", *tags, "--", FEED)
        end = {"finished": True, "followed": True, "name": "Example", "new": 2}
        await reader.end(collector, ended("saved", "a.md", "b.md"), end)
        assert reader.app.screen is reader.screen
        assert reader.message == "You now follow Example: 2 articles."
        assert reader.bottom.news == "2 new · . shows them"
        await reader.press("R", "q")
    assert collector.closed == 1, "leaving ends one that is under way"


@pytest.mark.slow
async def test_without_the_extra_pages_a_page_with_one_feed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not followed at once: somebody may have meant the page."""
    monkeypatch.setitem(sys.modules, PAGES.module, None)  # what Python takes for not installed
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        one = {
            "feeds": [{"url": FEED, "title": "All news"}],
            "page": None,
            "problem": PAGES.install_advice,
        }
        collector.end({**LOOKED, **one})
        await reader.press("a", "x", "enter")
        await reader.settle()
        assert [entry.text for entry in add_panel(reader).entries] == ["All news"]
        assert add_panel(reader).note == PAGES.install_advice
        collector.end({**one, "feeds": [], "problem": PAGES.install_advice})
        await reader.press("escape", "enter")
        await reader.settle()
        said = f"There is no feed at this address. {PAGES.install_advice}\n{LIST_NOTE}"
        assert add_panel(reader).note == said


@pytest.mark.slow
async def test_a_page_without_feeds_is_named_as_one_and_kept_as_an_article() -> None:
    collector = FedCollector()
    async with reading(collector=collector, size=(80, 24)) as reader:
        collector.end({**LOOKED, "feeds": []})
        await reader.press("a", "x", "enter")
        assert [entry.text for entry in add_panel(reader).entries] == ["This page, as an article"]
        assert add_panel(reader).note == f"{PAGE_NOTE} {LIST_NOTE}"
        await reader.press("enter")
        assert collector.verbs[1] == ("add", "--page", "--json", "--", "https://example.org/")
        end = {"finished": True, "path": "a.md", "title": "A page", "new": 1}
        await reader.end(collector, end)
        assert reader.message == "Saved: A page"


@pytest.mark.slow
async def test_a_feed_by_its_own_address_needs_no_choice() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        collector.end({"url": FEED, "feeds": [{"url": FEED, "title": "One"}], "page": None})
        await reader.press("a", "x", "enter")
        await reader.settle()
        assert collector.verbs[1][:3] == ("add", "--feed", "--json")
        await reader.end(collector, {"finished": True, "followed": False, "name": "One", "new": 0})
        assert reader.message == "You already follow One."


@pytest.mark.slow
async def test_a_fault_is_shown_in_place_and_the_address_can_be_mended() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a", "enter")
        assert "address first" in add_panel(reader).note
        await reader.type("jkq")
        assert add_panel(reader).boxes[0].value == "jkq", "every key types"
        await reader.press("ctrl+u")
        collector.end({"error": f"There is no {ESCAPES}server of that name."})
        await reader.press("x", "enter")
        await reader.settle()
        assert add_panel(reader).note == "There is no ]0;mineserver of that name."
        collector.end({"url": "x", "feeds": [], "page": None})
        await reader.press("y", "enter")
        await reader.settle()
        assert collector.verbs[-1][-1] == "xy"
        assert "no feed and no article" in add_panel(reader).note


@pytest.mark.slow
async def test_what_is_asked_is_shown_line_by_line_and_how_long_it_may_take() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a")
        await reader.paste("slow.example")
        await reader.press("enter")
        form = add_panel(reader)
        await reader.report(collector, {"asking": "Asking https://slow.example", "seconds": 60})
        assert form.note.startswith("Asking https://slow.example… ")
        assert "… at most " in form.note
        await reader.report(collector, {"asking": "Asking http://slow.example", "seconds": 10})
        first, second = form.note.splitlines()
        assert first == "Asking https://slow.example"
        assert second.startswith("Asking http://slow.example… ")
        await reader.end(collector, {"error": "slow.example: it does not answer."})
        assert form.note == "slow.example: it does not answer."


@pytest.mark.slow
async def test_escape_stops_what_is_under_way_then_closes() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a", "x", "enter", "escape")
        assert collector.closed == 1
        assert add_panel(reader).note == "Stopped."
        await reader.press("escape")
        assert reader.app.screen is reader.screen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reports", "note"),
    [
        ((), ""),  # it had not begun
        ((ended("fetching"),), "You now follow Example; its articles come with the next refresh."),
        ((ended("fetching"), {"followed": False, "new": 0, "finished": True}), ""),
        ((ended("saved", "a.md"),), "You now follow Example: 1 article."),
    ],
)
@pytest.mark.parametrize("closes", [False, True])
async def test_escape_while_a_feed_is_added_says_what_came_of_it(
    reports: tuple[dict[str, object], ...], note: str, closes: bool
) -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a")
        await reader.paste("example.org")
        await reader.press("enter")
        feed = {"url": FEED, "title": "Example", "type": "rss"}
        await reader.end(collector, {"url": FEED, "feeds": [feed], "page": None, "problem": None})
        await reader.report(collector, *reports)
        form = add_panel(reader)
        await reader.press("escape", *(["escape"] if closes else []))
        if note:
            assert reader.message == note
        elif not closes:
            assert form.note == "Stopped."
        assert (reader.app.screen is form) == (not note and not closes)


@pytest.mark.slow
async def test_letters_typed_while_it_fetches_are_no_tags() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("a")
        await reader.paste("example.org")
        await reader.press("tab")
        await reader.type("News")
        await reader.press("enter")
        await reader.type("jjk")
        feed = {"url": FEED, "title": "Example", "type": "rss"}
        await reader.end(collector, {"url": FEED, "feeds": [feed], "page": None, "problem": None})
        await reader.type("xyz")
        assert add_panel(reader).answers[:2] == ("example.org", "News")
        tags = [tag for flag, tag in pairwise(collector.verbs[-1]) if flag == "--tag"]
        assert tags == ["News"]


@pytest.mark.slow
async def test_another_folder_says_where_feeds_go_and_enter_follows_them_there(
    tmp_path: Path,
) -> None:
    collector, first = FedCollector(), tmp_path / "library"
    config = BY_HAND._replace(folders=(first,))
    async with reading(config=config, collector=collector, size=(120, 40)) as reader:
        await reader.press("a")
        note = " ".join(add_panel(reader).note.split())
        assert f"Feeds go into your library, {first}, not into {reader.library.folder}" in note
        feed = {"url": "https://example.org/feed", "title": "A feed"}
        collector.end({"url": "https://example.org/", "feeds": [feed], "page": None})
        await reader.type("example.org")
        await reader.press("enter")
        followed = collector.verbs[-1]
        assert followed[:2] == ("add", "--feed")
        assert followed[followed.index("--library") + 1] == str(first)

"""A refresh against real servers: what comes, what is kept, and what each answer changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from rilo_reader.config import MUTES, SEARCHES, Mute, SavedSearch, load
from rilo_reader.extras import PAGES
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.progress import INCOMPLETE, FeedProgress, Phase, Summary
from rilo_reader.feeds.schedule import CUT, SkipReason
from rilo_reader.feeds.status import Standing, feed_mutes, read_sources
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update import interleave_hosts, update_feeds
from rilo_reader.feeds.update_request import update_request
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchLimits, Request, Response
from rilo_reader.hooks import Plugin
from rilo_reader.store.folder import read_article
from rilo_reader.workers import WorkerPool
from tests.feeds.world import PAGE, World, rss
from tests.support.servers import serving


@pytest.fixture
def world(tmp_path: Path, pool: WorkerPool) -> Iterator[World]:
    with serving() as server:
        yield World(tmp_path, server, pool)


def standing(world: World) -> list[tuple[Standing, str]]:
    """How the feeds stand, in words."""
    return [(each.standing, each.sentence) for each in world.listed()]


def test_saved_searches_go_on_finding_a_feed_under_its_new_name(world: World) -> None:
    feed = world.follow("/feed", page=rss("One"))
    file = world.paths.settings_file
    SEARCHES.put(file, SavedSearch("mine", f'is:unread (source:="{feed.url}" OR tag:x)'))
    MUTES.put(file, Mute(f'source:="{feed.url}"'))
    world.refresh()
    config = load(file)[0]
    assert config.searches[0].query == 'is:unread (source:="A Feed" OR tag:x)'
    assert config.mutes == (Mute('source:="A Feed"'),)
    subscriptions.change(world.feeds_file, feed.url, title='The "Feed"')
    world.refresh(force=True)
    assert load(file)[0].searches[0].query == 'is:unread (source:"the feed" OR tag:x)'


def test_a_refresh_says_that_saved_searches_cannot_follow_a_name(world: World) -> None:
    feed = world.follow("/feed", page=rss("One"))
    file = world.paths.settings_file
    file.write_text(f"searches = [{{name = 'a', query = 'source:=\"{feed.url}\"'}}]\n")
    before = file.read_bytes()
    [end] = world.refresh()
    assert end.state is Phase.SAVED
    assert file.read_bytes() == before
    with open_collection(world.folder, world.paths) as collection:
        [notice] = collection.take_notices()
    assert str(file) in notice
    assert "by hand" in notice


def test_entries_come_and_stay_when_the_feed_drops_them(world: World) -> None:
    world.follow("/feed", page=rss("One", "Two"), etag='"1"')
    [end] = world.refresh()
    assert (end.state, len(end.new), end.name) == (Phase.SAVED, 2, "A Feed")
    world.server.page("/feed", rss("Three"), etag='"2"')
    [end] = world.refresh()
    assert (end.state, len(end.new)) == (Phase.SAVED, 1)
    assert world.titles() == {"One", "Two", "Three"}


def test_a_feed_that_ends_in_the_middle_says_so_and_is_asked_again(world: World) -> None:
    world.follow("/feed")
    whole = rss("One", "Two", "Three")
    for _ in range(2):
        world.server.page("/feed", whole[: whole.index(b"Three")], etag='"1"')
        [end] = world.refresh(force=True)
        assert (end.reason, end.failure) == (CUT, INCOMPLETE)
        assert end.news_text.endswith(CUT)
        assert world.titles() == {"One", "Two"}
        assert Summary(1).add_report(end)._replace(new=0) == Summary(1, done=1, incomplete=1)
        assert standing(world) == [(Standing.INCOMPLETE, CUT)]
    world.server.page("/feed", whole, etag='"1"')
    [end] = world.refresh(force=True)
    assert (end.state, len(end.new), end.failure) == (Phase.SAVED, 1, "")
    assert standing(world) == [(Standing.WELL, "")]


def test_an_unchanged_feed_is_asked_with_its_marks_and_costs_nothing(world: World) -> None:
    world.follow("/feed")
    changed = "Sat, 07 Mar 2026 00:00:00 GMT"
    world.server.page("/feed", rss("One"), etag='"1"', last_modified=changed)
    world.refresh()
    assert world.refresh()[0].state is Phase.UNCHANGED
    headers = world.server.asked[-1].headers
    assert headers["if-none-match"] == '"1"'
    assert headers["if-modified-since"] == changed


def test_another_limit_or_full_text_asks_for_the_whole_answer_again(world: World) -> None:
    feed = world.follow("/feed", limit=1, page=rss("One", "Two", "Three"), etag='"1"')
    assert len(world.refresh()[0].new) == 1
    subscriptions.change(world.feeds_file, feed.url, limit=0)
    assert len(world.refresh()[0].new) == 2


def test_what_is_gone_is_dead_and_tells_why(world: World) -> None:
    world.follow("/feed")
    world.server.page("/feed", status=410)
    [end] = world.refresh()
    assert (end.state, end.failure) == (Phase.FAILED, "gone")
    asked = len(world.server.asked)
    [end] = world.refresh()
    assert (end.state, end.failure, len(world.server.asked)) == (
        Phase.SKIPPED,
        SkipReason.DEAD,
        asked,
    )
    [(state, sentence)] = standing(world)
    assert state is Standing.DEAD
    assert "410" in sentence
    world.server.page("/feed", rss("One"))
    assert world.refresh(force=True)[0].state is Phase.SAVED
    assert standing(world) == [(Standing.WELL, "")]


def test_a_busy_server_is_left_alone_as_long_as_it_asks(world: World) -> None:
    world.follow("/feed")
    # The server's clock is the machine's, so the world's must be too.
    world.now = datetime.now(UTC)
    world.server.page("/feed", status=429, headers={"Retry-After": "3600"})
    assert world.refresh()[0].failure == "busy"
    [end] = world.refresh()
    assert (end.state, end.failure) == (Phase.SKIPPED, SkipReason.ASKED_TO_WAIT)
    assert end.until is not None
    assert timedelta(minutes=58) < end.until - world.now < timedelta(minutes=62)
    world.now += timedelta(minutes=63)
    world.server.page("/feed", rss("One"))
    assert world.refresh()[0].state is Phase.SAVED


def test_a_feed_that_fails_is_backed_off_and_says_why(world: World) -> None:
    world.follow("/feed")
    world.follow("/well", page=rss("Two"))
    world.server.page("/feed", status=500)
    assert world.refresh()[0].state is Phase.FAILED
    end, other = world.refresh()
    assert (end.state, end.failure) == (Phase.SKIPPED, SkipReason.BACK_OFF)
    assert other.state is Phase.UNCHANGED
    (state, sentence), _ = standing(world)
    assert state is Standing.FAILING
    assert [word in sentence for word in ("It failed: ", "500", "Next try after")] == [True] * 3
    world.now += timedelta(minutes=16)
    world.server.page("/feed", rss("One"))
    assert world.refresh()[0].state is Phase.SAVED


def test_without_a_network_no_feed_is_blamed(world: World) -> None:
    world.follow("/one", page=rss("One"))
    world.follow("/two", page=rss("Two"))
    there = world.server.port
    away = world.feeds_file.read_text(encoding="utf-8")
    # A port at which nobody listens is what a cable pulled out looks like to each feed.
    world.feeds_file.write_text(away.replace(str(there), "9"), encoding="utf-8")
    assert [end.failure for end in world.refresh()] == ["offline", "offline"]
    assert [end.state for end in world.refresh()] == [Phase.FAILED, Phase.FAILED]
    assert all(state is Standing.FRESH for state, _ in standing(world))


def test_without_a_network_feeds_that_worked_are_not_marked(world: World) -> None:
    with serving() as world.server:
        world.follow("/one", page=rss("One"))
        world.follow("/two", page=rss("Two"))
        world.refresh()
    working = standing(world)
    assert [state for state, _ in working] == [Standing.WELL, Standing.WELL]
    world.now += timedelta(hours=2)
    assert [end.failure for end in world.refresh()] == ["offline", "offline"]
    assert standing(world) == working


@pytest.mark.parametrize("comment", ["  # mine", ""])
def test_a_feed_that_moved_for_good_is_followed_there(world: World, comment: str) -> None:
    old = world.follow("/old")
    text = world.feeds_file.read_text(encoding="utf-8")
    world.feeds_file.write_text(text.replace('/old"', f'/old"{comment}'), encoding="utf-8")
    world.server.page("/old", rss("One"))
    world.refresh()
    world.server.page("/old", status=301, headers={"Location": "/new"})
    new = world.server.page("/new", rss("One", "Two"), etag='"1"')
    [end] = world.refresh()
    assert (len(end.new), end.moved_to) == (1, new)
    assert world.feeds == (old._replace(url=new),)
    assert f'/new"{comment}\n' in world.feeds_file.read_text(encoding="utf-8")
    [end] = world.refresh()
    assert (end.state, world.server.paths()[-1]) == (Phase.UNCHANGED, "/new")
    assert world.titles() == {"One", "Two"}


def test_a_move_to_what_is_no_feed_changes_nothing(world: World) -> None:
    feed = world.follow("/old")
    world.server.page("/old", status=301, headers={"Location": "/login"})
    world.server.page("/login", b"<!DOCTYPE html><title>Log in</title><p>Welcome</p>")
    assert world.refresh()[0].state is Phase.FAILED
    assert world.feeds == (feed,)


def test_a_move_to_a_feed_that_is_followed_is_reported(world: World) -> None:
    world.follow("/old")
    world.follow("/new", page=rss("One"))
    world.server.page("/old", status=301, headers={"Location": "/new"})
    [end, _] = world.refresh()
    assert "which you also follow" in end.reason
    assert len(world.feeds) == 2


def test_a_move_that_was_stopped_midway_is_brought_to_its_end(world: World) -> None:
    old = world.follow("/old", page=rss("One"))
    world.refresh()
    new = world.server.page("/new", rss("One"))
    with open_collection(world.folder, world.paths) as collection:
        collection.record_move(old.url, new)
    subscriptions.change(world.feeds_file, old.url, url=new)
    [end] = world.refresh()
    assert (end.state, end.new) == (Phase.UNCHANGED, ())
    assert world.titles() == {"One"}


def test_a_paused_feed_is_left_alone(world: World) -> None:
    world.follow("/feed", paused=True)
    assert world.refresh()[0].state is Phase.SKIPPED
    assert world.server.asked == []
    assert standing(world) == [(Standing.PAUSED, "It is paused.")]


def test_a_dry_run_keeps_nothing(world: World) -> None:
    world.follow("/feed", page=rss("One"), etag='"1"')
    assert len(world.refresh(dry_run=True)[0].new) == 1
    assert world.titles() == set()
    assert len(world.refresh()[0].new) == 1


def test_another_title_in_feeds_toml_is_the_source_of_all_articles(world: World) -> None:
    feed = world.follow("/feed", page=rss("One"), etag='"1"')
    [path] = world.refresh()[0].new
    subscriptions.change(world.feeds_file, feed.url, title="Mine")
    world.refresh()
    assert read_article(world.folder, path).source == "Mine"
    assert read_sources(world.folder, world.paths, world.feeds) == ("Mine",)


def test_a_muted_feed_is_hidden_by_its_source(world: World) -> None:
    feed = world.follow("/feed", title="Mine", page=rss("One"))
    assert feed_mutes(world.folder, world.paths) == ()
    subscriptions.change(world.feeds_file, feed.url, muted=True)
    assert feed_mutes(world.folder, world.paths) == ()
    world.refresh()
    assert feed_mutes(world.folder, world.paths) == (Mute('source:="Mine"'),)


class Asks:
    """A client that does something with each request before it is sent."""

    def __init__(self, client: HttpClient, before: Callable[[Request], Request]) -> None:
        self._client = client
        self._before = before
        self.public_hosts = client.public_hosts

    async def get(self, request: Request) -> Response:
        return await self._client.get(self._before(request))


async def test_a_page_that_is_fuller_becomes_the_text(world: World) -> None:
    world.follow("/feed", full_text=True)
    page = world.server.page("/page", PAGE, headers={"Content-Type": "text/html"})
    asked: list[Request] = []

    def before(request: Request) -> Request:
        if "a.example" not in request.url:
            return request
        asked.append(request)
        return request._replace(url=page, is_trusted=True)

    for number in range(2):
        world.server.page("/feed", rss("One"), etag=f'"{number}"')
        [end] = await world.refreshed(by=partial(Asks, before=before), force=True)
    # Asked as a stranger's address, once, and not again while the entry says the same.
    assert [request.is_trusted for request in asked] == [False]
    assert (end.state, end.unchanged) == (Phase.UNCHANGED, 1)
    [file] = world.folder.rglob("*.md")
    assert "the whole story" in file.read_text(encoding="utf-8")
    assert "Home" not in file.read_text(encoding="utf-8")


@pytest.mark.slow
async def test_without_the_extra_pages_wait_until_it_is_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has the text of its page keeps it; the rest has that of the feed, and then its page."""
    feed = world.follow("/feed", full_text=True, page=rss("One"), etag='"1"')
    page = world.server.page("/page", PAGE, headers={"Content-Type": "text/html"})
    asked: list[str] = []

    def before(request: Request) -> Request:
        if "a.example" not in request.url:
            return request
        asked.append(request.url)
        return request._replace(url=page, is_trusted=True)

    async def refreshed() -> FeedProgress:
        [end] = await world.refreshed(by=partial(Asks, before=before), force=True)
        return end

    def whole() -> dict[str, bool]:
        articles = map(world.read, world.files)
        return {article.title: "the whole story" in article.body for article in articles}

    await refreshed()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, PAGES.module, None)  # what Python takes for not installed
        world.server.page("/feed", rss("One", "Two", text="Other words."), etag='"2"')
        end = await refreshed()
        assert (end.state, len(end.new), end.updated, end.failure) == (Phase.SAVED, 1, (), "")
        assert whole() == {"One": True, "Two": False}
        world.server.page("/feed", rss("One", "Two", text="New words."), etag='"3"')
        assert len((await refreshed()).updated) == 1
        assert (await refreshed()).state is Phase.UNCHANGED
        assert asked == ["https://a.example/One"]
        [(is_standing, sentence)] = standing(world)
        assert (is_standing, sentence) == (Standing.WELL, PAGES.install_advice)
    end = await refreshed()
    last = [each for each in world.server.asked if each.path == "/feed"][-1]
    assert "if-none-match" not in last.headers
    assert whole() == {"One": True, "Two": True}
    assert standing(world) == [(Standing.WELL, "")]
    asked.clear()
    assert (await refreshed()).state is Phase.UNCHANGED
    assert asked == []
    assert feed.url == end.url


@pytest.mark.slow
async def test_a_page_that_cannot_be_read_is_no_fault_of_its_feed(world: World) -> None:
    """Nested without end, read without end, no page at all: the feed is saved, and the others."""
    paths = ("nested", "slow", "binary", "good")
    world.follow("/feed", full_text=True, page=rss(*paths))
    paragraph = f"<p>{'Words of the article that everybody would like to read. ' * 9}</p>"
    world.server.page("/nested", f"<article>{paragraph}{'<ul><li>x' * 500}{paragraph}".encode())
    world.server.page("/slow", f"<article>{paragraph}{'<a href=/x>word</a> ' * 60_000}".encode())
    world.server.page("/binary", b"%PDF-1.7")
    world.server.page("/good", PAGE, headers={"Content-Type": "text/html"})

    def before(request: Request) -> Request:
        url = request.url.replace("https://a.example/", world.server.url("/"))
        return request._replace(url=url, is_trusted=True)

    by = partial(Asks, before=before)
    [end] = await world.refreshed(by=by, page_seconds=3.0, pool=None)
    assert (end.state, len(end.new)) == (Phase.SAVED, 4)
    bodies = {
        read_article(world.folder, path).title: read_article(world.folder, path).body
        for path in end.new
    }
    assert bodies.keys() == set(paths)
    assert "the whole story" in bodies["good"]
    assert "everybody would like to read" in bodies["nested"]
    assert bodies["slow"] == bodies["binary"] == "Some words.\n"


@pytest.mark.slow
async def test_a_large_feed_holds_up_no_other(world: World) -> None:
    large = [f"Entry{number}" for number in range(1_500)]
    first = world.follow("/large", page=rss(*large, text="words " * 50))
    second = world.follow("/small", page=rss("Small"))
    await world.refreshed(pool=None)
    assert world.order == [second.url, first.url]
    assert len(list(world.folder.rglob("*.md"))) == 1_501


@pytest.mark.slow
async def test_a_refresh_that_is_given_up_leaves_whole_articles(world: World) -> None:
    for number in range(6):
        world.follow(f"/{number}", page=rss(*(f"T{number}{n}" for n in range(20))))
    feeds = world.feeds
    async with HttpClient(FetchLimits(), proxies={}) as fetcher:
        with open_collection(world.folder, world.paths) as collection:
            going = update_feeds(
                collection, update_request(feeds, feeds), fetcher, lambda: world.now
            )
            async for each in going:
                if each.state.is_end:
                    break
            await going.aclose()
    assert world.titles() <= {f"T{number}{n}" for number in range(6) for n in range(20)}
    await world.refreshed()
    assert len(world.titles()) == 120


def test_feeds_of_one_name_in_one_refresh_have_two_sources(world: World) -> None:
    for number in range(5):
        world.follow(f"/{number}", page=rss(f"T{number}"))
    world.refresh()
    sources = read_sources(world.folder, world.paths, world.feeds)
    assert len(set(sources)) == 5
    assert all(source.startswith("A Feed") for source in sources)


async def test_a_surprise_in_one_feed_stops_no_other(world: World) -> None:
    broken = world.follow("/broken")
    world.follow("/well", page=rss("One"))
    surprises: list[Exception] = []

    def before(request: Request) -> Request:
        if request.url == broken.url:
            raise RuntimeError("a fault of ours")
        return request

    ends = await world.refreshed(by=partial(Asks, before=before), on_surprise=surprises.append)
    assert ends[0].failure == "unforeseen"
    assert "a fault of ours" in ends[0].reason
    assert [str(error) for error in surprises] == ["a fault of ours"]
    assert world.titles() == {"One"}


def test_feeds_of_a_host_are_asked_apart_but_while_its_connection_is_kept() -> None:
    hosts = [*range(40), *range(40), *range(40), *([0] * 20)]
    urls = [f"https://{host}.example/{place}" for place, host in enumerate(hosts)]
    turns = interleave_hosts([(Subscription(url), None) for url in urls])
    asked = [int(feed.url.partition("//")[2].partition(".")[0]) for feed, _ in turns]
    assert sorted(feed.url for feed, _ in turns) == sorted(urls)
    assert asked[:64] == [*range(32), *range(32)]
    # A host with many feeds holds nobody up: after some it waits until all were asked.
    last_of_others = max(place for place, host in enumerate(asked) if host)
    assert asked[: last_of_others + 1].count(0) == 8
    assert asked[last_of_others + 1 :] == [0] * 15


class Collects(Plugin):
    """Takes note of what it is told of."""

    name = "collects"

    def __init__(self) -> None:
        self.told: list[tuple[str, list[str], bool]] = []

    async def feed_updated(
        self, feed: Subscription, texts: Sequence[str], session: UpdateSession
    ) -> str:
        self.told.append((feed.title, list(texts), session.folder.exists()))
        return "Its sound could not be fetched."


async def test_plugins_are_told_of_new_articles_and_say_what_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = Collects()
    monkeypatch.setattr("rilo_reader.feeds.update.plugins_with", lambda _: [plugin])
    world.follow("/feed", page=rss("One", "Two"))
    [first] = await world.refreshed()
    assert first.reason == "Its sound could not be fetched."
    world.now += timedelta(hours=2)
    [again] = await world.refreshed()
    assert again.reason == ""
    [(_, texts, is_there)] = plugin.told
    assert [text.split("title = ")[1].split("\n")[0] for text in texts] == ['"One"', '"Two"']
    assert is_there

"""Sites without a feed, whose pages are read by selectors."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.entry import Selectors
from rilo_reader.extras import PAGES
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.progress import FeedProgress, Phase
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.paths import user_paths
from rilo_reader.workers import WorkerPool
from tests.feeds.world import World
from tests.pages.lists import NEWS, NOTHING
from tests.support.command_line import User
from tests.support.servers import Server, serving
from tests.support.terminal import ENTER, Terminal, rilo

POSTS = Selectors("article", "h2")
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/news/", NEWS.encode(), headers=HTML, etag='"1"')
        yield server


@pytest.fixture
def world(tmp_path: Path, pool: WorkerPool, server: Server) -> World:
    world = World(tmp_path, server, pool)
    feed = Subscription(server.url("/news/"), page=POSTS)
    subscriptions.add_feeds(world.feeds_file, [feed])
    return world


def refreshed(world: World) -> FeedProgress:
    [end] = world.refresh(force=True)
    return end


# -- refresh --------------------------------------------------------------------------------------


def test_its_entries_are_articles_as_those_of_feeds_are(world: World) -> None:
    assert refreshed(world).state is Phase.SAVED
    articles = {article.title: article for article in map(world.read, world.files)}
    assert set(articles) == {
        "The bridge is open again",
        "A market on every Saturday",
        "The school gets a new roof",
    }
    bridge = articles["The bridge is open again"]
    assert (bridge.source, bridge.url) == ("Village news", world.server.url("/news/bridge"))
    assert "text/html" in world.server.asked[0].headers["accept"]


def test_it_is_asked_for_again_only_if_it_has_changed(world: World) -> None:
    refreshed(world)
    assert refreshed(world).state is Phase.UNCHANGED
    assert world.server.asked[-1].headers["if-none-match"] == '"1"'
    more = NEWS.replace(
        "<main>", "<main><article><h2><a href=/new>A fourth thing</a></h2></article>"
    )
    world.server.page("/news/", more.encode(), headers=HTML, etag='"2"')
    assert len(refreshed(world).new) == 1
    assert len(world.files) == 4


def test_other_selectors_read_the_whole_page_again(world: World) -> None:
    refreshed(world)
    [feed] = world.feeds
    subscriptions.change(world.feeds_file, feed.url, page=Selectors("article p", "a"))
    assert [world.read(path).title for path in refreshed(world).new] == ["cross it"]
    assert "if-none-match" not in world.server.asked[-1].headers


def test_a_page_that_has_changed_says_what_to_do(world: World) -> None:
    refreshed(world)
    world.server.page("/news/", NEWS.replace("article", "section").encode(), headers=HTML)
    end = refreshed(world)
    assert end.state is Phase.FAILED
    assert "no element is 'article'. The page may have changed" in end.reason
    assert "rilo-reader add --page-feed http" in world.listed()[0].sentence
    assert len(world.files) == 3


@pytest.mark.slow
def test_doctor_names_a_page_whose_selectors_find_nothing(user: User, server: Server) -> None:
    user.run("add", "--page-feed", "--yes", server.url("/news/"))
    assert "It failed" not in user.run("doctor").out
    server.page("/news/", NOTHING.encode(), headers=HTML)
    assert user.run("refresh", "--force").code == 1
    said = user.run("doctor").out
    assert "✗ Village news: It failed: Its selectors find no entry: no element is" in said
    assert f"To choose other selectors: rilo-reader add --page-feed {server.url('/news/')}" in said


# -- add ------------------------------------------------------------------------------------------


def followed() -> tuple[Subscription, ...]:
    return subscriptions.load(user_paths().feeds_file)[0]


def test_what_would_be_followed_is_shown_and_nothing_changed(user: User, server: Server) -> None:
    done = user.run("add", "--page-feed", server.url("/news/"))
    assert done.code == 0
    assert "lists 3 entries" in done.out
    assert "2026-03-02  The bridge is open again" in done.out
    assert server.url("/news/bridge") in done.out
    assert "To follow it like this, add --yes." in done.out
    assert followed() == ()
    assert user.run("add", "--page-feed", "--yes", "--dry-run", server.url("/news/")).code == 0
    assert followed() == ()


def test_it_is_followed_as_it_was_shown(user: User, server: Server) -> None:
    done = user.run("add", "--page-feed", "--yes", "--tag", "Near", server.url("/news/"))
    assert "You follow Village news" in done.out
    assert "3 new articles" in done.out
    [feed] = followed()
    assert (feed.page.items, feed.page.title, feed.tags) == ("article.post", "h2", ("Near",))
    assert server.paths() == ["/news/"]
    [listed] = [json.loads(line) for line in user.run("feeds", "--json").out.splitlines()]
    assert listed["page"]["items"] == "article.post"


def test_a_program_gets_the_first_entries(user: User, server: Server) -> None:
    done = user.run("add", "--page-feed", "--json", server.url("/news/"))
    shown, finished = map(json.loads, done.out.splitlines())
    assert (shown["number"], shown["page"]["title"]) == (3, "h2")
    assert shown["entries"][0] == {
        "title": "The bridge is open again",
        "url": server.url("/news/bridge"),
        "date": "2026-03-02T08:00:00+00:00",
    }
    assert (finished["finished"], finished["followed"]) == (True, False)


def test_selectors_are_chosen_again(user: User, server: Server) -> None:
    user.run("add", "--page-feed", "--yes", server.url("/news/"))
    server.page("/news/", NOTHING.encode(), headers=HTML)
    assert user.run("refresh", "--force").code == 1
    changed = NEWS.replace("article", "section").replace("bridge", "tunnel")
    server.page("/news/", changed.encode(), headers=HTML)
    done = user.run("add", "--page-feed", "--yes", server.url("/news/"))
    assert "You already follow" in done.out
    assert done.out.endswith("it is read like this now: 1 new article.\n")
    [feed] = followed()
    assert feed.page.items == "section.post"
    [listed] = [json.loads(line) for line in user.run("feeds", "--json").out.splitlines()]
    assert listed["standing"] == "well", "it does not wait until it would be tried again"


@pytest.mark.parametrize(
    ("page", "reason"),
    [(NOTHING, "no list of links that looks like entries"), ("<rss><channel/></rss>", "is a feed")],
)
def test_a_page_without_a_list_says_so(user: User, server: Server, page: str, reason: str) -> None:
    server.page("/other", page.encode(), headers=HTML)
    done = user.run("add", "--page-feed", server.url("/other"))
    assert done.code == 1
    assert reason in done.err


@pytest.mark.parametrize("has_pages", [True, False])
def test_a_page_without_a_feed_says_that_it_can_be_followed(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch, has_pages: bool
) -> None:
    if not has_pages:
        monkeypatch.setitem(sys.modules, PAGES.module, None)
    done = user.run("add", "--feed", server.url("/news/"))
    assert f"rilo-reader add --page-feed {server.url('/news/')}" in done.err


@pytest.mark.terminal
def test_somebody_at_a_terminal_is_asked(user: User, server: Server) -> None:
    command = rilo("add", "--page-feed", server.url("/news/"))
    with Terminal(command, (100, 30), home=user.home) as terminal:
        terminal.wait_for("Follow it like this?")
        terminal.send("y" + ENTER)
        assert terminal.wait_exit() == 0
        assert "You follow Village news" in terminal.text

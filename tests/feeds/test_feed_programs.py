"""Feeds that programs of the user's own print or change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.progress import FeedProgress, Phase
from rilo_reader.feeds.subscriptions import Subscription, address_of_run
from rilo_reader.workers import WorkerPool
from tests.feeds.world import PAGE, World, rss
from tests.support.far_network import FAR
from tests.support.servers import serving


@pytest.fixture
def world(tmp_path: Path, pool: WorkerPool) -> Iterator[World]:
    with serving() as server:
        yield World(tmp_path, server, pool)


def program(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def printing(data: bytes) -> tuple[str, ...]:
    return program(f"import sys; sys.stdout.buffer.write({data!r})")


def written(world: World, run: tuple[str, ...], more: str = "") -> Subscription:
    """Follow a program, as somebody writes it into feeds.toml."""
    world.feeds_file.parent.mkdir(parents=True, exist_ok=True)
    text = f"[[feeds]]\n{more}run = {json.dumps(list(run))}\n"
    world.feeds_file.write_text(text, encoding="utf-8")
    [feed] = world.feeds
    return feed


def refreshed(world: World, **changes: Any) -> FeedProgress:
    [end] = world.refresh(**changes)
    return end


def test_relative_links_of_a_program_belong_to_its_site(world: World) -> None:
    page = b"<ul><li><a href='/1'>One</a></li><li><a href='2'>Two</a></li></ul>"
    written(world, printing(page), "site = 'https://a.example/list/'\npage = { items = 'li' }\n")
    assert refreshed(world).state is Phase.SAVED
    assert {world.read(path).url for path in world.files} == {
        "https://a.example/1",
        "https://a.example/list/2",
    }


ARTICLE = {"id": "1", "title": "A line", "url": "https://a.example/1", "body": "Some *words*."}


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (rss("One"), "One"),
        (json.dumps(ARTICLE).encode(), "A line"),
        (
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "items": [{"id": "1", "title": "An item", "content_text": "Words."}],
                }
            ).encode(),
            "An item",
        ),
    ],
)
def test_what_a_program_prints_is_a_feed(world: World, data: bytes, title: str) -> None:
    feed = written(world, printing(data), "title = 'Mine'\n")
    assert refreshed(world).state is Phase.SAVED
    assert world.titles() == {title}
    assert {world.read(path).source for path in world.files} == {"Mine"}
    assert refreshed(world, force=True).state is Phase.UNCHANGED
    assert feed.url == address_of_run(feed.run)
    assert world.server.asked == []


@pytest.mark.parametrize("at", [0, 1], ids=["the first", "the second"])
def test_a_broken_line_is_said_and_the_others_are_articles(world: World, at: int) -> None:
    lines = [json.dumps(ARTICLE)]
    lines.insert(at, '{"title": "cut')
    written(world, printing("\n".join(lines).encode()))
    end = refreshed(world)
    assert (end.state, world.titles()) == (Phase.SAVED, {"A line"})
    assert end.reason == f"Line {at + 1} is not an article as a JSON object, and left out."
    assert end.reason in world.listed()[0].sentence


def test_it_is_changed_and_removed_as_any_feed(world: World) -> None:
    feed = written(world, printing(rss("One")))
    subscriptions.change(world.feeds_file, feed.url, paused=True)
    assert world.feeds == (feed._replace(paused=True),)
    subscriptions.remove(world.feeds_file, feed.url)
    assert list(world.feeds) == []


def test_its_address_does_not_tell_its_arguments(world: World) -> None:
    feed = written(world, ("~/bin/My Source.py", "--token=secret"))
    assert feed.url.startswith("run:my-source-py-")
    assert "secret" not in feed.url
    assert feed.url != address_of_run(("~/bin/My Source.py", "--token=other"))


def test_a_filter_gets_what_was_fetched_and_prints_what_counts(world: World) -> None:
    change = program(
        "import sys; sys.stdout.write(sys.stdin.read().replace('One', 'Two').replace('<', '<'))"
    )
    world.follow(page=rss("One"), etag='"1"', filter=change)
    assert refreshed(world).state is Phase.SAVED
    assert world.titles() == {"Two"}
    assert refreshed(world, force=True).state is Phase.UNCHANGED
    assert world.server.asked[-1].headers["if-none-match"] == '"1"'
    subscriptions.change(world.feeds_file, world.feeds[0].url, filter=())
    refreshed(world, force=True)
    assert "if-none-match" not in world.server.asked[-1].headers


def test_a_filter_gets_what_a_program_prints(world: World) -> None:
    change = program("import sys; sys.stdout.write(sys.stdin.read().replace('One', 'Two'))")
    written(world, printing(rss("One")), f"filter = {json.dumps(list(change))}\n")
    assert refreshed(world).state is Phase.SAVED
    assert world.titles() == {"Two"}


def test_the_pages_of_what_a_program_prints_are_fetched(world: World) -> None:
    pytest.importorskip("trafilatura")
    world.server.page("/page", PAGE)
    # The address of a page is from the feed, so it must be public.
    page = world.server.url("/page", "a.example")
    feed = rss("One").replace(b"https://a.example/One", page.encode())
    written(world, printing(feed), "full_text = true\n")
    [end] = world.refresh({"a.example": FAR})
    assert end.state is Phase.SAVED
    assert world.server.paths() == ["/page"]


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (("no-such-program-here",), "No program no-such-program-here was found"),
        (program("import sys; sys.exit('it is broken')"), "ended with status 1: it is broken"),
        (program("print('no feed')"), "neither XML nor JSON"),
        (program("pass"), "It is empty"),
    ],
)
def test_one_that_fails_says_why(world: World, run: tuple[str, ...], reason: str) -> None:
    written(world, run)
    end = refreshed(world)
    assert end.state is Phase.FAILED
    assert reason in end.reason
    sentence = world.listed()[0].sentence
    assert "It failed" in sentence
    assert "?." not in sentence
    name = Path(run[0]).name
    assert name.capitalize() not in f"{end.reason} {sentence}", "a program keeps its name"


def test_no_shell_reads_it(world: World, tmp_path: Path) -> None:
    written(world, ("echo", f"$(touch {tmp_path}/x); touch {tmp_path}/y"))
    refreshed(world)
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "y").exists()


@pytest.mark.parametrize(
    "line", ["run = 'a b'", "run = []", "run = [1]", "run = ['']", "url = 'run:a b'\nrun = ['a']"]
)
def test_what_is_no_program_is_named(world: World, line: str) -> None:
    world.feeds_file.parent.mkdir(parents=True, exist_ok=True)
    world.feeds_file.write_text(f"[[feeds]]\n{line}\n", encoding="utf-8")
    feeds, problems = subscriptions.load(world.feeds_file)
    assert feeds == ()
    assert problems

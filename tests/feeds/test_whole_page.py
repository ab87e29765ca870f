"""The text of an article's page in place of what its feed has of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.entry import Entry, Form
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.discover import Discoverer
from rilo_reader.feeds.whole_page import (
    PagePlace,
    ask_page,
    find_page_place,
    place_of_link,
    replace_text,
)
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchError, FetchLimits, Headers
from rilo_reader.workers import WorkerPool
from tests.feeds.world import PAGE, World, rss
from tests.support.far_network import FAR, FarNetwork, Names
from tests.support.servers import serving

WHOLE = Entry("", content=" ".join(["The whole story."] * 20), form=Form.MARKDOWN)
LINK = "https://a.example/One"
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def world(tmp_path: Path, pool: WorkerPool) -> Iterator[World]:
    with serving() as server:
        world = World(tmp_path, server, pool)
        world.follow(page=rss("One"))
        world.refresh()
        yield world


def place(world: World) -> PagePlace:
    [path] = world.files
    return find_page_place(world.folder, world.paths, path, world.feeds)


def fill(world: World, page: Entry = WHOLE) -> bool:
    return replace_text(world.folder, place(world), page)


def change_entry(world: World, text: str) -> tuple[int, int]:
    """Refresh once the feed has another text; how many articles were updated, and kept."""
    world.server.page("/feed", rss("One", text=text))
    [end] = world.refresh(force=True)
    return len(end.updated), len(end.kept)


def test_a_later_refresh_does_not_bring_the_feeds_text_back(world: World) -> None:
    [path] = world.files
    before = world.files[path]
    assert fill(world)
    after = world.files[path]
    assert WHOLE.content in after
    assert "Some words." not in after
    assert after.partition("\n+++\n")[0] == before.partition("\n+++\n")[0]
    assert change_entry(world, "Other words.") == (0, 1)
    assert world.files == {path: after}
    assert not fill(world), "it is there already"
    (world.folder / path).write_text(before, encoding="utf-8")  # as the reader's undo does
    assert change_entry(world, "Third words.") == (1, 0)
    assert "Third words." in world.files[path]


def test_neither_does_one_that_has_lost_what_it_knew(world: World) -> None:
    fill(world)
    [(path, text)] = world.files.items()
    world.lose_ledger()
    change_entry(world, "Other words.")
    assert world.files == {path: text}


def test_what_the_user_has_edited_is_kept(world: World) -> None:
    [path] = world.files
    edited = world.edit(path, "Some words.", "My words.")
    with pytest.raises(CollectingError, match="has other text than its feed"):
        fill(world)
    assert world.files == {path: edited}


def test_so_is_what_changes_while_the_page_is_fetched(world: World) -> None:
    [path] = world.files
    before = place(world)
    edited = world.edit(path, "Some words.", "My words.")
    with pytest.raises(CollectingError, match="has changed meanwhile"):
        replace_text(world.folder, before, WHOLE)
    assert world.files == {path: edited}


def test_so_is_a_file_of_the_users_own(world: World) -> None:
    (world.folder / "own.md").write_text(f"+++\nurl = '{LINK}'\n+++\n\nMine.\n", encoding="utf-8")
    own = find_page_place(world.folder, world.paths, "own.md", world.feeds)
    with pytest.raises(CollectingError, match=r"own\.md has other text than its feed"):
        replace_text(world.folder, own, WHOLE)
    with pytest.raises(CollectingError, match=r"no article gone\.md"):
        find_page_place(world.folder, world.paths, "gone.md", world.feeds)


def test_tags_that_the_user_has_added_stay(world: World) -> None:
    [path] = world.files
    world.edit(path, "\n+++\n", '\ntags = ["mine"]\n+++\n')
    assert fill(world, WHOLE._replace(title="Better", tags=("mine", "news")))
    article = world.read(path)
    assert (article.title, article.tags) == ("Better", ("mine", "news"))
    assert article.body == f"{WHOLE.content}\n"


def test_a_page_with_less_text_changes_nothing(world: World) -> None:
    before = world.files
    with pytest.raises(CollectingError, match="less text than the article"):
        fill(world, Entry("", content="Words.", form=Form.MARKDOWN))
    assert world.files == before


def test_links_to_sounds_stay(world: World) -> None:
    sound = '<enclosure url="https://a.example/1.mp3" type="audio/mpeg" length="2000000"/></item>'
    item = rss("One").decode().replace("</item>", sound)
    world.server.page("/feed", item.encode())
    world.refresh(force=True)
    link = "- [1.mp3](<https://a.example/1.mp3>) (audio/mpeg, 2.0 MB)\n"
    assert fill(world)
    assert world.read(*world.files).body == f"{WHOLE.content}\n\n{link}"


def test_what_a_link_leads_out_of_the_library_is_kept(world: World, tmp_path: Path) -> None:
    [path] = world.files
    there, here = tmp_path / "there.md", world.folder / path
    text = here.read_bytes()
    there.write_bytes(text)
    here.unlink()
    here.symlink_to(there)
    with pytest.raises(CollectingError, match="out of the library"):
        fill(world)
    assert there.read_bytes() == text


def test_an_article_is_found_by_its_link(world: World) -> None:
    found = place_of_link(world.folder, world.paths, f"{LINK}?utm_source=x", world.feeds)
    assert found == place(world)
    assert found.feed == world.feeds[0]
    assert place_of_link(world.folder, world.paths, "https://a.example/", world.feeds) is None
    for file in world.folder.rglob("*.md"):
        file.unlink()
    assert place_of_link(world.folder, world.paths, LINK, world.feeds) is None


def asked(world: World, url: str, place: PagePlace, **known: Any) -> Entry:
    """The page of an article, on an internet of its own."""

    async def ask() -> Entry:
        names = Names({name: [[FAR]] for name in ("a.example", "b.example")})
        far: dict[str, Any] = {"resolve": names, "socket_factory": FarNetwork()}
        async with HttpClient(
            FetchLimits(silence_seconds=5, total_seconds=10), proxies={}, **far
        ) as client:
            with Discoverer(client, pool=world.pool) as discoverer:
                return await ask_page(discoverer, url, place, trusted=False)

    return asyncio.run(ask())


def test_the_page_gets_the_headers_of_the_feed_on_its_host_alone(world: World) -> None:
    cookie = Headers({"Cookie": "a=secret"})
    feed = world.follow("/other", "a.example", page=rss("Two"), headers=cookie)
    at = place(world)._replace(feed=feed)
    for host, sent in (("a.example", "a=secret"), ("b.example", "")):
        world.server.page("/page", PAGE, headers=HTML)
        page = asked(world, world.server.url("/page", host), at)
        assert "whole story" in page.content
        assert world.server.asked[-1].headers.get("cookie", "") == sent


def test_the_page_of_an_entry_may_not_be_on_the_users_own_network(world: World) -> None:
    before = len(world.server.asked)
    with pytest.raises(FetchError):
        asked(world, world.server.page("/page", PAGE, headers=HTML), place(world))
    assert len(world.server.asked) == before

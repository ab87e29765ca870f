"""Feeds whose pictures are fetched while they are collected."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from rilo_reader.extras import PICTURES
from rilo_reader.feeds.progress import Phase
from rilo_reader.fetch.messages import Failure, FetchError, Request, Response
from rilo_reader.plugins.pictures.cache import open_store, read_header_of
from rilo_reader.plugins.pictures.fetch import MOST_LATE, find_addresses
from rilo_reader.workers import WorkerPool
from tests.feeds.test_refresh import Asks
from tests.feeds.world import World, rss
from tests.support.pictures import SVG, picture, png_that_claims
from tests.support.servers import serving

TEXT = "".join(
    f'&lt;p&gt;&lt;img src="https://a.example/{name}" alt="{name}"&gt;&lt;/p&gt;'
    for name in ("p.png", "bomb.png", "v.svg", "missing.png")
)

PHOTO = picture("JPEG", (3000, 2000))

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path, pool: WorkerPool) -> Iterator[World]:
    with serving() as server:
        yield World(tmp_path, server, pool)


async def refreshed(world: World, *, pictures: bool) -> list[Request]:
    """What is asked of strangers while a feed with pictures is collected."""
    world.follow("/feed", pictures=pictures, page=rss("One", text=TEXT))
    world.server.page("/p.png", PHOTO)
    world.server.page("/bomb.png", png_that_claims(60_000, 60_000))
    world.server.page("/v.svg", SVG)
    asked: list[Request] = []

    def before(request: Request) -> Request:
        if "a.example" not in request.url:
            return request
        asked.append(request)
        path = request.url.partition("a.example")[2]
        return request._replace(url=world.server.url(path), is_trusted=True)

    [end] = await world.refreshed(by=partial(Asks, before=before))
    assert end.state is Phase.SAVED
    return asked


async def test_they_are_kept_small_and_nothing_else_is(world: World) -> None:
    asked = await refreshed(world, pictures=True)
    assert sorted(request.url.rpartition("/")[2] for request in asked) == sorted(
        ["p.png", "bomb.png", "v.svg", "missing.png"]
    )
    assert not any(request.is_trusted for request in asked)
    store = open_store(world.folder, world.paths)
    [kept] = list((world.paths.cache / "pictures").iterdir())
    header = read_header_of(kept)
    assert header is not None
    assert (header.width, header.height) == (1600, 1067)
    # Where the page of the article looks for it.
    [path] = world.files
    address = "https://a.example/p.png"
    assert f"![p.png]({address})" in world.files[path]
    assert store.find_file(path, address, address) == kept


async def test_the_feed_says_what_did_not_come_and_a_slow_host_is_left_alone(world: World) -> None:
    names = "".join(
        f'&lt;p&gt;&lt;img src="http://{host}/{number}.png" alt="x"&gt;&lt;/p&gt;'
        for host in ("127.0.0.1:1", "slow.example")
        for number in range(20)
    )
    world.follow("/feed", pictures=True, page=rss("One", text=names))
    asked: list[str] = []

    class Slow(Asks):
        async def get(self, request: Request) -> Response:
            if "slow" not in request.url:
                return await super().get(request)
            asked.append(request.url)
            assert 0 < request.seconds <= 10
            await asyncio.sleep(0.01)
            raise FetchError(Failure.TIMEOUT, "slow.example was silent")

    [end] = await world.refreshed(by=partial(Slow, before=lambda request: request))
    assert end.state is Phase.SAVED
    assert len(asked) == MOST_LATE
    assert end.reason == (
        "40 pictures could not be fetched: 127.0.0.1 is on your own network; "
        "pictures are fetched only from the internet."
    )
    assert end.failure == ""


async def test_without_the_option_nothing_is_asked(world: World) -> None:
    assert await refreshed(world, pictures=False) == []
    assert not (world.paths.cache / "pictures").exists()


async def test_without_the_extra_the_feed_says_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, PICTURES.module, None)  # what Python takes for not installed
    assert await refreshed(world, pictures=True) == []
    assert [feed.sentence for feed in world.listed()] == [PICTURES.install_advice]


def test_addresses_are_bounded() -> None:
    many = "\n\n".join(f"![x](https://a.example/{number}.png)" for number in range(400))
    assert len(find_addresses([many])) == 50
    texts = [many.replace("a.example", f"{name}.example") for name in "abcdefgh"]
    assert len(find_addresses(texts)) == 200
    assert (
        find_addresses(["+++\ntitle = 'x'\n+++\n![x](x.png) ![y](<javascript:y>) <img src='//z'>"])
        == ()
    )

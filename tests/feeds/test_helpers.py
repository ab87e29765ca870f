"""Where much comes at one time other processes help, and nobody can tell by what comes of it."""

from __future__ import annotations

import asyncio
import math
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tools.judge.killed_refresh import Changing, library_of, made_feeds, paths_of, snapshot

from rilo_reader.entry import NotReadableError
from rilo_reader.feeds import update_session
from rilo_reader.feeds.collection import open_shelf
from rilo_reader.feeds.helpers import Helpers, LostHelperError
from rilo_reader.feeds.progress import FeedProgress, State, orders_for
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update import refresh
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.values import Failure, FetchError, Limits
from rilo_reader.parsers import read_feed
from tests.support.servers import Server, serving

NOW = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
LONG = 60.0


def helped(count: int, work: Callable[[Helpers], Awaitable[None]]) -> None:
    """Do something with so many helpers."""

    async def main() -> None:
        helpers = Helpers(count)
        try:
            await work(helpers)
        finally:
            helpers.close()

    asyncio.run(main())


def is_running(process: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def ended(process: int) -> bool:
    """Wait until a process has ended."""
    until = time.monotonic() + 20
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_running(process)


def test_work_is_done_elsewhere_and_its_errors_are_told() -> None:
    async def work(helpers: Helpers) -> None:
        done = await asyncio.gather(*(helpers.do(LONG, os.getpid) for _ in range(5)))
        assert os.getpid() not in done
        with pytest.raises(NotReadableError, match="web page") as told:
            await helpers.do(LONG, read_feed, b"<html></html>", "https://a.example/")
        assert told.value.reason == "It is a web page, not a feed."
        with pytest.raises(ZeroDivisionError) as surprise:
            await helpers.do(LONG, operator.truediv, 1, 0)
        assert "Traceback" in surprise.value.__notes__[0]
        # An exception that no pickle can hold is told in words.
        with pytest.raises(RuntimeError, match="FetchError: there is no host"):
            await helpers.do(LONG, _fail)
        assert await helpers.do(LONG, operator.add, "still ", "there") == "still there"

    helped(2, work)


def _fail() -> None:
    raise FetchError(Failure.ADDRESS, "there is no host")


def test_what_takes_too_long_is_ended_and_another_takes_its_place() -> None:
    async def work(helpers: Helpers) -> None:
        first = await helpers.do(LONG, os.getpid)
        with pytest.raises(FetchError, match=r"longer than 0\.2 seconds"):
            await helpers.do(0.2, time.sleep, 600)
        assert ended(first)
        assert await helpers.do(LONG, os.getpid) != first

    async def patient(helpers: Helpers) -> None:
        # Each piece of work has its own time.
        slow = asyncio.create_task(helpers.do(LONG, time.sleep, 0.5))
        with pytest.raises(FetchError):
            await helpers.do(0.1, time.sleep, 600)
        await slow

    helped(1, work)
    helped(2, patient)


def test_a_helper_that_ends_by_itself_is_told_and_replaced() -> None:
    async def work(helpers: Helpers) -> None:
        first = await helpers.do(LONG, os.getpid)
        with pytest.raises(LostHelperError):
            await helpers.do(LONG, os._exit, 3)
        os.kill(second := await helpers.do(LONG, os.getpid), signal.SIGKILL)
        assert ended(second)
        try:
            third = await helpers.do(LONG, os.getpid)
        except LostHelperError:
            # Its first thread had ended, and the system had not told of it yet.
            third = await helpers.do(LONG, os.getpid)
        assert third not in (first, second)

    helped(1, work)


def test_closing_waits_for_nothing() -> None:
    async def work(helpers: Helpers) -> None:
        pid = await helpers.do(LONG, os.getpid)
        waiting = asyncio.create_task(helpers.do(LONG, time.sleep, 600))
        await asyncio.sleep(0.1)
        helpers.close()
        assert ended(pid)
        waiting.cancel()

    helped(1, work)


_PARENT = """
import asyncio, os, time
from rilo_reader.feeds.helpers import Helpers

async def main():
    helpers = Helpers(2)
    for _ in range(2):
        print(await helpers.do(60, os.getpid), flush=True)
    await asyncio.gather(*(helpers.do(600, time.sleep, 600) for _ in range(2)))

asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="nothing tells of processes here")
def test_nothing_outlives_a_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    helpers = {int(parent.stdout.readline()) for _ in range(2)}
    assert all(is_running(helper) for helper in helpers)
    parent.kill()
    parent.wait()
    assert all(ended(helper) for helper in helpers)


# -- refreshes ----------------------------------------------------------------------------------


async def refreshed(root: Path, feeds: list[Subscription], **orders: float) -> list[FeedProgress]:
    """Refresh some feeds; their ends."""
    told = orders_for(feeds, feeds, force=True)._replace(**orders)  # type: ignore[arg-type]
    async with HttpClient(Limits(per_host=8), proxies={}, resolve=_only_here) as fetcher:
        with open_shelf(library_of(root), paths_of(root)) as shelf:
            said = [each async for each in refresh(shelf, told, fetcher, lambda: NOW)]
    return sorted(each._replace(seconds=0) for each in said if each.state.is_end)


async def _only_here(host: str, port: int) -> list[str]:
    """What a name server says that knows no name."""
    if host != "127.0.0.1":
        raise FetchError(Failure.ADDRESS, f"there is no host named {host}")
    return [host]


@contextmanager
def served(feeds: list[Changing]) -> Iterator[tuple[Server, list[Subscription]]]:
    """Feeds at a server."""
    with serving() as server:
        urls = [server.page(f"/{number}", feed.data) for number, feed in enumerate(feeds)]
        yield server, [Subscription(url) for url in urls]


def always(monkeypatch: pytest.MonkeyPatch, helpers: int) -> None:
    """Have so many helpers from the first answer on, none for 0."""
    monkeypatch.setattr(update_session, "MANY_WAIT", 0)
    monkeypatch.setattr(update_session, "cores", lambda: helpers or 1)


@pytest.mark.slow
def test_a_library_is_the_same_whoever_helped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = made_feeds(24)
    # Two of one title, one that says an entry twice, one guid for several, no feed at all.
    texts[1] = texts[1].replace("<title>Feed 1<", "<title>Feed 3<")
    texts[5] = texts[5].replace("</channel>", texts[5][texts[5].index("<item>") :])
    texts[7] = texts[7].replace("story-2", "story-1")
    texts[9] = "<html><title>No feed</title></html>"
    alone, together = tmp_path / "alone", tmp_path / "together"
    changing = [Changing(text) for text in texts]
    with served(changing) as (server, feeds):
        feeds[11] = feeds[11]._replace(title="As I call it", limit=2)
        feeds[13] = feeds[13]._replace(full_text=True)
        # The second one of the title comes later: of two at one time either may have it alone.
        for edit, followed in (("", [*feeds[:1], *feeds[2:]]), ("Edited ", feeds)):
            for number, feed in enumerate(changing):
                data = feed.data.replace(b"<title>Story 1", f"<title>{edit}Story 1".encode())
                server.page(f"/{number}", data.replace(b"Text 2", f"{edit}text".encode()))
            always(monkeypatch, 0)
            ends = asyncio.run(refreshed(alone, followed))
            always(monkeypatch, 2)
            assert asyncio.run(refreshed(together, followed)) == ends
            assert snapshot(alone) == snapshot(together)
    assert sum(end.state is State.FAILED for end in ends) == 1
    assert sum(len(end.updated) for end in ends) > 20


KILLS = 4


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="nothing tells of processes here")
def test_a_refresh_goes_on_when_its_helpers_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch, 2)
    with served([Changing(text) for text in made_feeds(40)]) as (_, feeds):

        async def main() -> list[State]:
            going = asyncio.create_task(refreshed(tmp_path, feeds))
            while not going.done() and len(killed) < KILLS:
                await asyncio.sleep(0.02)
                for helper in children() - killed:
                    killed.add(helper)
                    os.kill(helper, signal.SIGKILL)
            return [end.state for end in await going]

        killed: set[int] = set()
        states = asyncio.run(main())
        assert killed
        # One whose process was killed twice has failed, and comes the next time.
        assert states.count(State.SAVED) >= len(feeds) - KILLS
        ends = asyncio.run(refreshed(tmp_path, feeds))
    assert {end.state for end in ends} <= {State.SAVED, State.UNCHANGED}
    assert len(list(library_of(tmp_path).rglob("*.md"))) == 200


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="nothing tells of processes here")
def test_many_new_feeds_are_helped_from_the_beginning_and_known_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_session, "cores", lambda: 2)
    monkeypatch.setattr(update_session, "MANY_NEW", 5)
    with served([Changing(text) for text in made_feeds(5)]) as (_, feeds):

        async def helped_by() -> set[int]:
            going, seen = asyncio.create_task(refreshed(tmp_path, feeds)), children()
            while not going.done():
                await asyncio.sleep(0.001)
                seen |= children()
            assert {end.state for end in await going} <= {State.SAVED, State.UNCHANGED}
            return seen

        assert asyncio.run(helped_by())
        assert len(list(library_of(tmp_path).rglob("*.md"))) == 25
        assert not asyncio.run(helped_by())


def children() -> set[int]:
    """The helpers of this process."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = each.read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"helping" in each.with_name("cmdline").read_bytes():
                found.add(int(each.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_feeds_that_take_too_long_fail_and_the_others_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.feeds.test_readers import good, pathological

    always(monkeypatch, 2)
    with serving() as server:
        slow = [server.page(f"/slow{number}", pathological()) for number in range(3)]
        fine = [server.page(f"/fine{number}", good(str(number))) for number in range(6)]
        feeds = [Subscription(url) for url in slow + fine]
        ends = {end.url: end for end in asyncio.run(refreshed(tmp_path, feeds, reading_seconds=1))}
    assert [ends[url].state for url in slow] == [State.FAILED] * 3
    assert {ends[url].reason for url in slow} == {"It takes longer than 1 seconds to read."}
    assert [ends[url].state for url in fine] == [State.SAVED] * 6


def test_what_others_wait_for_comes_before_what_is_to_be_read() -> None:
    async def work(helpers: Helpers) -> None:
        done: list[str] = []

        async def do(name: str, seconds: float) -> None:
            await helpers.do(seconds, time.sleep, 0.01)
            done.append(name)

        reading = [asyncio.create_task(do("read", LONG)) for _ in range(20)]
        await asyncio.sleep(0)
        await do("write", math.inf)
        await asyncio.gather(*reading)
        # One or two may have been begun before.
        assert done.index("write") < 5

    helped(1, work)

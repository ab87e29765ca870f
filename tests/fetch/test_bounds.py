"""Many at one time: how many, for how long, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.connection import look_up
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits, Request
from tests.fetch.clients import (
    get,
    get_error,
    local_client,
    make_client_context,
    make_server_context,
    remote_client,
)
from tests.support.far_network import FAR, FarNetwork, Names
from tests.support.servers import Asked, Page, Server, send, serving


class Gate:
    """A handler that answers nobody before so many wait; it cannot be passed by fewer."""

    def __init__(self, needed: int) -> None:
        self._needed = needed
        self._waiting = 0
        self._open = asyncio.Event()

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self._waiting += 1
        if self._waiting >= self._needed:
            self._open.set()
        await self._open.wait()
        # Long enough for one too many to arrive, if there were one.
        await asyncio.sleep(0.05)
        await send(writer, Page(b"x"))


@pytest.mark.slow
async def test_so_many_are_fetched_at_one_time_and_so_many_of_one_host(server: Server) -> None:
    server.route("*", Gate(32))
    # Fewer hosts than places, so that all places are taken only if some host has two.
    urls = [server.url(f"/{number}", host=f"host{number % 20}.example") for number in range(160)]
    async with remote_client(FetchLimits(total_seconds=20)) as client:
        await asyncio.gather(*(get(url, client) for url in urls))
    assert server.most_together == 32
    assert max(server.most_of_host.values()) == 2


@pytest.mark.parametrize(("together", "per_host"), [(1, 1), (3, 8), (8, 3)])
@pytest.mark.slow
async def test_both_limits_are_settings(server: Server, together: int, per_host: int) -> None:
    server.route("*", Gate(min(together, per_host)))
    async with remote_client(FetchLimits(max_requests=together, per_host=per_host)) as client:
        urls = [server.url(f"/{number}", host="one.example") for number in range(20)]
        await asyncio.gather(*(get(url, client) for url in urls))
    assert server.most_together == min(together, per_host)


async def test_one_slow_host_does_not_hold_up_the_others(server: Server) -> None:
    """Two hundred feeds of a host that never answers take two places and not all."""
    started = threading.Event()

    async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
        started.set()
        await asyncio.sleep(60)

    server.route("/slow", never)
    server.page("/fast", b"x")
    async with remote_client(FetchLimits(max_requests=4)) as client:
        slow_url = server.url("/slow", host="slow.example")
        slow = [asyncio.create_task(get(slow_url, client)) for _ in range(200)]
        await asyncio.to_thread(started.wait, 10)
        for number in range(20):
            fast = server.url("/fast", host=f"fast{number}.example")
            assert (await asyncio.wait_for(get(fast, client), 10)).data == b"x"
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


@pytest.mark.slow
async def test_redirects_between_hosts_do_not_wait_for_each_other(server: Server) -> None:
    urls = []
    for number in range(30):
        here, there = ("a", "b") if number % 2 else ("b", "a")
        end = server.url(f"/end{number}", host=f"{there}.example")
        server.page(f"/{number}", status=302, headers={"Location": end}, delay=0.01)
        server.page(f"/end{number}", b"x", delay=0.01)
        urls.append(server.url(f"/{number}", host=f"{here}.example"))
    async with remote_client(FetchLimits(max_requests=2, per_host=1, total_seconds=20)) as client:
        got = await asyncio.gather(*(get(url, client) for url in urls))
    assert [page.data for page in got] == [b"x"] * 30
    assert max(server.most_of_host.values()) == 1
    assert server.most_together == 2


@pytest.mark.slow
async def test_waiting_for_a_turn_is_not_counted_as_time(server: Server) -> None:
    url = server.page("/", b"x", delay=0.2)
    async with local_client(FetchLimits(max_requests=1, per_host=1, total_seconds=0.9)) as client:
        await asyncio.gather(*(get(url, client) for _ in range(7)))


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_left")
async def test_connections_of_the_hosts_that_were_asked_last_are_kept() -> None:
    with serving() as server:
        server.page("/", b"x")
        async with remote_client(FetchLimits(max_requests=4)) as client:
            for number in (*range(12), 8, 9, 10, 11, 0):
                await get(server.url("/", host=f"host{number}.example"), client)
            assert server.connections == 13
            await asyncio.sleep(0.05)
            assert server.open_connections == 4


def open_files() -> int:
    """Descriptors that this process holds, sockets among them."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """See that a test leaves no descriptor open."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("descriptors are counted in /proc")
    gc.collect()
    before = open_files()
    yield
    gc.collect()
    assert open_files() <= before


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.filterwarnings(
    "error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("encrypted", [False, True])
async def test_what_is_cancelled_at_any_moment_leaves_nothing(encrypted: bool) -> None:
    """Each request is stopped at another step of its way, also while it connects and closes."""
    authority = trustme.CA()
    certificate = make_server_context(authority.issue_cert("127.0.0.1"))
    with serving(tls=certificate if encrypted else None) as server:
        server.page("/0", b"y" * 99, status=301, headers={"Location": "/1"}, delay=0.002)
        server.page("/1", b"x" * 500_000, delay=0.002)

        async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 1000)
                await writer.drain()
                await asyncio.sleep(0.001)

        server.route("/drip", drip)
        before = len(asyncio.all_tasks())
        limits, trust = FetchLimits(per_host=8), make_client_context(authority)
        async with HttpClient(limits, proxies={}, ssl_context=trust) as client:
            for steps in range(120):
                urls = map(server.url, ("/0", "/drip", "/1"))
                tasks = [asyncio.create_task(get(url, client)) for url in urls]
                for _ in range(steps // 2):
                    await asyncio.sleep(0)
                if steps % 2:
                    await asyncio.sleep(0.0001 * steps)
                for task in tasks:
                    task.cancel()
                    # A second call while it clears up, as an impatient user makes it.
                    if steps % 3 == 0:
                        await asyncio.sleep(0)
                        task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            assert (await get(server.url("/1"), client)).status == 200
        await asyncio.sleep(0.1)
        assert (len(asyncio.all_tasks()), server.open_connections) == (before, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_left")
async def test_failures_leave_nothing() -> None:
    async def cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<rss>")

    with serving() as server:
        server.route("/cut", cut)
        server.page("/big", bytes(2000))
        server.page("/404", b"no", status=404)
        server.page("/circle", status=302, headers={"Location": "/circle"})
        server.page("/inside", status=302, headers={"Location": "http://10.0.0.1/"})
        before = len(asyncio.all_tasks())
        async with local_client(FetchLimits(max_bytes=1000)) as client:
            for path in ("/cut", "/big", "/404", "/circle", "/inside") * 10:
                await get_error(server.url(path), client)
        await asyncio.sleep(0.1)
        assert (len(asyncio.all_tasks()), server.open_connections) == (before, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_left")
async def test_a_client_that_is_closed_in_the_middle_ends_what_it_does() -> None:
    with serving() as server:
        arrived = threading.Event()

        async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await asyncio.sleep(60)

        server.route("/", never)
        async with local_client(FetchLimits(per_host=1)) as client:
            # The second waits for its turn.
            tasks = [asyncio.create_task(get_error(server.url(), client)) for _ in range(2)]
            await asyncio.to_thread(arrived.wait, 10)
        for task in tasks:
            assert (await asyncio.wait_for(task, 5)).failure is Failure.BROKEN
        assert len(server.asked) == 1


async def test_a_name_that_changes_its_mind_is_checked_each_time(server: Server) -> None:
    """DNS rebinding: what was checked is what is connected to, also for a later connection."""
    names = Names({"rebinding.example": [[FAR], ["127.0.0.1"]]})
    network = FarNetwork()
    url = server.page("/", b"x").replace("127.0.0.1", "rebinding.example")
    async with remote_client(FetchLimits(), names, network) as client:
        for _ in range(2):
            # The first connection is kept, and it leads where it was checked to lead.
            assert (await get(Request(url), client)).data == b"x"
        assert names.asked == ["rebinding.example"]
        server.drop_connections()
        error = await get_error(Request(url), client)
        assert "rebinding.example is at 127.0.0.1, which" in error.reason
    assert network.reached == [FAR]


async def test_a_name_of_the_user_that_was_public_does_not_lead_inside_later() -> None:
    """Its redirects could choose what is asked of a router. A home server's is private at once."""
    names = Names({"evil.example": [[FAR], ["192.168.0.1"]], "nas.example": [["192.168.0.2"]]})
    network = FarNetwork()

    async def leads_on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        headers = {"Connection": "close", "Location": "/reboot"}
        await send(writer, Page(status=301, headers=headers))

    with serving() as server:
        server.route("/", leads_on)
        server.page("/reboot", b"done")
        async with remote_client(FetchLimits(), names, network) as client:
            error = await get_error(server.url("/", host="evil.example"), client)
            assert (error.failure, error.moved_to) == (Failure.REFUSED, "")
            assert (await get(server.url("/", host="nas.example"), client)).data == b"done"
        assert network.reached == [FAR, "192.168.0.2", "192.168.0.2"]


async def test_what_is_trusted_shares_no_connection_with_what_is_not(server: Server) -> None:
    url = server.page("/", b"mine")
    async with local_client() as client:
        assert (await get(url, client)).data == b"mine"
        assert (await get_error(Request(url), client)).failure is Failure.REFUSED
    assert len(server.asked) == 1


@pytest.mark.parametrize("found", [["8.8.8.8", "127.0.0.1"], ["fe80::1%eth0"]])
async def test_a_name_at_a_private_address_is_refused(server: Server, found: Sequence[str]) -> None:
    """Also behind a redirect of what the user named."""
    network, names = FarNetwork(), Names({"inside.example": [found]})
    server.page("/", status=301, headers={"Location": "http://inside.example/reboot"})
    redirecting = server.url("/", host="news.example")
    async with remote_client(FetchLimits(), names, network) as client:
        for request in (Request("http://inside.example/"), redirecting):
            assert (await get_error(request, client)).failure is Failure.REFUSED
    assert network.reached == [FAR]


async def test_the_next_address_of_a_host_is_tried_where_the_first_is_dead() -> None:
    with serving() as server, serving() as other:
        other.page("/", b"x")
        names = Names({"two.example": [["::1", "127.0.0.1"]]})
        async with HttpClient(FetchLimits(), proxies={}, resolve=names) as client:
            assert (await get(other.url("/", host="two.example"), client)).data == b"x"
        assert server.asked == []


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.slow
async def test_addresses_that_hang_do_not_hold_up_the_one_that_answers() -> None:
    """A listener whose queue is full answers no greeting: as a firewall that drops."""
    many, dead = ["2606:4700::1", "2606:4700::2", FAR, "9.9.9.9"], ["9.9.9.9", "9.9.9.8"]
    names = Names({"many.example": [many], "dead.example": [dead]})
    with serving() as server, socket.socket() as full, socket.socket() as one:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        one.connect(full.getsockname())
        server.page("/", b"x")
        network = FarNetwork(hanging=full.getsockname()[1])
        async with remote_client(FetchLimits(connect_seconds=5), names, network) as client:
            assert (await get(server.url("/", host="many.example"), client)).data == b"x"
        async with remote_client(FetchLimits(connect_seconds=0.4), names, network) as client:
            error = await get_error(server.url("/", host="dead.example"), client)
    assert "dead.example could not be reached" in error.reason
    assert network.reached == ["2606:4700::1", FAR, "9.9.9.9", "9.9.9.8"]


async def test_a_name_is_looked_up_by_this_computer() -> None:
    assert set(await look_up("localhost", 80)) <= {"127.0.0.1", "::1"}
    assert await look_up("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(FetchError):
        await look_up("a" * 64 + ".invalid", 80)


async def test_a_look_up_that_nobody_waits_for_any_more_ends_quietly() -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
    for host in ("localhost", "a" * 64 + ".invalid"):
        task = asyncio.create_task(look_up(host, 80))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    # Asked for after those that nobody waits for, which have been answered by then.
    for _ in range(3):
        await look_up("localhost", 80)
    assert faults == []

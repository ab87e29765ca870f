"""Connections: a name looked up once, every address that was found checked, and then one of those.

Because the checked address itself is what is connected to, a name that answers with another
address the second time (DNS rebinding) gains nothing. Certificates are checked by name all the
same: the client above knows nothing of this.

Importing this module imports the HTTP client (0.1 s): only `fetch` does, when it begins.
"""

from __future__ import annotations

import _thread
import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from itertools import chain, zip_longest

import httpcore2

from rilo_reader.fetch.guard import Reach, check_resolved
from rilo_reader.fetch.values import Failure, FetchError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> IP addresses, the best first. Raises FetchError where there are none."""

HEAD_START = 0.25
"""Seconds before the next address of a host is tried beside the first (RFC 8305)."""
TRIED_AT_MOST = 8


async def look_up(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, as this computer finds them.

    In a thread of its own that nobody waits for at the end: a name server that does not answer
    holds up neither the look-ups of other hosts nor the end of the program.

    Raises:
        FetchError: ADDRESS where there is no such host, OFFLINE where nobody could tell.
    """
    if _is_ip_address(host):
        return [host]
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(outcome: Sequence[str] | Exception) -> None:
        if found.done():
            return
        if isinstance(outcome, Exception):
            found.set_exception(outcome)
        else:
            found.set_result(outcome)

    def ask() -> None:
        outcome: Sequence[str] | Exception
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:
            outcome = _not_found(host, error)
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:
            # The loop was closed meanwhile: nobody asks any more.
            return

    # Not threading.Thread: its start waits for the thread to run, and the event loop with it.
    _thread.start_new_thread(ask, ())
    return await found


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _not_found(host: str, error: Exception) -> FetchError:
    unknown = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
    if isinstance(error, UnicodeError) or getattr(error, "errno", None) in unknown:
        return FetchError(Failure.ADDRESS, f"there is no host named {host}")
    return FetchError(Failure.OFFLINE, f"the name {host} could not be looked up: no name server")


class Connector(httpcore2.AsyncNetworkBackend):
    """How the HTTP client gets its connections.

    Args:
        resolve: finds the IP addresses of a host.
        reach: where connections may lead.
        public_hosts: names that led to the public net before; what is found to is added.
        network: what connects to an IP address; this computer's own by default.
    """

    def __init__(
        self,
        resolve: Resolve,
        reach: Reach,
        public_hosts: set[str],
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._reach = reach
        self._public_hosts = public_hosts
        self._network = network or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to a host; the time holds for finding it and reaching it together."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
                if check_resolved(host, addresses, self._reach, self._public_hosts):
                    self._public_hosts.add(host)
                return await self._first_of(_alternating(addresses)[:TRIED_AT_MOST], port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(host) from error

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def _first_of(self, addresses: Sequence[str], port: int) -> httpcore2.AsyncNetworkStream:
        """The first connection that is made; each next address is tried a little later."""
        if len(addresses) == 1:
            return await self._network.connect_tcp(addresses[0], port)
        tried: set[asyncio.Task[httpcore2.AsyncNetworkStream]] = set()
        waiting = list(reversed(addresses))
        failure: BaseException = httpcore2.ConnectError("no address")
        try:
            while waiting or not all(task.done() for task in tried):
                if waiting:
                    attempt = self._network.connect_tcp(waiting.pop(), port)
                    tried.add(asyncio.create_task(attempt))
                going = {task for task in tried if not task.done()}
                done, _ = await asyncio.wait(
                    going,
                    timeout=HEAD_START if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    error = task.exception()
                    if error is None:
                        tried.discard(task)
                        return task.result()
                    failure = error
            raise failure
        finally:
            await _let_go(tried)


async def _let_go(tasks: Iterable[asyncio.Task[httpcore2.AsyncNetworkStream]]) -> None:
    """End attempts that are no longer wanted, and what connections they made all the same."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, httpcore2.AsyncNetworkStream):
            await outcome.aclose()


def _alternating(addresses: Sequence[str]) -> list[str]:
    """IPv6 and IPv4 in turn, beginning with the family that came first (RFC 8305)."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    other = [address for address in addresses if (":" in address) != (":" in addresses[0])]
    return [found for found in chain(*zip_longest(first, other)) if found is not None]

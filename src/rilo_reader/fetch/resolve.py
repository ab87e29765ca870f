"""Name resolution whose results are checked before anything connects to them.

aiohttp connects to exactly the addresses that its resolver returns, so a name that resolves to
another address the second time (DNS rebinding) gains nothing. Certificates are still checked
against the name.

Importing this module imports aiohttp.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from threading import Thread

from aiohttp.abc import AbstractResolver, ResolveResult

from rilo_reader.fetch.guard import Reach, check_resolved
from rilo_reader.fetch.values import Failure, FetchError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> IP addresses, the best first. Raises FetchError if there are none."""

PER_FAMILY = 4
"""Maximum number of addresses of one host to try, of IPv4 and of IPv6 each."""


class GuardedResolver(AbstractResolver):
    """Resolves a host and raises FetchError if it may not be connected to.

    Args:
        resolve: finds the IP addresses of a host.
        reach: where connections may lead.
        public_hosts: hosts that were on the public net before; new ones are added.
    """

    def __init__(self, resolve: Resolve, reach: Reach, public_hosts: set[str]) -> None:
        self._resolve = resolve
        self._reach = reach
        self._public_hosts = public_hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses that may be connected to, in order of preference."""
        found = await self._resolve(host, port)
        if check_resolved(host, found, self._reach, self._public_hosts):
            self._public_hosts.add(host)
        v6 = [address for address in found if ":" in address][:PER_FAMILY]
        v4 = [address for address in found if ":" not in address][:PER_FAMILY]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in sorted((*v6, *v4), key=found.index)
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host found by the system's resolver.

    Runs in a daemon thread of its own: a name server that does not answer delays neither other
    look-ups, as in a pool of threads, nor the end of the program.

    Raises:
        FetchError: ADDRESS if there is no such host, OFFLINE if no name server answered.
    """
    found: Future[list[str]] = Future()
    Thread(target=_getaddrinfo, args=(found, host, port), daemon=True).start()
    try:
        return await asyncio.wrap_future(found)
    except UnicodeError:
        raise _unknown(host) from None
    except socket.gaierror as error:
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)):
            raise _unknown(host) from None
        reason = f"the name {host} could not be looked up: no name server"
        raise FetchError(Failure.OFFLINE, reason) from None


def _getaddrinfo(found: Future[list[str]], host: str, port: int) -> None:
    """Set the addresses, unless nobody waits for them any more."""
    if not found.set_running_or_notify_cancel():
        return
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.set_result(list(dict.fromkeys(str(row[4][0]) for row in rows)))
    except (OSError, UnicodeError) as error:
        found.set_exception(error)


def _unknown(host: str) -> FetchError:
    return FetchError(Failure.ADDRESS, f"there is no host named {host}")

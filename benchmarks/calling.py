"""Calls of an API by aiohttp alone: what a sync of an account cannot undercut.

    python -m benchmarks.calling < CALLS

A process of its own, as a refresh is. It sends the calls that a sync has sent, reads each reply and
decodes its JSON, and does nothing else. Calls that were on their way together are so here too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiohttp

from rilo_reader.fetch.messages import ApiClient, ApiReply, ApiRequest


class Call(NamedTuple):
    """A call to be sent once `after` others have ended."""

    after: int
    method: str
    url: str
    headers: dict[str, str]
    body: str


class CallRecorder:
    """An `ApiClient` that records what is sent by another one.

    Attributes:
        calls: what was sent, in order.
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._ended = 0
        self.calls: list[Call] = []

    async def call_api(self, request: ApiRequest) -> ApiReply:
        """Send a request."""
        headers, body = dict(request.headers), request.body.decode()
        self.calls.append(Call(self._ended, request.method, request.url, headers, body))
        try:
            return await self._client.call_api(request)
        finally:
            self._ended += 1


async def send(calls: Sequence[Call]) -> None:
    """Send all of them."""
    pending: set[asyncio.Task[None]] = set()
    ended = 0
    async with aiohttp.ClientSession() as session:
        for call in calls:
            while ended < call.after:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                ended += len(done)
            pending.add(asyncio.create_task(_send(session, call)))
        await asyncio.gather(*pending)


async def _send(session: aiohttp.ClientSession, call: Call) -> None:
    data = call.body.encode() or None
    async with session.request(call.method, call.url, headers=call.headers, data=data) as reply:
        _decoded(await reply.read())
        reply.raise_for_status()


def _decoded(data: bytes) -> Any:  # noqa: ANN401  # whatever it is
    try:
        return json.loads(data)
    except ValueError:
        return None  # a token, or "OK"


if __name__ == "__main__":
    asyncio.run(send([Call(*each) for each in json.load(sys.stdin)]))

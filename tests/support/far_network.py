"""A net in which public IP addresses lead to test servers: the far side of what is guarded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import httpcore2

from rilo_reader.fetch.values import Failure, FetchError

FAR = "8.8.8.8"
"""A public address; nothing is sent to it, because FarNetwork leads it to 127.0.0.1."""


class FarNetwork(httpcore2.AsyncNetworkBackend):
    """Every address that is public leads to this computer, and all others to where they say.

    Attributes:
        reached: the IP addresses that connections were made to, in order.
    """

    def __init__(self) -> None:
        self.reached: list[str] = []
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.reached.append(host)
        return await self._network.connect_tcp("127.0.0.1", port, timeout)


class Names:
    """A name server that one writes oneself.

    Args:
        known: name -> one answer after the other, the last for ever; what is not in it is at FAR.

    Attributes:
        asked: the names that were looked up, in order.
    """

    def __init__(self, known: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self.asked: list[str] = []
        self._known = {name: list(answers) for name, answers in (known or {}).items()}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self._known.get(host, [[FAR]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if not answer:
            raise FetchError(Failure.ADDRESS, f"there is no host named {host}")
        return answer

"""A net in which public IP addresses lead to test servers: the far side of what is guarded."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

from aiohttp import AddrInfoType

from rilo_reader.fetch.messages import Failure, FetchError

FAR = "8.8.8.8"
"""A public address; nothing is sent to it, because FarNetwork leads it to 127.0.0.1."""


class FarNetwork:
    """A socket factory whose sockets connect to this computer, whatever address they are given."""

    def __init__(self, hanging: int = 0) -> None:
        """Addresses other than FAR lead to the port `hanging`, which takes no connection."""
        self.reached: list[str] = []  # the IP addresses that connections were made to, in order
        self.hanging = hanging

    def __call__(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, _ = address
        return _Socket(self, socket.AddressFamily(family), socket.SocketKind(kind), protocol)


class _Socket(socket.socket):
    def __init__(
        self,
        network: FarNetwork,
        family: socket.AddressFamily,
        kind: socket.SocketKind,
        protocol: int,
    ) -> None:
        super().__init__(family, kind, protocol)
        self._network = network

    def connect(self, address: tuple[str, int, *tuple[int, ...]]) -> None:  # type: ignore[override]
        host, port, *rest = address
        self._network.reached.append(host)
        if self._network.hanging and host != FAR:
            port = self._network.hanging
        near = "127.0.0.1" if self.family is socket.AF_INET else "::ffff:127.0.0.1"
        super().connect((near, port, *rest))


class Names:
    """A name server that one writes oneself."""

    def __init__(self, known: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        """Each name has one answer after the other, the last for ever; others are at FAR."""
        self.asked: list[str] = []  # the names that were looked up, in order
        self._known = {name: list(answers) for name, answers in (known or {}).items()}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self._known.get(host, [[FAR]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if not answer:
            raise FetchError(Failure.ADDRESS, f"there is no host named {host}")
        return answer

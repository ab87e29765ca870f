"""Messages between this program and processes of its own: bytes behind their length."""

from __future__ import annotations

from typing import IO

_SIZE = 8  # bytes that say how long a message is


def send(pipe: IO[bytes] | None, message: bytes) -> None:
    """Write a message into a pipe.

    Raises:
        OSError: there is no pipe, or nobody reads any more.
    """
    if pipe is None:
        raise BrokenPipeError
    pipe.write(len(message).to_bytes(_SIZE, "big"))
    pipe.write(message)
    pipe.flush()


def receive(pipe: IO[bytes] | None) -> bytes:
    """Wait for a message from a pipe.

    Raises:
        EOFError: there is none any more.
    """
    head = pipe.read(_SIZE) if pipe is not None else b""
    size = int.from_bytes(head, "big")
    message = pipe.read(size) if pipe is not None else b""
    if len(head) < _SIZE or len(message) < size:
        raise EOFError
    return message

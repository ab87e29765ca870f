"""`Account`: a login at a feed service (pure)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Api(StrEnum):
    """The API of a feed service."""

    MINIFLUX = "miniflux"
    GREADER = "greader"
    """The Google Reader API: FreshRSS, BazQux, The Old Reader, Miniflux."""


class Account(NamedTuple):
    """An account in accounts.toml; no secret is part of it.

    Attributes:
        name: what the user calls it; identifies it.
        api: the API of the server.
        url: the address of the API, without user and password.
        user: the user's name there; "" to log in with an API key.
        password_command: a command that prints the password or the API key; "" where the system's
            keyring or a file of ours has it.
        window: see `service.Known`.
        private: whether the user allows an address on the local network or computer, also if it
            was on the public net before.
    """

    name: str
    api: Api
    url: str
    user: str = ""
    password_command: str = ""
    window: int = 10_000
    private: bool = False

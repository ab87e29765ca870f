"""Rules of the headers that a user sends along with the requests for a feed (pure).

They may be secrets: no message here repeats one, but the number of its line or place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rilo_reader.config.checks import SettingError
from rilo_reader.fetch.messages import Headers

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2
_OF_THE_CLIENT = frozenset(
    (
        *("Accept-Encoding", "Connection", "Content-Length", "Expect", "Host", "If-Modified-Since"),
        *("If-None-Match", "Keep-Alive", "Range", "Te", "Trailer", "Transfer-Encoding", "Upgrade"),
    )
)
MAX_VALUE_LENGTH = 8_000


class Login(NamedTuple):
    """The fields of a subscription that say which headers its requests have."""

    headers: Headers
    header_command: tuple[str, ...]
    user_agent: str


def check_headers(value: object) -> Headers:
    """Check headers as TOML has them, a table of texts by name."""
    if not isinstance(value, Mapping):
        raise SettingError('expected headers by name, such as { Cookie = "…" }')
    return _check_pairs((f"number {at}", *pair) for at, pair in enumerate(value.items(), 1))


def parse_headers(lines: Sequence[str]) -> Headers:
    """Read headers as HTTP writes them, `Name: value` on a line; raises SettingError."""
    pairs = [(f"line {number}", *line.partition(":")) for number, line in enumerate(lines, 1)]
    return _check_pairs((place, name, text) for place, name, _, text in pairs if name + text)


def _check_pairs(pairs: Iterable[tuple[str, str, object]]) -> Headers:
    """Check headers, each after its place; also its name may be a secret at the wrong place."""
    headers = Headers()
    for place, typed, value in pairs:
        name = typed.strip().title()
        if name in _OF_THE_CLIENT:
            raise SettingError(f"{name} is set by rilo-reader; leave it out")
        text = value.strip() if isinstance(value, str) else ""
        if not _NAME.fullmatch(name) or not text or not text.isprintable():
            raise SettingError(f"{place} is not a header like Cookie: session=1")
        if len(text) > MAX_VALUE_LENGTH:
            raise SettingError(f"{place} has more than {MAX_VALUE_LENGTH:,} characters")
        headers[name] = text
    return headers


def check_command(value: object) -> tuple[str, ...]:
    """Check a command and its arguments, a list of texts."""
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise SettingError('expected a list of a program and its arguments, such as ["pass", "x"]')
    if value and not value[0].strip():
        raise SettingError("the first text must be the program")
    return tuple(value)

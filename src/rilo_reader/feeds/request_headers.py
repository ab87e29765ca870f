"""Rules of the headers that a user sends along with the requests for a feed (pure).

They may be secrets: no message here repeats a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rilo_reader.config.checks import SettingError, quote_short
from rilo_reader.fetch.messages import Headers
from rilo_reader.text import clean_line

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
    return _check_pairs(value.items())


def parse_headers(lines: Sequence[str]) -> Headers:
    """Read headers as HTTP writes them, `Name: value` on a line; raises SettingError."""
    pairs = [line.partition(":") for line in lines if line.strip()]
    if not all(colon for _, colon, _ in pairs):
        raise SettingError("a header is written as Name: value, such as Cookie: session=1")
    return _check_pairs((name, value) for name, _, value in pairs)


def _check_pairs(pairs: Iterable[tuple[str, object]]) -> Headers:
    headers = Headers()
    for typed, value in pairs:
        name = typed.strip().title()
        if not _NAME.fullmatch(name):
            raise SettingError(f"{quote_short(clean_line(typed, 40))} is not the name of a header")
        if name in _OF_THE_CLIENT:
            raise SettingError(f"{name} is set by rilo-reader; leave it out")
        if not isinstance(value, str) or not (text := value.strip()) or not text.isprintable():
            raise SettingError(f"the header {name} must be a text on one line")
        if len(text) > MAX_VALUE_LENGTH:
            raise SettingError(f"the header {name} has more than {MAX_VALUE_LENGTH:,} characters")
        headers[name] = text
    return headers


def check_command(value: object) -> tuple[str, ...]:
    """Check a command and its arguments, a list of texts."""
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise SettingError('expected a list of a program and its arguments, such as ["pass", "x"]')
    if value and not value[0].strip():
        raise SettingError("the first text must be the program")
    return tuple(value)

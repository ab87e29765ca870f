"""TOML front matter as a mapping (pure); tomllib is imported where it is used."""

from __future__ import annotations

import re

from rilo_reader.store.document import HeaderError

_PLACE = re.compile(r" \(at line (\d+), column \d+\)$| \(at end of document\)$")


def read(header: str) -> dict[str, object]:
    """The keys and values of a header, as tomllib gives them.

    Raises:
        HeaderError: it is no TOML.
    """
    import tomllib

    try:
        return tomllib.loads(header)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        place = _PLACE.search(reason)
        line = int(place[1]) if place and place[1] else max(1, header.count("\n"))
        reason = _PLACE.sub("", reason)
        raise HeaderError(line, f"cannot be read: {reason}") from None

"""Text to a query tree, with the positions of what was not understood; never raises."""

from __future__ import annotations

from rilo_reader.search.query import Query


def parse(text: str, *, typing: bool = False) -> Query:
    """Read a query.

    Args:
        text: what somebody typed; cleaned by the caller.
        typing: whether the end of the text is still being typed: then the last word is a
            prefix and an unfinished phrase or field is read as far as it goes.
    """
    raise NotImplementedError

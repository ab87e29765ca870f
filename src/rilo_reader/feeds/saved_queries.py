"""Saved searches and mutes by source, which follow when a source is renamed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rilo_reader.config import MUTES, SEARCHES, load

WHOLE_SOURCE = "source:="
"""Occurs in every query for a whole source."""


def names_sources(file: Path) -> bool:
    """Return whether a saved search or mute of a settings file names a source."""
    config = load(file)[0]
    searches = any(WHOLE_SOURCE in search.query for search in config.searches)
    return searches or any(WHOLE_SOURCE in mute.query for mute in config.mutes)


def rename_in_queries(file: Path, names: Mapping[str, str]) -> None:
    """Rename sources in all saved searches and mutes.

    Args:
        file: settings.toml.
        names: old source -> new source.

    Raises:
        OSError: the file cannot be read or written; each query is unchanged or renamed.
        ValueError: the file cannot be edited.
    """
    config = load(file)[0]
    for search in config.searches:
        query = _renamed(search.query, names)
        if query != search.query:
            SEARCHES.change(file, search.name, query=query)
    for mute in config.mutes:
        query = _renamed(mute.query, names)
        if query != mute.query:
            MUTES.change(file, mute.query, query=query)


def _renamed(query: str, names: Mapping[str, str]) -> str:
    """Return a query with renamed sources."""
    from rilo_reader.query.edit import with_other_value
    from rilo_reader.query.tree import Field

    if WHOLE_SOURCE not in query:
        return query
    for old, new in names.items():
        if old in query:
            query = with_other_value(query, Field.SOURCE, old, new)
    return query

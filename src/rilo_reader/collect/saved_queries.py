"""Saved searches and mutes that ask for a feed by its name: they go on finding it under another.

A list that newsboat left asks for feeds that nobody has read yet by their addresses; what they are
called turns out with their first answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rilo_reader.config import change_mute, load, save_search

MARK = "source:="
"""What stands in every query that asks for a whole name."""


def asked_names(file: Path) -> bool:
    """Whether any saved search or mute of a settings file asks for a feed by its name."""
    config = load(file)[0]
    searches = any(MARK in search.query for search in config.searches)
    return searches or any(MARK in mute.query for mute in config.mutes)


def ask_by_other_names(file: Path, names: Mapping[str, str]) -> None:
    """Let every saved search and mute ask for feeds by the names that they have now.

    Args:
        file: settings.toml.
        names: what feeds were called -> what they are called.

    Raises:
        OSError: the file cannot be read or written; each query is as it was, or as it should be.
        ValueError: the file has them in a form that cannot be edited.
    """
    config = load(file)[0]
    for search in config.searches:
        query = renamed(search.query, names)
        if query != search.query:
            save_search(file, search.name, query)
    for mute in config.mutes:
        query = renamed(mute.query, names)
        if query != mute.query:
            change_mute(file, mute.query, query)


def renamed(query: str, names: Mapping[str, str]) -> str:
    """A query that asks for feeds by the names that they have now."""
    from rilo_reader.query.edit import with_other_value
    from rilo_reader.query.tree import Field

    if MARK not in query:
        return query
    for old, new in names.items():
        if old in query:
            query = with_other_value(query, Field.SOURCE, old, new)
    return query

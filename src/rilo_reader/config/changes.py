"""Change one thing in settings.toml; every other byte stays as the user wrote it.

All functions raise as `change` does, and write atomically.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path


def change(file: Path, key: str, value: str | float | bool | list[str]) -> None:
    """Set one key; comments and all other lines are kept.

    A missing file is created, with every setting explained in comments. Links are followed.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is not TOML, or there is no such setting; the file is unchanged.
    """
    from rilo_reader.config.edit import with_value

    _change(file, lambda text: with_value(text, tuple(key.split(".")), value))


def save_search(file: Path, name: str, query: str) -> None:
    """Save a search, or change the query of a saved one."""
    from rilo_reader.config.edit import with_search

    _change(file, lambda text: with_search(text, name, query))


def rename_search(file: Path, name: str, new: str) -> None:
    """Rename a saved search."""
    from rilo_reader.config.edit import with_search_renamed

    _change(file, lambda text: with_search_renamed(text, name, new))


def move_search(file: Path, name: str, place: int) -> None:
    """Move a saved search to a position, counted from 0."""
    from rilo_reader.config.edit import with_search_moved

    _change(file, lambda text: with_search_moved(text, name, place))


def remove_search(file: Path, name: str) -> None:
    """Remove a saved search."""
    from rilo_reader.config.edit import without_search

    _change(file, lambda text: without_search(text, name))


def mute(file: Path, query: str, until: date | None = None) -> None:
    """Add a mute for a query, until the end of a day or for ever."""
    from rilo_reader.config.edit import with_mute

    _change(file, lambda text: with_mute(text, query, until))


def change_mute(file: Path, query: str, new: str) -> None:
    """Change the query of a mute."""
    from rilo_reader.config.edit import with_mute_changed

    _change(file, lambda text: with_mute_changed(text, query, new))


def unmute(file: Path, query: str) -> None:
    """Remove the mute of a query."""
    from rilo_reader.config.edit import without_mute

    _change(file, lambda text: without_mute(text, query))


def _change(file: Path, edit: Callable[[str], str]) -> None:
    from rilo_reader.config.template import template

    target = Path(os.path.realpath(file))  # also of a link to itself
    try:
        text = target.read_bytes().decode("utf-8")
    except FileNotFoundError:
        text = template()
    replace_file(target, edit(text))


def replace_file(file: Path, text: str) -> None:
    """Write a file atomically; create missing folders, and keep the mode of an existing file."""
    from rilo_reader.files import replacing

    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as output:
        output.write(text.encode())

"""Change settings.toml, one thing at a time, and leave every other byte as the user wrote it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path


def change(file: Path, key: str, value: str | float | bool | list[str]) -> None:
    """Set one key in the file, keeping every comment and every other line as the user wrote it.

    Creates the file (with every setting explained in comments) where there is none; atomic. A
    file that is a link is written where the link leads.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is no TOML, or the key no setting; the file is as it was.
    """
    from rilo_reader.config.edit import with_value

    _change(file, lambda text: with_value(text, tuple(key.split(".")), value))


def save_search(file: Path, name: str, query: str) -> None:
    """Save a search, or give the one of that name another query. Raises as `change` does."""
    from rilo_reader.config.edit import with_search

    _change(file, lambda text: with_search(text, name, query))


def rename_search(file: Path, name: str, new: str) -> None:
    """Give a saved search another name. Raises as `change` does."""
    from rilo_reader.config.edit import with_search_renamed

    _change(file, lambda text: with_search_renamed(text, name, new))


def move_search(file: Path, name: str, place: int) -> None:
    """Put a saved search at a place in their order, from 0. Raises as `change` does."""
    from rilo_reader.config.edit import with_search_moved

    _change(file, lambda text: with_search_moved(text, name, place))


def remove_search(file: Path, name: str) -> None:
    """Forget a saved search. Raises as `change` does."""
    from rilo_reader.config.edit import without_search

    _change(file, lambda text: without_search(text, name))


def mute(file: Path, query: str, until: date | None = None) -> None:
    """Hide what a query finds, until the end of a day or for ever. Raises as `change` does."""
    from rilo_reader.config.edit import with_mute

    _change(file, lambda text: with_mute(text, query, until))


def change_mute(file: Path, query: str, new: str) -> None:
    """Hide what another query finds in place of a mute's. Raises as `change` does."""
    from rilo_reader.config.edit import with_mute_changed

    _change(file, lambda text: with_mute_changed(text, query, new))


def unmute(file: Path, query: str) -> None:
    """Hide no longer what a query finds. Raises as `change` does."""
    from rilo_reader.config.edit import without_mute

    _change(file, lambda text: without_mute(text, query))


def _change(file: Path, edit: Callable[[str], str]) -> None:
    from rilo_reader.config.edit import template

    target = file.resolve()
    try:
        text = target.read_bytes().decode("utf-8")
    except FileNotFoundError:
        text = template()
    replace_file(target, edit(text))


def replace_file(file: Path, text: str) -> None:
    """Put a text in a file's place: the old one or the new one is there, never a part."""
    import os

    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        # Made as any new file is, with what the user's umask allows; else as the old one was.
        with fresh.open("wb") as opened:
            opened.write(text.encode())
            opened.flush()
            os.fsync(opened.fileno())
        if file.exists():
            fresh.chmod(file.stat().st_mode & 0o7777)
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise

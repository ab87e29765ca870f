"""The plugins that are there, and what they bring that is only data. It knows no part of the core.

Who calls a hook asks for the plugins that have it, by a protocol of that one method; `hooks` has
all of them on one page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from rilo_reader.third_parties import load_named_plugins

P = TypeVar("P")

_BASE = "rilo_reader.hooks"  # whose `Plugin` brings nothing


class ExchangeResult(NamedTuple):
    """The result of an exchange of marks with others."""

    has_changed: bool = False  # whether marks have changed here
    messages: tuple[str, ...] = ()  # what the user should know, a line each
    details: tuple[str, ...] = ()  # what was done besides, for a user who asked for it
    has_failed: bool = False  # whether not all could be done


class VerbEntry(NamedTuple):
    """A command of the command line, as it is listed without importing its module."""

    place: str  # "module:Class" of its `Verb`
    summary: str = "see its --help"  # what it does
    heading: str = "Everyday commands"  # above it in the help of the program
    synonyms: Mapping[str, str] = {}  # command lines, each with words under which people look
    suffixes: str = ""  # of the files that it takes alone, as ".zip .json"


class LoadedPlugin(Protocol):
    """A plugin, of whatever it brings."""

    name: str
    needs: tuple[str, ...]


def plugins_with(kind: type[P]) -> tuple[P, ...]:
    """Return the plugins that have a hook: the method of a protocol."""
    (hook,) = [name for name in vars(kind) if not name.startswith("_")]
    return list_plugins_with(hook)


def has_hook(hook: str) -> bool:
    """Return whether a plugin has this hook."""
    return bool(list_plugins_with(hook))


@cache
def list_plugins_with(hook: str) -> tuple[Any, ...]:
    """Return the plugins that have a hook of this name."""
    return tuple(
        plugin  # those of others have a guarded hook as an attribute
        for plugin in load_plugins()
        if hook in vars(plugin) or getattr(type(plugin), hook).__module__ != _BASE
    )


@cache
def load_plugins() -> tuple[LoadedPlugin, ...]:
    """Return the plugins that are there: ours, by the names of their folders, then of others.

    One of ours is left out where one that it needs was deleted.
    """
    folders = Path(__file__).with_name("plugins").glob("*/__init__.py")
    names = sorted(file.parent.name for file in folders)
    ours: list[LoadedPlugin]
    ours = [import_module(f"rilo_reader.plugins.{name}").PLUGIN for name in names]
    while not all(set(each.needs) <= {one.name for one in ours} for each in ours):
        there = {each.name for each in ours}
        ours = [each for each in ours if set(each.needs) <= there]
    base: Any = import_module(_BASE).Plugin
    theirs = [*load_named_plugins(base)]
    if theirs:
        from rilo_reader.plugin_guard import guard_plugin  # for those who have such plugins

        for module, plugin in theirs:
            guard_plugin(module, plugin, base)
    return (*ours, *(plugin for _, plugin in theirs))

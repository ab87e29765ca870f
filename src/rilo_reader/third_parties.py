"""Plugins of others: the modules that `plugins` in the user's settings.toml names.

Nothing is searched for, and no other file names any. What fails in one is a line for the user that
names it, and brings nothing; all else goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, wraps
from importlib import import_module
from inspect import iscoroutinefunction
from traceback import extract_tb
from typing import Any, TypeVar

from rilo_reader.files import read_regular
from rilo_reader.paths import user_paths
from rilo_reader.text import clean_line

P = TypeVar("P")


@cache
def used() -> dict[str, str]:
    """The modules that bring plugins, each with its name and version."""
    return {}


@cache
def unusable() -> dict[str, str]:
    """The modules that bring no plugin, with the reason."""
    return {}


@cache
def failures() -> list[str]:
    """A line for each hook of each plugin that has failed until now."""
    return []


def named_plugins(kind: type[P]) -> Iterator[P]:
    """The plugins of the modules that are named; `kind` is what they are, and does nothing."""
    for module in _named():
        try:
            brought = import_module(module)
            plugin = brought.PLUGIN
            if not isinstance(plugin, kind):
                raise TypeError("its PLUGIN is not a Plugin")  # noqa: TRY301
        except (Exception, SystemExit) as error:
            unusable()[module] = f"{module} cannot be used: {_reason(error)}"
            continue
        used()[module] = clean_line(f"{module} {getattr(brought, '__version__', '')}".rstrip(), 100)
        for hook in [name for name in vars(kind) if callable(getattr(kind, name))]:
            setattr(plugin, hook, _guarded(module, getattr(plugin, hook), getattr(kind(), hook)))
        yield plugin


def _named() -> list[str]:
    """The modules that the settings name; what is wrong with the settings is told elsewhere."""
    file = user_paths().settings_file
    try:
        text = read_regular(file).decode() if file.exists() else ""
        if "plugins" not in text:
            return []
        import tomllib

        named = tomllib.loads(text).get("plugins", [])
    except (OSError, ValueError, RecursionError):
        return []
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _guarded(
    module: str, hook: Callable[..., Any], default: Callable[..., Any]
) -> Callable[..., Any]:
    """The hook of a plugin, which brings what the default does where it fails."""

    def failed(error: BaseException) -> None:
        failure = f"The plugin {module} failed in {hook.__name__}: {_reason(error)}"
        if failure not in failures():
            failures().append(failure)

    @wraps(hook)
    async def wait(*arguments: object, **named: object) -> Any:  # noqa: ANN401
        try:
            return await hook(*arguments, **named)
        except (Exception, SystemExit) as error:
            failed(error)
            return await default(*arguments, **named)

    @wraps(hook)
    def call(*arguments: object, **named: object) -> Any:  # noqa: ANN401
        nothing = default(*arguments, **named)
        try:
            found = _settled(hook(*arguments, **named))
            if found is None is not nothing:
                raise TypeError("it returned nothing")  # noqa: TRY301
        except (Exception, SystemExit) as error:
            failed(error)
            return nothing
        return found

    return wait if iscoroutinefunction(hook) else call


def _settled(value: object) -> object:
    """What generators have to say, so that they fail here, also within tuples."""
    if isinstance(value, Iterator):
        return [_settled(each) for each in value]
    return tuple(map(_settled, value)) if type(value) is tuple else value


def _reason(error: BaseException) -> str:
    """What went wrong, and in which line of which file."""
    last = extract_tb(error.__traceback__)[-1]
    place = f" ({last.filename.rpartition('/')[2]}, line {last.lineno})"
    if last.filename.startswith("<"):  # Python's own, of an import
        place = ""
    return clean_line(f"{type(error).__name__}: {error}{place}", 300)

"""Guards around what plugins of others bring: what breaks in one is a line, and the rest works.

A method of a controller or layer that has failed is left out until the program ends. A hook, and
what a command does, is tried again when it is asked for again.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import partial, wraps
from inspect import isawaitable, iscoroutinefunction
from types import SimpleNamespace
from typing import Any

from rilo_reader.errors import LibraryError
from rilo_reader.third_parties import FAILURES, describe_error, failures, use_old_methods

LONGEST_END = 1.5  # s that `stop` and `finish` of a controller are waited for

Call = Callable[..., Any]

# Of a result: where one is expected, nothing else will do.
_RESULT_KINDS = (str, Mapping, Sequence, int)
# What an object must have that a method returns, or each that stands in what it returns.
_NEEDED = {"shared_archive": "open_older_articles", "feed_sources": "sources"}
_NEEDED_OF_EACH = {
    **{"start_modes": "option", "commands": "id", "make_commands": "id", "settings": "plain"},
    **{"controllers": "on_page_shown", "article_layers": "margin", "checks": "index"},
}
_VALUE_KINDS: Mapping[str, type] = {
    **{"margin": str, "patches": Sequence},  # of Layer, by line
    **{"verbs": object, "help_of_verbs": str, "feed_settings": str},  # by name
}


def guard_plugin(module: str, plugin: object, kind: type) -> None:
    """Guard the hooks of a plugin; those of `kind` stand in for them where they fail."""
    for name in [name for name in vars(kind) if callable(getattr(kind, name))]:
        hook, default = getattr(plugin, name), getattr(kind(), name)
        if getattr(hook, "__func__", None) is not getattr(kind, name):
            setattr(plugin, name, _Guard(module, name, hook, default, of=_HOOK).as_function())


def _guard_part(module: str, part: Any) -> None:  # noqa: ANN401  # a controller or layer
    """Guard the methods of a part, and what its commands do; base methods stand in for them."""
    use_old_methods(module, part)
    brought, members = type(part), dict[str, Any]()
    base = next(each for each in brought.__mro__ if each.__module__.startswith("rilo_reader."))
    for name in [name for name in dir(base) if not name.startswith("_")]:
        ours, theirs = getattr(base, name), getattr(brought, name)

        def guard(does: Call, default: Call, name: str = name) -> Call:
            return _Guard(module, f"{brought.__name__}.{name}", does, default).as_function()

        if name == "commands":
            members[name] = {
                command: _guard_handler(module, f"the command {command}", handler)
                for command, handler in part.commands.items()
            }
        elif callable(ours) and name in vars(part):  # by an old name
            vars(part)[name] = guard(vars(part)[name], ours.__get__(part))
        elif callable(ours) and theirs is not ours:
            members[name] = guard(theirs, ours)
        elif isinstance(ours, property) and isinstance(theirs, property) and theirs is not ours:
            members[name] = property(guard(theirs.__get__, ours.__get__))
    vars(part).pop("commands", None)
    part.__class__ = type(brought.__name__, (brought,), members)


def _guard_handler(module: str, place: str, handler: Call) -> Call:
    return _Guard(module, place, handler, lambda: None, of=_HANDLER).as_function()


_HOOK, _METHOD, _HANDLER = "hook", "method", "handler"


class _Guard:
    """A call that does what `default` does where `does` fails."""

    def __init__(
        self, module: str, place: str, does: Call, default: Call, *, of: str = _METHOD
    ) -> None:
        self._module, self._place, self._of = module, place, of
        self._does, self._default = does, default
        self._is_left_out = False

    def as_function(self) -> Call:
        """Return it as a function, which can be a method."""

        @wraps(self._does)
        def call(*arguments: object, **named: object) -> object:
            return self._call(partial(self._does, *arguments, **named), *arguments, **named)

        return call

    def _call(self, do: Call, *arguments: object, **named: object) -> object:
        do_default = partial(self._default, *arguments, **named)
        if self._is_left_out:
            return do_default()
        try:
            with ExitStack() as stack:
                if self._of == _HOOK and self._place != "library_changed":
                    stack.enter_context(redirect_stdout(sys.stderr))
                found = do()
            if iscoroutinefunction(self._default) or isawaitable(found):
                return self._wait(found, do_default)
            name = self._place.rpartition(".")[2]
            return self._prepare(_check_result(name, found, do_default()))
        except FAILURES as error:
            self._record_failure(error)
            return do_default()

    async def _wait(self, found: Awaitable[object], do_default: Call) -> object:
        limit = LONGEST_END if self._place.endswith((".stop", ".finish")) else None
        try:
            async with asyncio.timeout(limit):
                return await found
        except FAILURES as error:
            self._record_failure(error)
            instead = do_default()
            return await instead if isawaitable(instead) else instead

    def _prepare(self, found: Any) -> object:  # noqa: ANN401  # of each method another
        """Guard what a method brings that is called later."""
        if self._place in ("controllers", "article_layers"):
            for part in found:
                _guard_part(self._module, part)
        elif self._place == "settings":
            return [
                each._replace(make_commands=self._guard_of(each, "make_commands", ()))
                for each in found
            ]
        elif self._place == "shared_archive" and found is not None:
            methods: Mapping[str, object] = {"open_older_articles": None, "read_highlights": {}}
            return SimpleNamespace(
                **{name: self._guard_of(found, name, value) for name, value in methods.items()}
            )
        elif self._place == "feed_sources" and found is not None:
            sources = tuple(
                _Translator(self._module, "feed_sources", each) for each in found.sources
            )
            return found._replace(sources=sources)
        elif self._place == "shared_archive.open_older_articles" and found is not None:
            return _Translator(self._module, "shared_archive", found)
        elif self._place.endswith(".find_own_handler") and found is not None:
            return _guard_handler(self._module, self._place, found)
        return found

    def _guard_of(self, found: object, name: str, default: object) -> Call:
        """Guard a method of what a hook returned; `default` is what stands in for its result."""
        place, does = f"{self._place}.{name}", getattr(found, name)
        return _Guard(self._module, place, does, lambda *_: default, of=_HOOK).as_function()

    def _record_failure(self, error: BaseException) -> None:
        self._is_left_out = self._of == _METHOD
        _record_failure(self._module, self._place, error)


class _Translator:
    """A part whose callers expect LibraryError: each of its errors is one, and is recorded."""

    def __init__(self, module: str, place: str, part: object) -> None:
        self._module, self._place, self._part = module, place, part

    def __getattr__(self, name: str) -> object:
        with self._translate_errors(name):
            value = getattr(self._part, name)
        return partial(self._call, name, value) if callable(value) else value

    def _call(self, name: str, does: Call, *arguments: object, **named: object) -> object:
        with self._translate_errors(name):
            found = does(*arguments, **named)
        if isinstance(found, Iterator):
            return self._iterate(name, found)
        if isawaitable(found):
            return self._wait(name, found)
        return self._enter(name, found) if hasattr(found, "__enter__") else found

    def _iterate(self, name: str, found: Iterator[object]) -> Iterator[object]:
        with self._translate_errors(name):
            yield from found

    async def _wait(self, name: str, found: Awaitable[object]) -> object:
        with self._translate_errors(name):
            return await found

    @contextmanager
    def _enter(self, name: str, context: Any) -> Iterator[object]:  # noqa: ANN401
        with ExitStack() as stack:
            with self._translate_errors(name):
                part = stack.enter_context(context)
            yield _Translator(self._module, f"{self._place}.{name}", part)

    @contextmanager
    def _translate_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except LibraryError:
            raise
        except FAILURES as error:
            line = _record_failure(self._module, f"{self._place}.{name}", error)
            raise LibraryError(line) from error


def _record_failure(module: str, place: str, error: BaseException) -> str:
    """Record a failure in a place of a plugin; return its line."""
    line = f"The plugin {module} failed in {place}: {describe_error(error)}"
    failures().record(line)
    return line


def _check_result(name: str, found: Any, default: object) -> Any:  # noqa: ANN401
    """Return what a method returned, or raise TypeError: it is not of the kind of `default`."""
    found = _exhaust_iterators(found)
    kind = next((kind for kind in _RESULT_KINDS if isinstance(default, kind)), object)
    if hasattr(default, "_fields"):
        kind = type(default)
    elif kind is Sequence:
        kind = Iterable  # as sections of `doctor` are
    if found is None:
        if default is not None:
            raise TypeError("it returned nothing")
        return None
    is_odd_text = isinstance(found, str) and default is not None and not isinstance(default, str)
    is_whole = issubclass(type(found), kind) and hasattr(found, _NEEDED.get(name, "__class__"))
    if is_odd_text or not is_whole:
        raise TypeError(f"it returned {type(found).__name__}")
    of, needed = _VALUE_KINDS.get(name), _NEEDED_OF_EACH.get(name, "__class__")
    keys = int if name in ("margin", "patches") else str
    if of is not None and not all(
        isinstance(key, keys) and isinstance(each, of) for key, each in found.items()
    ):
        raise TypeError("a value that it returned is of another kind")
    if kind is Iterable and not all(hasattr(each, needed) for each in found):
        raise TypeError("a part that it returned is of another kind")
    for each in found if name == "settings" else ():
        with_defaults = getattr(each.values_type, "_field_defaults", {}).keys()
        if {*each.plain, *getattr(each.values_type, "_fields", ("",))} - with_defaults:
            raise TypeError("its values need a NamedTuple with a default for each setting")
    return found


def _exhaust_iterators(value: Any) -> Any:  # noqa: ANN401
    """Turn generators into lists, also within tuples, so that they fail here."""
    if isinstance(value, Iterator):
        return [_exhaust_iterators(each) for each in value]
    return tuple(map(_exhaust_iterators, value)) if type(value) is tuple else value

"""Plugins of others: the modules that `plugins` in the user's settings.toml names.

Nothing is searched for, and no other file names any. What fails in one is a line for the user that
names it, and brings nothing; all else goes on (`plugin_guard`).
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from datetime import date, datetime, timedelta
from functools import cache, partial
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import current_thread, main_thread
from traceback import extract_tb, walk_tb
from types import FrameType, ModuleType
from typing import NoReturn, TypeVar
from warnings import warn

from rilo_reader.files import create_locked, is_locked, read_regular, read_user_text
from rilo_reader.paths import user_paths
from rilo_reader.text import clean_line

P = TypeVar("P")

IMPORT_SECONDS = 10.0  # that a module has to be imported, at every start
DAYS_KEPT = timedelta(days=30)  # that a failure is told by `doctor`
MOST_KEPT = 50  # failures
FAILURES = (Exception, SystemExit, KeyboardInterrupt)
"""What counts as a failure of a plugin: ctrl+c while a hook runs breaks off that hook."""

# For one release, as are `__getattr__` of hooks and `Config.of`. Hooks get their arguments by
# position.
OLD_HOOKS = {
    "starts": "start_modes",
    "marks_came": "exchange_marks",
}
GONE_HOOKS = {
    **dict.fromkeys(("elsewhere", "brings_articles", "others_highlights"), "shared_archive"),
    "own_commands": "make_commands of PluginSettings",
}
"""Hooks that nothing calls any more, and what took their place."""
OLD_METHODS = {
    "page_shown": "on_page_shown",
    "results_shown": "on_results_shown",
    "article_shown": "on_article_shown",
    "scrolled": "on_scrolled",
    "marks_changed": "on_marks_changed",
    "settings_changed": "on_settings_changed",
    "text_selected": "on_text_selected",
    "own_handler": "find_own_handler",
}
"""Methods of the controllers and layers that a plugin brings."""
OLD_MODULES: dict[str, tuple[str, dict[str, str]]] = {
    "rilo_reader.cli.libraries": ("rilo_reader.cli.arguments", {"opened": "open_current"}),
    "rilo_reader.config.declared": ("rilo_reader.config.all_settings", {}),
    "rilo_reader.config.rules": ("rilo_reader.config.checks", {"text_of": "check_text"}),
    "rilo_reader.tui.reader.context": ("rilo_reader.tui.reader.controller", {}),
}
"""Modules that plugins import, each with its name now and names in it that have changed."""


@cache
def loaded_modules() -> dict[str, str]:
    """Modules that bring plugins, each with its name and version."""
    return {}


@cache
def rejected_modules() -> dict[str, str]:
    """The modules that bring no plugin, with the reason."""
    return {}


class FailureLog:
    """The failures of plugins: a line each, kept in a file for `doctor` and the next launch."""

    def __init__(self) -> None:
        self.lines: list[str] = []  # of this process
        self.on_new: Callable[[str], object] = lambda line: None  # told each, in any thread

    def record(self, line: str) -> None:
        """Keep and tell a line, once."""
        if line in self.lines:
            return
        self.lines.append(line)
        kept = self.read_kept()
        if line not in kept:
            kept[line] = _today().isoformat(), False
            _write_kept(kept)
        self.on_new(line)

    def read_kept(self) -> dict[str, tuple[str, bool]]:
        """Return the lines of the last days: the day of each, and whether a launch has told it."""
        first = (_today() - DAYS_KEPT).isoformat()
        with suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
            kept = json.loads(read_regular(user_paths().failures_file))
            return {line: (day, told) for line, (day, told) in kept.items() if day >= first}
        return {}

    def take_untold(self) -> list[str]:
        """Return the lines of earlier processes that no launch has told; this one does."""
        kept = self.read_kept()
        untold = [line for line, (_, is_told) in kept.items() if not is_told]
        if untold:
            _write_kept({line: (day, True) for line, (day, _) in kept.items()})
        return [line for line in untold if line not in self.lines]


def _today() -> date:
    return datetime.now().astimezone().date()


def _write_kept(kept: Mapping[str, tuple[str, bool]]) -> None:
    with suppress(OSError):
        user_paths().state.mkdir(parents=True, exist_ok=True)
        newest = dict([*kept.items()][-MOST_KEPT:])
        user_paths().failures_file.write_text(json.dumps(newest, indent=1), "utf-8")


@cache
def failures() -> FailureLog:
    """Return the failures of plugins until now."""
    return FailureLog()


def find_plugin_frame(frames: Iterable[FrameType]) -> tuple[FrameType | None, str]:
    """Return the first frame that is in the code of a plugin, with that plugin and the place."""
    for frame in frames:
        name = frame.f_globals.get("__name__", "")
        for module in loaded_modules():
            if f"{name}.".startswith(f"{module}."):
                place = frame.f_code.co_qualname.replace("<locals>.", "")
                return frame, f"The plugin {module} {{}} in {place}"
    return None, ""


def blame_plugin(error: BaseException) -> str:
    """Return a line that names the plugin in whose code an error was raised; "" if in none."""
    _, line = find_plugin_frame(frame for frame, _ in walk_tb(error.__traceback__))
    return line and f"{line.format('failed')}: {describe_error(error)}"


@contextmanager
def report_plugin_failures() -> Iterator[None]:
    """Record an error that was raised in a plugin, and go on; any other is raised."""
    try:
        yield
    except FAILURES as error:
        if not (line := blame_plugin(error)):
            raise
        failures().record(line)


@cache
def old_names() -> list[str]:
    """A line for each old name that a plugin uses."""
    return []


def warn_of_old_name(user: str, old: str, new: str) -> None:
    """Tell authors by a DeprecationWarning, and users by `doctor`, that a name will go."""
    notice = f"{user} uses {old}, which is named {new} now; a later version will ignore {old}"
    if notice not in old_names():
        old_names().append(notice)
        warn(notice, DeprecationWarning, stacklevel=3)


class OldModuleFinder:
    """Finds the modules of OLD_MODULES: each gives what the module has that it is named now."""

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return how a module is loaded, if its name is an old one."""
        if name not in OLD_MODULES:
            return None
        warn_of_old_name("a plugin", name, OLD_MODULES[name][0])
        return ModuleSpec(name, cls)  # type: ignore[arg-type]  # which has all of a loader's methods

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Make a module look up its names in the one that there is now."""
        new, names = OLD_MODULES[module.__name__]

        def find(name: str) -> object:
            return getattr(import_module(new), names.get(name, name))

        vars(module)["__getattr__"] = find


def warn_of_old_names_in_code() -> None:
    """Look in the files of plugins for old names that only count once they run."""
    for module in loaded_modules():
        try:
            code = Path(sys.modules[module].__file__ or "").read_text("utf-8")
        except (OSError, ValueError):
            continue
        for old, (new, _) in OLD_MODULES.items():
            if re.search(rf"\b{re.escape(old)}\b", code):
                warn_of_old_name(module, old, new)
        for old, new in OLD_METHODS.items():
            if re.search(rf"^ +def {old}\(self", code, re.MULTILINE):
                warn_of_old_name(module, old, new)


def use_old_methods(module: str, part: object) -> None:
    """Give a controller or layer the new names of its old methods."""
    for old, new in OLD_METHODS.items():
        owner = next((each for each in type(part).__mro__ if new in vars(each)), object)
        is_there = old in vars(part) or hasattr(type(part), old)  # not by its `__getattr__`
        if is_there and owner.__module__.startswith("rilo_reader."):
            warn_of_old_name(module, old, new)
            setattr(part, new, getattr(part, old))


def load_named_plugins(kind: type[P], seconds: float = IMPORT_SECONDS) -> Iterator[tuple[str, P]]:
    """Yield the named modules with their plugins; `kind` is their class, whose hooks do nothing.

    A module has some seconds to be imported.
    """
    for module in _read_module_names():
        if OldModuleFinder not in sys.meta_path:
            sys.meta_path.append(OldModuleFinder)
        try:
            with _watch_import(module, seconds):
                brought = import_module(module)
            plugin = brought.PLUGIN
            if not isinstance(plugin, kind):
                raise TypeError("its PLUGIN is not a Plugin")  # noqa: TRY301
        except BaseException as error:  # also the end of the program, which only the user asks for
            rejected_modules()[module] = f"{module} cannot be used: {describe_error(error)}"
            continue
        loaded_modules()[module] = clean_line(
            f"{module} {getattr(brought, '__version__', '')}".rstrip(), 100
        )
        for old, new in OLD_HOOKS.items():
            is_there = old in vars(plugin) or hasattr(type(plugin), old)
            if is_there and getattr(type(plugin), new) is getattr(kind, new):
                warn_of_old_name(module, old, new)
                setattr(plugin, new, getattr(plugin, old))
        for gone in filter(partial(hasattr, plugin), GONE_HOOKS):
            old_names().append(
                f"{module} has {gone}, which is not a hook now: it is {GONE_HOOKS[gone]}"
            )
        yield module, plugin


@contextmanager
def _watch_import(module: str, seconds: float) -> Iterator[None]:
    """Bound an import in time where the system can; raise ImportError if it ended a process before.

    A file has the name of the module meanwhile, which stays where the process ends.
    """

    def give_up(*_: object) -> NoReturn:
        raise TimeoutError(f"its import takes longer than {seconds:g} seconds")

    file = user_paths().state / f"importing-{module}"
    if file.exists() and not is_locked(file):
        raise ImportError(f"its import ended rilo-reader; once that is mended, delete {file}")
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(sys.stderr))  # what programs read has nothing of it
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = create_locked(file)
            stack.callback(file.unlink, missing_ok=True)
            stack.enter_context(lock)
        if hasattr(signal, "setitimer") and current_thread() is main_thread():
            stack.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, give_up))
            stack.callback(signal.setitimer, signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_REAL, seconds)
        yield


def _read_module_names() -> list[str]:
    """Return the modules that the settings name; faults of the settings are told elsewhere."""
    file = user_paths().settings_file
    try:
        text = read_user_text(file) if file.exists() else ""
        if "plugins" not in text:
            return []
        import tomllib

        named = tomllib.loads(text).get("plugins", [])
    except (OSError, ValueError, RecursionError):
        return []
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def describe_error(error: BaseException) -> str:
    """Return what went wrong, and in which line of which file."""
    last = extract_tb(error.__traceback__)[-1]
    place = f" ({last.filename.rpartition('/')[2]}, line {last.lineno})"
    if last.filename.startswith("<") or last.filename == __file__:  # of an import
        place = ""
    return clean_line(f"{type(error).__name__}: {error}{place}", 300)

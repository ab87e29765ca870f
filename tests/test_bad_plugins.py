"""What a plugin breaks is its own: each place of it fails in each way, and the reader goes on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import invalidate_caches
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest

from rilo_reader import third_parties
from rilo_reader.errors import LibraryError
from rilo_reader.hooks import (
    ExchangeResult,
    FeedSources,
    Plugin,
    PluginSettings,
    Setting,
    SharedArchive,
    make_number_check,
)
from rilo_reader.paths import Paths
from rilo_reader.plugin_guard import guard_plugin
from rilo_reader.plugin_list import list_plugins_with, load_plugins
from rilo_reader.third_parties import failures
from tests.support.command_line import User
from tests.support.reader import reading
from tests.support.terminal import Terminal, rilo, run_piped, until
from tests.support.watched_library import WatchedLibrary, article

RUN = """
import contextlib, io, json, sys
from rilo_reader.cli import run
ended = []
for words in json.load(sys.stdin):
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "oe")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    ended.append((code, *(each.buffer.getvalue().decode() for each in (out, err))))
json.dump(ended, sys.stdout)
"""
"""Runs commands one after the other in a process."""

WAYS = {
    "raise": "raise KeyError('boom')",
    "exit": "raise SystemExit(3)",
    "divide": "1 / 0",
    "recurse": "import re; f = lambda: f(); f()",
    "interrupt": "raise KeyboardInterrupt",
}
"""Ways to fail, each the body of a method."""

CONTROLLER = """
from rilo_reader.hooks import Plugin
from rilo_reader.tui.panels.panel import EntryPanel, Panel
from rilo_reader.tui.reader.controller import Controller
from rilo_reader.tui.widgets.page_view import Layer


class BadPanel(Panel):
{panel}


class Bad(Controller):
    def __init__(self, context):
        super().__init__(context)
        self.commands = {{"bad": self.fail, "bad_async": self.fail_later, "panel": self.show,
            "task": self.start_task, "write": self.start_write, "work": self.start_work,
            "timer": self.start_timer}}

    def fail(self):
        {way}

    async def fail_later(self):
        {way}

    def show(self):
        self.open_panel(BadPanel())

    def start_task(self):
        self.tasks.make_latest("bad").request(self.fail, print)

    def start_write(self):
        self.tasks.write_tasks.enqueue(lambda: 1, lambda _: self.fail())

    def start_work(self):
        self.tasks.run(self.fail_later(), group="bad")

    def start_timer(self):
        self.tasks.call_after(0.01, self.fail)

{method}


class BadLayer(Layer):
    pass
{layer}


class BadPlugin(Plugin):
    name = "bad"

    def controllers(self, context):
        return (Bad(context),)

    def article_layers(self, context):
        return (BadLayer(context.widgets.view),)


PLUGIN = BadPlugin()
"""

METHODS = (
    *("on_results_shown(self)", "on_article_shown(self, row, article)", "on_page_shown(self)"),
    *("on_scrolled(self)", "on_marks_changed(self)", "on_settings_changed(self)", "start(self)"),
    *("handle_open(self)", "handle_back(self)", "key_pressed(self, event)", "help_sections(self)"),
    "find_own_handler(self, command)",
)
ASYNC_METHODS = ("stop(self)", "finish(self)")
LAYERS = (
    *("on_page_shown(self, page)", "forget(self)", "patches(self)", "margin(self)"),
    *("draw_replacement(self, line)", "picture_boxes(self, article)"),
)


class Brought:
    """A plugin that is there for one reader after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def write(
        self, *, method: str = "", panel: str = "    pass", layer: str = "", way: str = "pass"
    ) -> str:
        """Write a module, and have it named by the settings; return its name."""
        self._number += 1
        name = f"rilo_bad_{self._number}"
        text = CONTROLLER.format(
            method=indent(method, "    "), panel=panel, layer=indent(layer, "    "), way=way
        )
        (self._folder / f"{name}.py").write_text(text)
        invalidate_caches()
        self.names = [name]
        load_plugins.cache_clear()
        list_plugins_with.cache_clear()
        failures.cache_clear()
        return name


@pytest.fixture
def brought(tmp_path: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Brought]:
    made = Brought(tmp_path)
    monkeypatch.setattr(third_parties, "_read_module_names", lambda: made.names)
    monkeypatch.setattr(third_parties, "user_paths", lambda: paths)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    for cached in (load_plugins, list_plugins_with, failures, third_parties.loaded_modules):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.startswith("rilo_bad_")]:
        del sys.modules[name]


async def use(*commands: str) -> None:
    """Open a reader, do something of everything, run commands of the plugin, and leave."""
    library = WatchedLibrary([article(0, body="First. " * 400), article(1, body="Second.")])
    async with reading(library) as reader:
        await reader.press(
            "J", "s", "enter", "enter", "escape", "K", "tab", "down", "question_mark"
        )
        await reader.press("escape")
        reader.screen.use_settings(reader.screen.config)
        for command in commands:
            await reader.screen.controllers.run(command)
            await reader.settle()
            await reader.press("x")
            if reader.app.screen is not reader.screen:
                await reader.press("escape")
            await reader.until(lambda: not reader.screen.tasks.keys_ahead())
            await reader.press("J", "K")
        await reader.search("second")
        assert len(reader.titles) == 1
        await reader.press("escape", "q")
    assert reader.app.return_code == 0


def lines_of(name: str, place: str) -> list[str]:
    return [
        line
        for line in failures().lines
        if line.startswith(f"The plugin {name} ") and place in line
    ]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_methods_of_controllers(way: str, brought: Brought) -> None:
    name = brought.write(method="".join(f"def {one}:\n    {WAYS[way]}\n" for one in METHODS))
    await use("bad", "unknown")
    for method in METHODS:
        assert lines_of(name, f"Bad.{method.partition('(')[0]}"), method


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_awaited_and_layers(way: str, brought: Brought) -> None:
    every = "".join(f"async def {method}:\n    {WAYS[way]}\n" for method in ASYNC_METHODS)
    drawn = "".join(f"def {method}:\n    {WAYS[way]}\n" for method in LAYERS)
    name = brought.write(method=every, layer=drawn)
    await use()
    for place in (
        "Bad.stop",
        "Bad.finish",
        *(f"BadLayer.{one.partition('(')[0]}" for one in LAYERS),
    ):
        assert lines_of(name, place), place


@pytest.mark.slow
@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("exit", "interrupt")])
async def test_commands_panels_and_work_beside(way: str, brought: Brought) -> None:
    panel = f"    def on_key(self, event):\n        {WAYS[way]}"
    commands = ("bad", "bad_async", "task", "write", "work", "timer", "panel", "bad")
    name = brought.write(panel=panel, way=WAYS[way])
    await use(*commands)
    for place in ("the command bad:", "the command bad_async:", "Bad.fail:", "BadPanel.on_key"):
        assert lines_of(name, place), (place, failures().lines)


@pytest.mark.terminal
def test_a_panel_whose_key_ends_python_ends_only_itself(user: User) -> None:
    user.article("one.md", "One", "2020-01-01", "Text.")
    panel = "    def on_key(self, event):\n        raise SystemExit(3)"
    text = CONTROLLER.format(method="", panel=panel, layer="", way="pass")
    command = "    def commands(self):\n        from rilo_reader.hooks import Command\n\n"
    command += '        return (Command("panel", "Panel", ("f9",), "Show it.", "Read"),)\n\n'
    text = text.replace("    def article_layers", f"{command}    def article_layers")
    (user.home / "rilo_exit.py").write_text(text)
    user.settings('plugins = ["rilo_exit"]\n')
    variables = {"PYTHONPATH": f"{user.home}:{os.environ.get('PYTHONPATH', '')}"}
    with Terminal(rilo(), home=user.home, env=variables) as terminal:
        terminal.wait_for("Text.")
        terminal.send("\x1b[20~")  # f9
        terminal.wait_for(lambda screen: "Text." in screen)
        terminal.send("x")
        terminal.wait_for(
            "The plugin rilo_exit failed in BadPanel.on_key: RuntimeError: SystemExit: 3"
        )
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "panel",
    [
        "    def compose_body(self):\n        yield 1 / 0",
        "    def on_mount(self):\n        1 / 0",
        "    def on_screen_resume(self):\n        1 / 0",
    ],
)
async def test_a_panel_that_cannot_be_opened(panel: str, brought: Brought) -> None:
    name = brought.write(panel=panel)
    await use("panel")
    assert lines_of(name, "BadPanel.")


WRONG = {
    "def help_sections(self):\n    return 1": "Bad.help_sections",
    "def find_own_handler(self, command):\n    return lambda: 1 / 0": "Bad.find_own_handler",
    "mode = property(lambda self: 1 / 0)": "Bad.mode",
    "mode = property(lambda self: 5)": "Bad.mode",
}
WRONG_LAYERS = {
    "def margin(self):\n    return {0: 5}": "BadLayer.margin",
    "def margin(self):\n    return None": "BadLayer.margin",
    "def patches(self):\n    return {0: 5}": "BadLayer.patches",
    "def patches(self):\n    return [1]": "BadLayer.patches",
}


@pytest.mark.slow
async def test_what_is_of_the_wrong_kind(brought: Brought) -> None:
    for method, place in WRONG.items():
        name = brought.write(method=method)
        await use("bad", "unknown")
        assert lines_of(name, place), method
    for layer, place in WRONG_LAYERS.items():
        name = brought.write(layer=layer)
        await use()
        assert lines_of(name, place), layer


@pytest.mark.slow
async def test_a_finish_that_never_ends_is_left(brought: Brought) -> None:
    name = brought.write(
        method="async def finish(self):\n    import asyncio\n    await asyncio.sleep(99)"
    )
    await use()
    assert lines_of(name, "Bad.finish: TimeoutError")


@pytest.mark.slow
async def test_what_failed_is_left_out_and_said_at_the_next_launch(
    brought: Brought, paths: Paths
) -> None:
    calls = "def on_article_shown(self, row, article):\n    self.context.calls = getattr(\n"
    calls += "        self.context, 'calls', 0) + 1\n    1 / 0"
    brought.write(method=calls)
    library = WatchedLibrary([article(0, body="First."), article(1, body="Second.")])
    async with reading(library) as reader:
        await reader.press("J", "K", "J")
        assert reader.screen.calls == 1  # type: ignore[attr-defined]
        assert "ZeroDivisionError" in reader.message
    kept = json.loads(paths.failures_file.read_text())
    failures.cache_clear()
    assert failures().take_untold() == [*kept]
    assert failures().take_untold() == []


class OddHooks(Plugin):
    """A plugin whose hooks return words."""

    name = "odd"


def test_hooks_that_return_another_kind_bring_nothing(brought: Brought) -> None:
    plugin = OddHooks()
    for hook in ("exchange_marks", "shared_archive", "feed_sources", "commands", "verbs"):
        setattr(plugin, hook, wraps(getattr(Plugin, hook))(lambda *_: "words"))
    guard_plugin("odd", plugin, Plugin)
    failures.cache_clear()
    given = cast("Any", None)
    assert plugin.exchange_marks(given) == ExchangeResult()
    assert plugin.shared_archive(given, given) is None
    assert plugin.feed_sources(given, given, given) is None
    assert (plugin.commands(), plugin.verbs()) == ((), {})
    assert len([line for line in failures().lines if "it returned str" in line]) == 5


class BadArchive:
    """An archive that cannot be asked."""

    def open_older_articles(self, library: object) -> int:
        return 1 // 0

    def read_highlights(self, article: object, limit: int) -> int:
        return 1


def test_what_hooks_return_is_guarded_too(brought: Brought) -> None:
    plugin, given = OddHooks(), cast("Any", None)
    rows = PluginSettings(Days, make_commands=lambda values: [values.days // 0])
    plugin.settings = wraps(Plugin.settings)(lambda *_: [rows])  # type: ignore[method-assign]
    shared = wraps(Plugin.shared_archive)(lambda *_: cast("SharedArchive", BadArchive()))
    vars(plugin)["shared_archive"] = shared
    guard_plugin("odd", plugin, Plugin)
    failures.cache_clear()
    (its,), found = plugin.settings(), plugin.shared_archive(given, given)
    assert its.make_commands(Days()) == ()
    assert found is not None
    assert found.open_older_articles(given) is None
    assert found.read_highlights(None, 1) == {}
    said = ("settings.make_commands", "shared_archive.open_older", "shared_archive.read_high")
    for place, line in zip(said, failures().lines, strict=True):
        assert line.startswith(f"The plugin odd failed in {place}")


class BadPart:
    """A source of feeds, and its part in a refresh, that fail in each way."""

    name = "bad"

    def fail(self, *given: object) -> object:
        raise SystemExit(4)

    def give_two(self) -> Iterator[int]:
        yield 1
        yield 1 // 0

    @contextmanager
    def enter(self) -> Iterator[BadPart]:
        yield self

    def cannot_enter(self) -> object:
        return contextmanager(self.give_two)() if self.fail() else None

    async def run(self) -> object:
        raise KeyError("gone")

    def refuse(self) -> None:
        raise LibraryError("The server is away.")

    @property
    def description(self) -> str:
        return str(1 // 0)


def test_errors_of_what_is_asked_later_are_those_that_its_callers_expect(brought: Brought) -> None:
    plugin, given, part = OddHooks(), cast("Any", None), cast("Any", BadPart())
    sources = FeedSources((part,), add_command="odd add")
    vars(plugin)["feed_sources"] = wraps(Plugin.feed_sources)(lambda *_: sources)
    opened = SimpleNamespace(open_older_articles=lambda _: part, read_highlights=lambda *_: {})
    vars(plugin)["shared_archive"] = wraps(Plugin.shared_archive)(lambda *_: opened)
    guard_plugin("odd", plugin, Plugin)
    failures.cache_clear()
    (source,), _, command = cast("Any", plugin.feed_sources(given, given, given))
    archive = cast("Any", plugin.shared_archive(given, given))
    older = archive.open_older_articles(given)
    assert (source.name, command) == ("bad", "odd add")
    with source.enter() as entered:
        for ask in (
            source.fail,
            source.cannot_enter,
            entered.fail,
            lambda: asyncio.run(entered.run()),
            lambda: source.description,
            lambda: list(older.give_two()),
        ):
            with pytest.raises(LibraryError, match=r"The plugin odd failed in [a-z_.]+: "):
                ask()
    assert next(older.give_two()) == 1
    with pytest.raises(LibraryError, match="is away"):
        source.refuse()
    assert len(failures().lines) == 6
    assert "in feed_sources.enter.run: KeyError: 'gone'" in failures().lines[3]


@dataclass
class NoTuple:
    """Values of settings, of a kind that cannot be used."""

    days: int = 30


class NoDefault(NamedTuple):
    """Values of settings without a default."""

    days: int


class Days(NamedTuple):
    """Values of settings as they have to be."""

    days: int = 30


@pytest.mark.parametrize(("kind", "is_used"), [(NoTuple, False), (NoDefault, False), (Days, True)])
def test_settings_whose_values_cannot_be_used_bring_nothing(kind: type, *, is_used: bool) -> None:
    brings = (PluginSettings(kind, {"days": Setting("Days.", make_number_check(1, 365))}),)
    plugin = OddHooks()
    plugin.settings = wraps(Plugin.settings)(lambda *_: brings)  # type: ignore[method-assign]
    guard_plugin("odd", plugin, Plugin)
    failures.cache_clear()
    assert [each.plain for each in plugin.settings()] == [each.plain for each in brings if is_used]
    assert is_used or "a NamedTuple with a default for each setting" in failures().lines[0]


BAD_VERBS = """
from rilo_reader.hooks import Plugin, StartMode, VerbEntry
from rilo_reader.cli.verb import Verb

class RunsVerb(Verb):
    \"\"\"Fail.\"\"\"
    about, examples = "", ()

    def run(self):
        return 1 / 0

class BadVerbs(Plugin):
    name = "bad"

    def verbs(self):
        return {"gone": "rilo_no_such:Verb", "none": "rilo_bad:NoVerb", "runs": "rilo_bad:RunsVerb",
            "odd": "rilo_bad", "percent": VerbEntry("rilo_no_such", "50 %"), "other": 3}

    def start_modes(self):
        return (StartMode("--bad", "fail", lambda config: False, lambda *given: 1 / 0),)

    def checks(self, where, library):
        yield "Bad", (1 / 0 for _ in range(2))

PLUGIN = BadVerbs()
"""


@pytest.mark.slow
def test_verbs_ways_to_read_and_checks(user: User) -> None:
    (user.home / "rilo_bad.py").write_text(BAD_VERBS)
    user.settings('plugins = ["rilo_bad"]\n')
    user.article("one.md", "One", "2020-01-01", "Text.")
    env = {"PYTHONPATH": os.pathsep.join((str(user.home), *sys.path))}

    def ask(*words: str) -> tuple[int, str, str]:
        ended = run_piped([*rilo(), *words], user.home, env)
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    for words in (("--help",), ("help",), ("completion", "bash"), ("--version",), ("list",)):
        code, _, err = ask(*words)
        assert (code, "Traceback" in err) == (0, False), words
    for words in (("gone",), ("none",), ("odd",), ("percent",), ("runs",), ("--bad",)):
        code, _, err = ask(*words)
        assert code == 1, words
        assert "rilo_bad" in err or "rilo_no_such" in err
        assert "please report" not in err
    _, report, _ = ask("doctor")
    assert "The plugin rilo_bad failed in checks" in report
    assert "The plugin rilo_bad failed in RunsVerb.run" in report


# -- every hook at once, by every way to start ----------------------------------------------------

HOOKS = [name for name in vars(Plugin) if callable(getattr(Plugin, name))]
EVERY = """
import os, sys, time
from rilo_reader.hooks import Plugin

class Bad(Plugin):
    name = "bad"
{more}

def fail(self, *given, **named):
    {way}

for name in {hooks}:
    setattr(Bad, name, fail)
PLUGIN = Bad()
{last}
"""
EVERY_WAY = {
    **WAYS,
    "number": "return 7",
    "word": "return 'word'",
    "nothing": "return None",
    "odd things": "return [object(), None, 7]",
    "odd keys": "return {7: 7, 'word': None}",
    "an endless one": "return (each for each in [1, 1 / 0])",
    "print": "print('words of the plugin')",
}
COMMANDS = (
    *(("--help",), ("help",), ("help", "list"), ("completion", "bash"), ("--version",)),
    *(("list",), ("list", "--json"), ("show", "one.md"), ("search", "text"), ("feeds", "list")),
    *(
        ("mark", "star", "one.md"),
        ("settings",),
        ("doctor",),
        ("history",),
        ("search", "is:starred"),
    ),
)


@pytest.fixture
def somebody(user: User) -> User:
    user.settings('plugins = ["rilo_bad"]\n')
    user.article("one.md", "One", "2020-01-01", "Text.")
    return user


def write_bad(
    user: User, way: str, *, hooks: list[str] = HOOKS, more: str = "", last: str = ""
) -> None:
    text = EVERY.format(way=way, hooks=hooks, more=indent(more, "    "), last=last)
    (user.home / "rilo_bad.py").write_text(text)


def path_of(user: User) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join((str(user.home), *sys.path))}


def judge_commands(user: User, *, named: bool = True) -> None:
    """Run commands: none fails but by what the plugin is for, and doctor names it."""
    given = json.dumps(COMMANDS).encode()
    ended = run_piped([sys.executable, "-c", RUN], user.home, path_of(user), stdin=given)
    assert ended.returncode == 0, ended.stderr.decode()
    answers = dict(zip(COMMANDS, json.loads(ended.stdout), strict=True))
    for command, (code, out, err) in answers.items():
        allowed = (0, 1) if command[0] in ("doctor", "feeds") else (0,)
        assert code in allowed, (command, out, err)
        assert "Traceback" not in err, (command, err)
        assert "please report" not in err, (command, err)
        assert "words of the plugin" not in out or command[0] == "mark", (command, out)
    assert json.loads(answers["list", "--json"][1])["title"] == "One"
    assert "One" in answers["search", "is:starred"][1]
    assert "rilo_bad" in answers["--version",][1]
    assert not named or "The plugin rilo_bad failed in " in answers["doctor",][1]


@pytest.mark.slow
@pytest.mark.parametrize("way", EVERY_WAY)
def test_commands_of_the_command_line_work_whatever_hooks_do(way: str, somebody: User) -> None:
    write_bad(somebody, EVERY_WAY[way])
    judge_commands(somebody)


ODD_MODULES = {
    "any attribute": ("def __getattr__(self, name):\n    return lambda *given, **named: 1 / 0", ""),
    "any value": ("def __getattr__(self, name):\n    return None", ""),
    "prints": ("", "print('words of the plugin')"),
    "closes": ("", "import atexit; atexit.register(print, 'words of the plugin', file=sys.stderr)"),
    "any name": ("", "def __getattr__(name):\n    return 7"),
}


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD_MODULES)
def test_odd_modules(odd: str, somebody: User) -> None:
    more, last = ODD_MODULES[odd]
    write_bad(somebody, "pass", hooks=[], more=more, last=last)
    judge_commands(somebody, named=False)


# -- the reader in a terminal ---------------------------------------------------------------------

HOLDS = "while True:\n            time.sleep(600)"
STUBBORN = """while True:
            try:
                time.sleep(600)
            except BaseException:
                pass"""
PANEL = "def on_key(self, event):\n    time.sleep(600)"


def open_bad(
    user: User, way: str, *, method: str = "", panel: str = "pass", layer: str = ""
) -> Terminal:
    text = CONTROLLER.format(
        method=indent(method, "    "),
        panel=indent(panel, "    "),
        layer=indent(layer, "    "),
        way=way,
    )
    row = "    def commands(self):\n        from rilo_reader.hooks import Command\n"
    row += "        ids = ('bad', 'bad_async', 'panel', 'task', 'work', 'timer')\n"
    row += "        return [Command(one, one, (f'f{at}',), one, 'Bad')\n"
    row += "            for at, one in enumerate(ids, 1)]\n"
    text = text.replace('name = "bad"\n', f'name = "bad"\n\n{row}')
    (user.home / "rilo_bad.py").write_text(f"import os, sys, time\n{text}")
    terminal = Terminal(rilo(), home=user.home, env=path_of(user))
    terminal.wait_for("Text.")
    return terminal


F = {at: f"\x1b[{code}~" for at, code in enumerate((11, 12, 13, 14, 15, 17), 1)}


@pytest.mark.terminal
@pytest.mark.parametrize("leave", ["q", "\x03q"])
@pytest.mark.parametrize("place", ["key", "work", "timer", "panel", "shown", "stop", "finish"])
def test_one_that_holds_up_the_reader_is_named_and_left_by_a_key(
    place: str, leave: str, somebody: User
) -> None:
    way, method, panel = "pass", "", "pass"
    if place in ("stop", "finish"):
        method = f"async def {place}(self):\n        {HOLDS}"
    elif place == "shown":
        method = f"def on_marks_changed(self):\n        {HOLDS}"
    elif place == "panel":
        panel = PANEL
    else:
        way = HOLDS
    keys = {
        "key": F[1],
        "work": F[5],
        "timer": F[6],
        "panel": F[3] + "x",
        "shown": "s",
    }
    with open_bad(somebody, way, method=method, panel=panel) as terminal:
        terminal.send(keys.get(place, ""))
        kept = somebody.home / "state" / "rilo-reader" / "plugin-failures.json"
        if place in keys:
            until(lambda: kept.exists() and "holds up the reader" in kept.read_text())
        terminal.send(leave)
        if place == "panel":
            terminal.send(leave)
        assert terminal.wait_exit() == 0
        assert terminal.is_restored
        assert "The plugin rilo_bad holds up the reader in " in kept.read_text()


@pytest.mark.terminal
def test_one_that_cannot_be_broken_off_ends_the_reader(somebody: User) -> None:
    with open_bad(somebody, STUBBORN) as terminal:
        terminal.send(F[1] + "q")
        assert terminal.wait_exit() == 1
        assert terminal.is_restored
        assert "rilo_bad" in terminal.text


@pytest.mark.terminal
@pytest.mark.parametrize(
    "way", ["raise SystemExit(3)", "raise KeyboardInterrupt", "print('words')"]
)
def test_what_ends_or_prints_in_commands_and_work_leaves_the_reader_open(
    way: str, somebody: User
) -> None:
    with open_bad(somebody, way) as terminal:
        for at in (1, 2, 4, 5, 6):
            terminal.send(F[at])
        terminal.send("s")
        terminal.wait_for("Starred")
        assert "words" not in terminal.screen()
        terminal.send("q")
        assert terminal.wait_exit() == 0

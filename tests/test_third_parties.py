"""Plugins of others, by one that overrides every hook: named in the settings, never in the way."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from rilo_reader.config import Config, load
from rilo_reader.hooks import ExchangeResult, Plugin
from rilo_reader.third_parties import (
    OLD_HOOKS,
    OLD_MODULES,
    OldModuleFinder,
    load_named_plugins,
    old_names,
    rejected_modules,
)
from tests.feeds.world import rss
from tests.support.command_line import User
from tests.support.servers import serving
from tests.support.terminal import Terminal, config_file, rilo, run_piped

SAMPLES = Path(__file__).parent / "samples" / "plugins"
HOOKS = {name for name in vars(Plugin) if callable(getattr(Plugin, name))}
IN_READER = {"commands", "controllers", "article_layers", "wants_graphics"}

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


class Sample:
    """Somebody with the sample, or another plugin, named in the settings."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.file = user.home / "called"
        self.article = user.article("one.md", "One", "2020-01-01", "Text.")
        user.settings('plugins = ["rilo_sample"]\n')
        folder = user.home / "modules"
        folder.mkdir()
        self.folder = folder
        paths = f"{folder}:{SAMPLES}:{os.environ.get('PYTHONPATH', '')}"
        self.variables: dict[str, str | None] = {
            "PYTHONPATH": paths,
            "RILO_SAMPLE": str(self.file),
        }

    def run(
        self, *commands: tuple[str, ...], env: Mapping[str, str] | None = None
    ) -> list[tuple[int, str, str]]:
        """Run commands one after the other in a process of its own, which takes half a second."""
        given = json.dumps(commands).encode()
        variables = {**self.variables, **(env or {})}
        ended = run_piped([sys.executable, "-c", RUN], self.user.home, variables, stdin=given)
        assert ended.returncode == 0, ended.stderr
        return [(code, out, err) for code, out, err in json.loads(ended.stdout)]

    @property
    def called(self) -> set[str]:
        return set(self.file.read_text().split())


@pytest.fixture
def sample(user: User) -> Sample:
    return Sample(user)


def test_it_overrides_every_hook() -> None:
    text = (SAMPLES / "rilo_sample.py").read_text()
    assert {*re.findall(r"^    (?:async )?def (\w+)", text, re.MULTILINE)} == HOOKS


@pytest.mark.slow
def test_every_hook_outside_of_the_reader_is_called(sample: Sample) -> None:
    text = sample.article.read_text()
    sample.article.unlink()
    ((code, _, _),) = sample.run(("list",))
    assert code == 0, "of the guide, as there is no article"
    sample.article.write_text(text)
    with serving() as server:
        server.page("/feed", rss("Two"))
        own, listed, mark, feeds, add, option, town, doctor, version, helped, of_list = sample.run(
            ("sample",),
            ("list", "--json"),
            ("mark", "star", "one.md"),
            ("feeds",),
            ("add", server.url("/feed")),
            ("--sample",),
            ("settings", "sample_town", "Hanoi"),
            ("doctor",),
            ("--version",),
            ("--help",),
            ("list", "--help"),
            env={"NO_PROXY": "*"},
        )
        server.page("/feed", rss("Two", text="Other words."))
        refresh, changes = sample.run(
            ("refresh", "--force"), ("show", "one.md", "--changes"), env={"NO_PROXY": "*"}
        )
    assert refresh[0] == 0
    assert changes == (0, "One is two.\n", "")
    assert own == (0, "The sample works.\n", "")
    assert {each[0] for each in (listed, mark, feeds, add)} == {0}
    assert '"One"' in listed[1], "ours, and not that of the sample"
    assert option[1] == "sample reads articles\n"
    assert town[:2] == (0, 'sample_town = "Hanoi"\n')
    assert "Sample\n    the sample is well" in doctor[1]
    assert "Plugins\n    rilo_sample 1.0" in doctor[1]
    assert version[1].splitlines()[1:] == ["plugin rilo_sample 1.0"]
    assert "--sample" in helped[1]
    assert "The sample lists nothing." in of_list[1]
    assert (
        "sample = 1           means nothing"
        in config_file(sample.user.home, "feeds.toml").read_text()
    )
    assert sample.called >= HOOKS - IN_READER


@pytest.mark.terminal
def test_every_hook_of_the_reader_is_called(sample: Sample) -> None:
    with Terminal(rilo(), home=sample.user.home, env=sample.variables) as terminal:
        terminal.wait_for("Text.")
        terminal.send("\x1b[20~")  # f9
        terminal.wait_for("The sample works.")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert sample.called >= IN_READER


@pytest.mark.slow
def test_a_hook_that_fails_is_a_line_that_names_the_plugin_and_the_rest_works(
    sample: Sample,
) -> None:
    (code, out, err), (_, report, _) = sample.run(
        ("list",), ("doctor",), env={"RILO_SAMPLE_FAILS": "1"}
    )
    assert code == 0
    assert "One" in out
    lines = err.splitlines()
    said = "The plugin rilo_sample failed in verbs: ValueError: no verbs today (rilo_sample.py"
    assert sum(said in line for line in lines) == 1
    assert all("The plugin rilo_sample failed in" in line for line in lines)
    assert "Traceback" not in err
    assert "✗ The plugin rilo_sample failed in checks: ValueError: no checks today" in report


OLD = """
from rilo_reader.hooks import Followed, Plugin, Start, brings, plugins

class OldPlugin(Plugin):
    name = "old"

    def elsewhere(self, library, paths):
        return None

    def starts(self):
        return (Start("--old", "in the old way", lambda config: False, self.read),)

    def read(self, where, given, lines):
        print("old", brings.__name__)
        return 0

    def marks_came(self, marks, library=None):
        return Followed(False, told=(f"told by {plugins()[-1].name}",), failed=False)

PLUGIN = OldPlugin()
"""


@pytest.mark.slow
def test_old_names_of_hooks_work_and_doctor_names_them(sample: Sample) -> None:
    (sample.folder / "rilo_old.py").write_text(OLD)
    sample.user.settings('plugins = ["rilo_old"]\n')
    listed, old, doctor = sample.run(("list",), ("--old",), ("doctor",))
    assert listed[0] == 0
    assert "told by old" in listed[2]
    assert "failed" not in listed[2]
    assert old[1] == "old has_hook\n"
    for name, new in OLD_HOOKS.items():
        assert f"rilo_old uses {name}, which is named {new} now" in doctor[1]
    assert "rilo_old has elsewhere, which is not a hook now: it is shared_archive" in doctor[1]
    assert "a plugin uses hooks.Followed, which is named hooks.ExchangeResult now" in doctor[1]


def test_an_old_name_is_a_deprecation_and_another_is_no_name() -> None:
    hooks = import_module("rilo_reader.hooks")
    with pytest.warns(DeprecationWarning, match="hooks.Followed, which is named"):
        made = hooks.Followed(changed=True, done=("a",))
    assert made == ExchangeResult(has_changed=True, details=("a",))
    with pytest.raises(AttributeError):
        hooks.Follow  # noqa: B018
    old_names.cache_clear()


OLD_PARTS = """
from rilo_reader.cli.verb import Verb
from rilo_reader.commands import READ, Command
from rilo_reader.hooks import Plugin
from typing import NamedTuple

class Kept(NamedTuple):
    old_town: str = "Bangkok"

class OldVerb(Verb):
    \"\"\"Say how many articles there are.\"\"\"
    about, examples = "", ("rilo-reader old",)

    def run(self):
        from rilo_reader.cli.libraries import opened
        with opened(self) as library:
            print("old", library.search.window.__name__)
        return 0

class OldParts(Plugin):
    name = "oldparts"

    def verbs(self):
        return {"old": "rilo_oldparts:OldVerb"}

    def commands(self):
        return (Command("old", "Old", ("f9",), "Say what was seen.", READ),)

    def settings(self):
        from rilo_reader.config.declared import PluginSettings
        from rilo_reader.config.rules import Setting, text_of
        return (PluginSettings(Kept, {"old_town": Setting("A town.", text_of)}),)

    def controllers(self, context):
        from rilo_reader.tui.reader.context import Controller

        class Old(Controller):
            seen = ""

            def __init__(self, context):
                super().__init__(context)
                self.commands = {"old": self.say}

            def say(self):
                self.widgets.show_message(self.context.config.of(Kept).old_town + self.seen)

            def article_shown(self, row, article):
                self.seen = f" and {row.title} seen"
        return (Old(context),)

    def article_layers(self, context):
        from rilo_reader.tui.widgets.page_view import Layer

        class Old(Layer):
            lines = ()

            def page_shown(self, page):
                self.lines = [at for at, line in enumerate(page.lines) if "Text" in line.text]

            def margin(self):
                return dict.fromkeys(self.lines, "# ")
        return (Old(context.widgets.view),)

PLUGIN = OldParts()
"""


@pytest.fixture
def old_parts(sample: Sample) -> Sample:
    (sample.folder / "rilo_oldparts.py").write_text(OLD_PARTS)
    sample.user.settings('plugins = ["rilo_oldparts"]\n')
    sample.user.article("two.md", "Two", "2020-01-02", "Text.")
    return sample


@pytest.mark.slow
def test_old_modules_work_and_doctor_names_them(old_parts: Sample) -> None:
    old, town, doctor = old_parts.run(("old",), ("settings", "old_town"), ("doctor",))
    assert old == (0, "old window\n", "")
    assert town[1] == "Bangkok\n"
    for name, (new, _) in OLD_MODULES.items():
        assert f"rilo_oldparts uses {name}, which is named {new} now" in doctor[1]
    for name in ("page_shown", "article_shown"):
        assert f"rilo_oldparts uses {name}, which is named on_{name} now" in doctor[1]


@pytest.mark.terminal
def test_old_names_of_the_reader_work(old_parts: Sample) -> None:
    with Terminal(rilo(), home=old_parts.user.home, env=old_parts.variables) as terminal:
        terminal.wait_for("# Text.")
        terminal.send("\x1b[20~")  # f9
        terminal.wait_for("Bangkok and Two seen")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_an_old_module_is_a_deprecation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, OldModuleFinder])
    with pytest.warns(DeprecationWarning, match="libraries, which is named"):
        old = import_module("rilo_reader.cli.libraries")
    assert old.opened is import_module("rilo_reader.cli.arguments").open_current
    with pytest.raises(AttributeError):
        old.closed  # noqa: B018
    del sys.modules["rilo_reader.cli.libraries"]
    with pytest.warns(DeprecationWarning, match=r"Config\.of, which is named"):
        assert Config().of(list) == []
    old_names.cache_clear()


@pytest.mark.slow
def test_settings_with_a_byte_order_mark_name_plugins_too(sample: Sample) -> None:
    sample.user.settings('\ufeffplugins = ["rilo_sample"]\n')
    ((code, out, err),) = sample.run(("--version",))
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == ["plugin rilo_sample 1.0"]


FAULTS = {
    "ModuleNotFoundError: No module named 'rilo_0'": None,
    "ZeroDivisionError: division by zero (rilo_1.py, line 1)": "1 / 0",
    "SystemExit: 3": "raise SystemExit(3)",
    "has no attribute 'PLUGIN'": "plugin = 1",
    "TypeError: its PLUGIN is not a Plugin": "PLUGIN = 1",
    "SyntaxError: invalid syntax": "if:",
}
"""What is said of a module, by what stands in it."""


@pytest.mark.slow
def test_one_that_cannot_be_used_is_a_line_that_names_it(sample: Sample) -> None:
    names = [f"rilo_{number}" for number in range(len(FAULTS))]
    for name, text in zip(names, FAULTS.values(), strict=True):
        if text is not None:
            (sample.folder / f"{name}.py").write_text(text)
    sample.user.settings(f"plugins = {json.dumps([*names, 'rilo_sample'])}\n")
    (code, out, err), (_, works, _) = sample.run(("list",), ("sample",))
    assert (code, "One" in out) == (0, True)
    (line,) = err.splitlines()
    _, said = line.split("settings.toml, line 1, plugins: ")
    for name, fault, told in zip(names, FAULTS, said.split("; "), strict=True):
        assert told.startswith(f"{name} cannot be used: ")
        assert fault in told
    assert works == "The sample works.\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "code", ["import os; os._exit(7)", "import os; os.kill(os.getpid(), 9)"], ids=["exit", "kill"]
)
def test_one_that_ends_the_process_is_named_from_the_next_command_on(
    sample: Sample, code: str
) -> None:
    (sample.folder / "rilo_end.py").write_text(code)
    sample.user.settings('plugins = ["rilo_end", "rilo_sample"]\n')
    first = sample.user.spawn("list", env=sample.variables)
    assert (first.returncode != 0, first.stdout) == (True, b"")
    for _ in range(2):
        listed, works = sample.run(("list",), ("sample",))
        assert (listed[0], "One" in listed[1]) == (0, True)
        assert "rilo_end cannot be used: ImportError: its import ended rilo-reader" in listed[2]
        assert works[1] == "The sample works.\n"
    (sample.folder / "rilo_end.py").write_text((SAMPLES / "rilo_sample.py").read_text())
    (marker,) = sample.user.home.rglob("importing-rilo_end")
    assert str(marker) in listed[2]
    marker.unlink()
    ((code_now, _, err),) = sample.run(("list",))
    assert (code_now, "cannot be used" in err) == (0, False)
    assert not list(sample.user.home.rglob("importing-*"))


HANGS = ("import time; time.sleep(60)", "while True: pass", "raise KeyboardInterrupt")


@pytest.mark.slow
def test_one_that_hangs_is_given_up_and_named(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(sample.folder), *sys.path])
    for number, code in enumerate(HANGS):
        (sample.folder / f"rilo_hang{number}.py").write_text(code)
    sample.user.settings(f"plugins = {[f'rilo_hang{at}' for at in range(len(HANGS))]}\n")
    assert not list(load_named_plugins(Plugin, 0.2))
    said = [rejected_modules().pop(f"rilo_hang{at}") for at in range(len(HANGS))]
    assert [text.partition(": ")[2].partition(" (")[0] for text in said] == [
        "TimeoutError: its import takes longer than 0.2 seconds",
        "TimeoutError: its import takes longer than 0.2 seconds",
        "KeyboardInterrupt:",
    ]
    assert not list(sample.user.home.rglob("importing-*"))


@pytest.mark.parametrize("value", ['"rilo_sample"', "[1]", '["../x"]', '[""]', "7"])
def test_what_names_no_module_is_a_fault_of_the_setting(user: User, value: str) -> None:
    file = user.settings(f"plugins = {value}\n")
    assert list(load_named_plugins(Plugin)) == []
    rejected_modules.cache_clear()
    (problem,) = load(file)[1]
    assert "plugins: expected a" in problem.short_message


@pytest.mark.slow
def test_settings_in_a_folder_name_none_and_nothing_is_searched_for(sample: Sample) -> None:
    sample.user.settings("")
    folder = sample.user.library
    for place in ("settings.toml", "rilo-reader/settings.toml", ".rilo/settings.toml"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_text('plugins = ["rilo_sample"]\n')
    assert sample.run(("list", "--library", str(folder)))[0][0] == 0
    assert not sample.file.exists()


# -- the page -------------------------------------------------------------------------------------

PAGE = (Path(__file__).parent.parent / "docs" / "plugins.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```python\n# (\w+)\.py\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def page(sample: Sample) -> Sample:
    """Somebody who has pasted the blocks of the page, and its settings."""
    for name, block in BLOCKS.items():
        (sample.folder / f"{name}.py").write_text(block)
    sample.user.settings(PAGE.partition("```toml\n")[2].partition("```")[0])
    sample.user.article("why.md", "Why?", "2020-01-02", "A train left.\n\nIt went to Hanoi.")
    return sample


def test_the_page_names_each_hook() -> None:
    assert {*re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)} == HOOKS


def test_each_case_of_the_page_is_short() -> None:
    lengths = {name: len(re.findall(r"^.*\S", block, re.M)) for name, block in BLOCKS.items()}
    assert len(lengths) == 6
    assert max(lengths.values()) <= 25, lengths


@pytest.mark.slow
def test_what_the_page_adds_to_the_command_line_works(page: Sample) -> None:
    (code, report, err), titles, helped = page.run(
        ("doctor",), ("titles", "hanoi"), ("titles", "--help")
    )
    assert (code, err) == (0, "")
    assert re.search(r"^Disk\n    \d+ GB are free for articles$", report, re.MULTILINE)
    assert re.search(r"^Plugins\n    rilo_mood\n", report, re.MULTILINE)
    assert titles == (0, "Why?\twhy.md\n", "")
    assert "--library" in helped[1]


@pytest.mark.terminal
def test_what_the_page_adds_to_the_reader_works(page: Sample) -> None:
    with Terminal(rilo(), home=page.user.home, env=page.variables) as terminal:
        terminal.wait_for("⌂ It went to Hanoi.")
        terminal.send("\x1b[20~")  # f9
        terminal.wait_for("A question.")
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.slow
def test_the_test_of_the_page_passes_and_finds_what_fails(page: Sample) -> None:
    test = str(page.folder / "test_mood.py")
    run = [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", test]
    ended = run_piped(run, page.folder, page.variables)
    assert b"1 passed" in ended.stdout, ended.stdout.decode()
    file = page.folder / "rilo_mood.py"
    file.write_text(file.read_text().replace("self.widgets.show", "1 / 0, self.widgets.show"))
    ended = run_piped(run, page.folder, page.variables)
    assert b"The plugin rilo_mood failed in the command mood" in ended.stdout

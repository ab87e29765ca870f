"""Plugins of others, by one that overrides every hook: named in the settings, never in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from rilo_reader.hooks import Plugin
from tests.feeds.world import rss
from tests.support.command_line import User
from tests.support.servers import serving
from tests.support.terminal import Terminal, config_file, rilo

SAMPLES = Path(__file__).parent / "samples" / "plugins"
HOOKS = {name for name in vars(Plugin) if callable(getattr(Plugin, name))}
BY_PLUGINS = {"others_highlights"}  # which only plugins of ours ask for
IN_READER = {"commands", "own_commands", "controllers", "article_layers", "wants_graphics"}


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
        paths = f"{folder}:{SAMPLES}"
        self.variables: dict[str, str | None] = {
            "PYTHONPATH": paths,
            "RILO_SAMPLE": str(self.file),
        }

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        ended = self.user.spawn(*words, env={**self.variables, **(env or {})})
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    @property
    def called(self) -> set[str]:
        return set(self.file.read_text().split())


@pytest.fixture
def sample(user: User) -> Sample:
    return Sample(user)


def test_it_overrides_every_hook() -> None:
    text = (SAMPLES / "rilo_sample.py").read_text()
    assert {*re.findall(r"^    (?:async )?def (\w+)", text, re.MULTILINE)} == HOOKS


def test_every_hook_outside_of_the_reader_is_called(sample: Sample) -> None:
    text = sample.article.read_text()
    sample.article.unlink()
    assert sample.run("list")[0] == 0, "of the guide, as there is no article"
    sample.article.write_text(text)
    assert sample.run("sample") == (0, "The sample works.\n", "")
    code, listed, _ = sample.run("list", "--json")
    assert code == 0
    assert '"One"' in listed, "ours, and not that of the sample"
    assert sample.run("mark", "star", "one.md")[0] == 0
    with serving() as server:
        server.page("/feed", rss("Two"))
        assert sample.run("feeds")[0] == 0
        assert sample.run("add", server.url("/feed"), env={"NO_PROXY": "*"})[0] == 0
    assert sample.run("--sample")[1] == "sample reads articles\n"
    assert sample.run("settings", "sample_town", "Hanoi")[:2] == (0, 'sample_town = "Hanoi"\n')
    report = sample.run("doctor")[1]
    assert "Sample\n    the sample is well" in report
    assert "Plugins\n    rilo_sample 1.0" in report
    assert sample.run("--version")[1].splitlines()[1:] == ["plugin rilo_sample 1.0"]
    assert "--sample" in sample.run("--help")[1]
    assert "The sample lists nothing." in sample.run("list", "--help")[1]
    assert (
        "sample = 1           means nothing"
        in config_file(sample.user.home, "feeds.toml").read_text()
    )
    assert sample.called >= HOOKS - IN_READER - BY_PLUGINS


@pytest.mark.terminal
def test_every_hook_of_the_reader_is_called(sample: Sample) -> None:
    with Terminal(rilo(), home=sample.user.home, env=sample.variables) as terminal:
        terminal.wait_for("Text.")
        terminal.send("\x1b[20~")  # f9
        terminal.wait_for("The sample works.")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert sample.called >= IN_READER


def test_a_hook_that_fails_is_a_line_that_names_the_plugin_and_the_rest_works(
    sample: Sample,
) -> None:
    fails = {"RILO_SAMPLE_FAILS": "1"}
    code, out, err = sample.run("list", env=fails)
    assert code == 0
    assert "One" in out
    lines = err.splitlines()
    said = "The plugin rilo_sample failed in verbs: ValueError: no verbs today (rilo_sample.py"
    assert sum(said in line for line in lines) == 1
    assert all("The plugin rilo_sample failed in" in line for line in lines)
    assert "Traceback" not in err
    report = sample.run("doctor", env=fails)[1]
    assert "✗ The plugin rilo_sample failed in checks: ValueError: no checks today" in report


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (None, "ModuleNotFoundError: No module named 'rilo_weather'"),
        ("1 / 0", "ZeroDivisionError: division by zero (rilo_weather.py, line 1)"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("plugin = 1", "has no attribute 'PLUGIN'"),
        ("PLUGIN = 1", "TypeError: its PLUGIN is not a Plugin"),
        ("if:", "SyntaxError: invalid syntax"),
    ],
)
def test_one_that_cannot_be_used_is_a_line_that_names_it(
    sample: Sample, code: str | None, fault: str
) -> None:
    if code is not None:
        (sample.folder / "rilo_weather.py").write_text(code)
    sample.user.settings('plugins = ["rilo_weather", "rilo_sample"]\n')
    ended, out, err = sample.run("list")
    assert (ended, "One" in out) == (0, True)
    (line,) = err.splitlines()
    assert "settings.toml, line 1, plugins: rilo_weather cannot be used: " in line
    assert fault in line
    assert sample.run("sample")[1] == "The sample works.\n"


@pytest.mark.parametrize("value", ['"rilo_sample"', "[1]", '["../x"]', '[""]', "7"])
def test_what_names_no_module_is_a_fault_of_the_setting(sample: Sample, value: str) -> None:
    sample.user.settings(f"plugins = {value}\n")
    code, _, err = sample.run("list")
    assert code == 0
    assert "plugins: expected a" in err


def test_settings_in_a_folder_name_none_and_nothing_is_searched_for(sample: Sample) -> None:
    sample.user.settings("")
    folder = sample.user.library
    for place in ("settings.toml", "rilo-reader/settings.toml", ".rilo/settings.toml"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_text('plugins = ["rilo_sample"]\n')
    assert sample.run("list", "--library", str(folder))[0] == 0
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


def test_each_case_of_the_page_is_short() -> None:
    lengths = {name: len(re.findall(r"^.*\S", block, re.M)) for name, block in BLOCKS.items()}
    assert len(lengths) == 4
    assert max(lengths.values()) <= 25, lengths


def test_what_the_page_adds_to_the_command_line_works(page: Sample) -> None:
    code, report, err = page.run("doctor")
    assert (code, err) == (0, "")
    assert re.search(r"^Disk\n    \d+ GB are free for articles$", report, re.MULTILINE)
    assert re.search(r"^Plugins\n    rilo_mood\n", report, re.MULTILINE)
    assert page.run("titles", "hanoi") == (0, "Why?\twhy.md\n", "")
    assert "--library" in page.run("titles", "--help")[1]


@pytest.mark.terminal
def test_what_the_page_adds_to_the_reader_works(page: Sample) -> None:
    with Terminal(rilo(), home=page.user.home, env=page.variables) as terminal:
        terminal.wait_for("⌂ It went to Hanoi.")
        terminal.send("\x1b[20~")  # f9
        terminal.wait_for("A question.")
        terminal.send("q")
        assert terminal.wait_exit() == 0

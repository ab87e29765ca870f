"""Programs of one's own in the reader: keys, palette, help, the pipe, what they print."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rilo_reader.config import Config
from rilo_reader.config.all_settings import commands_from_settings, keys_by_command
from rilo_reader.library import Library
from rilo_reader.plugins.programs.controller import MOST_AT_ONCE, ProgramController
from rilo_reader.plugins.programs.panel import PipePrompt
from rilo_reader.plugins.programs.settings import (
    YOURS,
    OwnCommand,
    ProgramInput,
    ProgramOutput,
    ProgramSettings,
)
from rilo_reader.tui.panels.commands import LIST, make_sections
from rilo_reader.tui.panels.panel import TextScreen
from tests.support.at_rest import key_event
from tests.support.reader import BY_HAND, FedCollector, Reader, paths_in, reading
from tests.support.real_library import real_library
from tests.support.terminal import LIMIT


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with real_library(tmp_path) as opened:
        yield opened


def python(name: str, code: str, key: str = "Z", **more: object) -> OwnCommand:
    command = OwnCommand(name, (sys.executable, "-c", code), key)
    return command._replace(**more)  # type: ignore[arg-type]


def config_of(*commands: OwnCommand) -> Config:
    return BY_HAND.with_plugin_values(ProgramSettings(commands))


def output_of(reader: Reader) -> str:
    assert isinstance(reader.app.screen, TextScreen)
    return "\n".join(reader.text())


UPPER = "import sys; print(sys.stdin.read().upper())"
WAITING = "import time; time.sleep(600)"


@pytest.mark.slow
async def test_a_key_runs_a_program_and_a_panel_shows_its_output(library: Library) -> None:
    shout = python("Shout", UPPER, input=ProgramInput.MARKDOWN)
    async with reading(library, config_of(shout)) as reader:
        await reader.press("j", "Z")
        assert "# TITLE 1" in output_of(reader)
        assert "WORDS." in output_of(reader)
        await reader.press("y")
        assert reader.app.clipboard == "# TITLE 1\n\nWORDS."
        await reader.press("q")
        assert not isinstance(reader.app.screen, TextScreen)
        await reader.command("last output")
        assert "# TITLE 1" in output_of(reader)


@pytest.mark.slow
async def test_palette_and_help_know_it(library: Library) -> None:
    async with reading(library, config_of(python('Say "it" (aloud)', "print('said')"))) as reader:
        await reader.press("question_mark")
        await reader.type("aloud")
        text = "\n".join(reader.text())
        assert "Your commands" in text
        assert 'Z               Say "it" (aloud). Runs ' in re.sub(" {10,}", " " * 15, text)
        await reader.press("escape")
        await reader.command("say aloud")
        assert reader.message == 'Say "it" (aloud): said'


def test_the_help_names_it_without_a_key_as_the_palette_does() -> None:
    config = config_of(python("Read aloud", "", key=""))
    own = commands_from_settings(config)
    sections = make_sections(keys_by_command(config), LIST, {}, own)
    assert [row[0] for row in dict(sections)[YOURS]] == [":Read aloud"]


@pytest.mark.slow
async def test_one_line_is_shown_in_the_last_line_and_nothing_is_done(library: Library) -> None:
    commands = (
        python("Count", "print('  12\\x1b[31m words')", "Z"),
        python("Several", "print('one'); print('two')", "P", output=ProgramOutput.NOTE),
        python("Quiet", "print('one'); print('two')", "Q", output=ProgramOutput.NONE),
    )
    async with reading(library, config_of(*commands)) as reader:
        for key, said in (("Z", "Count: 12 words"), ("P", "Several: one"), ("Q", "Quiet: done")):
            await reader.press(key)
            assert reader.message == said


@pytest.mark.slow
async def test_a_failure_is_told_and_harms_nothing(library: Library) -> None:
    commands = (
        python("Fails", "import sys; sys.exit('no \\x1b]0;x\\x07network')"),
        OwnCommand("Missing", ("no-such-program",), "P"),
    )
    async with reading(library, config_of(*commands)) as reader:
        await reader.press("Z")
        assert reader.message == "Fails ended with status 1: no network"
        await reader.press("P")
        assert "no program no-such-program was found" in reader.message
        await reader.press("j")
        assert reader.stands_on == "Title 1"


@pytest.mark.slow
async def test_an_argument_that_would_be_an_option_is_refused(
    library: Library, tmp_path: Path
) -> None:
    (library.folder / "9.md").write_text('+++\ntitle = "-rf"\ndate = 2025-01-01\n+++\n', "utf-8")
    library.follower.update(["9.md"])
    async with reading(library, config_of(OwnCommand("Mine", ("rm", "{title}"), "Z"))) as reader:
        await reader.press("Z")
        assert "{title} begins with a minus here" in reader.message


async def at_once(reader: Reader, key: str, then: Callable[[], bool]) -> None:
    """Press a key and wait for something, but not for the program that runs then."""
    reader.app.post_message(key_event(key))
    async with asyncio.timeout(LIMIT):
        while not then():
            await asyncio.sleep(0.005)


@pytest.mark.slow
async def test_what_hangs_is_ended_by_its_key_or_by_time(library: Library) -> None:
    commands = (python("Aloud", WAITING, "Z"), python("Hangs", WAITING, "Q", seconds=1))
    async with reading(library, config_of(*commands)) as reader:
        running = reader.controller(ProgramController).running_processes
        await at_once(reader, "Z", lambda: running.get("Aloud") is not None)
        await reader.press("Z")
        assert reader.message == "Aloud was ended."
        await reader.press("Q")
        assert reader.message == "Hangs took longer than 1 s and was ended."
        assert not running


@pytest.mark.slow
async def test_few_run_at_once_and_all_end_with_the_reader(
    library: Library, tmp_path: Path
) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"open(r'{tmp_path}/' + str(os.getpid()), 'w'); time.sleep(600)"
    )
    commands = [python(f"P{at}", code, f"f{at + 2}") for at in range(MOST_AT_ONCE + 1)]
    async with reading(library, config_of(*commands)) as reader:
        *few, more = commands
        for command in few:
            reader.app.post_message(key_event(command.key))
        pids: list[int] = []
        while len(pids) < len(few):
            await asyncio.sleep(0.01)
            pids = [int(file.name) for file in tmp_path.iterdir() if file.name.isdecimal()]
        await at_once(reader, more.key, lambda: "are running already: P0, P1" in reader.message)
        await reader.screen.leave()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            await gone(pid)


async def gone(pid: int) -> None:
    """Wait for the end of a process; ProcessLookupError then."""
    async with asyncio.timeout(LIMIT):
        while True:
            os.kill(pid, 0)
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_output_does_not_take_the_keys_of_somebody_who_types(library: Library) -> None:
    config = config_of(python("Two", "print('one'); print('two')", "ctrl+e"))
    async with reading(library, config) as reader:
        await reader.press("slash", "ctrl+e")
        assert "Two is done; “last output” shows what it printed" in reader.message
        await reader.type("ti")
        assert reader.box == "ti"


@pytest.mark.slow
async def test_with_a_panel_open_keys_are_the_panels(library: Library) -> None:
    async with reading(library, config_of(python("Mine", "print('x')", "Z"))) as reader:
        await reader.press("question_mark", "Z")
        assert reader.message == ""


@pytest.mark.slow
async def test_a_pipe_asks_for_a_program_and_remembers_it(library: Library, tmp_path: Path) -> None:
    async with reading(library, paths=paths_in(tmp_path)) as reader:
        await reader.press("vertical_line")
        await reader.type("wc -w")
        await reader.press("enter")
        assert reader.message == "wc -w: 4"
        await reader.press("vertical_line")
        await reader.type("wc | cat")
        await reader.press("enter")
        prompt = reader.app.screen
        assert isinstance(prompt, PipePrompt)
        assert "No shell reads this line" in prompt.note
        await reader.press("up")
        assert prompt.boxes[0].value == "wc -w"
        await reader.press("down")
        assert prompt.boxes[0].value == "wc | cat"
        await reader.press("escape")
    async with reading(library, paths=paths_in(tmp_path)) as reader:
        await reader.press("vertical_line", "up", "backspace", "l", "enter")
        assert reader.message == "wc -l: 3"


@pytest.mark.slow
async def test_without_history_no_line_is_kept(library: Library, tmp_path: Path) -> None:
    config = BY_HAND._replace(history=False)
    async with reading(library, config, paths=paths_in(tmp_path)) as reader:
        await reader.press("vertical_line")
        await reader.type("wc -w")
        await reader.press("enter")
    assert not (tmp_path / "state" / "pipes.txt").exists()


async def test_a_command_that_takes_the_terminal_needs_one(library: Library) -> None:
    async with reading(library, config_of(python("Less", "", terminal=True))) as reader:
        await reader.press("Z")
        assert "needs a terminal" in reader.message


async def test_the_reader_in_a_browser_runs_nothing(library: Library) -> None:
    async with reading(library, config_of(python("Mine", "print('x')"))) as reader:
        context = reader.controller(ProgramController).context
        context.environment = context.environment._replace(in_browser=True)
        for key in ("Z", "vertical_line"):
            await reader.press(key)
            assert "Not available in the browser" in reader.message


@pytest.mark.slow
async def test_a_program_that_failed_on_new_articles_is_told_after_a_refresh() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.press("R")
        failed = {"on_new": "Tell me", "problem": "Tell me ended with status 1: \x1b[1mno"}
        sums = {"feeds": 1, "new": 2, "failed": 0, "finished": True}
        await reader.end(collector, {"on_new": "Fine", "problem": ""}, failed, sums)
        assert reader.message == "Tell me ended with status 1: [1mno"

"""The controllers of the reader: each command is claimed once, and none delays the first frame."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections import Counter

import pytest
from textual.screen import Screen

from rilo_reader.commands import all_commands
from rilo_reader.tui.reader.controller import ReaderContext
from tests.support.reader import reading
from tests.support.watched_library import WatchedLibrary, article

IMPORTED = """
import sys
import rilo_reader.tui.app
print(*(name for name in sys.modules if name.startswith("rilo_reader.tui.reader.")))
"""


async def test_every_command_is_claimed_by_exactly_one_controller() -> None:
    async with reading() as reader:
        controllers = reader.screen.controllers
    claimed = Counter(command for each in controllers.all for command in each.commands)
    assert claimed == Counter(command.id for command in all_commands())
    for command, handler in controllers.handlers.items():
        assert inspect.signature(handler).bind() is not None, command


async def test_every_controller_that_another_asks_for_is_told_what_happens() -> None:
    async with reading() as reader:
        screen = reader.screen
        assert set(screen._made_controllers) <= set(screen.controllers.all)


@pytest.mark.slow
async def test_no_controller_is_imported_before_the_first_frame() -> None:
    async with reading() as reader:
        modules = {type(each).__module__ for each in reader.screen.controllers.all}
    assert len(modules) > 10
    run = [sys.executable, "-c", IMPORTED]
    imported = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert "rilo_reader.tui.reader.screen" in imported
    assert modules & set(imported) == set()


def test_the_context_of_controllers_is_narrow() -> None:
    members = {*ReaderContext.__annotations__, *vars(ReaderContext)} - {*dir(Screen)}
    assert len({name for name in members if not name.startswith("_")}) <= 19


@pytest.mark.slow
async def test_controllers_that_come_later_know_what_is_shown() -> None:
    library = WatchedLibrary([article(0, body="All about ivory.")])
    async with reading(library) as reader:
        await reader.search("ivory ")
        await reader.press("escape", "q")
    async with reading(library) as reader:
        assert reader.screen.article.content is not None
        await reader.press("m")
        assert "Go to an article first" not in reader.message

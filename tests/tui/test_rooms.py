"""The rooms of the reader's screen: the table of commands leads to them, and none comes early."""

from __future__ import annotations

import inspect
import subprocess
import sys

from rilo_reader.commands import COMMANDS
from rilo_reader.tui.reader.controllers import Controller, Controllers
from tests.support.fake_library import FakeLibrary, article
from tests.support.reader import reading

IMPORTED = """
import sys
import rilo_reader.tui.app
print(*(name for name in sys.modules if name.startswith("rilo_reader.tui.reader.")))
"""


async def test_every_command_is_a_method_of_its_room() -> None:
    async with reading() as reader:
        for command in COMMANDS:
            assert command.room in Controllers.names(), command
            room = getattr(reader.screen.rooms, command.room)
            method = getattr(room, command.id, None)
            assert isinstance(room, Controller), command
            assert inspect.ismethod(method), command
            assert inspect.signature(method).parameters == {}, command


async def test_no_room_is_imported_before_somebody_enters_it() -> None:
    async with reading() as reader:
        rooms = {type(room).__module__ for room in reader.screen.rooms.there}
    assert len(rooms) > 9
    run = [sys.executable, "-c", IMPORTED]
    imported = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert "rilo_reader.tui.reader.screen" in imported
    assert rooms & set(imported) == set()


async def test_every_room_is_there_once_the_first_article_is_painted() -> None:
    async with reading() as reader:
        there = {type(room).__name__.lower() for room in reader.screen.rooms.there}
        assert there == set(Controllers.names())


async def test_rooms_that_come_later_know_what_is_shown() -> None:
    library = FakeLibrary([article(0, body="All about ivory.")])
    async with reading(library) as reader:
        await reader.press("slash")
        await reader.type("ivory ")
        await reader.press("escape", "q")
    async with reading(library) as reader:
        assert reader.screen.article is not None
        await reader.press("m")
        assert "Open an article first" not in reader.message

"""The user's keys, pressed in a real Textual app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from rilo_reader.commands import COMMANDS
from rilo_reader.tui.keys import bindings, keymap
from tests.support.at_rest import RestingPilot


class Board(Screen[None], inherit_bindings=False):
    """A screen that notes which command was asked for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def action_command(self, command: str) -> None:
        self.asked.append(command)


class Desk(App[None], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.set_keymap(keymap(keys))
        self.board = Board()

    def get_default_screen(self) -> Board:
        return self.board


async def pressed(keys: Mapping[str, tuple[str, ...]], *presses: str) -> list[str]:
    """The commands that the presses ask for."""
    app = Desk(keys)
    async with app.run_test() as pilot:
        await RestingPilot(pilot.app).press(*presses)
    return app.board.asked


async def test_every_default_key_asks_for_its_command() -> None:
    wanted = [(key, command.id) for command in COMMANDS for key in command.keys]
    assert await pressed({}, *(key for key, _ in wanted)) == [command for _, command in wanted]


async def test_nothing_is_mapped_where_nothing_is_set() -> None:
    assert keymap({}) == {}


async def test_new_keys_replace_the_old_ones() -> None:
    keys = {"next_article": ("x", "ctrl+n")}
    assert await pressed(keys, "x", "ctrl+n", "J", "right_square_bracket", "K") == [
        "next_article",
        "next_article",
        "previous_article",
    ]


async def test_a_key_taken_from_another_command_is_taken() -> None:
    assert await pressed({"browser": ("j",)}, "j", "down", "o") == ["browser", "down"]


async def test_two_commands_change_keys() -> None:
    keys = {"star": ("r",), "read": ("s",)}
    assert await pressed(keys, "s", "r") == ["read", "star"]


async def test_a_command_without_keys() -> None:
    assert await pressed({"all_read": ()}, "A", "u") == ["undo"]


async def test_a_command_that_had_no_key_gets_one() -> None:
    assert BY_DEFAULT_WITHOUT, "the test needs such a command"
    command = BY_DEFAULT_WITHOUT[0]
    assert await pressed({command: ("T",)}, "T") == [command]


BY_DEFAULT_WITHOUT = [command.id for command in COMMANDS if not command.keys]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
async def test_every_command_can_be_rebound(command: object) -> None:
    from rilo_reader.commands import Command

    assert isinstance(command, Command)
    assert await pressed({command.id: ("f9",)}, "f9", *command.keys) == [command.id]

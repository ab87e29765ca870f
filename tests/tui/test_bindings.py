"""The user's keys, pressed in a real Textual app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from rilo_reader.commands import all_commands
from rilo_reader.tui.keys import make_bindings, make_keymap
from tests.support.at_rest import RestingPilot


class Board(Screen[None], inherit_bindings=False):
    """A screen that notes which command was asked for."""

    BINDINGS: ClassVar[list[BindingType]] = make_bindings()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def action_command(self, command: str) -> None:
        self.asked.append(command)


class Desk(App[None], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.set_keymap(make_keymap(keys))
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
    wanted = [(key, command.id) for command in all_commands() for key in command.keys]
    assert await pressed({}, *(key for key, _ in wanted)) == [command for _, command in wanted]


WITHOUT_KEYS = [command.id for command in all_commands() if not command.keys]


@pytest.mark.parametrize(
    ("keys", "presses", "asked"),
    [
        (
            {"next_article": ("x", "ctrl+n")},
            ("x", "ctrl+n", "J", "right_square_bracket", "K"),
            ["next_article", "next_article", "previous_article"],
        ),
        ({"browser": ("j",)}, ("j", "down", "o"), ["browser", "down"]),  # taken from another
        ({"star": ("r",), "read": ("s",)}, ("s", "r"), ["read", "star"]),
        ({"all_read": ()}, ("A", "u"), ["undo"]),  # none any more
        ({WITHOUT_KEYS[0]: ("T",)}, ("T",), [WITHOUT_KEYS[0]]),  # one that had none
    ],
)
async def test_keys_of_the_settings_replace_those_of_commands(
    keys: Mapping[str, tuple[str, ...]], presses: tuple[str, ...], asked: list[str]
) -> None:
    assert await pressed(keys, *presses) == asked
    assert make_keymap({}) == {}


async def test_every_command_can_be_rebound() -> None:
    app = Desk({})
    async with app.run_test() as pilot:
        for command in all_commands():
            app.set_keymap(make_keymap({command.id: ("f9",)}))
            await RestingPilot(pilot.app).press("f9", *command.keys)
    assert app.board.asked == [command.id for command in all_commands()]

"""The guide's first steps, followed by the letter."""

from __future__ import annotations

import pytest

from tests.support.command_line import User
from tests.support.terminal import ENTER, ESCAPE, Terminal, rilo

pytestmark = pytest.mark.terminal


def test_the_first_steps_of_the_guide_do_what_it_says(user: User) -> None:
    with Terminal(rilo(), home=user.home, size=(120, 34)) as terminal:
        terminal.wait_for("Welcome. On the left")
        terminal.send("J")
        terminal.wait_for("Five are enough")
        terminal.send("K")
        terminal.wait_for("Welcome. On the left")
        terminal.send("/wildlife")
        terminal.wait_for("4 of 12")
        terminal.send(ENTER)
        terminal.wait_for("1/1")
        terminal.send("n")
        terminal.wait_for("1/2")  # of the next article
        terminal.send(ESCAPE)
        terminal.wait_for("Welcome. On the left")
        terminal.send("s")
        terminal.wait_for("Starred")
        terminal.send("r")
        terminal.wait_for("Marked as")
        terminal.send("u")
        terminal.wait_for("Undone: marked")
        terminal.send("?")
        terminal.wait_for("In the list")
        terminal.send(ESCAPE)
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert "First steps" in user.run("search", "is:starred").out

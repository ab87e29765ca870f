"""Programs of one's own in a real pseudo-terminal: one that takes it, one that attacks it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.command_line import User
from tests.support.terminal import ENTER, ESCAPE, Terminal, rilo
from tests.support.verdict import faults_in_reader

pytestmark = pytest.mark.terminal

TAKES = """import os, sys
given = sys.stdin.read()
terminal = os.open("/dev/tty", os.O_RDWR)
os.write(terminal, f"it has {len(given)} characters".encode())
os.read(terminal, 1)
"""
ATTACKS = r"""
print("\x1b]52;c;c3RvbGVu\x07\x1b]0;owned\x07\x1b[2J\x1bcfirst\nsecond \x1b[31mred")
"""


def test_a_program_takes_the_terminal_and_gives_it_back(user: User) -> None:
    user.article("a.md", "The title", "2024-05-01", "Opening words.")
    program = user.home / "takes.py"
    program.write_text(TAKES, "utf-8")
    user.settings(
        "[[commands]]\nname = 'Take'\nkey = 'Z'\nterminal = true\ninput = 'markdown'\n"
        f"run = ['{sys.executable}', '{program}']\n"
        "[[commands]]\nname = 'Fail'\nkey = 'Q'\nterminal = true\nrun = ['sh', '-c', 'exit 3']\n"
    )
    with Terminal(rilo(str(user.library)), (80, 24), home=user.home) as terminal:
        terminal.wait_for("Opening words.")
        terminal.send("Z")
        terminal.wait_for("it has 28 characters")
        terminal.send("\n")
        terminal.wait_for("Opening words.")
        terminal.send("Q")
        terminal.wait_for("Fail ended with status 3. Press enter to go on.")
        terminal.send(ENTER)
        terminal.wait_for("Opening words.")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert terminal.is_restored


def test_what_a_program_prints_never_reaches_the_terminal_as_a_sequence(
    user: User, tmp_path: Path
) -> None:
    user.article("a.md", "The title", "2024-05-01", "Opening words.")
    program = tmp_path / "attacks.py"
    program.write_text(ATTACKS, "utf-8")
    user.settings(
        f"[[commands]]\nname = 'Attack'\nkey = 'Z'\nrun = ['{sys.executable}', '{program}']\n"
    )
    with Terminal(rilo(str(user.library)), (80, 24), home=user.home) as terminal:
        terminal.wait_for("Opening words.")
        terminal.send("Z")
        terminal.wait_for("second red")
        terminal.send(ESCAPE)
        terminal.wait_for("Opening words.")
        terminal.send("q")
        terminal.wait_exit()
        assert b"c3RvbGVu" not in terminal.output
        assert b"owned" not in terminal.output
        assert faults_in_reader(terminal.output, (80, 24)) == []

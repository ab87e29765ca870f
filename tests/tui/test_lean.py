"""Textual without its palette: not loaded to read, there when it is opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, rilo

LEAN = """
import sys
from rilo_reader.tui.lean import import_textual
import_textual()
import rilo_reader.tui.app
print(*(name for name in sys.modules if name in ("textual.command", "textual.widgets._tree")))
from rilo_reader.tui.panels.palette import Palette
from textual.command import CommandPalette
print(issubclass(Palette, CommandPalette), CommandPalette.__module__)
"""

# A Textual that needs the real palette when it is imported.
NEEDY = """
import sys, types
from rilo_reader.tui import lean
class Nothing(types.ModuleType):
    pass
lean._StandIn = Nothing
lean.import_textual()
import textual.app, textual.theme
from textual.command import Provider
print(issubclass(textual.theme.ThemeProvider, Provider))
"""


def said(program: str) -> list[str]:
    run = [sys.executable, "-c", program]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_palette_is_not_imported_before_it_is_opened() -> None:
    assert said(LEAN) == ["", "True textual.command"]


def test_a_textual_that_needs_its_palette_gets_it() -> None:
    assert said(NEEDY) == ["True"]


@pytest.mark.terminal
def test_the_palette_opens_and_runs_a_command_in_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("# One\n\nThe only words.\n", encoding="utf-8")
    with Terminal(rilo(str(tmp_path)), (100, 30)) as terminal:
        terminal.wait_for("The only words.")
        terminal.send("\x10")
        terminal.wait_for("Into the article")
        terminal.send("star")
        terminal.wait_for("Star the article")
        terminal.send("\r")
        terminal.wait_for("★")
        terminal.send("q")
        assert terminal.wait_exit() == 0

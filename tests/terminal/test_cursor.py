"""The terminal's own cursor, which is hidden, is where one reads: screen readers follow it."""

from __future__ import annotations

from pathlib import Path

import pyte
import pytest

from tests.support.terminal import ENTER, Terminal, rilo, until

pytestmark = pytest.mark.terminal


def row_of_cursor(terminal: Terminal) -> tuple[str, str]:
    """The text of the screen's row before the cursor, and from it on."""
    screen = pyte.Screen(*terminal.size)
    pyte.Stream(screen).feed(terminal.text.rpartition("\x1b[?1049h")[2].replace("\x1b[>1u", ""))
    row, column = screen.display[screen.cursor.y], screen.cursor.x
    return row[:column].strip(), row[column:].strip()


def is_at(terminal: Terminal, text: str) -> None:
    until(lambda: row_of_cursor(terminal)[1].startswith(text))


def test_the_cursor_is_on_the_selected_row_and_on_the_line_one_reads(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    text = "\n\n".join(f"Paragraph {number}." for number in range(1, 60))
    for number in (1, 2, 3):
        (library / f"{number}.md").write_text(
            f'+++\ntitle = "Title {number}"\ndate = 2024-05-0{number}\n+++\n\n'
            f"{text}\n\nivory {number}\n"
        )
    with Terminal(rilo(str(library)), (100, 30), home=tmp_path) as terminal:
        terminal.wait_for("Paragraph 1.")
        is_at(terminal, "Title 3")
        terminal.send("j")
        is_at(terminal, "Title 2")
        terminal.send(ENTER)
        is_at(terminal, "Title 2")
        terminal.send("jjj")
        is_at(terminal, "Paragraph 1.")
        terminal.send("/ivory")
        until(lambda: row_of_cursor(terminal)[0].endswith("ivory"))  # where the next letter goes
        terminal.send(ENTER)
        terminal.send("l")
        is_at(terminal, "ivory")
        terminal.send("sW")  # a panel has a list of its own
        is_at(terminal, "Starred")
        terminal.send("\x1b")
        terminal.send("q")
        assert terminal.wait_exit() == 0

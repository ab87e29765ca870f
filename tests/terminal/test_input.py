"""What a terminal may send, and what may fail: the reader goes on, or says why it ended."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.support.terminal import ENTER, ESCAPE, PASTE_END, PASTE_START, Terminal, rilo

pytestmark = pytest.mark.terminal

FAULTS = {
    "the start": "rilo_reader.tui.app:run",
    "a command": "rilo_reader.tui.reader.marks:MarkController.toggle_star",
    "reading the terminal": "textual.drivers.linux_driver:LinuxDriver.process_message",
    "writing to the terminal": "textual.drivers._writer_thread:WriterThread.run",
    "a question to the library": "rilo_reader.library.search:ArticleSearch.window",
    "laying out": "rilo_reader.tui.widgets.layouter:lay_out",
    "painting": "rilo_reader.tui.widgets.article_list:ArticleList.render_line",
}
"""What fails, where it says so."""

CRASHES = """
import pkgutil, sys
from rilo_reader.__main__ import main
def crash(*given, **_):
    if 'WriterThread' in what: given[0]._queue.get()
    raise RuntimeError('a fault of ours')
what = sys.argv.pop()
module, _, name = what.partition(':')
owner, _, name = name.rpartition('.')
setattr(pkgutil.resolve_name(f'{module}:{owner}' if owner else module), name, crash)
sys.exit(main())
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two articles."""
    folder = tmp_path / "library"
    folder.mkdir()
    for day in (1, 2):
        (folder / f"{day}.md").write_text(f"# Story {day}\n\nWords of the café, {day}.\n")
    return folder


def test_bytes_that_are_no_utf_8_are_one_sign_each(library: Path, tmp_path: Path) -> None:
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words of the café")
        for odd in (b"\xe9", b"\xff\xfe", b"\xf0\x9f\x98", b"\xc3\x28", b"\xed\xa0\x80"):
            for before, after in ((b"", b""), (PASTE_START.encode(), PASTE_END.encode())):
                terminal.send(b"/" + before + b"caf" + odd + b"x" + after)
                terminal.wait_for("caf" + odd.decode(errors="replace") + "x")
                terminal.send(ESCAPE)
                terminal.wait_for("Words of the café")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"Traceback" not in terminal.output


@pytest.mark.parametrize(
    "odd", [b"\xe9", b"\x1b[\xe9", b"\x1b[<0;\xff", b"\x1b]\xff\x1b\\", b"\x1bO\xff"]
)
def test_odd_bytes_among_keys_lose_no_key_behind_them(
    library: Path, tmp_path: Path, odd: bytes
) -> None:
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words of the café")
        terminal.send(odd)
        terminal.send("/story" + ENTER)
        terminal.wait_for("2 of 2")
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize("keys", [(ESCAPE + "/story",), (ESCAPE, "/story")])
def test_escape_with_a_sign_right_behind_it_is_both(
    library: Path, tmp_path: Path, keys: tuple[str, ...]
) -> None:
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words of the café")
        terminal.send("?")
        terminal.wait_for("type to find a key")
        for each in keys:
            terminal.send(each)
        terminal.wait_for("2 of 2")
        terminal.send(ENTER + "q")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize("where", FAULTS)
def test_a_fault_anywhere_ends_with_1_and_says_so(
    library: Path, tmp_path: Path, where: str
) -> None:
    argv = [sys.executable, "-c", CRASHES, str(library), FAULTS[where]]
    with Terminal(argv, home=tmp_path) as terminal:
        if where == "a command":
            terminal.wait_for("Words of the café")
            terminal.send("s")
        assert terminal.wait_exit() == 1
        assert terminal.is_restored
        assert b"a fault of ours" in terminal.output
        assert b"Traceback" not in terminal.output
    (log,) = (tmp_path / "state").rglob("error-*.log")
    assert "RuntimeError: a fault of ours" in log.read_text()


def test_no_key_is_lost_while_an_editor_is_started(library: Path, tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    with Terminal(rilo(str(library)), env={"EDITOR": "true"}, home=tmp_path) as terminal:
        terminal.wait_for("Words of the café")
        for word in (letters, letters[::-1]):
            terminal.send("e/")
            for letter in word:
                terminal.send(letter)
                time.sleep(0.02)  # so that some come at every moment of leaving the terminal
            terminal.wait_for(word)
            terminal.send(ESCAPE)
            terminal.wait_for("Words of the café")
        terminal.send("q")
        assert terminal.wait_exit() == 0

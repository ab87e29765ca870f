"""What a terminal may send, and what may fail: the reader goes on, or says why it ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.terminal import ENTER, ESCAPE, PASTE_END, PASTE_START, Terminal, rilo

pytestmark = pytest.mark.terminal

FAULTS = {
    "the start": """
from rilo_reader.tui import app
def crash(*_, **__): raise RuntimeError('a fault of ours')
app.run = crash
""",
    "a command": """
from rilo_reader.tui.reader.marks import MarkController
def crash(self): raise RuntimeError('a fault of ours')
MarkController.toggle_star = crash
""",
    "reading the terminal": """
from textual.drivers.linux_driver import LinuxDriver
def crash(self, message): raise RuntimeError('a fault of ours')
LinuxDriver.process_message = crash
""",
    "writing to the terminal": """
from textual.drivers import _writer_thread
def crash(self):
    if self._queue.get(): raise RuntimeError('a fault of ours')
_writer_thread.WriterThread.run = crash
""",
    "a question to the library": """
from rilo_reader.library.search import ArticleSearch
def crash(self, *_, **__): raise RuntimeError('a fault of ours')
ArticleSearch.window = crash
""",
    "laying out": """
from rilo_reader.tui.widgets import layouter
def crash(*_): raise RuntimeError('a fault of ours')
layouter.lay_out = crash
""",
    "painting": """
from rilo_reader.tui.widgets.article_list import ArticleList
def crash(self, y): raise RuntimeError('a fault of ours')
ArticleList.render_line = crash
""",
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two articles."""
    folder = tmp_path / "library"
    folder.mkdir()
    for day in (1, 2):
        (folder / f"{day}.md").write_text(f"# Story {day}\n\nWords of the café, {day}.\n")
    return folder


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (PASTE_START.encode(), PASTE_END.encode())]
)
@pytest.mark.parametrize(
    "odd", [b"\xe9", b"\xff\xfe", b"\xf0\x9f\x98", b"\xc3\x28", b"\xed\xa0\x80"]
)
def test_bytes_that_are_no_utf_8_are_one_sign_each(
    library: Path, tmp_path: Path, odd: bytes, before: bytes, after: bytes
) -> None:
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words of the café")
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


@pytest.mark.parametrize("where", FAULTS)
def test_a_fault_anywhere_ends_with_1_and_says_so(
    library: Path, tmp_path: Path, where: str
) -> None:
    crash = (
        f"import sys\n{FAULTS[where]}\n"
        "from rilo_reader.__main__ import main; sys.argv = ['rilo-reader', sys.argv[1]]\n"
        "sys.exit(main())"
    )
    with Terminal([sys.executable, "-c", crash, str(library)], home=tmp_path) as terminal:
        if where == "a command":
            terminal.wait_for("Words of the café")
            terminal.send("s")
        assert terminal.wait_exit() == 1
        assert terminal.is_restored
        assert b"a fault of ours" in terminal.output
        assert b"Traceback" not in terminal.output
    (log,) = (tmp_path / "state").rglob("error-*.log")
    assert "RuntimeError: a fault of ours" in log.read_text()

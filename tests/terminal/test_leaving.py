"""Whatever goes on, `q` leaves at once, the terminal is as it was, and what was marked is kept."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.processes import descendants, wait_until_gone

from rilo_reader.library import open_library
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from tests.support.terminal import ENTER, Terminal, config_file, keep_as_first, rilo, until

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="other processes are asked by pidfd"),
]

AT_ONCE = 2.0  # seconds; 0.25 on an idle machine. What goes on would take a minute.

SLOW = 60.0

HOSTILE = "# Endless\n\n" + "|a\n" * 400_000

WORK = {
    "laying out": """
from rilo_reader.tui.widgets import layouter
run = layouter.lay_out
def slow(job, wanted):
    for result in run(job, wanted):
        yield result._replace(page=result.page._replace(is_complete=False))
        began(); time.sleep(SLOW)
layouter.lay_out = slow
""",
    "laying out the first screenful": """
from rilo_reader.tui.widgets import layouter
def slow(job, wanted):
    began(); time.sleep(SLOW); yield
layouter.lay_out = slow
""",
    "a search": """
from rilo_reader.library.search import ArticleSearch
window = ArticleSearch.window
def slow(self, query, *rest, **how):
    if not query.is_everything: began(); time.sleep(SLOW)
    return window(self, query, *rest, **how)
ArticleSearch.window = slow
""",
    "an article from a slow disk": """
from rilo_reader.library import Library
article = Library.article
def slow(self, identity, *rest, **how):
    if '1.md' in identity: began(); time.sleep(SLOW)
    return article(self, identity, *rest, **how)
Library.article = slow
""",
    "facets": """
from rilo_reader.library.search import ArticleSearch
def slow(*_): began(); time.sleep(SLOW)
ArticleSearch.facets = slow
""",
    "a backup": """
from rilo_reader.library import Library
from rilo_reader.store.state import State
from rilo_reader.tui.reader import background as keeping
keeping.BACKUP_SECONDS = 0.1
def slow(self): began(); time.sleep(SLOW)
State.backup = slow
Library.close = lambda self, **_: None
""",
}
"""What makes a piece of work take a minute, by what it is."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two articles."""
    folder = tmp_path / "library"
    folder.mkdir()
    for day in (1, 2):
        words = f"+++\ndate = 2024-05-{day:02d}\n+++\n# Story {day}\n\nWords of the story, {day}.\n"
        (folder / f"{day}.md").write_text(words)
    # A key that leaves also where letters are typed.
    config_file(tmp_path, "settings.toml").write_text('[keys]\nquit = ["q", "ctrl+q"]\n')
    return folder


def leaves(terminal: Terminal, key: str = "q") -> None:
    """Leave: at once, without a word, and with nothing left running for long."""
    children = descendants(terminal.process.pid)
    begun = time.monotonic()
    terminal.send(key)
    assert terminal.wait_exit() == 0
    assert time.monotonic() - begun < AT_ONCE
    assert terminal.is_restored
    after = terminal.text.rpartition("\x1b[?1049l")[2]
    assert not re.sub(r"\x1b\[[?<>0-9;]*[a-z]", "", after)
    wait_until_gone(children)


def slowly(library: Path, home: Path, work: str) -> Terminal:
    """The reader, with work that takes a minute and makes a file when it begins."""
    script = f"""
import sys, time, pathlib
SLOW = {SLOW}
began = pathlib.Path({str(home / "began")!r}).touch
{work}
from rilo_reader.__main__ import main
sys.argv = ['rilo-reader', {str(library)!r}]
sys.exit(main())
"""
    return Terminal([sys.executable, "-c", script], home=home)


@pytest.mark.parametrize(
    ("what", "begin", "leave"),
    [
        ("laying out", "", "q"),
        ("laying out the first screenful", "", "q"),
        ("a search", "/story", "\x11"),
        # Enter waits for results, since the next key is meant for them; not so the key that leaves.
        ("a search", "/story" + ENTER, "q"),
        ("an article from a slow disk", "J", "q"),
        ("facets", "v", "q"),
        ("a backup", "", "q"),
    ],
)
def test_work_in_a_thread(library: Path, tmp_path: Path, what: str, begin: str, leave: str) -> None:
    with slowly(library, tmp_path, WORK[what]) as terminal:
        terminal.wait_for("Story 2")
        terminal.send(begin)
        until((tmp_path / "began").exists)
        leaves(terminal, leave)


def test_a_panel_that_counts(library: Path, tmp_path: Path) -> None:
    work = """
from rilo_reader.library.search import ArticleSearch
facets, times = ArticleSearch.facets, []
def slow(self, *rest):
    times.append(0)
    if len(times) > 1: began(); time.sleep(SLOW)
    return facets(self, *rest)
ArticleSearch.facets = slow
"""
    with slowly(library, tmp_path, work) as terminal:
        terminal.wait_for("Words of the story")
        terminal.send("v")
        terminal.wait_for("2024")
        terminal.send("\x18")
        (library / "3.md").write_text("# Another\n\nText.\n")
        until((tmp_path / "began").exists)
        leaves(terminal, "\x11")


def test_an_article_made_to_take_long(library: Path, tmp_path: Path) -> None:
    (library / "hostile.md").write_text(f"+++\ndate = 2024-06-01\n+++\n{HOSTILE}")
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Endless")
        leaves(terminal)


def test_indexing(library: Path, tmp_path: Path) -> None:
    for number in range(6_000):
        (library / f"more-{number}.md").write_text(f"# More {number}\n\n{'Some words. ' * 200}\n")
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("of 6,00")
        leaves(terminal)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a feed whose server takes every question and answers none."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=100)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/feed"


def test_a_refresh(library: Path, tmp_path: Path, silent: str) -> None:
    feeds = config_file(tmp_path, "feeds.toml")
    feeds.write_text(f'[[feed]]\nurl = "{silent}"\n')
    keep_as_first(library, tmp_path)
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words of the story")
        terminal.send("R")
        terminal.wait_for("Refreshing")
        leaves(terminal)


def test_looking_at_an_address(library: Path, tmp_path: Path, silent: str) -> None:
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words of the story")
        terminal.send("a")
        terminal.wait_for("ddress")
        terminal.send(silent + ENTER)
        terminal.wait_for("Looking")
        leaves(terminal, "\x11")


def test_what_was_marked_last_is_kept(library: Path, tmp_path: Path) -> None:
    with slowly(library, tmp_path, WORK["laying out"]) as terminal:
        terminal.wait_for("Words of the story")
        until((tmp_path / "began").exists)
        terminal.send("s")
        leaves(terminal)
    folders = (tmp_path / name / "rilo-reader" for name in ("config", "data", "state", "cache"))
    with open_library(library, Paths(*folders)) as opened:
        assert opened.search.count(parse("is:starred")) == 1

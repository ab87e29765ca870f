"""A reader that nobody touches: how often it and its children wake, by the system's own count."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from benchmarks.processes import wakes

from tests.support.terminal import LIMIT, Terminal, rilo, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terminal,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

SECONDS = 10
MOST = 5.0
"""Of a second: two of tantivy, which looks whether there is a commit, and those of the watch."""


def test_a_reader_that_nobody_touches_sleeps(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    for day in (1, 2):
        (library / f"{day}.md").write_text(f"# Story {day}\n\nWords, {day}.\n")
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words, ")
        found: Counter[str] = Counter()

        def sleeps() -> bool:
            before = wakes(terminal.process.pid)
            time.sleep(SECONDS)
            found.clear()
            found.update(wakes(terminal.process.pid) - before)
            return len(before) > 4 and found.total() <= MOST * SECONDS

        try:
            until(sleeps, timeout=max(LIMIT, 6 * SECONDS))
        finally:
            print(found.most_common())
        terminal.send("q")
        assert terminal.wait_exit() == 0

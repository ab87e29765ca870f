"""Where a reader's threads take their memory from."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, rilo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terminal,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc's arenas"),
]

ARENA = 64 << 20
"""Bytes at whose multiples glibc begins what it keeps for a thread (malloc/arena.c)."""


def test_threads_of_a_reader_share_their_memory(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    for day in range(1, 9):
        (library / f"{day}.md").write_text(f"+++\ndate = 2026-01-0{day}\n+++\nWords, {day}.\n")
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:
        terminal.wait_for("Words, 8.")
        for day in range(7, 0, -1):
            terminal.send("J")
            terminal.wait_for(f"Words, {day}.")
        maps = Path(f"/proc/{terminal.process.pid}/maps").read_text()
        assert "libc.so" in maps
        assert not [line for line in maps.splitlines() if is_arena(line)]
        terminal.send("q")
        assert terminal.wait_exit() == 0


def is_arena(line: str) -> bool:
    """Whether a mapping of nothing on the disk is one of a thread's, or begins it."""
    found = re.fullmatch(r"([0-9a-f]+)-[0-9a-f]+ rw-p 0+ 00:00 0 *", line)
    return found is not None and int(found[1], 16) % ARENA == 0

"""Two readers side by side, a home each and one folder: what one does, the other shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, rilo, run_piped

STAR = "★"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for number, word in enumerate(("alpha", "bravo", "charlie")):
        head = f'title = "The {word} story"\ndate = 2024-05-{28 - number:02d}\nsource = "Wire"'
        (folder / f"{word}.md").write_text(f"+++\n{head}\n+++\n\nWords of {word}.\n", "utf-8")
    return folder


@pytest.fixture
def homes(tmp_path: Path, library: Path) -> Iterator[tuple[Path, Path]]:
    """Two homes that share the library's marks."""
    both = tmp_path / "laptop", tmp_path / "desktop"
    for home in both:
        home.mkdir()
        done = run_piped(rilo("sync", "on", "--library", str(library)), home)
        assert done.returncode == 0, done.stderr
    yield both


@pytest.mark.terminal
def test_two_readers_of_one_folder_show_each_others_marks(
    library: Path, homes: tuple[Path, Path]
) -> None:
    command = rilo(str(library))
    with Terminal(command, home=homes[0]) as laptop, Terminal(command, home=homes[1]) as desktop:
        for terminal in (laptop, desktop):
            terminal.wait_for("Words of alpha.")
        laptop.send("s")
        desktop.wait_for(STAR)
        desktop.send("Js")
        laptop.wait_for(lambda screen: screen.count(STAR) == 2)
        assert "Words of alpha." in laptop.screen(), "nothing moves"
        laptop.send("u")
        desktop.wait_for(lambda screen: screen.count(STAR) == 1)
        laptop.send("s")
        laptop.wait_for("Starred")
        laptop.send("q")
        assert laptop.wait_exit() == 0
        desktop.wait_for(lambda screen: screen.count(STAR) == 2)
        desktop.send("W")
        desktop.wait_for("enter undo it")
        desktop.send("\r")
        desktop.wait_for("undone")
        desktop.send("\x1bq")
        assert desktop.wait_exit() == 0
    listed = run_piped(rilo("list", "--json", "--library", str(library)), homes[1])
    assert listed.stdout.count(b'"starred": true') == 1

"""Readers in two homes with a folder between them: what each showed before it was killed stays."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, rilo, run_piped

TITLES = ("Ivory in the post", "A seminar", "Fake labels")


class Device:
    """A user of a library of their own, who shares a folder: one that is named, or `.rilo`."""

    def __init__(self, home: Path, shared: Path | None = None) -> None:
        self.home = home
        self.library = home / "library"
        self.library.mkdir(parents=True)
        for number, title in enumerate(TITLES):
            header = f'title = "{title}"\ndate = 2024-05-{28 - number}\nid = "{number}"'
            text = f"+++\n{header}\n+++\n\nOpening words of {number}.\n"
            (self.library / f"{number}.md").write_text(text, encoding="utf-8")
        self.run("sync", "on", "--name", home.name, *(["--folder", str(shared)] if shared else []))

    def run(self, *arguments: str) -> str:
        """Run a command; it works."""
        done = run_piped(rilo(*arguments, "--library", str(self.library)), self.home)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def starred(self) -> list[str]:
        self.run("sync", "now")
        rows = [json.loads(line) for line in self.run("list", "--json").splitlines()]
        return [row["id"] for row in rows if row["starred"]]

    @contextmanager
    def reader(self) -> Iterator[Terminal]:
        """Run a reader, in which an article is open."""
        with Terminal(rilo(str(self.library)), (100, 30), home=self.home) as terminal:
            terminal.wait_for("Opening words of")
            yield terminal

    def star_and_be_killed(self, number: int) -> None:
        """Star an article in a new reader, and kill that once it shows the star."""
        with self.reader() as terminal:
            terminal.send("J" * number)
            terminal.wait_for(f"Opening words of {number}.")
            terminal.send("s")
            terminal.wait_for(lambda screen: is_starred(screen, TITLES[number]))
            terminal.kill(signal.SIGKILL)
            terminal.wait_exit()


def is_starred(screen: str, title: str) -> bool:
    """Whether the row of a title, on the left, has a star."""
    rows = (line.partition("│")[0] for line in screen.splitlines())
    return any(title in row and "★" in row for row in rows)


@pytest.mark.terminal
def test_what_a_killed_reader_showed_is_on_the_other_device(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    laptop, desktop = (Device(tmp_path / name, shared) for name in ("laptop", "desktop"))
    laptop.star_and_be_killed(0)
    desktop.star_and_be_killed(2)
    for device in (desktop, laptop, desktop):
        device.run("sync", "now")
    assert laptop.starred() == desktop.starred() == ["0", "2"]

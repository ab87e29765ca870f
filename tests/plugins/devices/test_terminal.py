"""Readers in two homes: what one does the other shows, and what it showed stays if it is killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.plugins.devices.test_feeds import Home
from tests.support.syncthing import needs_syncthing, syncthing_pair
from tests.support.terminal import Terminal, rilo, run_piped

pytestmark = pytest.mark.terminal

TITLES = ("Ivory in the post", "A seminar", "Fake labels")


class Device:
    """A user of a library, by default their own, who shares a folder: one named, or `.rilo`."""

    def __init__(self, home: Path, shared: Path | None = None, library: Path | None = None) -> None:
        self.home = home
        self.library = library or home / "library"
        self.library.mkdir(parents=True, exist_ok=True)
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


def test_what_a_killed_reader_showed_is_on_the_other_device(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    laptop, desktop = (Device(tmp_path / name, shared) for name in ("laptop", "desktop"))
    laptop.star_and_be_killed(0)
    desktop.star_and_be_killed(2)
    for device in (desktop, laptop, desktop):
        device.run("sync", "now")
    assert laptop.starred() == desktop.starred() == ["0", "2"]


@pytest.mark.service
@needs_syncthing
def test_what_one_reader_does_the_other_shows_over_syncthing(tmp_path: Path) -> None:
    laptop, desktop = (Device(tmp_path / name) for name in ("laptop", "desktop"))
    ivory, seminar, labels = TITLES
    with (
        syncthing_pair(tmp_path, laptop.library, desktop.library) as pair,
        desktop.reader() as here,
    ):
        with laptop.reader() as there:
            there.send("s")
            here.wait_for(lambda screen: is_starred(screen, ivory))
            here.send("Js")
            there.wait_for(lambda screen: is_starred(screen, seminar))
            pair.part()
            there.send("JJs")
            there.wait_for(lambda screen: is_starred(screen, labels))
            there.kill(signal.SIGKILL)
            there.wait_exit()
        assert not is_starred(here.screen(), labels)
        # What the reader showed before it was killed goes out with the next sync of that device.
        laptop.run("sync", "now")
        pair.join()
        here.wait_for(lambda screen: is_starred(screen, labels))
        here.send("W")
        here.wait_for(lambda screen: "laptop" in screen and "enter undo it" in screen)


def test_two_readers_of_one_folder_show_each_others_marks(tmp_path: Path) -> None:
    laptop, desktop = (
        Device(tmp_path / name, library=tmp_path / "library") for name in ("laptop", "desktop")
    )
    with laptop.reader() as there, desktop.reader() as here:
        there.send("s")
        here.wait_for(lambda screen: is_starred(screen, TITLES[0]))
        here.send("Js")
        there.wait_for(lambda screen: screen.count("★") == 2)
        assert "Opening words of 0." in there.screen(), "nothing moves"
        there.send("u")
        here.wait_for(lambda screen: screen.count("★") == 1)
        there.send("s")
        there.wait_for("Starred")
        there.send("q")
        assert there.wait_exit() == 0
        here.wait_for(lambda screen: screen.count("★") == 2)
        here.send("W")
        here.wait_for("enter undo it")
        here.send("\r")
        here.wait_for("undone")
        here.send("\x1bq")
        assert here.wait_exit() == 0
    assert len(desktop.starred()) == 1


def test_feeds_of_another_device_come_into_an_open_reader_and_are_taken_back(
    tmp_path: Path,
) -> None:
    laptop, desktop = (Home(tmp_path / name) for name in ("laptop", "desktop"))
    for home in (laptop, desktop):
        home.on("--name", home.home.name, "--feeds")
    with Terminal(rilo(), (100, 30), home=laptop.home) as terminal:
        terminal.wait_for("Horn.")
        for name in ("news", "sport"):
            with desktop.file.open("a") as feeds:
                feeds.write(f'[[feeds]]\nurl = "https://example.org/{name}"\n')
        desktop.run("sync", "now")
        terminal.wait_for("2 feeds came from desktop: example.org/news, example.org/sport · W")
        assert "example.org/news" in laptop.file.read_text()
        terminal.send("u")  # joining took nothing that could be taken back
        terminal.wait_for("undo cannot take that back")
        terminal.send("W")
        terminal.wait_for("Followed 2 feeds: example.org/news")
        terminal.send("\r")
        terminal.wait_for("undone")
        terminal.wait_for(lambda screen: "example.org/news" not in laptop.file.read_text())
        terminal.send("\r")  # again
        terminal.wait_for(lambda screen: "example.org/news" in laptop.file.read_text())
        terminal.send("\x1bq")
        assert terminal.wait_exit() == 0
    desktop.run("sync", "now")
    assert "example.org/news" in desktop.file.read_text()


@pytest.mark.parametrize("answer", ["", "n"])
def test_whoever_turns_sync_on_is_asked_once_about_feeds(tmp_path: Path, answer: str) -> None:
    home = Home(tmp_path / "laptop", '[[feeds]]\nurl = "https://example.org/news"\n')
    command = rilo("sync", "on", "--folder", str(home.shared))
    with Terminal(command, (100, 30), home=home.home) as terminal:
        terminal.wait_for("Sync the feeds that you follow too?")
        terminal.send(f"{answer}\r")
        assert terminal.wait_exit() == 0
    assert ("example.org/news" in home.written) is (answer == "")
    with Terminal(command, (100, 30), home=home.home) as terminal:
        assert terminal.wait_exit() == 0
        assert "feeds" not in terminal.screen()

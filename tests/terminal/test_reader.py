"""The reader in a real pseudo-terminal: it starts, survives, and leaves everything as it was."""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from benchmarks.processes import descendants, wait_until_gone

from rilo_reader.library import open_library
from rilo_reader.paths import Paths
from tests.support.terminal import DOWN, ENTER, ESCAPE, LIMIT, Terminal, rilo, until

pytestmark = pytest.mark.terminal

WORDS = (
    *("alpha", "bravo", "charlie", "delta", "echo"),
    *("foxtrot", "golf", "hotel", "india", "juliett"),
)

COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")
TRUE_COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?[34]8;2;")
MANY_COLOURS = re.compile(rb"\x1b\[(?:[\d;]*;)?[34]8;[25];")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Ten articles; the newest is about alpha."""
    folder = tmp_path / "library"
    folder.mkdir()
    for number, word in enumerate(WORDS):
        lines = "\n\n".join(f"Paragraph {line} about {word}." for line in range(40))
        save(folder, word, f"The {word} story", 28 - number, f"Opening words of {word}.\n\n{lines}")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def save(folder: Path, name: str, title: str, day: int, body: str = "Text.") -> None:
    text = f'+++\ntitle = "{title}"\ndate = 2024-05-{day:02d}\nsource = "Wire"\n+++\n\n{body}\n'
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def reader(
    library: Path,
    home: Path,
    size: tuple[int, int] = (100, 30),
    env: dict[str, str | None] | None = None,
    **how: Any,
) -> Terminal:
    return Terminal(rilo(str(library)), size, env, home=home, **how)


def opened(terminal: Terminal, word: str) -> str:
    """Wait until the article about a word is open; returns the screen."""
    return terminal.wait_for(f"Opening words of {word}.")


def leave(terminal: Terminal) -> None:
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.is_restored


ALL_ROWS = (100, 45)
"""A size at which all articles are in sight, also one that comes above the open one."""


def paths_of(home: Path) -> Paths:
    """The folders that the reader uses in a home of tests.support.terminal."""
    names = ("config", "data", "state", "cache")
    return Paths(**{name: home / name / "rilo-reader" for name in names})


# -- starting and leaving ------------------------------------------------------------------------


def test_the_key_that_leaves(library: Path, home: Path) -> None:
    with reader(library, home) as terminal:
        screen = opened(terminal, "alpha")
        assert screen.index("The alpha story") < screen.index("The bravo story")
        assert terminal.mode(1049)
        terminal.send("\x11\x03\x04\x1a\x1c")
        terminal.wait_for("To quit, press q")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert terminal.is_restored
        assert b"Traceback" not in terminal.output


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, "the window is closed"])
def test_who_is_ended_leaves_the_terminal_as_it_was(
    library: Path, home: Path, how: signal.Signals | str
) -> None:
    with reader(library, home) as terminal:
        opened(terminal, "alpha")
        terminal.send("s")
        terminal.wait_for("★")
        if isinstance(how, str):
            terminal.hang_up()
            # Of itself: nobody is there any more to be asked, and nothing was lost.
            assert terminal.process.wait(LIMIT) == 0
        else:
            terminal.kill(how)
            terminal.wait_exit()
            assert terminal.is_restored
        assert b"Traceback" not in terminal.output
    with reader(library, home) as terminal:
        terminal.wait_for("★")


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="other processes are asked by pidfd")
def test_no_process_outlives_the_reader(library: Path, home: Path) -> None:
    with reader(library, home, ALL_ROWS) as terminal:
        opened(terminal, "alpha")
        save(library, "news", "Followed at once", 30)
        terminal.wait_for("Followed at once")  # so the indexing child is there
        children = descendants(terminal.process.pid)
        assert children
        terminal.kill(signal.SIGKILL)
        terminal.wait_exit()
    wait_until_gone(children)


# -- what was done stays -------------------------------------------------------------------------


def test_killed_hard_and_started_again_marks_and_place_are_there(library: Path, home: Path) -> None:
    with reader(library, home) as terminal:
        opened(terminal, "alpha")
        terminal.send("s")
        terminal.wait_for("★")
        terminal.send("JJ")
        opened(terminal, "charlie")
        until(lambda: session_article(library, home).endswith("charlie.md"))
        terminal.kill(signal.SIGKILL)
        terminal.wait_exit()
    with reader(library, home) as terminal:
        screen = opened(terminal, "charlie")
        starred = next(line for line in screen.splitlines() if "The alpha story" in line)
        assert "★" in starred
        leave(terminal)


def session_article(library: Path, home: Path) -> str:
    with open_library(library, paths_of(home)) as opened_library:
        return opened_library.state.session.read().article or ""


def test_left_and_started_again_the_line_read_last_is_there(library: Path, home: Path) -> None:
    with reader(library, home) as terminal:
        opened(terminal, "alpha")
        terminal.send("J")
        opened(terminal, "bravo")
        terminal.send(ENTER + "\x04\x04")
        top = terminal.wait_for(lambda screen: "Opening words of bravo" not in screen)
        terminal.send(DOWN)
        terminal.wait_for(lambda screen: screen != top)
        shown = set(re.findall(r"Paragraph \d+ about bravo", terminal.screen()))
        leave(terminal)
    with reader(library, home) as terminal:
        screen = terminal.wait_for("about bravo")
        assert "Opening words of bravo" not in screen
        assert shown & set(re.findall(r"Paragraph \d+ about bravo", screen))
        leave(terminal)


def test_two_readers_on_one_library(library: Path, home: Path) -> None:
    with reader(library, home, ALL_ROWS) as first, reader(library, home, ALL_ROWS) as second:
        opened(first, "alpha")
        opened(second, "alpha")
        save(library, "late", "A late edition", 30)
        first.wait_for("A late edition")
        second.wait_for("A late edition")
        leave(first)
        save(library, "later", "A later edition", 31)
        second.wait_for("A later edition")
        leave(second)


# -- the folder changes --------------------------------------------------------------------------


def test_saved_added_renamed_and_deleted_files_show_at_once(library: Path, home: Path) -> None:
    with reader(library, home, ALL_ROWS) as terminal:
        opened(terminal, "alpha")
        save(library, "alpha", "The alpha story", 28, "Words that another program wrote.")
        terminal.wait_for("Words that another program wrote.")
        save(library, "new", "A brand new story", 30)
        terminal.wait_for("A brand new story")
        save(library, "bravo", "The bravo story, corrected", 27)
        terminal.wait_for("bravo story, corr")
        (library / "charlie.md").unlink()
        terminal.wait_for(lambda screen: "The charlie story" not in screen)
        (library / "delta.md").rename(library / "renamed.md")
        terminal.send("/delta")
        terminal.wait_for("1 of 10")
        terminal.wait_for("The delta story")
        terminal.send(ENTER)
        opened(terminal, "delta")
        leave(terminal)


def test_an_index_deleted_under_a_running_reader_comes_back(library: Path, home: Path) -> None:
    with reader(library, home, ALL_ROWS) as terminal:
        opened(terminal, "alpha")
        # In one step: the indexer removes files of its own meanwhile.
        shutil.rmtree((home / "cache").rename(home / "deleted"), ignore_errors=True)
        terminal.send("JJ")
        opened(terminal, "charlie")
        save(library, "new", "After the deletion", 30)
        terminal.wait_for("After the deletion")
        terminal.send("/foxtrot")
        terminal.wait_for("1 of 11")
        terminal.send(ESCAPE)
        terminal.wait_for(lambda screen: "of 11" not in screen)
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"Traceback" not in terminal.output


# -- terminals of every kind ---------------------------------------------------------------------


PAPER, INK = b"48;2;250;248;243", b"48;2;21;23;26"


@pytest.mark.parametrize(
    ("background", "seen"), [("rgb:ffff/ffff/ffff", PAPER), ("rgb:0000/0/0", INK), ("", INK)]
)
def test_a_light_terminal_gets_the_light_theme(
    library: Path, home: Path, background: str, seen: bytes
) -> None:
    with reader(library, home, background=background) as terminal:
        opened(terminal, "alpha")
        leave(terminal)
        assert seen in terminal.output
        assert (PAPER in terminal.output) != (INK in terminal.output)


def test_keys_typed_while_the_terminal_is_asked_arrive(library: Path, home: Path) -> None:
    with reader(library, home, env={"EDITOR": "true"}, answers=False) as terminal:
        terminal.wait_for_bytes(b"\x1b]11;?")
        terminal.send("?\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62")
        terminal.wait_for("next article")
        terminal.send("c" + ESCAPE)  # the rest of its answer, and a key
        opened(terminal, "alpha")
        terminal.send("e")  # and after an editor the `?` does not come once more
        terminal.send("/zq")
        terminal.wait_for("zq")
        assert "next article" not in terminal.screen()
        terminal.send(ESCAPE)
        opened(terminal, "alpha")
        leave(terminal)
        assert PAPER in terminal.output


@pytest.mark.parametrize(
    ("env", "seen", "never"),
    [
        ({"NO_COLOR": "1"}, None, COLOUR),
        ({"NO_COLOR": "1", "TERM": "linux"}, None, COLOUR),
        ({"NO_COLOR": ""}, TRUE_COLOUR, None),  # an empty one says nothing
        ({"TERM": "xterm", "COLORTERM": None}, COLOUR, MANY_COLOURS),
    ],
)
def test_colours_are_those_that_the_environment_asks_for(
    library: Path,
    home: Path,
    env: dict[str, str | None],
    seen: re.Pattern[bytes] | None,
    never: re.Pattern[bytes] | None,
) -> None:
    with reader(library, home, env=env) as terminal:
        opened(terminal, "alpha")
        terminal.send("J")
        opened(terminal, "bravo")
        leave(terminal)
        assert seen is None or seen.search(terminal.output)
        assert never is None or not never.search(terminal.output)


def test_a_terminal_that_answers_nothing(library: Path, home: Path) -> None:
    with Terminal(rilo(str(library)), home=home, answers=False) as terminal:
        opened(terminal, "alpha")
        leave(terminal)


# -- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(40, 10), (79, 24), (80, 24), (200, 60)])
def test_every_size_can_be_read_in(library: Path, home: Path, size: tuple[int, int]) -> None:
    with reader(library, home, size) as terminal:
        terminal.wait_for("The alpha story")
        terminal.send("J" if size[0] >= 80 else DOWN)
        terminal.send(ENTER)
        opened(terminal, "bravo")
        terminal.send(ESCAPE)
        terminal.wait_for("The alpha story")
        terminal.send("/golf")
        terminal.wait_for("1 of 10")
        terminal.send(ENTER)
        terminal.send(ENTER)
        opened(terminal, "golf")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert terminal.is_restored


def test_a_storm_of_sizes_ends_in_a_whole_screen(library: Path, home: Path) -> None:
    with reader(library, home) as terminal:
        opened(terminal, "alpha")
        for step in range(40):
            terminal.resize(20 + step * 37 % 140, 5 + step * 13 % 50)
            if step % 5 == 0:
                terminal.send("J")
        terminal.resize(1, 1)
        terminal.resize(100, 30)
        terminal.send("g")
        screen = terminal.wait_for(lambda screen: "The alpha story" in screen and "quit" in screen)
        assert max(map(len, screen.splitlines())) <= 100
        leave(terminal)


@pytest.mark.parametrize("key", ["", "?"])
def test_a_terminal_that_shrinks_and_returns_at_once_is_painted_whole(
    library: Path, home: Path, key: str
) -> None:
    """It forgot what it showed, though its size is what it was when the program looks."""
    with reader(library, home) as terminal:
        opened(terminal, "alpha")
        terminal.send("J")
        terminal.wait_for("▌  The b")  # it counts as read, and nothing else changes
        terminal.send(key)
        # The panel is painted a second time, with its scrollbar.
        marks = ["esc close", "▁"] if key else ["r unread"]
        before = terminal.wait_for(lambda screen: all(mark in screen for mark in marks))
        terminal.resize(1, 1)
        terminal.resize(100, 30)
        terminal.wait_for(lambda screen: screen == before)


# -- mishaps -------------------------------------------------------------------------------------


def test_the_open_articles_file_vanishes_or_turns_unreadable(library: Path, home: Path) -> None:
    with reader(library, home) as terminal:
        opened(terminal, "alpha")
        for word in WORDS[1:]:
            (library / f"{word}.md").unlink()
        terminal.send("J")
        terminal.wait_for(lambda screen: "Opening words of bravo" not in screen)
        terminal.wait_for(lambda screen: "The india story" not in screen)
        (library / "alpha.md").write_bytes(b"\x00\xff\x00binary")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"Traceback" not in terminal.output


def test_an_empty_folder_has_a_reader_too(home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with reader(empty, home) as terminal:
        terminal.wait_for("quit")
        terminal.send("JKnNrsuogG/x" + ENTER + ESCAPE)
        save(empty, "first", "The very first", 1)
        terminal.wait_for("The very first")
        leave(terminal)


@pytest.mark.parametrize("pause", [0.0, 1.0], ids=["at once", "later"])
def test_a_library_deleted_and_made_anew_is_seen_again(
    library: Path, home: Path, pause: float
) -> None:
    with reader(library, home, ALL_ROWS) as terminal:
        opened(terminal, "alpha")
        save(library, "new", "Followed", 30)
        terminal.wait_for("Followed")
        shutil.rmtree(library)
        threading.Event().wait(pause)
        library.mkdir()
        save(library, "again", "Here again", 30)
        terminal.wait_for("Here again", timeout=20)
        terminal.wait_for(lambda screen: "The india story" not in screen)
        save(library, "more", "And followed", 30)
        terminal.wait_for("And followed")
        leave(terminal)

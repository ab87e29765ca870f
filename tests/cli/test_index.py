"""index: what it says, and the child of the reader that it is with --watch --json."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from pathlib import Path
from shutil import rmtree

import pytest

from rilo_reader.cli.child import NICENESS
from rilo_reader.cli.output import PROGRESS_DELAY
from rilo_reader.cli.printing import bring_up_to_date, describe_progress, show_count
from rilo_reader.library import Progress, open_library
from rilo_reader.library.progress import SpeedMeter
from rilo_reader.paths import user_paths
from tests.support.command_line import User

FIELDS = list(Progress._fields)


def test_index_says_what_it_did(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    user.article("b.md", "B", "2020-01-02", "x")
    assert user.ask("index") == (0, "2 articles: 2 added.\n", "")
    assert user.ask("index") == (0, "2 articles; nothing has changed.\n", "")
    user.article("a.md", "A, but longer", "2020-01-01", "xx")
    (user.library / "b.md").unlink()
    assert user.ask("index") == (0, "1 article: 1 changed, 1 removed.\n", "")
    assert user.ask("index", "--rebuild") == (0, "1 article: 1 added.\n", "")
    told = user.ask("index", "--rebuild", "--json")
    assert (told.code, told.err) == (0, "")
    assert all(list(line) == FIELDS for line in told.objects)
    assert (told.objects[-1]["finished"], told.objects[-1]["added"]) == (True, 1)


@pytest.mark.slow
def test_index_counts_articles_and_not_folders(user: User) -> None:
    for number in range(12):
        head = f'id = "urn:{number}"\n' if number % 2 else ""
        user.write(f"old/{number % 3}/{number}.md", f"+++\n{head}+++\n\n# Title {number}\n\ntext\n")
    user.article("kept.md", "Kept", "2020-01-01", "x")
    assert user.ask("index").out == "13 articles: 13 added.\n"
    (user.library / "old").rename(user.library / "new")
    assert user.ask("index").out == "13 articles: 12 moved.\n"
    (user.library / "new/0/3.md").rename(user.library / "3.md")
    assert user.ask("index").out == "13 articles: 1 moved.\n"
    rmtree(user.library / "new")
    assert user.ask("index").out == "2 articles: 11 removed.\n"
    # The index still knows the names of the folders, which hold nothing any more.
    user.article("b.md", "B", "2020-01-02", "x")
    assert user.ask("index").out == "3 articles: 1 added.\n"
    assert user.ask("index").out == "3 articles; nothing has changed.\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["store", "fast", "term", "idx"])
def test_a_flipped_bit_changes_nothing_that_is_printed(user: User, kind: str) -> None:
    for number in range(150):
        user.article(f"{number}.md", f"N{number}", "2020-01-01", "some words")
    asked = (("list",), ("search", "words", "--count"))
    right = [user.spawn(*words, "--library", str(user.library)).stdout for words in asked]
    assert right[0].count(b"\n") == 150
    for words, wanted in zip(asked, right, strict=True):
        (file,) = (user.home / "cache").glob(f"rilo-reader/index/*/*/*.{kind}")
        content = bytearray(file.read_bytes())
        content[len(content) // 3] ^= 1
        file.write_bytes(content)
        done = user.spawn(*words, "--library", str(user.library))
        assert (done.returncode, done.stdout) == (0, wanted)
        assert b"damaged" in done.stderr
        assert b"panicked" not in done.stderr


def test_texts_that_are_no_articles_are_told(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    (user.library / "b.rst").write_text("B\n=\n")
    (user.library / "c.png").write_bytes(b"")
    told = (
        "rilo-reader cannot read 1 of 2 text files in this folder: 1 .rst. For details: "
        "rilo-reader doctor\n"
    )
    assert user.ask("index") == (0, f"1 article: 1 added.\n{told}", "")
    last = user.ask("index", "--json").objects[-1]
    assert (last["files"], last["left_out"]) == (1, {"rst": 1, "png": 1})


def test_an_error_is_a_line_of_json_too(user: User) -> None:
    user.settings('folders = ["/nowhere/at/all"]\n')
    code, out, err = user.run("index", "--json")
    assert code == 1
    assert "/nowhere/at/all" in json.loads(out)["error"]
    assert err.count("\n") == 1


def test_progress_in_words() -> None:
    assert describe_progress(Progress(1200, 20_000)) == "Reading 1,200 of 20,000 files …"
    assert describe_progress(Progress(1200, None)) == "Scanning the folder … 1,200"
    now = [0.0, 2.0]
    pace = SpeedMeter(lambda: now.pop(0))
    pace.add(Progress(200, 20_000))
    pace.add(Progress(1200, 20_000))
    text = describe_progress(Progress(1200, 20_000), pace)
    assert text == "Reading 1,200 of 20,000 files · 500 a second · 38 s left"


@pytest.mark.slow
def test_the_child_reconciles_then_follows_then_ends_with_its_stdin(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    with user.running("index", "--watch", "--json") as child:
        told = child.wait_for(finished=True)
        assert list(told) == FIELDS
        user.article("b.md", "B", "2020-01-02", "x")
        child.wait_for(committed=True)
        assert user.ask("list", "--count").out == "2\n"
        if hasattr(os, "getpriority"):
            mine = os.getpriority(os.PRIO_PROCESS, 0)
            theirs = os.getpriority(os.PRIO_PROCESS, child.process.pid)
            assert theirs == min(19, mine + NICENESS)
        session = Path(f"/proc/{child.process.pid}/autogroup")
        if session.exists():  # then niceness counts only within a session
            assert session.read_text().split()[-1] == str(NICENESS)
        child.stdin.close()
        assert child.ended() == (0, b"")


@pytest.mark.slow
def test_watching_ends_quietly_at_a_signal(user: User) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    with user.running("index", "--watch") as child:
        assert child.stdout.readline().startswith(b"Watching ")
        assert child.stdout.readline() == b"1 article: 1 added.\n"
        child.process.send_signal(signal.SIGINT)
        assert child.ended() == (130, b"")
    for how, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        with user.running("index", "--watch", "--json") as child:
            child.wait_for(finished=True)
            child.process.send_signal(how)
            assert child.ended() == (code, b"")


class Interrupted(io.StringIO):
    """A terminal at which somebody presses Ctrl-C as soon as a word stands there."""

    pressed = False

    def isatty(self) -> bool:
        """It is one."""
        return True

    def flush(self) -> None:
        """The word stands there."""
        if not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt


@pytest.mark.parametrize("is_index", [True, False])
def test_nothing_half_said_stays_however_early_somebody_interrupts(
    user: User, monkeypatch: pytest.MonkeyPatch, is_index: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Interrupted()
    monkeypatch.setattr(sys, "stderr", terminal)
    at_once = PROGRESS_DELAY.set(-1)
    with pytest.raises(KeyboardInterrupt), open_library(user.library, user_paths()) as library:
        if is_index:
            bring_up_to_date(library)
        with show_count("Scanning") as report:
            report(1)
    PROGRESS_DELAY.reset(at_once)
    shown, _, stays = terminal.getvalue().rpartition("\r\x1b[K")
    assert "0" in shown or "1" in shown
    assert stays == ""

"""The verbs on a terminal: modest colour, a screenful, progress that leaves nothing behind."""

from __future__ import annotations

import re
import sys

import pytest

from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.query.tree import Query
from tests.support.command_line import User
from tests.support.terminal import Terminal

SHOWS_ALL_PROGRESS = """
import sys
from rilo_reader.cli import run
from rilo_reader.cli.output import PROGRESS_DELAY
PROGRESS_DELAY.set(-1)
sys.exit(run(sys.argv[1:]))
"""
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def reader(user: User) -> User:
    """A user with sixty articles, the newest of them starred, the next one read."""
    for number in range(60):
        body = f"The **customs** post number {number}."
        user.article(f"{number:02}.md", f"Title {number}", f"2020-01-01T00:00:{number:02}Z", body)
    user.ask("index")
    with open_library(user.library, user_paths()) as library:
        newest, next_one = (library.find(name) for name in ("59.md", "58.md"))
        assert newest
        assert next_one
        library.state.set_starred([newest], True)
        library.state.set_read([next_one], True)
    return user


def test_list_shows_a_screenful_and_says_so(reader: User) -> None:
    text = reader.show("list")
    assert text.count("Title ") == 50
    assert "50 of 60 articles; --limit 0 shows all." in text
    assert reader.show("list", "--limit", "0").count("Title ") == 60
    assert "--limit 0" not in reader.show("list", "--limit", "3")


def test_a_row_shows_marks_place_and_hits(reader: User) -> None:
    lines = reader.show("search", "customs", "--limit", "3").splitlines()
    assert lines[0] == "\x1b[1m★ \x1b[0m\x1b[1mTitle 59\x1b[0m"
    assert lines[1] == "\x1b[2m  2020-01-01 00:00 · 59.md\x1b[0m"
    assert lines[2] == "  The \x1b[1;31mcustoms\x1b[0m post number 59."
    assert lines[3] == "  Title 58"
    assert lines[6].startswith("\x1b[1m● ")
    assert len(lines) == 9


@pytest.mark.slow
def test_no_color_and_dumb_terminals_get_none(reader: User) -> None:
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in reader.show("search", "customs", env=env)
        assert "\x1b" not in reader.show("show", "59.md", env=env)
        assert "\x1b" not in reader.show("index", "--rebuild", env=env)


def test_nothing_found_is_said(reader: User) -> None:
    assert "No articles found." in reader.show("search", "nowhere")


@pytest.mark.slow
def test_what_may_have_been_meant_is_said(reader: User) -> None:
    slip = reader.show("search", "cusotms", "is:unread")
    assert "No articles found. Did you mean rilo-reader search 'customs is:unread'?" in slip
    assert "mean" not in reader.show("search", "customs")


def test_show_is_a_page_in_colour_and_plain_is_text(reader: User) -> None:
    reader.article("long.md", "Long", "2021-01-01", "*word* " * 100 + "\n\n[a](https://a.org/)")
    text = reader.show("show", "long.md")
    assert "\x1b[1mLong\x1b[0m" in text
    assert "https://a.org/" in text
    plain = _STYLE.sub("", text)
    assert "\x1b" not in plain
    # As wide as the setting says, however wide the terminal.
    assert 60 < max(len(line) for line in plain.splitlines()) <= 80
    assert "\x1b" not in reader.show("show", "--plain", "long.md")


@pytest.mark.slow
def test_progress_is_shown_where_it_takes_long_and_wiped(reader: User) -> None:
    for number in range(60):
        (reader.library / f"{number:02}.md").touch()
    text = reader.show("list", "--count", delay=-1)
    assert "Reading 60 of 60 files" in text
    assert text.startswith("60\n")
    assert text.endswith("\r\x1b[K")
    assert "Reading" not in reader.show("list", "--count")


@pytest.mark.terminal
def test_a_build_that_is_interrupted_goes_on_where_it_stopped(user: User) -> None:
    text = " ".join(f"word{number}" for number in range(500))
    for number in range(2500):
        user.article(f"{number}.md", f"Title {number}", "2020-01-01", text)
    argv = [sys.executable, "-c", SHOWS_ALL_PROGRESS, "index", "--library", str(user.library)]
    with Terminal(argv, (100, 40), home=user.home) as terminal:
        terminal.wait_for(
            lambda screen: re.search(r"Reading [\d,]+ of 2,500 files", screen) is not None
        )
        terminal.send("\x03")
        assert terminal.wait_exit() == 130
        assert "Traceback" not in terminal.text
        assert terminal.screen().strip() in {"", "^C"}  # nothing half said stays
        assert terminal.is_restored
    with open_library(user.library, user_paths()) as library:
        kept = library.search.count(Query())
    assert 0 < kept < 2500
    code, out, err = user.ask("index")
    assert (code, out, err) == (0, f"2,500 articles: {2500 - kept:,} added.\n", "")


@pytest.mark.slow
def test_a_rebuild_says_how_far_it_is_in_one_line(user: User) -> None:
    for number in range(250):
        user.article(f"{number}.md", f"Title {number}", "2020-01-01", "text " * 100)
    user.ask("index")
    text = user.show("index", "--rebuild", delay=-1)
    said = re.findall(r"Reading ([\d,]+) of 250 files", text)
    assert said
    assert said == sorted(said, key=lambda count: int(count.replace(",", "")))
    assert text.count("\n") == 1  # each took the place of the one before
    assert text.startswith("250 articles: 250 added.\n")


def test_what_was_done_is_listed_for_people(reader: User) -> None:
    text = reader.show("mark", "tag", "post", "01.md")
    name = text.partition("rilo-reader undo ")[2][:7]
    assert "1 article tagged post." in text
    text = reader.show("history")
    lines = [_STYLE.sub("", line) for line in text.splitlines()]
    assert lines[0].startswith(f"{name}  2")
    assert lines[0].endswith("  Tagged 1 with post")
    assert lines[1].startswith("         ")
    assert lines[1].endswith(", 1 article: Title 1")
    assert "Undone: tagged Title 1 with post" in reader.show("undo", name)
    assert "Tagged 1 with post  (undone)" in reader.show("history")

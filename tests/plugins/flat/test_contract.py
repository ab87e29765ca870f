"""Flat mode keeps the screen's promise: each name, key and verb works there, or says what does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from rilo_reader.cli import all_verbs
from rilo_reader.commands import Command, all_commands
from rilo_reader.config import load
from rilo_reader.keys import key_name
from rilo_reader.library import open_library
from rilo_reader.paths import Paths, user_paths
from rilo_reader.plugins.flat.session import EXCLUDED_VERBS
from rilo_reader.plugins.flat.vocabulary import FLAT_COMMANDS, Vocabulary
from rilo_reader.query.tree import Query
from tests.support.command_line import User
from tests.support.flat import fill, session
from tests.support.reader import BY_HAND, paths_in, reading
from tests.support.servers import serving
from tests.support.terminal import config_file

VERBS = sorted(set(all_verbs()) - EXCLUDED_VERBS)
PAGE = Path(__file__).parents[3] / "docs" / "accessibility.md"


def names(command: Command) -> set[str]:
    """Whatever the help, the palette and the key bar call a command, and its keys."""
    keys = {key_name(key).replace("_", " ") for key in command.keys}
    return {command.id, command.title.lower(), *keys}


@pytest.mark.slow
def test_each_name_and_key_of_the_screen_is_understood(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An empty answer cancels what asks for more.
    typed = [name for command in all_commands() for name in sorted(names(command))]
    lines = "".join(f"1\n{name}\n\n" for name in typed if name not in ("q", "quit", "1"))
    said = session(user, monkeypatch, lines, str(fill(user)))
    assert re.findall(r"(?m)^There is no command.*", said.out) == []
    assert said.err == ""


def test_a_name_means_its_command_and_a_verb_itself() -> None:
    words = Vocabulary({command.id for command in all_commands()}, VERBS, {})
    taken = {name for name in FLAT_COMMANDS if name not in ("h", "list")}
    for command in all_commands():
        for name in {command.id, command.title.lower(), *command.keys} - taken:
            if name != "list" and (len(name) > 1 or name.isascii()):
                found = words.find_command(name) if name.isalnum() else None
                assert found is None or found.id in (command.id, "back"), name
        for name in command.names.split():
            found = words.find_command(name)
            assert found is not None, name


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_the_command_lines_own(
    user: User, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    lines = f"{verb} --help\nrilo-reader {verb} --help\nhelp\nq\n"
    said = session(user, monkeypatch, lines, str(user.library)).out
    assert len(re.findall(rf"(?m)^usage: rilo-reader {verb}\b", said)) == 2
    (promised,) = re.findall(r"(?m)^As on the command line: (.*)\.$", said)
    assert verb in promised.split(", ")


@pytest.mark.slow
def test_each_command_of_the_page_is_understood(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = re.findall(r"(?m)^\| (`.*?) \|", PAGE.read_text("utf-8"))
    typed = [
        code
        for row in table
        for code in re.findall(r"`([^`]+)`", row)
        if code not in ("q", "help NAME")
    ]
    assert len(typed) > 20
    lines = "".join(f"list\n1\n{line}\n\n" for line in typed)
    said = session(user, monkeypatch, lines, str(fill(user))).out
    assert re.findall(r"(?m)^There is no command.*", said) == []


# -- the same comes of it -------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What gestures leave behind."""

    marks: dict[str, tuple[bool, bool, tuple[str, ...]]]  # by path: read, starred, tags
    mutes: tuple[str, ...]
    listed: list[str]  # titles


GESTURES = {
    "star": (["s"], "1\ns\nlist"),
    "read and unread": (["r", "j", "r", "r"], "1\nr\n2\nr\nr\nlist"),
    "read by numbers": (["r", "j", "r"], "list\nr 1 2\nlist"),
    "all read": (["A"], "list\nA\nlist"),
    "above": (["j", "j", "minus"], "list\n3\n-\nlist"),
    "undo": (["s", "j", "r", "u"], "1\ns\n2\nr\nu\nlist"),
    "redo": (["s", "u", "ctrl+r"], "1\ns\nu\nctrl+r\nlist"),
    "tags": (["t", "x", "enter"], "1\nt x\nlist"),
    "only unread": (["r", "U"], "1\nr\nU"),
    "only unread, and all again": (["r", "U", "U"], "1\nr\nU\nU"),
    "only starred": (["s", "j", "s", "S"], "1\ns\n2\ns\nS"),
    "only this source": (["c"], "1\nc"),
    "the first value": (["v", "enter"], "v\n1"),
    "search": (["slash", *"ivory", "enter"], "/ivory"),
    "mute": (["slash", *"ivory", "enter", "M", "enter", "escape"], "M ivory\nlist"),
    "the next, the previous": (["J", "J", "K", "s"], "n\nn\nn\np\ns\nlist"),
}


def fill_with_copies(user: User) -> None:
    story = " ".join(f"Ivory {number} was seized in the harbour." for number in range(20))
    for number, (title, text) in enumerate(
        [("Ivory", story), ("Orchids", "Other words."), ("Ivory", story), ("Cacti", "And more.")]
    ):
        source = f'"Source {number % 2}"'
        user.article(f"{number}.md", title, f"2024-05-{20 - number}", text, source=source)


def what_is_left(folder: Path, paths: Paths, listed: Sequence[str]) -> Outcome:
    with open_library(folder, paths) as library:
        list(library.follower.reconcile())
        rows = list(library.search.each(Query()))
        marks = {row.path: (row.marks.read, row.marks.starred, row.marks.tags) for row in rows}
        mutes = tuple(mute.query for mute in load(paths.settings_file)[0].mutes)
        return Outcome(marks, mutes, list(listed))


@pytest.mark.slow
@pytest.mark.parametrize("name", GESTURES)
async def test_a_gesture_leaves_what_the_screens_does(
    user: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    keys, typed = GESTURES[name]
    fill_with_copies(user)
    copy, paths = tmp_path / "copy", paths_in(tmp_path / "other")
    shutil.copytree(user.library, copy)
    with open_library(copy, paths) as library:
        list(library.follower.reconcile())
        async with reading(library, BY_HAND, paths=paths) as reader:
            await reader.press(*keys)
            titles = list(reader.titles)
    on_screen = what_is_left(copy, paths, titles)
    user.settings('mark_read = "by hand"\n')
    said = session(user, monkeypatch, f"{typed}\nq\n", str(user.library)).out
    last = said.rpartition("\n1. ")[2] if "\n1. " in said else ""
    lines = f"1. {last}".splitlines() if last else []
    listed = re.findall(r"(?m)^\d+\. (?:[^:\n]+: )?(\w+)\. Source", "\n".join(lines))
    assert what_is_left(user.library, user_paths(), listed) == on_screen


# -- what is numbered and is no article ------------------------------------------------------------


def test_feeds_are_numbered_in_pages_and_a_number_lists_one(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f'[[feeds]]\nurl = "https://example.org/{number}"\n' for number in range(60)]
    rows.append('[[feeds]]\nurl = "https://example.org/news"\ntitle = "Harbour News"\n')
    config_file(user.home, "feeds.toml").write_text("".join(rows), encoding="utf-8")
    fill(user)
    said = session(user, monkeypatch, "feeds\n\n\n\n\n1\nh\n", str(user.library)).out
    assert "> feeds\n61 feeds.\n1. " in said
    assert said.count("(more)") == 3
    assert re.findall(r"(?m)^(\d+)\. ", said)[:61] == [str(number) for number in range(1, 62)]
    assert "Nothing to list yet: " in said


def test_what_a_refresh_brought_is_listed_once(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(user)
    with serving() as server:
        from tests.feeds.world import rss

        server.page("/feed", rss("One", "Two"))
        url = server.url("/feed")
        text = f'[[feeds]]\nurl = "{url}"\nprivate = true\n'
        config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
        library = ("--library", str(user.library))
        said = session(
            user, monkeypatch, f".\nrefresh {' '.join(library)}\n.\n1\n.\n", str(user.library)
        ).out
    assert "> .\nThere are no new articles.\n> refresh" in said
    assert "> .\n2 new articles.\n1. unread: " in said
    assert said.endswith("> .\nThere are no new articles.\n")


@pytest.mark.slow
def test_the_page_of_an_article_is_fetched_for_its_file(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("trafilatura")
    with serving() as server:
        url = f'"{server.url("/1")}"'
        user.article("one.md", "One", "2024-01-01", "The beginning.", url=url)
        said = session(user, monkeypatch, "1\n+\n", str(user.library)).out
    # The guard of addresses answers, as for every page that only an article names.
    assert "is an address of a private network" in said.partition("> +")[2]


def test_copies_are_said_once(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_with_copies(user)
    said = session(user, monkeypatch, "list\n1\nlist ivory\n", str(user.library)).out
    assert "> list\n3 articles and 1 copy.\n1. unread: Ivory. " in said
    assert "> list ivory\n1 article and 1 copy.\n" in said


def test_what_people_type_with_numbers_works_or_says_what_does(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(user)
    lines = "list\nr 1-2 4\nr 5-5\nr 3-\nlist\nv 2\n' 1\nW 1\nQ\n/from:\nq\n"
    said = session(user, monkeypatch, lines, str(user.library)).out
    read, one, open_end, listed, *rest = said.split("\n> ")[2:]
    assert [line.partition(":")[0] for line in read.splitlines()] == ["r 1-2 4", *["read"] * 3]
    assert one.startswith("r 5-5\nread:")
    assert open_end == "r 3-\nType article numbers, such as 2 5 or 7-9."
    assert [line.partition(":")[0] for line in listed.splitlines()].count("3. unread") == 1
    assert [each.partition("\n")[2] for each in rest[:4]] == [
        "Type v alone, and 2 after it.",
        "Type ' alone, and 1 after it.",
        "Type W alone, and 1 after it.",
        "There is no command 'Q'. Did you mean q?",
    ]
    assert "^" not in said

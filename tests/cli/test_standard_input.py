"""`-`: names of articles, or a file, from standard input."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from tests.support.command_line import User

NAMES = (
    "It's a note.md",
    'She said "no".md',
    "-begins with a minus.md",
    "a  b\\c $HOME `x`.md",
    "é 象牙 ★.md",
    "*.md",
    "sub/it's #1; rm -rf.md",
)

Pipe = Callable[[bytes], None]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Have standard input hold some bytes."""

    def hold(data: bytes) -> None:
        stream = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)

    return hold


@pytest.fixture
def noted(user: User) -> User:
    """Somebody whose notes have names that a shell would take apart."""
    for number, name in enumerate(NAMES):
        user.article(name, f"Note {number}", f"2020-01-{number + 1:02}", f"ivory {number}")
    return user


def paths(user: User) -> str:
    lines = user.ask("search", "ivory").out.splitlines()
    return "".join(line.split("\t")[3] + "\n" for line in lines)


def test_whatever_search_prints_show_and_mark_take(noted: User, pipe: Pipe) -> None:
    found = paths(noted)
    assert set(found.splitlines()) == set(NAMES)
    pipe(found.encode())
    shown = noted.ask("show", "--json", "-").objects
    assert [one["path"] for one in shown] == found.splitlines()
    pipe(found.replace("\n", "\r\n").encode())
    text = noted.ask("show", "--plain", "-").out
    assert [text.count(f"ivory {number}") for number in range(len(NAMES))] == [1] * len(NAMES)
    pipe(found.encode())
    noted.ask("mark", "star", "-").says(f"{len(NAMES)} articles starred.")


def test_what_names_no_article_is_said_and_prints_nothing(noted: User, pipe: Pipe) -> None:
    pipe(b"")
    noted.ask("show", "-").failed(1, "standard input has no ids or paths")
    pipe(b"*.md\nnot there.md\n")
    noted.ask("show", "-").failed(1, "there is no article 'not there.md'")
    pipe(b"\xff.md\n")
    noted.ask("show", "-").failed(1, "there is no article")
    for command in (("show", "-"), ("mark", "read", "-")):
        pipe(noted.ask("list").out.encode())
        noted.ask(*command).failed(1, "several columns", "cut -f 4")


def test_without_standard_input_a_minus_is_wrong_usage(
    noted: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for command in (("show", "-"), ("mark", "read", "-")):
        noted.ask(*command).failed(2, "no standard input")

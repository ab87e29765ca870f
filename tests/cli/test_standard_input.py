"""`-`: names of articles, or a file, from standard input."""

from __future__ import annotations

import io
import json
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


def test_whatever_search_prints_show_export_and_mark_take(noted: User, pipe: Pipe) -> None:
    found = paths(noted)
    assert set(found.splitlines()) == set(NAMES)
    pipe(found.encode())
    shown = noted.ask("show", "--json", "-").objects
    assert [one["path"] for one in shown] == found.splitlines()
    pipe(found.replace("\n", "\r\n").encode())
    text = noted.ask("show", "--plain", "-").out
    assert [text.count(f"ivory {number}") for number in range(len(NAMES))] == [1] * len(NAMES)
    pipe(found.encode())
    written = noted.ask("export", "--article", "-", "--to", "-", "--format", "jsonl").objects
    assert [one["path"] for one in written] == found.splitlines()
    pipe(found.encode())
    noted.ask("mark", "star", "-").says(f"{len(NAMES)} articles starred.")


def test_a_name_of_the_line_is_in_the_order_that_is_typed(noted: User, pipe: Pipe) -> None:
    pipe(b"*.md\n")
    words = ("--article", NAMES[0], "--article", "-", "--article", NAMES[1])
    written = noted.ask("export", *words, "--to", "-", "--format", "jsonl").objects
    assert [one["path"] for one in written] == [NAMES[0], "*.md", NAMES[1]]


def test_what_names_no_article_is_said_and_prints_nothing(noted: User, pipe: Pipe) -> None:
    pipe(b"")
    noted.ask("show", "-").failed(1, "standard input names no article")
    target = noted.home / "all.jsonl"
    pipe(b"")
    noted.ask("export", "--article", "-", "--to", str(target)).failed(1, "nothing was written")
    assert not target.exists()
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
    for command in (("show", "-"), ("import", "-"), ("mark", "read", "-")):
        noted.ask(*command).failed(2, "no standard input")


PAGE = "<html><head><title>A page</title></head><body><h1>A page</h1><p>Words of it.</p></body>"
LIST = '<opml version="2.0"><body><outline xmlUrl="https://example.org/f.xml"/></body></opml>'
RECORD = json.dumps({"id": "x", "title": "Kept", "path": "kept.md", "body": "Text.\n"})
FEED = (
    '<rss version="2.0"><channel><title>The Feed</title><item><title>Entry</title>'
    "<guid>1</guid><description>Text</description></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(RECORD, "records"), (LIST, "opml"), (FEED, "feed"), (PAGE, "page")],
    ids=["records", "opml", "feed", "page"],
)
def test_a_file_of_each_kind_is_imported_from_standard_input(
    user: User, pipe: Pipe, data: str, kind: str
) -> None:
    for taken, known in ((1, 0), (0, 1)):
        pipe(data.encode())
        told = [one for one in user.ask("import", "--json", "-").objects if "kind" in one]
        counts = [(one["kind"], one["taken"], one["known"]) for one in told if one["kind"] == kind]
        assert counts == [(kind, taken, known)], told


def test_what_is_nothing_to_import_is_named(user: User, pipe: Pipe) -> None:
    for data, why in ((b"", "it is empty"), (b"# Title\n", "plain text"), (b"\0\1", "not text")):
        pipe(data)
        done = user.ask("import", "-")
        assert (done.code, why in done.out, "standard input:" in done.out) == (1, True, True)

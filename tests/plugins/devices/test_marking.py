"""Verbs that mark and print marks, while devices share them."""

from __future__ import annotations

import pytest

from tests.support.annotate import journal, stamp
from tests.support.command_line import User
from tests.support.for_each import for_each


@pytest.fixture
def reader(user: User) -> User:
    """A user with two articles."""
    user.article("2026/ivory.md", "Ivory by post", "2026-03-07", "Parcels.", id='"ivory-1"')
    user.article("2026/horn.md", "Horn", "2026-03-06", "Customs found ivory.", id='"horn-1"')
    return user


def ids(user: User, *query: str) -> set[str]:
    return {each["id"] for each in user.ask("search", "--json", *query).objects}


def test_marks_travel(reader: User) -> None:
    reader.ask("sync", "on")
    reader.ask("mark", "read", "--query", "ivory")
    files = (reader.library / ".rilo" / "marks").glob("*/*.log")
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(files))
    assert "\tread=1\tivory-1\thorn-1\n" in text
    assert "0 changes sent" in reader.ask("sync", "now").out


def test_what_arrived_is_there_before_marks_are_printed(reader: User) -> None:
    reader.ask("sync", "on")
    did = [f"{stamp(0)}\tread=1\tivory-1", f"{stamp(0)}\tstarred=1\thorn-1"]
    journal(reader.library / ".rilo", "phone", *did)
    assert ids(reader, "is:read") == {"ivory-1"}
    assert ids(reader, "is:starred") == {"horn-1"}
    found = reader.ask("mark", "read", "--query", "ivory")
    assert found.out == "1 article marked read, 1 was already.\n"
    journal(reader.library / ".rilo", "phone", *did, f"{stamp(1)}\tstarred=0\thorn-1")
    assert reader.ask("show", "--json", "horn-1").objects[0]["starred"] is False


def test_a_folder_that_is_gone_is_one_line_and_no_failure(reader: User) -> None:
    folder = reader.home / "stick"
    folder.mkdir()
    reader.ask("sync", "on", "--folder", str(folder / "rilo"))
    (folder / "rilo").rename(folder / "elsewhere")
    found = reader.ask("search", "--count", "ivory")
    assert (found.code, found.out) == (0, "2\n")
    assert found.err.startswith("Not synced: ")
    assert found.err.count("\n") == 1
    found = reader.ask("mark", "read", "ivory-1")
    assert (found.code, found.out) == (0, "1 article marked read.\n")
    (folder / "elsewhere").rename(folder / "rilo")
    assert "1 change sent" in reader.ask("sync", "now").out


@for_each(
    "arguments, code, said",
    [
        (["sync", "on", "--folder", ""], 2, "--folder is empty"),
        (["sync", "on", ""], 2, "DEVICE is empty"),
        (["sync"], 2, "needs an action: on, off, status, now, forget."),
        (["sync", "yes"], 2, "on, off, status, now, forget"),
        (["sync", "forget"], 2, "needs a device"),
        (["sync", "forget", "phone", "--old"], 2, "takes no 'phone'"),
        (["sync", "now", "--old"], 2, "--old is only for sync forget"),
        (["sync", "on", "phone"], 2, "takes no 'phone'"),
        (["sync", "now", "--folder", "x"], 2, "--folder is only for sync on"),
        (["sync", "now", "--json"], 2, "--json is only for sync status"),
        (["sync", "forget", "nothing"], 1, "sync is off"),
        (["sync", "on", "--folder", "~no-such-user/x"], 1, "user that does not exist."),
    ],
)
def test_wrong_usage_is_one_line_with_advice(
    reader: User, arguments: list[str], code: int, said: str
) -> None:
    done = reader.run(*arguments)
    done.failed(code, said)
    assert done.err.startswith("rilo-reader: ")
    assert done.err.count("\n") == 1

"""`mark` on the command line, over real files and real marks."""

from __future__ import annotations

import io
import sys

import pytest

from tests.support.command_line import User


@pytest.fixture
def reader(user: User) -> User:
    """A user with three articles."""
    user.article("2026/ivory.md", "Ivory by post", "2026-03-07", "Parcels.", id='"ivory-1"')
    user.article("2026/horn.md", "Horn", "2026-03-06", "Customs found ivory.", id='"horn-1"')
    user.article("seminar.md", "Seminar", "2026-03-05", "Talks.")
    return user


def ids(user: User, *query: str) -> set[str]:
    return {each["id"] for each in user.ask("search", "--json", *query).objects}


@pytest.mark.parametrize(
    ("action", "back", "done", "query"),
    [
        (["read"], ["unread"], "marked read", "is:read"),
        (["star"], ["unstar"], "starred", "is:starred"),
        (["tag", "customs duty"], ["untag", "customs duty"], "tagged customs duty", "tag:duty"),
    ],
)
def test_articles_are_marked_and_unmarked(
    reader: User, action: list[str], back: list[str], done: str, query: str
) -> None:
    found = reader.ask("mark", *action, "ivory-1", "seminar.md")
    assert found == (0, f"2 articles {done}.\n", "")
    assert ids(reader, query) == {"ivory-1", "seminar.md"}
    found = reader.ask("mark", *action, "2026/ivory.md", "horn")
    assert found == (0, f"1 article {done}, 1 was already.\n", "")
    assert len(ids(reader, query)) == 3
    assert reader.ask("mark", *back, "ivory-1", "horn-1", "horn.md").code == 0
    assert ids(reader, query) == {"seminar.md"}


def test_what_is_so_already_or_wrong_marks_nothing(reader: User) -> None:
    reader.ask("mark", "star", "ivory-1")
    found = reader.ask("mark", "star", "ivory-1", "ivory-1")
    assert found == (0, "0 articles starred, 1 was already.\n", "")
    reader.ask("mark", "read", "ivory-1", "semina.md", "nowhere").failed(
        1, "nothing was marked", "'semina.md'", "seminar.md?"
    )
    reader.ask("mark", "read", "").failed(2, "WORD is empty")
    assert ids(reader, "is:read") == set()
    assert len(reader.ask("history").out.splitlines()) == 1


def test_a_file_outside_the_library_cannot_be_marked(reader: User) -> None:
    outside = reader.home / "outside.md"
    outside.write_text("# Outside")
    reader.ask("mark", "read", str(outside)).failed(1, "is not in the library")


def test_ids_are_read_from_standard_input(reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("ivory-1\r\n\n2026/horn.md\n"))
    assert reader.ask("mark", "star", "-").out == "2 articles starred.\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"no-{n}\n" for n in range(9))))
    reader.ask("mark", "unstar", "ivory-1", "-").failed(1, "no-0")
    assert len(ids(reader, "is:starred")) == 2


def test_the_articles_of_a_query_are_marked(reader: User) -> None:
    assert reader.ask("mark", "read", "--query", "ivory").out == "2 articles marked read.\n"
    assert reader.ask("mark", "tag", "old", "--query", "*").out == "3 articles tagged old.\n"
    assert reader.ask("mark", "read", "--query", "xyzzy").out == "0 articles marked read.\n"
    assert reader.ask("mark", "read", "--query", "title:").code == 2
    # An article that came after the index was written counts too.
    reader.article("new.md", "New", "2026-03-08", "More ivory.")
    found = reader.ask("mark", "read", "--query", "ivory")
    assert found.out == "1 article marked read, 2 were already.\n"


def test_what_is_muted_is_left_alone(reader: User) -> None:
    reader.settings('[[mutes]]\nquery = "horn"\n')
    assert reader.ask("mark", "read", "--query", "ivory").out == "1 article marked read.\n"
    assert ids(reader, "--muted", "is:read") == {"ivory-1"}


@pytest.mark.parametrize("action", [["read"], ["star"], ["tag", "a"], ["untag", "a"]])
def test_a_dry_run_counts_the_same_and_changes_nothing(reader: User, action: list[str]) -> None:
    reader.ask("mark", *action, "ivory-1")
    before = reader.ask("history").out
    said = reader.ask("mark", *action, "--dry-run", "--query", "*").out
    assert reader.ask("history").out == before
    assert said.replace(" would be", "") == reader.ask("mark", *action, "--query", "*").out


def test_programs_get_one_object(reader: User) -> None:
    reader.ask("mark", "read", "ivory-1")
    (made,) = reader.ask("mark", "read", "--json", "--query", "ivory").objects
    (entry, _) = reader.ask("history", "--json").objects
    assert made == {
        "action": "read",
        "changed": 1,
        "already": 1,
        "articles": ["horn-1"],
        "gesture": entry["id"],
        "dry_run": False,
    }
    (made,) = reader.ask("mark", "read", "ivory-1", "--json", "--dry-run").objects
    assert (made["changed"], made["gesture"], made["dry_run"]) == (0, None, True)

"""Saved searches and mutes on the command line: what @name finds, and what is hidden."""

from __future__ import annotations

import pytest

from tests.support.command_line import User
from tests.support.for_each import for_each

SETTINGS = """
[[searches]]
name = "Ivory"
query = "ivory OR horn"

[[searches]]
name = "Two words"
query = "ivory customs"

[[mutes]]
query = "black friday"
"""


@pytest.fixture
def reader(user: User) -> User:
    """A user with five articles, two of them about black friday, and settings."""
    user.article("ivory.md", "Ivory by post", "2019-03-07", "Ivory, found by customs.")
    user.article("horn.md", "A horn", "2020-05-01", "Customs found a horn.")
    user.article("sale.md", "Black Friday", "2020-11-27", "Ivory towers, cheap.")
    user.article("again.md", "Black Friday again", "2021-11-26", "Cheap.")
    user.article("talk.md", "A seminar", "2021-06-03", "Talks.")
    user.settings(SETTINGS)
    return user


def paths(user: User, *arguments: str) -> list[str]:
    """The paths that a command prints."""
    code, out, err = user.ask(*arguments)
    assert (code, err) == (0, "")
    return [line.split("\t")[3] for line in out.splitlines()]


@pytest.mark.slow
@for_each(
    "command, found",
    [
        ("search @ivory", ["horn.md", "ivory.md"]),
        ("search @Two words", ["ivory.md"]),
        ("search @ivory customs", ["horn.md", "ivory.md"]),
        ("search @ivory title:horn", ["horn.md"]),
        ("search -@ivory", ["talk.md"]),
        ("list", ["talk.md", "horn.md", "ivory.md"]),
        ("list --muted", ["again.md", "talk.md", "sale.md", "horn.md", "ivory.md"]),
        ("search cheap", []),
        ("search --muted cheap", ["again.md", "sale.md"]),
    ],
)
def test_a_name_finds_its_search_and_mutes_hide_what_they_find(
    reader: User, command: str, found: list[str]
) -> None:
    assert paths(reader, *command.split()) == found
    assert reader.ask(*command.split(), "--count").out == f"{len(found)}\n"
    assert len(reader.ask(*command.split(), "--json").objects) == len(found)


def test_an_unknown_name_is_an_error_that_names_its_neighbours(reader: User) -> None:
    code, out, err = reader.ask("search", "customs @ivry")
    assert (code, out) == (2, "")
    assert "There is no saved search called ivry; did you mean @Ivory?" in err
    assert err.splitlines()[1:] == ["  customs @ivry", "          ^^^^^"]


def test_a_saved_search_that_cannot_be_read_is_an_error(user: User) -> None:
    user.settings('[[searches]]\nname = "x"\nquery = "is:gone"\n')
    user.ask("search", "@x").failed(
        2, "The saved search x: is: can only be unread, read, starred, highlighted or edited."
    )


def test_a_mute_ends_after_its_last_day(reader: User) -> None:
    reader.settings('[[mutes]]\nquery = "black friday"\nuntil = 2021-01-01\n')
    assert reader.ask("list", "--count").out == "5\n"
    reader.settings('[[mutes]]\nquery = "black friday"\nuntil = 9999-01-01\n')
    assert reader.ask("list", "--count").out == "3\n"


def test_a_mute_that_cannot_be_read_hides_nothing_and_is_named(reader: User) -> None:
    reader.settings(
        '[[mutes]]\nquery = "is:gone"\n[[mutes]]\nquery = "sort:oldest"\n'
        '[[searches]]\nname = "x"\nquery = "(ivory"\n'
    )
    code, out, err = reader.ask("list", "--count")
    assert (code, out) == (0, "5\n")
    fault = "is: can only be unread, read, starred, highlighted or edited."
    assert f'The mute "is:gone" is ignored: {fault}' in err
    code, out, _ = reader.ask("doctor")
    assert code == 1
    assert 'The mute "is:gone" is ignored' in out
    assert 'The mute "sort:oldest" is ignored: it would hide every article.' in out
    assert 'The saved search "x": This parenthesis is not closed.' in out

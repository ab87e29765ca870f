"""A page without a date: one rule for list, page and search."""

from __future__ import annotations

import json

import pytest

from tests.support.command_line import User


@pytest.fixture
def home(user: User) -> User:
    """Somebody with a post and a section page that has no date."""
    user.write("_index.md", "---\ntitle: Home\n---\n\nWelcome to ivory.\n")
    user.article("post.md", "A post", "2019-03-07", "About ivory.")
    return user


def test_no_date_is_empty_in_a_pipe_and_null_for_programs(home: User) -> None:
    lines = [line.split("\t") for line in home.ask("list").out.splitlines()]
    assert [(date, title) for date, title, *_ in lines] == [("2019-03-07", "A post"), ("", "Home")]
    assert [one["date"] for one in home.ask("list", "--json").objects] == ["2019-03-07", None]
    assert json.loads(home.ask("show", "_index.md", "--json").out)["date"] is None
    assert "no date" in home.ask("show", "_index.md", "--plain").out


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("before:2030", ["A post"]),
        ("after:1000", ["A post"]),
        ("date:..2030", ["A post"]),
        ("ivory -before:2030", ["Home"]),
        ("ivory sort:oldest", ["Home", "A post"]),
    ],
)
def test_no_date_is_in_no_span_of_time(home: User, query: str, found: list[str]) -> None:
    lines = home.ask("search", query).out.splitlines()
    assert [line.split("\t")[1] for line in lines] == found

"""Wrong usage of `share`."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from tools.reference import json_objects

from rilo_reader.paths import user_paths
from rilo_reader.plugins.archive.records import ArchiveExchangeResult, open_records
from tests.support.command_line import User


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["share", "delete", ""], 2, "WORD is empty"),
        (["share"], 2, "needs an action: create, join, now, status,"),
        (["share", "now"], 1, "does not share an archive"),
    ],
)
def test_wrong_usage_is_one_line_with_advice(
    user: User, arguments: list[str], code: int, said: str
) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    done = user.run(*arguments)
    done.failed(code, said)
    assert done.err.startswith("rilo-reader: ")
    assert done.err.count("\n") == 1


def test_an_empty_library_into_which_articles_come_is_shown(user: User) -> None:
    with open_records(user.default, user_paths()):
        pass  # it shares an archive
    assert user.run("list", "--count") == (0, "0\n", "")


def test_the_keys_of_an_exchange_are_named() -> None:
    [said] = re.findall(r"^\| \[`share`\]\S+ \| (.*) \|$", json_objects(), re.MULTILINE)
    for field in fields(ArchiveExchangeResult):
        assert re.search(rf"\b{field.name}\b", said), field.name

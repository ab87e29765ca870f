"""docs/features.md lists everything a user can do or see, and names the test that holds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from rilo_reader.cli import all_verbs
from rilo_reader.commands import all_commands
from rilo_reader.config.all_settings import setting_names
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.keys import key_label
from rilo_reader.query.tree import (
    FILE_KINDS,
    MARK_FIELDS,
    OTHER_FIELDS,
    WHOLE_FIELDS,
    WORD_FIELDS,
    QueryMark,
    Sort,
)
from rilo_reader.store.article_fields import KNOWN
from rilo_reader.tui.themes import OURS
from tests.support.command_line import User
from tests.support.for_each import for_each

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").exists())
TESTS = ROOT / "tests"
NO_TEST = "(no test)"
_TEST = re.compile(r"`((?:[\w/]+/)?test_\w+\.py)::([\w:]+)`")


class Feature(NamedTuple):
    """One line of the list."""

    section: tuple[str, ...]  # the headings above it, outermost first
    text: str  # the line without its bullet, tests included

    @property
    def said(self) -> str:
        """The line without the tests it names."""
        return self.text.partition(" — `test_")[0]

    @property
    def words(self) -> set[str]:
        """What stands between backticks in it, but for the tests."""
        return set(re.findall(r"`([^`]+)`", self.said))


@cache
def features() -> tuple[Feature, ...]:
    """Every line of the list, in order."""
    found: list[Feature] = []
    section: tuple[str, ...] = ()
    for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"(##+) (.+)", line):
            section = (*section[: len(heading[1]) - 2], heading[2])
        elif line.startswith("- "):
            found.append(Feature(section, line[2:]))
    return tuple(found)


def within(heading: str) -> list[Feature]:
    """The lines below a heading; there are some."""
    found = [feature for feature in features() if heading in feature.section]
    assert found, f"docs/features.md has nothing below {heading!r}"
    return found


def words_within(heading: str) -> set[str]:
    """What stands between backticks below a heading."""
    return {word for feature in within(heading) for word in feature.words}


def _named_in(file: Path) -> Iterator[str]:
    """The names by which pytest knows a file's tests, without the ids of parameters."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield node.name
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}::{inner.name}"
        elif isinstance(node, ast.Assign):
            # A state machine of hypothesis: `TestModel = Model.TestCase`.
            yield from (name.id for name in node.targets if isinstance(name, ast.Name))


@cache
def names_in(file: Path) -> frozenset[str]:
    """The names of a file's tests, and of its other functions."""
    return frozenset(_named_in(file))


@cache
def file_of(name: str) -> Path | None:
    """The file of tests at a path below tests/, or of a name that only one of them has."""
    if (TESTS / name).is_file():
        return TESTS / name
    found = list(TESTS.rglob(name))
    return found[0] if len(found) == 1 else None


def fault_of(file_name: str, test: str) -> str:
    """What is wrong with a test that is named, "" where it exists."""
    file = file_of(file_name)
    if file is None:
        return f"{file_name}: there is not exactly one such file below tests/"
    if not test.rpartition("::")[2].lower().startswith("test"):
        return f"{file_name}::{test} is no test"
    return "" if test in names_in(file) else f"{file_name} has no {test}"


# -- the list itself ----------------------------------------------------------------------------


def test_every_line_names_a_test_or_says_that_there_is_none() -> None:
    assert len(features()) > 250
    unheld = [
        feature.text
        for feature in features()
        if bool(_TEST.search(feature.text)) is feature.text.endswith(NO_TEST)
    ]
    assert unheld == []


def test_no_feature_stands_there_twice() -> None:
    said = [(feature.section, feature.said) for feature in features()]
    assert sorted({one for one in said if said.count(one) > 1}) == []


@pytest.mark.slow
def test_every_test_that_is_named_exists() -> None:
    page = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    assert len(_TEST.findall(page)) == page.count(".py::"), "a test is written in another form"
    assert sorted({fault for named in _TEST.findall(page) if (fault := fault_of(*named))}) == []


@for_each(
    "file, test, is_there",
    [
        ("test_features.py", "test_of_nothing", False),
        ("test_features.py", "fault_of", False),
        ("test_features.py", "Feature::said", False),
        ("test_nothing.py", "test_of_nothing", False),
        ("nowhere/test_features.py", "test_every_test_that_is_named_exists", False),
        ("test_features.py", "test_every_test_that_is_named_exists", True),
        ("test_state.py", "TestModel", True),
    ],
)
def test_a_test_that_is_not_there_is_noticed(file: str, test: str, is_there: bool) -> None:
    assert (fault_of(file, test) == "") is is_there


# -- nothing is forgotten -----------------------------------------------------------------------


def test_every_command_is_listed_with_its_keys() -> None:
    features = within("Commands and keys")
    for command in all_commands():
        lines = [feature for feature in features if command.id in feature.words]
        assert lines, command.id
        shown = set.union(*(feature.words for feature in lines))
        assert [key for key in command.keys if shown.isdisjoint({key, key_label(key)})] == []


def test_every_verb_is_listed_with_its_options(user: User) -> None:
    for verb in all_verbs():
        described = user.run(verb, "--help").out.partition("\nOptions:\n")[2].partition("\n\n")[0]
        options = set(re.findall(r"^ +(--[a-z-]+)", described, re.MULTILINE))
        assert "--library" in options, verb
        assert options <= words_within(verb), verb


def test_every_verb_of_the_help_is_one(user: User) -> None:
    commands = user.run("--help").out.partition("\nEveryday commands:\n")[2]
    listed = re.findall(r"^  (\w+)", commands.partition("\nOptions:\n")[0], re.MULTILINE)
    assert sorted(listed) == sorted(all_verbs())
    assert {"--help", "--version"} <= words_within("Command line")


def test_every_action_of_feeds_is_listed(user: User) -> None:
    actions = user.run("feeds", "--help").out.partition("\nActions:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^  ([a-z]+(?:, [a-z]+)*) FEED", actions, re.MULTILINE)
    names = {name for names in found for name in names.split(", ")}
    assert "unmute" in names
    assert names <= words_within("feeds")


def test_every_setting_is_listed() -> None:
    lists = ("searches", "mutes", "commands", "on_new", "rules")
    tables = {"keys": "[keys]", "dialects": "[dialects]", **{name: f"[[{name}]]" for name in lists}}
    names = {tables.get(name, name) for name in setting_names()}
    assert names <= words_within("Settings")


def test_every_key_of_a_feed_is_listed() -> None:
    assert set(Subscription._fields) <= words_within("feeds.toml")


def test_every_field_of_a_query_is_listed() -> None:
    words = words_within("Query language")
    # `date:2019` names the field, as `date:` does.
    fields = {word.partition(":")[0] for word in words if ":" in word}
    assert {*WORD_FIELDS, *OTHER_FIELDS} <= fields
    marks = {f"{name}:{mark}" for name, its in MARK_FIELDS.items() for mark in its}
    assert marks | {f"sort:{order}" for order in Sort} <= words
    assert {mark for its in MARK_FIELDS.values() for mark in its} == {*QueryMark, *FILE_KINDS}
    whole = {word.partition(":=")[0] for word in words if ":=" in word}
    assert {str(field) for field in WHOLE_FIELDS} <= whole


def test_every_key_of_a_header_is_listed() -> None:
    words = words_within("Files of articles")
    assert set(KNOWN) <= words | {word.partition(":")[0] for word in words}


def test_every_theme_of_ours_is_listed() -> None:
    assert set(OURS) <= words_within("Terminals, sizes, themes")

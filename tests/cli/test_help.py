"""Help: golden files, true examples, and documents that name every verb and option."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rilo_reader import find_version
from rilo_reader.article import Field
from rilo_reader.cli import all_verbs, verb_of
from rilo_reader.cli.verb import HelpPlugin
from rilo_reader.plugin_list import plugins_with
from rilo_reader.query.parser import parse as parse_query
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.plugins import every_plugin

GOLDEN = Path(__file__).parent.parent / "golden"
FIELDS = [field.value for field in Field if field not in (Field.ANYWHERE, Field.TEXT)]
ROOT = Path(__file__).parent.parent.parent


def assert_golden(text: str, name: str) -> None:
    """Check a help against its file, but not where versions of Python break the usage's lines."""
    golden = (GOLDEN / f"help-{name}.txt").read_text(encoding="utf-8")
    assert text.split() == golden.split()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "\nExample" in text
    assert "Exit codes" in text
    assert text.isprintable() or not re.search(r"[^\n\x20-\x7e…]", text)


EXPLAINED = {"add", "feeds", "refresh", "search", "show"}
"""Commands of the core of whose help plugins bring a part."""


@for_each("verb", sorted(set(all_verbs()) - EXPLAINED))
def test_help_of_a_verb_is_its_golden_file(user: User, verb: str) -> None:
    # However little else of the line makes sense: somebody asked for help.
    for arguments in (["--help"], ["--nonsense", "-h"]):
        code, out, err = user.run(verb, *arguments)
        assert (code, err) == (0, "")
        assert_golden(out, verb)


@every_plugin
@pytest.mark.parametrize("verb", sorted(EXPLAINED))
def test_help_of_a_verb_has_what_plugins_say_of_it(user: User, verb: str) -> None:
    assert {name for one in plugins_with(HelpPlugin) for name in one.help_of_verbs()} <= EXPLAINED
    assert_golden(user.run(verb, "--help").out, verb)


def test_help_of_the_core_names_nothing_of_plugins(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rilo_reader.plugin_list.list_plugins_with", lambda _: ())
    ours = {name for name in all_verbs() if verb_of(name).__module__.startswith("rilo_reader.cli.")}
    assert {"refresh", "feeds", "add", "search", "history"} <= ours
    words = r"--account|accounts|--own|on_new|highlight|your devices|edition"
    for name in ours:
        assert re.findall(words, user.run(name, "--help").out) == [], name
    user.run("feeds", "--own").failed(2, "feeds has no option '--own'")
    assert user.run("feeds").code == 0


@every_plugin
def test_help_of_the_program_is_its_golden_file(user: User) -> None:
    for arguments in (["--help"], ["-h"], ["somewhere", "--help"]):
        code, out, err = user.run(*arguments)
        assert (code, err) == (0, "")
        assert_golden(out, "main")


def test_everyday_commands_come_first_and_each_heading_once(user: User) -> None:
    listed = user.run("--help").out.partition("\nOptions:\n")[0]
    everyday, *others = re.findall(r"(?m)^(\w.*):\n((?:  .*\n)+)", listed)
    ours = ["search", "list", "show", "add", "refresh", "feeds", "mark", "undo"]
    names = re.findall(r"(?m)^  (\w+)", everyday[1])
    assert names[: len(ours)] == ours
    assert names[-2:] == ["settings", "doctor"]
    headings = [everyday[0], *(heading for heading, _ in others)]
    assert headings == list(dict.fromkeys(entry.heading for entry in all_verbs().values()))
    assert len(set(headings)) == len(headings)


@pytest.mark.slow
@every_plugin
def test_help_of_the_program_imports_no_verb() -> None:
    show = "import sys; from rilo_reader.cli import run; run(['--help']); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    modules = {entry.place.partition(":")[0] for entry in all_verbs().values()}
    assert len(modules) > 20
    assert modules & {*shown.stdout.split()} == set()


@for_each("name", all_verbs())
def test_a_verb_is_listed_by_its_docstring(name: str) -> None:
    said = (verb_of(name).__doc__ or "").rstrip(".")
    assert all_verbs()[name].summary == said[:1].lower() + said[1:]


@for_each("name", all_verbs())
def test_examples_in_help_mean_something(name: str) -> None:
    verb = verb_of(name)
    assert verb.examples
    for example in verb.examples:
        commands = [shlex.split(part.partition("<")[0]) for part in example.split(" | ")]
        ours = [words[1:] for words in commands if words[0] == "rilo-reader"]
        assert name in [words[0] for words in ours]
        for words in ours:
            verb_of(words[0]).parse(words[1:])


def test_queries_in_help_are_understood() -> None:
    part = verb_of("search").sections.partition("Queries:\n")[2].partition("\n\n")[0]
    queries = [re.split(" {2,}", line.strip())[0] for line in part.splitlines() if line[2] != " "]
    assert len(queries) > 8
    for query in [*queries, *re.findall(r"after:\S+", part)]:
        assert parse_query(query).faults == (), query
    assert all(f"{field}:" in part for field in FIELDS if field != "note")


def test_version(user: User) -> None:
    for option in ("--version", "-V", "-v", "version"):
        assert user.run(option) == (0, f"rilo-reader {find_version()}\n", "")


def test_help_of_a_command_is_what_help_behind_it_is(user: User) -> None:
    assert user.run("help", "search") == user.run("search", "--help")
    assert user.run("help") == user.run("--help")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "there is no command 'nonsense'. See rilo-reader --help"),
        (["serach"], "Did you mean rilo-reader help search?"),
        (["search", "list"], "help does not take 'list'. One command at a time"),
    ],
)
def test_help_of_no_command_is_wrong_usage(user: User, words: list[str], said: str) -> None:
    user.run("help", *words).failed(2, said)

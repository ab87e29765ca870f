"""Help: golden files, true examples, and documents that name every verb and option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rilo_reader.cli import VERBS
from rilo_reader.cli.help import MAIN, OF, SEARCH
from rilo_reader.cli.parser import parse, parser_of
from rilo_reader.query.parser import parse as parse_query
from rilo_reader.query.tree import Field
from tests.support.command_line import User

GOLDEN = Path(__file__).parent.parent / "golden"
FIELDS = [field.value for field in Field if field not in (Field.ANYWHERE, Field.TEXT)]
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_is_its_golden_file(user: User, verb: str) -> None:
    golden = (GOLDEN / f"help-{verb}.txt").read_text(encoding="utf-8")
    assert user.run(verb, "--help") == (0, golden, "")
    # However little else of the line makes sense: somebody asked for help.
    assert user.run(verb, "--nonsense", "-h") == (0, golden, "")


def test_help_of_the_program_is_its_golden_file(user: User) -> None:
    golden = (GOLDEN / "help-main.txt").read_text(encoding="utf-8")
    for arguments in (["--help"], ["-h"], ["somewhere", "--help"]):
        assert user.run(*arguments) == (0, golden, "")


@pytest.mark.parametrize("text", [MAIN, *OF.values()])
def test_help_fits_a_terminal_and_has_an_example(text: str) -> None:
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "\nExample" in text
    assert "Exit codes" in text
    assert text.isprintable() or not re.search(r"[^\n\x20-\x7e…]", text)


def _examples(text: str) -> list[str]:
    part = text.partition("\nExample")[2]
    return [line.strip() for line in part.splitlines() if line.startswith("  rilo-reader")]


@pytest.mark.parametrize("verb", VERBS)
def test_examples_in_help_mean_something(verb: str) -> None:
    examples = _examples(OF[verb])
    assert examples
    for example in examples:
        words = shlex.split(example.partition("|")[0])
        assert words[:2] == ["rilo-reader", verb]
        parse(verb, words[2:])


def test_queries_in_help_are_understood() -> None:
    part = SEARCH.partition("\nQueries\n")[2].partition("\n\n")[0]
    queries = [re.split(" {2,}", line.strip())[0] for line in part.splitlines() if line[2] != " "]
    assert len(queries) > 8
    for query in [*queries, *re.findall(r"after:\S+", part)]:
        assert parse_query(query).faults == (), query
    assert all(f"{field}:" in part for field in FIELDS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_names_every_option_and_no_other(verb: str) -> None:
    options = {name for name in parser_of(verb).options() if name.startswith("--")}
    described = OF[verb].partition("\nOptions\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"--[a-z-]+", described)) >= options | {"--help"}
    left = re.findall(r"^ +(?:-h, )?(--[a-z-]+)", described, re.MULTILINE)
    assert set(left) == options | {"--help"}


@pytest.mark.parametrize("verb", VERBS)
def test_the_readme_documents_every_verb_and_option(verb: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = next(line for line in readme.splitlines() if line.startswith(f"| `rilo-reader {verb}"))
    options = {name for name in parser_of(verb).options() if name.startswith("--")}
    assert all(option in row for option in options - {"--library"})
    assert f"{verb} " in MAIN


def test_version(user: User) -> None:
    from rilo_reader import __version__

    for option in ("--version", "-V"):
        assert user.run(option) == (0, f"rilo-reader {__version__}\n", "")

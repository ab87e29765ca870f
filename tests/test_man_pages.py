"""Man pages: one for the program, one a command, true and without fault."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rilo_reader.cli import all_verbs, find_starts, make_main_parser, usage_lines, verb_of
from rilo_reader.cli.completion import list_words
from rilo_reader.cli.man_pages import make_all_pages
from tests.support.for_each import for_each

PAGES = make_all_pages()


def test_there_is_one_for_both_names_and_each_command() -> None:
    names = {"rilo-reader", "rilo", *(f"rilo-reader-{name}" for name in all_verbs())}
    assert set(PAGES) == {f"man/man1/{name}.1" for name in names}


@for_each("name", all_verbs())
def test_a_page_has_every_option_and_example(name: str) -> None:
    page = PAGES[f"man/man1/rilo-reader-{name}.1"].replace(r"\-", "-").replace(r"\(aq", "'")
    assert [word.flag for word in list_words(verb_of(name)) if word.flag not in page] == []
    for example in verb_of(name).examples:
        assert example.replace("~", r"\(ti") in page
    assert "EXIT STATUS" in page
    assert name in PAGES["man/man1/rilo-reader.1"]


def test_the_programs_page_has_each_option_that_its_help_has() -> None:
    told = set(re.findall(r"(?m)(?<=^  )--?\w+|(?<=, )--\w+", make_main_parser().format_help()))
    page = PAGES["man/man1/rilo-reader.1"].replace(r"\-", "-")
    assert {*find_starts(), "--color", "--help", "--version", "-V", "-h"} <= told
    assert [option for option in told if option not in page] == []
    assert f"{usage_lines()[0]}\n" in page


@pytest.mark.service
@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not here")
def test_mandoc_finds_no_fault(tmp_path: Path) -> None:
    for place, text in PAGES.items():
        (tmp_path / Path(place).name).write_text(text, encoding="utf-8")
    command = ["mandoc", "-T", "lint", "-W", "all", *sorted(map(str, tmp_path.iterdir()))]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.stdout, said.returncode) == ("", 0)


@pytest.mark.service
@pytest.mark.skipif(shutil.which("man") is None, reason="man is not here")
@pytest.mark.parametrize("name", ["rilo-reader", "rilo-reader-search"])
def test_man_shows_a_page(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.1"
    file.write_text(PAGES[f"man/man1/{name}.1"], encoding="utf-8")
    env = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "80"}
    command = ["man", "--warnings", "-l", str(file)]
    said = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    assert said.stderr == ""
    example = "rilo-reader search 'wildlife -ebay after:2019'"
    assert (
        example if name != "rilo-reader" else "when to use colours: auto, always"
    ) in said.stdout

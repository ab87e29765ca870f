"""Articles to export that standard input names."""

from __future__ import annotations

from tests.cli.test_standard_input import NAMES, Pipe, noted, paths, pipe
from tests.support.command_line import User

__all__ = ["noted", "pipe"]


def test_whatever_search_prints_export_takes(noted: User, pipe: Pipe) -> None:
    found = paths(noted)
    pipe(found.encode())
    written = noted.ask("export", "--article", "-", "--to", "-", "--format", "jsonl").objects
    assert [one["path"] for one in written] == found.splitlines()


def test_a_name_of_the_line_is_in_the_order_that_is_typed(noted: User, pipe: Pipe) -> None:
    pipe(b"*.md\n")
    words = ("--article", NAMES[0], "--article", "-", "--article", NAMES[1])
    written = noted.ask("export", *words, "--to", "-", "--format", "jsonl").objects
    assert [one["path"] for one in written] == [NAMES[0], "*.md", NAMES[1]]


def test_what_names_no_article_writes_nothing(noted: User, pipe: Pipe) -> None:
    target = noted.home / "all.jsonl"
    pipe(b"")
    noted.ask("export", "--article", "-", "--to", str(target)).failed(1, "nothing was written")
    assert not target.exists()

"""What a type checker says to those who write scripts and plugins: it knows no name that is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.terminal import run_piped

MISTAKES = """
from rilo_reader.hooks import load_plugin
from rilo_reader.library import Library, Progress, open_libary
from rilo_reader.query import parse, parze


def count(library: Library) -> int:
    facets = library.search.facets(parse("ivory"))
    print(facets.sources, facets.source[0].hits + 1, facets.year[0].text.upper(), Progress)
    return library.search.count(parse("ivory"))
"""


@pytest.mark.slow
def test_a_name_that_is_not_there_is_an_error_of_types(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(MISTAKES)
    check = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(script)]
    found = run_piped(check, tmp_path, {}).stdout.decode()
    for name in ("load_plugin", "open_libary", "parze", "sources"):
        assert f'"{name}"' in found, found
    assert "Found 4 errors in 1 file" in found

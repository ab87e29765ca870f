"""Numbers of the source that may not rise; raise one here, with a reason in the commit."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.source import SOURCE, list_nodes, parse_source

ROOT = Path(__file__).parent.parent


def test_files() -> None:
    """Dialects are a file each, on purpose; `testing` is for the tests of plugins.

    The place for sources has three: lines, their list, keys. Exports of others have 16, homes four.
    `plugin_list` is what the core knows of `hooks`; files that an undo swaps, and `fill`, have one,
    and so have the Fever API, and links that are exported. The panel of settings has two: the
    panels, their controller. Edits have five: hooks, words, store, record, screen.
    """
    assert len([file for file in parse_source() if file.parent != SOURCE / "dialects"]) <= 475


def test_a_dialect_is_a_page() -> None:
    files = [file for file in parse_source() if file.parent == SOURCE / "dialects"]
    longest = {file.name: len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name for name, lines in longest.items() if lines > 100} <= {"__init__.py", "sites.py"}


def test_imports_within_functions() -> None:
    """226, the reader in `testing`, whose commands plugins make, and what asks for the commit."""
    found = {
        (file, node.lineno)
        for file, nodes in list_nodes().items()
        for function in nodes
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert len(found) <= 236


def test_files_that_import_for_types_alone() -> None:
    assert sum("TYPE_CHECKING" in file.read_text("utf-8") for file in parse_source()) <= 57


def test_class_names_that_stand_twice() -> None:
    names = Counter(
        node.name
        for tree in parse_source().values()
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    )
    assert len([name for name, count in names.items() if count > 1]) <= 6


def test_no_circle_of_imports_at_run_time() -> None:
    """No file imports, at its top, one that imports it at its top, by whatever way."""
    imported = {_module(file): _imported(tree.body) for file, tree in parse_source().items()}
    assert _in_circles(imported) == set()


def test_files_in_circles_of_any_imports() -> None:
    """Also those for types alone, and within functions: of the archive and of the command line."""
    imported = {_module(file): _imported(nodes) for file, nodes in list_nodes().items()}
    assert len(_in_circles(imported)) <= 18


def _in_circles(imported: dict[str, set[str]]) -> set[str]:
    return {name for name in imported if name in _reach(name, imported)}


def _reach(name: str, imported: dict[str, set[str]]) -> set[str]:
    found, left = set[str](), imported[name] - {name}
    while left:
        found |= left
        left = set[str]().union(*(imported.get(each, ()) for each in left)) - found
    return found


def _module(file: Path) -> str:
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{each.name}" for each in node.names}
            known = {name for name in submodules if _is_module(name)}
            found |= known
            if len(known) < len(submodules):
                found.add(node.module)
    return found


def _is_module(name: str) -> bool:
    path = SOURCE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.joinpath("__init__.py").exists()


MOST_CALLS = {"star": 690, "mark": 690, "letter": 245}
"""640 were wanted of a mark, which looks for signs of dialects and for what a kill left since. A
letter reads the files that are attached to each row."""
MOST_FILES = {"mark": 57}
"""48 were wanted; marks, their moves, their history and journals are a file each since."""


@pytest.mark.slow
def test_calls_of_a_star_a_mark_and_a_letter() -> None:
    """Timers of the open reader add calls to a star on a busy machine, so the least counts."""
    counted: list[dict[str, tuple[int, int]]] = []
    while True:
        counted.append(_count_calls())
        calls = {name: min(each[name][0] for each in counted) for name in MOST_CALLS}
        files = {name: min(each[name][1] for each in counted) for name in MOST_FILES}
        over = {name: count for name, count in calls.items() if count > MOST_CALLS[name]}
        over |= {name: count for name, count in files.items() if count > MOST_FILES[name]}
        if not over or len(counted) == 9:
            break
    assert over == {}


def _count_calls() -> dict[str, tuple[int, int]]:
    """Calls and files of each flow of tools.flows, by its name."""
    command = [sys.executable, "-m", "tools.flows"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^(\w+): \d+ functions in (\d+) files, ([\d,]+) calls", printed, re.M)
    return {name: (int(calls.replace(",", "")), int(files)) for name, files, calls in found}

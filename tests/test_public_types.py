"""What those who write scripts and plugins can rely on: four modules, their names and types."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PUBLIC = {f"rilo_reader.{name}" for name in ("hooks", "library", "query", "testing")}
PAGES = ("plugins.md", "plugin-in-an-hour.md", "library.md")
BLOCK = re.compile(r"^```python\n(?:# (\w+)\.py\n)?(.*?)^```", re.MULTILINE | re.DOTALL)

MISTAKES = """
from rilo_reader.hooks import load_plugin
from rilo_reader.library import Library, Progress, open_libary
from rilo_reader.query import parse, parze


def count(library: Library) -> int:
    facets = library.search.facets(parse("ivory"))
    print(facets.sources, facets.source[0].hits + 1, facets.year[0].text.upper(), Progress)
    return library.search.count(parse("ivory"))
"""


def blocks(page: str) -> list[tuple[str, str]]:
    """The names and texts of the modules on a page."""
    return BLOCK.findall((ROOT / "docs" / page).read_text("utf-8"))


def strangers() -> Iterator[str]:
    """Modules as others write them: of the pages, and in examples/."""
    for page in PAGES:
        yield from (text for _, text in blocks(page))
    for file in (ROOT / "examples").rglob("*.py"):
        yield file.read_text("utf-8")


def test_strangers_need_nothing_but_the_public_names() -> None:
    needed = set()
    for tree in map(ast.parse, strangers()):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                needed |= {(each.name, "") for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                needed |= {(node.module or "", each.name) for each in node.names}
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hooks":
                needed.add(("rilo_reader.hooks", node.attr))
    needed = {
        (module, name) for module, name in needed if module.partition(".")[0] == "rilo_reader"
    }
    needed = {(f"{m}.{n}", "") if f"{m}.{n}" in PUBLIC else (m, n) for m, n in needed}
    assert {module for module, _ in needed} <= PUBLIC
    for module, name in needed:
        assert not name or name in import_module(module).__all__, (module, name)


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_public_names_are_there(module: str) -> None:
    found = import_module(module)
    assert all(hasattr(found, name) and not name.startswith("_") for name in found.__all__)
    assert f"`{module}`" in (ROOT / "docs" / "plugins.md").read_text("utf-8")


@pytest.mark.slow
def test_examples_of_pages_have_types_and_a_name_that_is_not_there_is_an_error(
    tmp_path: Path,
) -> None:
    for name, text in blocks("plugins.md"):
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    (tmp_path / "mistakes.py").write_text(MISTAKES, "utf-8")
    check = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "."]
    found = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    for name in ("load_plugin", "open_libary", "parze", "sources"):
        assert f'"{name}"' in found, found
    assert "Found 4 errors in 1 file (checked 7 source files)" in found, found


@pytest.mark.slow
@pytest.mark.service
def test_the_plugin_of_an_hour_is_installed_and_passes_its_tests_and_mypy(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "plugin-in-an-hour.md").read_text("utf-8")
    files = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    home, site = tmp_path / "rilo-alive", tmp_path / "site"
    for name, text in [*files, ("README.md", "# rilo-alive\n")]:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, "utf-8")

    def run(module: str, *words: str, site: str = "") -> str:
        paths = os.pathsep.join(filter(None, (site, os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", module, *words]
        ended = subprocess.run(
            command,
            check=False,
            cwd=home,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    run("pip", "install", "--quiet", "--no-deps", "--target", str(site), ".")
    assert f"{len(re.findall(r'^(?:async )?def test_', page, re.MULTILINE))} passed" in run(
        "pytest", "-q", site=str(site)
    )
    assert "no issues found in 5 source files" in run("mypy", "--strict", "src", "tests")
    layout = re.findall(
        r"^    ([\w/.-]+)", page.partition("rilo-alive/\n")[2].partition("```")[0], re.M
    )
    assert {name for name, _ in files} | {"README.md"} == {*layout}

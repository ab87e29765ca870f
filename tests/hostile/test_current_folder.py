"""A stranger's checkout is the current folder, and has modules named as ours and Python's."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

import rilo_reader
from rilo_reader.tui.children import Collector
from rilo_reader.tui.reader.external import open_in_browser
from rilo_reader.workers import WorkerPool

SOURCE = Path(rilo_reader.__file__).parent


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is there once anything of the checkout was run."""
    ran = tmp_path / "ran"
    code = f"open({os.fspath(ran)!r}, 'a').write(__name__)\n"
    (tmp_path / "checkout/rilo_reader").mkdir(parents=True)
    for name in ("rilo_reader/__init__", "webbrowser", "pickle", "argparse", "json", "tantivy"):
        (tmp_path / f"checkout/{name}.py").write_text(code)
    monkeypatch.chdir(tmp_path / "checkout")
    return ran


@pytest.mark.slow
def test_a_worker_imports_nothing_from_there(planted: Path) -> None:
    with WorkerPool(1) as pool:
        assert pool.submit(os.getcwd).result() == os.fspath(planted.parent / "checkout")
    assert not planted.exists()


@pytest.mark.slow
def test_a_verb_that_the_reader_runs_imports_nothing_from_there(planted: Path) -> None:
    async def run() -> None:
        async for _ in Collector().run("list", "--json"):
            pass

    asyncio.run(run())
    assert not planted.exists()


def test_opening_a_link_imports_nothing_from_there(
    planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", f"{sys.executable} -S -c pass %s")
    assert asyncio.run(open_in_browser("https://example.org/"))
    assert not planted.exists()


def test_python_is_started_in_one_place() -> None:
    found = [
        file.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        if "sys.executable" in file.read_text("utf-8")
    ]
    # `extras` names it in a message, `testing` is for the tests of plugins.
    assert sorted(found) == ["extras.py", "testing.py", "workers.py"]

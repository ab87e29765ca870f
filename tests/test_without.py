"""The tool that tries the project without plugins."""

from __future__ import annotations

from pathlib import Path

from tools.without import ROOT, needs, without

from tests.support.plugins import OURS, every_plugin


def test_who_needs_whom_is_read_from_the_folders(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "rilo_reader" / "plugins"
    lines = {"one": "", "two": 'needs = ("one",)', "three": 'needs: X[str] = ("two",)'}
    for name, line in lines.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"class P(Plugin):\n    x = 1\n    {line}\n")
    assert needs(tmp_path) == {"one": set(), "two": {"one"}, "three": {"two"}}


def test_those_that_need_one_go_with_it() -> None:
    needed = {"one": set[str](), "two": {"one"}, "three": {"two"}, "four": set[str]()}
    assert without(["one"], needed) == {"one", "two", "three"}
    assert without(["three", "four"], needed) == {"three", "four"}


@every_plugin
def test_ci_tries_each() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    listed = workflow.partition("plugin: [")[2].partition("]")[0].split(", ")
    assert listed == sorted(needs()) == sorted(OURS)

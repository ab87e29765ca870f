"""Which plugins there are."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from rilo_reader import hooks
from rilo_reader.plugin_list import load_plugins
from tests.support.plugins import every_plugin


@pytest.mark.slow
@every_plugin
def test_one_whose_needs_are_deleted_is_left_out(tmp_path: Path) -> None:
    package = Path(hooks.__file__).parent
    gone = shutil.ignore_patterns("exporters", "__pycache__")
    shutil.copytree(package, tmp_path / package.name, ignore=gone)
    script = (
        "from rilo_reader.plugin_list import load_plugins\n"
        "print(*(each.name for each in load_plugins()))"
    )
    said = subprocess.check_output(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{script}"],
        cwd=tmp_path,
        text=True,
    )
    assert {each.name for each in load_plugins()} - set(said.split()) == {
        *("editions", "exporters", "flat", "importers", "programs")
    }


def test_who_calls_a_hook_asks_for_what_the_page_of_hooks_has() -> None:
    package = Path(hooks.__file__).parent
    asked: dict[str, inspect.Signature] = {}
    for file in package.rglob("*.py"):
        for kind in re.findall(r"^class (\w+Plugin)\(Protocol\)", file.read_text("utf-8"), re.M):
            name = ".".join(file.relative_to(package.parent).with_suffix("").parts)
            protocol = getattr(import_module(name.removesuffix(".__init__")), kind)
            asked |= {
                hook: inspect.signature(method)
                for hook, method in vars(protocol).items()
                if inspect.isfunction(method) and not hook.startswith("_")
            }
    there = {hook: one for hook, one in vars(hooks.Plugin).items() if inspect.isfunction(one)}
    assert asked == {hook: inspect.signature(one) for hook, one in there.items()}

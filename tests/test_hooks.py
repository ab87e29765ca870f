"""Which plugins there are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from rilo_reader import hooks
from tests.support.plugins import every_plugin


@every_plugin
def test_one_whose_needs_are_deleted_is_left_out(tmp_path: Path) -> None:
    package = Path(hooks.__file__).parent
    gone = shutil.ignore_patterns("exporters", "__pycache__")
    shutil.copytree(package, tmp_path / package.name, ignore=gone)
    script = (
        "from rilo_reader.hooks import load_plugins; print(*(each.name for each in load_plugins()))"
    )
    said = subprocess.check_output(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {script}"],
        cwd=tmp_path,
        text=True,
    )
    assert {each.name for each in hooks.load_plugins()} - set(said.split()) == {
        *("editions", "exporters", "flat", "importers", "programs")
    }

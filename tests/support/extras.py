"""Processes in which an extra is not installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rilo_reader.extras import Extra


def environment_without(extra: Extra, folder: Path) -> Mapping[str, str]:
    """Variables for a process, and all that it starts, that cannot import what the extra brings.

    Python reads `sitecustomize.py` from the folder before anything else; None among the modules
    is its own way to say that there is no such module.
    """
    folder.mkdir(exist_ok=True)
    text = f"import sys\nsys.modules[{extra.module!r}] = None\n"
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}

"""Whoever deletes the folder of a plugin need not know of its tests: they go with it."""

from __future__ import annotations

from pathlib import Path

import rilo_reader

_HERE = Path(__file__).parent
_PLUGINS = Path(rilo_reader.__file__).parent / "plugins"

collect_ignore = [
    folder.name
    for folder in _HERE.iterdir()
    if folder.is_dir() and not (_PLUGINS / folder.name / "__init__.py").exists()
]

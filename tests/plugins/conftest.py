"""Whoever deletes the folder of a plugin need not know of its tests: they go with it.

Tests in the folder of all, beside this file, are of several: they run where every plugin is there.
"""

from __future__ import annotations

from pathlib import Path

import rilo_reader

_HERE = Path(__file__).parent
_PLUGINS = Path(rilo_reader.__file__).parent / "plugins"
_GONE = [
    folder.name
    for folder in _HERE.iterdir()
    if (folder / "__init__.py").exists() and not (_PLUGINS / folder.name / "__init__.py").exists()
]

collect_ignore = [*_GONE, *(file.name for file in _HERE.glob("test_*.py") if _GONE)]

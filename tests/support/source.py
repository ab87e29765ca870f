"""The source as trees, parsed by the first test of a process that asks."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent.parent.parent / "src" / "rilo_reader"


@cache
def parse_source() -> dict[Path, ast.Module]:
    """Each file of the source, with its tree."""
    return {file: ast.parse(file.read_bytes()) for file in sorted(SOURCE.rglob("*.py"))}

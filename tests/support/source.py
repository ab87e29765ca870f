"""The source as trees, parsed by the first test of a process that asks."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent.parent.parent / "src" / "rilo_reader"


@cache
def parse_source() -> dict[Path, ast.Module]:
    """Each file of the source, with its tree."""
    gc.disable()  # millions of nodes, of which none is garbage
    try:
        return {file: ast.parse(file.read_bytes()) for file in sorted(SOURCE.rglob("*.py"))}
    finally:
        gc.freeze()
        gc.enable()


@cache
def list_nodes() -> dict[Path, list[ast.AST]]:
    """All nodes of each file of the source."""
    return {file: list(ast.walk(tree)) for file, tree in parse_source().items()}

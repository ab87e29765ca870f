"""The command line: every verb, headless; the reader itself starts only in its own branch."""

from __future__ import annotations

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns 0 done, 1 failed, 2 wrong usage."""
    raise NotImplementedError

"""`doctor`: what it found of terminal, folders, index, state and articles, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rilo_reader.cli.verbs import Options


def run(options: Options) -> int:
    """Print the report; returns 1 where there is something to mend."""
    raise NotImplementedError

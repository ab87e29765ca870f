"""Findings of `doctor`, in sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rilo_reader.config import SettingsProblem


class Finding(NamedTuple):
    """One line of the report."""

    text: str  # what was found
    advice: str = ""  # what to do about it, or ""
    wrong: bool = False  # whether the user should fix it
    file: bool = False  # whether it is about one of many files, whose lists are shortened


Section = tuple[str, Iterable[Finding]]
"""A title, and findings, which are looked for as they are printed."""


def settings_findings(problems: Iterable[SettingsProblem]) -> Iterator[Finding]:
    """Yield what is wrong in a file of the user's."""
    for problem in problems:
        yield Finding(problem.message, f"correct it in {problem.file}", wrong=True)

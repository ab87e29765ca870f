"""TOML files of `[[name]]` tables that users edit by hand: read with every fault, and changed.

settings.toml has functions of its own in `load` and `changes`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from rilo_reader.config.values import SettingsProblem
from rilo_reader.text import clean_line

RETRIES = 5
"""How often an edit is repeated after a concurrent change."""

MOST_PROBLEMS = 20
"""Problems of a file that are told one by one."""

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (numbers are indexes in a list), and what is wrong with it."""

T = TypeVar("T")


def read(file: Path, lost: str) -> tuple[str, dict[str, Any], SettingsProblem | None]:
    """Read a file; return its text and data, and the problem that leaves it without any.

    Args:
        file: a missing one is empty.
        lost: what such a problem means, such as "no feed is known".
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return "", {}, None
    except OSError as error:
        reason = f"it cannot be read: {error.strerror or error}"
        return "", {}, SettingsProblem(file, 0, "", reason)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = f"there is a byte that is not UTF-8, so {lost}; save it as UTF-8"
        return "", {}, SettingsProblem(file, line, "", reason)
    from rilo_reader.config.check import parse

    data, fault = parse(text)
    if fault is not None:
        return text, {}, SettingsProblem(file, fault[0], "", f"{fault[1]}; {lost}")
    return text, data, None


def problems_of(file: Path, text: str, faults: Iterable[Fault]) -> tuple[SettingsProblem, ...]:
    """Return the first problems of faults in a text, in the order of its lines."""
    from rilo_reader.config.toml_edit import lines_of

    faults = list(faults)
    lines = lines_of(text, [key for key, _ in faults])
    found = sorted(zip(lines, faults, strict=True), key=lambda each: each[0])
    problems = [
        SettingsProblem(
            file,
            line,
            clean_line(".".join(part for part in key if isinstance(part, str))),
            clean_line(reason),
        )
        for line, (key, reason) in found[:MOST_PROBLEMS]
    ]
    if more := len(found) - len(problems):
        problems.append(SettingsProblem(file, 0, "", f"it has {more:,} more problems"))
    return tuple(problems)


def edit(file: Path, head: str, change: Callable[[str], tuple[str, T]]) -> T:
    """Read, change and replace a file; repeated if it was replaced meanwhile.

    Args:
        file: the file; links are followed.
        head: what a file that is made begins with.
        change: takes the text; returns the new one and the result.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: something else changes it all the time, or `change` raised it.
    """
    from rilo_reader.config.changes import replace_file

    target = Path(os.path.realpath(file))
    for _ in range(RETRIES):
        before = _bytes(target)
        text = before.decode("utf-8") if before is not None else head
        changed, result = change(text)
        if changed == text and before is not None:
            return result
        if _bytes(target) == before:
            replace_file(target, changed)
            return result
    raise ValueError(f"{file.name} is being changed by something else; try again")


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None

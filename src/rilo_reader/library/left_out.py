"""Files of a folder that are no articles: counted by kind, and told where they are many (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rilo_reader.store.file_kinds import OTHER, TEXTS

MANY_KINDS = 30
"""Kinds that are told one by one, the rarer ones together."""

WORTH_TELLING = 10
"""From one text in so many on that is left out, the user is told of it without asking."""

_NAMED = 3


def in_short(others: Counter[str]) -> dict[str, int]:
    """How many files of each kind there are, the most first; of few of many kinds as OTHER."""
    common = dict(others.most_common(MANY_KINDS))
    rest = others.total() - sum(common.values())
    if rest:
        common[OTHER] = common.get(OTHER, 0) + rest
    return common


def texts(left_out: Mapping[str, int]) -> dict[str, int]:
    """Of what was left out, the texts that somebody may miss: not pictures, code or templates."""
    return {kind: count for kind, count in left_out.items() if kind in TEXTS}


def notice(files: int, left_out: Mapping[str, int]) -> str:
    """What to tell the user where more than a tenth of a folder's texts is left out, else "".

    Args:
        files: how many files are articles.
        left_out: how many others there are, by kind.
    """
    missed = texts(left_out)
    total = sum(missed.values())
    if total * WORTH_TELLING <= files + total:
        return ""
    return f"{total:,} of {files + total:,} texts here are not read: {listed(missed, _NAMED)}"


def listed(left_out: Mapping[str, int], most: int | None = None) -> str:
    """Kinds and how many there are of each, in words: "1,204 .rst, 33 .txt, 5 other files"."""
    kinds = sorted(left_out.items(), key=lambda each: (each[0] == OTHER, -each[1], each[0]))
    rest = sum(count for _, count in kinds[most:]) if most is not None else 0
    parts = [f"{count:,} {_kind(kind, count)}" for kind, count in kinds[:most]]
    return ", ".join([*parts, *([f"{rest:,} more"] if rest else [])])


def _kind(kind: str, count: int) -> str:
    if " " in kind or kind == OTHER:
        noun = "other file" if kind == OTHER else kind
        return noun if count == 1 else f"{noun}s"
    return f".{kind}"

"""Files in a library that are not articles: counts by kind, and a notice if there are many (pure).

They are worth a notice if they are texts: the folder may hold articles in a format that
rilo-reader does not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rilo_reader.store.file_kinds import MAYBE, OTHER, TEXTS
from rilo_reader.text import format_count

MANY_KINDS = 30  # that are counted separately; rarer ones are summed up as OTHER
NOTICE_SHARE = 10  # the user is notified if at least one text in this number is not read
NOTICE_COUNT = 10  # files of a kind that nobody knows, but which begin as articles do
_NAMED = 3


def top_counts(others: Counter[str]) -> dict[str, int]:
    """Counts by kind, largest first; all but the MANY_KINDS most common kinds as OTHER."""
    common = dict(others.most_common(MANY_KINDS))
    rest = others.total() - sum(common.values())
    if rest:
        common[OTHER] = common.get(OTHER, 0) + rest
    return common


def text_counts(other_kinds: Mapping[str, int]) -> dict[str, int]:
    """The counts of kinds that may be articles: not pictures, code or templates."""
    found = (kind for kind in other_kinds if kind in TEXTS or kind.endswith(MAYBE))
    return {kind: other_kinds[kind] for kind in found}


def make_notice(files: int, other_kinds: Mapping[str, int]) -> str:
    """A notice for the user if a tenth of the texts beside `files` articles is not read, or "".

    Of a kind that may be Markdown it takes NOTICE_COUNT files.
    """
    missed = text_counts(other_kinds)
    for kind, count in missed.items():
        if kind.endswith(MAYBE) and count >= NOTICE_COUNT:
            return describe_unknown(kind, count)
    total = sum(missed.values())
    if total * NOTICE_SHARE <= files + total:
        return ""
    share = f"{total:,} of {files + total:,} text files in this folder"
    return f"rilo-reader cannot read {share}: {describe_counts(missed, _NAMED)}"


def describe_unknown(kind: str, count: int) -> str:
    """Say that files may be Markdown, and how to have them read."""
    suffix = f".{kind.removesuffix(MAYBE)}"
    return (
        f"{count:,} {suffix} begin with front matter, as articles do, and are not read. "
        f'If they are Markdown, add "{suffix}" = "any" to [dialects] in settings.toml'
    )


def describe_counts(other_kinds: Mapping[str, int], limit: int | None = None) -> str:
    """Counts by kind in words: "1,204 .rst, 33 .txt, 5 other files"."""
    kinds = sorted(other_kinds.items(), key=lambda each: (each[0] == OTHER, -each[1], each[0]))
    rest = sum(count for _, count in kinds[limit:]) if limit is not None else 0
    parts = [
        format_count(count, "other file" if kind == OTHER else kind)
        if " " in kind or kind == OTHER
        else f"{count:,} .{kind.removesuffix(MAYBE)}"
        for kind, count in kinds[:limit]
    ]
    return ", ".join([*parts, *([f"{rest:,} more"] if rest else [])])

"""Names of emoji between colons, as GitHub and most site generators read them: `:tada:`."""

from __future__ import annotations

import re

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import Run

# The colon first, which is looked for much faster than what must not stand before it.
_NAME = LazyPattern(r":(?<![\w:/.@-]:)(?:[a-z][a-z0-9_+-]{1,40}|x|[+-]1|100):(?![\w:/])")


def with_emoji(runs: list[Run]) -> list[Run]:
    """Runs with the emoji that are named in them; code stays as it is."""
    if not any(":" in run.text for run in runs):
        return runs
    return [run if run.ink.code else Run(named_emoji(run.text), run.ink) for run in runs]


def named_emoji(text: str) -> str:
    """A text with the emoji that are named in it; what is no name of one stays."""
    return _NAME.sub(_emoji, text) if ":" in text else text


def _emoji(match: re.Match[str]) -> str:
    from rich.emoji import Emoji

    return Emoji.replace(match[0])

"""Pages of Fumadocs: names of headings, and what else stands behind them (pure)."""

from __future__ import annotations

from rilo_reader.dialects.nextra import NAME, Nextra, find_headings


class Fumadocs(Nextra):
    """Pages of Fumadocs."""

    headings = find_headings(rf"(?:{NAME}|\[(?:!?toc|step)\])")


DIALECT = Fumadocs()

"""Pages of Nextra: names of headings, `[#usage]` (pure)."""

from __future__ import annotations

import re

from rilo_reader.dialects import CODE, Dialect, ReadFile
from rilo_reader.text import lazy_re

NAME = r"\[#[^\W\d][^\s\[\]]{0,200}\]"  # `[#123]` is the number of an issue


def find_headings(notes: str) -> re.Pattern[str]:
    """Return a pattern of code, and of headings with such notes behind them."""
    heading = rf"^(?P<heading> {{0,3}}#{{1,6}}[ \t][^\n]{{1,500}}?)(?P<notes>(?:[ \t]*{notes})+)"
    return lazy_re(rf"{CODE}|{heading}[ \t]*$", re.M | re.S)


class Nextra(Dialect):
    """Pages of Nextra."""

    headings = find_headings(NAME)

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page with names of headings as in other Markdown, `{#usage}`, but for links."""
        return body if "\n[#" in body else self.headings.sub(_replace_notes, body)


DIALECT = Nextra()


def _replace_notes(match: re.Match[str]) -> str:
    if not match["heading"]:
        return match[0]
    name = re.search(NAME, match["notes"])
    return match["heading"] + (f" {{{name[0][1:-1]}}}" if name else "")

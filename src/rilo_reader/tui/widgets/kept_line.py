"""The line at the top of the screen, found again after the text was edited (pure)."""

from __future__ import annotations

from typing import NamedTuple

from rilo_reader.render.page import Page

ALIKE = 5
"""Lines that tell a line from others with the same text."""

BELOW = 100
"""Lines below the top one of which the first that is still there tells where that is."""


class Kept(NamedTuple):
    """The lines of a page from the one at the top of the screen on, and its number."""

    lines: tuple[str, ...]
    top: int

    @classmethod
    def of(cls, page: Page, top: int) -> Kept | None:
        """The line of a page at the top of the screen; None for the beginning of the page."""
        lines = page.lines[top : top + BELOW + ALIKE]
        return cls(tuple(line.text for line in lines), top) if top else None

    def line_in(self, page: Page) -> int:
        """The number of the line in the edited page, as wide as the other."""
        texts = tuple(line.text for line in page.lines)
        for below, line in enumerate(self.lines[:BELOW]):
            places = [at for at, text in enumerate(texts) if line.strip() and text == line]
            following = self.lines[below : below + ALIKE]
            best = min(
                places,
                key=lambda at: (texts[at : at + ALIKE] != following, abs(at - below - self.top)),
                default=None,
            )
            if best is not None:
                return max(0, best - below)
        return self.top

"""Inks to Rich styles: what a run of text looks like on its ground."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from rilo_reader.render.blocks import Ink
from rilo_reader.render.page import JUMP, LINK
from rilo_reader.render.styles import Styles


class Looks:
    """The style of each ink on each ground, worked out once."""

    def __init__(self, styles: Styles, urls: Sequence[str]) -> None:
        """Begin with the styles of the page's parts, and its addresses by number less one."""
        self._styles = styles
        self._urls = urls
        self._known: dict[tuple[Ink, Style], Style] = {}

    def of(self, ink: Ink, base: Style) -> Style:
        """The style of text in an ink on the ground `base`."""
        key = (ink, base)
        look = self._known.get(key)
        if look is None:
            look = self._known[key] = self._made(ink, base)
        return look

    def _made(self, ink: Ink, base: Style) -> Style:
        styles = self._styles
        look = base
        if ink.strong:
            look += styles.strong
        if ink.emphasis:
            look += Style(italic=True)
        if ink.strike:
            look += Style(strike=True)
        if ink.under:
            look += Style(underline=True)
        if ink.code:
            look += styles.code
        if ink.link or ink.jump:
            look += styles.dim if ink.dim else styles.link
        elif ink.dim:
            look += styles.dim
        if ink.link:
            look += Style(link=self._urls[ink.link - 1], meta={LINK: ink.link})
        elif ink.jump:
            look += Style(meta={JUMP: ink.jump})
        return look

"""Choices for the open article: related articles, the outline, tags, and themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from rilo_reader.dates import format_date
from rilo_reader.library import Row
from rilo_reader.render.page import PageHeading
from rilo_reader.text import to_display_title
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.panels.panel import ChoiceScreen, FormLine, PromptScreen
from rilo_reader.tui.widgets.line_list import ListEntry


class RelatedScreen(ChoiceScreen[Row]):
    """Copies of the article `title`, then related articles; `go_to` opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [("m", "dismiss")]

    def __init__(
        self,
        title: str,
        copies: Sequence[Row],
        related: Sequence[Row],
        date_format: str,
        go_to: Callable[[Row], object],
    ) -> None:
        entries: list[ListEntry] = []
        for heading, rows in (("The same story", copies), ("Similar articles", related)):
            if rows:
                entries.append(ListEntry(heading, is_heading=True))
            for row in rows:
                origin = row.source or row.path.rpartition("/")[0]
                date = format_date(row.date, row.date_only, form=date_format)
                between = " · " if origin and date else ""
                name = to_display_title(row.title)
                entries.append(ListEntry(name, right_text=origin, date=between + date, payload=row))
        super().__init__(f"More like “{title}”", entries, 0, "enter open", go_to)


def make_outline(
    title: str, headings: Sequence[PageHeading], line: int, go_to: Callable[[PageHeading], object]
) -> ChoiceScreen[PageHeading]:
    """Return a choice of headings of the article `title`, with the cursor on that of `line`."""
    top = min((heading.level for heading in headings), default=1)
    above = [index for index, heading in enumerate(headings) if heading.line <= line]
    entries = [ListEntry("  " * (it.level - top) + it.title, payload=it) for it in headings]
    cursor = above[-1] if above else 0
    return ChoiceScreen(f"Headings of “{title}”", entries, cursor, "enter go there", go_to)


def make_tags_prompt(
    title: str, tags: Sequence[str], use_line: Callable[[str], object]
) -> PromptScreen:
    """Return a prompt for the tags of an article."""
    line = FormLine(", ".join(tags), "tags, separated by commas", is_stored=True, is_list=True)
    return PromptScreen(
        f"Tags of “{title}”",
        [line],
        "",
        lambda answers: partial(use_line, answers[0]),
    )


class ThemeScreen(ChoiceScreen[str]):
    """A choice of a theme; each is shown as the cursor moves, and the one before on leaving."""

    WIDTH, LEAVE_HINT = 40, "esc cancel"
    DEFAULT_CSS = "ThemeScreen { background: transparent; align: right middle; }"

    def __init__(
        self,
        names: Sequence[str],
        now: str,
        show: Callable[[str], object],
        keep: Callable[[str], object],
    ) -> None:
        entries = [ListEntry(name, payload=name) for name in names]
        super().__init__("Theme", entries, names.index(now), "enter apply", keep)
        self._now, self._show = now, show

    @property
    def panel_keys(self) -> Sequence[PanelKey]:
        leave = PanelKey("escape,q", "", partial(self._show, self._now), closes=True)
        return (*super().panel_keys, leave)

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self._show(self.current_payload or self._now)

"""Choices for the open article: related articles, the outline, tags, and themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from rilo_reader.dates import format_date
from rilo_reader.library import Row
from rilo_reader.render.page import PageHeading
from rilo_reader.text import clean_line, to_display_title
from rilo_reader.tui.panels.panel import (
    ChoiceScreen,
    EntryPanel,
    FormLine,
    PromptScreen,
)
from rilo_reader.tui.widgets.line_list import ListEntry


class RelatedScreen(EntryPanel[Row, Row]):
    """Copies of the article `title`, then related articles; the result is the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [("m", "dismiss")]

    hints = ("enter open", "esc close")

    def __init__(
        self, title: str, copies: Sequence[Row], related: Sequence[Row], date_format: str
    ) -> None:
        super().__init__()
        self.title = f"More like “{title}”"
        entries: list[ListEntry] = []
        for heading, rows in (("The same story", copies), ("Similar articles", related)):
            if rows:
                entries.append(ListEntry(heading, is_heading=True))
            for row in rows:
                origin = row.source or row.path.rpartition("/")[0]
                date = format_date(row.date, row.date_only, form=date_format)
                between = " · " if origin and date else ""
                title = to_display_title(row.title)
                entries.append(
                    ListEntry(title, right_text=origin, date=between + date, payload=row)
                )
        self.show_entries(entries)

    def action_choose(self) -> None:
        self.dismiss(self.current_payload)


def make_outline(title: str, headings: Sequence[PageHeading], line: int) -> ChoiceScreen:
    """Return a choice of headings of the article `title`, with the cursor on that of `line`."""
    top = min((heading.level for heading in headings), default=1)
    above = [index for index, heading in enumerate(headings) if heading.line <= line]
    return ChoiceScreen(
        f"Headings of “{title}”",
        ["  " * (heading.level - top) + heading.title for heading in headings],
        above[-1] if above else 0,
        ("enter go there", "esc close"),
    )


def make_tags_prompt(title: str, tags: Sequence[str]) -> PromptScreen:
    """Return a prompt for the tags of an article; `split_tags` parses the answer."""
    line = FormLine(", ".join(tags), "tags, separated by commas", is_appended_to=True)
    return PromptScreen(f"Tags of “{title}”", [line], "")


def split_tags(text: str) -> tuple[str, ...]:
    """Split a line into tags without duplicates."""
    cleaned = (clean_line(tag) for tag in text.split(",") if tag.strip())
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))


class ThemeScreen(ChoiceScreen):
    """A choice of a theme; "preview" shows each as the cursor moves."""

    WIDTH = 40
    DEFAULT_CSS = "ThemeScreen { background: transparent; align: right middle; }"

    def __init__(self, names: list[str], now: str) -> None:
        super().__init__("Theme", names, names.index(now), ("enter apply", "esc cancel"))
        self._names = names

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self.handlers["preview"](self._names[self._list.cursor])

"""A small list of articles that belong to the open one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from rilo_reader.library import Row
from rilo_reader.render.dates import human
from rilo_reader.render.page import Heading
from rilo_reader.text import clean_line, shown_title
from rilo_reader.tui.panels.base import ChoiceScreen, EntryPanel, PromptScreen, Question
from rilo_reader.tui.widgets.line_list import Entry


class RelatedScreen(EntryPanel[Row]):
    """Copies first, then related articles; the result is the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "leave", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, copies: Sequence[Row], related: Sequence[Row], date_format: str) -> None:
        self._rows: list[Row | None] = []
        entries: list[Entry] = []
        for heading, rows in (("The same story", copies), ("More like this", related)):
            if rows:
                entries.append(Entry(heading, is_heading=True))
                self._rows.append(None)
            for row in rows:
                origin = row.source or row.path.rpartition("/")[0]
                date = human(row.date, row.date_only, form=date_format)
                between = " · " if origin and date else ""
                entries.append(Entry(shown_title(row.title), side=origin, date=between + date))
                self._rows.append(row)
        super().__init__(tuple(entries), "enter opens   esc closes")

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="panel"):
            yield self._list
            yield self._last_line

    def action_choose(self) -> None:
        """Open the article."""
        self.dismiss(self._rows[self._list.cursor])


# The outline: the headings of the article, to jump to.


def outline(headings: Sequence[Heading], line: int) -> ChoiceScreen:
    """The headings of an article, standing on the one that `line` is under."""
    top = min((heading.level for heading in headings), default=1)
    above = [index for index, heading in enumerate(headings) if heading.line <= line]
    return ChoiceScreen(
        ["  " * (heading.level - top) + heading.title for heading in headings],
        above[-1] if above else 0,
        "enter goes there   esc closes",
    )


# One's own tags of an article, in one line.


def tags_prompt(title: str, tags: Sequence[str]) -> PromptScreen:
    """Ask for the tags of the article with that title; `split_tags` reads the answer."""
    line = Question(", ".join(tags), "tags, separated by commas", goes_on=True)
    return PromptScreen(title, [line], "enter keeps   esc discards")


def split_tags(text: str) -> tuple[str, ...]:
    """The tags in a line, each once, in order."""
    cleaned = (clean_line(tag) for tag in text.split(",") if tag.strip())
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))


# Choosing a theme: each is shown as one stands on it.


class ThemeScreen(ChoiceScreen):
    """Every theme; the one that is stood on is the one on the screen until somebody leaves."""

    DEFAULT_CSS = """
    ThemeScreen {
        #panel { width: 40; }
    }
    """

    def __init__(self, names: list[str], now: str, show: Callable[[str], None]) -> None:
        super().__init__(names, names.index(now), "enter keeps it   esc does not")
        self._names = names
        self._show = show

    def action_move(self, rows: int) -> None:
        """Move, and show the theme."""
        super().action_move(rows)
        self._show(self._names[self._list.cursor])

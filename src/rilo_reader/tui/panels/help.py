"""The help screen: all commands with their current keys, and the query syntax."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from rilo_reader.commands import COMMANDS
from rilo_reader.keys import key_label
from rilo_reader.tui.panels.base import Asking

SEARCH_FORMS: tuple[tuple[str, str], ...] = (
    ("ivory customs", "both words, anywhere"),
    ('"post channel"', "a phrase"),
    ("-ebay", "without"),
    ("a OR b, ( )", "either; grouping"),
    ("title: source: tag: author:", "in that field"),
    ('source:="RILO AP"', "the whole value"),
    ("after:2019-03 before:2020 after:30d", "dates"),
    ("is:unread is:starred", "by mark"),
    ("is:highlighted note:word", "by your highlights and notes"),
    ("sort:oldest sort:relevance", "another order"),
    ("~word /regex/", "one letter off; a pattern"),
)
"""Forms of the query syntax with explanations."""

SELECTION_KEYS: tuple[tuple[str, str], ...] = (
    ("w b  j k  { }", "by words, lines, paragraphs; o moves the other end, v begins here"),
    ("enter  1 2 3 4", "highlight it, in one of the four kinds"),
    ("N  e", "highlight it with a note, written here or in $EDITOR"),
    ("y", "copy it"),
    ("at a highlight", "enter edits its note, 1 to 4 change its kind, d removes it"),
)
"""Keys while a passage is selected."""


class HelpScreen(Asking[None]):
    """All commands by group, with the user's keys; then those of selecting; the query syntax."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss_help", show=False),
        Binding("j", "scroll_by(1)", show=False),
        Binding("k", "scroll_by(-1)", show=False),
        Binding("space,ctrl+d,pagedown", "scroll_by(12)", show=False),
        Binding("ctrl+u,pageup", "scroll_by(-12)", show=False),
        Binding("g,home", "scroll_by(-1000)", show=False),
        Binding("G,end", "scroll_by(1000)", show=False),
    ]

    DEFAULT_CSS = """
    HelpScreen {
        #panel {
            scrollbar-size-vertical: 1;
            scrollbar-background: $row-ground;
            scrollbar-background-hover: $row-ground;
            scrollbar-background-active: $row-ground;
            scrollbar-color: $quote-bar;
            scrollbar-color-hover: $quote-bar;
            scrollbar-color-active: $quote-bar;
        }
        #panel Static { padding-right: 1; }
    }
    """

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Compose one scrollable text."""
        with VerticalScroll(id="panel"):
            yield Static(help_text(self._keys), markup=False)

    def action_dismiss_help(self) -> None:
        """Close the screen."""
        self.dismiss()

    def action_scroll_by(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#panel").scroll_relative(y=lines, animate=False)


def help_text(keys: Mapping[str, tuple[str, ...]]) -> Group:
    """Return the commands by group, with their keys; those of selecting; the query syntax.

    Args:
        keys: the keys of every command, by command id.
    """
    parts: list[RenderableType] = []
    commands = _pairs()
    for group, members in groupby(COMMANDS, key=lambda command: command.group):
        commands.add_row(Text(group, "bold"), "")
        for command in members:
            labels = "  ".join(key_label(key) for key in keys[command.id])
            commands.add_row(Text(labels), Text(command.help))
        commands.add_row("", "")
    parts.append(commands)
    sections = (
        ("While a passage is selected", SELECTION_KEYS),
        ("In the search box", SEARCH_FORMS),
    )
    for title, rows in sections:
        forms = _pairs()
        for form, meaning in rows:
            forms.add_row(Text(form), Text(meaning))
        parts += [Text(title, "bold"), forms, Text("")]
    parts += [Text("The keys can be changed in settings.toml.", "dim")]
    return Group(*parts)


def _pairs() -> Table:
    """Return a table with a left column as wide as needed and a wrapping right one."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(max_width=20)
    table.add_column(ratio=1)
    return table

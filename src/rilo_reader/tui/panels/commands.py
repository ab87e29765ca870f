"""All commands with their keys: the help, and the palette in which they are found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from rilo_reader.commands import COMMANDS, MOVE, Command
from rilo_reader.keys import key_label
from rilo_reader.tui.keys import action_of
from rilo_reader.tui.panels.panel import Asking

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
        ("escape,q,question_mark,enter", "dismiss"),
        ("j", "scroll_by(1)"),
        ("k", "scroll_by(-1)"),
        ("space,ctrl+d,pagedown", "scroll_by(12)"),
        ("ctrl+u,pageup", "scroll_by(-12)"),
        ("g,home", "scroll_by(-1000)"),
        ("G,end", "scroll_by(1000)"),
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

    def action_scroll_by(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#panel").scroll_relative(y=lines, animate=False)


def help_text(keys: Mapping[str, tuple[str, ...]]) -> Group:
    """Return the commands by group, with their keys; those of selecting; the query syntax."""
    commands = _pairs()
    for group, members in groupby(COMMANDS, key=lambda command: command.group):
        commands.add_row(Text(group, "bold"), "")
        for command in members:
            labels = "  ".join(key_label(key) for key in keys[command.id])
            commands.add_row(Text(labels), Text(command.help))
        commands.add_row("", "")
    parts: list[RenderableType] = [commands]
    for title, rows in (
        ("While a passage is selected", SELECTION_KEYS),
        ("In the search box", SEARCH_FORMS),
    ):
        forms = _pairs()
        for form, meaning in rows:
            forms.add_row(Text(form), Text(meaning))
        parts += [Text(title, "bold"), forms, Text("")]
    return Group(*parts, Text("The keys can be changed in settings.toml.", "dim"))


def _pairs() -> Table:
    """Return a table with a left column as wide as needed and a wrapping right one."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(max_width=20)
    table.add_column(ratio=1)
    return table


class Palette(CommandPalette):
    """Textual's command palette in the style of the reader."""

    DEFAULT_CSS = """
    Palette {
        background: $page-ground 60%;
        align-horizontal: center;
        & > Vertical {
            width: 84;
            max-width: 100%;
            margin-top: 2;
            background: $row-ground;
            border: none;
        }
        & #--input { border: none; padding: 1 1 0 2; height: 3; background: $row-ground; }
        & SearchIcon { display: none; }
        & CommandInput, & CommandInput:focus {
            border: none;
            background: $row-ground;
            color: $page-text;
        }
        & #--results { border: none; }
        & CommandList {
            border: none;
            padding-bottom: 1;
            background: $row-ground;
            scrollbar-size-vertical: 0;
        }
        & CommandList > .option-list--option { color: $page-text; }
        & CommandList > .option-list--option-highlighted {
            color: $page-accent;
            background: $row-ground;
            text-style: bold;
        }
        & CommandList:ansi > .option-list--option-highlighted {
            color: $page-accent;
            background: $row-ground;
            text-style: bold underline;
        }
        & CommandInput > .input--placeholder { color: $page-dim; text-style: $dim-text-style; }
        & > .command-palette--help-text { color: $page-dim; text-style: not bold; }
        &:ansi > .command-palette--help-text { text-style: dim not bold; }
    }
    """

    def __init__(self, key_of: Callable[[str], str]) -> None:
        """Create it; `key_of` returns the first key of a command, "" where it has none."""
        super().__init__([CommandProvider], placeholder="command")
        self.key_of = key_of

    def on_mount(self) -> None:
        """Turn off blinking."""
        self.query_one(Input).cursor_blink = False


class CommandProvider(Provider):
    """The commands of the reader for Textual's palette."""

    async def discover(self) -> Hits:
        """Yield all commands before anything is typed."""
        for command in self._commands():
            name = command.title + self._key(command)
            yield DiscoveryHit(name, partial(self._run, command), help=command.help)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match the query."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.title) + score_of(command, query)
            if score > 0:
                title, run = matcher.highlight(command.title), partial(self._run, command)
                yield Hit(score, title + self._key(command), run, command.title, command.help)

    def _key(self, command: Command) -> str:
        palette = self.app.screen
        key = palette.key_of(command.id) if isinstance(palette, Palette) else ""
        return f"  ({key})" if key else ""

    def _commands(self) -> list[Command]:
        """The commands, common ones first, movement last."""
        found = [command for command in COMMANDS if command.id != "palette"]
        return sorted(found, key=lambda command: command.group == MOVE)

    async def _run(self, command: Command) -> None:
        await self.screen.run_action(action_of(command.id))


def score_of(command: Command, query: str) -> float:
    """How well a query matches what people call a command, or what it says of itself; 0 if not.

    A word that is typed whole ranks before one that is begun, and that before letters in between,
    for which Textual's matcher gives some ten points each.
    """
    typed = query.strip().lower()
    names = f" {command.title} {command.names} ".lower()
    if f" {typed} " in names:
        return 2000.0
    if f" {typed}" in names:
        return 1000.0
    return 0.01 if typed in command.help.lower() else 0.0

"""All commands with their keys: the help, and the palette in which they are found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.fuzzy import Matcher
from textual.widgets import Input, Static

from rilo_reader.commands import MOVE, Command, all_commands, commands_by_id
from rilo_reader.keys import key_label
from rilo_reader.tui.panels.panel import ChoiceScreen, PanelLine, ScrollingPanel
from rilo_reader.tui.widgets.line_list import ListEntry

KEY_COLUMN = 16  # columns for keys

SEARCH_FORMS: tuple[tuple[str, str], ...] = (
    ("wildlife customs", "both words, anywhere"),
    ('"post channel"', "a phrase"),
    ("-ebay", "without"),
    ("a OR b, ( )", "either; grouping"),
    ("title: source: tag: author:", "in that field"),
    ('source:="RILO AP"', "the whole value"),
    ("after:2019-03 before:2020 after:30d", "dates"),
    ("minutes:<10 minutes:5..15", "reading time"),
    ("feeds:news", "the feeds with a tag"),
    ("is:unread is:starred", "by mark"),
    ("starred:1d read:7d tagged: noted:", "by when you marked it"),
    ("sort:oldest sort:relevance sort:read", "another order"),
    ("~word /regex/", "one letter off; a pattern"),
)
"""Forms of the query syntax with explanations."""

LIST, ARTICLE = "In the list", "In the article"
"""Where one is, outside of the modes of controllers; the headings of what the help shows first."""

SEARCH_BOX = "In the search box"
"""The heading of the query syntax, to which controllers may add forms."""

_COMMANDS_BY_PLACE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        LIST: ("down", "up", "open", "page_on", "search", "facets", "read", "star", "palette"),
        ARTICLE: (
            *("down", "up", "page_on", "list", "next_article", "previous_article"),
            *("links", "outline", "related", "zen", "browser", "palette"),
        ),
    }
)
"""The commands that one needs most there."""

Section = tuple[str, Sequence[tuple[str, ...]]]
"""A heading, and rows: keys, what they do, other words by which they are found."""


class HelpScreen(ScrollingPanel):
    """The keys of where one is, then all commands by group; typing shows only what matches."""

    TITLE = "Help"

    def __init__(
        self,
        keys: Mapping[str, tuple[str, ...]],
        place: str,
        taken: Mapping[str, Sequence[tuple[str, str]]],
        own: Sequence[Command] = (),
    ) -> None:
        super().__init__()
        self._sections = make_sections(keys, place, taken, own)
        self._rows = Static(help_text(self._sections), markup=False)

    def compose_body(self) -> ComposeResult:
        yield PanelLine(placeholder="type to find a key")
        with VerticalScroll(id="rows"):
            yield self._rows
        yield Static("↑ ↓ pgup pgdn scroll   esc close", id="keys", markup=False)

    def on_mount(self) -> None:
        self.set_focus(self.query_one(PanelLine))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words that are typed; the key of the help alone closes it."""
        event.stop()
        if event.value == "?":
            self.dismiss(None)
        self._rows.update(help_text(self._sections, event.value))
        self.query_one("#rows").scroll_home(animate=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(None)


def make_sections(
    keys: Mapping[str, tuple[str, ...]],
    place: str,
    taken: Mapping[str, Sequence[tuple[str, str]]],
    own: Sequence[Command] = (),
) -> list[Section]:
    """Return the keys of a place, the commands by group, other keys, and the query syntax.

    `taken` has the keys that are not commands', by their headings, of which `place` may be one, and
    forms of queries;
    `own` are the user's own commands, whose keys are in `keys` too.
    """

    def rows(commands: Iterable[Command]) -> Sequence[tuple[str, ...]]:
        # What the palette finds: of the user's own commands the name, of others the id.
        typed = {it.id: it.title for it in own}
        labels = {
            name: "  ".join(map(key_label, its)) or f":{typed.get(name, name.replace('_', ' '))}"
            for name, its in keys.items()
        }
        return [(labels[it.id], it.help, it.title, it.names) for it in commands]

    commands = [commands_by_id()[name] for name in _COMMANDS_BY_PLACE.get(place, ())]
    if place == ARTICLE:
        commands += [command for command in all_commands() if command.in_article]
    # Of the user's own the name says more than the program.
    named = [one._replace(help=f"{one.title}. {one.help}") for one in own]
    groups = groupby((*named, *all_commands()), key=lambda command: command.group)
    return [
        (place, taken.get(place) or rows(commands)),
        *((group, rows(members)) for group, members in groups),
        *((heading, its) for heading, its in taken.items() if heading not in {place, SEARCH_BOX}),
        (SEARCH_BOX, (*SEARCH_FORMS, *taken.get(SEARCH_BOX, ()))),
    ]


def help_text(sections: Sequence[Section], typed: str = "") -> Group:
    """Return the rows that have all words that are typed, under their headings."""
    words = typed.lower().split()
    parts: list[RenderableType] = []
    for title, rows in sections:
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(width=KEY_COLUMN)
        table.add_column(ratio=1)
        for row in rows:
            text = " ".join((*row, title)).lower()
            if all(word in text for word in words):
                table.add_row(*map(Text, row[:2]))
        if table.row_count:
            parts += [Text(title, "bold"), table, Text("")]
    if not parts:
        parts = [Text("No key matches. The command palette has more commands.", "dim")]
    note = "You can change every key: choose Settings in the command palette."
    return Group(*parts, Text(note, "dim"))


class CommandPalette(ChoiceScreen[Command]):
    """All commands, best match first while the user types."""

    DEFAULT_CSS = """
    CommandPalette {
        align: center top;
        #panel { margin-top: 2; }
        #keys { margin: 0; }
        EntryList { margin: 0 0 1 0; }
        PanelLine, PanelLine:focus { padding: 0 1; }
        &.-low #panel { margin: 0; }
        &.-low EntryList, &.-low PanelLine { margin: 0; }
    }
    """

    AIR, LOW_AIR = 10, 4
    hints = ("enter run", "↑ ↓ move", "esc close")

    def __init__(
        self,
        key_of: Callable[[str], str],
        run: Callable[[Command], object],
        own: Sequence[Command] = (),
    ) -> None:
        """Create it; `key_of` returns the first key of a command, "" where it has none.

        The user's `own` commands come first, movement last.
        """
        super().__init__("Commands", (), 0, "enter run", run)
        commands = [command for command in (*own, *all_commands()) if command.id != "palette"]
        self._commands = sorted(commands, key=lambda command: command.group == MOVE)
        self._key_of = key_of
        self._widgets_above = [PanelLine(placeholder="command")]
        self._list.keeps_names = True
        self._show_matches("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show_matches(event.value)

    def _show_matches(self, typed: str) -> None:
        found = rank_commands(self._commands, typed)
        self.show_entries(
            [ListEntry(it.title, it.help, self._key_of(it.id), payload=it) for it in found], 0
        )
        self.show_note("" if found else "No command matches.")


def rank_commands(commands: Sequence[Command], typed: str) -> list[Command]:
    """The commands that what is typed may mean, the most likely first; all for nothing.

    First the one that is called so, then those whose titles begin so; then those that have it as a
    word, as the beginning of one, as letters of the title, and in what they say of
    themselves, where several words may stand apart.
    """
    words = typed.strip().lower()
    matcher = Matcher(words)

    def rank(command: Command) -> tuple[int, float] | None:
        title = command.title.lower()
        names = f" {title} {command.id.replace('_', ' ')} {command.names} ".lower()
        if title.startswith(words):
            return int(title != words), 0
        for level, part in ((2, f" {words} "), (3, f" {words}")):
            if (at := names.find(part)) >= 0:
                return level, at
        if letters := matcher.match(title):
            return 4, -letters
        every = names + command.help.lower()
        return (5, 0) if all(word in every for word in words.split()) else None

    ranks = [(found, it) for it in commands if (found := rank(it)) is not None]
    return [it for _, it in sorted(ranks, key=lambda pair: pair[0])] if words else list(commands)

"""The facets panel: results counted by source, tag, year, language and author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from rilo_reader.index.stats import Facets
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import Field
from rilo_reader.tui.panels.panel import LOW, EntryPanel, PanelMessage
from rilo_reader.tui.widgets.line_list import Entry

MOST_VALUES = 200  # maximum number of values per group
MOST_LINES = 20  # maximum number of visible values
TIGHT = 60  # width in columns below which names are closer and hints are shorter


class Restriction(NamedTuple):
    """A value, and the query term that matches it, or ""."""

    value: str
    term: str


Groups = Mapping[str, Sequence[Entry]]  # values by the name of their facet


def groups_of(facets: Facets) -> Groups:
    """Return the values of each facet that has any, each with the restriction to it."""
    years = sorted(facets.year, key=lambda value: value.text, reverse=True)
    groups: dict[str, Sequence[Entry]] = {}
    for name, field, values in (
        ("Source", Field.SOURCE, facets.source),
        ("Tag", Field.TAG, facets.tag),
        ("Year", None, years),
        ("Language", Field.LANG, facets.lang),
        ("Author", Field.AUTHOR, facets.author),
    ):
        if values:
            groups[name] = [_entry(field, *value) for value in values]
    return groups


def _entry(field: Field | None, text: str, hits: int) -> Entry:
    term = f"date:{text}" if field is None else value_term(field, text)
    return Entry(text, side=f"{hits:,}", what=Restriction(text, term))


class FacetsScreen(EntryPanel[Restriction, Restriction]):
    """A choice of a value; the result is a restriction."""

    @dataclass
    class Excluded(PanelMessage):
        """Exclude results with a value; the panel stays open with new counts."""

        restriction: Restriction

    BINDINGS: ClassVar[list[BindingType]] = [
        ("v", "dismiss"),
        ("tab,l,right", "group(1)"),
        ("shift+tab,h,left", "group(-1)"),
        ("x", "exclude"),
    ]

    WIDTH = 60
    DEFAULT_CSS = """
    FacetsScreen {
        #head { height: 1; padding: 0 1; color: $page-dim; }
        #names {
            width: 1fr;
            link-color: $page-dim;
            link-style: none;
            link-color-hover: $page-accent;
            link-background-hover: $row-ground;
            link-style-hover: none;
        }
        #place { width: auto; text-style: $dim-text-style; }
        #keys { margin: 0; }
        EntryList { margin: 1 0; }
        &.-low #panel { padding: 0 2; }
        &.-low EntryList { margin: 0; }
        &.-tight #place { display: none; }
    }
    """

    hints = ("enter show only this", "x exclude", "tab next", "esc close")

    def __init__(self, groups: Groups) -> None:
        super().__init__()
        self._groups = groups
        self.group = next(iter(groups))  # the name of the one that is shown
        self._names = Static(id="names")
        self._position = Static(id="place", markup=False)
        self._show_group()

    def compose(self) -> ComposeResult:
        """Compose the names of groups, the values of one, and the hints."""
        with Vertical(id="panel"):
            with Horizontal(id="head"):
                yield self._names
                yield self._position
            yield self._list
            yield self._last_line

    def fit(self) -> None:
        """Fit the list to the screen, as high as the longest group."""
        width, height = self.app.size
        # Not on a low screen; elsewhere the query remains visible above the panel.
        margin = 2 if height < LOW else 10
        longest = max(map(len, self._groups.values()), default=1)
        self._list.styles.height = max(1, min(longest, MOST_LINES, height - margin))
        self.set_class(width < TIGHT, "-tight")
        self._show_names()

    def show(self, groups: Groups) -> None:
        """Show the counts that remain after an exclusion."""
        self._groups = groups
        if self.group not in groups and groups:
            self.group = next(iter(groups))
        self._show_group(keep=True)

    def _show_group(self, *, keep: bool = False) -> None:
        self._list.show(self._groups.get(self.group, ()), None if keep else 0)
        self._show_names()
        self._show_position()

    def _show_names(self) -> None:
        names = (
            f"[bold $page-accent]{name}[/]"
            if name == self.group
            else f"[@click=screen.show_group('{name}')]{name}[/]"
            for name in self._groups
        )
        self._names.update((" " if self.has_class("-tight") else "   ").join(names))

    def _show_position(self) -> None:
        total = len(self.entries)
        more = "+" if total == MOST_VALUES else ""
        self._position.update(f"{self._list.cursor + 1}/{total}{more}" if total else "")

    def action_move(self, rows: int) -> None:
        """Move by values."""
        super().action_move(rows)
        self._show_position()

    def action_group(self, step: int) -> None:
        """Show the next group, cyclically."""
        names = list(self._groups)
        if self.group in names:
            self.action_show_group(names[(names.index(self.group) + step) % len(names)])

    def action_show_group(self, name: str) -> None:
        """Show a group by its name."""
        self.group = name
        self._show_group()

    def action_choose(self) -> None:
        """Narrow to results with the current value."""
        self.dismiss(self.chosen)

    def action_exclude(self) -> None:
        """Exclude results with the current value."""
        if self.chosen is not None:
            self.post_message(self.Excluded(self.chosen))

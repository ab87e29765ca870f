"""The panel of facets: the results counted by source, tag, year, language and author."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from rilo_reader.index.stats import Facets, Value
from rilo_reader.query.edit import value_term
from rilo_reader.query.tree import Field
from rilo_reader.tui.panels.base import LOW, Panel
from rilo_reader.tui.widgets.line_list import GroupNames, ValueList

MOST_VALUES = 200
"""Values counted for each group: nobody reads on for longer."""

MOST_LINES = 20
"""Values that are seen at once."""

TIGHT = 60
"""Columns below which names stand closer and the keys are named in fewer words."""


class Restriction(NamedTuple):
    """A value that was chosen, and the term of the query language that finds it, "" if none."""

    value: str
    term: str


class Group(NamedTuple):
    """The values of one kind.

    Attributes:
        name: what it is called.
        field: of the query language; None for years.
        values: as they are shown, from the top.
    """

    name: str
    field: Field | None
    values: tuple[Value, ...]

    def restriction(self, number: int) -> Restriction:
        """What choosing a value means."""
        text = self.values[number].text
        return Restriction(
            text, f"date:{text}" if self.field is None else value_term(self.field, text)
        )


def groups_of(facets: Facets) -> list[Group]:
    """The groups that have values, in the order of the panel."""
    by_year = sorted(facets.year, key=lambda value: value.text, reverse=True)
    groups = [
        Group("Source", Field.SOURCE, facets.source),
        Group("Tag", Field.TAG, facets.tag),
        Group("Year", None, tuple(by_year)),
        Group("Language", Field.LANG, facets.lang),
        Group("Author", Field.AUTHOR, facets.author),
    ]
    return [group for group in groups if group.values]


class FacetsScreen(Panel[Restriction]):
    """Choose a value to narrow to, which is the result; `exclude` gets values to leave out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "leave", show=False),
        Binding("tab,l,right", "group(1)", show=False),
        Binding("shift+tab,h,left", "group(-1)", show=False),
        Binding("enter", "narrow", show=False),
        Binding("x", "exclude", show=False),
    ]

    DEFAULT_CSS = """
    FacetsScreen {
        #panel { width: 60; }
        #head { height: 1; padding: 0 1; color: $page-dim; }
        #place { width: auto; text-style: $dim-text-style; }
        #keys { margin: 0; }
        ValueList { margin: 1 0; }
        &.-low #panel { padding: 0 2; }
        &.-low ValueList { margin: 0; }
        &.-tight #place { display: none; }
    }
    """

    def __init__(self, groups: Sequence[Group], exclude: Callable[[Restriction], None]) -> None:
        super().__init__()
        self._groups = list(groups)
        self._exclude = exclude
        self._shown = groups[0].name
        self._names = GroupNames()
        self._place = Static(id="place", markup=False)
        self._keys = Static(id="keys", markup=False)
        self.values = ValueList()

    def compose(self) -> ComposeResult:
        """The groups' names, the values of one, the keys."""
        with Vertical(id="panel"):
            with Horizontal(id="head"):
                yield self._names
                yield self._place
            yield self.values
            yield self._keys

    def on_mount(self) -> None:
        """Show the first group."""
        self._lay_out()
        self._show_group()

    def on_resize(self) -> None:
        """As many values as the screen has lines for."""
        self._lay_out()

    def _lay_out(self) -> None:
        width, height = self.app.size
        is_low, is_tight = height < LOW, width < TIGHT
        self.set_class(is_low, "-low")
        self.set_class(is_tight, "-tight")
        # Low screens have no air to spare; on others the query is seen above the panel.
        around = 2 if is_low else 10
        longest = max((len(group.values) for group in self._groups), default=1)
        self.values.styles.height = max(1, min(longest, MOST_LINES, height - around))
        keys = ("enter narrows", "x excludes", "tab next", "esc closes")
        self._keys.update("  ".join(keys[:2]) if is_tight else "   ".join(keys))
        self._names.gap = 1 if is_tight else 3

    @property
    def group(self) -> Group | None:
        """The group whose values are shown; None where nothing is left to count."""
        return next((one for one in self._groups if one.name == self._shown), None)

    def show(self, groups: Sequence[Group]) -> None:
        """Count anew what is left after something was excluded."""
        self._groups = list(groups)
        if self.group is None and groups:
            self._shown = groups[0].name
        self._show_group(keep=True)

    def _show_group(self, *, keep: bool = False) -> None:
        group = self.group
        self._names.show([one.name for one in self._groups], self._shown)
        self.values.show(group.values if group else (), keep=keep)
        self._show_place()

    def _show_place(self) -> None:
        total = len(self.values.values)
        more = "+" if total == MOST_VALUES else ""
        self._place.update(f"{self.values.cursor + 1}/{total}{more}" if total else "")

    # -- keys and mouse ---------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move by values."""
        self.values.move(rows)
        self._show_place()

    def action_group(self, step: int) -> None:
        """To the next group, round the end."""
        names = [group.name for group in self._groups]
        if self._shown in names:
            self._shown = names[(names.index(self._shown) + step) % len(names)]
            self._show_group()

    def on_group_names_chosen(self, event: GroupNames.Chosen) -> None:
        """A click on a name shows its group."""
        self._shown = event.name
        self._show_group()

    def action_narrow(self) -> None:
        """Only results with this value."""
        self.dismiss(self._restriction())

    def action_exclude(self) -> None:
        """No results with this value; the panel stays and counts the rest."""
        restriction = self._restriction()
        if restriction is not None:
            self._exclude(restriction)

    def on_line_list_chosen(self, _: ValueList.Chosen) -> None:
        """A click on a value narrows."""
        self.action_narrow()

    def _restriction(self) -> Restriction | None:
        group = self.group
        return group.restriction(self.values.cursor) if group else None

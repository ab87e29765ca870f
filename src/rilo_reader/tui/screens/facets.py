"""The panel of facets: the results counted by source, tag, year, language and author."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from rilo_reader.search.editing import value_term
from rilo_reader.search.insight import Facets, Value
from rilo_reader.search.query import Field
from rilo_reader.tui.widgets.value_list import ValueList


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


class FacetsScreen(ModalScreen[Restriction | None]):
    """Choose a value; the result is what to narrow to. `exclude` is told what to leave out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v", "leave", show=False),
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("ctrl+d,pagedown,space", "move(8)", show=False),
        Binding("ctrl+u,pageup", "move(-8)", show=False),
        Binding("g,home", "top", show=False),
        Binding("G,end", "bottom", show=False),
        Binding("tab,l,right", "group(1)", show=False),
        Binding("shift+tab,h,left", "group(-1)", show=False),
        Binding("enter", "narrow", show=False),
        Binding("x", "exclude", show=False),
    ]

    DEFAULT_CSS = """
    FacetsScreen {
        align: center middle;
        background: $page-ground 60%;
        #facets {
            width: 60;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        #groups { height: 1; padding: 0 1; color: $page-dim; }
        #keys { height: 1; padding: 0 1; color: $page-dim; text-style: $dim-text-style; }
        ValueList { margin: 1 0; max-height: 20; }
        &.-low #facets { padding: 0 1; }
        &.-low ValueList { margin: 0; }
    }
    """

    def __init__(
        self, groups: Sequence[Group], total: int, exclude: Callable[[Restriction], None]
    ) -> None:
        super().__init__()
        self._groups = list(groups)
        self._total = total
        self._exclude = exclude
        self._shown = groups[0].name
        self._values = ValueList()

    def compose(self) -> ComposeResult:
        """The groups' names, the values of one, the keys."""
        with Vertical(id="facets"):
            yield Static(id="groups", markup=False)
            yield self._values
            yield Static("enter narrows   x excludes   tab next   esc closes", id="keys")

    def on_mount(self) -> None:
        """Show the first group."""
        self.on_resize()
        self._show_group()

    def on_resize(self) -> None:
        """As many values as the screen has lines for; low screens have no air to spare."""
        height = self.app.size.height
        self.set_class(height < 20, "-low")
        air = 2 if height < 20 else 6
        longest = max((len(group.values) for group in self._groups), default=1)
        self._values.styles.height = max(1, min(longest, 20, height - air))

    @property
    def group(self) -> Group | None:
        """The group whose values are shown; None where nothing is left to count."""
        return next((one for one in self._groups if one.name == self._shown), None)

    @property
    def cursor(self) -> int:
        """The value one stands on."""
        return self._values.cursor

    def show(self, groups: Sequence[Group], total: int) -> None:
        """Count anew what is left after something was excluded."""
        self._groups = list(groups)
        self._total = total
        if self.group is None and groups:
            self._shown = groups[0].name
        self._show_group(keep=True)

    def _show_group(self, *, keep: bool = False) -> None:
        group = self.group
        self.query_one("#groups", Static).update(self._names())
        self._values.show(group.values if group else (), keep=keep)

    def _names(self) -> Content:
        parts: list[str | tuple[str, str]] = []
        for group in self._groups:
            here = group.name == self._shown
            parts += ["   " if parts else "", (group.name, "bold $page-accent" if here else "")]
        return Content.assemble(*parts)

    # -- keys -------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move by values."""
        self._values.move(rows)

    def action_top(self) -> None:
        """To the first value."""
        self._values.move(-len(self._values.values))

    def action_bottom(self) -> None:
        """To the last value."""
        self._values.move(len(self._values.values))

    def action_group(self, step: int) -> None:
        """To the next group, round the end."""
        names = [group.name for group in self._groups]
        if names:
            self._shown = names[(names.index(self._shown) + step) % len(names)]
            self._show_group()

    def action_narrow(self) -> None:
        """Only results with this value."""
        self.dismiss(self._restriction())

    def action_exclude(self) -> None:
        """No results with this value; the panel stays and counts the rest."""
        restriction = self._restriction()
        if restriction is not None:
            self._exclude(restriction)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)

    def on_value_list_chosen(self, _: ValueList.Chosen) -> None:
        """A click on a value narrows."""
        self.action_narrow()

    def _restriction(self) -> Restriction | None:
        group = self.group
        return group.restriction(self._values.cursor) if group else None

"""The facets panel: results counted by source, tag, year, language and author; typing filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from textual.containers import Horizontal
from textual.widgets import Input, Static

from rilo_reader.article import FIELDS, Field
from rilo_reader.index.stats import Facets
from rilo_reader.query.edit import tag_term, value_term
from rilo_reader.query.match import find_text
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.panels.panel import LOW, EntryPanel, PanelLine
from rilo_reader.tui.widgets.line_list import ListEntry

MOST_VALUES = 1_000  # maximum number of values per group
MOST_LINES = 20  # maximum number of visible values
TIGHT = 60  # width in columns below which names are closer and hints are shorter


class Restriction(NamedTuple):
    """A value of a field; of the dates without one."""

    field: Field | None
    value: str
    is_feed_tag: bool = False  # whether it is a tag of feeds

    @property
    def term(self) -> str:
        """The query term that matches it, or ""."""
        if self.is_feed_tag:
            return tag_term(self.value)
        return f"date:{self.value}" if self.field is None else value_term(self.field, self.value)


UNTAGGED = "Without a tag"  # of feeds

Groups = Mapping[str, Sequence[ListEntry]]  # values by the name of their facet


def group_facets(facets: Facets, feed_tags: Sequence[tuple[str, int]] = ()) -> Groups:
    """Return the values of each facet that has any, each with the restriction to it."""
    names = {one.field: one.facet for one in FIELDS if one.facet}
    groups: dict[str, Sequence[ListEntry]] = {}
    for field in dict.fromkeys((Field.SOURCE, Field.TAG, None, Field.LANG, *names)):
        values = facets[field]
        if field is None:
            values = tuple(sorted(values, key=lambda value: value.text, reverse=True))
        if values:
            groups["Year" if field is None else names[field]] = [
                ListEntry(text, right_text=f"{hits:,}", payload=Restriction(field, text))
                for text, hits in values
            ]
        if field is Field.SOURCE and feed_tags:
            groups["Feeds"] = [
                ListEntry(
                    text or UNTAGGED, right_text=f"{hits:,}", payload=Restriction(None, text, True)
                )
                for text, hits in feed_tags
            ]
    return groups


class FacetsScreen(EntryPanel[Restriction]):
    """A choice of a value, among those that have what is typed."""

    TITLE = "Narrow the list"
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
        EntryList { margin: 0 0 1 0; }
        PanelLine, PanelLine:focus { padding: 0 1; }
        &.-low #panel { padding: 0 2; }
        &.-low EntryList, &.-low PanelLine { margin: 0; }
        &.-tight #place { display: none; }
    }
    """

    def __init__(
        self,
        groups: Groups,
        narrow: Callable[[Restriction], object],
        exclude: Callable[[Restriction], object],
    ) -> None:
        """Create a panel; once something is excluded, `show_groups` shows what is left."""

        def choose() -> None:
            if (value := self.current_payload) is not None:
                self.dismiss(partial(narrow, value))
            elif not self._all_groups:
                self.dismiss()

        def exclude_value() -> None:
            if (value := self.current_payload) is not None:
                exclude(value)

        super().__init__(
            lambda _: (
                PanelKey("enter", "enter choose", choose),
                PanelKey("ctrl+x", "^x exclude", exclude_value),
                PanelKey("tab", "tab next kind", partial(self._show_next_group, 1)),
                PanelKey("shift+tab", "", partial(self._show_next_group, -1)),
            )
        )
        self._all_groups = self._groups = groups  # those with the words that are typed
        self.current_group = next(iter(groups))  # the name of the one that is shown
        self._box = PanelLine(placeholder="type to filter")
        self._names = Static(id="names")
        self._position = Static(id="place", markup=False)
        self._widgets_above = [Horizontal(self._names, self._position, id="head"), self._box]
        self._show_group()

    def fit_to_screen(self) -> None:
        """Fit the list to the screen, as high as the longest group."""
        width, height = self.app.size
        # Not on a low screen; elsewhere the query remains visible above the panel.
        margin = 4 if height < LOW else 13
        longest = max(map(len, self._groups.values()), default=1)
        self._list.styles.height = max(1, min(longest, MOST_LINES, height - margin))
        self.set_class(width < TIGHT, "-tight")
        self._show_names()

    def show_groups(self, groups: Groups) -> None:
        """Show the counts that remain after an exclusion."""
        self._all_groups = groups
        self._filter_groups(keep=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the values with the words that are typed, of the kinds that have any."""
        event.stop()
        self._filter_groups()

    def _filter_groups(self, *, keep: bool = False) -> None:
        words = self._box.value.split()
        found = {
            name: [one for one in entries if all(find_text(one.text, word) for word in words)]
            for name, entries in self._all_groups.items()
        }
        self._groups = {name: entries for name, entries in found.items() if entries}
        if self.current_group not in self._groups and self._groups:
            self.current_group = next(iter(self._groups))
        self._show_group(keep=keep)

    def _show_group(self, *, keep: bool = False) -> None:
        self._list.show_entries(self._groups.get(self.current_group, ()), None if keep else 0)
        self._show_names()
        self._show_position()

    def _show_names(self) -> None:
        names = (
            f"[bold $page-accent]{name}[/]"
            if name == self.current_group
            else f"[@click=screen.show_group('{name}')]{name}[/]"
            for name in self._groups
        )
        gap = " " if self.has_class("-tight") else "   "
        self._names.update(gap.join(names) or "Nothing matches.")

    def _show_position(self) -> None:
        total = len(self.entries)
        more = "+" if len(self._all_groups.get(self.current_group, ())) == MOST_VALUES else ""
        self._position.update(f"{self._list.cursor + 1:,}/{total:,}{more}" if total else "")

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self._show_position()

    def _show_next_group(self, step: int) -> None:
        names = list(self._groups)
        if self.current_group in names:
            self.action_show_group(names[(names.index(self.current_group) + step) % len(names)])

    def action_show_group(self, name: str) -> None:
        self.current_group = name
        self._show_group()

"""What the results are, counted: narrowing and excluding by source, tag, year and so on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.query.tree import Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.index.stats import Facets
    from rilo_reader.tui.panels.facets import FacetsScreen, Restriction
    from rilo_reader.tui.screens.reader import ReaderScreen


class Faceting(Room):
    """Opens the panel of facets and changes the query by what is chosen there."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._panel: FacetsScreen | None = None
        self._facets = Latest(desk, "facets", desk.say_error)

    def facets(self) -> None:
        """Count what is shown, and choose from it."""
        self._count(self.desk.query_shown)

    def results_shown(self) -> None:
        """While the panel is open it counts what is shown behind it."""
        if self._panel is not None:
            self._count(self.desk.query_shown)

    def _count(self, query: Query) -> None:
        from rilo_reader.tui.panels.facets import MOST_VALUES

        self._facets.ask(
            partial(self.desk.library.insight.facets, query, MOST_VALUES), self._show_facets
        )

    def _show_facets(self, facets: Facets) -> None:
        from rilo_reader.tui.panels.facets import FacetsScreen, groups_of

        groups = groups_of(facets)
        if self._panel is not None:
            self._panel.show(groups)
        elif groups:
            self._panel = FacetsScreen(groups, self._exclude)
            self.desk.app.push_screen(self._panel, self._chosen)
        else:
            self.desk.say("There is nothing to count here.")

    def _chosen(self, restriction: Restriction | None) -> None:
        self._panel = None
        if restriction is not None:
            self._restrict(restriction, restriction.term)

    def _exclude(self, restriction: Restriction) -> None:
        self._restrict(restriction, f"-{restriction.term}")

    def _restrict(self, restriction: Restriction, term: str) -> None:
        from rilo_reader.query.edit import restrict

        if not restriction.term:
            self.desk.say("There is no word in this to search for.")
        else:
            self.rooms.searching.change_query(
                restrict(self.desk.text, term, saved=self.desk.saved_queries)
            )

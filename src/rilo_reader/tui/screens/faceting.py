"""What the results are, counted: narrowing and excluding by source, tag, year and so on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.search.query import Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.charting import Charting

if TYPE_CHECKING:
    from rilo_reader.search.insight import Facets
    from rilo_reader.tui.screens.facets import FacetsScreen, Restriction


class Faceting(Charting):
    """Opens the panel of facets and changes the query by what is chosen there."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self._panel: FacetsScreen | None = None
        self._facets = Latest(self, "facets", self.say_error)

    def action_facets(self) -> None:
        """Count what is shown, and choose from it."""
        self._count(self.query_shown)

    def results_shown(self) -> None:
        """While the panel is open it counts what is shown behind it."""
        super().results_shown()
        if self._panel is not None:
            self._count(self.query_shown)

    def _count(self, query: Query) -> None:
        from rilo_reader.tui.screens.facets import MOST_VALUES

        self._facets.ask(
            partial(self.library.insight.facets, query, MOST_VALUES), self._show_facets
        )

    def _show_facets(self, facets: Facets) -> None:
        from rilo_reader.tui.screens.facets import FacetsScreen, groups_of

        groups = groups_of(facets)
        if self._panel is not None:
            self._panel.show(groups)
        elif groups:
            self._panel = FacetsScreen(groups, self._exclude)
            self.app.push_screen(self._panel, self._chosen)
        else:
            self.say("There is nothing to count here.")

    def _chosen(self, restriction: Restriction | None) -> None:
        self._panel = None
        if restriction is not None:
            self._restrict(restriction, restriction.term)

    def _exclude(self, restriction: Restriction) -> None:
        self._restrict(restriction, f"-{restriction.term}")

    def _restrict(self, restriction: Restriction, term: str) -> None:
        from rilo_reader.search.editing import restrict

        if not restriction.term:
            self.say("There is no word in this to search for.")
        else:
            self.change_query(restrict(self.text, term, saved=self.saved_queries))

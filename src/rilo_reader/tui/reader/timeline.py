"""The timeline over the list: asked for after the rows are painted, and narrowing by its bars."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from rilo_reader.query.tree import Node, Query
from rilo_reader.tui.reader.controllers import Controller
from rilo_reader.tui.tasks import LatestTask

if TYPE_CHECKING:
    from rilo_reader.index.stats import Facets, Timeline
    from rilo_reader.tui.panels.facets import FacetsScreen, Restriction
    from rilo_reader.tui.reader.screen import ReaderScreen
    from rilo_reader.tui.widgets.timeline import Span, TimelineChart


LEAST_COLUMNS, LEAST_LINES = 60, 14
"""A smaller screen has no line and no width for the chart."""

QUIET = 0.04
"""Seconds after the last results: their rows, snippets and article are painted first."""


class Charting(Controller):
    """Shows the timeline while a search is on or a slice of time is chosen."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._chart: TimelineChart | None = None
        self._asked_for: tuple[Node, Span | None] | None = None
        self._shown_for: Node | None = None
        self._chart_timer: Timer | None = None
        self._charts = LatestTask(desk, "timeline", desk.say_error, patience=0)

    # -- the chart --------------------------------------------------------------------------------

    def results_shown(self) -> None:
        """Another question has another timeline; the one that is shown stays until then."""
        if self._chart is not None:
            self._chart.mark(self.desk.span)
        if not self._is_wanted():
            self._ask_no_more()
            self._asked_for = self._shown_for = None
            self._place_chart()
            return
        node, span = self.desk.asked.node, self.desk.span
        known, self._asked_for = self._asked_for, (node, span)
        if known is not None and known[0] == node and known[1] != span:
            self._place_chart()  # the same question in another slice has the same timeline
        elif self._has_room():
            self._ask_chart_soon()
        else:
            self._shown_for = None
            self._place_chart()

    def resized(self) -> None:
        """Bars are merged to the width; a low or narrow screen has none."""
        self._place_chart()
        if self._is_wanted() and self._has_room() and not self.chart_is_current:
            self._ask_chart()

    @property
    def chart_is_current(self) -> bool:
        """Whether the chart is the one of the results that are shown."""
        return self._shown_for == self.desk.asked.node

    def _is_wanted(self) -> bool:
        return bool(self.desk.text.strip()) or self.desk.span is not None

    def _has_room(self) -> bool:
        width, height = self.desk.app.size
        return width >= LEAST_COLUMNS and height >= LEAST_LINES

    def _ask_chart_soon(self) -> None:
        if self._chart_timer is not None:
            self._chart_timer.stop()
        self._chart_timer = self.desk.set_timer(QUIET, self._ask_chart)

    def _ask_no_more(self) -> None:
        if self._chart_timer is not None:
            self._chart_timer.stop()
        self._charts.forget()

    def _ask_chart(self, direction: int = 0) -> None:
        """Ask for the timeline of what is shown; then go on to a slice, if one was asked for."""
        self._charts.ask(
            partial(self.desk.library.insight.timeline, self.desk.asked),
            partial(self._show_chart, self.desk.asked.node, direction),
        )

    def _show_chart(self, node: Node, direction: int, timeline: Timeline) -> None:
        if not self.desk.is_attached:
            return  # somebody left meanwhile
        if self._chart is None:
            from rilo_reader.tui.widgets.timeline import TimelineChart

            self._chart = TimelineChart()
            self._chart.mark(self.desk.span)
            self._chart.display = False
            self.desk.mount(self._chart, before="#desk")
        self._chart.show(timeline)
        self._shown_for = node
        self._place_chart()
        if direction:
            self._step(direction)

    def _place_chart(self) -> None:
        """Show the chart or hide it."""
        if self._chart is not None:
            self._chart.display = (
                self._shown_for is not None
                and self._is_wanted()
                and self._has_room()
                and self._chart.is_useful
            )

    # -- slices -----------------------------------------------------------------------------------

    def slice_back(self) -> None:
        """Only the slice before, beginning with the newest."""
        self._slice(-1)

    def slice_on(self) -> None:
        """Only the slice after, beginning with the oldest."""
        self._slice(1)

    def _slice(self, direction: int) -> None:
        if self.chart_is_current:
            self._step(direction)
        else:
            self._ask_chart(direction)

    def _step(self, direction: int) -> None:
        span = self._chart.step(direction) if self._chart is not None else None
        if span is not None:
            self.narrow(span)
        elif self.desk.articles.total:
            self.desk.say("Nothing is older." if direction < 0 else "Nothing is newer.")

    def narrow(self, span: Span | None) -> None:
        """Only a slice of time, or all of it."""
        self.rooms.searching.narrow_to(self.desk.text, span, stay=span is None)
        if span is not None and not self._has_room():
            self.desk.say(f"{span}: {self.desk.key_of('back')} widens")


# What the results are, counted: narrowing and excluding by source, tag, year and so on.


class Faceting(Controller):
    """Opens the panel of facets and changes the query by what is chosen there."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._panel: FacetsScreen | None = None
        self._facets = LatestTask(desk, "facets", desk.say_error)

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

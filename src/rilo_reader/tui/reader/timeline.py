"""The timeline above the list, and narrowing to its slices of time."""

from __future__ import annotations

from functools import partial

from textual.timer import Timer

from rilo_reader.article import ArticleId
from rilo_reader.index.stats import Timeline
from rilo_reader.query.tree import Node
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.results import TypedQuery
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.tasks import Urgency
from rilo_reader.tui.widgets.timeline import TimelineChart, TimeSpan

LEAST_COLUMNS, LEAST_LINES = 60, 14  # a smaller screen has no line and no width for the chart
# seconds after the last results, whose rows, snippets and article are painted first
CHART_DELAY = 0.04


class TimelineController(Controller):
    """Shows the timeline while a search is on or a slice of time is chosen."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._search = context.controller_of(SearchController)
        self._chart: TimelineChart | None = None
        self._requested_chart: tuple[Node, TimeSpan | None] | None = None
        self._place_before: ArticleId | None = None  # where the user was before `<` and `>`
        self._place_after: ArticleId | None = None
        self._shown_node: Node | None = None
        self._chart_timer: Timer | None = None
        self._charts = context.tasks.make_latest("timeline", urgency=Urgency.LATER)
        self.commands = {
            "slice_back": partial(self.show_slice, -1),
            "slice_on": partial(self.show_slice, 1),
        }

    def on_results_shown(self) -> None:
        """Load the timeline of other results; the present one stays until then."""
        if self._chart is not None:
            self._chart.mark_span(self.results.question.span)
        if not self._is_wanted():
            if self._chart_timer is not None:
                self._chart_timer.stop()
            self._charts.cancel()
            self._requested_chart = self._shown_node = None
            self._place_chart()
            return
        node, span = self.results.query.node, self.results.question.span
        before, self._requested_chart = self._requested_chart, (node, span)
        if before is not None and before[0] == node and before[1] != span:
            self._place_chart()  # the same question in another slice has the same timeline
        elif self._has_room():
            self._chart_timer = self.tasks.call_after(
                CHART_DELAY, self._request_chart, instead=self._chart_timer
            )
        else:
            self._shown_node = None
            self._place_chart()

    def on_resized(self) -> None:
        """Show or hide the chart for another size."""
        self._place_chart()
        if self._is_wanted() and self._has_room() and not self.chart_is_current:
            self._request_chart()

    @property
    def chart_is_current(self) -> bool:
        """True if the chart is that of the results."""
        return self._shown_node == self.results.query.node

    def _is_wanted(self) -> bool:
        question = self.results.question
        return bool(question.text.strip()) or question.span is not None

    def _has_room(self) -> bool:
        width, height = self.context.app.size
        return width >= LEAST_COLUMNS and height >= LEAST_LINES

    def _request_chart(self, direction: int = 0) -> None:
        """Load the timeline, then step to a slice if `direction` is not 0."""
        query = self.results.query
        show = partial(self._show_chart, query.node, direction)
        self._charts.request(partial(self.library.search.timeline, query), show)

    def _show_chart(self, node: Node, direction: int, timeline: Timeline) -> None:
        if not self.widgets.screen.is_attached:
            return  # the reader is ending
        if self._chart is None:
            self._chart = TimelineChart(self.widgets.articles)
            self._chart.mark_span(self.results.question.span)
            self.widgets.screen.mount(self._chart, before="Columns")
        self._chart.show_timeline(timeline)
        self._shown_node = node
        self._place_chart()
        if direction:
            self._step_span(direction)

    def _place_chart(self) -> None:
        if self._chart is not None:
            has_place = self._is_wanted() and self._has_room()
            is_known = self._shown_node is not None and self._chart.is_useful
            self._chart.set_class(has_place and is_known, "-shown")
            self._chart.styles.width = self.widgets.articles.styles.inline.width
            # Not a margin, which takes the columns from the article, too.
            self._chart.styles.offset = (self.widgets.sources_width, 0)

    def show_slice(self, direction: int) -> None:
        """Narrow to the previous slice of time (-1), first the newest, or the next (1)."""
        if self.chart_is_current:
            self._step_span(direction)
        else:
            self._request_chart(direction)

    def _step_span(self, direction: int) -> None:
        span = self._chart.next_span(direction) if self._chart is not None else None
        if span is not None:
            self.narrow_to_span(span)
        elif self.widgets.articles.total:
            self.widgets.show_message("Nothing is older." if direction < 0 else "Nothing is newer.")

    def narrow_to_span(self, span: TimeSpan | None) -> None:
        """Narrow to a slice of time, or to all; keep the current article if it is in it.

        Another one that the list jumps to is not counted as read.
        """
        if self._search.current_id != self._place_after:
            self._place_before = self._search.current_id

        def on_shown() -> None:
            article = self._search.current_id
            if article is not None and article != self._place_before:
                self._place_after = article
                self.article.skip_read_timer(article)

        question = TypedQuery(self.results.settled_text, span)
        self._search.narrow_to(question, self._place_before, on_shown)
        if span is not None and not self._has_room():
            self.widgets.show_message(f"{span} · {self.widgets.key_of('back')} shows all dates")

"""Muted articles: hidden from all results, and counted beside the total."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.config import Mute
from rilo_reader.feeds.status import feed_mutes
from rilo_reader.feeds.undo import describe_last_step
from rilo_reader.library import Hidden, Library
from rilo_reader.library.mutes import ActiveMutes, select_active_mutes
from rilo_reader.query.tree import Query
from rilo_reader.text import clean_line
from rilo_reader.tui.environment import Environment
from rilo_reader.tui.tasks import TaskRunner, Urgency

if TYPE_CHECKING:
    from rilo_reader.tui.reader.results import ResultList
    from rilo_reader.tui.reader.widgets import ReaderWidgets


LONGEST_NAME = 24  # characters of a muted query beside the total


class Mutes:
    """Hides what the settings and feeds mute from all results and counts."""

    def __init__(
        self,
        library: Library,
        environment: Environment,
        widgets: ReaderWidgets,
        results: ResultList,
        tasks: TaskRunner,
    ) -> None:
        self._library = library
        self._environment = environment
        self._widgets = widgets
        self._results = results
        self._mutes: tuple[Mute, ...] = ()
        self.active_mutes: ActiveMutes | None = None  # of today; None until something was muted
        self.shows_muted = False  # whether muted articles are shown all the same
        self.hidden_total = 0  # articles that are hidden of the results, once they are counted
        self._hidden_task = tasks.make_latest("hidden", urgency=Urgency.LATER)
        self._feeds = tasks.make_latest("muted feeds", urgency=Urgency.LATER)
        self._feed_mutes: tuple[Mute, ...] = ()

    def set_mutes(self, mutes: Sequence[Mute]) -> None:
        """Replace the mutes of the settings."""
        self._mutes = tuple(mutes)
        self.apply()

    def apply(self) -> None:
        """Apply the mutes that hold today."""
        mutes = (*self._mutes, *self._feed_mutes)
        if not mutes and self.active_mutes is None:
            return
        self.active_mutes = select_active_mutes(mutes, self._environment.today())
        self._library.search.mute(() if self.shows_muted else self.active_mutes.queries)

    def load_feeds(self) -> None:
        """Load which feeds are muted, and apply a change."""
        load = partial(feed_mutes, self._library.folder, self._environment.paths)
        self._feeds.request(load, self._take_feeds)

    def _take_feeds(self, mutes: tuple[Mute, ...]) -> None:
        if mutes != self._feed_mutes:
            self._feed_mutes = mutes
            self.apply()
            self._results.reload_query()

    def apply_if_day_changed(self) -> None:
        """Apply the mutes again if the day has changed."""
        if self.active_mutes is not None and self.active_mutes.day != self._environment.today():
            self.apply()

    def on_results_shown(self) -> None:
        """Count what is hidden of these results."""
        self.hidden_total = 0
        if self.active_mutes is None or not self.active_mutes.queries:
            self._widgets.search_row.show_hidden("")
        elif self.shows_muted:
            self._widgets.search_row.show_hidden("muted ones too")
        else:
            count = partial(self._count_hidden, self._results.query_shown)
            self._hidden_task.request(count, partial(self._show_hidden, self.active_mutes))

    def _count_hidden(self, query: Query) -> tuple[Hidden, str]:
        """Return what is hidden of a query, and what was changed last; runs in a thread."""
        return self._library.search.count_hidden(query), describe_last_step(self._library.state)

    def _show_hidden(self, muted: ActiveMutes, counted: tuple[Hidden, str]) -> None:
        hidden, last_change = counted
        if muted is not self.active_mutes or self.shows_muted:
            return
        self.hidden_total = hidden.total
        if hidden.total and not self._widgets.articles.total:  # said where the list is empty
            are = "1 is" if hidden.total == 1 else f"{hidden.total:,} are"
            key_of, undo = self._widgets.key_of, ""
            if last_change.startswith("Muted "):
                undo = f", {key_of('undo')} takes it back"
            self._widgets.articles.show_message(f"{are} muted: {key_of('mute')} shows them{undo}.")
            self._widgets.search_row.show_hidden("")
        else:
            self._widgets.search_row.show_hidden(self._hidden_text(muted, hidden))

    def _hidden_text(self, muted: ActiveMutes, hidden: Hidden) -> str:
        if not hidden.total:
            return ""
        text = f"{hidden.total:,} hidden"
        if self._widgets.is_narrow:
            return text
        by_mute = zip(muted.mutes, hidden.by_mute, strict=False)
        names = [mute.query for mute, hits in by_mute if hits]
        if len(names) > 1:
            return f"{text} by {len(names)} mutes"
        return f'{text} by "{clean_line("".join(names), LONGEST_NAME)}"'

    def count_hidden(self, mutes: tuple[Mute, ...]) -> dict[str, int]:
        """Count the articles that each mute of today hides; runs in a thread."""
        current = select_active_mutes(mutes, self._environment.today())
        hits = self._library.search.count_hidden(Query(), current.queries).by_mute
        return {mute.query: count for mute, count in zip(current.mutes, hits, strict=True)}

    def toggle(self) -> None:
        """Show muted articles, or hide them again."""
        if self.active_mutes is None or not self.active_mutes.queries:
            key = self._widgets.key_of("mute")
            self._widgets.show_message(f"Nothing is muted. {key} hides what a search finds.")
            return
        self.shows_muted = not self.shows_muted
        self.apply()
        self._results.reload_query()

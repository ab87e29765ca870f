"""The sources to the left of the list: opened, shown, folded, and counted beside the frame."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from textual.timer import Timer

from rilo_reader.feeds.source_lines import (
    IN_PLACE,
    SILENT,
    LineView,
    SourceCounts,
    SourceLine,
    count_articles,
    find_step,
    make_lines,
)
from rilo_reader.feeds.sources import FollowedFeeds, read_feeds_of
from rilo_reader.files import read_regular, replace_file
from rilo_reader.library import LibraryError
from rilo_reader.paths import library_name
from rilo_reader.query.edit import add_restriction, remove_restriction
from rilo_reader.query.tree import Sort, has_dates
from rilo_reader.text import format_count
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.timeline import TimelineController
from rilo_reader.tui.tasks import Urgency
from rilo_reader.tui.widgets.source_list import SourceList

ONLY_UNREAD = "is:unread"
OTHER_ROWS = 4  # of the screen, above and below the sources
NO_ARTICLE = "It has no articles yet."


class SourceMemory(NamedTuple):
    """The remembered state of the sources of a library."""

    is_beside: bool = False  # whether they stand beside the list, where there is room
    folded: Mapping[str, bool] = {}  # tags that the user folded or opened, by the keys of lines
    orders: Mapping[str, Sort] = {}  # of sources that the user sorted, by `source_of`


def read_memory(file: Path) -> SourceMemory:
    """Read the remembered state; forget values that are not valid."""
    with suppress(OSError, ValueError, RecursionError):
        values = json.loads(read_regular(file))
        if isinstance(values, dict) and isinstance(folded := values.get("folded"), dict):
            known = {key: value for key, value in folded.items() if isinstance(value, bool)}
            given = values.get("orders")
            orders = given.items() if isinstance(given, dict) else ()
            sorts = {key: Sort(one) for key, one in orders if one in (Sort.NEWEST, Sort.OLDEST)}
            return SourceMemory(values.get("is_beside") is True, known, sorts)
    return SourceMemory()


def write_memory(file: Path, memory: SourceMemory) -> None:
    """Write what is to be remembered; raises LibraryError."""
    try:
        with replace_file(file) as handle:
            handle.write(json.dumps(memory._asdict()).encode())
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error}.") from error


class _SourceState(NamedTuple):
    """Feeds and counts as they were in a commit of the index, at a revision of the marks."""

    feeds: FollowedFeeds
    counts: SourceCounts
    version: tuple[object, ...]


class SourcesController(Controller):
    """Opens the sources, shows what is chosen there, and follows their counts while they are seen.

    Feeds are read again only once they have changed.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._search = context.controller_of(SearchController)
        state_folder = context.environment.paths.state
        self._file = state_folder / f"{library_name(self.library.folder)}.sources.json"
        self._memory = SourceMemory()
        self._counted: _SourceState | None = None
        self._knows_feeds = False  # whether those of `_counted` are as they are now
        self._view = LineView()
        self._was_inside = False
        self._day = context.environment.today()
        self._timer: Timer | None = None
        self._reading = context.tasks.make_latest("remembered sources", urgency=Urgency.LATER)
        self._count_task = context.tasks.make_latest("sources", urgency=Urgency.LATER)
        self._step_task = context.tasks.make_latest("next source")
        self.commands = {
            "sources": lambda: self.hide() if self.widgets.is_in_sources else self.open(),
            "next_source": partial(self.step, 1),
            "previous_source": partial(self.step, -1),
        }

    def start(self) -> None:
        """Show the sources again where they stood beside the list, each in its order."""
        self.results.on_order_changed = lambda: self._save(
            self._memory._replace(orders=self.results.source_orders)
        )
        self._reading.request(partial(read_memory, self._file), self._remember)
        # A timer for midnight would be late after the machine slept, or its clock was set.
        environment = self.context.environment
        if environment.follows:
            self.context.set_interval(environment.delays.day, self.check_day)

    def _remember(self, memory: SourceMemory) -> None:
        self._memory = memory
        self.results.source_orders = memory.orders
        if self.results.usual_sort(self.results.query) is not self.results.sort:
            self.results.reload_query()
        if memory.is_beside and not self._is_seen:
            self._mount_list()
            self._set_beside(is_beside=True)
            self._count_now()

    # -- opening and leaving ----------------------------------------------------------------------

    @property
    def _list(self) -> SourceList | None:
        return self.widgets.sources

    @property
    def _is_seen(self) -> bool:
        """True if the sources are on the screen."""
        return self.widgets.is_in_sources or self.widgets.sources_width > 0

    def _mount_list(self) -> SourceList:
        found = self.widgets.sources
        if found is None:
            found = self.widgets.sources = SourceList()
            self.context.mount(found, before=self.widgets.articles)
        return found

    def open(self) -> None:
        """Go to the sources, with the cursor on the line that the list shows."""
        self.article.stop_reading()
        found, was_seen = self._mount_list(), self._is_seen
        self._set_beside(is_beside=self.widgets.has_room_beside or self._memory.is_beside)
        self.widgets.enter_sources()
        self._was_inside = True
        if not was_seen:
            self._view = LineView(self._memory.folded, is_folded=self._is_high())
        self._reveal(self._shown_query)
        found.go_to(found.shown_key)
        self._count_now()
        if (elsewhere := self.library.remote_articles) is not None:
            span = elsewhere.local_span
            self.widgets.show_message(f"These counts cover the articles on this device, {span}.")

    def hide(self) -> None:
        """Hide the sources, and go to the list."""
        self._set_beside(is_beside=False)
        self.widgets.enter_list()

    def _set_beside(self, *, is_beside: bool) -> None:
        """Show the sources beside the list where there is room, and remember that."""
        self.widgets.set_sources_beside(is_beside)
        self.context.controller_of(TimelineController).on_resized()
        self._save(self._memory._replace(is_beside=is_beside))

    def _save(self, memory: SourceMemory) -> None:
        if memory != self._memory:
            self._memory = memory
            self.tasks.write_tasks.enqueue(partial(write_memory, self._file, memory))

    def handle_back(self) -> bool:
        """Go from the sources to the list; False if the focus is elsewhere."""
        if not self.widgets.is_in_sources:
            return False
        self.widgets.enter_list()
        return True

    def on_focus_moved(self) -> None:
        """Remove lines that stayed while the user was there."""
        if self._was_inside and not self.widgets.is_in_sources:
            self._was_inside = False
            self._view = self._view._replace(shows_silent=False)
            self._show_lines()

    # -- lines ------------------------------------------------------------------------------------

    def _is_high(self) -> bool:
        """Return whether not all lines fit, so that tags are folded."""
        lines = self._make_lines(LineView())
        blanks = sum(line.starts_block for line in lines)
        return len(lines) + blanks > self.context.app.size.height - OTHER_ROWS

    def _make_lines(self, view: LineView) -> list[SourceLine]:
        known = self._counted
        if known is None:
            return []
        return make_lines(known.feeds.statuses, self.context.config.searches, known.counts, view)

    def _show_lines(self) -> None:
        found, known = self._list, self._counted
        if found is None or known is None:
            return
        stays = {line.key for line in found.lines if self.widgets.is_in_sources}
        query = self._shown_query
        stays |= {line.key for line in self._every_line if query and line.query == query}
        lines = self._make_lines(self._view._replace(kept=stays))
        shown = [line.key for line in lines if query is not None and line.query == query]
        at = found.line.key if found.line is not None else ""
        notes: Sequence[str] = ()
        is_guide = self.context.environment.collection_folder != self.library.folder
        takes_feeds = (
            not is_guide
            and self.context.environment.find_other_library(self.context.config) is None
        )
        if takes_feeds and not (known.feeds.statuses or known.counts.sources):
            notes = ("No sources yet.", f"{self.widgets.key_of('add')} adds a feed.")
        elif known.counts.articles and not known.counts.unread:
            notes = ("Nothing unread.",)
        found.show_lines(lines, at if at in shown else next(iter(shown), ""), notes)

    def _reveal(self, query: str | None) -> None:
        """Show the lines, and the source of a query also where its tag is folded."""
        tags = [
            line.key.partition("\n")[0]
            for line in self._every_line
            if line.is_source and line.query == query
        ]
        if tags and not any(map(self._view.is_open, tags)):
            folded = {**self._view.folded, tags[0]: False}
            self._view = self._view._replace(folded=folded)
        self._show_lines()

    @property
    def _shown_query(self) -> str | None:
        """The query of the line that the list shows, if one does; without `only unread`."""
        question = self.results.question
        if question.selection is not None or question.is_prefix:
            return None
        text, queries = question.text.strip(), {line.query for line in self._every_line}
        bare = remove_restriction(text, ONLY_UNREAD) if ONLY_UNREAD in text else text
        return next((each for each in (text, bare.strip()) if each in queries), None)

    @property
    def _every_line(self) -> list[SourceLine]:
        return self._make_lines(IN_PLACE)

    def describe_line(self) -> None:
        """Say in the last line what fails, or a name that has no room."""
        found = self._list
        line = found.line if found is not None and self.widgets.is_in_sources else None
        if found is not None and line is not None and (line.fault or found.is_name_cut):
            self.widgets.bottom.show_message(line.fault or line.name, stay=True)

    def toggle_fold(self) -> None:
        """Fold a tag, or show its sources; from a source, fold its tag."""
        found = self._list
        line = found.line if found is not None else None
        if found is None or line is None:
            return
        if line.key.startswith(SILENT):
            self._view = self._view._replace(shows_silent=not self._view.shows_silent)
            key = SILENT
        else:
            key = line.key if line.is_open is not None else line.key.partition("\n")[0]
            if line.is_open is None and not line.level:
                return
            change = {key: self._view.is_open(key)}
            self._view = self._view._replace(folded={**self._view.folded, **change})
            self._save(self._memory._replace(folded={**self._memory.folded, **change}))
        self._show_lines()
        found.go_to(key)

    # -- choosing ---------------------------------------------------------------------------------

    def choose_current(self) -> None:
        """Show the articles of the line at the cursor in the list."""
        line = self._list.line if self._list is not None else None
        if line is None:
            return
        if line.query is not None:
            self._choose(line.query)
        elif line.key == SILENT:
            self.toggle_fold()
        else:
            self.widgets.show_message(NO_ARTICLE)

    def _choose(self, query: str, *, is_entered: bool = True) -> None:
        text = query
        if query and ONLY_UNREAD not in query and self._search.is_only_unread:
            text = add_restriction(ONLY_UNREAD, query)
        self._search.show_query(text, is_entered=is_entered)

    def step(self, step: int) -> None:
        """Show the next source with unread articles (1), or the previous one (-1)."""
        self._step_task.request(self._count, partial(self._show_next, step))

    def _show_next(self, step: int, counted: _SourceState) -> None:
        self._take_counts(counted)
        line = find_step(self._every_line, self._shown_query or "", step)
        if line is None or line.query is None:
            self.widgets.show_message("No other source has unread articles.")
            return
        self._choose(line.query, is_entered=not self.widgets.is_in_sources)
        count = format_count(line.number or 0, "unread article")
        # Until the next key: then some are read.
        self.widgets.bottom.show_message(f"{line.name}: {count}", stay=True)
        if self._list is not None and self._is_seen:
            self._reveal(line.query)
            self._list.go_to(
                next((one.key for one in self._list.lines if one.query == line.query), "")
            )

    # -- counting ---------------------------------------------------------------------------------

    def on_results_shown(self) -> None:
        """Show which line is in the list; count again where the index has changed."""
        if self._is_seen:
            self._show_lines()
            if self._counted is None or self._counted.version[1:] != self._make_version()[1:]:
                self._count_later()

    def on_marks_changed(self) -> None:
        """Count again, once nothing has changed for a moment."""
        self._count_later()

    def on_feeds_changed(self) -> None:
        """Read the feeds again, and count."""
        self._knows_feeds = False
        self._count_later()

    def check_day(self) -> None:
        """Count again on another day, and show the results of a query with dates again."""
        if (today := self.context.environment.today()) != self._day:
            self._day = today
            self._count_later()
            if has_dates(self.results.query.node):
                self.results.reload_query()

    def _count_later(self) -> None:
        if self._is_seen:
            delay = self.context.environment.delays.count_sources
            self._timer = self.tasks.call_after(delay, self._count_now, instead=self._timer)

    def _count_now(self) -> None:
        if self._is_seen and self.context.is_attached:
            self._count_task.request(self._count, self._show_counts)

    def _count(self) -> _SourceState:
        """Count articles by source, unless nothing has changed; runs in a thread."""
        known, config = self._counted, self.context.config
        version = (self.library.state.revision, *self._make_version())
        if known is not None and self._knows_feeds and known.version == version:
            return known
        if known is None or not self._knows_feeds:
            paths = self.context.environment.paths
            feeds = read_feeds_of(self.library.folder, paths, config, datetime.now(UTC))
        else:
            feeds = known.feeds
        today = self.context.environment.today()
        counts = count_articles(self.library.search, config.searches, today)
        return _SourceState(feeds, counts, version)

    def _make_version(self) -> tuple[object, ...]:
        """Return what changes with the index, the day, saved searches and mutes."""
        mutes = self.context.mutes
        return (
            self.library.index.snapshot,
            self.context.environment.today(),
            self.context.config.searches,
            mutes.active_mutes,
            mutes.shows_muted,
        )

    def _take_counts(self, counted: _SourceState) -> None:
        is_first = self._counted is None
        self._counted, self._knows_feeds = counted, True
        if is_first:
            self._view = LineView(self._memory.folded, is_folded=self._is_high())

    def _show_counts(self, counted: _SourceState) -> None:
        is_first = self._counted is None
        self._take_counts(counted)
        if not is_first:
            self._show_lines()
        elif self._list is not None:
            self._reveal(self._shown_query)
            self._list.go_to(self._list.shown_key)
            if counted.feeds.faults:
                self.widgets.show_message(counted.feeds.faults[0])

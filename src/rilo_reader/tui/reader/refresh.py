"""Refreshing feeds in the background, and showing the new articles on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from textual.timer import Timer

from rilo_reader.article import ArticleId
from rilo_reader.feeds.progress import FeedProgress, Phase, Summary
from rilo_reader.feeds.schedule import SkipReason
from rilo_reader.text import clean_line, format_count
from rilo_reader.tui.children import Collector, Report, ReportedProblem, VerbFailure
from rilo_reader.tui.reader.controller import ReaderContext, ReaderPart
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.tasks import Urgency

STARTED_TEXT = "Refreshing…"
STOPPING = "Stopping the refresh; new articles so far are kept."

NAME_LIMIT = 30  # characters of the name of an account while it is synced
READ_DELAY = 0.3  # seconds without another mark after which new articles are counted again
NEWEST_AMONG = 500  # new articles among which the newest is looked for


class RefreshRunner(ReaderPart):
    """Runs one refresh at a time in a child process, and counts the new articles."""

    def __init__(self, context: ReaderContext, on_ended: Callable[[], None]) -> None:
        super().__init__(context)
        self._on_ended = on_ended  # called when feeds have other states and names
        self._collector: Collector | None = None
        self._is_quiet = False
        self._is_stopping = False
        self._other_library: Path | None = None
        self._has_offered = False
        self._has_next = False
        self._new_paths: list[str] = []
        self._ids: dict[str, ArticleId] = {}  # of new articles, by path, as far as known
        self._unread_task = context.tasks.make_latest("unread new articles", urgency=Urgency.LATER)
        self._unread_timer: Timer | None = None
        self._newest_task = context.tasks.make_latest("new articles")
        self._last_failure = ""

    def start(self) -> None:
        """Schedule automatic refreshes, if the settings ask for them."""
        minutes = self.context.config.refresh_every
        if minutes:
            self.context.set_interval(minutes * 60, partial(self.start_refresh, quiet=True))
            self.start_refresh(quiet=True)

    @property
    def is_running(self) -> bool:
        """True if feeds are being fetched."""
        return self._collector is not None

    def toggle(self) -> None:
        """Start a refresh, or stop the one in progress; one that is quiet is shown first."""
        if self._collector is None:
            self.start_refresh()
        elif self._is_quiet:
            self._is_quiet = False
            self.widgets.bottom.fetching = STARTED_TEXT
        elif not self._is_stopping:
            self._is_stopping = True
            self.widgets.bottom.fetching = STOPPING
            # What is being written is finished first; keys are not to wait for that.
            self.tasks.run(self._collector.close(), group="stop")

    def start_refresh(self, feeds: Sequence[str] = (), *, quiet: bool = False) -> None:
        """Start a refresh of these feeds, also if not due, or of all due; not while one runs.

        A quiet one shows only new articles, how far a long sync is, and new failures. Where feeds
        and accounts are fetched into another library than this one, that is said first, and done
        when it is asked for again; a quiet one does nothing.
        """
        if self._collector is not None:
            return
        self._other_library = self.context.environment.find_other_library(self.context.config)
        if self._other_library is not None and (quiet or not self._has_offered):
            if not quiet:
                self._has_offered = True
                key, folder = self.widgets.key_of("refresh"), str(self._other_library)
                self.widgets.show_message(
                    "Feeds are not fetched into this folder; "
                    f"{key} again fetches them into {clean_line(folder, 1000)}"
                )
            return
        self._collector = self.context.environment.collector()
        self._is_quiet, self._is_stopping = quiet, False
        self.widgets.bottom.fetching = "" if quiet else STARTED_TEXT
        self.tasks.run(self._follow_collector(self._collector, tuple(feeds)), group="refresh")

    def start_next(self) -> None:
        """Start a refresh, after the one in progress if there is one."""
        if self._collector is None:
            self.start_refresh()
        else:
            self._has_next = True

    async def stop(self) -> None:
        """Stop the refresh in progress."""
        if self._collector is not None:
            await self._collector.close()

    async def _follow_collector(self, collector: Collector, feeds: Sequence[str]) -> None:
        totals, name, waiting = Summary(0), "", 0
        last: Report | None = None
        problem = ""
        try:
            into = () if self._other_library is None else ("--library", str(self._other_library))
            async for report in collector.run("refresh", "--json", *into, *feeds):
                last = report
                if isinstance(report, ReportedProblem):
                    problem = report.problem or problem
                if not isinstance(report, FeedProgress):
                    continue
                if report.state.is_end:
                    self.add_new_articles(report)
                    totals = totals.add_report(report)
                    if report.state is Phase.FAILED:
                        name = report.name
                    waiting += report.failure == SkipReason.BACK_OFF
                    self._show_progress("" if self._is_quiet else describe_progress(totals))
                elif report.state is Phase.READING and report.reason:
                    self._show_progress(
                        f"Refreshing {clean_line(report.name, NAME_LIMIT)}: {report.reason}"
                    )
        finally:
            self._collector = None
            self.widgets.bottom.fetching = ""
        if isinstance(last, Summary):
            self._show_summary(last, name if totals.failed == 1 else "", waiting)
        elif self._is_stopping:
            what = format_count(totals.new, "new article") if totals.new else "nothing new"
            self.widgets.show_message(f"Refresh stopped: {what}")
        elif isinstance(last, VerbFailure) and not self._is_known(last.error):
            self.widgets.show_error(last.error)
        if problem:
            self.widgets.show_error(problem)
        self._other_library = None
        self._on_ended()
        if self._has_next:
            self._has_next = False
            self.start_refresh()

    def _show_progress(self, progress: str) -> None:
        self.widgets.bottom.fetching = STOPPING if self._is_stopping else progress

    def add_new_articles(self, progress: FeedProgress) -> None:
        """Count the new articles of a feed."""
        if progress.new and self._other_library is None:  # what came elsewhere cannot be shown here
            self._new_paths += progress.new
            self._show_new()

    def _show_summary(self, totals: Summary, name: str, waiting: int) -> None:
        """Show the result of the refresh; the others as for `describe_summary`."""
        message = self.widgets.show_message
        if not totals.feeds or totals.offline:
            if self._is_quiet:
                return
            if totals.feeds:
                self.widgets.show_error("Nothing could be reached: is this computer connected?")
            else:
                message(f"You follow no feeds yet; {self.widgets.key_of('add')} adds one.")
        else:
            failure = f"{totals.failed} {name}" if totals.failed else ""
            failed = 0 if self._is_known(failure) else totals.failed
            if totals.new or failed or totals.rules or not self._is_quiet:
                panel = self.widgets.key_of("feeds")
                text = describe_summary(totals._replace(failed=failed), panel, name, waiting)
                if totals.rules:
                    text += f" {totals.rules} · {self.widgets.key_of('undo')} undoes it"
                if self._other_library is not None:
                    text += f" See {clean_line(str(self._other_library))}"
                message(text)
            if totals.new:
                self.context.leave_guide()

    def _is_known(self, failure: str) -> bool:
        """Record how a refresh failed, "" if it did not; return whether to leave it out.

        A quiet one does not show a failure again that the one before ended with.
        """
        before, self._last_failure = self._last_failure, failure
        return self._is_quiet and failure == before

    def _show_new(self) -> None:
        key = self.widgets.key_of("show_new")
        hint = f" · {key} shows them" if key else ""
        self.widgets.bottom.news = f"{len(self._new_paths):,} new{hint}" if self._new_paths else ""

    def on_marks_changed(self) -> None:
        """Count as new only what is unread, once no mark has changed for a moment."""
        if self._new_paths:
            count = partial(self._find_unread, tuple(self._new_paths))
            request = partial(self._unread_task.request, count, self._drop_read)
            self._unread_timer = self.tasks.call_after(
                READ_DELAY, request, instead=self._unread_timer
            )

    def _find_unread(self, paths: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Return the paths asked for, and those of unread articles; runs in a thread."""
        for path in paths:
            if path not in self._ids and (found := self.library.find(path)) is not None:
                self._ids[path] = found
        marks = self.library.state.marks(self._ids[path] for path in paths if path in self._ids)
        read = {article for article, its in marks.items() if its.read}
        return paths, [path for path in paths if self._ids.get(path) not in read]

    def _drop_read(self, found: tuple[Sequence[str], Sequence[str]]) -> None:
        asked, unread = found
        if tuple(self._new_paths[: len(asked)]) == tuple(asked):  # not shown meanwhile
            self._new_paths[: len(asked)] = unread
            self._show_new()

    def show_new(self) -> None:
        """Go to the newest of the new articles."""
        if not self._new_paths:
            self.widgets.show_message("There are no new articles.")
            return
        self._newest_task.request(partial(self._find_newest, tuple(self._new_paths)), self._go_to)

    def _find_newest(self, paths: Sequence[str]) -> ArticleId | None:
        """Return the newest of some articles; runs in a thread."""
        library = self.library
        found = (library.find(path) for path in paths[-NEWEST_AMONG:])
        rows = [row for each in found if each is not None and (row := library.search.row(each))]
        return max(rows, key=lambda row: row.date).id if rows else None

    def _go_to(self, newest: ArticleId | None) -> None:
        if newest is None:
            self.widgets.show_message("The new articles are being indexed; try again in a moment.")
            return
        self._new_paths.clear()
        self._show_new()
        self.context.controller_of(SearchController).show_everything(newest)
        self.widgets.enter_list()


def describe_progress(totals: Summary) -> str:
    """Describe the progress of a refresh."""
    counts = ((totals.new, "new"), (totals.failed, "failed"))
    parts = [f"{number:,} {what}" for number, what in counts if number]
    return " · ".join([f"Refreshing: {format_count(totals.done, 'feed')}", *parts])


def describe_summary(totals: Summary, panel: str, name: str = "", waiting: int = 0) -> str:
    """Describe the result; `panel` is a key, `name` what alone failed, or "".

    `waiting` feeds were not asked, as they failed a short time ago.
    """
    parts = [format_count(totals.new, "new article")] if totals.new else []
    if not totals.new and not totals.incomplete:
        parts.append("Nothing new")
    if totals.failed:
        parts.append(f"{name or format_count(totals.failed, 'feed')} failed")
    if totals.incomplete:
        parts.append(f"{format_count(totals.incomplete, 'feed')} came incomplete")
    if waiting:
        wait = "waits" if waiting == 1 else "wait"
        parts.append(f"{format_count(waiting, 'feed')} {wait} after a failure")
    if panel and (totals.failed or totals.incomplete or waiting):
        parts.append(f"{panel} shows why")
    return f"{'; '.join(parts)}."

"""Background work: following the folder and marks, backing up, warming up queries."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Generic

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import Progress, Row
from rilo_reader.library.other_files import make_notice
from rilo_reader.library.progress import SpeedMeter, rough_duration
from rilo_reader.query.tree import Query
from rilo_reader.tui.children import Told, WatchEnd, Watcher
from rilo_reader.tui.reader.article import MarkedRows
from rilo_reader.tui.reader.controller import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.feeds import FeedController
from rilo_reader.tui.tasks import Urgency

FileVersions = tuple[tuple[int, int, int] | None, ...]


def find_file_version(file: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever a file is written; None where there is no such file."""
    with suppress(OSError):
        status = file.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
    return None


class MarkFollower(ReaderPart):
    """Shows marks in place as others make them; no row moves or goes until the next search.

    At each look feeds.toml and settings.toml are looked at too: what others mute is hidden at once,
    so that nobody marks it as read with the rest.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._revision = 0  # of the marks that are shown
        self._file_versions: FileVersions = ()  # of feeds and settings, as they were last seen
        self._timer: Timer | None = None
        self._waiting_ids: set[ArticleId] = set()  # shown, and changed since
        # The next look may do better than one that failed.
        self._check_task = context.tasks.make_latest("marks", lambda _: None, urgency=Urgency.LATER)
        self._reading = context.tasks.make_latest("arriving", urgency=Urgency.LATER)

    def start(self) -> None:
        """Poll marks, if they can be followed, until `pause_polling`."""
        environment = self.context.environment
        if environment.follows:
            self._revision = self.library.state.revision
            self._file_versions = self._find_file_versions()
            self._timer = self.context.set_interval(environment.delays.marks, self._poll_marks)

    def pause_polling(self, is_paused: bool) -> None:
        """Pause polling while something else reports changes, or resume it."""
        if self._timer is not None:
            (self._timer.pause if is_paused else self._timer.resume)()
            if is_paused:  # what has changed since the last look is not reported
                self.check_marks()

    def check_marks(self) -> None:
        """Check whether marks, feeds or settings have changed."""
        self._check_task.request(partial(self._find_changes, self._revision), self._take_changes)

    def _poll_marks(self) -> None:
        if not self._check_task.is_running:
            self.check_marks()

    def _find_changes(
        self, revision: int
    ) -> tuple[int, Collection[ArticleId] | None, FileVersions]:
        """Return the current revision, the changed articles, and of which version files are."""
        return *self.library.state.read_changes_since(revision), self._find_file_versions()

    def _find_file_versions(self) -> FileVersions:
        paths = self.context.environment.paths
        return tuple(map(find_file_version, (paths.feeds_file, paths.settings_file)))

    def _take_changes(self, seen: tuple[int, Collection[ArticleId] | None, FileVersions]) -> None:
        before = self._file_versions
        self._revision, articles, self._file_versions = seen
        if self._file_versions != before:  # by others, or here, where it is in use already
            self.context.controller_of(FeedController).on_files_changed()
        if articles is None or articles:
            self._read_again(articles)
            self.context.tell(lambda each: each.on_marks_changed())

    def _read_again(self, articles: Collection[ArticleId] | None) -> None:
        shown = self._shown_rows()
        self._waiting_ids |= shown.keys() if articles is None else shown.keys() & set(articles)
        if self._waiting_ids:
            query, wanted = self.results.query_shown, list(self._waiting_ids)
            read = partial(self.article.load_marked_rows, wanted)
            self._reading.request(read, partial(self._show_rows, query))

    def _shown_rows(self) -> dict[ArticleId, Row]:
        rows = (*self.widgets.articles.loaded_rows, self.article.row, self.article.related_row)
        return {row.id: row for row in rows if row is not None}

    def _show_rows(self, query: Query, read: MarkedRows) -> None:
        self._waiting_ids = set()
        rows, matching = read
        # Other results than those it was asked for have been read since.
        if query is self.results.query_shown:
            before = {article: _shown_marks(row) for article, row in self._shown_rows().items()}
            changed = [
                row for row in rows if before.get(row.id, _shown_marks(row)) != _shown_marks(row)
            ]
            self.article.show_marks(changed, matching)


def _shown_marks(row: Row) -> tuple[object, ...]:
    """Return the marks of a row that are shown."""
    return row.marks.read, row.marks.starred, row.marks.tags, row.marks.is_edited


class _LeaveSignal(Exception):  # noqa: N818 - not an error
    """The reader is being left, so preparation ends."""


class QueryPreparation(ReaderPart):
    """Prepares expensive queries while the user is idle.

    With half a million read articles, the first query for unread ones takes a second; later ones
    are fast until the index or very many marks change. Preparation is repeated after each pause.
    The files of the index are read into memory as soon as the first article is painted.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._pause = context.environment.delays.prepare
        self._idle_since = monotonic()
        self._timer: Timer | None = None
        # An error is shown by the next query.
        self._jobs = context.tasks.make_latest("preparation", lambda _: None, urgency=Urgency.IDLE)
        self._reading = context.tasks.make_latest(
            "reading ahead", lambda _: None, urgency=Urgency.IDLE
        )

    def start(self) -> None:
        """Read the index into memory."""
        read_ahead = partial(self.library.index.read_ahead, lambda: self.context.is_running)
        self._reading.request(read_ahead, lambda _: None)

    def postpone_preparation(self) -> None:
        """Postpone preparation to the next pause."""
        self._idle_since = monotonic()
        self._timer = self.tasks.call_after(
            self._pause, self.request_preparation, instead=self._timer
        )

    def request_preparation(self) -> None:
        """Prepare queries now, or again once the preparation that is running has ended."""
        self._jobs.request(self._prepare_queries, lambda _: None)

    def _prepare_queries(self) -> None:
        """Prepare queries until the user does something; runs in a thread."""
        with suppress(_LeaveSignal):
            self.library.search.prepare_unread(self._is_quiet)

    def _is_quiet(self) -> bool:
        if not self.context.is_running:
            raise _LeaveSignal
        return monotonic() - self._idle_since > self._pause


PROGRESS_FROM_FILES = 300  # number of files from which progress is shown
LONG = 10.0  # remaining seconds from which speed and remaining time are shown


class ChildWatch(ReaderPart, Generic[Told]):
    """Shows what a child process reports that follows something, until the reader ends."""

    _child: Watcher[Told] | None = None

    def _start_child(self, begin: Callable[[], Watcher[Told]]) -> None:
        self._child = begin()
        self.tasks.run(self._show_reports(self._child), group="watching")

    async def _show_reports(self, child: Watcher[Told]) -> None:
        async for report in child.follow():
            if isinstance(report, WatchEnd):
                self.widgets.show_error(report.reason)
            self._show_report(report)

    def _show_report(self, report: Told | WatchEnd) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        """End the child."""
        if self._child is not None:
            await self._child.close()


class IndexWatch(ChildWatch[Progress]):
    """Updates the list when the indexer has committed changes of the folder.

    While it waits, it tells whether marks have changed.
    """

    def __init__(self, context: ReaderContext, marks: MarkFollower) -> None:
        super().__init__(context)
        self._marks = marks
        self._pace = SpeedMeter()
        self._has_shown_left_out = False
        self._warning = ""  # what of the folder is not read or watched
        self._reload_task = context.tasks.make_latest("reload")

    def start(self) -> None:
        """Start the indexer, if there is one."""
        if self.context.environment.indexer is not None:
            self._start_child(self.context.environment.indexer)

    def _show_report(self, report: Progress | WatchEnd) -> None:
        is_waiting = (
            isinstance(report, Progress)
            and report.finished
            and not (report.unwatched or report.unsaved)
        )
        if isinstance(report, Progress) and report.marks:
            self._marks.check_marks()
            return
        self._marks.pause_polling(is_waiting)
        if isinstance(report, Progress) and report.unsaved:
            read = partial(self._read_into_memory, report.unsaved)
            self._reload_task.request(read, self._show_unsaved)
        elif isinstance(report, Progress):
            self._show_progress(report)
        else:
            self.results.is_current = True
            self.widgets.bottom.activity = ""

    def _show_progress(self, progress: Progress) -> None:
        self._pace.add(progress)
        self.widgets.bottom.activity = describe_activity(progress, self._pace)
        self.results.is_current = self.results.is_current or progress.finished
        if progress.finished and not progress.committed and self.widgets.articles.total:
            self.results.keep_place()
        files, left_out = progress.files or 0, progress.left_out or {}
        if not self._has_shown_left_out and (text := make_notice(files, left_out)):
            self._has_shown_left_out = True  # many of the folder's texts are not indexed
            self.widgets.show_message(f"{text}; rilo-reader doctor lists them")
        if progress.files is not None:
            self._show_warning(progress.warning)
        # Also if this indexer had nothing to do: that of another reader may have done it.
        if progress.committed or progress.finished:
            self._reload_task.request(self._reload_index, self._show_reloaded)

    def _reload_index(self) -> bool:
        """Load the newest commit, or the index that could not be saved before; runs in a thread."""
        index = self.library.index
        if index.is_in_memory:
            index.reopen()
            return True
        return index.reload()

    def _read_into_memory(self, unsaved: str) -> tuple[str, bool]:
        """Read the folder where its index cannot be saved and nothing is in sight; in a thread.

        Return the sentence on that, and whether results may have changed.
        """
        index, changed = self.library.index, False
        if not index.size:
            index.move_to_memory(OSError(unsaved))
        if not index.is_in_memory:
            where = f"The index cannot be saved in {index.directory} ({unsaved})"
            return f"{where}, so new articles are not shown until it can be.", False
        for progress in self.library.follower.reconcile():
            changed = changed or progress.committed
        return index.notice, changed

    def _show_unsaved(self, said: tuple[str, bool]) -> None:
        warning, changed = said
        self.results.is_current = True
        self._show_warning(warning)
        self._show_reloaded(changed)

    def _show_warning(self, warning: str) -> None:
        if warning != self._warning:
            self._warning = warning
            self.widgets.bottom.show_message(warning, stay=True)

    def _show_reloaded(self, changed: bool) -> None:
        if changed:
            self.article.read_again()
        if changed or not self.widgets.articles.total:
            self.results.reload_query(to_top=not self.results.keeps_place)
            if self.results.is_current and self.widgets.articles.total:
                # The user may be reading without pressing a key.
                self.results.keep_place()


def describe_activity(progress: Progress, pace: SpeedMeter) -> str:
    """Describe the progress of indexing; "" if it is quick or finished.

    Speed and remaining time are included if it takes long.
    """
    if progress.finished:
        return ""
    if progress.total is None:
        checking = f"Checking {progress.done:,} files for changes…"
        return checking if pace.speed is not None else ""
    if progress.total < PROGRESS_FROM_FILES:
        return ""
    reading, left = f"Reading {progress.done:,} of {progress.total:,}", pace.seconds_left
    if left is None or left < LONG:
        return f"{reading}…"
    return f"{reading} · {pace.speed:,.0f}/s · {rough_duration(left)} left"


class Backups(ReaderPart):
    """Backs up marks regularly, and shows new notices of the library."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._known_notices: tuple[str, ...] = ()
        self._backup_task = context.tasks.make_latest("backup", urgency=Urgency.IDLE)

    def start(self) -> None:
        """Schedule backups; notices until now have been shown."""
        self._known_notices = self.library.notices
        # With many marks there is no backup on quitting, so that of the last session is made now.
        delays = self.context.environment.delays
        self.tasks.call_after(delays.first_backup, self.back_up)
        self.context.set_interval(delays.backup, self.back_up)

    def back_up(self) -> None:
        """Make a backup in a thread; quitting does not wait for it."""
        self._backup_task.request(self.library.state.backup, self._show_news)

    def _show_news(self, _: object) -> None:
        before, self._known_notices = self._known_notices, self.library.notices
        if new := [notice for notice in self._known_notices if notice not in before]:
            self.widgets.bottom.show_message(" ".join(new), stay=True)


class BackgroundController(Controller):
    """Runs background work from the first painted article until the reader ends."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.marks = MarkFollower(context)
        self.folder = IndexWatch(context, self.marks)
        self.backups = Backups(context)
        self.preparation = QueryPreparation(context)

    def start(self) -> None:
        """Start all of it."""
        parts = (self.backups, self.folder, self.marks, self.preparation)
        for part in parts:
            part.start()

    async def stop(self) -> None:
        """End what runs beside the reader."""
        await self.folder.stop()

    def on_results_shown(self) -> None:
        """Postpone preparation."""
        self.preparation.postpone_preparation()

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Postpone preparation."""
        self.preparation.postpone_preparation()

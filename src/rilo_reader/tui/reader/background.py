"""Background work: following the folder, marks and notes, backing up, warming up queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import LibraryError, Progress, Row
from rilo_reader.library.left_out import notice
from rilo_reader.library.notes import NoteFiles, NotesReport
from rilo_reader.library.values import Pace, rough_duration
from rilo_reader.query.tree import Query
from rilo_reader.store.gestures import Aside
from rilo_reader.tui.children import Indexer
from rilo_reader.tui.environment import MarksThread
from rilo_reader.tui.reader.context import Controller, Handler, ReaderContext, ReaderPart
from rilo_reader.tui.reader.devices import Devices
from rilo_reader.tui.tasks import Urgency

if TYPE_CHECKING:
    from rilo_reader.sync.follower import MarksReport
    from rilo_reader.sync.sync import SyncReport


RENEWED = "This device's journal was not as it had left it, so it has begun a new one."


class MarksArriving(ReaderPart):
    """Shows marks in place as they arrive; no row moves or goes until the next search."""

    def __init__(self, context: ReaderContext, arrived: Callable[[], None]) -> None:
        """Create it; `arrived` is called when marks have changed."""
        super().__init__(context)
        self._arrived = arrived
        self._marks: MarksThread | None = None
        self._waiting: set[ArticleId] = set()  # shown, and changed since
        self._reading = context.tasks.latest("arriving", urgency=Urgency.LATER)
        self._problem = ""  # of the last sync
        self._shown_problem = ""
        self._shown_aside: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Follow the marks a moment later, if they can be followed."""
        environment = self.context.environment
        if environment.marks is not None:
            begin = partial(self._begin, environment.marks, self.library.state.revision)
            self.tasks.after(environment.delays.first_sync, begin)

    def _begin(self, follow: Callable[[], MarksThread], since: int) -> None:
        marks = self._marks = follow()
        self.tasks.run(self._listen(marks, since), name="marks", group="marks")

    @property
    def is_on(self) -> bool:
        """Whether marks travel, as far as is known."""
        return self._marks is not None and self._marks.is_on

    async def stop(self) -> None:
        """End it, once what was done last is in the journal."""
        if self._marks is not None:
            await self._marks.close()

    async def _listen(self, marks: MarksThread, since: int) -> None:
        async for report in marks.follow(since):
            self._show(report)

    def _show(self, report: MarksReport) -> None:
        if report.sync is not None:
            self._show_sync(report.sync, report.aside)
        if report.articles is None or report.articles:
            self._read_again(report.articles)
            self._arrived()

    # -- rows -------------------------------------------------------------------------------------

    def _read_again(self, articles: Collection[ArticleId] | None) -> None:
        shown = self._rows_shown()
        self._waiting |= shown.keys() if articles is None else shown.keys() & set(articles)
        if self._waiting:
            query, wanted = self.results.query_shown, list(self._waiting)
            self._reading.ask(partial(self._read, wanted), partial(self._show_rows, query))

    def _rows_shown(self) -> dict[ArticleId, Row]:
        """The rows that are loaded, and the article that is open."""
        rows = (*self.widgets.articles.loaded_rows, self.article.row, self.article.row_aside)
        return {row.id: row for row in rows if row is not None}

    def _read(self, articles: list[ArticleId]) -> tuple[list[Row], dict[ArticleId, bool]]:
        """Runs in a thread."""
        return self.article.rows_of(articles), self.results.still_matching(articles)

    def _show_rows(self, query: Query, read: tuple[list[Row], dict[ArticleId, bool]]) -> None:
        self._waiting = set()
        rows, matching = read
        # Other results than those it was asked for have been read since.
        if query is self.results.query_shown:
            before = self._rows_shown()
            changed = [row for row in rows if row.id in before and _differ(row, before[row.id])]
            self.article.show_marks(changed, matching)

    # -- messages ---------------------------------------------------------------------------------

    def _show_sync(self, sync: SyncReport, aside: Collection[Aside]) -> None:
        if sync.read:
            self.article.forget_places()
        if sync.renewed:
            self.widgets.bottom.show_message(RENEWED, stay=True)
        if sync.anew:
            self.widgets.bottom.show_message(sync.anew.sentence, stay=True)
        self._show_problem(sync.problem)
        new = [each for each in aside if (each.path, each.kind) not in self._shown_aside]
        if new:
            self._shown_aside |= {(each.path, each.kind) for each in new}
            lines = sum(each.lines for each in new)
            what = "A line was" if lines == 1 else f"{lines:,} lines were"
            devices = ", ".join(sorted({each.path.partition("/")[0] for each in new}))
            message = f"{what} set aside in sync ({devices}); rilo-reader sync status says why."
            self.widgets.bottom.show_message(message, stay=True)

    def _show_problem(self, problem: str) -> None:
        """Show a problem once, when it has lasted: a folder may be just being replaced."""
        lasts, self._problem = problem == self._problem, problem
        if not problem:
            self._shown_problem = ""
        elif lasts and problem != self._shown_problem:
            self._shown_problem = problem
            self.context.show_error(LibraryError(problem))


def _differ(row: Row, other: Row) -> bool:
    """Whether two rows of an article have marks that are shown otherwise."""
    mine, theirs = row.marks, other.marks
    return (mine.read, mine.starred, mine.tags) != (theirs.read, theirs.starred, theirs.tags)


class NotesOnDisk(ReaderPart):
    """Writes notes after gestures, and takes over what the user writes into the files.

    Without folders of the user there are none.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._files: NoteFiles | None = None
        self._known: tuple[str, ...] = ()
        self._is_running = False
        self._is_due = False  # once more, when it has ended
        self._updating = context.tasks.latest("notes", self._failed, urgency=Urgency.IDLE)

    def start(self) -> None:
        """Update them now and then: the user edits them too, and other devices send theirs."""
        self.tasks.every(self.context.environment.delays.notes, self.update)

    def update(self) -> None:
        """Update them in a thread; also called after marks changed, here or elsewhere."""
        if self.context.environment.paths is None:
            return
        # A task that is asked again would drop the report of the one before.
        self._is_due = self._is_running
        if not self._is_running:
            self._is_running = True
            self._updating.ask(self._update, self._show)

    def _update(self) -> NotesReport:
        """Runs in a thread, one at a time."""
        paths = self.context.environment.paths
        if self._files is None and paths is not None:
            self._files = NoteFiles(self.library, self.context.config, paths)
        return NotesReport() if self._files is None else self._files.update()

    def _end(self) -> None:
        self._is_running = False
        if self._is_due:
            self.update()

    def _show(self, report: NotesReport) -> None:
        new = [problem for problem in report.problems if problem not in self._known]
        if new or report.written:
            self._known = report.problems
        if new:
            self.widgets.bottom.show_message(" ".join(new), stay=True)
        elif report.taken:
            plural = "" if report.taken == 1 else "s"
            self.context.show_message(f"Took over {report.taken:,} note{plural} from your files")
        self._end()

    def _failed(self, error: LibraryError) -> None:
        """Show the error once: the next update may fail in the same way."""
        if str(error) not in self._known:
            self._known = (str(error),)
            self.context.show_error(error)
        self._end()


class _Leaving(Exception):  # noqa: N818 - not an error
    """The reader is being left, so preparation ends."""


class Preparation(ReaderPart):
    """Prepares expensive queries while the user is idle.

    With half a million read articles, the first query for unread ones takes a second; later ones
    are fast until the index or very many marks change. Preparation is repeated after each pause.
    The files of the index are read into memory as soon as the first article is painted.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._pause = context.environment.delays.prepare
        self._since = monotonic()
        self._timer: Timer | None = None
        self._is_running = False
        self._is_due = False  # once more, when it has ended
        self._jobs = context.tasks.latest("preparation", self._failed, urgency=Urgency.IDLE)
        self._reading = context.tasks.latest("reading ahead", lambda _: None, urgency=Urgency.IDLE)

    def start(self) -> None:
        """Read the index into memory."""
        self._reading.ask(self._read_ahead, lambda _: None)

    def wait(self) -> None:
        """Postpone preparation to the next pause."""
        self._since = monotonic()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.tasks.after(self._pause, self.begin)

    def begin(self) -> None:
        """Prepare queries now, or again once the preparation that is running has ended."""
        self._is_due = self._is_running
        if not self._is_running:
            self._is_running = True
            self._jobs.ask(self._prepare, self._end)

    def _prepare(self) -> None:
        """Prepare queries; runs in a thread."""
        quiet = self._quiet()
        try:
            self.library.search.prepare(quiet)
        except _Leaving:
            return

    def _read_ahead(self) -> None:
        """Runs in a thread."""
        self.library.index.read_ahead(lambda: self.context.is_running)

    def _quiet(self) -> Callable[[], bool]:
        def is_quiet() -> bool:
            if not self.context.is_running:
                raise _Leaving
            return monotonic() - self._since > self._pause

        return is_quiet

    def _end(self, _: None) -> None:
        self._is_running = False
        if self._is_due:
            self.begin()

    def _failed(self, _: LibraryError) -> None:
        """Ignore the error: the next query reports it."""
        self._end(None)


SHOWN_FROM = 300
"""Number of files from which progress is shown."""

LONG = 10.0
"""Remaining seconds from which speed and remaining time are shown."""


class FolderWatch(ReaderPart):
    """Updates the list when the indexer has committed changes of the folder."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._indexer: Indexer | None = None
        self._pace = Pace()
        self._has_shown_left_out = False
        self._reloading = context.tasks.latest("reload")

    def start(self) -> None:
        """Start the indexer, if there is one."""
        if self.context.environment.indexer is not None:
            self._indexer = self.context.environment.indexer()
            self.tasks.run(self._listen(self._indexer), name="indexer", group="indexer")

    async def stop(self) -> None:
        """End the indexer."""
        if self._indexer is not None:
            await self._indexer.close()

    async def _listen(self, indexer: Indexer) -> None:
        async for report in indexer.follow():
            if isinstance(report, Progress):
                self._show_progress(report)
            else:
                self.results.is_current = True
                self.widgets.bottom.activity = ""
                self.context.show_error(LibraryError(report.reason))

    def _show_progress(self, progress: Progress) -> None:
        self._pace.add(progress)
        self.widgets.bottom.activity = activity(progress, self._pace)
        self.results.is_current = self.results.is_current or progress.finished
        if progress.finished and not progress.committed and self.widgets.articles.total:
            self.results.keep_place()
        if progress.files is not None and progress.left_out is not None:
            self._show_left_out(progress.files, progress.left_out)
        # Also if this indexer had nothing to do: that of another reader may have done it.
        if progress.committed or progress.finished:
            self._reloading.ask(self.library.index.reload, self._reloaded)

    def _show_left_out(self, files: int, left_out: Mapping[str, int]) -> None:
        """Show once that many of the folder's texts are not indexed."""
        text = "" if self._has_shown_left_out else notice(files, left_out)
        if text:
            self._has_shown_left_out = True
            self.context.show_message(f"{text}; doctor says more")

    def _reloaded(self, changed: bool) -> None:
        if changed:
            self.article.read_again()
        if changed or not self.widgets.articles.total:
            self.results.ask_again(to_top=not self.results.keeps_place)
            if self.results.is_current and self.widgets.articles.total:
                # The user may be reading without pressing a key.
                self.results.keep_place()


def activity(progress: Progress, pace: Pace | None = None) -> str:
    """Describe the progress of indexing; "" if it is quick or finished.

    Speed and remaining time are included if it takes long.
    """
    if progress.finished:
        return ""
    if progress.total is None:
        takes_long = pace is not None and pace.speed is not None
        return f"Looking at {progress.done:,} files…" if takes_long else ""
    if progress.total < SHOWN_FROM:
        return ""
    reading = f"Reading {progress.done:,} of {progress.total:,}"
    left = pace.seconds_left if pace is not None else None
    if pace is None or left is None or left < LONG:
        return f"{reading}…"
    return f"{reading} · {pace.speed:,.0f}/s · {rough_duration(left)} left"


class Backups(ReaderPart):
    """Backs up marks regularly, and shows new notices of the library."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._known: tuple[str, ...] = ()
        self._backing_up = context.tasks.latest("backup", urgency=Urgency.IDLE)

    def start(self) -> None:
        """Schedule backups; notices until now have been shown."""
        self._known = self.library.notices
        # With many marks there is no backup on quitting, so that of the last session is made now.
        delays = self.context.environment.delays
        self.tasks.after(delays.first_backup, self.back_up)
        self.tasks.every(delays.backup, self.back_up)

    def back_up(self) -> None:
        """Make a backup in a thread; quitting does not wait for it."""
        self._backing_up.ask(self.library.state.backup, lambda _: self._show_news())

    def _show_news(self) -> None:
        notices = self.library.notices
        new = [notice for notice in notices if notice not in self._known]
        self._known = notices
        if new:
            self.widgets.bottom.show_message(" ".join(new), stay=True)


class BackgroundController(Controller):
    """Runs background work from the first painted article until the reader ends."""

    def __init__(self, context: ReaderContext, marks_arrived: Callable[[], None]) -> None:
        """Create it; `marks_arrived` is called when marks have changed anywhere."""
        super().__init__(context)
        self.folder = FolderWatch(context)
        self.marks = MarksArriving(context, self._marks_arrived)
        self.backups = Backups(context)
        self.notes = NotesOnDisk(context)
        self.devices = Devices(context)
        self.preparation = Preparation(context)
        self._show_marks = marks_arrived

    def _marks_arrived(self) -> None:
        self._show_marks()
        self.notes.update()
        self.devices.marks_changed()

    def commands(self) -> Mapping[str, Handler]:
        """The command of sync."""
        return self.devices.commands()

    def start(self) -> None:
        """Start all of it."""
        self.backups.start()
        self.notes.start()
        self.folder.start()
        self.marks.start()
        self.preparation.start()

    async def stop(self) -> None:
        """End the indexer."""
        await self.folder.stop()

    def results_shown(self) -> None:
        """Postpone preparation."""
        self.preparation.wait()

    def article_shown(self, row: Row, article: Article) -> None:
        """Postpone preparation."""
        self.preparation.wait()

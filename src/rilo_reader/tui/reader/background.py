"""Background work: following the folder, backing up marks, warming up queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError, Progress
from rilo_reader.library.left_out import notice
from rilo_reader.library.values import Pace, spoken
from rilo_reader.tui.background import Urgency
from rilo_reader.tui.reader.context import Controller, ReaderPart

if TYPE_CHECKING:
    from textual.timer import Timer

    from rilo_reader.article import Article
    from rilo_reader.library import Row
    from rilo_reader.tui.children import Indexer
    from rilo_reader.tui.reader.context import ReaderContext


PAUSE = 2.0
"""Seconds without new results or another article before queries are prepared."""


class _NoMoreNeed(Exception):  # noqa: N818 - nothing went wrong: the reader is being left
    """The reader is being left."""


class Preparation(ReaderPart):
    """Prepares expensive queries while the user is idle.

    With half a million read articles, the first query for unread ones takes a second; later ones
    are fast until the index or very many marks change. Preparation is repeated after each pause.
    What lies on the disk is read as soon as the first article is painted: that is in nobody's way.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._since = monotonic()
        self._timer: Timer | None = None
        self._is_running = False
        self._is_due = False  # once more, when it has ended
        self._jobs = context.tasks.latest("preparation", self._give_up, urgency=Urgency.IDLE)
        self._reading = context.tasks.latest("reading ahead", lambda _: None, urgency=Urgency.IDLE)

    def start(self) -> None:
        """Read the index into memory."""
        self._reading.ask(self._read_ahead, lambda _: None)

    def wait(self) -> None:
        """Postpone preparation to the next pause."""
        self._since = monotonic()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.tasks.after(PAUSE, self._begin)

    def _begin(self) -> None:
        self._is_due = self._is_running
        if not self._is_running:
            self._is_running = True
            self._jobs.ask(self._prepare, self._end)

    def _prepare(self) -> None:
        """Prepare queries; runs in a thread."""
        quiet = self._quiet()
        try:
            self.library.prepare(quiet)
        except _NoMoreNeed:
            return

    def _read_ahead(self) -> None:
        """Runs in a thread."""
        self.library.read_ahead(lambda: self.context.is_running)

    def _quiet(self) -> Callable[[], bool]:
        def is_quiet() -> bool:
            if not self.context.is_running:
                raise _NoMoreNeed
            return monotonic() - self._since > PAUSE

        return is_quiet

    def _end(self, _: None) -> None:
        self._is_running = False
        if self._is_due:
            self._begin()

    def _give_up(self, _: LibraryError) -> None:
        """Ignore the error: the next query reports it."""
        self._end(None)


WORTH_SAYING = 300
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
        async for word in indexer.follow():
            if isinstance(word, Progress):
                self._heard(word)
            else:
                self.results.is_current = True
                self.widgets.bottom.activity = ""
                self.context.show_error(LibraryError(word.reason))

    def _heard(self, progress: Progress) -> None:
        self._pace.hear(progress)
        self.widgets.bottom.activity = activity(progress, self._pace)
        self.results.is_current = self.results.is_current or progress.finished
        if progress.finished and not progress.committed and self.widgets.articles.total:
            self.results.keep_place()
        if progress.files is not None and progress.left_out is not None:
            self._show_left_out(progress.files, progress.left_out)
        # Also where our indexer had nothing to do: another reader's may have done it.
        if progress.committed or progress.finished:
            self._reloading.ask(self.library.reload, self._reloaded)

    def _show_left_out(self, files: int, left_out: Mapping[str, int]) -> None:
        """Show once that many of the folder's texts are not indexed."""
        text = "" if self._has_shown_left_out else notice(files, left_out)
        if text:
            self._has_shown_left_out = True
            self.context.show_message(f"{text}; doctor says more")

    def _reloaded(self, changed: bool) -> None:
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
    if progress.total < WORTH_SAYING:
        return ""
    reading = f"Reading {progress.done:,} of {progress.total:,}"
    left = pace.seconds_left if pace is not None else None
    if pace is None or left is None or left < LONG:
        return f"{reading}…"
    return f"{reading} · {pace.speed:,.0f}/s · {spoken(left)} left"


BACKUP_SECONDS = 600.0
"""Seconds between backups of changed marks."""

FIRST_BACKUP = 30.0
"""Seconds from the start to the first backup."""


class Backups(ReaderPart):
    """Backs up marks regularly, and shows new notices of the library."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._known: tuple[str, ...] = ()
        self._backing_up = context.tasks.latest("backup", urgency=Urgency.IDLE)

    def start(self) -> None:
        """Schedule backups; notices until now have been shown."""
        self._known = self.library.notices
        # With many marks none is made on quitting, so the backup of the last session is made now.
        self.tasks.after(FIRST_BACKUP, self.back_up)
        self.tasks.every(BACKUP_SECONDS, self.back_up)

    def back_up(self) -> None:
        """Make a backup in a thread; quitting does not wait for it."""
        self._backing_up.ask(self.library.backup, lambda _: self._show_news())

    def _show_news(self) -> None:
        notices = self.library.notices
        new = [notice for notice in notices if notice not in self._known]
        self._known = notices
        if new:
            self.widgets.bottom.say(" ".join(new), stay=True)


class BackgroundController(Controller):
    """Runs background work from the first painted article until the reader ends.

    Attributes:
        folder: follows the folder.
        backups: backs up marks.
        preparation: prepares expensive queries.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.folder = FolderWatch(context)
        self.backups = Backups(context)
        self.preparation = Preparation(context)

    def start(self) -> None:
        """Start all of it."""
        self.backups.start()
        self.folder.start()
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

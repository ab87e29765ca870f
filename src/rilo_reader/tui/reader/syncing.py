"""Marks that change elsewhere: in another process, and on another device with sync on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.library import LibraryError, Row
from rilo_reader.query.tree import Query
from rilo_reader.tui.background import Urgency
from rilo_reader.tui.reader.context import ReaderPart

if TYPE_CHECKING:
    from rilo_reader.store.gestures import Aside
    from rilo_reader.sync.follower import MarksReport
    from rilo_reader.sync.sync import SyncReport
    from rilo_reader.tui.marks_thread import FollowedMarks
    from rilo_reader.tui.reader.context import ReaderContext

RENEWED = "This device's journal was not as it had left it, so it has begun a new one."


class MarksArriving(ReaderPart):
    """Shows marks in place as they arrive; no row moves or goes until the next search."""

    def __init__(self, context: ReaderContext, arrived: Callable[[], None]) -> None:
        """Create it; `arrived` is called when marks have changed."""
        super().__init__(context)
        self._arrived = arrived
        self._marks: FollowedMarks | None = None
        self._waiting: set[ArticleId] = set()  # shown, and changed since
        self._reading = context.tasks.latest("arriving", urgency=Urgency.LATER)
        self._problem = ""  # of the last sync
        self._shown_problem = ""
        self._shown_aside: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Follow the marks a moment later, if they can be followed."""
        environment = self.context.environment
        if environment.marks is not None:
            begin = partial(self._begin, environment.marks, self.library.history.revision)
            self.tasks.after(environment.delays.first_sync, begin)

    def _begin(self, follow: Callable[[], FollowedMarks], since: int) -> None:
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

    async def _listen(self, marks: FollowedMarks, since: int) -> None:
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

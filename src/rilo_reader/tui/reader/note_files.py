"""Keeps the notes on the disk in step with highlights, while the reader is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError
from rilo_reader.tui.background import Urgency
from rilo_reader.tui.reader.context import ReaderPart

if TYPE_CHECKING:
    from rilo_reader.library.note_files import NoteFiles, NotesReport
    from rilo_reader.tui.reader.context import ReaderContext


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
        from rilo_reader.library.note_files import NoteFiles, NotesReport

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

"""Keep the files of notes in step with the library while the reader is open."""

from __future__ import annotations

from rilo_reader.library import LibraryError
from rilo_reader.plugins.highlights.notes import NoteFiles, NotesReport
from rilo_reader.text import format_count
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.tasks import Urgency


class NotesController(Controller):
    """Writes notes after gestures, and imports what the user writes into the files."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._files = NoteFiles(self.library, context.config, context.environment.paths)
        self._known_problems: tuple[str, ...] = ()
        self._is_due = False  # whether to update once more when the task has ended
        self._update_task = context.tasks.make_latest(
            "notes", self._show_error, urgency=Urgency.IDLE
        )

    def start(self) -> None:
        """Update notes now and then: the user edits them too, and other devices send theirs."""
        self.context.set_interval(self.context.environment.delays.notes, self.on_marks_changed)

    def on_marks_changed(self) -> None:
        """Update notes in a thread."""
        # Another request would drop the report of the running one.
        self._is_due = self._update_task.is_running
        if not self._is_due:
            self._update_task.request(self._files.update_notes, self._show_report)

    def _update_if_due(self) -> None:
        if self._is_due:
            self.context.app.call_later(self.on_marks_changed)

    def _show_report(self, report: NotesReport) -> None:
        new = [problem for problem in report.problems if problem not in self._known_problems]
        if new or report.written_count:
            self._known_problems = report.problems
        if new:
            self.widgets.bottom.show_message(" ".join(new), stay=True)
        elif report.taken_count:
            notes = format_count(report.taken_count, "note")
            self.widgets.show_message(f"Read {notes} from your files")
        self._update_if_due()

    def _show_error(self, error: LibraryError) -> None:
        """Show the error once: the next update may fail in the same way."""
        if str(error) not in self._known_problems:
            self._known_problems = (str(error),)
            self.widgets.show_error(error)
        self._update_if_due()

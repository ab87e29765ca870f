"""The panel of sync, in which it is turned on and off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError
from rilo_reader.paths import expand_path, marks_file
from rilo_reader.plugins.devices.segments import IN_LIBRARY
from rilo_reader.plugins.devices.sync import JournalSync, SyncReport, SyncStatus, open_sync
from rilo_reader.store.devices import NAME_LIMIT
from rilo_reader.tui import panels
from rilo_reader.tui.keys import PanelKey
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.feeds import FeedController
from rilo_reader.tui.reader.undo import UndoStep
from rilo_reader.tui.tasks import Urgency

if TYPE_CHECKING:
    from rilo_reader.plugins.devices.panel import SyncScreen


class DevicesController(Controller):
    """Opens the panel of sync, and turns sync on and off; each can be undone."""

    panel: SyncScreen | None = None

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._form: panels.panel.FormScreen | None = None
        self._sync_jobs = context.tasks.make_serial("sync", self._show_error)
        self._status_task = context.tasks.make_latest("devices", urgency=Urgency.LATER)
        self.commands = {"sync": self.open_sync_panel}

    def open_sync_panel(self) -> None:
        """Show the status of sync in its panel."""
        self._sync_jobs.enqueue(self._run_and_read_status, self._open_panel)

    def on_marks_changed(self) -> None:
        """Update the panel, if it is open."""
        if self.panel is not None:
            self._status_task.request(self._run_and_read_status, self._show_status)

    def _switch_feeds(self, *, is_on: bool, undone: str = "") -> None:
        """Turn the sync of feeds on or off; can be undone, unless this undoes the opposite."""
        came: list[str] = []
        message = "Your feeds are synced too" if is_on else "Your feeds are no longer synced"

        def job(sync: JournalSync) -> SyncReport:
            if sync.carrier is not None:
                sync.carrier.switch_feeds(is_on=is_on)
            report = sync.sync_now()
            came.extend(one.sentence for one in report.file_changes)
            return report

        undo = partial(self._switch_feeds, is_on=not is_on, undone=message)

        def on_done(status: SyncStatus) -> None:
            self._show_status(status)
            self.context.controller_of(FeedController).on_files_changed()
            if undone:
                self.widgets.show_message(f"Undone: {undone}")
            else:
                step = UndoStep(message, undo, is_setting=True)
                self.context.undo_stack.add(step, ". ".join([message, *filter(None, came)]))

        self._sync_jobs.enqueue(partial(self._run_and_read_status, job), on_done)

    def _run_and_read_status(
        self, job: Callable[[JournalSync], SyncReport | None] = lambda _: None
    ) -> SyncStatus:
        """Run a job on the journals; return the status of sync after it. Runs in a thread."""
        # The user's own library, also while the guide stands in for it.
        places = self.context.environment.places
        with open_sync(marks_file(*places), places[1]) as (_, sync):
            report = job(sync)
            if report is not None and report.problem:
                raise LibraryError(report.problem)
            return sync.read_status()

    def _show_error(self, error: LibraryError) -> None:
        if self._form is not None:
            self._form.show_fault(str(error))
        else:
            self.widgets.show_error(error)

    def _open_panel(self, status: SyncStatus) -> None:
        from rilo_reader.plugins.devices.panel import SyncScreen

        self.open_list(SyncScreen(status, self._list_keys))

    def _list_keys(self, panel: SyncScreen) -> Sequence[PanelKey]:
        status = panel.status
        open_form = partial(self._open_form, status)
        undo = PanelKey("u", "u undo", partial(self.context.undo_stack.undo, only_settings=True))
        if status.folder is None:
            return [PanelKey("enter", "enter turn on", open_form), undo]
        gestures = [PanelKey("enter", "enter change folder or name", open_form)]
        if status.has_feeds is not None:
            hint = "f stop syncing feeds" if status.has_feeds else "f sync feeds too"
            switch = partial(self._switch_feeds, is_on=not status.has_feeds)
            gestures.append(PanelKey("f", hint, switch))
        said = "Sync is off; all marks are kept"
        turn_off = partial(self._switch_sync, None, "", said, status)
        return [*gestures, PanelKey("d,delete", "d turn off", turn_off), undo]

    def _show_status(self, status: SyncStatus) -> None:
        if self.panel is not None:
            self.panel.show_status(status)

    def _open_form(self, status: SyncStatus) -> None:
        from rilo_reader.plugins.devices.panel import make_sync_form

        form = self._form = make_sync_form(status)
        form.do_filled = partial(self._turn_on, status, form)
        form.do_stop = form.dismiss  # what was started is finished, and reported
        self.open_panel(form, self._on_form_left)

    def _on_form_left(self) -> None:
        self._form = None

    def _turn_on(self, before: SyncStatus, form: panels.panel.FormScreen) -> None:
        text, name = form.answers
        try:
            folder = expand_path(text).absolute()
        except LibraryError as error:
            form.show_fault(str(error))
            return
        if len(name) > NAME_LIMIT:
            form.show_fault(f"A name has at most {NAME_LIMIT} characters.")
            return
        if not text:
            folder = self.context.environment.collection_folder / IN_LIBRARY
        form.show_busy("Turning sync on…", "esc close")
        self._switch_sync(folder, name, f"Sync is on, in {folder}", before)

    def _switch_sync(
        self, folder: Path | None, name: str, message: str, before: SyncStatus | None
    ) -> None:
        """Share a folder, or none; if the status before is given, that can be undone."""

        def job(sync: JournalSync) -> SyncReport | None:
            if folder is not None:
                return sync.turn_on(folder, name)
            sync.turn_off()
            return None

        def on_done(status: SyncStatus) -> None:
            self._show_status(status)
            if self._form is not None:
                self._form.dismiss(None)
            if before is None:
                self.widgets.show_message(message)
                return

            undone = f"Undone: {message}"
            undo = partial(self._switch_sync, before.folder, before.device.name, undone, None)
            self.context.undo_stack.add(UndoStep(message, undo, is_setting=True))

        self._sync_jobs.enqueue(partial(self._run_and_read_status, job), on_done)

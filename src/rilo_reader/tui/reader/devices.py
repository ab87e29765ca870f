"""Devices that share marks: the panel of sync, in which it is turned on and off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError
from rilo_reader.tui.reader.context import Handler, ReaderPart
from rilo_reader.tui.reader.undo import Show, UndoStep

if TYPE_CHECKING:
    from rilo_reader.sync.devices import Status
    from rilo_reader.sync.sync import Sync, SyncReport
    from rilo_reader.tui.panels.base import Form
    from rilo_reader.tui.panels.sync import SyncScreen
    from rilo_reader.tui.reader.context import ReaderContext

Done = Callable[["SyncReport | None", "Status"], None]
"""Takes what a job did, and how sync stands then."""


class Devices(ReaderPart):
    """Opens the panel of sync, and turns sync on and off; each can be undone."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._panel: SyncScreen | None = None
        self._work = context.tasks.serial("sync")

    def commands(self) -> Mapping[str, Handler]:
        """The command that opens the panel."""
        return {"sync": self.open}

    def _do(self, job: Callable[[Sync], SyncReport | None], then: Done) -> None:
        """Do something with the journals in a thread."""
        self._work.do(partial(self._done, job), lambda done: then(*done))

    def _folder(self) -> Path:
        """The folder of the user's library, also while the guide stands in for it."""
        return self.context.environment.collects_into or self.library.folder

    def _done(self, job: Callable[[Sync], SyncReport | None]) -> tuple[SyncReport | None, Status]:
        """Runs in a thread."""
        from rilo_reader.library.library import marks_file
        from rilo_reader.store.rules import wall_clock
        from rilo_reader.tui.marks_thread import opened_sync

        paths = self.context.environment.paths
        file = self.library.state_file if paths is None else marks_file(self._folder(), paths)
        with opened_sync(file, wall_clock) as (_, sync):
            return job(sync), sync.status()

    # -- the panel --------------------------------------------------------------------------------

    def open(self) -> None:
        """Show how sync stands."""
        self._do(lambda _: None, lambda _, status: self._open(status))

    def marks_changed(self) -> None:
        """While the panel is open it shows what came meanwhile."""
        if self._panel is not None:
            self._do(lambda _: None, lambda _, status: self._show(status))

    def _open(self, status: Status) -> None:
        from rilo_reader.tui.panels.sync import SyncScreen

        panel = self._panel = SyncScreen(status)
        panel.heard = {
            SyncScreen.SetUp: lambda _: self._do(lambda _: None, self._ask),
            SyncScreen.TurnOff: lambda _: self._turn_off(),
            SyncScreen.Undo: lambda _: self.context.undo.undo(only_settings=True),
        }
        self.widgets.message_listener = panel.show_message
        self.context.app.push_screen(panel, self._left)

    def _left(self, _: None) -> None:
        self._panel = self.widgets.message_listener = None

    def _show(self, status: Status) -> None:
        if self._panel is not None:
            self._panel.show(status)

    # -- on and off -------------------------------------------------------------------------------

    def _ask(self, _: SyncReport | None, status: Status) -> None:
        from rilo_reader.tui.panels.base import Form
        from rilo_reader.tui.panels.sync import sync_form

        form = sync_form(status)
        form.heard = {
            Form.Filled: lambda _: self._turn_on(form, status),
            Form.Stopped: lambda _: form.dismiss(None),  # what is begun is done, and said
        }
        self.context.app.push_screen(form)

    def _turn_on(self, form: Form[None], before: Status) -> None:
        from rilo_reader.store.sync_records import NAME_LIMIT
        from rilo_reader.sync.segments import IN_LIBRARY

        text, name = form.answers
        if len(name) > NAME_LIMIT:
            form.show_fault(f"A name has at most {NAME_LIMIT} characters.")
            return
        try:
            folder = Path(text).expanduser().absolute() if text else self._folder() / IN_LIBRARY
        except RuntimeError:
            form.show_fault(f"There is no user {text.partition('/')[0].removeprefix('~')} here.")
            return
        form.show_busy("Turning sync on…", "esc closes")

        def done(report: SyncReport | None, status: Status) -> None:
            self._show(status)
            if report is not None and report.problem:
                form.show_fault(report.problem)
                return
            if form.is_current:
                form.dismiss(None)
            self._add(f"Sync is on, in {status.folder}", before)

        self._do(lambda sync: sync.turn_on(folder, name), done)

    def _turn_off(self) -> None:
        before: list[Status] = []

        def off(sync: Sync) -> None:
            before.append(sync.status())
            sync.turn_off()

        def done(_: SyncReport | None, status: Status) -> None:
            self._show(status)
            self._add("Sync is off; all marks stay", before[0])

        self._do(off, done)

    def _add(self, message: str, before: Status) -> None:
        """Say what was done, which can be undone."""

        def undo() -> Show:
            return partial(self._put_back, message, before)

        self.context.undo.add(UndoStep(message, undo, is_setting=True, takes_long=True))

    def _put_back(self, message: str, before: Status) -> None:
        folder, name = before.folder, before.device.name

        def done(report: SyncReport | None, status: Status) -> None:
            self._show(status)
            if report is not None and report.problem:
                self.context.show_error(LibraryError(report.problem))
            else:
                self.context.show_message(f"Undone: {message}")

        self._do(
            lambda sync: sync.turn_off() if folder is None else sync.turn_on(folder, name), done
        )

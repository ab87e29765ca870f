"""Forms whose answers a verb gets, in a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rilo_reader.tui import panels
from rilo_reader.tui.children import Collector, Report, VerbFailure
from rilo_reader.tui.keys import Handler
from rilo_reader.tui.reader.controller import Controller

if TYPE_CHECKING:
    from rilo_reader.secret_store import Secret

End = TypeVar("End")


class FormController(Controller):
    """Runs a verb with what is filled in, until the form is left."""

    _collector: Collector | None = None  # works for the form that is open

    async def stop(self) -> None:
        """End what is under way."""
        collector, self._collector = self._collector, None
        if collector is not None:
            await collector.close()
        self.on_form_left()

    def open_form(self, form: panels.panel.FormScreen, do_filled: Handler) -> None:
        """Open a form; `do_filled` does what is filled in."""
        form.do_filled, form.do_stop = do_filled, self._stop_verb
        self.open_panel(form, self.on_form_left)

    def on_form_left(self) -> None:
        """Called when the form is left: stop what is in progress."""
        self._stop_verb()

    def on_report(self, report: Report) -> None:
        """Called with each report of the verb."""

    def _stop_verb(self) -> None:
        collector, self._collector = self._collector, None
        if collector is not None:
            self.tasks.run(collector.close(), group="stop")

    async def run_verb(
        self,
        form: panels.panel.FormScreen,
        end: type[End],
        *arguments: str,
        given: Secret | None = None,
    ) -> End | None:
        """Run a verb for a form; return its last report, None if it failed or was cancelled."""
        self._stop_verb()
        collector = self._collector = self.context.environment.collector()
        last = None
        async for last in collector.run(*arguments, secret=given):
            self.on_report(last)
        if collector is not self._collector:
            return None
        self._collector = None
        if isinstance(last, end):
            return last
        failed = isinstance(last, VerbFailure) and last.error
        form.show_fault(failed or "It stopped before it finished.")
        return None

"""Programs of the user's own, run on articles: commands of the settings, and the line of a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial

from textual.app import SuspendNotSupported

from rilo_reader.files import read_regular, replace_file
from rilo_reader.library import LibraryError
from rilo_reader.plugins.programs.settings import (
    OwnCommand,
    ProgramOutput,
    ProgramSettings,
    make_commands,
)
from rilo_reader.process import (
    Process,
    ProgramJob,
    ProgramOutcome,
    run_in_terminal,
)
from rilo_reader.text import clean_line, to_display_title
from rilo_reader.threads import run_in_thread
from rilo_reader.tui import panels
from rilo_reader.tui.keys import Handler
from rilo_reader.tui.reader.controller import Controller, ReaderContext

MOST_AT_ONCE = 4  # programs
PIPE_SECONDS = 60
LINES_KEPT = 100  # of the history of `|`

Prepare = Callable[[], AbstractContextManager[ProgramJob]]


class ProgramController(Controller):
    """Runs programs beside the reader, or has them take the terminal; shows what they print.

    One that runs is ended by what began it, and all are ended with the reader.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        # By name; None while its input is read.
        self.running_processes: dict[str, Process | None] = {}
        self._is_leaving = False
        self._file = context.environment.paths.state / "pipes.txt"
        self._last_output: tuple[str, str] | None = None  # name and output
        self._lines: list[str] = []  # typed this time, the newest first
        self.commands = {
            "pipe": self._ask_for_pipe,
            "output": self._show_last,
        }

    # -- commands of the settings -----------------------------------------------------------------

    def find_own_handler(self, command: str) -> Handler | None:
        """Run a program of the settings."""
        own = self.context.config.plugin_values(ProgramSettings).commands
        found = zip(make_commands(own), own, strict=True)
        return next((partial(self._run_own, one) for row, one in found if row.id == command), None)

    def _run_own(self, command: OwnCommand) -> None:
        from rilo_reader.plugins.programs.jobs import (
            open_command_job,  # with all exporters: few use it
        )

        if self._is_refused():
            return
        row = self.article.target_row
        if row is None:
            self.widgets.show_message("Select an article first.")
        elif command.terminal:
            self._run_in_terminal(partial(open_command_job, self.library, command, row.id))
        else:
            prepare = partial(open_command_job, self.library, command, row.id)
            self._start_or_end(command.name, command.output, prepare)

    def _is_refused(self) -> bool:
        is_refused = self.context.environment.in_browser
        if is_refused:
            self.widgets.show_message("Not available in the browser.")
        return is_refused

    def _run_in_terminal(self, prepare: Prepare) -> None:
        try:
            with prepare() as job, self.context.app.suspend():
                problem = run_in_terminal(job)
        except SuspendNotSupported:
            problem = "This command needs a terminal."
        except (LibraryError, OSError) as error:
            problem = str(error)
        if problem:
            self.widgets.show_error(problem)

    # -- the line of a pipe -----------------------------------------------------------------------

    def _ask_for_pipe(self) -> None:
        """Ask for a program, and give it the article."""
        from rilo_reader.plugins.programs.jobs import open_pipe_job, split_typed_line

        if self._is_refused():
            return
        row = self.article.target_row
        if row is None:
            self.widgets.show_message("There is no article to pipe.")
            return

        def run_line(line: str) -> None:
            self._write_history(line)
            prepare = partial(open_pipe_job, self.library, line, row.id, PIPE_SECONDS)
            self._start_or_end(clean_line(line, 60), ProgramOutput.PANEL, prepare)

        def read_answers(answers: tuple[str, ...]) -> Handler:
            split_typed_line(answers[0])  # raises LibraryError
            return partial(run_line, answers[0])

        from rilo_reader.plugins.programs.panel import PipePrompt

        self.open_panel(PipePrompt(to_display_title(row.title), self._read_history(), read_answers))

    def _read_history(self) -> Sequence[str]:
        """Lines that were typed before, the newest first; also of earlier sessions."""
        kept: list[str] = []
        if self.context.config.history:
            with suppress(OSError):
                kept = read_regular(self._file).decode(errors="replace").splitlines()
        return list(dict.fromkeys((*self._lines, *map(clean_line, kept))))[:LINES_KEPT]

    def _write_history(self, line: str) -> None:
        self._lines.insert(0, line)
        if self.context.config.history:
            lines = "".join(f"{each}\n" for each in self._read_history())
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with replace_file(self._file, private=True) as output:
                    output.write(lines.encode(errors="replace"))

    # -- running ----------------------------------------------------------------------------------

    def _start_or_end(self, name: str, output: ProgramOutput, prepare: Prepare) -> None:
        """Run a program beside the reader; if it runs already, end it."""
        if name in self.running_processes:
            if (process := self.running_processes[name]) is not None:
                run_in_thread(process.stop, "end")
        elif len(self.running_processes) >= MOST_AT_ONCE:
            names = ", ".join(self.running_processes)
            self.widgets.show_error(f"{MOST_AT_ONCE} programs are running already: {names}.")
        else:
            self.running_processes[name] = None
            self.widgets.bottom.show_message(f"{name}…", stay=True)
            self.tasks.run(self._run_program(name, output, prepare), group=f"program {name}")

    async def _run_program(self, name: str, output: ProgramOutput, prepare: Prepare) -> None:
        def run() -> ProgramOutcome:
            with prepare() as job:
                process = self.running_processes[name] = Process(job)
                return ProgramOutcome() if self._is_leaving else process.run()

        try:
            outcome = await asyncio.wrap_future(run_in_thread(run, "program"))
        except (LibraryError, OSError) as error:
            outcome = ProgramOutcome(problem=str(error))
        finally:
            process = self.running_processes.pop(name)
            if process is not None:
                run_in_thread(process.stop, "end")  # where the reader ends first
        self._show_outcome(name, output, outcome)

    def _show_outcome(self, name: str, output: ProgramOutput, outcome: ProgramOutcome) -> None:
        text, bottom = outcome.output, self.widgets.bottom
        lines = [line for line in text.split("\n") if line.strip()]
        if text:
            self._last_output = name, text
        if outcome.problem:
            self.widgets.show_error(outcome.problem)
        if output is ProgramOutput.PANEL and len(lines) > 1:
            if self.context.app.screen is self.widgets.screen and not self.widgets.is_in_search_box:
                bottom.action_taken()  # that it has begun
                self._show_last()
            elif not outcome.problem:  # keys that are being typed are not for it
                bottom.show_message(
                    f"{name} is done; “last output” shows what it printed", stay=True
                )
        elif not outcome.problem:
            shown = clean_line(lines[0]) if lines and output is not ProgramOutput.NONE else "done"
            bottom.show_message(f"{name}: {shown}", stay=True)

    def _show_last(self) -> None:
        if self._last_output is None:
            self.widgets.show_message("No program has printed anything yet.")
        else:
            self.open_panel(panels.panel.TextScreen(*self._last_output))

    async def finish(self) -> None:
        """End all programs; at most two seconds, for those that do not end when they are asked."""
        self._is_leaving = True
        running = [process for process in self.running_processes.values() if process is not None]
        ends = [asyncio.wrap_future(run_in_thread(process.stop, "end")) for process in running]
        await asyncio.gather(*ends)

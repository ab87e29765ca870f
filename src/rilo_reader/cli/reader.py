"""Starting the reader: on the path of every launch, so only what that needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from rilo_reader.cli.output import UsageError, errors
from rilo_reader.tui.garbage import begin_launch

if TYPE_CHECKING:
    from rilo_reader.config import SettingsProblem
    from rilo_reader.library import Library
    from rilo_reader.tui.failures import GiveUp

LARGEST_BACKUP = 10_000_000
"""Bytes of marks that are backed up on leaving in a tenth of a second; the reader backs up more
every ten minutes while it is open."""


def run(name: str | None, verbs: Sequence[str]) -> NoReturn:
    """Open the reader on a folder; the program ends when the user leaves.

    Raises:
        UsageError: there is no such folder, or no terminal.
        LibraryError: the folder cannot be read.
    """
    begin_launch()
    from rilo_reader import config as settings
    from rilo_reader.cli.libraries import choose
    from rilo_reader.paths import user_paths

    paths = user_paths()
    config, problems = settings.load(paths.settings_file)
    # A wrong name is the more useful thing to hear than a missing terminal.
    choice = choose(name, config, paths, verbs)
    require_terminal()

    from rilo_reader.library import open_library
    from rilo_reader.tui import app
    from rilo_reader.tui.children import REOPEN, Environment

    notices = (*(problem.short for problem in problems), choice.hint)
    around = Environment(paths, collects_into=choice.instead_of, notices=notices)
    library = open_library(choice.folder, paths, drafts=config.drafts)
    shown = app.reader_of(library, config, around)
    code = _run_until_left(library, partial(app.run, shown))
    if code == REOPEN:
        # The guide stood in for an empty library, which holds articles now.
        run(name, verbs)
    tell(problems)
    end_at_once(code)


def _run_until_left(library: Library, show: Callable[[GiveUp], int]) -> int:
    """Run the reader and close the library; returns the exit code, 1 after any error."""

    def failed(error: BaseException) -> int:
        from rilo_reader.cli.errors import report

        return report(error)

    try:
        try:
            with restored() as restore:

                def give_up(error: BaseException) -> None:
                    restore()
                    end_at_once(failed(error))

                return show(give_up)
        finally:
            library.close(largest_backup=LARGEST_BACKUP)
    except Exception as error:
        return failed(error)


def end_at_once(code: int) -> NoReturn:
    """End the program without waiting for threads and children of the reader.

    The terminal is as it was and every mark is on the disk. What a thread still lays out or looks
    for nobody will see, and Python would wait for it, or stop it in the middle of foreign code,
    which aborts; children finish what they write by themselves.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def require_terminal() -> None:
    """Refuse to start where nobody could see or type, rather than hang.

    Raises:
        UsageError: stdin, stdout or stderr is no terminal, or TERM cannot move a cursor.
    """
    instead = "Use rilo-reader list, search or show, or see rilo-reader --help"
    missing = stream_that_is_no_terminal()
    if missing:
        raise UsageError(f"the reader needs a terminal, and standard {missing} is none. {instead}")
    term = os.environ.get("TERM", "")
    if term in ("", "dumb"):
        raise UsageError(f"this terminal (TERM={term}) cannot show the reader. {instead}")


def stream_that_is_no_terminal() -> str:
    """The first of "input", "output" and "error" that is no terminal, "" where all are."""
    for stream, title in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if stream is None or stream.closed or not stream.isatty():
            return title
    return ""


def tell(problems: Sequence[SettingsProblem]) -> None:
    """Say on stderr what is wrong in the settings; inside the reader it was seen only shortly."""
    for problem in problems:
        errors().complain(problem.sentence)


# Out of the alternate screen; cursor, no mouse, no bracketed paste, no key protocol, plain style.
_SANE = (
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"
    "\x1b[?1004l\x1b[?2004l\x1b[0m"
)


@contextmanager
def restored() -> Iterator[Callable[[], None]]:
    """Put the terminal back as it was when an exception leaves the reader; yields what does so."""
    put_back = _keep_modes()

    def restore() -> None:
        if sys.__stderr__ is not None:
            sys.stderr = sys.__stderr__  # what Textual puts there while it runs writes nowhere
        sys.stderr.write(_SANE)
        sys.stderr.flush()
        put_back()

    try:
        yield restore
    except BaseException:
        restore()
        raise


def _keep_modes() -> Callable[[], None]:
    """What restores the terminal's modes; nothing where the platform knows no such modes."""
    try:
        import termios

        descriptor = sys.stdin.fileno()
        modes = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):
        # Windows keeps no such modes; Textual restores what it changed there.
        return lambda: None
    return lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)

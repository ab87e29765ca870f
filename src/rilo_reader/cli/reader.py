"""Starting the reader: on the path of every launch, so only what that needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rilo_reader.cli.output import UsageError, errors

if TYPE_CHECKING:
    from rilo_reader.config import SettingsProblem


def run(name: str | None, verbs: Sequence[str]) -> int:
    """Open the reader on a folder; returns the exit code once the user leaves.

    Raises:
        UsageError: there is no such folder, or no terminal.
        LibraryError: the folder cannot be read.
    """
    import gc

    # Nothing that is made until the first article is painted is garbage, and looking for some
    # takes a fifth of a launch; ReaderScreen turns the collector on again.
    gc.disable()
    import_without_openssl("asyncio", "hashlib")
    from rilo_reader import config as settings
    from rilo_reader.cli.folders import choose
    from rilo_reader.paths import user_paths

    paths = user_paths()
    config, problems = settings.load(paths.settings_file)
    # A wrong name is the more useful thing to hear than a missing terminal.
    choice = choose(name, config, paths, verbs)
    require_terminal()

    from rilo_reader.tui.lean import import_textual

    import_textual()
    from rilo_reader.library import open_library
    from rilo_reader.tui import app
    from rilo_reader.tui.around import REOPEN, Around

    notices = (*(problem.short for problem in problems), choice.hint)
    around = Around(paths, collects_into=choice.instead_of, notices=notices)
    with open_library(choice.folder, paths, drafts=config.drafts) as library, restored():
        code = app.run(library, config, around)
    if code == REOPEN:
        # The guide stood in for an empty library, which holds articles now.
        return run(name, verbs)
    tell(problems)
    return code


def import_without_openssl(*names: str) -> None:
    """Import modules as in a Python that is built without OpenSSL, where they are not there yet.

    The reader speaks to no network and needs no hash but Python's own; loading OpenSSL would take
    10 ms of each launch. Whoever imports ssl later gets it.
    """
    from importlib import import_module

    hidden = [name for name in ("ssl", "_hashlib") if name not in sys.modules]
    for name in hidden:
        # None is what the import system knows for "there is none"; its type does not say so.
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        for name in names:
            import_module(name)
    finally:
        for name in hidden:
            del sys.modules[name]


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
def restored() -> Iterator[None]:
    """Put the terminal back as it was when an exception leaves the reader."""
    put_back = _keep_modes()
    try:
        yield
    except BaseException:
        sys.stderr.write(_SANE)
        sys.stderr.flush()
        put_back()
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

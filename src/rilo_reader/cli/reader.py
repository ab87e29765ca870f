"""Starting the reader: on the path of every launch, so only what that needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
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
    from rilo_reader import config as settings
    from rilo_reader.cli.folders import choose
    from rilo_reader.paths import user_paths

    paths = user_paths()
    config, problems = settings.load(paths.settings_file)
    # A wrong name is the more useful thing to hear than a missing terminal.
    choice = choose(name, config, paths, verbs)
    require_terminal()

    from rilo_reader.library import open_library
    from rilo_reader.tui import app

    with open_library(choice.folder, paths, drafts=config.drafts) as library, Restored():
        code = app.run(library, config, paths=paths, problems=problems, hint=choice.hint)
    tell(problems)
    return code


def require_terminal() -> None:
    """Refuse to start where nobody could see or type, rather than hang.

    Raises:
        UsageError: stdin, stdout or stderr is no terminal, or TERM cannot move a cursor.
    """
    instead = "Use rilo-reader list, search or show, or see rilo-reader --help"
    for stream, title in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if stream is None or stream.closed or not stream.isatty():
            raise UsageError(
                f"the reader needs a terminal, and standard {title} is none. {instead}"
            )
    if os.environ.get("TERM") in (None, "", "dumb"):
        raise UsageError(
            f"this terminal (TERM={os.environ.get('TERM', '')}) cannot show the reader. {instead}"
        )


def tell(problems: Sequence[SettingsProblem]) -> None:
    """Say on stderr what is wrong in the settings; inside the reader it was seen only shortly."""
    for problem in problems:
        errors().complain(describe(problem))


def describe(problem: SettingsProblem) -> str:
    """A problem with its place, as "settings.toml, line 3, width: …"."""
    place = [str(problem.file)]
    if problem.line:
        place.append(f"line {problem.line}")
    if problem.key:
        place.append(problem.key)
    return f"{', '.join(place)}: {problem.reason}"


# Out of the alternate screen; cursor, no mouse, no bracketed paste, no key protocol, plain style.
_SANE = "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l\x1b[0m"


class Restored:
    """Puts the terminal back as it was when an exception leaves the reader."""

    def __enter__(self) -> None:
        """Remember the terminal's modes, where the platform has such."""
        self._modes: list[object] | None = None
        try:
            import termios

            self._modes = termios.tcgetattr(sys.stdin.fileno())
        except (ImportError, OSError, ValueError):
            # Windows keeps no such modes; Textual restores what it changed there.
            return

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """After an exception only: a normal end has been tidied by the reader itself."""
        if kind is None:
            return
        sys.stderr.write(_SANE)
        sys.stderr.flush()
        if self._modes is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._modes)

"""Start the reader."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from rilo_reader import __version__
from rilo_reader import config as settings
from rilo_reader.cli import find_starts
from rilo_reader.cli.library_context import LibraryContext, choose_library, protect_files
from rilo_reader.cli.output import PROGRAM, UsageError, errors, report_error
from rilo_reader.files import read_regular
from rilo_reader.library import Library
from rilo_reader.paths import Paths, guide_folder, user_paths
from rilo_reader.plugin_list import plugins_with
from rilo_reader.third_parties import failures
from rilo_reader.threads import share_arena
from rilo_reader.tui.terminal_queries import ask_terminal

if TYPE_CHECKING:
    from rilo_reader.cli import StartMode
    from rilo_reader.config import Config
    from rilo_reader.tui.shutdown import EndProgram

LARGEST_BACKUP = 10_000_000
"""Bytes of marks that are backed up on exit, in a tenth of a second; the reader backs up larger
ones every ten minutes."""

FIRST_ARTICLES = "Your first articles are here."
GUIDE_LEFT = "{}. To see the guide again: guide, in the command palette"
GUIDE_HINT = "Back to your articles: guide, in the command palette. This is the guide."


def run(
    name: str | None,
    verbs: Sequence[str],
    *,
    start: StartMode | None = None,
    hint: str = "",
    fields: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Run the reader on a folder, or with GUIDE_HINT on the guide in its place; exit the program.

    Only another way to read returns, the exit code: `start`, or one that settings or terminal ask
    for. `fields` is what its verbs are given, `hint` what the reader says when it opens.

    Raises UsageError without such a folder or a terminal, LibraryError for one that is unreadable.
    """
    paths = user_paths()
    config, problems = settings.load(paths.settings_file)
    news = protect_files(paths)
    # Report a wrong name before a missing terminal, since it is more useful.
    context = choose_library(name, config, paths, verbs, problems)
    in_browser = bool(os.environ.get("TEXTUAL_DRIVER"))
    if not in_browser:
        if start := start or find_wanted_start(config):
            gc.enable()
            return start.run(context, fields, [*news, *(problem.message for problem in problems)])
        check_terminal()
    share_arena()
    # Textual is imported after the checks, so that errors are printed at once.
    has_colours = not os.environ.get("NO_COLOR")
    wanted = has_colours and config.theme == settings.AUTO
    streams = sys.stdin.fileno(), sys.stdout.fileno()
    wanted_graphics = [each.wants_graphics(config) for each in plugins_with(_GraphicsPlugin)]
    graphics = has_colours and any(wanted_graphics)
    with ask_terminal(*streams, os.environ, wanted=wanted, graphics=graphics) as answer:
        from rilo_reader.tui import app
        from rilo_reader.tui.environment import GUIDE, REOPEN, Environment, make_collector

        is_light, typed, has_graphics, has_sixel = answer()
    guide, own = hint == GUIDE_HINT, context.wanted_folder
    if guide:
        own = own or context.folder
        context = LibraryContext(guide_folder(), paths, config)
    hint = context.guide_hint or hint
    notices = (*(problem.short_message for problem in problems), *news, hint)
    if not (any(notices) and paths.version_file.exists()):  # else it waits until it is alone
        notices = (*notices, describe_update(paths))
    library = context.open_library()
    into = own or library.folder
    environment = Environment(
        paths,
        into,
        # The user's own library needs no name, and is created if it does not exist.
        partial(make_collector, None if own and not guide else into),
        notices=notices,
        guide_returns=guide,
        is_light=is_light,
        has_graphics=has_graphics,
        has_sixel=has_sixel,
        typed_ahead=typed,
        in_browser=in_browser,
    )
    shown = app.make_app(library, config, environment)
    code = _run_and_close(library, partial(app.run, shown))
    if code in (REOPEN, GUIDE) and not in_browser:  # its tab is closed by now
        gc.disable()
        # Also where the guide was shown instead of an empty library, which has articles now.
        left = GUIDE_LEFT.format((shown.last_message or FIRST_ARTICLES).rstrip("."))
        hint = left if own and not guide else ""
        run(name, verbs, hint=GUIDE_HINT if code == GUIDE else hint)
    for line in (*(problem.message for problem in problems), *failures().lines):
        errors().complain(line)  # the reader shows them only briefly
    return exit_immediately(code)


class _GraphicsPlugin(Protocol):
    def wants_graphics(self, config: Config) -> bool: ...


def find_wanted_start(config: Config) -> StartMode | None:
    """Return the way to read that settings or terminal ask for, None for the screen."""
    return next((start for start in find_starts().values() if start.is_wanted(config)), None)


def check_terminal() -> None:
    """Raise UsageError if there is no terminal that can show a screen."""
    if missing := find_non_terminal():
        problem = f"the reader needs a terminal, and standard {missing} is not one."
    elif is_dumb():
        problem = (
            "the reader needs a terminal with a screen; if yours has one, set TERM to its name."
        )
    else:
        return
    *ways, last = ("list", "search", "show", *find_starts())
    instead = f"Use {PROGRAM} {', '.join(ways)} or {last}, or see {PROGRAM} --help"
    raise UsageError(f"{problem} {instead}")


def describe_update(paths: Paths, version: str = __version__) -> str:
    """A line on a `version` that is newer than that of the launch before, "" for any other.

    It is recorded, so that the next launch says nothing.
    """
    file = paths.version_file
    try:
        seen = read_regular(file).decode() if file.exists() else ""
        if seen != version:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(version, "utf-8")
    except (OSError, ValueError):
        return ""  # a version that cannot be recorded would be shown each time
    if not seen or _parse_version(seen) >= _parse_version(version):
        return ""
    return f"Updated to {version}. To read what changed: changelog, in the command palette"


def _parse_version(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d{1,9}", version)]


def _run_and_close(library: Library, show: Callable[[EndProgram], int]) -> int:
    """Run the reader and close the library; return the exit code, 1 after any error."""
    try:
        try:
            with restore_terminal_after() as restore:

                def end_program(error: BaseException) -> None:
                    restore()
                    exit_immediately(report_error(error))

                return show(end_program)
        finally:
            library.close(largest_backup=LARGEST_BACKUP)
    except (Exception, SystemExit) as error:  # of a plugin's panel
        return report_error(error)


def exit_immediately(code: int) -> NoReturn:
    """Exit without waiting for threads and children of the reader; all marks are on disk.

    Python would wait for threads whose results nobody needs, or stop them within native code, which
    aborts the process. Children finish their writes by themselves.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def find_non_terminal() -> str:
    """The first of "input", "output" and "error" that is not a terminal, "" if all are."""
    for stream, title in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if stream is None or stream.closed or not stream.isatty():
            return title
    return ""


def is_dumb() -> bool:
    """Return whether the terminal shows nothing but lines."""
    return os.environ.get("TERM", "") in ("", "dumb") and not find_non_terminal()


# Leaves the alternate screen; shows the cursor; turns off mouse, paste, key protocol and styles.
_RESET = (
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"
    "\x1b[?1004l\x1b[?2004l\x1b[0m"
)


@contextmanager
def restore_terminal_after() -> Iterator[Callable[[], None]]:
    """Restore the terminal when an exception leaves the block; yields a function that does so."""
    restore_modes = _save_modes()

    def restore() -> None:
        if sys.__stderr__ is not None:
            sys.stderr = sys.__stderr__  # Textual replaces it by a stream that drops everything
        if sys.stderr.isatty():  # not in a browser
            sys.stderr.write(_RESET)
        sys.stderr.flush()
        restore_modes()

    try:
        yield restore
    except BaseException:
        restore()
        raise


def _save_modes() -> Callable[[], None]:
    """A function that restores the terminal's modes; it does nothing on Windows or in a browser."""
    try:
        import termios

        descriptor = sys.stdin.fileno()
        if not os.isatty(descriptor):
            return lambda: None
        modes = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):
        # Windows has no such modes; Textual restores what it changed there.
        return lambda: None
    return lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)

"""The command line: one module per verb, and the start of the reader.

Every launch imports this module, so it imports nothing that the reader does not need (no argparse,
no rendering); each verb is imported when it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rilo_reader.cli.output import PROGRESS_DELAY, UsageError, close_quietly
from rilo_reader.cli.output import errors as output_errors

if TYPE_CHECKING:
    from rilo_reader.sync.services.remote_feeds import Connect
    from rilo_reader.workers import WorkerPool

VERBS = (
    *("search", "list", "show", "add", "refresh", "feeds"),
    *("mark", "history", "undo", "highlights"),
    *("account", "sync", "index", "import", "export", "doctor"),
)
"""The verbs; any other first argument is a folder, as `./search` is."""

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; shells expect 130 from a program interrupted by Ctrl-C."""


def run(
    arguments: Sequence[str],
    *,
    progress_delay: float = PROGRESS_DELAY,
    pool: WorkerPool | None = None,
    connect: Connect | None = None,
) -> int:
    """Run the command line; return the exit code: 0, 1 for errors, 2 for usage, 130 for Ctrl-C.

    An error is one line on stderr that says what happened and what to do. The traceback of an
    unexpected one is written to a log file, which the line names.

    Args:
        arguments: those behind the program's name.
        progress_delay: seconds before a verb shows its progress.
        pool: workers for verbs that read feeds and pages, left open; None for own ones.
        connect: opens the service of an account whose feeds are changed; None to call its server.
    """
    given: dict[str, object] = {"progress_delay": progress_delay, "pool": pool, "connect": connect}
    try:
        code = _dispatch(list(arguments), given)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        close_quietly(sys.stdout)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the pipe has read enough (`| head -1`).
        close_quietly(sys.stdout)
        return DONE
    except UsageError as error:
        output_errors().complain(str(error), *error.details)
        return USAGE
    except Exception as error:
        from rilo_reader.cli.output import report_error

        return report_error(error)
    return code


def _dispatch(arguments: list[str], given: Mapping[str, object]) -> int:
    """Start the reader, or run a verb or one of the two options without a verb."""
    first = arguments[0] if arguments else None
    if first is None:
        return _read(None)
    if first in VERBS:
        from rilo_reader.cli import parser

        return parser.run(first, arguments[1:], given)
    if first == "--":
        return _one_folder(arguments[1:])
    if first.startswith("-"):
        from rilo_reader.cli import parser

        return parser.run_option(first)
    return _one_folder(arguments)


def _one_folder(words: list[str]) -> int:
    if "-h" in words or "--help" in words:
        from rilo_reader.cli import parser

        return parser.run_option("--help")
    if len(words) > 1:
        from rilo_reader.cli.libraries import too_many

        raise too_many(words, VERBS)
    return _read(words[0] if words else None)


def _read(folder: str | None) -> int:
    from rilo_reader.cli import reader

    return reader.run(folder, VERBS)

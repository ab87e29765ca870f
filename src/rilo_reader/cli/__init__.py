"""The command line: every verb, headless; the reader itself starts only in its own branch.

This file is on the path of every launch: it imports nothing that opening the reader does not need
(no argparse, no rendering), and each verb is imported where it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rilo_reader.cli.output import UsageError, close_quietly
from rilo_reader.cli.output import errors as output_errors

VERBS = (
    *("search", "list", "show", "add", "refresh", "feeds"),
    *("index", "import", "export", "doctor"),
)
"""What the first word may be; any other first word is a folder (so `./search` is one too)."""

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; 130 is what a shell expects of a program that Ctrl-C ended."""


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns 0 done, 1 failed, 2 wrong usage, 130 after Ctrl-C.

    Nothing foreseeable ends in a traceback: an error is one line on stderr that says what
    happened and what to do; an unforeseen one is written to a log file, and the line says where.
    """
    try:
        code = _dispatch(list(arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        close_quietly(sys.stdout)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has what they wanted (`| head -1`).
        close_quietly(sys.stdout)
        return DONE
    except UsageError as error:
        output_errors().complain(str(error), *error.details)
        return USAGE
    except Exception as error:
        from rilo_reader.cli.errors import report

        return report(error)
    return code


def _dispatch(arguments: list[str]) -> int:
    """Find the branch: the reader, a verb, or one of the two options without a verb."""
    first = arguments[0] if arguments else None
    if first is None:
        return _read(None)
    if first in VERBS:
        from rilo_reader.cli import parser

        return parser.run(first, arguments[1:])
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

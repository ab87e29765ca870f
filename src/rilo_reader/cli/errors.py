"""Report errors: one line for the user, and a log file for unexpected ones."""

from __future__ import annotations

import errno
import sys
import traceback
from datetime import datetime
from pathlib import Path

from rilo_reader.cli.output import close_quietly, errors

FAILED = 1

MAX_LOGS = 10
"""Number of logs to keep, so that a recurring error does not fill the disk."""


def report(error: BaseException) -> int:
    """Print what happened and what to do in one line; return the exit code 1."""
    from rilo_reader.library import LibraryError

    if isinstance(error, LibraryError):
        errors().complain(str(error))
    elif isinstance(error, OSError):
        errors().complain(_system(error))
        if error.errno in (errno.ENOSPC, errno.EIO):
            # Standard output may be what failed, and flushing it at exit would fail again.
            close_quietly(sys.stdout)
    else:
        errors().complain(_unforeseen(error))
    return FAILED


def _system(error: OSError) -> str:
    """An error of the operating system, with its file."""
    reason = error.strerror or str(error) or type(error).__name__
    name = error.filename
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    return f"{name}: {reason}." if name else f"{reason}."


def _unforeseen(error: BaseException) -> str:
    """Log the traceback of an unexpected error; return a message that names the log."""
    what = f"an unexpected error occurred ({type(error).__name__}: {error})"
    try:
        log = write_log(error)
    except OSError as log_error:
        return f"{what}; its log could not be written either ({log_error.strerror})."
    return f"{what}. Nothing you marked is lost. Details are in {log}; please report them."


def write_log(error: BaseException) -> Path:
    """Write a traceback to a new file in the state folder; return the file.

    Raises:
        OSError: the folder cannot be created or written.
    """
    from rilo_reader import __version__
    from rilo_reader.paths import user_paths

    folder = user_paths().state
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now().astimezone()
    for old in sorted(folder.glob("error-*.log"))[: 1 - MAX_LOGS]:
        old.unlink(missing_ok=True)
    file = folder / f"error-{now:%Y%m%d-%H%M%S}.log"
    head = f"rilo-reader {__version__}, Python {sys.version}, {now.isoformat()}\n\n"
    text = head + "".join(traceback.format_exception(error))
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
    return file

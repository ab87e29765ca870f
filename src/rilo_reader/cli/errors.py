"""What the user sees when something failed: one line, and a log file for what nobody foresaw."""

from __future__ import annotations

import errno
import sys
import traceback
from datetime import datetime
from pathlib import Path

from rilo_reader.cli.output import close_quietly, errors

FAILED = 1

LOGS_KEPT = 10
"""Older logs are deleted: what fails every minute must not fill a disk."""


def report(error: BaseException) -> int:
    """Say in one line what happened and what to do; returns the exit code, always 1."""
    from rilo_reader.library import LibraryError

    if isinstance(error, LibraryError):
        errors().complain(str(error))
    elif isinstance(error, OSError):
        errors().complain(_system(error))
        if error.errno in (errno.ENOSPC, errno.EIO):
            # Standard output itself may be what failed; its flush at exit would fail again.
            close_quietly(sys.stdout)
    else:
        errors().complain(_unforeseen(error))
    return FAILED


def _system(error: OSError) -> str:
    """An error of the operating system, with the file it is about."""
    reason = error.strerror or str(error) or type(error).__name__
    name = error.filename
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    return f"{name}: {reason}." if name else f"{reason}."


def _unforeseen(error: BaseException) -> str:
    """Keep the traceback of an error in our own code, and say where it is."""
    what = f"something went wrong that should not have ({type(error).__name__}: {error})"
    try:
        log = write_log(error)
    except OSError as trouble:
        return f"{what}; its log could not be written either ({trouble.strerror})."
    return f"{what}. Nothing you marked is lost. Details are in {log}; please report them."


def write_log(error: BaseException) -> Path:
    """Write the traceback to a new file in the state folder, and return the file.

    Raises:
        OSError: the folder cannot be made or written.
    """
    from rilo_reader import __version__
    from rilo_reader.paths import user_paths

    folder = user_paths().state
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now().astimezone()
    for old in sorted(folder.glob("error-*.log"))[: 1 - LOGS_KEPT]:
        old.unlink(missing_ok=True)
    file = folder / f"error-{now:%Y%m%d-%H%M%S}.log"
    head = f"rilo-reader {__version__}, Python {sys.version}, {now.isoformat()}\n\n"
    text = head + "".join(traceback.format_exception(error))
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
    return file

"""`python -m rilo_reader`, and the entry point of the installed command.

When tantivy reads a file that was damaged while it was open, Rust prints "thread … panicked at …"
to file descriptor 2, whether or not the error is handled. So descriptor 2 becomes a log file, and
Python's standard error a duplicate of the original descriptor. Can be removed once tantivy's
binding lets callers set the panic hook (0.27 does not).
"""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TextIO

from rilo_reader.paths import user_paths

LOG = "native.log"  # in the state folder
LOG_LIMIT = 1_000_000  # bytes from which on it is truncated


def main() -> int:
    """Run the command line; the return value is the process's exit code."""
    redirect_native_output()
    write_utf8(sys.stdout)
    from rilo_reader.cli import run  # after that, as what is imported may keep standard error

    return run(sys.argv[1:])


def redirect_native_output() -> None:
    """Redirect descriptor 2 to the log, and `sys.stderr` and `sys.__stderr__` to the original.

    To be called once, before anything else stores a reference to standard error. Pass
    `sys.__stderr__` to children that may print to the user; they inherit the log otherwise.
    """
    if sys.__stderr__ is not None:
        descriptor = os.dup(sys.__stderr__.fileno())
        stream = open(  # noqa: SIM115  # open until Python exits, like the original
            descriptor,
            "w",
            buffering=1,
            encoding=sys.__stderr__.encoding,
            errors=sys.__stderr__.errors,
            closefd=False,
        )
        # Textual draws on it. typeshed declares it final, but nothing depends on that.
        sys.stderr = sys.__stderr__ = stream  # type: ignore[misc]
    log = _open_log()
    if log != 2:  # equal if descriptor 2 was closed
        os.dup2(log, 2)
        os.close(log)


def write_utf8(stream: TextIO | None, *, windows: bool = os.name == "nt") -> None:
    """On Windows, write what goes into files and pipes as UTF-8: its code pages lack most letters.

    Unless the user has named an encoding, or it goes to a terminal, which has all of them.
    """
    is_asked = "PYTHONIOENCODING" not in os.environ
    if windows and is_asked and isinstance(stream, TextIOWrapper) and not stream.isatty():
        stream.reconfigure(encoding="utf-8")


def _open_log() -> int:
    """A descriptor of the log, or of os.devnull if the log cannot be opened."""
    try:
        log = os.open(user_paths().state / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if os.fstat(log).st_size > LOG_LIMIT:
            os.ftruncate(log, 0)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
    return log


if __name__ == "__main__":
    sys.exit(main())

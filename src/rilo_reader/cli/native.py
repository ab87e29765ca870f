"""What native libraries print goes to a file, and never onto the terminal or into a pipe.

tantivy is Rust: when it trips over a file of the index that rotted while it was open, Rust prints
"thread … panicked at …" to file descriptor 2, whatever becomes of the error that it raises. Python
has no say in that, so descriptor 2 is a log file, and Python's own standard error is a duplicate
of what descriptor 2 was. Can go once tantivy's binding lets a caller set the panic hook (0.27 does
not).
"""

from __future__ import annotations

import os
import sys

LOG = "native.log"
"""The file in the state folder."""

LARGEST_LOG = 1_000_000
"""Bytes of a log that is gone on with; a larger one begins anew."""


def keep_native_output_apart() -> None:
    """Point descriptor 2 at the log, and `sys.stderr` and `sys.__stderr__` at what it was.

    To be called once, before anything else keeps hold of standard error. A child that may speak
    to the user is to be given `sys.__stderr__`: it inherits the log otherwise.
    """
    if sys.__stderr__ is not None:
        own = os.dup(sys.__stderr__.fileno())
        stream = open(  # noqa: SIM115  # open as long as Python runs, as its own one is
            own,
            "w",
            buffering=1,
            encoding=sys.__stderr__.encoding,
            errors=sys.__stderr__.errors,
            closefd=False,
        )
        # Textual draws on it. It is declared final, though nothing depends on that.
        sys.stderr = sys.__stderr__ = stream  # type: ignore[misc]
    log = _open_log()
    if log != 2:  # it is, where descriptor 2 was closed
        os.dup2(log, 2)
        os.close(log)


def _open_log() -> int:
    """A descriptor of the log; of nothing where the state folder is not there yet."""
    from rilo_reader.paths import user_paths

    try:
        log = os.open(user_paths().state / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if os.fstat(log).st_size > LARGEST_LOG:
            os.ftruncate(log, 0)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
    return log

"""Errors and panics of tantivy, and the file by which it finds an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rilo_reader.errors import IndexDamaged
from rilo_reader.text import clean_line

META = "meta.json"
"""The file that tantivy replaces on each commit, and which lists the segments."""

_LONGEST_REASON = 120


def is_panic(error: BaseException) -> bool:
    """Return whether this is a panic inside tantivy, which pyo3 does not derive from Exception."""
    return type(error).__name__ == "PanicException"


@contextmanager
def damage_errors(failed_action: str) -> Iterator[None]:
    """Raise errors and panics of tantivy as IndexDamaged, which says what could not be done."""
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, ValueError | OSError) or is_panic(error)):
            raise
        # tantivy prints whole structures; the beginning names the file and the problem.
        reason = clean_line(str(error), _LONGEST_REASON)
        raise IndexDamaged(f"The index could not be {failed_action}: {reason}") from error

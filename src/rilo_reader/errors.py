"""Exceptions whose message is for the user: LibraryError and its kinds.

Callers of a library, its index or its state catch LibraryError; its message is for the user.
Callers that can go on catch a kind: one that waits and tries again, one that rebuilds an index.
NotReadableError is for one input of several: it is reported, and the others are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class LibraryError(Exception):
    """A failure; the message tells the user what happened, where, and what to do."""


class LibraryBusy(LibraryError):  # noqa: N818 - a state of the library, not a fault of anyone's
    """Another process is writing the index, which can still be read."""


class IndexDamaged(LibraryError):  # noqa: N818 - as above
    """The index cannot be read or written; `SearchIndex.replace_if_damaged` replaces it."""


class StateError(LibraryError):
    """The marks cannot be read or written."""


class CollectingError(LibraryError):
    """The ledger cannot be read or written; the message is a sentence for users."""


class CollectionBusyError(CollectingError):
    """Another process is collecting into this library."""


class NotReadableError(Exception):
    """Input that cannot be parsed as what it was expected to be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  # one sentence for the user


@contextmanager
def parser_errors() -> Iterator[None]:
    """Raise any exception of a parser but OSError as NotReadableError.

    Parsers of untrusted input raise NotReadableError for errors that they expect; an unexpected
    one must not stop the import of what follows either.

    Raises:
        NotReadableError: the block raised an exception other than OSError.
    """
    try:
        yield
    except (NotReadableError, OSError):
        raise
    except Exception as error:
        reason = f"something in it cannot be read ({type(error).__name__})"
        raise NotReadableError(reason) from error

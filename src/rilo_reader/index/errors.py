"""Errors of the index, and those of tantivy as such errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_REASON = 120


class SearchIndexError(Exception):
    """A failure of the index; the message is a sentence for the user."""


class IndexBusy(SearchIndexError):  # noqa: N818 - it is a state of the world, not an error
    """Another process is writing the index and did not finish in time."""


class IndexDamaged(SearchIndexError):  # noqa: N818 - as above
    """The index cannot be read or written any more; `open_index` replaces it by an empty one."""


def is_panic(error: BaseException) -> bool:
    """Whether this is a panic inside tantivy, which pyo3 does not derive from Exception."""
    return type(error).__name__ == "PanicException"


@contextmanager
def as_damage(doing: str) -> Iterator[None]:
    """Raise errors and panics of tantivy as IndexDamaged.

    Args:
        doing: the operation, as a participle for the message ("searched", "opened").
    """
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexDamaged(_sentence(doing, error)) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise IndexDamaged(_sentence(doing, error)) from error


def _sentence(doing: str, error: BaseException) -> str:
    # tantivy prints whole structures; the beginning names the file and the problem.
    reason = " ".join(str(error).split())
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON]}…"
    return f"The index could not be {doing}: {reason}"

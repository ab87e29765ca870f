"""What can go wrong with an index, and the one place where tantivy's errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_REASON = 120


class SearchIndexError(Exception):
    """What happened to the index, in a sentence fit for the user."""


class IndexBusy(SearchIndexError):  # noqa: N818 - it is a state of the world, not an error
    """Another process is writing and did not finish in time."""


class IndexDamaged(SearchIndexError):  # noqa: N818 - as above
    """The index cannot be read or written any more; open_index starts it anew."""


def is_panic(error: BaseException) -> bool:
    """Whether this is a failed assertion inside tantivy (pyo3 makes it no Exception)."""
    return type(error).__name__ == "PanicException"


@contextmanager
def as_damage(doing: str) -> Iterator[None]:
    """Turn what tantivy raises over broken files into IndexDamaged.

    Args:
        doing: what was being done, for the message ("searched", "opened").
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
    # tantivy prints whole structures: the beginning says which file and what is wrong with it.
    reason = " ".join(str(error).split())
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON]}…"
    return f"The index could not be {doing}: {reason}"

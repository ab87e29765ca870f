"""`Limits`: the sizes from which on an index is asked in another way, handed to `open_index`."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Numbers of articles or results; they change how long an answer takes, and never the answer.

    Attributes:
        large: articles from which on single letters are too slow to search without prefix terms.
        enough: articles from which on searching the newest first pays.
        newest: articles that count as the newest.
        shallow: offset from which on results are counted first, to read a window from the nearer
            end.
        batch: results, or keys of articles, that are read at once.
        margin: results to read beyond a window, some of which may be left out as duplicates.
        top_rows: rows from the top that are folded by examining each of them.
        named: articles with duplicates that a query names; more are found by a filtered index.
        looked_up: articles of a new segment whose marks are looked up one by one; for more, all
            marked articles are read.
    """

    large: int = 200_000
    enough: int = 100_000
    newest: int = 4_000
    shallow: int = 1_000
    batch: int = 10_000
    margin: int = 50
    top_rows: int = 2_000
    named: int = 1_000
    looked_up: int = 5_000

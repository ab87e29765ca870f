"""Rows of the library, parts of results, and its limits (no I/O)."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.article import Article, ArticleId, Enclosure
from rilo_reader.index.schema import Hit
from rilo_reader.store.marks import NO_MARKS, Marks


class Row(NamedTuple):
    """One article in a list of results."""

    id: ArticleId
    path: str
    title: str
    source: str
    date: datetime
    date_only: bool
    marks: Marks
    copies: int = 0  # duplicates in the results that are folded into this row
    url: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # those of the file, while the user's are in `marks`
    enclosures: tuple[Enclosure, ...] = ()
    comments: str = ""

    @staticmethod
    def from_article(article: Article | Hit, marks: Marks = NO_MARKS) -> "Row":
        """The row of an article, or of what the index has of it."""
        return Row._make((*_first(article), marks, 0, *_last(article)))


_first, _last = attrgetter(*Row._fields[:6]), attrgetter(*Row._fields[8:])  # but for the marks


class Window(NamedTuple):
    """A part of a query's results."""

    total: int  # the number of rows in all the results
    offset: int  # the index of the first row of this part
    rows: tuple[Row, ...]
    left_out: int = 0  # the number of further articles, folded into rows as duplicates
    # False if only results near the top were folded; a search that is not `quick` gives the exact
    # numbers of rows and copies
    is_whole: bool = True
    # False if there may be more results than `total + left_out`, which `ArticleSearch.count`
    # returns exactly
    is_counted: bool = True


class Hidden(NamedTuple):
    """Numbers of muted results: in all, and by mute; several mutes may hide one article."""

    total: int
    by_mute: tuple[int, ...]


class ReadingLimits(NamedTuple):
    """Delays and sizes of batches when the index is brought up to date."""

    writer_wait: float = 10.0  # seconds to wait for another process that is writing the index
    first_batch: int = 200  # articles before the first commit of a build, enough to fill a screen
    # seconds between later commits, a compromise between early results and speed
    batch_seconds: float = 2.0
    # least time between commits as a share of the time so far, which limits their cost
    batch_share: float = 0.2
    # characters between two commits, which limits memory: the writer buffers them
    max_waiting: int = 200_000_000
    report_seconds: float = 0.1  # seconds between two reports of progress
    # seconds between comparisons of a folder that cannot be watched; more for large folders
    look_seconds: float = 5.0
    # seconds that git may take to say when files were added; it is not asked where that is 0
    git_seconds: float = 15.0
    # read articles from which on the first query for `is:unread` takes longer than a frame, so that
    # it is prepared for
    many_read: int = 20_000
    clock: Callable[[], float] = time.monotonic  # a monotonic clock, in seconds
    dialects: Mapping[str, str] = MappingProxyType(
        {}
    )  # those that are set, by folder (see `dialects.sites`)

"""What the library hands out: rows, windows, snippets, progress, errors (no I/O)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from rilo_reader.article import ArticleId, Fault
from rilo_reader.store.state import Marks


class LibraryError(Exception):
    """Something the user must know: what happened, where, and what to do, in one message."""


class LibraryBusy(LibraryError):  # noqa: N818 - a state of the library, not a fault of anyone's
    """Another process is writing the index; what is there can be read all the same."""


class Row(NamedTuple):
    """What the list, and a line of the command line, show of one article.

    `copies` is how many results that tell the same story are folded into this row; `tags` are
    those of its file, the user's own are among the marks.
    """

    id: ArticleId
    path: str
    title: str
    source: str
    date: datetime
    date_only: bool
    marks: Marks
    copies: int = 0
    url: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Window(NamedTuple):
    """A part of a query's results: the exact total, where the part begins, its rows.

    `left_out` is how many more articles there are that are folded into rows of the results. Where
    it is not `is_whole`, only what is near the top was folded: ask once more, not `quick`, when
    there is time, for the exact number of rows and of copies. `total + left_out` is exact where it
    `is_counted`; else there may be more results than these: `count` tells `total + left_out`.
    """

    total: int
    offset: int
    rows: tuple[Row, ...]
    left_out: int = 0
    is_whole: bool = True
    is_counted: bool = True


class Hidden(NamedTuple):
    """How many results are muted: each once in `total`, and under every mute that hides it."""

    total: int
    by_mute: tuple[int, ...]


class Snippet(NamedTuple):
    """A piece of an article around its first hit, and the hits in it as (start, end) characters."""

    text: str
    hits: tuple[tuple[int, int], ...]


class Progress(NamedTuple):
    """How far a reconciliation is; `total` is None while the folder is still being listed.

    Once the whole folder was listed, the last report says how many `files` are articles by what
    they are, and how many others were `left_out`, by kind (see left_out.in_short); None before,
    and where only some files were looked at.
    """

    done: int
    total: int | None
    added: int = 0
    changed: int = 0
    removed: int = 0
    skipped: int = 0
    committed: bool = False
    finished: bool = False
    files: int | None = None
    left_out: Mapping[str, int] | None = None


class Skipped(NamedTuple):
    """A file of the folder that is no article, and why."""

    path: str
    reason: str


class Faulty(NamedTuple):
    """An article whose file has faults."""

    path: str
    faults: tuple[Fault, ...]

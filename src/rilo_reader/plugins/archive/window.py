"""Keep only articles within a window here; older ones stay in the archive.

    edge                             UTC midnight of the window's first day, as a sort key
    pull                             only rows from the edge on
    delete_older_files               files before it that came from the archive go, but not the
                                     user's own, changed ones, nor those that they marked
    iter_marked_elsewhere            and older articles that they mark come

A file is deleted only while the archive has the same text. Its deletion is recorded before, so that
it comes back with a wider window, whenever the process is killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.index.schema import sort_key, to_seconds
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.archive.connection import ShareError, fetch_row, fetch_rows
from rilo_reader.plugins.archive.files import read_unchanged
from rilo_reader.plugins.archive.pull import TYPES, LogRow
from rilo_reader.plugins.archive.push import NewestVersion, find_newest
from rilo_reader.plugins.archive.records import (
    GONE_DIGEST,
    AgreedVersion,
    ArchiveRecords,
    KnownFile,
)
from rilo_reader.query.dates import Calendar, read_dates
from rilo_reader.store.folder import is_outside_library, read_entry, resolve_inside
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.store.state import State, open_state

ALL_YEARS = "all"
_TOGETHER = 500

_ROWS = """select distinct on (id) seq, id, writer, deleted, edited,
        (extract(epoch from added) * 1000000)::bigint, text
    from log where id = any(%s) order by id, seq desc"""


def parse_edge(text: str, now: datetime) -> int:
    """Return the sort key at which a window begins, such as of "2y" or "2019-03"; 0 for "all".

    `now` is in the user's zone. Raises ShareError: it is not a window.
    """
    if text == ALL_YEARS:
        return 0
    dates = read_dates("after", text, Calendar(now))
    if dates is None or dates.start is None or dates.start >= now:
        raise ShareError(
            f"'{text}' is not a valid window: use a length such as 2y, 6m or 90d, a date such as "
            f"2019, or {ALL_YEARS}."
        )
    day = datetime(*dates.start.timetuple()[:3], tzinfo=UTC)
    return sort_key(to_seconds(day))


def set_window(records: ArchiveRecords, text: str, now: datetime) -> None:
    """Record a window; the next exchange fetches what it lacks. Raises ShareError."""
    edge, before = parse_edge(text, now), records.read_number("edge")
    with records.transaction():
        records.write_settings(window="" if text == ALL_YEARS else text, edge=edge)
        if edge < before:
            records.write_settings(last=0)  # what is known already is quickly passed over


def move_window(records: ArchiveRecords, now: datetime, connection: Connection) -> None:
    """Move the edge to where it is today, unless the clock is ahead of the server's.

    Raises psycopg.Error.
    """
    text, edge = records.read_setting("window"), records.read_number("edge")
    if text and parse_edge(text, now) > edge:
        (server,) = fetch_row(connection, "select clock_timestamp()", None, (datetime,))
        today = parse_edge(text, min(now, server.astimezone(now.tzinfo)))
        records.write_settings(edge=max(today, edge))


def delete_older_files(
    folder: Path, paths: Paths, records: ArchiveRecords, connection: Connection
) -> int:
    """Remove the files that are older than the window; return how many. Raises psycopg.Error."""
    edge, dropped = records.read_number("edge"), 0
    if not edge:
        return 0
    with closing(open_state(marks_file(folder, paths))) as state:
        marked = marked_ids(state)
    files = iter(records.list_shared_files())
    while some := list(islice(files, _TOGETHER)):
        newest = find_newest(connection, [file.id for file in some])
        unmarked = [file for file in some if file.id not in marked]
        gone = [
            file for file in unmarked if _can_be_deleted(folder, file, newest.get(file.id), edge)
        ]
        agreed = records.agreed_versions(file.id for file in gone)
        with records.transaction():
            bases = (agreed.get(one.id, AgreedVersion(one.id, b"", 0)) for one in gone)
            records.write_agreed([base._replace(digest=GONE_DIGEST) for base in bases])
            records.forget_files(file.entry.path for file in gone)
        for file in gone:
            is_same = read_entry(folder, file.entry.path) == file.entry
            if not is_same or is_outside_library(folder, file.entry.path):
                continue  # it was changed just now
            path = Path(resolve_inside(folder, file.entry.path))
            path.unlink(missing_ok=True)
            with suppress(OSError):  # other files are there
                if path.parent != folder:
                    path.parent.rmdir()
        dropped += len(gone)
    return dropped


def _can_be_deleted(folder: Path, file: KnownFile, newest: NewestVersion | None, edge: int) -> bool:
    if newest is None or newest.deleted or newest.is_own or newest.at >= edge:
        return False
    found = read_unchanged(folder, file)
    return found is not None and newest.is_text(found)


def marked_ids(state: State) -> set[ArticleId]:
    """Return the articles that a user starred, tagged, highlighted or wrote a note on."""
    found = set(state.ids_with("starred"))
    for articles in state.tags().values():
        found.update(articles)
    for prefix in (HIGHLIGHT, NOTE):
        found.update(article for article, _, _ in state.annotations.read_all(prefix))
    return found


def iter_marked_elsewhere(
    state: State, records: ArchiveRecords, connection: Connection
) -> Iterator[list[LogRow]]:
    """Yield the marked articles that are not here, as the archive has them."""
    missing = iter(sorted(records.ids_without_file(marked_ids(state))))
    while some := list(islice(missing, _TOGETHER)):
        rows = fetch_rows(connection, _ROWS, (some,), TYPES)
        yield [row for row in map(LogRow._make, rows) if not row.deleted]

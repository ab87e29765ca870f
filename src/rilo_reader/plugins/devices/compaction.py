"""Rewrite segments with those of their lines that are still of use.

Whatever the order of lines, of each field of each article only the one with the greatest stamp and
value counts: the others can go. Of `moved` every value counts. Fields that this version does not
know are kept like any other.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from tempfile import gettempdir

from rilo_reader.article import ArticleId, Fault
from rilo_reader.plugins.devices.journal import JournalLine
from rilo_reader.plugins.devices.segments import SegmentFile, read_segment
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import MOVED, Stamp
from rilo_reader.store.restamps import Restamps

_BATCH = 10_000

_CREATE = """
    CREATE TABLE latest (field TEXT, id TEXT, kept TEXT, stamp INTEGER, value TEXT, old INTEGER,
                         PRIMARY KEY (field, id, kept)) WITHOUT ROWID"""
_KEEP = """
    INSERT INTO latest VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET stamp = excluded.stamp, value = excluded.value, old = excluded.old
    WHERE (excluded.stamp, excluded.value) > (stamp, value)"""
_KEEP_LATER = _KEEP.replace(" > ", " >= ")
_WINNERS = "SELECT stamp, field, value, id FROM latest WHERE old ORDER BY stamp, field, value, id"


class WinningLines:
    """The winners among the lines of segments, in a temporary file of SQLite's."""

    def __init__(self, connection: sqlite3.Connection, dated: Restamps) -> None:
        self._total = 0
        self._restamped = dated
        self._keep = _KEEP
        self._connection = connection
        connection.execute(_CREATE)

    def add_segments(self, segments: Iterable[SegmentFile], *, rewritten: bool = True) -> str:
        """Read segments; return why one of them cannot be read as a whole, or "".

        Those that are not to be rewritten only supersede lines of others.

        Raises OSError: one cannot be read.
        """
        for segment in segments:
            for chunk in read_segment(segment, None):
                if isinstance(chunk.header, Fault):
                    return f"{segment.path}: {chunk.header.reason}"
                if chunk.mark is None:
                    return f"{segment.path} is from a newer version of the program."
                rows = [row for line in chunk.lines for row in self._make_rows(line, rewritten)]
                self._connection.executemany(self._keep, rows)
                if rewritten:
                    self._total += len(rows)
        return ""

    def add_winners(self, gestures: Iterable[Gesture]) -> None:
        """Add the winners of a snapshot; later lines supersede them, equal ones too."""
        self._keep = _KEEP_LATER
        for gesture in gestures:
            for field, value, ids in gesture.assignments:
                line = JournalLine(gesture.id.stamp, field, value, tuple(ids))
                self._connection.executemany(self._keep, list(self._make_rows(line, True)))

    def _make_rows(
        self, line: JournalLine, rewritten: bool
    ) -> Iterator[tuple[str, str, str, int, str, bool]]:
        # Of an article that moved twice, both moves count.
        kept = line.value if line.field == MOVED else ""
        stamp = self._restamped.get(line.stamp, line.stamp)
        for article in line.ids:
            yield line.field, article, kept, stamp, line.value, rewritten

    def is_mostly_superseded(self) -> bool:
        """Return whether over half of the values in the segments to be rewritten are superseded."""
        found = self._connection.execute("SELECT count(*) FROM latest WHERE old").fetchone()
        return 2 * int(found[0]) < self._total

    def iter_gestures(self, device: str) -> Iterator[Gesture]:
        """The winners as a snapshot has them: by stamp, each gesture of a bounded size."""
        rows = self._connection.execute(_WINNERS)
        for (stamp, field, value), group in groupby(rows, key=lambda row: row[:3]):
            ids = (ArticleId(row[3]) for row in group)
            while batch := Ids(article for article, _ in zip(ids, range(_BATCH), strict=False)):
                assignment = Assignment(field, value, batch)
                yield Gesture(GestureId(device, Stamp(stamp)), (assignment,))


@contextmanager
def open_winning_lines(dated: Restamps) -> Iterator[WinningLines]:
    """Yield an empty `WinningLines`; `dated` has the new stamps of lines by their old ones.

    Its temporary file is gone at the end.

    Raises OSError: there is not enough of it.
    """
    # A database without a name is a temporary file, which SQLite keeps in memory while it is small.
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        try:
            yield WinningLines(connection, dated)
        except sqlite3.OperationalError as error:
            raise OSError(errno.EIO, str(error), gettempdir()) from error

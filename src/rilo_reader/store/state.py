"""`State`: the user's marks of the articles of one library, in a durable SQLite file.

Marks are kept by article id: read, starred, tags, position and time of the last opening. What the
user does with them is a gesture, which can be taken back, on another device too. What else is in
the file is asked of the parts of `State`, such as `State.annotations` and `State.history`.

`database` holds the connections and repairs; `gesture_actions` does gestures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection, Error
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import devices
from rilo_reader.store.annotation_records import AnnotationRecords
from rilo_reader.store.database import Database
from rilo_reader.store.marks import (
    BEGINNING,
    EDITED,
    NO_MARKS,
    POSITION,
    READ,
    STARRED,
    TAG,
    Flag,
    GestureContext,
    HistoryLimits,
    LastSession,
    Marks,
)
from rilo_reader.store.moves import NAMED_ARTICLES, ReusedPaths, select_present
from rilo_reader.store.session import SearchRecords, SessionRecord
from rilo_reader.store.sqlite import FileKind, VersionError, connect_read_only
from rilo_reader.store.state_schema import STATE
from rilo_reader.store.value_table import BY_ARTICLE, OPENED, count_write
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from rilo_reader.store.gestures import Assignment, Change, Gesture, GestureId
    from rilo_reader.store.history import History, StepRecords
    from rilo_reader.store.journals import Journals
    from rilo_reader.store.moved_files import MovedFiles
    from rilo_reader.store.sync_base import SyncBase

__all__ = [
    "NO_MARKS",
    "Flag",
    "GestureContext",
    "HistoryLimits",
    "LastSession",
    "Marks",
    "State",
    "StateError",
    "open_state",
]

TAG_LIMIT = 1_000
"""The user's tags of one article that are shown; of more, which a journal may have, the first."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_STAMP = (1 << 63) - 1
_MICROSECOND = timedelta(microseconds=1)
"""Times of opening are stored as numbers of microseconds since _EPOCH."""

_IDS_WITH_MARK = "SELECT id FROM value WHERE field = ? AND value = '1'"
"""All articles with a mark; conditions may follow."""

_READ_TIMES = "SELECT id, at FROM value WHERE field = 'read' AND value = '1'"
_READ_LAST = f"{_READ_TIMES} ORDER BY at DESC, id LIMIT ?"

_TIMED: Mapping[str, str] = {
    "read": "field = 'read' AND value = '1'",
    "starred": "field = 'starred' AND value = '1'",
    "tagged": f"field > 'tag:' AND field < 'tag;' AND value = '1' AND {BY_ARTICLE}",
    "noted": f"field > 'note:' AND field < 'note;' AND value <> '' AND {BY_ARTICLE}",
}
"""Conditions for marks whose times are asked for; what has the stamp BEGINNING has none."""

_MARKS_OF = f"""{NAMED_ARTICLES}
    SELECT article, field, value FROM named CROSS JOIN value
    ON id = name AND field IN ('read', 'starred', 'position', 'opened')
    UNION ALL SELECT article, field, value FROM named CROSS JOIN value
    ON id = name AND field > 'tag:' AND field < 'tag;' AND value = '1' AND {BY_ARTICLE}
    UNION ALL SELECT article, '{EDITED}', value FROM named CROSS JOIN value
    ON id = name AND field > 'edited:' AND field < 'edited;' AND value = '1' AND {BY_ARTICLE}"""  # noqa: S608  # names of ours

_TAGS = """SELECT id, field FROM value
    WHERE field > 'tag:' AND field < 'tag;' AND value = '1' ORDER BY field, id"""

_EDITS_OF = f"""{NAMED_ARTICLES} SELECT field, value FROM named CROSS JOIN value ON id = name
    AND field > 'edited:' AND field < 'edited;' AND {BY_ARTICLE} ORDER BY at DESC, field"""  # noqa: S608


class State:
    """The marks of one library; safe to use from several threads and processes.

    Changes are on disk when a method returns. Every method raises StateError, with a message for
    the user, if the file can be neither used nor replaced by its backup.
    """

    def __init__(self, database: Database, rules: GestureContext = GestureContext()) -> None:  # noqa: B008  # immutable
        self._database = database
        # How many values of how many are written of the gesture that is being done, or was last.
        self.progress = (0, 0)
        self._context = rules._replace(on_progress=self._set_progress)
        self._read = database.read
        self._write = database.write
        self.annotations = AnnotationRecords(database)
        self.searches = SearchRecords(database)
        self.session = SessionRecord(database)

    # Parts that no first frame asks for are imported when they are used.

    @cached_property
    def history(self) -> History:
        """The gestures of all devices, in words."""
        from rilo_reader.store.history import History

        return History(self._database)

    @cached_property
    def steps(self) -> StepRecords:
        """Changes of files and accounts by gestures of this device."""
        from rilo_reader.store.history import StepRecords

        return StepRecords(self._database, self._context)

    @cached_property
    def journals(self) -> Journals:
        """Gestures that devices exchange in journals."""
        from rilo_reader.store.journals import Journals

        return Journals(self._database, self._context)

    @cached_property
    def moved_files(self) -> MovedFiles:
        """Marks of files that moved or are gone."""
        from rilo_reader.store.moved_files import MovedFiles

        return MovedFiles(self._database, self._context)

    @cached_property
    def sync_base(self) -> SyncBase:
        """The marks on which accounts agreed last."""
        from rilo_reader.store.sync_base import SyncBase

        return SyncBase(self._database)

    @property
    def file(self) -> Path:
        """The file that has them."""
        return self._database.file

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user about the file; there may come more while it is in use."""
        return self._database.notices

    @property
    def is_protected(self) -> bool:
        """True if nothing can be written; `notices` has the reason."""
        return self._database.is_protected

    def check_readable(self) -> None:
        """Raise StateError where the file cannot be read, and so seems to be empty."""
        if self._database.unreadable_reason:
            raise StateError(self._database.unreadable_reason)

    @property
    def size(self) -> int:
        """Size of the file in bytes; 0 where there is none."""
        try:
            return self._database.file.stat().st_size
        except OSError:
            return 0

    @property
    def write_version(self) -> tuple[int, int] | None:
        """Time and size of the write-ahead log, which change with every write; None without one."""
        with suppress(OSError):
            log = self.file.with_name(f"{self.file.name}-wal").stat()
            return log.st_mtime_ns, log.st_size
        return None

    def _set_progress(self, done_count: int, total: int) -> None:
        self.progress = done_count, total

    def register_library(self, library: Path) -> None:
        """Record the folder of articles, absolute, and where this file is."""
        where = library, self.file.resolve()
        if not self.is_protected and self._read(devices.read_library) != where:
            self._write(lambda connection: devices.set_library(connection, *where))

    def backup(self) -> bool:
        """Back the file up beside it if it changed since the last backup; True if it did.

        The copy is verified and put in place atomically; the backup before is the older one then.
        """
        return self._database.backup()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()

    # -- read -----------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """A number that increases with every change of marks, in this or another process.

        Positions and sessions do not count as marks.
        """
        return int(self._database.fetch("SELECT revision FROM clock")[0][0])

    def read_changes_since(self, revision: int) -> tuple[int, list[ArticleId] | None]:
        """Return the current revision, and the articles whose marks changed after `revision`.

        None means that any may have changed: too many did, too long ago, or a backup was restored.
        """

        def query(connection: Connection) -> tuple[int, list[ArticleId] | None]:
            # One statement, so that both are of the same snapshot.
            rows = connection.execute(
                """SELECT clock.revision, complete_from, id
                FROM clock LEFT JOIN recent ON recent.revision > ?""",
                (revision,),
            ).fetchall()
            newest, complete_from, _ = rows[0]
            if not complete_from <= revision <= newest:
                return newest, None
            names = ReusedPaths(connection)
            changed = [names.id_of(name) for _, _, name in rows if name is not None]
            return newest, list(dict.fromkeys(changed))

        return self._read(query)

    def marks(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Marks]:
        """Return the marks of these articles; articles without marks are omitted."""
        wanted = list(ids)

        def query(connection: Connection) -> dict[ArticleId, Marks]:
            values: dict[ArticleId, dict[str, str]] = {}
            for article, field, value in connection.execute(
                _MARKS_OF, (json.dumps(wanted),)
            ).fetchall():
                values.setdefault(article, {})[field] = value
            found = {article: _make_marks(of_article) for article, of_article in values.items()}
            return {article: marks for article, marks in found.items() if marks != NO_MARKS}

        return self._read(query) if wanted else {}

    def ids_with(self, flag: Flag) -> list[ArticleId]:
        """Return all articles with this mark, in no particular order."""
        return self._to_ids(self._database.fetch(_IDS_WITH_MARK, flag))

    def iter_ids_with(self, flag: Flag, batch: int = 10_000) -> Iterator[list[ArticleId]]:
        """Yield all articles with this mark, in batches ordered by id.

        Marks may change between two batches; `read_changes_since` tells which did.
        """
        statement, last = f"{_IDS_WITH_MARK} AND id > ? ORDER BY id LIMIT {batch}", ""
        while rows := self._database.fetch(statement, flag, last):
            last = rows[-1][0]
            yield self._to_ids(rows)

    def _to_ids(self, rows: Iterable[tuple[ArticleId]]) -> list[ArticleId]:
        names = [name for (name,) in rows]
        return self._read(lambda connection: ReusedPaths(connection).ids_of(names))

    def list_recently_read(self, limit: int) -> list[tuple[ArticleId, int]]:
        """Return the articles that were read last, with their stamps; -1 is all of them."""
        if limit < 0:  # sorting so many takes SQLite longer
            rows = self._read(lambda connection: select_present(connection, _READ_TIMES))
            rows.sort(key=lambda row: (-row[1], row[0]))
            return rows
        return self._read(lambda connection: select_present(connection, _READ_LAST, limit))

    def read_times(self, ids: Iterable[ArticleId]) -> dict[ArticleId, int]:
        """Return the stamps with which those of these articles that are read were read."""
        statement = f"""{NAMED_ARTICLES} SELECT article, at FROM named CROSS JOIN value
            ON id = name AND {_TIMED["read"]}"""  # noqa: S608  # a constant
        return dict(self._database.fetch(statement, json.dumps(list(ids))))

    def ids_never_marked(self, flag: Flag, ids: Iterable[ArticleId]) -> list[ArticleId]:
        """Return those of these articles whose mark was never given or taken, on any device."""
        statement = f"""{NAMED_ARTICLES} SELECT article FROM named WHERE NOT EXISTS (
            SELECT 1 FROM value WHERE field = ? AND id = name)"""  # noqa: S608  # a constant
        rows = self._database.fetch(statement, json.dumps(list(ids)), flag)
        return [article for (article,) in rows]

    def ids_marked_during(
        self,
        mark: str,
        start: datetime | None,
        end: datetime | None,
        among: Iterable[ArticleId] | None = None,
    ) -> list[ArticleId]:
        """Return the articles that got a mark (one of _TIMED) from `start` on and before `end`.

        In no particular order; those `among` some, or all. None leaves that side open.
        """
        first = BEGINNING + 1 if start is None else max(BEGINNING + 1, _to_stamp(start))
        span = first, _LAST_STAMP if end is None else _to_stamp(end)
        condition = f"{_TIMED[mark]} AND at >= ? AND at < ?"
        if among is not None:
            statement = f"""{NAMED_ARTICLES} SELECT DISTINCT article FROM named CROSS JOIN value
                ON id = name AND {condition}"""  # noqa: S608  # a constant
            rows = self._database.fetch(statement, json.dumps(list(among)), *span)
            return [article for (article,) in rows]
        return self._to_ids(
            self._database.fetch(f"SELECT DISTINCT id FROM value WHERE {condition}", *span)  # noqa: S608
        )

    def has_more(self, flag: Flag, count: int) -> bool:
        """Return whether more than `count` articles have this mark, reading no more rows."""
        return bool(self._database.fetch(f"{_IDS_WITH_MARK} LIMIT 1 OFFSET {count}", flag))

    def tags(self) -> dict[str, list[ArticleId]]:
        """Return the user's tags, sorted, each with the articles that have exactly it."""
        found: dict[str, list[ArticleId]] = {}
        for article, tag in self._read(lambda connection: select_present(connection, _TAGS)):
            found.setdefault(tag.removeprefix(TAG), []).append(article)
        return found

    def edits(self) -> dict[ArticleId, str]:
        """Return the articles that were edited since they were read, each with a digest of that."""
        from rilo_reader.store.gesture_actions import EDITED_ARTICLES

        rows = self._read(lambda connection: select_present(connection, EDITED_ARTICLES))
        return {article: field.removeprefix(EDITED) for article, field in rows}

    def edits_of(self, article: ArticleId) -> dict[str, bool]:
        """Return the digests of an article's edits, the last one first, and whether each is new."""
        rows = self._database.fetch(_EDITS_OF, json.dumps([article]))
        return {field.removeprefix(EDITED): value == "1" for field, value in rows}

    # -- gestures -------------------------------------------------------------------------------

    def set_read(self, ids: Iterable[ArticleId], value: bool, *, in_history: bool = True) -> Change:
        """Mark as read or unread; `in_history` as for `apply_assignments`.

        What is marked as read again is no longer edited, see `gesture_actions`.
        """
        title = f"Marked {{:,}} as {'read' if value else 'unread'}"
        return self._set_flag("read", ids, value, title, in_history=in_history)

    def set_starred(self, ids: Iterable[ArticleId], value: bool) -> Change:
        """Add or remove stars."""
        title = "Starred {:,}" if value else "Removed the star from {:,}"
        return self._set_flag("starred", ids, value, title)

    def set_tags(self, article: ArticleId, tags: Iterable[str]) -> Change:
        """Replace the user's tags of an article; they are cleaned, as journals demand."""
        from rilo_reader.store import gesture_actions
        from rilo_reader.store.gestures import Change, Ids

        wanted = sorted({clean_line(tag) for tag in tags} - {""})
        before, gesture = self._write(
            lambda connection: gesture_actions.replace_tags(
                connection, self._context, article, wanted
            )
        )
        title = f"Tagged {', '.join(wanted)}" if wanted else "Removed the tags"
        changed = Ids() if gesture is None else Ids([article])
        return Change(title, "tags", changed, before, gesture and gesture.id)

    def _set_flag(
        self,
        flag: Flag,
        ids: Iterable[ArticleId],
        value: bool,
        title: str,
        *,
        in_history: bool = True,
    ) -> Change:
        """Set a mark; the title has a place for the number of articles that it changed."""
        from rilo_reader.store.gestures import Assignment, Change, Ids

        assignment = Assignment(flag, "1" if value else "0", Ids(ids))
        gesture = self.apply_assignments([assignment], in_history=in_history)
        changed = gesture.assignments[0].ids if gesture else Ids()
        if gesture and len(gesture.assignments) > 1:
            changed = Ids(dict.fromkeys(one for part in gesture.assignments for one in part.ids))
        name = gesture.id if gesture else None
        return Change(title.format(len(changed)), flag, changed, not value, name)

    def save_position(self, article: ArticleId, position: int, opened_at: datetime) -> None:
        """Store how far an article was read, and when it was last opened (timezone-aware)."""
        from rilo_reader.store import gesture_actions

        opened = (opened_at - _EPOCH) // _MICROSECOND
        self._write(
            lambda connection: gesture_actions.save_position(
                connection, self._context, article, position, opened
            )
        )

    def apply_assignments(
        self,
        assignments: Iterable[Assignment],
        *,
        in_history: int = True,
        actor: str = "",
        batch: str = "",
        done_at: int | None = None,
    ) -> Gesture | None:
        """Do a gesture of this device: only what really changes, and None if nothing does.

        Without `in_history` undo does not see it, and it is kept only until it has travelled; with
        NO_STEP as that it is only no step. The history says who did it, `actor`. Of a `batch` of
        work that was the last one done already, nothing is done again. `done_at` is when it was
        done, in milliseconds since 1970, if that was before now; it counts as later than all that
        was known here.
        """
        from rilo_reader.store import gesture_actions, gesture_table

        given, about = list(assignments), gesture_table.GestureInfo(None, in_history, actor)
        rules, now = self._context, self._context.clock()
        if done_at is not None and done_at < now:
            rules = rules._replace(clock=lambda: done_at)

        def apply(connection: Connection) -> Gesture | None:
            if batch:
                if devices.read_value(connection, devices.BATCH) == batch:
                    return None
                devices.set_value(connection, devices.BATCH, batch)
                count_write(connection)
            return gesture_actions.apply_assignments(connection, rules, given, about)

        return self._write(apply)

    def undo(self, gesture: GestureId) -> Gesture | None:
        """Take back a gesture of the history, where no later one changed the same; None: nowhere.

        The result is a gesture too, whose undo does it again. Flags and tags become the opposite,
        highlights and notes what they were before.
        """
        return self._undo_first(lambda connection: [gesture])

    def undo_last(self, by_program_since: int | None = None) -> Gesture | None:
        """Take back this device's last gesture that is neither an undo nor undone.

        Or of those only that rules or an assistant did, after a time in milliseconds since 1970.
        Raises StateError where that is not one of marks alone.
        """
        return self._undo_last_mark(self.steps.find_last(by_program_since=by_program_since))

    def _undo_last_mark(self, gesture: GestureId | None) -> Gesture | None:
        if gesture is None:
            return None
        if self.steps.read(gesture) is not None:
            message = self.history.describe(gesture)
            raise StateError(f"This cannot be undone here: {message}. Use rilo-reader undo.")
        return self.undo(gesture)

    def redo_last(self) -> Gesture | None:
        """Take back this device's last undo, unless something else was done since."""
        return self._undo_last_mark(self.steps.find_last(redo=True))

    def redo(self, gesture: GestureId) -> Gesture | None:
        """Do a gesture again that is taken back; None if it is not, or where that is nowhere."""
        from rilo_reader.store import gesture_table

        return self._undo_first(lambda connection: gesture_table.list_undos(connection, gesture))

    def _undo_first(
        self, find_gestures: Callable[[Connection], Iterable[GestureId]]
    ) -> Gesture | None:
        from rilo_reader.store import gesture_actions

        return self._write(
            lambda connection: gesture_actions.undo_first(
                connection, self._context, find_gestures(connection)
            )
        )


def _make_marks(values: Mapping[str, str]) -> Marks:
    """Return the marks in the fields of an article."""
    tags = sorted(field.removeprefix(TAG) for field in values if field.startswith(TAG))
    opened = values.get(OPENED)
    return Marks(
        values.get(READ) == "1",
        values.get(STARRED) == "1",
        tuple(tags[:TAG_LIMIT]),
        int(values.get(POSITION, 0)),
        None if opened is None else _EPOCH + int(opened) * _MICROSECOND,
        EDITED in values,
    )


def open_state(
    file: Path,
    *,
    kind: FileKind = STATE,
    rules: GestureContext = GestureContext(),  # noqa: B008  # immutable
) -> State:
    """Open the marks of a library, creating the file if it is missing; never raises.

    A damaged file is renamed and its backup restored; `State.notices` tells the user.
    """
    return State(Database(file, kind), rules)


def read_tags(file: Path) -> list[str]:
    """Return the user's tags in the marks of a library, sorted; none if they cannot be read.

    Nothing is made, mended or moved to a newer schema, unlike in `open_state`.
    """
    try:
        with closing(connect_read_only(file, STATE)) as connection:
            fields = [field for _, field in connection.execute(_TAGS)]
    except (OSError, Error, VersionError):
        return []
    return list(dict.fromkeys(field.removeprefix(TAG) for field in fields))


def _to_stamp(moment: datetime) -> int:
    """The first stamp of a moment, as far as there are stamps."""
    milliseconds = -((_EPOCH - moment) // timedelta(milliseconds=1))
    return min(max(0, milliseconds << 16), _LAST_STAMP)

"""`State`: the user's marks of the articles of one library, in a durable SQLite file.

Marks are kept by article id: read, starred, tags, position and time of the last opening; so are
highlights and notes. What the user does with them is a gesture, which can be taken back, on
another device too. Beside them are the last session and the history of searches.

`database` holds the connections and repairs, and this class the transactions. What they do is in
`mark_rows` (read), `applying` (gestures) and `history`; those of journals are in `journals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import applying, devices, history, mark_rows
from rilo_reader.store.database import Database
from rilo_reader.store.gestures import (
    NO_MARKS,
    READ,
    STARRED,
    TAG,
    Assignment,
    Change,
    Flag,
    Gesture,
    GestureId,
    HistoryLimits,
    Ids,
    Marks,
    Rules,
    Session,
    Stamp,
)
from rilo_reader.store.history import HistoryEntry
from rilo_reader.store.journals import Journals
from rilo_reader.store.sqlite import FileKind
from rilo_reader.store.state_schema import STATE
from rilo_reader.store.value_table import Names
from rilo_reader.text import clean_line

__all__ = [
    "NO_MARKS",
    "Change",
    "Flag",
    "HistoryLimits",
    "Ids",
    "Marks",
    "Rules",
    "Session",
    "State",
    "StateError",
    "open_state",
]


class State:
    """The marks of one library; safe to use from several threads and processes.

    Changes are on disk when a method returns. Every method raises StateError, with a message for
    the user, if the file can be neither used nor replaced by its backup.
    """

    def __init__(self, database: Database, rules: Rules = Rules()) -> None:  # noqa: B008  # immutable
        self._database = database
        self._rules = rules
        self._read = database.read
        self._write = database.write
        self.searches = Searches(database)

    @cached_property
    def journals(self) -> Journals:
        """What the journals of devices need."""
        return Journals(self._database, self._rules)

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user about the file (damaged and restored, write-protected, …).

        The list may grow while the file is in use.
        """
        return self._database.notices

    @property
    def is_protected(self) -> bool:
        """Whether nothing can be kept; `notices` has the reason."""
        return self._database.is_protected

    @property
    def size(self) -> int:
        """Size of the file in bytes; 0 where there is none."""
        try:
            return self._database.file.stat().st_size
        except OSError:
            return 0

    @property
    def revision(self) -> int:
        """A number that increases with every change of marks, in this or another process.

        Positions and sessions do not count as marks.
        """
        found = self._read(lambda on: on.execute("SELECT revision FROM clock").fetchone())
        return int(found[0])

    def changed_since(self, revision: int) -> tuple[int, list[ArticleId] | None]:
        """Return the current revision, and the articles whose marks changed after `revision`.

        None instead of the articles means that any may have changed: too many did, too long ago,
        or the file was restored.
        """
        return self._read(lambda on: mark_rows.changed_since(on, revision))

    def open_for(self, library: Path) -> bool:
        """Note the folder of articles, absolute; whether it is new, and nobody did anything yet."""
        if self.is_protected or self._read(devices.library) == library:
            return False
        is_new = self._read(devices.is_empty)
        self._write(lambda on: devices.set_library(on, library))
        return is_new

    def copy_from(self, file: Path, library: Path) -> None:
        """Become a copy of the marks of this library before it moved; journals in it moved too."""
        self._database.copy_from(file)
        self._write(lambda on: devices.set_library(on, library))

    # -- read -----------------------------------------------------------------------------------

    def marks(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of these articles; articles without marks are omitted."""
        wanted = list(ids)
        return self._read(lambda on: mark_rows.marks_of(on, wanted)) if wanted else {}

    def ids_with(self, flag: Flag) -> list[ArticleId]:
        """All articles with this mark, in no particular order."""
        return self._column(mark_rows.WITH[flag])

    def some_with(self, flag: Flag, batch: int = 10_000) -> Iterator[list[ArticleId]]:
        """All articles with this mark, in batches ordered by id.

        Marks may change between two batches; `changed_since` tells which did.
        """
        last = ""
        statement = f"{mark_rows.WITH[flag]} AND id > ? ORDER BY id LIMIT {batch}"
        while some := self._rows(statement, last):
            last = some[-1]
            yield self._read(lambda on: Names(on).ids(some))

    def has_more(self, flag: Flag, number: int) -> bool:
        """Whether more than `number` articles have this mark; reads no more rows than that."""
        return bool(self._rows(f"{mark_rows.WITH[flag]} LIMIT 1 OFFSET {number}"))

    def tags(self) -> dict[str, list[ArticleId]]:
        """The user's tags, sorted, each with the articles that have exactly it."""
        return self._read(mark_rows.all_tags)

    def agreed(self, name: str, ids: Iterable[ArticleId] | None) -> dict[ArticleId, bool]:
        """What was agreed last of these articles or all, on whatever device, where it is known.

        `name` is that of an account and a mark, see `gestures.AGREED`.
        """
        wanted = None if ids is None else list(ids)
        return self._read(lambda on: mark_rows.agreed_of(on, name, wanted))

    def ever_with(self, flag: Flag, ids: Iterable[ArticleId]) -> set[ArticleId]:
        """Those of these articles that have this mark here, or had it once."""
        wanted = list(ids)
        return self._read(lambda on: mark_rows.ever_with(on, flag, wanted))

    def cursor(self, name: str) -> str | None:
        """Up to where an account was compared with these very marks; None if it never was."""
        return self._read(lambda on: devices.value(on, devices.CURSOR + name))

    def set_cursor(self, name: str, before: str | None, after: str) -> None:
        """Replace the cursor of an account, if it still is the one `before`.

        Raises:
            StateError: these are not the marks of before.
        """

        def do(on: Connection) -> None:
            if devices.value(on, devices.CURSOR + name) != before:
                raise StateError("The file of your marks was replaced meanwhile. Refresh again.")
            if after != before:
                devices.set_value(on, devices.CURSOR + name, after)
                mark_rows.tick(on)

        self._write(do)

    def old_agreement(self, account: str) -> tuple[int, ...]:
        """The numbers by which earlier versions knew with which marks something was agreed."""
        return self._read(lambda on: devices.agreement(on, account))

    def annotations(self, article: ArticleId) -> list[tuple[str, str, Stamp]]:
        """(field, value, stamp) of the highlights and notes of an article, by field."""
        return self._read(lambda on: mark_rows.annotations_of(on, article))

    def all_annotations(self, prefix: str) -> list[tuple[ArticleId, str, str]]:
        """(article, field, value) of all annotations whose fields begin with `prefix`."""
        return self._read(lambda on: mark_rows.all_annotations(on, prefix))

    def annotation_fields(self) -> list[tuple[ArticleId, str]]:
        """(article, field) of all annotations that there ever were, removed ones too."""
        return self._read(mark_rows.annotation_fields)

    def _column(self, statement: str, *values: str) -> list[ArticleId]:
        found = self._rows(statement, *values)
        return self._read(lambda on: Names(on).ids(found))

    def _rows(self, statement: str, *values: str) -> list[ArticleId]:
        rows = self._read(lambda on: on.execute(statement, values).fetchall())
        return [ArticleId(row[0]) for row in rows]

    # -- gestures -------------------------------------------------------------------------------

    def set_read(self, ids: Iterable[ArticleId], value: bool, *, in_history: bool = True) -> Change:
        """Mark as read or unread; `in_history` as for `apply`."""
        ids, gesture = self._set_flag(READ, ids, value, in_history=in_history)
        word = "read" if value else "unread"
        return Change(f"Marked {len(ids):,} as {word}", "read", ids, not value, gesture)

    def set_starred(self, ids: Iterable[ArticleId], value: bool) -> Change:
        """Add or remove stars."""
        ids, gesture = self._set_flag(STARRED, ids, value)
        title = f"Starred {len(ids):,}" if value else f"Took the star from {len(ids):,}"
        return Change(title, "starred", ids, not value, gesture)

    def set_tags(self, article: ArticleId, tags: Iterable[str]) -> Change:
        """Replace the user's tags of an article; they are cleaned, as journals demand."""
        wanted = sorted({clean_line(tag) for tag in tags} - {""})
        ids = Ids([article])

        def do(on: Connection) -> tuple[tuple[str, ...], Gesture | None]:
            before = mark_rows.tags_of(on, article)
            values = {**dict.fromkeys(before, "0"), **dict.fromkeys(wanted, "1")}
            assignments = [Assignment(TAG + tag, value, ids) for tag, value in values.items()]
            return before, applying.apply(on, self._rules, assignments)

        before, gesture = self._write(do)
        title = f"Tagged {', '.join(wanted)}" if wanted else "Took the tags away"
        changed = Ids() if gesture is None else ids
        return Change(title, "tags", changed, before, gesture and gesture.id)

    def _set_flag(
        self, flag: str, ids: Iterable[ArticleId], value: bool, *, in_history: bool = True
    ) -> tuple[Ids, GestureId | None]:
        assignment = Assignment(flag, "1" if value else "0", Ids(ids))
        gesture = self.apply([assignment], in_history=in_history)
        return (gesture.assignments[0].ids, gesture.id) if gesture else (Ids(), None)

    def remember(self, article: ArticleId, position: int, when: datetime) -> None:
        """Store how far an article was read, and when it was last opened (timezone-aware)."""
        opened = (when - mark_rows.EPOCH) // mark_rows.MICROSECOND
        self._write(lambda on: applying.remember(on, self._rules, article, position, opened))

    def apply(
        self,
        assignments: Iterable[Assignment],
        *,
        undoes: GestureId | None = None,
        in_history: bool = True,
    ) -> Gesture | None:
        """Do a gesture of this device: only what really changes, and None if nothing does.

        Without `in_history` it is no step of undo, and is kept only until it has travelled.
        """
        given = list(assignments)
        return self._write(
            lambda on: applying.apply(on, self._rules, given, undoes, in_history=in_history)
        )

    def _gesture(self, do: Callable[[Connection], Gesture | None]) -> Gesture | None:
        return self._write(lambda on: Names(on).with_ids(do(on)))

    def move(self, moves: Mapping[ArticleId, ArticleId], anew: Iterable[ArticleId] = ()) -> None:
        """Give articles new ids, by their old ones: marks of those, also later ones, are theirs.

        In `anew` are ids which another article has now; no mark of before is its.
        """
        others = set(anew)
        self._write(lambda on: applying.move(on, self._rules, moves, others))

    def note_lost(self, files: Mapping[ArticleId, tuple[str, int]]) -> None:
        """Note titles and fingerprints of articles with marks whose files are gone."""
        self._write(lambda on: mark_rows.note_lost(on, files))

    def take_lost(self, files: Mapping[ArticleId, tuple[str, int]]) -> set[ArticleId]:
        """Those of new articles which are others, by title and text, than those that were lost."""
        if not self._rows("SELECT id FROM lost LIMIT 1"):
            return set()
        return self._write(lambda on: mark_rows.take_lost(on, files))

    def moved_to(self, ids: Iterable[ArticleId]) -> dict[ArticleId, set[ArticleId]]:
        """All ids that articles got which left these ids, of those that left theirs."""
        wanted = list(ids)
        return self._read(lambda on: mark_rows.moved_to(on, wanted))

    def undo(self, gesture: GestureId) -> Gesture | None:
        """Take back a gesture, where no later one changed the same; None if that is nowhere.

        The result is a gesture too, whose undo does it again. Flags and tags become the opposite,
        highlights and notes what they were before. A gesture that is not in the history any more
        cannot be taken back.
        """
        return self._gesture(lambda on: applying.undo(on, self._rules, gesture))

    def undo_last(self) -> Gesture | None:
        """Take back this device's last gesture that is neither an undo nor undone."""
        return self._gesture(lambda on: applying.undo_last(on, self._rules))

    def redo_last(self) -> Gesture | None:
        """Take back this device's last undo, unless something else was done since."""
        return self._gesture(lambda on: applying.redo_last(on, self._rules))

    def redo(self, gesture: GestureId) -> Gesture | None:
        """Do a gesture again that is taken back; None if it is not, or where that is nowhere."""
        return self._gesture(lambda on: applying.redo(on, self._rules, gesture))

    def title(self, gesture: GestureId) -> str:
        """What a gesture did ("Marked 12 as read"), or of an undo what it undid."""
        return self._read(lambda on: history.title(on, gesture))

    def history(self, limit: int = 50, before: GestureId | None = None) -> list[HistoryEntry]:
        """What was done on all devices, newest first, from the one after `before` on."""
        return self._read(lambda on: history.entries(on, limit, before))

    def gesture_ids(self) -> list[GestureId]:
        """The names of all gestures of the history, newest first."""
        return self._read(history.gesture_ids)

    # -- session --------------------------------------------------------------------------------

    def session(self) -> Session:
        """What was open when the library was last closed."""
        statement = "SELECT article, query FROM session"
        found = self._read(lambda on: on.execute(statement).fetchone())
        return Session(*found) if found else Session()

    def keep_session(self, kept: Session) -> None:
        """Store what is open, for the next start."""

        def do(on: Connection) -> None:
            on.execute("DELETE FROM session")
            on.execute("INSERT INTO session VALUES (?, ?)", kept)
            mark_rows.tick(on)

        self._write(do)

    # -- maintenance ----------------------------------------------------------------------------

    def backup(self) -> bool:
        """Back the file up beside it if it changed since the last backup; True if it did.

        The copy is verified and put in place atomically. The previous backup is kept as the older
        one, if it is sound.
        """
        return self._database.backup()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()


def open_state(
    file: Path,
    *,
    kind: FileKind = STATE,
    rules: Rules = Rules(),  # noqa: B008  # immutable
) -> State:
    """Open the marks of a library, creating the file if it is missing; never raises.

    A damaged file is renamed and its backup restored; `State.notices` tells the user.
    """
    return State(Database(file, kind), rules)


# -- the last session and the history of searches -------------------------------------------------

SEARCHES_KEPT = 200
"""Number of searches in the history."""


class Searches:
    """The history of searches, without duplicates; on disk when a method returns.

    Every method raises StateError as those of `State` do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, limit: int = SEARCHES_KEPT) -> list[str]:
        """The searches, most recent first."""
        statement = "SELECT query FROM search ORDER BY number DESC LIMIT ?"
        rows = self._database.read(lambda on: on.execute(statement, (limit,)).fetchall())
        return [str(row[0]) for row in rows]

    def remember(self, query: str) -> None:
        """Put a search first, and drop the oldest; blank searches are ignored."""
        if query := query.strip():
            self._database.write(lambda on: _remember(on, query))

    def forget(self) -> None:
        """Clear the history, in free pages, the write-ahead log and the backups as well."""
        self._database.write(_forget)
        self._database.scrub()
        self._database.backup(only=True)


def _remember(on: Connection, query: str) -> None:
    on.execute(
        """INSERT INTO search VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM search))
        ON CONFLICT (query) DO UPDATE SET number = excluded.number""",
        (query,),
    )
    on.execute(
        """DELETE FROM search
        WHERE number <= (SELECT number FROM search ORDER BY number DESC LIMIT 1 OFFSET ?)""",
        (SEARCHES_KEPT,),
    )
    mark_rows.tick(on)


def _forget(on: Connection) -> None:
    on.execute("PRAGMA secure_delete=ON")
    on.execute("DELETE FROM search")
    on.execute("PRAGMA secure_delete=FAST")
    mark_rows.tick(on)

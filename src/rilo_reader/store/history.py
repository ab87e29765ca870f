"""The history: gestures in words, as people are shown them."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store import devices
from rilo_reader.store.database import Database
from rilo_reader.store.gesture_actions import list_undoing, read_gesture_start, undo_gesture
from rilo_reader.store.gesture_table import (
    LOCAL,
    LOCAL_NO_STEP,
    NO_STEP,
    GestureInfo,
    UndoGraph,
    delete_gestures,
    insert_gesture,
    list_redoable,
    list_undoable,
    list_undos,
    prune_gestures,
    read_assignments,
    to_assignments,
)
from rilo_reader.store.gestures import Gesture, GestureId, Ids, StampedAssignment
from rilo_reader.store.marks import (
    EDITED,
    FEED,
    FOLLOWED,
    HIGHLIGHT,
    NO_ARTICLES,
    NOTE,
    READ,
    SETTING,
    STARRED,
    TAG,
    GestureContext,
    to_milliseconds,
)
from rilo_reader.store.moves import ReusedPaths, current_name
from rilo_reader.store.value_table import count_write
from rilo_reader.text import clean_line, format_count

_ENTRIES = """SELECT device, stamp, undoes_device, undoes_stamp, coalesce(name, device)
    FROM gesture LEFT JOIN device ON device.id = device
    WHERE in_history AND (:stamp IS NULL OR (stamp, device) < (:stamp, :device))
    ORDER BY stamp DESC, device DESC LIMIT :limit"""

NAMED, TAGS_NAMED = 3, 5
"""Articles of a gesture that are named."""


class HistoryEntry(NamedTuple):
    """A gesture in the history."""

    id: GestureId
    title: str  # a description for the user ("Marked 12 as read")
    articles: int
    time: datetime  # its time, UTC
    device: str
    is_undone: bool
    undoes: GestureId | None  # None: it takes none back
    ids: tuple[ArticleId, ...] = ()  # the first few of the articles, as their ids are now
    # the note that it wrote, if it is about one only, and what was there before
    note: tuple[str, str] | None = None

    @property
    def article(self) -> ArticleId | None:
        """The article, if it is about no other."""
        return self.ids[0] if self.articles == len(self.ids) == 1 else None


class History:
    """The gestures of all devices, in words (`State.history`); methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, limit: int = 50, before: GestureId | None = None) -> list[HistoryEntry]:
        """Return the history, newest first, from the gesture after `before` on."""
        stamp, device = (before.stamp, before.device) if before else (None, None)
        wanted = {"stamp": stamp, "device": device, "limit": limit}

        def query(connection: Connection) -> list[HistoryEntry]:
            undos, names = UndoGraph(connection), ReusedPaths(connection)
            rows = connection.execute(_ENTRIES, wanted).fetchall()
            return [_make_entry(connection, undos, names, row) for row in rows]

        return self._database.read(query)

    def list_ids(self) -> list[GestureId]:
        """Return the ids of all gestures of the history, newest first."""
        rows = self._database.fetch(
            "SELECT device, stamp FROM gesture WHERE in_history ORDER BY stamp DESC, device DESC"
        )
        return [GestureId(*row) for row in rows]

    def is_redo(self, gesture: GestureId) -> bool:
        """Return whether a gesture does again what was undone."""
        return self._database.read(
            lambda connection: UndoGraph(connection).resolve_target(gesture)[1] % 2 == 0
        )

    def describe(
        self, gesture: GestureId, title_of: Callable[[ArticleId], str] = lambda _: ""
    ) -> str:
        """Return what a gesture did ("marked 12 articles as read"); of an undo what it undid.

        One article, and its copies, is named by their title, where that is not empty.
        """

        def query(connection: Connection) -> tuple[HistoryEntry, list[StampedAssignment]]:
            undos, names = UndoGraph(connection), ReusedPaths(connection)
            root, _ = undos.resolve_target(gesture)
            if not _describe_one(connection, root):
                root = gesture
            entry = _make_entry(connection, undos, names, (*root, None, None, ""))
            return entry, read_assignments(connection, root)

        entry, parts = self._database.read(query)
        ids = entry.ids if entry.articles == len(entry.ids) else ()
        titles = {title_of(article) for article in ids}
        title = titles.pop() if len(titles) == 1 else ""
        if title and len(ids) > 1:
            title += ", with a copy" if len(ids) == 2 else f", with {len(ids) - 1} copies"
        plain, text = _describe_parts(parts), entry.title
        if plain and text.endswith(plain[1:]):  # it may begin with who did it
            text = text.removesuffix(plain[1:]) + _describe_parts(parts, title)[1:]
        return text[:1].lower() + text[1:] if _FIRST_WORD.match(text) else text


class StepRecords:
    """Changes of files and accounts by gestures of this device (`State.steps`).

    A text for each, see `rilo_reader.feeds.undo`, which never travels. Methods raise StateError.
    """

    def __init__(self, database: Database, rules: GestureContext) -> None:
        self._database = database
        self._rules = rules

    def add(
        self, text: str, since: int | None = None, marked: GestureId | None = None, files: str = ""
    ) -> GestureId:
        """Keep a step, and the list of its files, with the gesture that did it.

        That is one of marks, `marked`, or which has sent it since a stamp, else one of its own.
        """

        def write(connection: Connection) -> GestureId:
            now = read_gesture_start(connection, self._rules)
            row = connection.execute(_SENT_STEP, (now.device, since)).fetchone()
            gesture = marked or GestureId(now.device, row[0] if row else now.stamp)
            if row is None and marked is None:
                insert_gesture(connection, gesture, (), GestureInfo(None, LOCAL))
            self._write_text(connection, gesture, text)
            self._write_text(connection, gesture, files, devices.FILES)
            count_write(connection, now.stamp)
            prune_gestures(connection, self._rules.limits, self._rules.clock())
            return gesture

        return self._database.write(write)

    def record_undo(self, gesture: GestureId, text: str, files: str = "") -> Gesture:
        """Take back a gesture, or its undo; step and list of files have other texts now."""

        def write(connection: Connection) -> Gesture:
            root, _ = UndoGraph(connection).resolve_target(gesture)
            done = undo_gesture(connection, self._rules, gesture)
            if done is None:
                now = read_gesture_start(connection, self._rules)
                done = Gesture(GestureId(now.device, now.stamp), (), gesture)
                insert_gesture(connection, done.id, (), GestureInfo(gesture, LOCAL))
                count_write(connection, now.stamp)
            self._write_text(connection, root, text)
            self._write_text(connection, root, files, devices.FILES)
            return done

        return self._database.write(write)

    def delete(self, gestures: Sequence[GestureId]) -> None:
        """Delete steps, which never were, from the history; they changed no marks."""

        def write(connection: Connection) -> None:
            for gesture in gestures:
                statement = "SELECT number FROM gesture WHERE device = ? AND stamp = ?"
                delete_gestures(connection, connection.execute(statement, gesture).fetchall())
            count_write(connection)
            # A file with a stamp and without what has it counts as damaged, see `state_schema`.
            connection.execute(
                """UPDATE clock SET stamp = 1 WHERE NOT EXISTS (SELECT 1 FROM gesture)
                AND NOT EXISTS (SELECT 1 FROM value)"""
            )

        self._database.write(write)

    def pass_over(self, gesture: GestureId) -> None:
        """Make a gesture no step, or an undo one that is not redone, since that cannot be done."""

        def write(connection: Connection) -> None:
            connection.execute(
                """UPDATE gesture SET in_history = iif(in_history = ?, ?, ?)
                WHERE device = ? AND stamp = ?""",
                (LOCAL, LOCAL_NO_STEP, NO_STEP, *gesture),
            )
            count_write(connection)

        self._database.write(write)

    def read(self, gesture: GestureId) -> str | None:
        """Return the text of the step that a gesture is, or took back; None if there is none."""
        return self._database.read(
            lambda connection: _read_step(
                connection, UndoGraph(connection).resolve_target(gesture)[0]
            )
        )

    def read_files(self, gesture: GestureId) -> str:
        """Return the list of files that a gesture brought or changed, or took back; "" without."""

        def query(connection: Connection) -> str:
            root, _ = UndoGraph(connection).resolve_target(gesture)
            return _read_step(connection, root, devices.FILES) or ""

        return self._database.read(query)

    def list_files(self) -> list[str]:
        """Return the lists of files of all gestures that are kept."""
        statement = f"SELECT value FROM sync WHERE key GLOB '{devices.FILES}*'"  # noqa: S608  # ours
        return [text for (text,) in self._database.read(lambda c: c.execute(statement).fetchall())]

    def read_assignments(self, gesture: GestureId) -> list[StampedAssignment]:
        """Return the values that a gesture gave."""
        return self._database.read(lambda connection: read_assignments(connection, gesture))

    def find_last(
        self, *, redo: bool = False, by_program_since: int | None = None
    ) -> GestureId | None:
        """Return the gesture that undo takes back next, or redo; None if there is none.

        `by_program_since` as for `State.undo_last`.
        """

        def query(connection: Connection) -> list[GestureId]:
            if redo:
                return list_redoable(connection)
            return list_undoable(connection, by_program_since)

        return next(iter(self._database.read(query)), None)

    def find_undo(self, gesture: GestureId) -> GestureId | None:
        """Return the newest undo of a gesture that holds, None if there is none."""
        found = self._database.read(lambda connection: list_undos(connection, gesture))
        return next(iter(found), None)

    def list_marked_later(self, gesture: GestureId) -> list[ArticleId]:
        """Return the articles with stars, tags, highlights or notes that its undo leaves.

        Those that rules gave are not counted.
        """

        def query(connection: Connection) -> list[ArticleId]:
            marked = set(connection.execute(_MARKED, (gesture.stamp,)).fetchall())
            for part in list_undoing(connection, gesture) if marked else ():
                if part.value in ("", "0"):
                    marked.difference_update((part.field, one) for one in part.ids)
            return ReusedPaths(connection).ids_of({name for _, name in marked})

        return self._database.read(query)

    def _write_text(
        self, connection: Connection, gesture: GestureId, text: str, key: str = devices.STEP
    ) -> None:
        if not text:
            return
        connection.execute(
            """INSERT OR REPLACE INTO sync SELECT ? || number, ?
            FROM gesture WHERE device = ? AND stamp = ?""",
            (key, text, *gesture),
        )
        connection.execute(
            "UPDATE gesture SET size = size + ? WHERE device = ? AND stamp = ?",
            (len(text), *gesture),
        )


_MARKED = """SELECT field, id FROM value WHERE value NOT IN ('', '0') AND at <> ? AND (
        field = 'starred' OR field > 'tag:' AND field < 'tag;'
        OR field > 'highlight:' AND field < 'highlight;' OR field > 'note:' AND field < 'note;')
    AND at NOT IN (SELECT stamp FROM gesture WHERE made_by GLOB 'Rule*')"""

_SENT_STEP = f"""SELECT stamp FROM gesture WHERE device = ? AND stamp > ?
    AND undoes_device IS NULL AND in_history AND number IN (
        SELECT gesture FROM assignment WHERE field GLOB '{FEED}*' OR field GLOB '{SETTING}*')
    AND NOT EXISTS (SELECT 1 FROM sync WHERE key = '{devices.STEP}' || number)
    ORDER BY stamp DESC LIMIT 1"""  # noqa: S608  # names of ours


def _read_step(connection: Connection, gesture: GestureId, key: str = devices.STEP) -> str | None:
    row = connection.execute(
        "SELECT value FROM sync, gesture WHERE key = ? || number AND device = ? AND stamp = ?",
        (key, *gesture),
    ).fetchone()
    return None if row is None else str(row[0])


def _make_entry(
    connection: Connection, undos: UndoGraph, names: ReusedPaths, row: Sequence[Any]
) -> HistoryEntry:
    gesture, undoes = GestureId(*row[:2]), GestureId(*row[2:4]) if row[2] else None
    parts = read_assignments(connection, gesture)
    about = [part for part in parts if not part.field.startswith(NO_ARTICLES)]
    some = dict.fromkeys(name for part in about[:NAMED] for name in islice(part.ids, NAMED))
    notes = [(part.value, part.value_before or "") for part in parts if part.field.startswith(NOTE)]
    title = _describe_one(connection, gesture)
    if undoes is not None:
        root, steps = undos.resolve_target(gesture)
        title = f"{'Undone' if steps % 2 else 'Redone'}: {_describe_one(connection, root) or title}"
    return HistoryEntry(
        gesture,
        title,
        _count_ids([part.ids for part in about]),
        datetime.fromtimestamp(to_milliseconds(gesture.stamp) / 1000, UTC),
        row[4],
        gesture in undos.undone_ids,
        undoes,
        tuple(names.id_of(current_name(connection, name)) for name in list(some)[:NAMED]),
        notes[0] if len(notes) == 1 else None,
    )


def _count_ids(several: Sequence[Ids]) -> int:
    """Return the number of articles in any of several sequences."""
    return len(several[0]) if len(several) == 1 else len({each for ids in several for each in ids})


_TITLES = {
    (READ, True): "Marked {what} as read",
    (READ, False): "Marked {what} as unread",
    (STARRED, True): "Starred {what}",
    (STARRED, False): "Removed the star from {what}",
    (TAG, True): "Tagged {what} with {names}",
    (TAG, False): "Removed {names} from {what}",
    (EDITED, True): "Marked {what} as edited",
    (EDITED, False): "Saw the edit of {what}",
    (HIGHLIGHT, True): "Highlighted {count:,} passage{s}",
    (HIGHLIGHT, False): "Removed {count:,} highlight{s}",
    (NOTE, True): "Wrote {count:,} note{s}",
    (NOTE, False): "Removed {count:,} note{s}",
}
_FIRST_WORD = re.compile(
    r"(Allowed|Changed|Followed|Gave|Highlighted|Imported|Limited|Marked|Moved|Muted|Paused|Removed"
    r"|Renamed|Replaced|Resumed|Saved|Saw|Starred|Tagged|Unmuted|Untagged|Wrote) "
)


def _describe_one(connection: Connection, gesture: GestureId) -> str:
    """Return a description of a gesture, with who did it if that was not the user by hand."""
    statement = "SELECT made_by FROM gesture WHERE device = ? AND stamp = ?"
    (actor,) = connection.execute(statement, gesture).fetchone() or ("",)
    if (step := _read_step(connection, gesture)) is not None:
        return str(json.loads(step)["message"])
    title = _describe_parts(read_assignments(connection, gesture))
    return f"{actor}: {title[0].lower()}{title[1:]}" if title and actor else title


def _titles_of_files(parts: Sequence[StampedAssignment]) -> list[str]:
    """Return what a gesture did with feeds and settings, with the names of the first few."""
    found: dict[str, dict[ArticleId, None]] = {}
    for part in parts:
        what = "Changed {} feed" if part.field.startswith(FEED) else "Changed {} setting"
        if part.field == FOLLOWED:
            what = "Followed {} feed" if part.value else "Removed {} feed"
        if part.field.startswith(NO_ARTICLES):
            found.setdefault(what, {}).update(dict.fromkeys(part.ids))
    new = found.get("Followed {} feed", {})
    titles = []
    for what, names in found.items():
        some = [clean_line(name) for name in names if names is new or name not in new]
        if some:
            title = what.format(f"{len(some):,}") + ("" if len(some) == 1 else "s")
            shown = some[:NAMED] if len(some) <= NAMED else [*some[:NAMED], "…"]
            titles.append(f"{title}: {', '.join(shown)}")
    return titles


def _describe_parts(parts: Sequence[StampedAssignment], title: str | None = None) -> str:
    """Return a description of the values that a gesture gave.

    All of it is about an article of a title, or "" for others; None: their number is enough.
    """
    found: dict[tuple[str, bool], tuple[list[Ids], list[str]]] = {}
    for field, value, ids in sorted(to_assignments(parts), key=lambda each: each[:2]):
        kind, colon, name = field.partition(":")
        all_ids, names = found.setdefault((f"{kind}{colon}", value not in ("", "0")), ([], []))
        all_ids.append(ids)
        names.append(name)
    # Notes of one article are several, its tags are not several articles.
    counts = {
        key: _count_ids(all_ids) if key[0] == TAG else sum(map(len, all_ids))
        for key, (all_ids, _) in found.items()
    }
    titles = _titles_of_files(parts)
    titles += [
        _TITLES[key].format(
            what=f"{counts[key]:,}"
            if title is None
            else title or format_count(counts[key], "article"),
            count=counts[key],
            s="" if counts[key] == 1 else "s",
            names=", ".join(names[:TAGS_NAMED])
            + (f" and {len(names) - TAGS_NAMED:,} more" if len(names) > TAGS_NAMED else ""),
        )
        + (f" in {title}" if title and key[0] in (HIGHLIGHT, NOTE) else "")
        for key, (_, names) in found.items()
        if key in _TITLES
    ]
    return ", ".join([*titles[:1], *(each[0].lower() + each[1:] for each in titles[1:])])

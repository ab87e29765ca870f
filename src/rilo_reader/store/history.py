"""Gestures as they are kept: what was done where and when, and what waits for a journal.

Functions run within the caller's transaction.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store import devices
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids, StampedAssignment
from rilo_reader.store.marks import (
    DATED,
    FEED,
    FOLLOWED,
    HIGHLIGHT,
    MOVED,
    NO_ARTICLES,
    NOTE,
    POSITION,
    READ,
    REUSED_PATH,
    STARRED,
    TAG,
    HistoryLimits,
    Stamp,
    stamp_at,
    to_milliseconds,
)
from rilo_reader.store.value_table import MOVES, STEPS, ReusedPaths, last_arrival_stamp
from rilo_reader.text import clean_line

HIDDEN_FIELDS = (POSITION, MOVED, REUSED_PATH, DATED)
"""Fields that nobody sets on purpose."""

DAY = 24 * 60 * 60 * 1000

_ROW_SIZE = 100  # bytes of a row beside its values, roughly
_PRUNE_EVERY = 100  # gestures
_LARGE = 100_000  # bytes


# -- keep -----------------------------------------------------------------------------------------


class GestureInfo(NamedTuple):
    """What there is to say of a gesture beside its values."""

    undoes: GestureId | None = None  # None: it takes none back
    in_history: bool = True
    actor: str = ""  # who did it, if not the user by hand


BY_HAND = GestureInfo()


def insert_gesture(
    connection: Connection,
    gesture: GestureId,
    parts: Sequence[StampedAssignment],
    info: GestureInfo = BY_HAND,
) -> bool:
    """Keep a gesture of any device, or more of one that is kept; whether it is time to prune."""
    rows, size = _make_rows(parts)
    is_listed = info.undoes is not None or (info.in_history and is_shown(parts))
    target = info.undoes or (None, None)
    found = connection.execute(
        """INSERT INTO gesture(
            device, stamp, undoes_device, undoes_stamp, in_history, size, made_by)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING number""",
        (*gesture, *target, is_listed, size, info.actor),
    ).fetchall()
    if not found:
        rows, size = _make_rows(
            [part for each in parts if (part := _new_part(connection, gesture, each)).ids]
        )
        found = connection.execute(
            """UPDATE gesture SET size = size + ?, in_history = in_history OR ?,
                undoes_device = coalesce(undoes_device, ?),
                undoes_stamp = coalesce(undoes_stamp, ?)
            WHERE device = ? AND stamp = ? RETURNING number""",
            (size, is_listed, *target, *gesture),
        ).fetchall()
    number = found[0][0]
    connection.executemany(
        "INSERT INTO assignment VALUES (?, ?, ?, ?, ?, ?)", [(number, *row) for row in rows]
    )
    return number % _PRUNE_EVERY == 0 or size >= _LARGE


def _make_rows(
    parts: Iterable[StampedAssignment],
) -> tuple[list[tuple[str, str, str | None, int, bytes]], int]:
    rows = [
        (part.field, part.value, part.value_before, count, ids)
        for part in parts
        for count, ids in part.ids.packs
    ]
    return rows, sum(len(ids) + len(value) + _ROW_SIZE for _, value, _, _, ids in rows)


def _new_part(
    connection: Connection, gesture: GestureId, part: StampedAssignment
) -> StampedAssignment:
    """A part with the ids that a gesture does not have yet: it may come in parts, and again."""
    stored = connection.execute(
        """SELECT count, ids FROM gesture JOIN assignment ON gesture = number
        WHERE device = ? AND stamp = ? AND field = ? AND value = ?""",
        (*gesture, part.field, part.value),
    ).fetchall()
    if not stored:
        return part
    if part.ids.packs == tuple(stored):
        return part._replace(ids=Ids())
    known = set(Ids.from_packs(stored))
    return part._replace(ids=Ids(article for article in part.ids if article not in known))


def is_shown(parts: Iterable[StampedAssignment | Assignment]) -> bool:
    """Whether any of the parts is of a field that the history shows."""
    return not all(part.field.startswith(HIDDEN_FIELDS) for part in parts)


def to_assignments(parts: Iterable[StampedAssignment]) -> tuple[Assignment, ...]:
    """Assignments of parts, of which several may have one field and value."""
    packs: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for part in parts:
        packs.setdefault((part.field, part.value), []).extend(part.ids.packs)
    return tuple(Assignment(*key, Ids.from_packs(stored)) for key, stored in packs.items())


def prune_gestures(connection: Connection, limits: HistoryLimits, now: int) -> None:
    """Drop gestures beyond the limits, but for those of this device that have yet to travel."""
    device, written = (
        devices.read_own_progress(connection)
        if devices.read_folder(connection) is not None
        else ("", 0)
    )
    dropped = connection.execute(
        """SELECT number FROM (
            SELECT number, device, stamp,
                row_number() OVER newest_first AS place, sum(size) OVER newest_first AS total
            FROM gesture WINDOW newest_first AS (PARTITION BY device ORDER BY stamp DESC))
        WHERE (place > :gestures AND stamp < :since OR total > :size AND place > 1)
            AND NOT (device = :device AND stamp > :written)""",
        {
            "gestures": limits.gestures,
            "since": stamp_at(now - limits.days * DAY),
            "size": limits.size,
            "device": device,
            "written": written,
        },
    ).fetchall()
    delete_gestures(connection, dropped)


def delete_gestures(connection: Connection, numbers: Sequence[tuple[int]]) -> None:
    """Drop gestures by their numbers."""
    connection.executemany("DELETE FROM assignment WHERE gesture = ?", numbers)
    connection.executemany("DELETE FROM gesture WHERE number = ?", numbers)


def delete_exported(connection: Connection, device: str, up_to: int) -> None:
    """Drop gestures of a device that are in its journal and not in the history."""
    statement = "SELECT number FROM gesture WHERE device = ? AND stamp <= ? AND NOT in_history"
    delete_gestures(connection, connection.execute(statement, (device, up_to)).fetchall())


# -- read -----------------------------------------------------------------------------------------


def read_assignments(connection: Connection, gesture: GestureId) -> list[StampedAssignment]:
    """What a gesture gave, with the values before of annotations; empty if it is not kept."""
    rows = connection.execute(
        """SELECT field, value, before, count, ids
        FROM gesture JOIN assignment ON gesture = number
        WHERE device = ? AND stamp = ? ORDER BY assignment.rowid""",
        gesture,
    )
    return [
        StampedAssignment(field, value, Ids.from_packs([(count, ids)]), gesture.stamp, before)
        for field, value, before, count, ids in rows.fetchall()
    ]


def read_unwritten(connection: Connection, limit: int) -> list[Gesture]:
    """Gestures of this device that are in no journal yet, oldest first."""
    rows = connection.execute(
        """SELECT device, stamp, undoes_device, undoes_stamp, in_history, made_by
        FROM gesture WHERE device = ? AND stamp > ? ORDER BY stamp LIMIT ?""",
        (*devices.read_own_progress(connection), limit),
    ).fetchall()
    found = []
    for device, stamp, *undoes, in_history, by in rows:
        gesture = GestureId(device, Stamp(stamp))
        assignments = to_assignments(read_assignments(connection, gesture))
        # Of fields that no history shows, nothing has to be said.
        is_listed = bool(in_history) or not is_shown(assignments)
        found.append(Gesture(gesture, assignments, _undo_target(undoes), is_listed, by))
    return found


def _undo_target(undoes: Sequence[Any]) -> GestureId | None:
    return None if undoes[0] is None else GestureId(undoes[0], Stamp(undoes[1]))


# -- undo -----------------------------------------------------------------------------------------


class UndoGraph:
    """Which gestures are taken back: those of which an undo is kept that is not taken back."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(
            """SELECT device, stamp, undoes_device, undoes_stamp FROM gesture
            WHERE undoes_device IS NOT NULL AND stamp > undoes_stamp ORDER BY stamp DESC"""
        )
        self._target: dict[GestureId, GestureId] = {}
        self.undone_ids: set[GestureId] = set()
        # Newest first, so that what takes an undo back is seen before the undo.
        for device, stamp, undoes_device, undoes_stamp in rows.fetchall():
            undo, target = GestureId(device, stamp), GestureId(undoes_device, undoes_stamp)
            self._target[undo] = target
            if undo not in self.undone_ids:
                self.undone_ids.add(target)

    def resolve_target(self, gesture: GestureId) -> tuple[GestureId, int]:
        """The gesture that was taken back in the end, and how often: 1 is undone, 2 is redone."""
        steps = 0
        while (target := self._target.get(gesture)) is not None:
            gesture, steps = target, steps + 1
        return gesture, steps

    def list_effective(self, gestures: Iterable[GestureId] | None = None) -> list[GestureId]:
        """The undos, no redos, that are not taken back; of all newest first."""
        some = self._target if gestures is None else gestures
        return [
            each
            for each in some
            if each not in self.undone_ids and self.resolve_target(each)[1] % 2
        ]


# Done on this device, also under the ids that it had before.
_IS_OWN_DEVICE = """(device = :device OR EXISTS (SELECT 1 FROM json_each(:former)
    WHERE key = device AND number <= json_each.value))"""


def _own_device_params(connection: Connection) -> dict[str, Any]:
    return {
        "device": devices.read_own_progress(connection)[0],
        "former": json.dumps(devices.read_former_ids(connection)),
    }


def list_undoable(connection: Connection, by_program_since: int | None = None) -> list[GestureId]:
    """The gestures of this device that are neither an undo nor undone, newest first.

    Or of those only that the user did not do by hand, after a time in milliseconds since 1970.
    """
    since = 0 if by_program_since is None else stamp_at(by_program_since)
    undone = UndoGraph(connection).undone_ids
    rows = connection.execute(
        f"""SELECT device, stamp FROM gesture
        WHERE {_IS_OWN_DEVICE} AND in_history AND undoes_device IS NULL
            AND stamp > :since AND (:all OR made_by != '') ORDER BY stamp DESC""",  # noqa: S608
        {**_own_device_params(connection), "since": since, "all": by_program_since is None},
    )
    return [gesture for row in rows.fetchall() if (gesture := GestureId(*row)) not in undone]


def list_redoable(connection: Connection) -> list[GestureId]:
    """The undos of this device that are not taken back and after which nothing else was done."""
    rows = connection.execute(
        f"""SELECT device, stamp FROM gesture WHERE {_IS_OWN_DEVICE} AND in_history
        AND stamp > coalesce((SELECT max(stamp) FROM gesture
            WHERE {_IS_OWN_DEVICE} AND in_history AND undoes_device IS NULL), 0)
        ORDER BY stamp DESC""",  # noqa: S608
        _own_device_params(connection),
    )
    return UndoGraph(connection).list_effective([GestureId(*row) for row in rows.fetchall()])


def list_undos(connection: Connection, gesture: GestureId) -> list[GestureId]:
    """The undos of a gesture that are not taken back, newest first."""
    undos = UndoGraph(connection)
    return [undo for undo in undos.list_effective() if undos.resolve_target(undo)[0] == gesture]


# -- as people are shown it -----------------------------------------------------------------------


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


NAMED = 3
"""Articles of a gesture that are named."""


def read_entries(
    connection: Connection, limit: int, before: GestureId | None
) -> list[HistoryEntry]:
    """The history, newest first."""
    undos, names = UndoGraph(connection), ReusedPaths(connection)
    rows = connection.execute(
        """SELECT device, stamp, undoes_device, undoes_stamp, coalesce(name, device)
        FROM gesture LEFT JOIN device ON device.id = device
        WHERE in_history AND (:stamp IS NULL OR (stamp, device) < (:stamp, :device))
        ORDER BY stamp DESC, device DESC LIMIT :limit""",
        {"stamp": before and before.stamp, "device": before and before.device, "limit": limit},
    ).fetchall()
    return [_make_entry(connection, undos, names, row) for row in rows]


def describe_gesture(connection: Connection, gesture: GestureId) -> str:
    """What a gesture did; of an undo and a redo, what was undone and done again."""
    root, _ = UndoGraph(connection).resolve_target(gesture)
    return _describe_one(connection, root) or _describe_one(connection, gesture)


def _make_entry(
    connection: Connection, undos: UndoGraph, names: ReusedPaths, row: Sequence[Any]
) -> HistoryEntry:
    gesture, undoes = GestureId(*row[:2]), _undo_target(row[2:4])
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
        _count_articles(about),
        datetime.fromtimestamp(to_milliseconds(gesture.stamp) / 1000, UTC),
        row[4],
        gesture in undos.undone_ids,
        undoes,
        tuple(names.id_of(_current_name(connection, name)) for name in list(some)[:NAMED]),
        notes[0] if len(notes) == 1 else None,
    )


def _count_articles(parts: Collection[StampedAssignment]) -> int:
    """How many articles a gesture is about."""
    if any(part.field.startswith((HIGHLIGHT, NOTE)) for part in parts):
        # Each annotation is a field of its own, and an article may have several.
        return len({article for part in parts for article in part.ids})
    return max((len(each.ids) for each in to_assignments(parts)), default=0)


def _current_name(connection: Connection, name: ArticleId) -> ArticleId:
    """The name that the article with a name has now, after as many moves as are followed."""
    newest = f"SELECT new FROM {MOVES} WHERE old = ? AND at > ? ORDER BY at DESC, new DESC"  # noqa: S608
    for _ in range(STEPS):
        found = connection.execute(newest, (name, last_arrival_stamp(connection, name))).fetchone()
        if found is None:
            break
        name = ArticleId(found[0])
    return name


_TITLES = {
    (READ, True): "Marked {count:,} as read",
    (READ, False): "Marked {count:,} as unread",
    (STARRED, True): "Starred {count:,}",
    (STARRED, False): "Removed the star from {count:,}",
    (TAG, True): "Tagged {count:,} with {names}",
    (TAG, False): "Removed {names} from {count:,}",
    (HIGHLIGHT, True): "Highlighted {count:,} passage{s}",
    (HIGHLIGHT, False): "Removed {count:,} highlight{s}",
    (NOTE, True): "Wrote {count:,} note{s}",
    (NOTE, False): "Removed {count:,} note{s}",
}


def _describe_one(connection: Connection, gesture: GestureId) -> str:
    """A description of a gesture, with who did it if that was not the user by hand."""
    statement = "SELECT made_by FROM gesture WHERE device = ? AND stamp = ?"
    by, title = (
        connection.execute(statement, gesture).fetchone(),
        _describe_parts(read_assignments(connection, gesture)),
    )
    return f"{by[0]}: {title[0].lower()}{title[1:]}" if title and by and by[0] else title


def _titles_of_files(parts: Sequence[StampedAssignment]) -> list[str]:
    """What a gesture did with feeds and settings, each with the names of the first few."""
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


def _describe_parts(parts: Sequence[StampedAssignment]) -> str:
    """A description for the user of what a gesture gave."""
    found: dict[tuple[str, bool], tuple[int, list[str]]] = {}
    for field, value, ids in sorted(to_assignments(parts), key=lambda each: each[:2]):
        kind, colon, name = field.partition(":")
        key = f"{kind}{colon}", value not in ("", "0")
        most, names = found.get(key, (0, []))
        # Notes of one article are several, its tags are not several articles.
        count = max(most, len(ids)) if key[0] == TAG else most + len(ids)
        found[key] = count, [*names, name]
    titles = _titles_of_files(parts)
    titles += [
        _TITLES[key].format(count=count, s="" if count == 1 else "s", names=", ".join(names))
        for key, (count, names) in found.items()
        if key in _TITLES
    ]
    return ", ".join([*titles[:1], *(each[0].lower() + each[1:] for each in titles[1:])])

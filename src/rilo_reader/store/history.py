"""Gestures as they are kept: what was done where and when, and what waits for a journal.

Functions run within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import (
    ANEW,
    HIGHLIGHT,
    MOVED,
    NOTE,
    POSITION,
    READ,
    STARRED,
    TAG,
    Assignment,
    Gesture,
    GestureId,
    HistoryLimits,
    Ids,
    Stamp,
    milliseconds,
    stamp_at,
)
from rilo_reader.store.value_table import (
    MOVES,
    STEPS,
    Given,
    Names,
    came_at,
)

NOT_SHOWN = (POSITION, MOVED, ANEW)
"""Fields that nobody sets on purpose."""


# -- keep -----------------------------------------------------------------------------------------


def keep(
    on: Connection,
    gesture: GestureId,
    undoes: GestureId | None,
    parts: Sequence[Given],
    *,
    in_history: bool = True,
) -> tuple[Gesture, bool]:
    """Keep a gesture of this device; return it, and whether something may be to be pruned."""
    rows = [(part, count, ids) for part in parts for count, ids in part.ids.stored()]
    size = sum(len(ids) + len(part.value) + _ROW_SIZE for part, _, ids in rows)
    is_listed = undoes is not None or (in_history and _is_shown(parts))
    ((number,),) = on.execute(
        """INSERT INTO gesture(device, stamp, undoes_device, undoes_stamp, in_history, size)
        VALUES (?, ?, ?, ?, ?, ?) RETURNING number""",
        (*gesture, *(undoes or (None, None)), is_listed, size),
    ).fetchall()
    _add_rows(on, number, rows)
    assignments = _joined(parts)
    return Gesture(gesture, assignments, undoes, in_history), is_due(number, size)


def _joined(parts: Sequence[Given]) -> tuple[Assignment, ...]:
    """Assignments of parts, of which several may have one field and value."""
    packs: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for part in parts:
        packs.setdefault((part.field, part.value), []).extend(part.ids.stored())
    return tuple(Assignment(*key, Ids.of_stored(stored)) for key, stored in packs.items())


def number_of(on: Connection, gesture: GestureId, undoes: GestureId | None) -> tuple[int, bool]:
    """The number of a gesture, which is kept if it is new; and whether it has no values yet."""
    found = on.execute(
        """INSERT INTO gesture(device, stamp, undoes_device, undoes_stamp, in_history)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (device, stamp) DO UPDATE SET
            undoes_device = coalesce(undoes_device, excluded.undoes_device),
            undoes_stamp = coalesce(undoes_stamp, excluded.undoes_stamp)
        RETURNING number, size = 0""",
        (*gesture, *(undoes or (None, None)), undoes is not None),
    ).fetchall()
    return int(found[0][0]), bool(found[0][1])


def add(on: Connection, number: int, parts: Sequence[Given]) -> None:
    """Add assignments to a gesture of another device."""
    rows = [(part, count, ids) for part in parts for count, ids in part.ids.stored()]
    if rows:
        _add_rows(on, number, rows)
        size = sum(len(ids) + len(part.value) + _ROW_SIZE for part, _, ids in rows)
        on.execute(
            "UPDATE gesture SET size = size + ?, in_history = in_history OR ? WHERE number = ?",
            (size, _is_shown(parts), number),
        )


def _add_rows(on: Connection, number: int, rows: Sequence[tuple[Given, int, bytes]]) -> None:
    on.executemany(
        "INSERT INTO assignment VALUES (?, ?, ?, ?, ?, ?)",
        [(number, part.field, part.value, part.before, count, ids) for part, count, ids in rows],
    )


def _is_shown(parts: Sequence[Given]) -> bool:
    return not all(part.field.startswith(NOT_SHOWN) for part in parts)


DAY = 24 * 60 * 60 * 1000
_ROW_SIZE = 100  # bytes of a row beside its values, roughly
_PRUNED_AFTER = 100  # gestures
_LARGE = 100_000  # bytes


def is_due(number: int, size: int) -> bool:
    """Whether it is time to prune: once in a hundred gestures, or after a large one."""
    return number % _PRUNED_AFTER == 0 or size >= _LARGE


def newest_is_due(on: Connection) -> bool:
    """Whether it is time to prune after the newest gesture."""
    newest = on.execute("SELECT number, size FROM gesture ORDER BY number DESC LIMIT 1").fetchone()
    return newest is not None and is_due(*newest)


def prune(on: Connection, limits: HistoryLimits, now: int, waiting: tuple[str, int] | None) -> None:
    """Drop gestures beyond the limits, but for those of a device after a stamp (`waiting`)."""
    device, stamp = waiting or ("", 0)
    dropped = on.execute(
        """SELECT number FROM (
            SELECT number, device, stamp,
                row_number() OVER newest_first AS place, sum(size) OVER newest_first AS total
            FROM gesture WINDOW newest_first AS (PARTITION BY device ORDER BY stamp DESC))
        WHERE (place > :gestures AND stamp < :since OR total > :size AND place > 1)
            AND NOT (device = :device AND stamp > :stamp)""",
        {
            "gestures": limits.gestures,
            "since": stamp_at(now - limits.days * DAY),
            "size": limits.size,
            "device": device,
            "stamp": stamp,
        },
    ).fetchall()
    drop(on, dropped)


def drop(on: Connection, numbers: Sequence[tuple[int]]) -> None:
    """Drop gestures by their numbers."""
    on.executemany("DELETE FROM assignment WHERE gesture = ?", numbers)
    on.executemany("DELETE FROM gesture WHERE number = ?", numbers)


# -- read -----------------------------------------------------------------------------------------


def _load(on: Connection, number: int) -> Gesture:
    device, stamp, *undoes, in_history = on.execute(
        """SELECT device, stamp, undoes_device, undoes_stamp, in_history
        FROM gesture WHERE number = ?""",
        (number,),
    ).fetchone()
    gesture = GestureId(device, Stamp(stamp))
    assignments = _joined(values_of(on, gesture))
    # Of fields that no history shows, nothing has to be said.
    is_never_shown = all(each.field.startswith(NOT_SHOWN) for each in assignments)
    return Gesture(gesture, assignments, undone_by(undoes), bool(in_history) or is_never_shown)


def undone_by(undoes: Sequence[Any]) -> GestureId | None:
    """The gesture of a device and a stamp, None if they are NULL."""
    return None if undoes[0] is None else GestureId(undoes[0], Stamp(undoes[1]))


def values_of(on: Connection, gesture: GestureId) -> list[Given]:
    """What a gesture gave, with the values before of annotations; empty if it is not kept."""
    rows = on.execute(
        """SELECT field, value, before, count, ids
        FROM gesture JOIN assignment ON gesture = number
        WHERE device = ? AND stamp = ? ORDER BY assignment.rowid""",
        gesture,
    )
    return [
        Given(field, value, Ids.of_stored([(count, ids)]), gesture.stamp, before)
        for field, value, before, count, ids in rows.fetchall()
    ]


def unwritten(on: Connection, device: str, after: int, limit: int) -> list[Gesture]:
    """Gestures of a device after a stamp, oldest first."""
    numbers = on.execute(
        "SELECT number FROM gesture WHERE device = ? AND stamp > ? ORDER BY stamp LIMIT ?",
        (device, after, limit),
    ).fetchall()
    return [_load(on, number) for (number,) in numbers]


def forget_what_travelled(on: Connection, device: str, up_to: int) -> None:
    """Drop gestures of a device that are in its journal and not in the history."""
    drop(
        on,
        on.execute(
            "SELECT number FROM gesture WHERE device = ? AND stamp <= ? AND NOT in_history",
            (device, up_to),
        ).fetchall(),
    )


# -- undo -----------------------------------------------------------------------------------------


class Undos:
    """Which gestures are taken back: those of which an undo is kept that is not taken back."""

    def __init__(self, on: Connection) -> None:
        rows = on.execute(
            """SELECT device, stamp, undoes_device, undoes_stamp FROM gesture
            WHERE undoes_device IS NOT NULL AND stamp > undoes_stamp ORDER BY stamp DESC"""
        )
        self._target: dict[GestureId, GestureId] = {}
        self.undone: set[GestureId] = set()
        # Newest first, so that what takes an undo back is seen before the undo.
        for device, stamp, undoes_device, undoes_stamp in rows.fetchall():
            undo, target = GestureId(device, stamp), GestureId(undoes_device, undoes_stamp)
            self._target[undo] = target
            if undo not in self.undone:
                self.undone.add(target)

    @property
    def all(self) -> Iterable[GestureId]:
        """All gestures that take one back, newest first."""
        return self._target

    def root(self, gesture: GestureId) -> tuple[GestureId, int]:
        """The gesture that was taken back in the end, and how often: 1 is undone, 2 is redone."""
        steps = 0
        while (target := self._target.get(gesture)) is not None:
            gesture, steps = target, steps + 1
        return gesture, steps


def undoable(on: Connection, device: str) -> list[GestureId]:
    """The gestures of a device that are neither an undo nor undone, newest first."""
    undone = Undos(on).undone
    rows = on.execute(
        """SELECT device, stamp FROM gesture
        WHERE device = ? AND in_history AND undoes_device IS NULL ORDER BY stamp DESC""",
        (device,),
    )
    return [gesture for row in rows.fetchall() if (gesture := GestureId(*row)) not in undone]


def redoable(on: Connection, device: str) -> list[GestureId]:
    """The undos of a device that are not taken back and after which nothing else was done."""
    undos = Undos(on)
    found: list[GestureId] = []
    rows = on.execute(
        """SELECT device, stamp, undoes_device FROM gesture
        WHERE device = ? AND in_history ORDER BY stamp DESC""",
        (device,),
    )
    for own, stamp, undoes in rows.fetchall():
        if undoes is None:
            break
        gesture = GestureId(own, stamp)
        if gesture not in undos.undone and undos.root(gesture)[1] % 2:
            found.append(gesture)
    return found


def undos_of(on: Connection, gesture: GestureId) -> list[GestureId]:
    """The undos of a gesture that are not taken back, newest first."""
    undos = Undos(on)
    return [
        undo
        for undo in undos.all
        if undo not in undos.undone and undos.root(undo)[0] == gesture and undos.root(undo)[1] % 2
    ]


# -- as people are shown it -----------------------------------------------------------------------


class HistoryEntry(NamedTuple):
    """A gesture in the history."""

    id: GestureId
    title: str  # a description for the user ("Marked 12 as read")
    articles: int
    when: datetime  # its time, UTC
    device: str
    undone: bool
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


def gesture_ids(on: Connection) -> list[GestureId]:
    """The names of the gestures of the history, newest first."""
    rows = on.execute(
        "SELECT device, stamp FROM gesture WHERE in_history ORDER BY stamp DESC, device DESC"
    )
    return [GestureId(*row) for row in rows.fetchall()]


def entries(on: Connection, limit: int, before: GestureId | None) -> list[HistoryEntry]:
    """The history, newest first."""
    undos, names = Undos(on), Names(on)
    rows = on.execute(
        """SELECT device, stamp, undoes_device, undoes_stamp, coalesce(name, device)
        FROM gesture LEFT JOIN device ON device.id = device
        WHERE in_history AND (:stamp IS NULL OR (stamp, device) < (:stamp, :device))
        ORDER BY stamp DESC, device DESC LIMIT :limit""",
        {
            "stamp": before and before.stamp,
            "device": before and before.device,
            "limit": limit,
        },
    ).fetchall()
    return [_entry(on, undos, names, row) for row in rows]


def title(on: Connection, gesture: GestureId) -> str:
    """What a gesture did; of an undo and a redo, what was undone and done again."""
    root, _ = Undos(on).root(gesture)
    return title_of(_counts(on, root)) or title_of(_counts(on, gesture))


def _entry(on: Connection, undos: Undos, names: Names, row: Sequence[Any]) -> HistoryEntry:
    gesture, undoes, device = GestureId(*row[:2]), undone_by(row[2:4]), row[4]
    counts = _counts(on, gesture)
    parts = values_of(on, gesture)
    some = dict.fromkeys(name for part in parts[:NAMED] for name in islice(part.ids, NAMED))
    notes = [(part.value, part.before or "") for part in parts if part.field.startswith(NOTE)]
    title = title_of(counts)
    if undoes is not None:
        root, steps = undos.root(gesture)
        title = f"{'Undid' if steps % 2 else 'Redid'}: {title_of(_counts(on, root)) or title}"
    return HistoryEntry(
        gesture,
        title,
        _articles(counts, parts),
        datetime.fromtimestamp(milliseconds(gesture.stamp) / 1000, UTC),
        device,
        gesture in undos.undone,
        undoes,
        tuple(names.id(_now(on, name)) for name in list(some)[:NAMED]),
        notes[0] if len(notes) == 1 else None,
    )


def _articles(counts: Sequence[tuple[str, str, int]], parts: Sequence[Given]) -> int:
    """How many articles a gesture is about."""
    if any(part.field.startswith((HIGHLIGHT, NOTE)) for part in parts):
        # Each annotation is a field of its own, and an article may have several.
        return len({article for part in parts for article in part.ids})
    return max((count for _, _, count in counts), default=0)


def _now(on: Connection, name: ArticleId) -> ArticleId:
    """The name that the article with a name has now, after as many moves as are followed."""
    newest = f"SELECT new FROM {MOVES} WHERE old = ? AND at > ? ORDER BY at DESC, new DESC"  # noqa: S608
    for _ in range(STEPS):
        found = on.execute(newest, (name, came_at(on, name))).fetchone()
        if found is None:
            break
        name = ArticleId(found[0])
    return name


def _counts(on: Connection, gesture: GestureId) -> list[tuple[str, str, int]]:
    rows = on.execute(
        """SELECT field, value, sum(count) FROM gesture JOIN assignment ON gesture = number
        WHERE device = ? AND stamp = ? GROUP BY field, value ORDER BY field""",
        gesture,
    )
    return rows.fetchall()


def title_of(counts: Iterable[tuple[str, str, int]]) -> str:
    """A description for the user of fields, values and the numbers of articles that got them."""
    titles = {
        (READ, True): "Marked {count:,} as read",
        (READ, False): "Marked {count:,} as unread",
        (STARRED, True): "Starred {count:,}",
        (STARRED, False): "Took the star from {count:,}",
        (TAG, True): "Tagged {count:,} with {names}",
        (TAG, False): "Took {names} from {count:,}",
        (HIGHLIGHT, True): "Highlighted {count:,} passage{s}",
        (HIGHLIGHT, False): "Removed {count:,} highlight{s}",
        (NOTE, True): "Wrote {count:,} note{s}",
        (NOTE, False): "Removed {count:,} note{s}",
    }
    found: dict[tuple[str, bool], tuple[int, list[str]]] = {}
    for field, value, count in counts:
        kind, colon, name = field.partition(":")
        key = f"{kind}{colon}", value not in ("", "0")
        most, names = found.get(key, (0, []))
        is_tag = key[0] == TAG
        # Notes of one article are several, its tags are not several articles.
        found[key] = max(most, count) if is_tag else most + count, [*names, name]
    parts = [
        titles[key].format(count=count, s="" if count == 1 else "s", names=", ".join(names))
        for key, (count, names) in found.items()
        if key in titles
    ]
    return ", ".join([*parts[:1], *(part[0].lower() + part[1:] for part in parts[1:])])

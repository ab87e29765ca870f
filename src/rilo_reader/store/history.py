"""The history: gestures in words, as people are shown them."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.database import Database
from rilo_reader.store.gesture_table import UndoGraph, read_assignments, to_assignments
from rilo_reader.store.gestures import GestureId, StampedAssignment
from rilo_reader.store.marks import (
    FEED,
    FOLLOWED,
    HIGHLIGHT,
    NO_ARTICLES,
    NOTE,
    READ,
    STARRED,
    TAG,
    to_milliseconds,
)
from rilo_reader.store.moves import ReusedPaths, current_name
from rilo_reader.text import clean_line

_ENTRIES = """SELECT device, stamp, undoes_device, undoes_stamp, coalesce(name, device)
    FROM gesture LEFT JOIN device ON device.id = device
    WHERE in_history AND (:stamp IS NULL OR (stamp, device) < (:stamp, :device))
    ORDER BY stamp DESC, device DESC LIMIT :limit"""

NAMED = 3
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

    def describe(self, gesture: GestureId) -> str:
        """Return what a gesture did ("Marked 12 as read"); of an undo what it undid."""

        def query(connection: Connection) -> str:
            root, _ = UndoGraph(connection).resolve_target(gesture)
            return _describe_one(connection, root) or _describe_one(connection, gesture)

        return self._database.read(query)


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
        _count_articles(about),
        datetime.fromtimestamp(to_milliseconds(gesture.stamp) / 1000, UTC),
        row[4],
        gesture in undos.undone_ids,
        undoes,
        tuple(names.id_of(current_name(connection, name)) for name in list(some)[:NAMED]),
        notes[0] if len(notes) == 1 else None,
    )


def _count_articles(parts: Collection[StampedAssignment]) -> int:
    """Return the number of articles that a gesture is about."""
    if any(part.field.startswith((HIGHLIGHT, NOTE)) for part in parts):
        # Each annotation is a field of its own, and an article may have several.
        return len({article for part in parts for article in part.ids})
    return max((len(each.ids) for each in to_assignments(parts)), default=0)


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
    """Return a description of a gesture, with who did it if that was not the user by hand."""
    statement = "SELECT made_by FROM gesture WHERE device = ? AND stamp = ?"
    (actor,) = connection.execute(statement, gesture).fetchone() or ("",)
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


def _describe_parts(parts: Sequence[StampedAssignment]) -> str:
    """Return a description of the values that a gesture gave."""
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

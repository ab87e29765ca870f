"""The history as people are shown it: a line for each gesture.

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
    HIGHLIGHT,
    NOTE,
    READ,
    STARRED,
    TAG,
    GestureId,
    milliseconds,
)
from rilo_reader.store.history import Undos, undone_by, values_of
from rilo_reader.store.names import Names
from rilo_reader.store.value_table import MOVES, STEPS, Given, came_at


class HistoryEntry(NamedTuple):
    """A gesture in the history.

    Attributes:
        id: its name, for `State.undo`.
        title: a description for the user ("Marked 12 as read").
        articles: how many it is about.
        when: its time, UTC.
        device: the name of the device.
        undone: whether it is taken back.
        undoes: the gesture that it takes back, or None.
        ids: the first few of the articles, as their ids are now.
        note: the note that it wrote, if it is about one only, and what was there before.
    """

    id: GestureId
    title: str
    articles: int
    when: datetime
    device: str
    undone: bool
    undoes: GestureId | None
    ids: tuple[ArticleId, ...] = ()
    note: tuple[str, str] | None = None

    @property
    def article(self) -> ArticleId | None:
        """The article, if it is about no other."""
        return self.ids[0] if self.articles == len(self.ids) == 1 else None


NAMED = 3
"""Articles of a gesture that are named."""


def ids(on: Connection) -> list[GestureId]:
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
    """A description of a gesture for the user ("Marked 12 as read").

    Args:
        counts: fields, values, and the number of articles that got it.
    """
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

"""All that won, as gestures: what a journal begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import (
    AGREED,
    ANEW,
    MOVED,
    TAG,
    Assignment,
    Gesture,
    GestureId,
    Stamp,
)
from rilo_reader.store.ids import Ids
from rilo_reader.store.sync_records import DEVICE, WRITTEN

_ROWS = f"""
    SELECT read_at AS at, 'read' AS field, CAST(read AS TEXT) AS value, id FROM mark
    WHERE (read_at, read) > (1, 0)
    UNION ALL SELECT starred_at, 'starred', CAST(starred AS TEXT), id FROM mark
    WHERE (starred_at, starred) > (1, 0)
    UNION ALL SELECT position_at, 'position', CAST(position AS TEXT), id FROM mark
    WHERE (position_at, position) > (1, 0)
    UNION ALL SELECT at, '{TAG}' || tag, CAST(present AS TEXT), id FROM tag
    WHERE (at, present) > (1, 0)
    UNION ALL SELECT at, field, value, id FROM annotation WHERE (at, value) > (1, '')
    UNION ALL SELECT at, '{AGREED}' || name, CAST(value AS TEXT), id FROM agreed
    UNION ALL SELECT at, '{ANEW}' || number, '1', id FROM anew
    UNION ALL SELECT at, '{MOVED}', new, old FROM move"""  # noqa: S608  # names of ours

_ORDER = "ORDER BY at, field, value, id"

STATEMENT = f"{_ROWS} {_ORDER}"
"""Rows (stamp, field, value, article) of all fields that ever got a value, oldest first."""

# A stamp that two devices gave is rare, and then the other one's value may have won.
WRITTEN_STATEMENT = f"""
    SELECT * FROM ({_ROWS}) WHERE at NOT IN (
        SELECT stamp FROM gesture
        WHERE device = (SELECT value FROM sync WHERE key = '{DEVICE}') AND stamp > coalesce(
            (SELECT CAST(value AS INTEGER) FROM sync WHERE key = '{WRITTEN}'), 0)
        EXCEPT SELECT stamp FROM gesture
        WHERE device <> (SELECT value FROM sync WHERE key = '{DEVICE}'))
    {_ORDER}"""  # noqa: S608  # names of ours
"""The same without what the gestures say that are in no journal yet."""

Row = tuple[int, str, str, str]


def gestures(device: str, rows: Iterable[Row], batch: int = Ids.PACK) -> Iterator[Gesture]:
    """Gestures of a device from sorted rows, each of at most `batch` articles."""
    parts: dict[tuple[str, str], list[ArticleId]] = {}
    count, stamp = 0, 0
    for at, field, value, article in rows:
        if at != stamp or count == batch:
            if count:
                yield _gesture(device, stamp, parts)
            parts, count, stamp = {}, 0, at
        parts.setdefault((field, value), []).append(ArticleId(article))
        count += 1
    if count:
        yield _gesture(device, stamp, parts)


def _gesture(device: str, stamp: int, parts: dict[tuple[str, str], list[ArticleId]]) -> Gesture:
    assignments = tuple(Assignment(*key, Ids(ids)) for key, ids in parts.items())
    return Gesture(GestureId(device, Stamp(stamp)), assignments)

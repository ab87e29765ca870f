"""All that won, as gestures: what a journal begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import (
    Assignment,
    Gesture,
    GestureId,
    Stamp,
)
from rilo_reader.store.ids import Ids
from rilo_reader.store.sync_records import DEVICE, WRITTEN
from rilo_reader.store.value_table import said

_ROWS = "SELECT at, field, value, id FROM value WHERE at > 0"

_ORDER = "ORDER BY at, field, value, id"

STATEMENT = f"{_ROWS} {_ORDER}"
"""Rows (stamp, field, value, article) of all fields that ever got a value, oldest first."""

# A stamp that two devices gave is rare, and then the other one's value may have won.
WRITTEN_STATEMENT = f"""
    {_ROWS} AND at NOT IN (
        SELECT stamp FROM gesture
        WHERE device = (SELECT value FROM sync WHERE key = '{DEVICE}') AND stamp > coalesce(
            (SELECT CAST(value AS INTEGER) FROM sync WHERE key = '{WRITTEN}'), 0)
        EXCEPT SELECT stamp FROM gesture
        WHERE device <> (SELECT value FROM sync WHERE key = '{DEVICE}'))
    {_ORDER}"""  # noqa: S608
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
    assignments = tuple(Assignment(*said(*key), Ids(ids)) for key, ids in parts.items())
    return Gesture(GestureId(device, Stamp(stamp)), assignments)

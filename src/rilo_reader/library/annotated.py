"""Highlights of an article, from the annotations that the state keeps (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rilo_reader.annotations.highlight import Highlight, from_json
from rilo_reader.store.gestures import HIGHLIGHT, NOTE, Stamp


def highlights_of(annotations: Iterable[tuple[str, str, Stamp]]) -> tuple[Highlight, ...]:
    """The highlights among (field, value, stamp) of one article, with their notes.

    They are in the order of the text that they were made from, which is the same on all devices;
    what cannot be read is passed over.
    """
    rows = list(annotations)
    notes = {field.removeprefix(NOTE): value for field, value, _ in rows if field.startswith(NOTE)}
    found = []
    for field, value, stamp in rows:
        if field.startswith(HIGHLIGHT):
            identity = field.removeprefix(HIGHLIGHT)
            made = _moment(stamp)
            highlight = from_json(identity, value, notes.get(identity, ""), made)
            if highlight is not None:
                found.append(highlight)
    return tuple(sorted(found, key=lambda each: (each.anchor.start, each.id)))


def _moment(stamp: Stamp) -> datetime | None:
    """The time of a stamp; None if no calendar has it."""
    try:
        return datetime.fromtimestamp((stamp >> 16) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None

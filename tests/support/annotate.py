"""What a reader here, or another device, did with articles."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Assignment, Gesture, Ids
from rilo_reader.store.state import State

MOMENT = 1_790_000_000_000
"""21 September 2026, in milliseconds since 1970."""


def annotate(state: State, article: ArticleId, field: str, value: str) -> Gesture | None:
    """Give a value to `highlight:ID` or `note:ID` of an article; "" removes it."""
    return state.apply([Assignment(field, value, Ids([article]))])


def stamp(number: int) -> str:
    """One of the stamps of MOMENT, as it stands in a journal."""
    return f"{(MOMENT << 16) + number:016x}"


def journal(shared: Path, device: str, *lines: str, name: str = "") -> Path:
    """Write the journal of another device into the folder that is shared; returns the file."""
    file = shared / "marks" / device / "00000001.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    header = f"rilo-marks 1\t{device}\t{name or device.title()}"
    file.write_text("\n".join((header, *lines, "")), encoding="utf-8")
    return file

"""Gestures at random: here, or in a process that goes on until somebody kills it.

    python -m tests.plugins.devices.random_gestures HOME TIME SEED SEALED_FROM

does them on the marks of a machine, and prints those of each as JSON once it is confirmed. It syncs
after each.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.plugins.devices.sync import JournalSync
from rilo_reader.store.gestures import Gesture
from rilo_reader.store.marks import HIGHLIGHT, NOTE, POSITION, READ, STARRED, TAG
from tests.plugins.devices.machines import RealState

ARTICLES = [ArticleId(f"https://example.org/{number}") for number in range(12)]
"""So few that both sides often change the same one."""

TAGS = ("customs", "later", "búsqueda = 100%")
NOTES = ("Ask the office.", "Two lines:\n\n- and a list\twith a tab", "象牙")


class Value(NamedTuple):
    """One value of a confirmed gesture."""

    article: str
    field: str
    stamp: int
    value: str


def random_gesture(state: RealState, chance: random.Random) -> list[Value]:
    """Do something; what it gave, which is nothing where nothing was to change."""
    article = chance.choice(ARTICLES)
    kind = chance.choice(("flag", "flag", "many", "tag", "highlight", "note", "undo", "position"))
    if kind == "position":
        state.save_position(article, chance.randrange(10_000), datetime(2026, 9, 21, tzinfo=UTC))
        stamp, value = state.winners[article, POSITION]
        return [Value(article, POSITION, stamp, value)]
    if kind == "flag":
        made = state.give(chance.choice((READ, STARRED)), chance.choice("01"), article)
    elif kind == "many":
        made = state.give(READ, chance.choice("01"), *chance.sample(ARTICLES, 5))
    elif kind == "tag":
        made = state.give(TAG + chance.choice(TAGS), chance.choice("01"), article)
    elif kind == "highlight":
        made = _highlight(state, chance, article)
    elif kind == "note":
        made = state.give(NOTE + _some_id(state, chance, article), chance.choice(NOTES), article)
    else:
        made = _undo(state, chance)
    return _values(made)


def _values(made: Gesture | None) -> list[Value]:
    if made is None:
        return []
    return [
        Value(article, assignment.field, made.id.stamp, assignment.value)
        for assignment in made.assignments
        for article in assignment.ids
    ]


def _some_id(state: RealState, chance: random.Random, article: ArticleId) -> str:
    """The id of a highlight of the article, or a new one."""
    there = [field.partition(":")[2] for field, _, _ in state.annotations.read(article)]
    return chance.choice([*there, f"{chance.getrandbits(32):08x}"])


def _highlight(state: RealState, chance: random.Random, article: ArticleId) -> Gesture | None:
    """Make one, change its kind, or remove it."""
    name = _some_id(state, chance, article)
    anchor = Anchor("ivory at the customs", "Somebody saw ", " office.", 100)
    made = Highlight(name, anchor, chance.randint(1, 4))
    return state.give(HIGHLIGHT + name, chance.choice(("", *[to_json(made)] * 3)), article)


def _undo(state: RealState, chance: random.Random) -> Gesture | None:
    """Undo, redo, or take back any gesture of any device."""
    entries = state.history.read(20)
    how = chance.randrange(3 if entries else 2)
    if how == 0:
        return state.undo_last()
    return state.redo_last() if how == 1 else state.undo(chance.choice(entries).id)


def _gestures_without_end(home: Path, time: int, seed: int, sealed_from: int) -> Iterator[str]:
    """Do gestures and syncs; the values of each gesture as JSON when it is confirmed."""
    chance = random.Random(seed)
    state = RealState(home / "marks.db", lambda: time)
    sync = JournalSync(state.journals, home / "lock", lambda: time, sealed_from=sealed_from)
    while True:
        yield json.dumps(random_gesture(state, chance))
        sync.sync_now()


if __name__ == "__main__":
    _, where, *numbers = sys.argv
    for line in _gestures_without_end(Path(where), *map(int, numbers)):
        print(line, flush=True)

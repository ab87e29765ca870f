"""Do, undo and merge gestures; functions run within the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store import history, mark_rows, merging, sync_records
from rilo_reader.store.gestures import (
    AHEAD,
    ANEW,
    MOVED,
    NO_STAMP,
    POSITION,
    Assignment,
    Gesture,
    GestureId,
    Stamp,
    stamp_at,
)
from rilo_reader.store.ids import Ids
from rilo_reader.store.merging import Changed, Given
from rilo_reader.store.names import Names
from rilo_reader.store.rules import Rules

_STAMP_LIMIT = 1 << 63


def apply(
    on: Connection,
    rules: Rules,
    assignments: Iterable[Assignment],
    undoes: GestureId | None = None,
    *,
    in_history: bool = True,
) -> Gesture | None:
    """Do a gesture of this device where it changes something; None if it does nowhere."""
    stamp = _next_stamp(on, rules.now())
    given = [Given(field, value, ids, stamp) for field, value, ids in assignments]
    if len(given) == 1:
        merging.stage_one(on, given[0])
    else:
        merging.stage(on, given)
    return _finish(on, rules, stamp, _About(undoes, given, in_history))


def undo(on: Connection, rules: Rules, gesture: GestureId) -> Gesture | None:
    """Take back what a gesture did where it still is so; None if it is nowhere."""
    merging.stage(on, history.values_of(on, gesture))
    merging.keep_winning(on)
    stamp = _next_stamp(on, rules.now())
    merging.invert(on, stamp)
    return _finish(on, rules, stamp, _About(gesture))


def undo_last(on: Connection, rules: Rules) -> Gesture | None:
    """Take back the last gesture of this device that has an effect and is not taken back."""
    own = sync_records.device(on).id
    done = (undo(on, rules, gesture) for gesture in history.undoable(on, own))
    return next(filter(None, done), None)


def redo_last(on: Connection, rules: Rules) -> Gesture | None:
    """Take back the last undo of this device, unless something was done since."""
    own = sync_records.device(on).id
    done = (undo(on, rules, gesture) for gesture in history.redoable(on, own))
    return next(filter(None, done), None)


def redo(on: Connection, rules: Rules, gesture: GestureId) -> Gesture | None:
    """Take back the undo of a gesture; None if there is none, or it is nowhere any more."""
    done = (undo(on, rules, undone) for undone in history.undos_of(on, gesture))
    return next(filter(None, done), None)


class _About(NamedTuple):
    """What a gesture is, beside what is staged.

    Attributes:
        undoes: the gesture that it takes back, or None.
        given: what was staged, if that is known.
        in_history: as for `State.apply`.
    """

    undoes: GestureId | None = None
    given: Sequence[Given] = ()
    in_history: bool = True


def _finish(on: Connection, rules: Rules, stamp: Stamp, about: _About) -> Gesture | None:
    """Keep what is staged as a gesture of this device, and write it."""
    undoes, given, in_history = about
    merging.drop_unchanged(on)
    if merging.is_empty(on):
        merging.clear(on)
        return None
    on.execute("UPDATE clock SET stamp = ?", (stamp,))
    own = sync_records.device(on).id
    name = GestureId(own, stamp)
    gesture = history.keep_staged(on, name, undoes, given, in_history=in_history)
    if not in_history and sync_records.folder(on) is None:
        history.forget_what_travelled(on, own, stamp)
    has_moves = merging.spread_moves(on)
    _write(on, all_change=not has_moves)
    _prune(on, rules)
    return gesture


def remember(on: Connection, rules: Rules, article: ArticleId, position: int, opened: int) -> None:
    """Store how far an article was read, and when it was opened.

    A position is no gesture that somebody undoes; it is kept as one only until it has travelled.
    """
    stamp = _next_stamp(on, rules.now())
    merging.stage(on, [Given(POSITION, str(position), Ids([article]), stamp)])
    merging.drop_unchanged(on)
    if not merging.is_empty(on):
        on.execute("UPDATE clock SET stamp = ?", (stamp,))
        if sync_records.folder(on) is not None:
            history.keep_staged(on, GestureId(sync_records.device(on).id, stamp), None)
        merging.spread_moves(on)
        merging.put(on)
    merging.clear(on)
    on.execute(
        """INSERT INTO mark (id, opened) VALUES (?, ?)
        ON CONFLICT (id) DO UPDATE SET opened = excluded.opened""",
        (article, opened),
    )
    mark_rows.tick(on)


def move(
    on: Connection,
    rules: Rules,
    moves: Mapping[ArticleId, ArticleId],
    anew: Collection[ArticleId] = (),
) -> Gesture | None:
    """Let articles have new ids, for marks of before and of later.

    Without a shared folder only those that have marks. An article that left its id before, and
    did not come back, is not the one that has this id now.

    Args:
        on: the connection.
        rules: the clock.
        moves: the new ids by the old ones.
        anew: the ids that another article has now.
    """
    names = Names(on)
    # Another device may have said so already, and the files come after its journal.
    statement = "SELECT id FROM anew GROUP BY id HAVING max(is_here * number) < max(number)"
    coming = {ArticleId(path) for (path,) in on.execute(statement).fetchall()}
    before = {
        old: names.name(old)
        for old, new in moves.items()
        if old not in coming or not _has_moved(on, names, old, new)
    }
    others = {path: names.name(path) for path in anew if path not in coming}
    is_shared = sync_records.folder(on) is not None
    kept = mark_rows.marked(on, [*before.values(), *others.values()], or_all=is_shared)
    assignments = [
        Assignment(f"{ANEW}{names.next(path)}", "1", Ids([path]))
        for path, name in others.items()
        if name in kept or _leaves(on, name)
    ]
    for old, name in before.items():
        new = names.name(moves[old])
        if name in kept and _leaves(on, name) <= _leaves(on, name, "new"):
            on.execute(
                """INSERT INTO mark (id, opened) SELECT ?, opened FROM mark
                WHERE id = ? AND opened IS NOT NULL
                ON CONFLICT (id) DO UPDATE SET opened = coalesce(opened, excluded.opened)""",
                (new, name),
            )
            assignments.append(Assignment(MOVED, new, Ids([name])))
    gesture = apply(on, rules, assignments)
    on.executemany("UPDATE anew SET is_here = 1 WHERE id = ?", ((path,) for path in anew))
    return gesture


def _has_moved(on: Connection, names: Names, old: ArticleId, new: ArticleId) -> bool:
    """Whether it is known that an article moved that had `old` before the one of now."""
    rows = on.execute("SELECT old FROM move WHERE new = ?", (names.name(new),)).fetchall()
    return any(names.id(name) == old and names.has_left(name) for (name,) in rows)


def _leaves(on: Connection, name: ArticleId, end: str = "old") -> int:
    """The last stamp with which an article left a name, or came to it, 0 for never."""
    found = on.execute(f"SELECT max(at) FROM move WHERE {end} = ?", (name,))  # noqa: S608
    return int(found.fetchone()[0] or 0)


def merge(
    on: Connection, rules: Rules, gestures: Iterable[Gesture], *, with_history: bool
) -> Changed:
    """Let the values of gestures of any device win where they are the greatest."""
    now = rules.now()
    newest = _last_stamp(on)
    kept = history.MergedHistory(on, rules.limits, now) if with_history else None

    def given() -> Iterator[Given]:
        nonlocal newest
        for gesture in gestures:
            stamp = gesture.id.stamp
            if not NO_STAMP < stamp < _STAMP_LIMIT:
                continue
            if stamp <= stamp_at(now + AHEAD):
                newest = max(newest, stamp)
            if kept is not None:
                kept.add(gesture)
            for field, value, ids in gesture.assignments:
                yield Given(field, value, ids, stamp)

    merging.stage(on, given())
    if kept is not None:
        kept.finish()
    on.execute("UPDATE clock SET stamp = ?", (newest,))
    merging.spread_moves(on)
    changed = _write(on)
    _prune(on, rules)
    return changed


def _write(on: Connection, *, all_change: bool = False) -> Changed:
    """Write what is staged, and note what changes."""
    changed = merging.find_changed(on, all_change=all_change)
    merging.put(on)
    merging.clear(on)
    mark_rows.note(on, changed)
    return changed


def _prune(on: Connection, rules: Rules) -> None:
    waiting = None
    if sync_records.folder(on) is not None:
        waiting = sync_records.device(on).id, sync_records.written(on)
    history.prune(on, rules.limits, rules.now(), waiting)


def _last_stamp(on: Connection) -> Stamp:
    return Stamp(on.execute("SELECT stamp FROM clock").fetchone()[0])


def _next_stamp(on: Connection, now: int) -> Stamp:
    """A stamp greater than all before, also where the clock goes back."""
    return Stamp(max(stamp_at(now), _last_stamp(on) + 1))

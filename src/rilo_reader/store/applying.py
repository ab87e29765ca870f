"""Do and undo gestures; functions run within the caller's transaction."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store import dating, devices, history
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Given, Ids
from rilo_reader.store.marks import (
    AGREED,
    ANEW,
    DATED,
    MOVED,
    POSITION,
    TEXTS,
    Rules,
    Stamp,
    stamp_at,
)
from rilo_reader.store.value_table import (
    BY_ARTICLE,
    HERE,
    MOVED_TO,
    NOTHING,
    OPENED,
    Key,
    Names,
    Stamped,
    batches,
    came_at,
    known,
    left_at,
    note,
    nothing,
    put,
    said,
    set_local,
    spread,
    still,
    tick,
)


class Now(NamedTuple):
    """What a gesture of this device begins with."""

    stamp: Stamp  # greater than all before, also where the clock goes back
    device: str
    is_shared: bool  # whether there is a folder over which it travels
    has_moves: bool
    has_names: bool  # whether some paths have other articles than before
    rules: Rules


def now_of(on: Connection, rules: Rules) -> Now:
    """Read it, in one statement."""
    stamp, device, is_shared, has_moves, has_names = on.execute(
        f"""SELECT stamp, (SELECT value FROM sync WHERE key = '{devices.DEVICE}'),
            EXISTS (SELECT 1 FROM sync WHERE key = '{devices.FOLDER}'),
            EXISTS (SELECT 1 FROM value WHERE field > 'moved:' AND field < 'moved;'),
            EXISTS (SELECT 1 FROM value WHERE field > 'anew:' AND field < 'anew;')
        FROM clock"""  # noqa: S608  # names of ours
    ).fetchone()
    return Now(
        dating.next_free(on, max(stamp_at(rules.now()), stamp + 1)),
        device or devices.device(on).id,
        bool(is_shared),
        bool(has_moves),
        bool(has_names),
        rules,
    )


def apply(
    on: Connection,
    rules: Rules,
    assignments: Sequence[Assignment],
    about: history.About = history.BY_HAND,
) -> Gesture | None:
    """Do a gesture of this device where it changes something; None if it does nowhere."""
    now = now_of(on, rules)
    names = Names(on if now.has_names else None)
    done = _apply(on, now, names.named(assignments), about)
    return names.with_ids(done)


def _apply(
    on: Connection,
    now: Now,
    assignments: Iterable[Assignment],
    about: history.About = history.BY_HAND,
) -> Gesture | None:
    """As `apply`, of assignments to names."""
    parts, changed = _give(on, now, [Given(*each, now.stamp) for each in assignments])
    if not parts:
        return None
    name = GestureId(now.device, now.stamp)
    is_due = history.keep(on, name, parts, about)
    if not about.in_history and not now.is_shared:
        history.forget_what_travelled(on, now.device, now.stamp)
    note(on, changed, now.stamp)
    if is_due:
        history.prune(on, now.rules.limits, now.rules.now())
    return Gesture(name, history.assignments_of(parts), *about)


def _give(on: Connection, now: Now, given: Sequence[Given]) -> tuple[list[Given], set[ArticleId]]:
    """Write what changes something; return it, with the annotations before."""
    changed, parts = set[ArticleId](), list[Given]()
    done, total = 0, sum(len(each.ids) for each in given)
    for values in batches(given):
        before = known(on, sorted(values))
        new = {
            key: stamped
            for key, stamped in values.items()
            if _differs(on, key, stamped[1], before.get(key))
        }
        parts += _parts(new, before)
        spread(on, new, has_moves=now.has_moves)
        before.update(known(on, sorted(new.keys() - values.keys())))
        put(on, new, before, changed)
        done += len(values)
        now.rules.told(done, total)
    return parts, changed


def _differs(on: Connection, key: Key, value: str, before: Stamped | None) -> bool:
    if before is None:
        return value != nothing(key[0])
    if key[0].startswith(MOVED_TO):  # it may have left that name since
        return left_at(on, ArticleId(key[0][len(MOVED_TO) :])) > before[0]
    return value != before[1]


def _parts(values: Mapping[Key, Stamped], before: Mapping[Key, Stamped]) -> Iterator[Given]:
    """Values as a gesture says them, those of many articles together."""
    groups: dict[tuple[str, str, int, str | None], list[ArticleId]] = {}
    for key, (at, value) in values.items():
        field, article = key
        is_text = field.startswith(TEXTS)
        text = before.get(key, NOTHING)[1] if is_text else None
        groups.setdefault((field, value, at, text), []).append(article)
    for (field, value, at, text), ids in groups.items():
        yield Given(*said(field, value), Ids(ids), at, text)


def undo(on: Connection, rules: Rules, gesture: GestureId) -> Gesture | None:
    """Take back what a gesture did where it still is so; None if it is nowhere.

    That is where its stamp won, or where all that came later was taken back: an undo of a later
    gesture restored the value. Flags become the opposite, annotations what they were before.
    """
    undos = on.execute(
        "SELECT stamp FROM gesture WHERE undoes_device IS NOT NULL AND undoes_stamp > ?",
        (gesture.stamp,),
    )
    stamps = {gesture.stamp, *(stamp for (stamp,) in undos.fetchall())}
    back = []
    for part in history.values_of(on, gesture):
        if not part.field.startswith((POSITION, MOVED, AGREED, ANEW, DATED)):
            opposite = "0" if part.value == "1" else "1"
            value = opposite if part.before is None else part.before
            back.append(Assignment(part.field, value, still(on, part, stamps)))
    return _apply(on, now_of(on, rules), back, history.About(gesture))


def undo_first(on: Connection, rules: Rules, gestures: Iterable[GestureId]) -> Gesture | None:
    """Take back the first of some gestures that still is somewhere, if any is."""
    done = (undo(on, rules, gesture) for gesture in gestures)
    return Names(on).with_ids(next(filter(None, done), None))


def remember(on: Connection, rules: Rules, article: ArticleId, position: int, opened: int) -> None:
    """Store how far an article was read, and when it was opened.

    A position is not a gesture that somebody undoes; it is kept as one only until it has travelled.
    """
    now = now_of(on, rules)
    name = Names(on if now.has_names else None).name(article)
    parts, _ = _give(on, now, [Given(POSITION, str(position), Ids([name]), now.stamp)])
    if parts and now.is_shared:
        history.keep(on, GestureId(now.device, now.stamp), parts)
    set_local(on, OPENED, name, str(opened))
    tick(on, now.stamp if parts else 0)


# -- moves ----------------------------------------------------------------------------------------

_MARKED = f"""
    SELECT named.value FROM json_each(:names) named WHERE :all OR EXISTS (
        SELECT 1 FROM value WHERE id = named.value
        AND field IN ('read', 'starred', 'position', 'opened')
    ) OR EXISTS (
        SELECT 1 FROM value WHERE id = named.value AND {BY_ARTICLE}
        AND NOT (field > 'anew:' AND field < 'anew;' OR field > 'moved:' AND field < 'moved;'))"""  # noqa: S608


def marked(on: Connection, names: Iterable[ArticleId], *, or_all: bool = False) -> set[ArticleId]:
    """Those of the names that have marks; or all."""
    rows = on.execute(_MARKED, {"names": json.dumps(list(names)), "all": or_all})
    return {ArticleId(name) for (name,) in rows.fetchall()}


def move(
    on: Connection,
    rules: Rules,
    moves: Mapping[ArticleId, ArticleId],
    anew: Collection[ArticleId] = (),
) -> Gesture | None:
    """Let articles have new ids, for marks of before and of later.

    Without a shared folder only those that have marks. An article that left its id before, and
    did not come back, is not the one that has this id now; in `anew` are those which others have.
    """
    names, now = Names(on), now_of(on, rules)
    # Another device may have said so already, and the files come after its journal.
    here = dict(on.execute("SELECT id, value FROM value WHERE field = ?", (HERE,)).fetchall())
    coming = {path for path, number in names.numbers.items() if number > int(here.get(path, 0))}
    before = {
        old: names.name(old)
        for old, new in moves.items()
        if old not in coming or not _has_moved(on, names, old, new)
    }
    others = {path: names.name(path) for path in anew if path not in coming}
    kept = marked(on, [*before.values(), *others.values()], or_all=now.is_shared)
    assignments = [
        Assignment(f"{ANEW}{names.next(path)}", "1", Ids([path]))
        for path, name in others.items()
        if name in kept or left_at(on, name)
    ]
    for old, name in before.items():
        new = names.name(moves[old])
        if name in kept and left_at(on, name) <= came_at(on, name):
            on.execute(
                """INSERT INTO value SELECT field, ?, value, at FROM value
                WHERE field = ? AND id = ? ON CONFLICT (field, id) DO NOTHING""",
                (new, OPENED, name),
            )
            assignments.append(Assignment(MOVED, new, Ids([name])))
    gesture = _apply(on, now, assignments)
    for path in anew:
        if number := names.numbers.get(path):
            set_local(on, HERE, path, str(number))
    return gesture


def _has_moved(on: Connection, names: Names, old: ArticleId, new: ArticleId) -> bool:
    """Whether it is known that an article moved that had `old` before the one of now."""
    field = MOVED_TO + names.name(new)
    rows = on.execute("SELECT id FROM value WHERE field = ?", (field,)).fetchall()
    return any(names.id(name) == old and names.has_left(name) for (name,) in rows)

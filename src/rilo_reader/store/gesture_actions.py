"""Do and undo gestures; functions run within the caller's transaction."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store import devices, gesture_table, restamps
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids, StampedAssignment
from rilo_reader.store.marks import (
    AGREED,
    DATED,
    HIGHLIGHT,
    MOVED,
    NOTE,
    POSITION,
    READ,
    REUSED_PATH,
    TAG,
    TEXTS,
    GestureContext,
    Stamp,
    stamp_at,
)
from rilo_reader.store.moves import (
    VALUES_OF_ARTICLES,
    ReusedPaths,
    copy_to_moved_ids,
    last_arrival_stamp,
    last_left_stamp,
)
from rilo_reader.store.value_table import (
    BY_ARTICLE,
    FILE_CAME_HERE,
    MOVED_TO,
    NOTHING,
    OPENED,
    Key,
    Stamped,
    as_journalled,
    count_write,
    default_value,
    ids_unchanged_since,
    iter_batches,
    read_values,
    record_revision,
    set_local,
    write_winners,
)

EDITED_ARTICLES = """SELECT id, field FROM value
    WHERE field > 'edited:' AND field < 'edited;' AND value = '1' ORDER BY field, id"""

_TAGS_OF = f"""{VALUES_OF_ARTICLES}
    AND field > 'tag:' AND field < 'tag;' AND value = '1' ORDER BY field"""


class GestureStart(NamedTuple):
    """The facts that a gesture of this device begins with."""

    stamp: Stamp  # greater than all before, also where the clock goes back
    device: str
    is_shared: bool  # whether there is a folder over which it travels
    context: GestureContext


def read_gesture_start(connection: Connection, rules: GestureContext) -> GestureStart:
    """Read the facts that a gesture of this device begins with."""
    stamp, device, is_shared = connection.execute(
        f"""SELECT stamp, (SELECT value FROM sync WHERE key = '{devices.DEVICE}'),
            EXISTS (SELECT 1 FROM sync WHERE key = '{devices.FOLDER}')
        FROM clock"""  # noqa: S608  # names of ours
    ).fetchone()
    return GestureStart(
        restamps.next_unused_stamp(connection, max(stamp_at(rules.clock()), stamp + 1)),
        device or devices.ensure_device(connection).id,
        bool(is_shared),
        rules,
    )


def apply_assignments(
    connection: Connection,
    rules: GestureContext,
    assignments: Sequence[Assignment],
    about: gesture_table.GestureInfo = gesture_table.BY_HAND,
) -> Gesture | None:
    """Apply assignments as a gesture of this device; None if nothing changed."""
    now, names = read_gesture_start(connection, rules), ReusedPaths(connection)
    given = names.to_names(assignments)
    for each in given:
        if each[:2] == (READ, "1"):
            given = [*given, *_list_seen(connection, each.ids)]
    return names.to_ids(_apply_to_names(connection, now, given, about))


def _list_seen(connection: Connection, read: Ids) -> list[Assignment]:
    """Return what to assign where edited articles are marked as read: the edits were seen."""
    edits = connection.execute(EDITED_ARTICLES).fetchall()
    ids = set(read) if edits else ()
    return [Assignment(field, "0", Ids([article])) for article, field in edits if article in ids]


def _apply_to_names(
    connection: Connection,
    now: GestureStart,
    assignments: Iterable[Assignment],
    about: gesture_table.GestureInfo = gesture_table.BY_HAND,
) -> Gesture | None:
    """Apply assignments to names, as `apply_assignments` does to ids."""
    parts, changed = _write_assignments(
        connection, now, [StampedAssignment(*each, now.stamp) for each in assignments]
    )
    if not parts:
        return None
    name = GestureId(now.device, now.stamp)
    is_due = gesture_table.insert_gesture(connection, name, parts, about)
    if not about.in_history and not now.is_shared:
        gesture_table.delete_exported(connection, now.device, now.stamp)
    record_revision(connection, changed, now.stamp)
    if is_due:
        gesture_table.prune_gestures(connection, now.context.limits, now.context.clock())
    parts_of = gesture_table.to_assignments(parts)
    return Gesture(name, parts_of, about.undoes, bool(about.in_history), about.actor)


def _write_assignments(
    connection: Connection, now: GestureStart, given: Sequence[StampedAssignment]
) -> tuple[list[StampedAssignment], set[ArticleId]]:
    """Write what changes something; return it, with the annotations before."""
    changed, parts = set[ArticleId](), list[StampedAssignment]()
    done, total = 0, sum(len(each.ids) for each in given)
    for values in iter_batches(given):
        before = read_values(connection, sorted(values))
        new = {
            key: stamped
            for key, stamped in values.items()
            if _is_change(connection, key, stamped[1], before.get(key))
        }
        parts += _group_assignments(new, before)
        copy_to_moved_ids(connection, new)
        before.update(read_values(connection, sorted(new.keys() - values.keys())))
        write_winners(connection, new, before, changed)
        done += len(values)
        now.context.on_progress(done, total)
    return parts, changed


def _is_change(connection: Connection, key: Key, value: str, before: Stamped | None) -> bool:
    if before is None:
        return value != default_value(key[0])
    if key[0].startswith(MOVED_TO):  # it may have left that name since
        return last_left_stamp(connection, ArticleId(key[0][len(MOVED_TO) :])) > before[0]
    return value != before[1]


def _group_assignments(
    values: Mapping[Key, Stamped], before: Mapping[Key, Stamped]
) -> Iterator[StampedAssignment]:
    """Group values by field, value and stamp into assignments."""
    groups: dict[tuple[str, str, int, str | None], list[ArticleId]] = {}
    for key, (at, value) in values.items():
        field, article = key
        is_text = field.startswith(TEXTS)
        text = before.get(key, NOTHING)[1] if is_text else None
        groups.setdefault((field, value, at, text), []).append(article)
    for (field, value, at, text), ids in groups.items():
        yield StampedAssignment(*as_journalled(field, value), Ids(ids), at, text)


def replace_tags(
    connection: Connection, rules: GestureContext, article: ArticleId, tags: Iterable[str]
) -> tuple[tuple[str, ...], Gesture | None]:
    """Replace the user's tags of an article; return those before, and what was done."""
    rows = connection.execute(_TAGS_OF, (json.dumps([article]),)).fetchall()
    before = tuple(field.removeprefix(TAG) for field, _, _ in rows)
    values = {**dict.fromkeys(before, "0"), **dict.fromkeys(tags, "1")}
    ids = Ids([article])
    assignments = [Assignment(TAG + tag, value, ids) for tag, value in values.items()]
    return before, apply_assignments(connection, rules, assignments)


def undo_gesture(
    connection: Connection, rules: GestureContext, gesture: GestureId
) -> Gesture | None:
    """Undo a gesture where its values are still current; None if nowhere."""
    back = list_undoing(connection, gesture)
    now, about = read_gesture_start(connection, rules), gesture_table.GestureInfo(gesture)
    return _apply_to_names(connection, now, back, about)


def list_undoing(connection: Connection, gesture: GestureId) -> list[Assignment]:
    """Return the assignments to names that undo a gesture, where its values are still current.

    That is where its stamp won, or where all that came later was taken back: an undo of a later
    gesture restored the value. Flags become the opposite, annotations what they were before; a
    highlight stays where a later note is on it.
    """
    undos = connection.execute(
        "SELECT stamp FROM gesture WHERE undoes_device IS NOT NULL AND undoes_stamp > ?",
        (gesture.stamp,),
    )
    stamps = {gesture.stamp, *(stamp for (stamp,) in undos.fetchall())}
    back = []
    for part in gesture_table.read_assignments(connection, gesture):
        if not part.field.startswith((POSITION, MOVED, AGREED, REUSED_PATH, DATED)):
            opposite = "0" if part.value == "1" else "1"
            value = opposite if part.value_before is None else part.value_before
            ids = ids_unchanged_since(connection, part, stamps)
            back.append(Assignment(part.field, value, ids))
    noted = _find_noted(connection, back)
    fields = {field for field, _ in noted}
    return [
        each._replace(ids=Ids(one for one in each.ids if (each.field, one) not in noted))
        if each.field in fields
        else each
        for each in back
    ]


def _find_noted(connection: Connection, back: Sequence[Assignment]) -> set[Key]:
    """Return the highlights that assignments remove, and on which a note stays."""
    removed = {(each.field, one) for each in back if not each.value for one in each.ids}
    notes = {
        (NOTE + field.removeprefix(HIGHLIGHT), one)
        for field, one in removed
        if field.startswith(HIGHLIGHT)
    }
    found = read_values(connection, sorted(notes - removed)).items()
    return {
        (HIGHLIGHT + field.removeprefix(NOTE), one) for (field, one), (_, note) in found if note
    }


def undo_first(
    connection: Connection, rules: GestureContext, gestures: Iterable[GestureId]
) -> Gesture | None:
    """Undo the first of some gestures that is still current somewhere, if any is."""
    undos = (undo_gesture(connection, rules, gesture) for gesture in gestures)
    return ReusedPaths(connection).to_ids(next(filter(None, undos), None))


def save_position(
    connection: Connection, rules: GestureContext, article: ArticleId, position: int, opened_at: int
) -> None:
    """Store how far an article was read, and when it was opened.

    A position is not a gesture that somebody undoes; it is kept as one only until it has travelled.
    """
    now = read_gesture_start(connection, rules)
    name = ReusedPaths(connection).name_of(article)
    parts, _ = _write_assignments(
        connection, now, [StampedAssignment(POSITION, str(position), Ids([name]), now.stamp)]
    )
    if parts and now.is_shared:
        gesture_table.insert_gesture(connection, GestureId(now.device, now.stamp), parts)
    set_local(connection, OPENED, name, str(opened_at))
    count_write(connection, now.stamp if parts else 0)


# -- moves ----------------------------------------------------------------------------------------

_NAMES_WITH_MARKS = f"""
    SELECT named.value FROM json_each(:names) named WHERE :all OR EXISTS (
        SELECT 1 FROM value WHERE id = named.value
        AND field IN ('read', 'starred', 'position', 'opened')
    ) OR EXISTS (
        SELECT 1 FROM value WHERE id = named.value AND {BY_ARTICLE}
        AND NOT (field > 'anew:' AND field < 'anew;' OR field > 'moved:' AND field < 'moved;'))"""  # noqa: S608


def names_with_marks(
    connection: Connection, names: Iterable[ArticleId], *, or_all: bool = False
) -> set[ArticleId]:
    """Return those of the names that have marks; or all."""
    rows = connection.execute(_NAMES_WITH_MARKS, {"names": json.dumps(list(names)), "all": or_all})
    return {ArticleId(name) for (name,) in rows.fetchall()}


def move_ids(
    connection: Connection,
    rules: GestureContext,
    moves: Mapping[ArticleId, ArticleId],
    reused_ids: Collection[ArticleId] = (),
) -> Gesture | None:
    """Give articles new ids, for marks of before and of later.

    Without a shared folder only those that have marks. An article that left its id before, and did
    not come back, is not the one that has this id now; `reused_ids` are those which others have.
    """
    names, now = ReusedPaths(connection), read_gesture_start(connection, rules)
    # Another device may have said so already, and the files come after its journal.
    statement = "SELECT id, value FROM value WHERE field = ?"
    arrived = dict(connection.execute(statement, (FILE_CAME_HERE,)).fetchall())
    coming = {path for path, number in names.numbers.items() if number > int(arrived.get(path, 0))}
    before = {
        old: names.name_of(old)
        for old, new in moves.items()
        if old not in coming or not _has_moved(connection, names, old, new)
    }
    others = {path: names.name_of(path) for path in reused_ids if path not in coming}
    kept = names_with_marks(connection, [*before.values(), *others.values()], or_all=now.is_shared)
    assignments = [
        Assignment(f"{REUSED_PATH}{names.assign_number(path)}", "1", Ids([path]))
        for path, name in others.items()
        if name in kept or last_left_stamp(connection, name)
    ]
    for old, name in before.items():
        new = names.name_of(moves[old])
        left = last_left_stamp(connection, name) if name in kept else None
        if left is not None and left <= last_arrival_stamp(connection, name):
            connection.execute(
                """INSERT INTO value SELECT field, ?, value, at FROM value
                WHERE field = ? AND id = ? ON CONFLICT (field, id) DO NOTHING""",
                (new, OPENED, name),
            )
            assignments.append(Assignment(MOVED, new, Ids([name])))
    gesture = _apply_to_names(connection, now, assignments)
    for path in reused_ids:
        if number := names.numbers.get(path):
            set_local(connection, FILE_CAME_HERE, path, str(number))
    return gesture


def _has_moved(connection: Connection, names: ReusedPaths, old: ArticleId, new: ArticleId) -> bool:
    """Return whether it is known that an article moved that had `old` before the one of now."""
    field = MOVED_TO + names.name_of(new)
    rows = connection.execute("SELECT id FROM value WHERE field = ?", (field,)).fetchall()
    return any(names.id_of(name) == old and names.has_left(name) for (name,) in rows)

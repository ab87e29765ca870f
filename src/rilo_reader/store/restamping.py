"""Stamps return to the true clock: those ahead of it are given anew, in their order.

A clock was ahead once and is right again: without this, each stamp after those would be ahead too,
and other devices put it aside. Functions run within the caller's transaction.
"""

from __future__ import annotations

import json
from sqlite3 import Connection

from rilo_reader.store import devices, history, mark_rows
from rilo_reader.store.gestures import AHEAD, NO_STAMP, Stamp, StampedAnew, stamp_at

ANEW = "anew"
"""Key of the table `sync`: when stamps were given anew last, as JSON."""

SAID_FOR = 90 * AHEAD
"""Milliseconds for which it is said, to the user and to other devices."""

_COLUMNS = (("value", "at"), ("gesture", "stamp"), ("gesture", "undoes_stamp"))
_ALL = " UNION ALL ".join(f"SELECT {column} AS at FROM {table}" for table, column in _COLUMNS)  # noqa: S608  # names of ours


def ahead(on: Connection, now: int) -> Stamp | None:
    """The greatest stamp, if it is more than AHEAD ahead of the clock."""
    (greatest,) = on.execute("SELECT stamp FROM clock").fetchone()
    return Stamp(greatest) if greatest > stamp_at(now + AHEAD) else None


def return_to_clock(on: Connection, now: int, *, is_right: bool) -> StampedAnew | None:
    """Give the stamps that are ahead of `now` (ms since 1970) anew; None if none is given.

    It does so if the clock can be believed, or the user says that it is right.
    """
    if ahead(on, now) is None or not (is_right or _is_right(on, now)):
        return None
    own, written = devices.own(on)
    limit = stamp_at(now + AHEAD)
    # Their device gives them anew too; what they changed is kept as marks.
    foreign = "SELECT number FROM gesture WHERE device <> ? AND stamp > ?"
    history.drop(on, on.execute(foreign, (own, limit)).fetchall())
    newest = on.execute(f"SELECT max(at) FROM ({_ALL}) WHERE at <= ?", (limit,)).fetchone()[0]  # noqa: S608
    good = Stamp(newest or NO_STAMP)
    first = max(stamp_at(now), good + 1)
    on.execute("DROP TABLE IF EXISTS temp.anew")
    on.execute("CREATE TEMP TABLE anew(old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    count = on.execute(
        f"""INSERT INTO temp.anew SELECT at, ? + row_number() OVER (ORDER BY at)
        FROM (SELECT DISTINCT at FROM ({_ALL}) WHERE at > ?)""",  # noqa: S608
        (first, limit),
    ).rowcount
    for table, column in _COLUMNS:
        on.execute(
            f"""UPDATE {table} SET {column} = (SELECT new FROM temp.anew WHERE old = {column})
            WHERE {column} > ?""",  # noqa: S608
            (limit,),
        )
    on.execute("DROP TABLE temp.anew")
    on.execute("UPDATE clock SET stamp = ?", (first + count,))
    on.execute("UPDATE device SET seen = min(seen, ?)", (now,))
    devices.set_value(on, devices.WRITTEN, str(min(written, good)))
    before = stamped_anew(on, now)
    after = Stamp(min(good, before.after)) if before else good
    done = StampedAnew(now, count, after)
    keep_stamped_anew(on, done)
    mark_rows.tick(on)
    return done


def _is_right(on: Connection, now: int) -> bool:
    """Whether the clock was ahead then, rather than being behind now.

    It may be behind if another device was heard after now, or nothing at all happened before.
    """
    heard, done = on.execute(
        """SELECT (SELECT max(seen) FROM device),
            EXISTS (SELECT 1 FROM gesture WHERE stamp <= ?)""",
        (stamp_at(now + AHEAD),),
    ).fetchone()
    return (heard or 0) <= now + AHEAD and bool(heard or done)


def stamped_anew(on: Connection, now: int) -> StampedAnew | None:
    """When stamps were given anew last, None if not within SAID_FOR."""
    found = devices.value(on, ANEW)
    done = None if found is None else StampedAnew(*json.loads(found))
    return done if done and (not done.is_in_journal or now - done.when < SAID_FOR) else None


def keep_stamped_anew(on: Connection, done: StampedAnew) -> None:
    """Store what `stamped_anew` returns."""
    devices.set_value(on, ANEW, json.dumps(done))

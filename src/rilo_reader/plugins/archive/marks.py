"""A person's marks, exchanged through the archive: the values of journals; the greatest wins.

Highlights and notes that others share are kept apart in the records: they are never merged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.plugins.archive.connection import convert_errors, fetch_row, fetch_rows
from rilo_reader.plugins.archive.records import ArchiveRecords
from rilo_reader.plugins.archive.schema import VALUE_LIMIT, make_roles
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import (
    AGREED,
    AHEAD,
    HIGHLIGHT,
    NO_ARTICLES,
    NOTE,
    Stamp,
    stamp_at,
    wall_clock,
)
from rilo_reader.store.state import State
from rilo_reader.store.value_table import as_journalled

MARKS_TOGETHER = 1_000
# Passages and notes of others that are kept here: the newest of each, so that nobody displaces
# those of another; of all, and the bytes of one.
EACH_LIMIT, SHARED_LIMIT, LONGEST_SHARED = 2_000, 100_000, 10_000
_DEVICE = "archive"

_PUT = """insert into mark(field, id, value, stamp, shared)
    select * from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bool[])
    on conflict (person, field, id) do update
    set value = excluded.value, stamp = excluded.stamp, shared = excluded.shared
    where (excluded.stamp, excluded.value) > (mark.stamp, mark.value)"""
_MINE = """select seq, field, id, value, stamp from mark
    where person = session_user and seq > %s order by seq limit %s"""
_OTHERS_CONDITION = """shared and person <> session_user and person in (  -- who is a member now
        select m.rolname from pg_roles m where exists (
            select from pg_roles r where r.rolname = any(%(roles)s)
                and pg_has_role(m.oid, r.oid, 'member')))"""
_THEIRS = f"""select person, field, id, value, stamp from (
        select *, row_number() over (partition by person order by seq desc) as place from mark
        where {_OTHERS_CONDITION} and value <> '' and octet_length(value) <= %(longest)s) m
    where place <= %(each)s order by place limit %(all)s"""  # noqa: S608
_VERSION_OF_THEIRS = f"select count(*), max(seq) from mark where {_OTHERS_CONDITION}"  # noqa: S608
_COUNT = "select count(*) from mark where person = session_user and value <> ''"
_CLOCK = "select (extract(epoch from clock_timestamp()) * 1000)::bigint"
_SHARE = """update mark set shared = %s where person = session_user and shared <> %s
    and (field like 'highlight:%%' or field like 'note:%%')"""


class StoredValue(NamedTuple):
    """A value of the table of values, as it is stored."""

    field: str
    id: ArticleId
    value: str
    stamp: int


def push_marks(
    connection: Connection,
    state: State,
    records: ArchiveRecords,
    articles: Collection[ArticleId] | None,
    *,
    shared: bool,
) -> int:
    """Send the marks of articles that the archive does not have, or all; return how many.

    Values that are stamped ahead of the clock, or of the server's, wait, as in journals: they
    would win over what the person does at other devices. Marks of files that a link leads to out
    of the library stay here, as the files do, also when the link is gone.
    Raises psycopg.Error, StateError.
    """
    limit, sent, is_asked = stamp_at(wall_clock() + AHEAD), 0, False
    outside = records.outside_files()
    # Paths are ids where two files have one.
    outside_ids = {*outside.values(), *outside, *records.formerly_outside_ids()}
    values = iter(state.journals.iter_values(articles))
    while some := list(islice(values, MARKS_TOGETHER)):
        sent_stamps = records.sent_stamps({ArticleId(one[1]) for one in some})
        new = [
            one
            for one in (StoredValue(row[0], ArticleId(row[1]), *row[2:]) for row in some)
            if one.stamp <= limit
            and one.id not in outside_ids
            and sent_stamps.get((one.field, one.id)) != one.stamp
            and not one.field.startswith((AGREED, *NO_ARTICLES))
            and len(one.value.encode(errors="replace")) <= VALUE_LIMIT
            and "\0" not in one.field + one.id + one.value
        ]
        if new and not is_asked:
            (there,) = fetch_row(connection, _CLOCK, None, (int,))
            limit, is_asked = min(limit, stamp_at(there + AHEAD)), True
            new = [one for one in new if one.stamp <= limit]
        if not new:
            continue
        rows = [(*one, shared and one.field.startswith((HIGHLIGHT, NOTE))) for one in new]
        # A trigger takes the lock, once all has come.
        connection.execute(_PUT, [list(column) for column in zip(*rows, strict=True)])
        with records.transaction():
            records.write_sent_stamps((one.field, one.id, one.stamp) for one in new)
        sent += len(new)
    return sent


def pull_marks(connection: Connection, state: State, records: ArchiveRecords) -> int:
    """Apply this person's marks of other devices; return how many articles changed.

    From the first one that is stamped ahead of the clock on, they are read again the next time.
    Raises psycopg.Error, StateError.
    """
    last, changed, is_whole = records.read_number("marks_last"), 0, True
    limit = stamp_at(wall_clock() + AHEAD)
    types = (int, str, str, str, int)
    while rows := fetch_rows(connection, _MINE, (last, MARKS_TOGETHER), types):
        values = [StoredValue(row[1], ArticleId(row[2]), *row[3:]) for row in rows]
        good = [one for one in values if one.stamp <= limit]
        changed += state.journals.merge_gestures(list(_make_gestures(good)), (), with_history=False)
        last = rows[-1][0]
        with records.transaction():
            records.write_sent_stamps((one.field, one.id, one.stamp) for one in good)
            if is_whole:
                waiting = next((row[0] for row in rows if row[4] > limit), None)
                is_whole = waiting is None
                records.write_settings(marks_last=last if waiting is None else waiting - 1)
    return changed


def _make_gestures(values: Sequence[StoredValue]) -> Iterator[Gesture]:
    for one in sorted(values, key=lambda each: each.stamp):
        if one.field.startswith(NO_ARTICLES):
            continue
        field, value = as_journalled(one.field, one.value)
        assignment = Assignment(field, value, Ids([one.id]))
        yield Gesture(GestureId(_DEVICE, Stamp(one.stamp)), (assignment,), in_history=False)


def pull_shared(connection: Connection, records: ArchiveRecords) -> bool:
    """Record all that other members share, if it has changed; return whether it has."""
    values = {
        "roles": list(make_roles(connection.info.dbname)),
        "longest": LONGEST_SHARED,
        "each": EACH_LIMIT,
        "all": SHARED_LIMIT,
    }
    with convert_errors():
        version = str(connection.execute(_VERSION_OF_THEIRS, values).fetchone())
        if version == records.read_setting("seen", "(0, None)"):
            return False
        rows = fetch_rows(connection, _THEIRS, values, (str, str, str, str, int))
    with records.transaction():
        records.write_shared_marks(rows)
        records.write_settings(seen=version)
    return True


def count_own(connection: Connection) -> int:
    """Return how many marks of this person the archive has."""
    with convert_errors():
        return int(fetch_row(connection, _COUNT, None, (int,))[0])


def set_shared(connection: Connection, *, shared: bool) -> None:
    """Show this member's highlights and notes to the other members, or hide them."""
    with convert_errors():
        connection.execute(_SHARE, (shared, shared))

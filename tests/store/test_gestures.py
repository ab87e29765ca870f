"""Gestures in State: stamps, undo that lasts, the history, what waits for a journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Assignment, Device, Gesture, GestureId, Ids
from rilo_reader.store.journal_tables import QuarantinedLines, SegmentMark
from rilo_reader.store.marks import (
    AGREED,
    MOVED,
    POSITION,
    READ,
    STARRED,
    TAG,
    Marks,
    Stamp,
    find_fault,
)
from rilo_reader.store.state import GestureContext, HistoryLimits, State, open_state

A, B, C = ArticleId("https://example.org/a"), ArticleId("notes/b.md"), ArticleId("三")
NOW = 1_790_000_000_000
WHEN = datetime(2026, 11, 26, tzinfo=UTC)
DAY = 24 * 60 * 60 * 1000


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> Iterator[State]:
    with closing(open_state(tmp_path / "state.db", rules=GestureContext(clock))) as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path, clock: Clock) -> Iterator[State]:
    """The state of another device."""
    with closing(open_state(tmp_path / "other.db", rules=GestureContext(clock))) as opened:
        yield opened


def read(*ids: ArticleId, value: str = "1") -> Assignment:
    return Assignment(READ, value, Ids(ids))


def done(state: State, *assignments: Assignment) -> Gesture:
    """Do a gesture that changes something."""
    gesture = state.apply_assignments(assignments)
    assert gesture is not None
    return gesture


def foreign(stamp: int, *assignments: Assignment, undoes: GestureId | None = None) -> Gesture:
    return Gesture(GestureId("elsewhere-00000000", Stamp(stamp)), assignments, undoes)


# -- apply ----------------------------------------------------------------------------------------


def test_a_gesture_has_only_what_really_changes(state: State) -> None:
    state.set_read([A], True)
    gesture = done(state, read(A, B), Assignment(TAG + "x", "1", Ids([C, C])))
    assert {(each.field, each.value, *each.ids) for each in gesture.assignments} == {
        (READ, "1", B),
        (TAG + "x", "1", C),
    }
    assert gesture.id.device == state.journals.devices.ensure_own().id
    assert state.apply_assignments([read(A, B), read(C, value="0")]) is None
    assert state.tags() == {"x": [C]}


def test_stamps_grow_also_where_the_clock_goes_back(state: State, clock: Clock) -> None:
    stamps = []
    for now, article in zip((NOW, NOW, NOW - DAY, NOW + 5), "abcd", strict=True):
        clock.now = now
        stamps.append(done(state, read(ArticleId(article))).id.stamp)
    assert stamps == [NOW << 16, (NOW << 16) + 1, (NOW << 16) + 2, NOW + 5 << 16]


@pytest.mark.parametrize(("ahead", "stamp"), [(5000, (NOW + 5000 << 16) + 1), (2 * DAY, NOW << 16)])
def test_a_gesture_is_later_than_what_was_merged_unless_that_is_far_ahead(
    state: State, ahead: int, stamp: int
) -> None:
    state.journals.merge_gestures([foreign(NOW + ahead << 16, read(A))], [])
    assert done(state, read(B)).id.stamp == stamp


def test_unknown_fields_and_values_are_passed_over(state: State) -> None:
    odd = [
        Assignment("shelved", "1", Ids([A])),
        Assignment(READ, "maybe", Ids([A])),
        Assignment(TAG, "1", Ids([A])),
        Assignment(TAG, "0", Ids([A])),
        Assignment(TAG + " odd", "1", Ids([A])),
        Assignment(AGREED, "1", Ids([A])),
        Assignment("anew:02", "1", Ids([A])),
        Assignment(POSITION, "-4", Ids([A])),
        Assignment(POSITION, "007", Ids([A])),
        Assignment(POSITION, "9" * 30, Ids([A])),
        Assignment(MOVED, "", Ids([A])),
    ]
    assert state.apply_assignments(odd) is None
    assert find_fault(TAG + " odd", "0") == "", "one of long ago must go"
    assert state.journals.merge_gestures([foreign(NOW << 16, *odd)], []) == 0
    assert state.journals.merge_gestures([foreign(1 << 70, read(A)), foreign(0, read(A))], []) == 0
    assert state.marks([A]) == {}
    assert state.history.read() == []


# -- undo -----------------------------------------------------------------------------------------


def test_undo_goes_back_gesture_by_gesture_and_redo_forth(state: State) -> None:
    seen = []
    for assignment in (
        read(A),
        read(A, value="0"),
        Assignment(TAG + "ivory", "1", Ids([A])),
        read(A),
    ):
        seen.append(state.marks([A]))
        done(state, assignment)
    for before in reversed(seen):
        assert state.undo_last() is not None
        assert state.marks([A]) == before
    assert state.undo_last() is None
    for after in (*seen[1:], {A: Marks(read=True, tags=("ivory",))}):
        assert state.redo_last() is not None
        assert state.marks([A]) == after
    assert state.redo_last() is None
    state.undo_last()
    state.set_starred([A], True)
    assert state.redo_last() is None, "something was done since"
    state.undo_last()
    assert state.marks([A]) == seen[3]


def test_undo_lasts(tmp_path: Path) -> None:
    for step in range(3):
        with closing(open_state(tmp_path / "state.db")) as state:
            state.set_read([ArticleId(str(step))], True)
    for left in (2, 1, 0):
        with closing(open_state(tmp_path / "state.db")) as state:
            assert state.undo_last() is not None
            assert len(state.ids_with("read")) == left


@pytest.mark.slow
def test_many_articles_are_one_gesture(state: State) -> None:
    ids = [ArticleId(f"{number * 7919 % 45_000}") for number in range(45_000)]
    state.set_starred(ids[:3], True)
    state.set_read(ids[:5], True)
    state.set_read([*ids, *ids[-9:]], True)
    state.set_read([ids[7]], False)
    state.undo_last()
    assert state.undo_last() is not None
    assert set(state.ids_with("read")) == set(ids[:5])
    state.redo_last()
    assert len(state.ids_with("read")) == 45_000
    assert state.history.read(limit=2)[1].articles == 44_995


def test_a_gesture_of_another_device_is_taken_back(state: State) -> None:
    theirs = foreign(NOW - 5 << 16, read(A, B), Assignment(TAG + "x", "1", Ids([A])))
    state.journals.merge_gestures([theirs], [])
    state.set_read([B], False)
    undo = state.undo(theirs.id)
    assert undo is not None
    assert undo.undoes == theirs.id
    assert state.marks([A, B]) == {}
    assert state.undo(theirs.id) is None
    [entry] = [entry for entry in state.history.read() if entry.id == theirs.id]
    assert entry.is_undone
    assert state.redo_last() is not None
    assert state.marks([A, B]) == {A: Marks(read=True, tags=("x",))}


def test_later_changes_are_kept(state: State) -> None:
    state.set_read([A, B, C], True)
    [entry] = state.history.read()
    state.journals.merge_gestures([foreign(NOW + 9 << 16, read(B, value="0"))], [])
    state.journals.merge_gestures([foreign(NOW + 10 << 16, read(B))], [])
    state.set_starred([A], True)
    assert state.undo(entry.id) is not None
    assert state.ids_with("read") == [B]
    assert state.marks([A]) == {A: Marks(starred=True)}


def test_undo_of_an_annotation_restores_its_text(state: State) -> None:
    for text in ("one", "two", ""):
        state.apply_assignments([Assignment("note:0a", text, Ids([A]))])
    assert state.annotations.read(A) == []
    for text in ("two", "one"):
        assert state.undo_last() is not None
        [(field, value, _)] = state.annotations.read(A)
        assert (field, value) == ("note:0a", text)
    assert state.undo_last() is not None
    assert state.annotations.read(A) == []
    assert state.annotations.read_all("note:") == []
    notes = [
        foreign(NOW + number << 16, Assignment("note:0a", text, Ids([B])))
        for number, text in enumerate(("one", "two", "three"))
    ]
    state.journals.merge_gestures(notes, [])
    state.undo(notes[2].id)
    assert state.annotations.read(B)[0][1] == "two"


def test_a_highlight_with_a_later_note_stays_until_the_note_is_undone(state: State) -> None:
    made = state.apply_assignments([Assignment("highlight:0a", "{}", Ids([A, B]))])
    note = state.apply_assignments([Assignment("note:0a", "Mine", Ids([A]))])
    assert made is not None
    assert note is not None
    assert state.steps.list_marked_later(made.id) == [A]
    undone = state.undo(made.id)
    assert undone is not None
    assert undone.article_ids == {B}
    assert [each[:2] for each in state.annotations.read(A)] == [
        ("highlight:0a", "{}"),
        ("note:0a", "Mine"),
    ]
    assert state.annotations.read(B) == []
    assert state.undo(undone.id) is not None
    state.undo(note.id)
    assert state.undo(made.id) is not None
    assert (state.annotations.read(A), state.annotations.read(B)) == ([], [])


def test_marks_of_the_user_are_those_that_an_undo_leaves(state: State) -> None:
    """Not what it gave, also after a redo, nor what was only read, or marked by a rule."""
    given = [Assignment(field, "1", Ids([A, B, C])) for field in ("read", "starred", "tag:x")]
    made = state.apply_assignments(given)
    assert made is not None
    state.set_read([B], False)
    state.apply_assignments([Assignment("tag:y", "1", Ids([C]))], actor="Rule Y")
    assert state.steps.list_marked_later(made.id) == []
    undone = state.undo(made.id)
    assert undone is not None
    state.undo(undone.id)
    assert state.steps.list_marked_later(made.id) == []
    state.set_tags(B, ["x", "z"])
    assert state.steps.list_marked_later(made.id) == [B]


def test_any_gesture_is_done_again(state: State) -> None:
    theirs = foreign(NOW - 5 << 16, read(A, B))
    state.journals.merge_gestures([theirs], [])
    assert state.redo(theirs.id) is None, "it is not taken back"
    assert state.undo(GestureId("nobody", Stamp(7))) is None
    for _ in range(2):
        assert state.undo(theirs.id) is not None
        assert state.ids_with("read") == []
        state.set_starred([C], True)
        state.undo_last()
        assert state.redo(theirs.id) is not None
        assert set(state.ids_with("read")) == {A, B}
        [entry] = [entry for entry in state.history.read() if entry.id == theirs.id]
        assert not entry.is_undone


def test_an_undo_and_a_redo_are_called_after_what_was_done(state: State) -> None:
    star = done(state, Assignment(STARRED, "1", Ids([A, B])))
    undo, redo = state.undo_last(), state.redo_last()
    assert undo is not None
    assert redo is not None
    titles = {state.history.describe(each.id) for each in (star, undo, redo)}
    assert titles == {"starred 2 articles"}


@pytest.mark.parametrize("travels", [False, True])
def test_what_is_only_remembered_is_no_step_of_undo(
    state: State, tmp_path: Path, travels: bool
) -> None:
    state.journals.set_sync_folder(tmp_path if travels else None)
    star = state.set_starred([A], True)
    change = state.set_read([A, B], True, in_history=False)
    assert set(change.ids) == {A, B}
    assert len(state.journals.read_unwritten(9)) == (2 if travels else 1)
    assert [entry.id for entry in state.history.read()] == [star.gesture]
    state.undo_last()
    assert state.marks([A]) == {A: Marks(read=True)}
    state.set_read([C], True, in_history=False)
    assert state.redo_last() is not None, "nothing was done since"
    assert state.marks([A, C]) == {A: Marks(read=True, starred=True), C: Marks(read=True)}


# -- history --------------------------------------------------------------------------------------


def test_the_history_tells_what_was_done(state: State, clock: Clock) -> None:
    state.journals.devices.record_seen(Device("elsewhere-00000000", "Desktop"), NOW)
    state.journals.merge_gestures([foreign(NOW - 1000 << 16, read(A, B))], [])
    clock.now += 60_000
    state.set_tags(A, ["ivory", "port"])
    state.set_starred([C], True)
    state.undo_last()
    state.apply_assignments([Assignment("note:0a", "Hm.", Ids([A]))])
    entries = state.history.read()
    assert [(entry.title, entry.articles, entry.is_undone) for entry in entries] == [
        ("Wrote 1 note", 1, False),
        ("Undone: Starred 1", 1, False),
        ("Starred 1", 1, True),
        ("Tagged 1 with ivory, port", 1, False),
        ("Marked 2 as read", 2, False),
    ]
    assert entries[-1].device == "Desktop"
    assert entries[0].device == state.journals.devices.ensure_own().name
    assert entries[-1].time == datetime.fromtimestamp(NOW / 1000 - 1, UTC)
    assert entries[1].undoes == entries[2].id
    assert [entry.article for entry in entries] == [A, C, C, A, None]
    assert state.history.read(limit=2, before=entries[1].id) == entries[2:4]


def test_an_undo_stays_the_undo_when_the_device_becomes_another(state: State) -> None:
    state.set_read([A, B], True)
    state.set_starred([C], True)
    state.undo_last()
    before = [(each.title, each.is_undone) for each in state.history.read()]
    state.journals.devices.renew_own()
    assert [(each.title, each.is_undone) for each in state.history.read()] == before
    state.undo_last()
    assert not state.history.read()[-1].undoes
    assert state.history.read()[0].title == "Undone: Marked 2 as read"


def test_many_tags_are_named_by_the_first_and_their_articles_counted_once(state: State) -> None:
    ids = [ArticleId(str(number)) for number in range(4)]
    tags = [Assignment(f"tag:{name}", "1", Ids(ids[at : at + 2])) for at, name in enumerate("abc")]
    state.apply_assignments(tags)
    assert state.history.read()[0].title == "Tagged 4 with a, b, c"
    more = [Assignment(f"tag:{number:02}", "1", Ids(ids)) for number in range(30)]
    state.apply_assignments(more)
    assert state.history.read()[0].title == "Tagged 4 with 00, 01, 02, 03, 04 and 25 more"
    assert state.history.read()[1].articles == 4


def test_a_gesture_that_comes_in_parts_and_again_is_one(state: State) -> None:
    ids = [ArticleId(str(number)) for number in range(50)]
    parts = [foreign(NOW << 16, read(*ids[start : start + 10])) for start in range(0, 50, 10)]
    for part in (*parts, *parts, foreign(NOW << 16, read(*ids[5:15]))):
        state.journals.merge_gestures([part], [])
    [entry] = state.history.read()
    assert entry.articles == 50
    assert state.undo(entry.id) is not None
    assert state.ids_with("read") == []


@pytest.mark.parametrize("since", [NOW, NOW - 400 * DAY])
def test_a_gesture_of_which_a_part_is_not_listed_is_not(
    tmp_path: Path, clock: Clock, since: int
) -> None:
    file, rules = tmp_path / "state.db", GestureContext(clock)
    unlisted = foreign(since << 16, read(A))._replace(in_history=False)
    rest, later = foreign(since << 16, read(B)), foreign((since << 16) + 1, read(C))
    for gestures in ([unlisted], [rest, later], [unlisted, rest]):  # also in other processes
        with closing(open_state(file, rules=rules)) as state:
            state.journals.merge_gestures(gestures, [])
    with closing(open_state(file, rules=rules)) as state:
        assert [entry.id for entry in state.history.read()] == [later.id]
        assert set(state.ids_with("read")) == {A, B, C}


def test_annotations_are_counted_by_article(state: State) -> None:
    gesture = done(
        state,
        Assignment("highlight:00000001", "{}", Ids([A])),
        Assignment("highlight:00000002", "{}", Ids([A])),
        Assignment("note:00000003", "A note.", Ids([B])),
    )
    assert state.history.read()[0].articles == 2
    assert state.history.list_ids() == [gesture.id]


def test_what_is_no_history_is_not_shown(state: State) -> None:
    assert state.journals.merge_gestures([foreign(NOW << 16, read(A))], [], with_history=False) == 1
    state.save_position(A, 40, WHEN)
    assert state.history.read() == []


@pytest.mark.slow
def test_the_history_of_gestures_is_bounded(tmp_path: Path, clock: Clock) -> None:
    limits = HistoryLimits(gestures=5, days=1, size=20_000)
    with closing(open_state(tmp_path / "state.db", rules=GestureContext(clock, limits))) as state:
        for number in range(199):
            state.set_read([ArticleId(str(number))], True)
            clock.now += DAY // 10
        state.set_starred([A], True)
        assert len(state.history.read(limit=1_000)) == 11  # a day of them
        state.apply_assignments([Assignment("note:0a", "x" * 100_000, Ids([A]))])
        assert len(state.history.read(limit=1_000)) == 1  # the newest, which is too large already
        for number in range(200):
            state.set_read([ArticleId(f"more {number}")], True)
        # All are of the last day, but together they are too large.
        assert 90 < len(state.history.read(limit=1_000)) < 250
        assert len(state.ids_with("read")) == 399


def test_old_gestures_of_another_device_are_not_all_kept(tmp_path: Path, clock: Clock) -> None:
    limits = HistoryLimits(gestures=5, days=1)
    with closing(open_state(tmp_path / "state.db", rules=GestureContext(clock, limits))) as state:
        old = [
            foreign(NOW - 9 * DAY + number << 16, read(ArticleId(str(number))))
            for number in range(40)
        ]
        assert state.journals.merge_gestures(old, []) == 40
        assert [entry.id for entry in state.history.read()] == [
            gesture.id for gesture in old[:-6:-1]
        ]


# -- travel ---------------------------------------------------------------------------------------


def test_gestures_wait_until_they_are_in_a_journal(state: State, tmp_path: Path) -> None:
    state.journals.set_sync_folder(tmp_path)
    assert state.journals.sync_folder() == tmp_path
    state.set_read([A], True)
    state.save_position(A, 12, WHEN)
    state.set_starred([B], True)
    waiting = state.journals.read_unwritten(10)
    assert [gesture.assignments[0][:2] for gesture in waiting] == [
        (READ, "1"),
        (POSITION, "12"),
        (STARRED, "1"),
    ]
    assert state.journals.read_unwritten(2) == waiting[:2]
    assert state.journals.unwritten_count() == 3
    mark = SegmentMark(f"{state.journals.devices.ensure_own().id}/00000001.log", 120, "ab" * 32, 7)
    state.journals.record_written(waiting[1].id, mark)
    assert state.journals.read_unwritten(10) == waiting[2:]
    assert state.journals.segments.read() == {mark.path: mark}
    assert [entry.id for entry in state.history.read()] == [waiting[2].id, waiting[0].id]


def test_a_position_waits_only_where_it_travels(state: State) -> None:
    state.save_position(A, 12, WHEN)
    assert state.journals.read_unwritten(10) == []
    [gesture] = state.journals.iter_snapshot()
    assert gesture.assignments == (Assignment(POSITION, "12", Ids([A])),)


def test_a_cloned_home_becomes_another_device(state: State, tmp_path: Path) -> None:
    state.journals.set_sync_folder(tmp_path)
    state.set_read([A], True)
    [written] = state.journals.read_unwritten(10)
    state.journals.record_written(written.id, SegmentMark("x", 1, ""))
    state.set_read([B], True)
    devices = state.journals.devices
    before = devices.ensure_own()
    devices.rename_own("Büro")
    assert devices.ensure_own() == (before.id, "Büro")
    devices.renew_own()
    after = devices.ensure_own()
    assert (after.id != before.id, after.name) == (True, "Büro")
    [waiting] = state.journals.read_unwritten(10)
    assert waiting.id.device == after.id
    assert state.history.read()[1].id.device == before.id


def test_a_snapshot_makes_another_state_the_same(state: State, other: State) -> None:
    state.set_read([A, B], True)
    state.set_read([B], False)
    state.set_starred([C], True)
    state.set_tags(A, ["x", "y"])
    state.set_tags(A, ["y"])
    state.save_position(C, 99, WHEN)
    state.apply_assignments([Assignment("highlight:01", "{}", Ids([B]))])
    state.apply_assignments([Assignment(AGREED + "0a:read", "1", Ids([B]))])
    state.apply_assignments([Assignment(MOVED, "new", Ids([A]))])
    assert other.journals.merge_gestures(state.journals.iter_snapshot(), []) == 4
    opened = state.marks([C])[C].opened
    assert opened is not None
    assert {key: marks._replace(opened=None) for key, marks in state.marks([A, B, C]).items()} == (
        other.marks([A, B, C])
    )
    assert other.annotations.read(B) == state.annotations.read(B)
    assert other.sync_base.read("0a:read", [A, B]) == {B: True}
    assert _values(other.journals.iter_snapshot()) == _values(state.journals.iter_snapshot())
    assert other.journals.merge_gestures(state.journals.iter_snapshot(), []) == 0


def _values(snapshot: Iterator[Gesture]) -> set[tuple[int, str, str, ArticleId]]:
    return {
        (gesture.id.stamp, field, value, article)
        for gesture in snapshot
        for field, value, ids in gesture.assignments
        for article in ids
    }


def test_a_snapshot_can_leave_out_what_waits_for_a_journal(
    state: State, other: State, tmp_path: Path
) -> None:
    """Together they say all, also where another device's value has the same stamp and won."""
    state.journals.set_sync_folder(tmp_path)
    written = done(state, read(A, B))
    state.journals.record_written(written.id, SegmentMark("x/00000001.log", 1, "00"))
    state.set_tags(A, ["ivory"])
    gesture = done(state, Assignment(STARRED, "0", Ids([A])), Assignment(READ, "0", Ids([C, B])))
    state.journals.merge_gestures([foreign(gesture.id.stamp, read(B))], [])
    done(state, Assignment(POSITION, "7", Ids([C])))
    rest = list(state.journals.iter_snapshot(with_unwritten=False))
    stamps = {each.id.stamp for each in rest}
    assert stamps == {written.id.stamp, gesture.id.stamp}
    other.journals.merge_gestures(rest, [])
    other.journals.merge_gestures(state.journals.read_unwritten(10), [])
    assert _values(other.journals.iter_snapshot()) == _values(state.journals.iter_snapshot())


def test_a_merge_is_noted_for_caches_with_its_segments(state: State) -> None:
    state.set_read([A], True)
    revision = state.revision
    mark = SegmentMark("elsewhere/00000001.log", 7, "00")
    gestures = [
        foreign(NOW + 1 << 16, read(A, B)),
        foreign(NOW + 2 << 16, Assignment(POSITION, "7", Ids([C]))),
    ]
    assert state.journals.merge_gestures(iter(gestures), [mark]) == 1
    assert state.read_changes_since(revision) == (revision + 1, [A, B])  # A at a later time
    assert state.journals.segments.read() == {mark.path: mark}
    assert state.journals.merge_gestures(gestures, [mark]) == 0
    assert state.revision == revision + 1
    assert state.marks([C])[C].position == 7
    state.journals.segments.forget([mark.path])
    assert state.journals.segments.read() == {}


def test_marks_follow_an_article_that_moved(state: State, other: State) -> None:
    """Also marks that another device makes before it knows of the move, and in any order."""
    moves = [
        foreign(NOW << 16, Assignment(MOVED, "b", Ids([ArticleId("a")]))),
        foreign(NOW + 1 << 16, Assignment(MOVED, "c", Ids([ArticleId("b")]))),
        foreign(NOW + 2 << 16, Assignment(MOVED, "a", Ids([ArticleId("c")]))),
    ]
    marks = [
        foreign(NOW - 9 << 16, Assignment(TAG + "x", "1", Ids([ArticleId("a")]))),
        foreign(NOW + 5 << 16, read(ArticleId("a"))),
        foreign(NOW + 6 << 16, read(ArticleId("b"), value="0")),
        foreign(NOW + 7 << 16, Assignment(STARRED, "1", Ids([ArticleId("b")]))),
    ]
    state.journals.merge_gestures(moves[:2] + marks, [])
    for gesture in reversed(moves[:2] + marks):
        other.journals.merge_gestures([gesture], [])
    ids = [ArticleId(name) for name in "abc"]
    assert state.marks(ids) == other.marks(ids)
    assert state.marks(ids)[ids[2]] == Marks(starred=True, tags=("x",))
    state.journals.merge_gestures(moves, [])  # round and round
    assert len({state.marks(ids)[article] for article in ids}) == 1


def test_a_move_and_a_mark_of_later_come_together(state: State) -> None:
    state.journals.merge_gestures([foreign(NOW << 16, read(A))], [])
    move = foreign(NOW + 1 << 16, Assignment(MOVED, C, Ids([A])))
    state.journals.merge_gestures([move, foreign(NOW + 2 << 16, read(A, value="0"))], [])
    assert state.marks([A, C]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_chain_of_moves_is_followed_to_its_end(state: State, *, newest_first: bool) -> None:
    """A forged journal, each line of which took longer than the one before."""
    names = [ArticleId(f"{number}.md") for number in range(10_000)]
    order = -1 if newest_first else 1
    gestures = [
        foreign(NOW + order * number << 16, Assignment(field, value, Ids([old])))
        for number, (old, new) in enumerate(pairwise(names))
        for field, value in ((MOVED, new), (TAG + "x", "1"), (STARRED, str(1 - number % 2)))
    ]
    for some in (gestures[:15_000], gestures[15_000:]):
        state.journals.merge_gestures(some, [])
    marks = state.marks([names[0], names[5], names[-1]])
    assert marks[names[-1]].tags == marks[names[5]].tags == ("x",)
    state.set_read(names[:1], True)
    assert state.marks(names[-1:])[names[-1]].read


def test_what_was_agreed_is_no_mark_of_the_user(state: State, tmp_path: Path) -> None:
    state.journals.set_sync_folder(tmp_path)
    state.set_read([A], True)
    state.apply_assignments([Assignment("highlight:01", "{}", Ids([A]))])
    before = state.revision, state.history.read(), state.annotations.list_fields()
    for value in ("1", "0"):
        assert state.apply_assignments(
            [Assignment(AGREED + "0a:read", value, Ids([A]))], in_history=False
        )
    foreigner = Assignment(AGREED + "0b:starred", "1", Ids([A]))
    merged = foreign(NOW << 16, foreigner)._replace(in_history=False)
    assert state.journals.merge_gestures([merged], []) == 0
    assert (state.revision, state.history.read(), state.annotations.list_fields()) == before
    assert [field for field, *_ in state.annotations.read(A)] == ["highlight:01"]
    assert state.sync_base.read("0a:read", [A, B]) == {A: False}
    assert state.sync_base.read("0b:starred", [A]) == {A: True}
    waiting = [
        (each.assignments[0].field, each.in_history) for each in state.journals.read_unwritten(9)
    ]
    assert waiting[2:] == [(AGREED + "0a:read", False)] * 2
    # Nor is it taken back.
    assert state.undo(state.journals.read_unwritten(9)[3].id) is None
    state.undo_last()
    assert state.annotations.read(A) == []


def test_an_article_that_has_nothing_but_highlights_moves_with_them(state: State) -> None:
    """And what was agreed of it is of its new id."""
    state.apply_assignments([Assignment(AGREED + "0a:read", "1", Ids([A]))], in_history=False)
    state.apply_assignments([Assignment("highlight:01", "{}", Ids([A]))])
    state.moved_files.record_moves({A: C})
    assert [field for field, *_ in state.annotations.read(C)] == ["highlight:01"]
    assert state.sync_base.read("0a:read", [C]) == {C: True}


def test_what_moves_to_and_fro(state: State, tmp_path: Path) -> None:
    state.journals.set_sync_folder(tmp_path)
    state.set_starred([A], True)
    for old, new in ((A, C), (C, A), (A, C), (A, B)):  # the last has left already
        state.moved_files.record_moves({old: new})
    assert state.journals.unwritten_count() == 4
    assert state.marks([A, B, C]) == {A: Marks(starred=True), C: Marks(starred=True)}
    place, now = ArticleId("d.md"), ArticleId("e.md")
    state.moved_files.record_moves({place: now})
    state.set_read([now], True)
    before = state.revision
    state.set_read([place], True)  # it is of the other one too, which has it
    assert state.read_changes_since(before)[1] == [place]


def test_devices_and_what_was_set_aside(state: State) -> None:
    there = Device("there-00000000", "There")
    state.journals.devices.record_seen(there, 5)
    state.journals.devices.record_seen(there._replace(name="Again"), 3)
    assert state.journals.devices.list_others() == [(Device(there.id, "Again"), 5)]
    state.journals.devices.forget(there.id)
    assert state.journals.devices.list_others() == []
    asides = [
        QuarantinedLines("x/1.log", "ahead", 3, NOW, ""),
        QuarantinedLines("x/1.log", "field", 1, 0, "shelved"),
    ]
    state.journals.quarantine.replace("x/1.log", asides)
    state.journals.quarantine.replace("y/1.log", [QuarantinedLines("y/1.log", "fault", 1)])
    state.journals.quarantine.replace("y/1.log", [])
    assert state.journals.quarantine.read() == asides
    state.journals.quarantine.replace("z", [QuarantinedLines("z", "fault", 1)] * 1_010)
    assert len(state.journals.quarantine.read()) == 1_000


@pytest.mark.slow
def test_a_hundred_thousand_marks_travel(state: State, other: State) -> None:
    stamps = count(NOW - DAY << 16)
    single = [foreign(next(stamps), read(ArticleId(f"s{number}"))) for number in range(50_000)]
    whole = foreign(next(stamps), read(*(ArticleId(f"w{number}") for number in range(50_000))))
    assert state.journals.merge_gestures((each for each in (*single, whole)), []) == 100_000
    assert (
        other.journals.merge_gestures(state.journals.iter_snapshot(), [], with_history=False)
        == 100_000
    )
    assert other.history.read() == []
    assert (
        other.journals.merge_gestures(state.journals.iter_snapshot(), [], with_history=False) == 0
    )

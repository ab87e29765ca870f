"""State: marks, changes of them, and everything else it keeps, in threads and processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import gesture_actions, session, value_table
from rilo_reader.store.gestures import Assignment, Change, Gesture, Ids, StampedAssignment
from rilo_reader.store.marks import (
    NO_MARKS,
    POSITION,
    READ,
    STARRED,
    GestureContext,
    LastSession,
    Marks,
)
from rilo_reader.store.sqlite import connect
from rilo_reader.store.state import State, open_state
from rilo_reader.store.value_table import LISTED_LIMIT
from tests.support.examples import examples

A, B, C = ArticleId("https://example.org/a"), ArticleId("notes/b.md"), ArticleId("三")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with closing(open_state(tmp_path / "state.db")) as opened:
        yield opened


def undone(state: State, change: Change) -> Gesture:
    """Take a change back."""
    assert change.gesture is not None
    gesture = state.undo(change.gesture)
    assert gesture is not None
    return gesture


def test_marks_are_there_after_reopening(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "er" / "st #?%é.db"
    when = datetime(2026, 3, 7, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=7)))
    with closing(open_state(file)) as state:
        assert (state.notices, state.marks([A]), state.session.read()) == ((), {}, LastSession())
        state.set_read([A, B], True)
        state.set_starred([B], True)
        state.set_tags(B, ["ivory", "customs"])
        state.save_position(B, 1204, when)
        state.session.save(LastSession(B, "ivory is:unread"))
    with closing(open_state(file)) as state:
        assert state.notices == ()
        assert state.marks([A, B, C]) == {
            A: Marks(read=True),
            B: Marks(True, True, ("customs", "ivory"), 1204, when.astimezone(UTC)),
        }
        assert state.session.read() == LastSession(B, "ivory is:unread")


def test_a_change_names_only_what_it_changed(state: State) -> None:
    state.set_read([B], True)
    change = state.set_read([A, B, A], True)
    assert (list(change.ids), len(change.ids)) == ([A], 1)
    assert (change.title, change.before) == ("Marked 1 as read", False)
    state.set_tags(A, ["x"])
    before = state.revision
    for nothing in (
        state.set_read([A], True),
        state.set_starred([A, B], False),
        state.set_tags(A, [" x ", "x", ""]),
        state.set_read([], True),
    ):
        assert not nothing
        assert len(nothing.ids) == 0
    assert state.revision == before


def test_it_is_told_how_far_a_gesture_of_many_is(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_table, "BATCH", 10)
    many = [ArticleId(f"news/{number}.md") for number in range(25)]
    seen: list[tuple[int, int]] = []
    rules = GestureContext(on_progress=lambda *far: seen.append(far))
    with closing(connect(tmp_path / "state.db")) as on:
        gesture = gesture_actions.apply_assignments(on, rules, [Assignment("read", "1", Ids(many))])
        assert gesture is not None
        gesture_actions.undo_gesture(on, rules, gesture.id)
    assert seen == [(10, 25), (20, 25), (25, 25)] * 2
    state.set_read(many[:7], value=True)
    assert state.progress == (7, 7)


def test_a_value_that_is_not_valid_takes_no_other_with_it(state: State) -> None:
    fields = [(READ, "yes"), (READ, "1"), ("no field", "1"), (STARRED, "1"), (POSITION, "-1")]
    given = [StampedAssignment(*each, Ids([A]), 1) for each in fields]
    found = [dict(batch) for batch in value_table.iter_batches(given)]
    assert found == [{(READ, A): (1, "1"), (STARRED, A): (1, "1")}]


def test_tags_are_cleaned_as_journals_demand_and_found(state: State) -> None:
    state.set_tags(A, [" a  b\n", "\x1b[31mred\u202e", "\x07"])
    assert state.marks([A])[A].tags == ("[31mred", "a b")
    assert state.set_tags(A, ["ivory", "Thailand"]).title == "Tagged Thailand, ivory"
    assert state.set_tags(A, []).title == "Removed the tags"
    state.set_tags(A, ["ivory", "Thailand"])
    state.set_tags(B, ["ivory"])
    assert state.tags() == {"Thailand": [A], "ivory": sorted([A, B])}


@pytest.mark.slow
def test_of_very_many_tags_the_first_are_shown(state: State) -> None:
    """Which a forged journal gives; each took longer than the one before."""
    state.set_tags(A, [f"{number:05}" for number in range(50_000)])
    assert state.marks([A, B])[A].tags == tuple(f"{number:05}" for number in range(1_000))
    assert len(state.tags()) == 50_000


def test_positions_are_no_change_of_marks(state: State) -> None:
    before = state.revision
    state.save_position(A, 5, datetime(2026, 1, 1, tzinfo=UTC))
    state.session.save(LastSession(A, "x"))
    assert state.revision == before
    seen = {before}
    for field in ("read", "starred", "tag:x"):
        state.apply_assignments([Assignment(field, "1", Ids([A]))])
        seen.add(state.revision)
    assert len(seen) == 4


def test_what_changed_since_a_revision(state: State, tmp_path: Path) -> None:
    before = state.revision
    assert state.read_changes_since(before) == (before, [])
    state.set_read([A, B], True)
    middle = state.revision
    state.set_tags(C, ["x"])
    state.set_starred([A], True)
    state.save_position(A, 3, datetime(2026, 1, 1, tzinfo=UTC))
    now = state.revision
    for revision, changed in ((before, [A, B, C]), (middle, [A, C])):
        newest, found = state.read_changes_since(revision)
        assert (newest, sorted(found or ())) == (now, sorted(changed))
    with closing(open_state(tmp_path / "state.db")) as other:
        other.set_starred([A], False)
    assert state.read_changes_since(now) == (state.revision, [A])


def test_what_changed_cannot_always_be_said(state: State) -> None:
    before = state.revision
    state.set_read((ArticleId(f"a{number}") for number in range(LISTED_LIMIT + 1)), True)
    after, changed = state.read_changes_since(before)
    assert changed is None
    assert state.read_changes_since(after) == (after, [])
    assert state.read_changes_since(after + 1)[1] is None
    assert state.read_changes_since(0)[1] is None


def test_the_list_of_changes_is_bounded(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_table, "REVISIONS", 5)
    ids = [ArticleId(f"a{number}") for number in range(50)]
    revisions = []
    for number in range(12):
        state.set_read(ids, number % 2 == 0)
        revisions.append(state.revision)
    with closing(sqlite3.connect(tmp_path / "state.db")) as raw:
        assert raw.execute("SELECT count(*) FROM recent").fetchone()[0] < 2 * 5 * 50
    found = [state.read_changes_since(revision)[1] for revision in revisions]
    assert found[:6] == [None] * 6
    assert all(sorted(each or ()) == sorted(ids) for each in found[6:11])
    assert found[11] == []


def test_another_process_is_seen(state: State, tmp_path: Path) -> None:
    before = state.revision
    program = (
        "import sys; from pathlib import Path; from rilo_reader.store.state import open_state\n"
        "s = open_state(Path(sys.argv[1])); s.set_starred(['x'], True); s.close()"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "state.db"], check=True)
    assert state.revision != before
    assert state.ids_with("starred") == ["x"]
    state.set_read([ArticleId("x")], True)
    assert state.marks([ArticleId("x")]) == {"x": Marks(read=True, starred=True)}


def test_threads_write_and_read_at_once(state: State) -> None:
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(30):
                article = ArticleId(f"{name}-{number}")
                state.set_read([article], True)
                assert state.marks([article])[article].read
                state.save_position(article, number, datetime(2026, 1, 1, tzinfo=UTC))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(state.ids_with("read")) == 4 * 30


@pytest.mark.slow
def test_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    program = (
        "import sys; from pathlib import Path; from rilo_reader.store.state import open_state\n"
        "s = open_state(Path(sys.argv[1]))\n"
        "for n in range(40): s.set_read([f'{sys.argv[2]}-{n}'], True)\n"
        "assert not s.notices; s.close()"
    )
    # Not even there when all of them begin.
    running = [
        subprocess.Popen([sys.executable, "-c", program, file, name]) for name in ("a", "b", "c")
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    with closing(open_state(file)) as state:
        assert len(state.ids_with("read")) == 3 * 40


def test_searches_are_remembered_newest_first_and_once(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state.revision
    for query in ("ivory", "customs", " ivory ", "", "  ", "is:unread"):
        state.searches.add(query)
    assert state.searches.read_newest() == ["is:unread", "ivory", "customs"]
    assert state.searches.read_newest(limit=1) == ["is:unread"]
    assert state.revision == before
    monkeypatch.setattr(session, "SEARCHES_KEPT", 20)
    for number in range(50):
        state.searches.add(f"word{number}")
    assert state.searches.read_newest(limit=10_000) == [
        f"word{number}" for number in range(49, 29, -1)
    ]


def test_a_cleared_history_is_nowhere_any_more(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the file, its log nor its backups; the marks stay."""
    monkeypatch.setattr(session, "SEARCHES_KEPT", 20)
    secrets = [f"top-secret-{number}-" + "x" * 600 for number in range(30)]
    state.set_read([A], True)
    for secret in secrets:
        state.searches.add(secret)
    state.backup()
    state.session.save(LastSession(A, "x"))
    state.backup()
    state.searches.clear()
    assert state.searches.read_newest() == []
    assert state.marks([A])[A].read
    for path in tmp_path.iterdir():
        assert b"top-secret" not in path.read_bytes(), path.name
    state.searches.add("new")
    assert state.searches.read_newest() == ["new"]


def test_a_closed_state_says_so(state: State) -> None:
    state.close()
    state.close()
    with pytest.raises(StateError, match="closed"):
        state.marks([A])
    with pytest.raises(StateError, match="closed"):
        state.set_read([A], True)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8).map(ArticleId), max_size=60))
def test_packed_ids_are_the_ids(ids: list[ArticleId]) -> None:
    class SmallPacks(Ids):
        PACK = 7

    packed = SmallPacks(ids)
    assert list(packed) == ids
    assert len(packed) == len(ids)
    assert packed == SmallPacks(iter(ids))


IDS = [ArticleId(name) for name in "abcdef"]


class Model(RuleBasedStateMachine):
    """State against a dictionary that does the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.state = open_state(Path(self.folder.name) / "state.db")
        self.marks = dict.fromkeys(IDS, NO_MARKS)
        self.changes: list[tuple[Change, dict[ArticleId, Marks]]] = []

    def _expect(self, change: Change, after: dict[ArticleId, Marks]) -> None:
        assert set(change.ids) == {i for i in IDS if after[i] != self.marks[i]}
        if change:
            self.changes.append((change, self.marks))
        self.marks = after

    @rule(ids=st.lists(st.sampled_from(IDS)), value=st.booleans())
    def set_read(self, ids: list[ArticleId], value: bool) -> None:
        after = {i: m._replace(read=value) if i in ids else m for i, m in self.marks.items()}
        self._expect(self.state.set_read(ids, value), after)

    @rule(ids=st.lists(st.sampled_from(IDS)), value=st.booleans())
    def set_starred(self, ids: list[ArticleId], value: bool) -> None:
        after = {i: m._replace(starred=value) if i in ids else m for i, m in self.marks.items()}
        self._expect(self.state.set_starred(ids, value), after)

    @rule(article=st.sampled_from(IDS), tags=st.lists(st.sampled_from(["x", "y", "z"])))
    def set_tags(self, article: ArticleId, tags: list[str]) -> None:
        new = self.marks[article]._replace(tags=tuple(sorted(set(tags))))
        self._expect(self.state.set_tags(article, tags), {**self.marks, article: new})

    @rule()
    def undo_last(self) -> None:
        if self.changes:
            change, self.marks = self.changes.pop()
            undone(self.state, change)

    @rule()
    def reopen(self) -> None:
        self.state.close()
        self.state = open_state(Path(self.folder.name) / "state.db")

    @invariant()
    def both_say_the_same(self) -> None:
        found = self.state.marks(IDS)
        assert {i: found.get(i, NO_MARKS) for i in IDS} == self.marks
        assert NO_MARKS not in found.values()

    def teardown(self) -> None:
        self.state.close()
        self.folder.cleanup()


TestModel = Model.TestCase
TestModel.settings = settings(examples(15, suppress=[HealthCheck.too_slow]), stateful_step_count=15)


def test_articles_with_a_mark_come_some_at_a_time(state: State) -> None:
    assert list(state.iter_ids_with("read")) == []
    names = [ArticleId(f"a{number:02}") for number in range(11)]
    state.set_read(names, True)
    state.set_starred([ArticleId("starred")], True)
    parts = state.iter_ids_with("read", 3)
    assert next(parts) == names[:3]
    # Between two parts the file is free.
    state.set_read([names[1]], False)
    assert list(parts) == [names[3:6], names[6:9], names[9:]]
    assert list(state.iter_ids_with("starred")) == [["starred"]]
    assert state.has_more("read", 9)
    assert not state.has_more("read", 10)

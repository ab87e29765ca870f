"""Several states that merge one another in any order end equal, and as last-writer-wins says."""

from __future__ import annotations

import tempfile
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import MOVED, POSITION, READ, STARRED, TAG, Stamp
from rilo_reader.store.state import GestureContext, State, open_state
from tests.support.examples import examples
from tests.support.for_each import for_each

IDS = [ArticleId(name) for name in ("https://example.org/a", "三")]
FLAGS = (READ, STARRED, TAG + "ÿ")
TEXTS = ("note:01",)
NOW = 1_790_000_000_000

Values = dict[tuple[str, ArticleId], tuple[int, str]]
"""The stamp and the value of each field of each article."""


def nothing(field: str) -> str:
    return "" if field in TEXTS else "0"


def merged(values: Values, gestures: list[Gesture]) -> Values:
    """The model: of each field the greatest (stamp, value)."""
    values = dict(values)
    for gesture in gestures:
        for field, value, ids in gesture.assignments:
            for article in ids:
                new = gesture.id.stamp, value
                values[field, article] = max(values.get((field, article), (1, "")), new)
    return values


def values_of(state: State) -> Values:
    return merged({}, list(state.journals.iter_snapshot()))


class Device:
    """A state with the model of it, and what it did."""

    def __init__(self, file: Path, ahead: int) -> None:
        self.ticks = count(NOW + ahead)
        self.file = file
        self.state = self.open()
        self.state.journals.set_sync_folder(file.parent)
        self.values: Values = {}
        self.done: list[Gesture] = []

    def open(self) -> State:
        return open_state(self.file, rules=GestureContext(lambda: next(self.ticks)))

    def did(self, gesture: Gesture | None) -> None:
        if gesture is not None:
            assert all(
                self.shown(field, article) != value
                for field, value, ids in gesture.assignments
                for article in ids
            )
            self.values = merged(self.values, [gesture])
            self.done.append(gesture)

    def shown(self, field: str, article: ArticleId) -> str:
        return self.values.get((field, article), (1, nothing(field)))[1]


devices = st.integers(0, 2)
articles = st.lists(st.sampled_from(IDS), min_size=1, max_size=2)
assignments = st.one_of(
    st.builds(Assignment, st.sampled_from(FLAGS), st.sampled_from("01"), articles.map(Ids)),
    st.builds(
        Assignment, st.sampled_from(TEXTS), st.sampled_from(["", "one", "two"]), articles.map(Ids)
    ),
    st.builds(Assignment, st.just(POSITION), st.sampled_from(["0", "7", "30"]), articles.map(Ids)),
)


class Travel(RuleBasedStateMachine):
    """Three devices with clocks of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.devices = [
            Device(root / f"{number}.db", ahead) for number, ahead in enumerate((0, -5, 1))
        ]

    @initialize()
    def begin(self) -> None:
        """Marks from before gestures are on one of them."""
        old = Gesture(GestureId("", Stamp(1)), (Assignment(READ, "1", Ids(IDS[:1])),))
        self.devices[0].state.journals.merge_gestures([old], [], with_history=False)
        self.devices[0].values = merged({}, [old])

    @rule(number=devices, given=st.lists(assignments, min_size=1, max_size=3))
    def do(self, number: int, given: list[Assignment]) -> None:
        # A gesture gives one value to a field.
        unique = {assignment.field: assignment for assignment in given}
        device = self.devices[number]
        device.did(device.state.apply_assignments(list(unique.values())))

    @rule(number=devices)
    def undo_last(self, number: int) -> None:
        """What was last done is taken back; so nothing of it is left where it still was."""
        device = self.devices[number]
        before = dict(device.values)
        gesture = device.state.undo_last()
        device.did(gesture)
        if gesture is not None:
            [undone] = [each for each in device.done if each.id == gesture.undoes]
            assert undone.undoes is None
            for field, value, ids in undone.assignments:
                for article in ids:
                    if before[field, article] == (undone.id.stamp, value) and field != POSITION:
                        assert device.shown(field, article) != value

    @rule(number=devices)
    def undo_and_redo(self, number: int) -> None:
        """Together they change nothing."""
        device = self.devices[number]
        before = {key: value for key, (_, value) in device.values.items()}
        undo = device.state.undo_last()
        device.did(undo)
        if undo is not None:
            redo = device.state.redo_last()
            assert redo is not None
            assert redo.undoes == undo.id
            device.did(redo)
        assert {key: device.shown(*key) for key in before} == before

    @rule(number=devices, whose=devices, which=st.integers(0, 20))
    def undo(self, number: int, whose: int, which: int) -> None:
        done = self.devices[whose].done
        if done:
            device = self.devices[number]
            device.did(device.state.undo(done[which % len(done)].id))

    @rule(number=devices, whose=devices, data=st.data())
    def merge_some(self, number: int, whose: int, data: st.DataObject) -> None:
        """Whatever arrives, in any order, again, and cut."""
        waiting = self.devices[whose].state.journals.read_unwritten(100)
        if waiting:
            some = data.draw(st.lists(st.sampled_from(waiting), max_size=5))
            cut = [gesture._replace(assignments=gesture.assignments[:1]) for gesture in some[:1]]
            self._merge(self.devices[number], cut + some)

    @rule(number=devices, whose=devices)
    def merge_snapshot(self, number: int, whose: int) -> None:
        device = self.devices[number]
        gestures = list(self.devices[whose].state.journals.iter_snapshot())
        device.state.journals.merge_gestures(gestures, [], with_history=False)
        device.values = merged(device.values, gestures)

    @rule(number=devices)
    def restart(self, number: int) -> None:
        device = self.devices[number]
        device.state.close()
        device.state = device.open()

    def _merge(self, device: Device, gestures: list[Gesture]) -> None:
        before = {key: device.shown(*key) for key in device.values}
        revision = device.state.revision
        result = device.state.journals.merge_gestures(gestures, [])
        device.values = merged(device.values, gestures)
        changed = {
            article
            for field, article in device.values
            if field != POSITION
            and before.get((field, article), nothing(field)) != device.shown(field, article)
        }
        assert result == len(changed)
        assert set(device.state.read_changes_since(revision)[1] or ()) == changed

    @invariant()
    def each_is_as_its_model(self) -> None:
        for device in self.devices:
            assert _without_nothing(values_of(device.state)) == _without_nothing(device.values)

    def teardown(self) -> None:
        for device in self.devices:
            for other in self.devices:
                device.state.journals.merge_gestures(other.state.journals.read_unwritten(1_000), [])
                device.state.journals.merge_gestures(
                    other.state.journals.iter_snapshot(), [], with_history=False
                )
                device.values = merged(device.values, list(other.state.journals.iter_snapshot()))
        found = [values_of(device.state) for device in self.devices]
        for device in self.devices:
            device.state.close()
        assert found[0] == found[1] == found[2]
        self.folder.cleanup()


def _without_nothing(values: Values) -> Values:
    """Without values that say at the beginning that there is nothing."""
    return {key: value for key, value in values.items() if value > (1, nothing(key[0]))}


TestTravel = pytest.mark.slow(Travel.TestCase)
TestTravel.settings = settings(
    examples(25, suppress=[HealthCheck.too_slow]), stateful_step_count=20
)


@for_each("field", [READ, TAG + "x", POSITION, "note:01"])
@for_each("together", [True, False])
def test_the_greatest_stamp_wins_and_of_two_the_greater_text(
    tmp_path: Path, field: str, together: bool
) -> None:
    values = ["0", "30", "7"] if field == POSITION else ["0", "1"]
    given = [
        Gesture(GestureId("d", Stamp(stamp)), (Assignment(field, value, Ids(IDS[:1])),))
        for stamp in (1, 8, 9)
        for value in (values if stamp < 9 else values[:-1])
    ]
    with closing(open_state(tmp_path / "state.db")) as state:
        orders = [given, given[::-1], sorted(given, key=lambda each: each.assignments[0].value)]
        for number, order in enumerate(orders):
            article = ArticleId(str(number))
            moved = [
                gesture._replace(assignments=(gesture.assignments[0]._replace(ids=Ids([article])),))
                for gesture in order
            ]
            for some in [moved] if together else [[each] for each in moved]:
                state.journals.merge_gestures(some, [], with_history=False)
            assert values_of(state)[field, article] == (9, max(values[:-1]))


PLACES = [ArticleId(name) for name in ("a.md", "b.md", "c.md", "d.md")]


def test_a_gesture_of_no_time_takes_no_other_with_it(tmp_path: Path) -> None:
    given = [
        Gesture(GestureId("d", Stamp(stamp)), (Assignment(READ, "1", Ids([article])),))
        for stamp, article in ((0, PLACES[0]), (1 << 63, PLACES[1]), (8, PLACES[2]))
    ]
    with closing(open_state(tmp_path / "state.db")) as state:
        state.journals.merge_gestures(given, [], with_history=True)
        assert values_of(state) == {(READ, PLACES[2]): (8, "1")}


places = st.sampled_from(PLACES)
marks_and_moves = st.lists(
    st.tuples(
        st.integers(2, 9),
        st.one_of(
            st.builds(Assignment, st.just(MOVED), places, places.map(lambda one: Ids([one]))),
            st.builds(
                Assignment, st.just("anew:2"), st.just("1"), places.map(lambda one: Ids([one]))
            ),
            st.builds(
                Assignment,
                st.sampled_from((READ, "note:01")),
                st.sampled_from("01"),
                places.map(lambda one: Ids([one])),
            ),
        ),
    ),
    max_size=8,
)


def with_moves(given: list[Gesture]) -> Values:
    """The model: each article has the greatest value of all from which moves lead to it."""
    moves = {
        (old, ArticleId(new))
        for gesture in given
        for field, new, ids in gesture.assignments
        if field == MOVED
        for old in ids
    }
    values = {key: value for key, value in merged({}, given).items() if key[0] != MOVED}
    for _ in PLACES:
        for old, new in moves:
            for field in (READ, "note:01"):
                values[field, new] = max(
                    values.get((field, new), (0, "")), values.get((field, old), (0, ""))
                )
    return {key: value for key, value in values.items() if value > (1, "")}


@pytest.mark.slow
@examples(150)
@given(marks_and_moves, st.data())
def test_marks_of_what_moved_are_the_same_in_any_order(
    values: list[tuple[int, Assignment]], data: st.DataObject
) -> None:
    given = [Gesture(GestureId("d", Stamp(at)), (assignment,)) for at, assignment in values]
    found = []
    for order in (given, data.draw(st.permutations(given))):
        with tempfile.TemporaryDirectory() as folder:
            with closing(open_state(Path(folder) / "state.db")) as state:
                cut = data.draw(st.integers(0, len(order)))
                for some in (order[:cut], order[cut:], order[:1]):
                    state.journals.merge_gestures(some, [])
                shown = {key: value for key, value in values_of(state).items() if key[0] != MOVED}
            found.append(_without_nothing(shown))
    assert found[0] == found[1] == _without_nothing(with_moves(given))

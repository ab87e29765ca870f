"""`read:`, `starred:`, `tagged:`, `noted:` and `sort:read`: articles by the time of their marks.

An article is found by the last time that it got the mark, while it has it, on whatever device.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.results import ResultSet
from rilo_reader.index.searcher import Searcher
from rilo_reader.index.snapshot import ResultLimits
from rilo_reader.library.search import ArticleSearch, StateFlags
from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import MarkedDuring
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import GestureContext, Stamp
from rilo_reader.store.state import open_state
from tests.index.test_index import fill
from tests.index.test_insight import told
from tests.support.examples import examples
from tests.support.for_each import for_each

NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIELDS = {"read": "read", "starred": "starred", "tagged": "tag:later", "noted": "note:01"}
NAMES = [ArticleId(f"a{number}") for number in range(12)]


class Desk:
    """A state with a clock of its own, and an index that is asked with its marks."""

    def __init__(self, folder: Path, limits: ResultLimits = ResultLimits()) -> None:  # noqa: B008  # immutable
        self.now = NOON
        self.file = folder / "state.db"
        self.state = open_state(
            self.file, rules=GestureContext(lambda: int(self.now.timestamp() * 1000))
        )
        flags = StateFlags(self.state)
        self.index = SearchIndex(folder / "index", limits, flags=flags)
        fill(self.index, (_article(name) for name in NAMES))
        self.search = ArticleSearch(self.index, flags, self.state)

    def set(self, mark: str, value: bool, *names: str) -> None:
        text = {"noted": "0" if value else ""}.get(mark, "1" if value else "0")
        assignment = Assignment(FIELDS[mark], text, Ids(map(ArticleId, names)))
        self.state.apply_assignments([assignment])

    def ask(self, text: str) -> list[str]:
        query = parse(text, now=NOON)
        assert query.faults == ()
        first = [str(row.id) for row in self.search.window(query, 0, 3).rows]
        found = [str(row.id) for row in self.search.window(query).rows]
        assert first == found[:3]
        assert self.search.count(query) == len(found)
        assert list(self.search.ids(query)) == found
        return found

    def times(self, mark: str) -> dict[str, datetime]:
        """When each article got a mark that it has, as the file of marks has it."""
        with closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute(
                "SELECT id, at FROM value WHERE field = ? AND value NOT IN (?, ?)",
                (FIELDS[mark], "", "" if mark == "noted" else "0"),
            ).fetchall()
        return {name: datetime.fromtimestamp((at >> 16) / 1000, UTC) for name, at in rows if at > 1}


def _article(name: str) -> Article:
    date = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=int(name[1:]))
    return Article(id=ArticleId(name), path=f"{name}.md", title=name, date=date, body="common")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    with closing(desk.state):
        yield desk


def test_starred_since_yesterday(desk: Desk) -> None:
    for days, name in ((9, "a1"), (2, "a2"), (1, "a3"), (0, "a4")):
        desk.now = NOON - DAY * days
        desk.set("starred", True, name)
    assert desk.ask("starred:1d") == ["a4", "a3"]
    assert desk.ask("starred:today") == ["a4"]
    assert desk.ask("starred:yesterday") == ["a3"]
    assert desk.ask("starred:2026-11") == ["a2", "a1"]
    assert desk.ask("starred:..2026-11-29") == ["a1"]
    assert desk.ask("starred:2026-12-01..") == ["a4", "a3"]
    assert len(desk.ask("-starred:1d")) == len(NAMES) - 2
    assert desk.ask("starred:7d (a2 OR a3)") == ["a3", "a2"]
    desk.set("starred", False, "a4")
    assert desk.ask("starred:1d") == ["a3"]


def test_the_last_time_counts_and_what_was_there_before_times_has_none(desk: Desk) -> None:
    old = Gesture(GestureId("", Stamp(1)), (Assignment("read", "1", Ids(NAMES[:1])),))
    desk.state.journals.merge_gestures([old], [], with_history=False)
    assert desk.ask("is:read") == ["a0"]
    assert desk.ask("read:..2030") == []
    desk.set("read", False, "a0")
    desk.set("read", True, "a0")
    assert desk.ask("read:today") == ["a0"]
    desk.set("read", True, "a0")  # as it is
    desk.now += DAY
    assert desk.ask("read:today") == ["a0"]


def test_the_last_read_comes_first_and_what_is_not_read_after_it(desk: Desk) -> None:
    for hours, name in enumerate(("a5", "a9", "a2")):
        desk.now = NOON + timedelta(hours=hours)
        desk.set("read", True, name)
    assert desk.ask("sort:read")[:5] == ["a2", "a9", "a5", "a11", "a10"]
    assert desk.ask("sort:read is:read") == ["a2", "a9", "a5"]
    assert desk.search.find_position(parse("sort:read"), ArticleId("a5")) == 2
    desk.now += DAY
    desk.set("read", True, "a11")
    assert desk.ask("sort:read")[:2] == ["a11", "a2"]


@examples(60)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES[:6]), st.sampled_from("01"), st.integers(1, 90)),
        max_size=12,
    ),
    st.integers(1, 4),
)
def test_the_last_read_follow_the_marks(steps: list[tuple[str, str, int]], limit: int) -> None:
    """Marks of now, and of other devices from before."""
    with tempfile.TemporaryDirectory() as folder, closing(Desk(Path(folder)).state) as state:
        flags = StateFlags(state)
        for number, (name, value, time) in enumerate(steps):
            assignment = Assignment("read", value, Ids([ArticleId(name)]))
            if time > 45:
                state.apply_assignments([assignment])
            else:
                other = Gesture(GestureId(f"other{number}", Stamp(time << 16)), (assignment,))
                state.journals.merge_gestures([other], [], with_history=False)
            last = [one for one, _ in state.list_recently_read(limit)]
            found = list(flags.list_last_read(limit))
            assert found == last[: len(found)]
            assert 2 * len(found) >= len(last)


def test_a_mark_changes_only_the_order_not_the_copies(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not searched again, nor is the total counted again."""
    fill(desk.index, [told(f"b{day}", 1, day) for day in (5, 6)])
    query = parse("sort:read")
    assert desk.search.window(query, 0, 3, fold=True).total == len(NAMES) + 1
    again: list[str] = []

    def note_calls(kind: type, name: str) -> None:
        done = getattr(kind, name)

        def noted(*given: object) -> object:
            again.append(name)
            return done(*given)

        monkeypatch.setattr(kind, name, noted)

    note_calls(Searcher, "_find_duplicates")
    note_calls(ResultSet, "_count_matches")
    for name in ("a2", "b6"):
        desk.set("read", True, name)
        found = desk.search.window(query, 0, 3, fold=True)
        assert (found.rows[0].id, found.total, found.left_out) == (name, len(NAMES) + 1, 1)
    assert again == []


def test_a_mark_that_another_device_set_later_has_its_time(desk: Desk) -> None:
    desk.set("read", True, "a1")
    assert desk.ask("read:2026-12-03..") == []
    later = Stamp(int((NOON + DAY).timestamp() * 1000) << 16)
    gesture = Gesture(GestureId("other", later), (Assignment("read", "1", Ids([NAMES[1]])),))
    desk.state.journals.merge_gestures([gesture], [])
    assert desk.ask("read:2026-12-03..") == ["a1"]


MOMENTS = st.integers(-5_000, 5_000).map(lambda minutes: NOON + timedelta(minutes=minutes))
STEPS = st.one_of(
    st.tuples(
        st.integers(0, 1),
        MOMENTS,
        st.sampled_from(sorted(FIELDS)),
        st.booleans(),
        st.sets(st.sampled_from(NAMES), min_size=1, max_size=4),
    ),
    st.just("merge"),
)
SIDES = st.one_of(st.none(), MOMENTS)


@for_each("named, looked_up", [(0, 0), (1_000, 0), (1_000, 5_000)])
@pytest.mark.slow
def test_whatever_two_devices_mark_and_say(named: int, looked_up: int) -> None:
    """Clocks jump back and forth, and the same search is asked all the time."""
    limits = ResultLimits(max_named=named, max_looked_up=looked_up)

    @examples(30)
    @given(st.lists(st.tuples(STEPS, st.sampled_from(sorted(FIELDS)), SIDES, SIDES), max_size=12))
    def check(
        steps: list[
            tuple[
                tuple[int, datetime, str, bool, set[str]] | str,
                str,
                datetime | None,
                datetime | None,
            ]
        ],
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            desks = []
            for name in "ab":
                (Path(folder) / name).mkdir()
                desks.append(Desk(Path(folder) / name, limits))
            with closing(desks[0].state), closing(desks[1].state):
                for step, mark, start, end in steps:
                    if isinstance(step, str):
                        for mine, other in (desks, desks[::-1]):
                            mine.state.journals.merge_gestures(
                                list(other.state.journals.iter_snapshot()), []
                            )
                    else:
                        number, now, field, value, names = step
                        desks[number].now = now
                        desks[number].set(field, value, *names)
                    for desk in desks:
                        _compare(desk, mark, start, end)

    check()


def _compare(desk: Desk, mark: str, start: datetime | None, end: datetime | None) -> None:
    text = f"{mark}:{start.isoformat() if start else ''}..{end.isoformat() if end else ''}"
    for asked in (text, f"-{text}", f"{mark}:1d") if start or end else (f"{mark}:2d",):
        query = parse(asked, now=NOON)
        assert parse(to_text(query, now=NOON), now=NOON) == query
        node = query.node
        [timed] = [node] if isinstance(node, MarkedDuring) else [node.node]  # type: ignore[union-attr]
        first, last = timed.dates  # type: ignore[union-attr]
        has = {
            name
            for name, at in desk.times(mark).items()
            if (first is None or at >= first) and (last is None or at < last)
        }
        assert set(desk.ask(asked)) == ({*NAMES} - has if asked.startswith("-") else has)
    times = desk.times("read")
    order = sorted(
        NAMES,
        key=lambda name: (name not in times, -times.get(name, NOON).timestamp(), -int(name[1:])),
    )
    found = desk.ask("sort:read")
    assert [times.get(name) for name in found] == [times.get(name) for name in order]
    assert found[len(times) :] == order[len(times) :]

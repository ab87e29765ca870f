"""Rules for what grows old: marked as read at each refresh, told, undone as one, and for good.

What anybody ever marked as read or unread, on any device, is never touched by age.
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

from rilo_reader.article import NO_DATE, Article, ArticleId
from rilo_reader.config import ArrivalRule
from rilo_reader.feeds.rules import (
    AgeRule,
    ParsedRule,
    apply_age_rules,
    find_aged,
    make_age_rules,
    parse_rules,
)
from rilo_reader.index.index import SearchIndex
from rilo_reader.library.search import ArticleSearch, StateFlags
from rilo_reader.query.parser import parse
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import GestureContext
from rilo_reader.store.state import open_state
from tests.index.test_index import fill
from tests.support.examples import examples

NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = [ArticleId(f"a{number}") for number in range(16)]
UNDATED, MUTED = ArticleId("a0"), ArticleId("a1")
DATES = {name: NOON + (5 - 2 * at) * DAY for at, name in enumerate(NAMES)}  # a1, a2: to come
DATES[UNDATED] = NO_DATE
OLD = ArrivalRule("Old", "*", read_after="14d")
FEW = ArrivalRule("Few", "*", keep_unread=3)
PROTECTING = ("starred", "note:01", "highlight:01")


class Desk:
    """A device with a clock of its own, a state and an index."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.file = folder / "state.db"
        self.state = open_state(
            self.file, rules=GestureContext(lambda: int(self.now.timestamp() * 1000))
        )
        index = SearchIndex(folder / "index", flags=(flags := StateFlags(self.state)))
        fill(
            index,
            (
                Article(name, f"{name}.md", name, date, source="Mine", dated=name != UNDATED)
                for name, date in DATES.items()
            ),
        )
        self.search = ArticleSearch(index, flags, self.state)
        self.search.mute([parse(f"title:{MUTED}")])

    def rules(self, *rules: ArrivalRule, of_feeds: tuple[ParsedRule, ...] = ()) -> list[AgeRule]:
        return make_age_rules(parse_rules(rules, ()), of_feeds, self.now)

    def refresh(self, *rules: ArrivalRule) -> str:
        return apply_age_rules(self.search, self.state, self.rules(*rules or (OLD, FEW)))

    def give(self, field: str, value: str, *names: str) -> None:
        self.state.apply_assignments([Assignment(field, value, Ids(map(ArticleId, names)))])

    def values(self, field: str) -> dict[ArticleId, tuple[str, int]]:
        """Value and stamp of each article that has a row, as the file of marks has them."""
        with closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute("SELECT id, value, at FROM value WHERE field = ?", (field,))
            return {ArticleId(name): (value, at) for name, value, at in rows.fetchall()}

    def read(self) -> set[ArticleId]:
        return {name for name, (value, _) in self.values("read").items() if value == "1"}

    def receive(self, other: Desk) -> None:
        """Merge what another device knows, as its journal says it."""
        self.state.journals.merge_gestures(list(other.state.journals.iter_snapshot()), ())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    with closing(desk.state):
        yield desk


def test_what_is_older_is_read_as_one_gesture_and_not_again(desk: Desk) -> None:
    desk.give("starred", "1", "a12")
    desk.give("note:01", "Mine.", "a13")
    desk.give("highlight:01", "{}", "a14")
    desk.give("read", "1", "a15")
    before = desk.values("read")
    assert desk.refresh(OLD) == "Rule Old: 2 articles read, older than 14 days"
    assert desk.read() - before.keys() == {"a10", "a11"}
    done = desk.state.history.read()[0]
    assert done.title == "Rule Old (older than 14 days): marked 2 as read"
    desk.state.undo_last()
    assert desk.read() == before.keys()
    for days in (0, -40_000, 10, 400, 100_000):  # whatever the clock says
        desk.now = NOON + days * DAY if days < 40_000 else NOON.replace(year=9000)
        desk.refresh(OLD)
        assert not desk.read() & {"a10", "a11", "a12", "a13", "a14", UNDATED, MUTED}


def test_the_newest_stay_unread(desk: Desk) -> None:
    desk.give("read", "1", "a4")
    assert desk.refresh(FEW) == "Rule Few: 9 articles read, beyond the newest 3"
    # Of those to come, muted, and without a date none is counted.
    assert set(NAMES) - desk.read() == {"a0", "a1", "a2", "a3", "a5", "a6"}
    assert desk.refresh(FEW) == ""


def test_an_age_that_no_calendar_has_finds_nothing(desk: Desk) -> None:
    for age in ("9999y", "9999mo", "9999w", "9999d", "9999h"):
        assert desk.refresh(OLD._replace(read_after=age)) == ""
    desk.now = datetime(1, 1, 1, tzinfo=UTC)
    assert make_age_rules(parse_rules([OLD], ()), (), desk.now) == []


def test_several_rules_are_one_gesture_and_each_article_is_told_once(desk: Desk) -> None:
    said = desk.refresh(OLD, FEW)
    assert said == (
        "Rule Old: 6 articles read, older than 14 days; "
        "rule Few: 4 articles read, beyond the newest 3"
    )
    done = desk.state.history.read()
    assert [one.articles for one in done] == [10]
    assert done[0].title.startswith("Rules Old (older than 14 days), Few (beyond the newest 3): ")


def test_what_a_feed_says_counts_instead_of_rules(desk: Desk) -> None:
    theirs = parse_rules([ArrivalRule("Mine", 'source:="Mine"', read_after="20d")], ())
    rules = desk.rules(OLD, of_feeds=tuple(theirs))
    found = {
        one.rule.rule.name: ids for one, ids in find_aged(desk.search, desk.state, rules).items()
    }
    assert found == {"Old": [], "Mine": ["a13", "a14", "a15"]}
    never = parse_rules([ArrivalRule("Mine", 'source:="Mine"')], ())[0]
    never = never._replace(rule=never.rule._replace(read_after="never"))
    [only] = desk.rules(OLD, of_feeds=(never,))
    assert find_aged(desk.search, desk.state, [only]) == {only: []}


def test_another_device_leaves_alone_what_was_undone_here(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other")
    with closing(other.state):
        desk.refresh(OLD)
        desk.state.undo_last()
        other.receive(desk)
        assert (other.refresh(OLD), other.read()) == ("", set())


COMMANDS = st.one_of(
    st.tuples(st.just("refresh"), st.sampled_from([(OLD,), (FEW,), (OLD, FEW)])),
    st.tuples(st.just("clock"), st.integers(-40_000, 40_000)),
    st.tuples(st.just("set"), st.sampled_from(["read", *PROTECTING]), st.sampled_from(NAMES)),
    st.tuples(st.just("unset"), st.sampled_from(["read", *PROTECTING]), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["undo", "redo", "receive"])),
)


@pytest.mark.slow
@examples(150)
@given(st.lists(st.tuples(st.integers(0, 1), COMMANDS), max_size=25))
def test_age_never_touches_what_anybody_ever_marked(steps: list[tuple[int, tuple[object]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        desks = [Desk(Path(name) / number) for number in ("one", "two")]
        for number, command in steps:
            _do(desks[number], desks[1 - number], command)
        for desk in desks:
            desk.state.close()


def _do(desk: Desk, other: Desk, command: tuple[object, ...]) -> None:
    match command:
        case ("refresh", rules):
            _refresh(desk, rules)  # type: ignore[arg-type]
        case ("clock", int(days)):
            desk.now = NOON + days * DAY
        case ("set" | "unset" as how, str(field), str(article)):
            text = {"highlight:01": "{}", "note:01": "Mine."}.get(field, "1")
            none = "" if field in PROTECTING[1:] else "0"
            desk.give(field, text if how == "set" else none, article)
        case ("undo",):
            desk.state.undo_last()
        case ("redo",):
            desk.state.redo_last()
        case ("receive",):
            desk.receive(other)


def _refresh(desk: Desk, rules: tuple[ArrivalRule, ...]) -> None:
    known, history = desk.values("read"), desk.state.history.list_ids()
    protected = {
        name
        for field in PROTECTING
        for name, (value, _) in desk.values(field).items()
        if value not in ("0", "")
    }
    past = [name for name in NAMES if DATES[name] <= desk.now and name not in (UNDATED, MUTED)]
    unread = [name for name in past if known.get(name, ("0", 0))[0] == "0"]
    midnight = desk.now.replace(hour=0) - 14 * DAY
    wanted = {name for name in unread if OLD in rules and DATES[name] < midnight}
    wanted |= set(unread[3:] if FEW in rules else ())
    wanted -= protected | known.keys()
    said = desk.refresh(*rules)
    after = desk.values("read")
    assert {name: after[name] for name in known} == known
    assert {name for name, (value, _) in after.items() if value == "1"} - known.keys() == wanted
    assert bool(said) == bool(wanted)
    if wanted:
        assert len(desk.state.history.list_ids()) == len(history) + 1
        desk.state.undo_last()
        assert not desk.read() & wanted
        assert desk.refresh(*rules) == ""
        desk.state.redo_last()
        assert desk.read() >= wanted
    assert desk.refresh(*rules) == ""

"""Things of files that travel as values: every order of exchanges ends with the same things."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from rilo_reader.plugins.devices.carried_file import (
    MAX_NEW_ROWS,
    CarriedFile,
    FileChange,
    ThingEdits,
    Things,
    Values,
    find_changes,
)
from rilo_reader.store.state import State
from tests.plugins.devices.machines import HOUR, NOON, Machine, carry, meet
from tests.support.examples import examples

HERE, TITLE, PAUSED = FIELDS = ("feed:followed", "feed:title", "feed:paused")
NAMES = ("a", "b", "c")


class MemoryFile:
    """Things of which those that say so stay, and of which some may not be written."""

    name, noun = "things", "thing"
    fields: Sequence[str] = FIELDS

    def __init__(self, file: Path) -> None:
        self.file = file
        file.write_text("something")
        self.things: dict[str, dict[str, str]] = {}
        self.stay: set[str] = set()
        self.keeps_titles = False
        self.fails = False
        self.stuck: set[str] = set()
        self.checked: set[str] = set()

    def replace_file(self) -> None:
        """Make it another file, as old as the one before."""
        time, new = self.file.stat().st_mtime_ns, self.file.with_suffix(".new")
        new.write_bytes(self.file.read_bytes())
        os.utime(new, ns=(time, time))
        new.replace(self.file)

    def read_rows(self) -> tuple[Things, set[str]] | None:
        going = {name: dict(one) for name, one in self.things.items() if name not in self.stay}
        return dict(going), set(self.stay)

    def check_values(self, name: str, values: Values) -> Values | None:
        self.checked.add(name)
        return None if values.get(TITLE) == "evil" else values

    def title_of(self, name: str, values: Values) -> str:
        return values.get(TITLE, name)

    def write_rows(self, edits: ThingEdits) -> tuple[Things, Mapping[str, str]]:
        if self.fails:
            raise OSError("The disk is full.")
        self.things.update({name: dict(values) for name, values in edits.added.items()})
        written = {
            name: {
                field: value
                for field, value in values.items()
                if not (self.keeps_titles and field == TITLE)
            }
            for name, values in edits.changed.items()
            if name not in self.stuck
        }
        for name, values in written.items():
            now = {**self.things[name], **values}
            self.things[name] = {field: value for field, value in now.items() if value}
        for name in edits.removed:
            del self.things[name]
        return dict(written), dict.fromkeys(self.stuck & edits.changed.keys(), "it is stuck")


def test_what_stays_or_is_gone_keeps_nothing_after_it(tmp_path: Path) -> None:
    names = ("stays", "gone", "gone too", "a", "b")
    before: Things = {name: {HERE: "1", TITLE: name} for name in names}
    new: Things = {"a": {HERE: "1", TITLE: "A"}, "b": {HERE: "1", TITLE: "B"}, "c": {HERE: "1"}}
    now = {**before, **new}
    for name in ("gone", "gone too"):
        del now[name]
    found = find_changes(MemoryFile(tmp_path / "things"), now, before, {"stays"})
    assert {(one.field, one.value): list(one.ids) for one in found} == {
        (TITLE, "A"): ["a"],
        (TITLE, "B"): ["b"],
        (HERE, "1"): ["c"],
        (TITLE, ""): ["c"],
        (PAUSED, ""): ["c"],
        (HERE, ""): ["gone", "gone too"],
    }


class Carrier:
    """Carries one file."""

    def __init__(self, state: State, kind: MemoryFile) -> None:
        self.file, self.kind, self.before = CarriedFile(state, kind), kind, ""

    def send_changes(self) -> None:
        if self.before != (now := repr((self.kind.things, self.kind.stay))):
            self.before = now
            self.kind.replace_file()
        self.file.send_changes()

    def take_changes(self) -> tuple[tuple[FileChange, ...], bool]:
        came, sends = self.file.take_changes()
        return tuple(came), sends


class Home:
    """A device with things, which it shares."""

    def __init__(self, folder: Path, name: str) -> None:
        self.machine = Machine(folder, name)
        self.machine.state.journals.devices.rename_own(name)
        self.kind = MemoryFile(self.machine.home / "things")
        self.machine.sync.carrier = Carrier(self.machine.state, self.kind)  # type: ignore[assignment]

    def close(self) -> None:
        self.machine.close()

    @property
    def things(self) -> dict[str, dict[str, str]]:
        return self.kind.things

    def follow(self, name: str, **fields: str) -> None:
        self.things[name] = {HERE: "1", **{f"feed:{key}": value for key, value in fields.items()}}

    def came(self) -> list[str]:
        """Sync; what it says."""
        self.machine.time += 1_000
        return [one.sentence for one in self.machine.now_ok().file_changes if one.sentence]


class AnyOrder(RuleBasedStateMachine):
    """Three devices change things, exchange them or not, and are killed."""

    @initialize(first=st.lists(st.sampled_from(NAMES), max_size=2))
    def begin(self, first: list[str]) -> None:
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.homes = [
            self.stack.enter_context(closing(Home(folder, name)))
            for name in ("laptop", "desktop", "phone")
        ]
        for hours, home in enumerate(self.homes):
            home.machine.time += hours * HOUR
        for name in first:
            self.homes[0].follow(name, title="From the laptop")
        for home in self.homes:
            home.machine.on()

    @rule(at=st.integers(0, 2), name=st.sampled_from(NAMES), title=st.sampled_from("xyz"))
    def rename(self, at: int, name: str, title: str) -> None:
        if name in self.homes[at].things:
            self.homes[at].things[name][TITLE] = title

    @rule(at=st.integers(0, 2), name=st.sampled_from(NAMES))
    def pause(self, at: int, name: str) -> None:
        if name in self.homes[at].things:
            self.homes[at].things[name][PAUSED] = "1"

    @rule(at=st.integers(0, 2), name=st.sampled_from(NAMES))
    def follow(self, at: int, name: str) -> None:
        if name not in self.homes[at].things:
            self.homes[at].follow(name)

    @rule(at=st.integers(0, 2), name=st.sampled_from(NAMES))
    def remove(self, at: int, name: str) -> None:
        self.homes[at].things.pop(name, None)

    @rule(at=st.integers(0, 2))
    def sync(self, at: int) -> None:
        self.homes[at].came()

    @rule(at=st.integers(0, 2))
    def sync_badly(self, at: int) -> None:
        self.homes[at].kind.fails = True
        self.homes[at].came()
        self.homes[at].kind.fails = False

    @rule(at=st.integers(0, 2))
    def be_killed_before_it_is_noted(self, at: int) -> None:
        home = self.homes[at]
        noted = home.machine.state.journals.read_memo("things")
        home.came()
        home.machine.state.journals.set_memo("things", noted)

    @rule(at=st.integers(0, 2), to=st.integers(0, 2))
    def bring(self, at: int, to: int) -> None:
        if at != to:
            carry(self.homes[at].machine, self.homes[to].machine)

    @rule(at=st.integers(0, 2))
    def undo(self, at: int) -> None:
        self.homes[at].machine.state.undo_last()

    def teardown(self) -> None:
        if not hasattr(self, "homes"):
            return
        machines = [home.machine for home in self.homes]
        for _ in range(3):
            meet(*machines)
        assert self.homes[0].things == self.homes[1].things == self.homes[2].things
        values = [machine.state.values() for machine in machines]
        assert values[0] == values[1] == values[2]
        assert not any(home.came() for home in self.homes)
        self.stack.close()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(examples(30), stateful_step_count=20)


def pair(stack: ExitStack, folder: Path) -> tuple[Home, Home]:
    laptop, desktop = (stack.enter_context(closing(Home(folder, name))) for name in ("a", "b"))
    return laptop, desktop


def together(stack: ExitStack, folder: Path, name: str) -> tuple[Home, Home]:
    """Two devices that have a thing, which came from the first."""
    laptop, desktop = pair(stack, folder)
    laptop.follow(name, title="One")
    for home in (laptop, desktop):
        home.machine.on()
    meet(laptop.machine, desktop.machine)
    assert desktop.things == laptop.things
    return laptop, desktop


def test_changes_of_different_fields_both_win(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        laptop.things["x"][TITLE] = "Two"
        desktop.things["x"][PAUSED] = "1"
        for _ in range(2):
            meet(laptop.machine, desktop.machine)
        assert laptop.things == desktop.things == {"x": {HERE: "1", TITLE: "Two", PAUSED: "1"}}


def test_an_edit_by_hand_is_as_old_as_its_file(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        for hours, home, title in ((4, laptop, "Older"), (5, desktop, "Newer")):
            home.things["x"][TITLE] = title
            when = (NOON + hours * HOUR) / 1000
            os.utime(home.kind.file, (when, when))
        desktop.machine.time = NOON + 6 * HOUR
        desktop.came()
        laptop.machine.time = NOON + 7 * HOUR
        laptop.came()
        for _ in range(2):
            meet(laptop.machine, desktop.machine)
        assert laptop.things["x"][TITLE] == desktop.things["x"][TITLE] == "Newer"
        # It is later than what was known of the feed, though the file says that it is older.
        os.utime(laptop.kind.file, (1, 1))
        laptop.things["x"][TITLE] = "From a backup"
        meet(laptop.machine, desktop.machine)
        assert desktop.things["x"][TITLE] == "From a backup"


def test_a_device_that_joins_keeps_its_own_and_says_only_what_nobody_said(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = pair(stack, tmp_path)
        laptop.follow("both", title="Chosen")
        laptop.follow("old")
        laptop.machine.on()
        desktop.follow("both", title="Other", paused="1")
        desktop.follow("own")
        carry_first(laptop, desktop)
        desktop.machine.on()
        for _ in range(2):
            meet(laptop.machine, desktop.machine)
        both = {HERE: "1", TITLE: "Chosen", PAUSED: "1"}
        wanted = {"both": both, "old": {HERE: "1"}, "own": {HERE: "1"}}
        assert laptop.things == desktop.things == wanted


def carry_first(source: Home, target: Home) -> None:
    """Let a journal be there before sync is turned on."""
    target.machine.journals.mkdir(parents=True)
    carry(source.machine, target.machine)


def test_what_came_is_said_with_names_and_can_be_undone(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = pair(stack, tmp_path)
        laptop.machine.on()
        desktop.machine.on()
        for name in "wxyz":
            laptop.follow(name, title=name.upper())
        laptop.came()
        carry(laptop.machine, desktop.machine)
        desktop.machine.time += HOUR
        report = desktop.machine.now_ok()
        assert [one.sentence for one in report.file_changes] == ["4 things came from a: W, X, Y, …"]
        [gesture] = report.file_changes[0].gestures
        assert desktop.machine.state.undo(gesture) is not None
        assert desktop.came() == [], "an undo of one's own is not news"
        assert desktop.things == {}
        carry(desktop.machine, laptop.machine)
        assert laptop.came() == ["4 things were removed on b: W, X, Y, …"]


def test_what_stays_here_is_not_removed_elsewhere_nor_changed(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        laptop.kind.stay.add("x")
        desktop.things["x"][TITLE] = "New"
        meet(laptop.machine, desktop.machine)
        del laptop.things["x"]
        laptop.follow("x", title="Private")
        meet(laptop.machine, desktop.machine)
        assert laptop.things == {"x": {HERE: "1", TITLE: "Private"}}
        assert desktop.things == {"x": {HERE: "1", TITLE: "New"}}


@pytest.mark.slow
def test_a_device_with_far_too_many_things_does_not_keep_out_those_of_others(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        laptop, desktop = pair(stack, tmp_path)
        flood = stack.enter_context(closing(Home(tmp_path, "flood")))
        flood.machine.time += 1
        for number in range(MAX_NEW_ROWS + 1):
            flood.follow(f"flood {number}")
        laptop.follow("a", title="A")
        for home in (laptop, flood):
            home.machine.on()
            home.came()
        carry(laptop.machine, desktop.machine)
        carry(flood.machine, desktop.machine)
        desktop.machine.on()
        said = desktop.came()
        assert list(desktop.things) == ["a"]
        assert said == ["5,001 things from flood did not come: too many"]
        assert desktop.kind.checked == {"a"}, "what is too much is not even looked at"
        assert desktop.came() == [], "it is said again when somebody asks"
        told = desktop.machine.sync.carrier.file.describe_refused()  # type: ignore[union-attr]
        assert "5,001 things from flood, which are too many." in told


def test_a_file_that_is_gone_removes_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        desktop.things.clear()
        desktop.kind.file.write_text("")
        meet(laptop.machine, desktop.machine)
        assert "x" not in desktop.things, "somebody may just be writing it"
        assert "x" in laptop.things
        os.utime(desktop.kind.file, (NOON / 1000, NOON / 1000))
        meet(laptop.machine, desktop.machine)
        assert "x" in desktop.things
        assert "x" in laptop.things


def test_what_was_removed_and_is_followed_again_has_nothing_of_before(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        del laptop.things["x"]
        meet(laptop.machine, desktop.machine)
        assert desktop.things == {}
        laptop.follow("x")
        meet(laptop.machine, desktop.machine)
        assert laptop.things == desktop.things == {"x": {HERE: "1"}}


def test_what_is_refused_here_is_not_said_back(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        desktop.kind.keeps_titles = True
        laptop.things["x"] = {HERE: "1", TITLE: "Two", PAUSED: "1"}
        for _ in range(3):
            meet(laptop.machine, desktop.machine)
        assert laptop.things["x"] == {HERE: "1", TITLE: "Two", PAUSED: "1"}
        assert desktop.things["x"] == {HERE: "1", TITLE: "One", PAUSED: "1"}
        laptop.things["x"][TITLE] = "evil"
        meet(laptop.machine, desktop.machine)
        assert "x" in desktop.things, "what is not understood removes nothing"


def test_a_thing_that_cannot_be_written_stops_no_other(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "a")
        laptop.follow("b", title="One")
        meet(laptop.machine, desktop.machine)
        desktop.kind.stuck.add("a")
        for name in "ab":
            laptop.things[name][TITLE] = "Two"
        laptop.follow("c")
        laptop.came()
        carry(laptop.machine, desktop.machine)
        desktop.machine.time += HOUR
        assert desktop.came() == [
            "1 thing was changed on a: Two",
            "1 thing came from a: c",
            "Not every thing of your other devices could be written: a: it is stuck",
        ]
        assert [desktop.things[name].get(TITLE) for name in "abc"] == ["One", "Two", None]
        desktop.kind.stuck.clear()
        meet(laptop.machine, desktop.machine)
        assert laptop.things == desktop.things


def test_one_removes_what_the_other_removes_and_follows_again(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        desktop.machine.time += HOUR
        there = desktop.things.pop("x")
        desktop.came()
        desktop.things["x"] = there
        desktop.came()
        carry(desktop.machine, laptop.machine)
        del laptop.things["x"]
        for _ in range(2):
            meet(laptop.machine, desktop.machine)
        assert laptop.things == desktop.things == {"x": there}


def test_a_clock_that_jumps_loses_no_thing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        laptop.machine.time += 90 * 24 * HOUR
        laptop.things["x"][TITLE] = "From the future"
        meet(laptop.machine, desktop.machine)
        assert desktop.things["x"][TITLE] == "One"
        laptop.machine.time -= 90 * 24 * HOUR
        for _ in range(2):
            meet(laptop.machine, desktop.machine)
        assert desktop.things == laptop.things == {"x": {HERE: "1", TITLE: "From the future"}}


def test_what_was_removed_elsewhere_and_changed_here_before_that_was_written(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        laptop, desktop = together(stack, tmp_path, "x")
        del desktop.things["x"]
        desktop.came()
        carry(desktop.machine, laptop.machine)
        laptop.kind.fails = True
        laptop.came()
        laptop.kind.fails = False
        laptop.things["x"][PAUSED] = "1"
        meet(laptop.machine, desktop.machine)
        assert laptop.things == desktop.things == {}

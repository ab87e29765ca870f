"""Any devices, gestures and deliveries of files: in the end all show the same, and the latest."""

from __future__ import annotations

import shutil
import tempfile
from itertools import product
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from rilo_reader.store.gestures import Gesture
from rilo_reader.store.marks import POSITION, READ
from tests.plugins.devices.machines import HOUR, Machine
from tests.support.examples import examples

NAMES = ("laptop", "desktop", "phone")

machines = st.sampled_from(range(len(NAMES)))
articles = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)
flags = st.sampled_from([READ, "tag:news"])
bits = st.sampled_from("01")
# Among files or gestures; how many there are depends on ids, which differ from run to run.
places = st.integers(0, 19)


class Delivery(RuleBasedStateMachine):
    """Devices that make gestures, and a program that copies files as badly as it may.

    Beside them is a model: of each field of each article, the greatest stamp and value of all
    gestures that anybody made.
    """

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="rilo-delivery-"))
        self.machines = [Machine(self.home, name, sealed_from=400) for name in NAMES]
        self.model: dict[tuple[str, str], tuple[int, str]] = {}
        self.conflicts = 0

    def teardown(self) -> None:
        try:
            self.deliver_everything()
        finally:
            for machine in self.machines:
                machine.close()
            shutil.rmtree(self.home)

    @initialize()
    def turn_on(self) -> None:
        for machine in self.machines:
            machine.on()

    def note(self, gesture: Gesture | None) -> None:
        if gesture is None:
            return
        for assignment in gesture.assignments:
            for article in assignment.ids:
                key, new = (article, assignment.field), (gesture.id.stamp, assignment.value)
                self.model[key] = max(new, self.model.get(key, (0, "")))

    # -- what people do -------------------------------------------------------------------------

    @rule(number=machines, field=flags, value=bits, ids=articles)
    def flag(self, number: int, field: str, value: str, ids: list[str]) -> None:
        self.note(self.machines[number].state.give(field, value, *ids))

    @rule(number=machines, position=st.integers(0, 9))
    def read_on(self, number: int, position: int) -> None:
        self.note(self.machines[number].state.give(POSITION, str(position), "a"))

    @rule(number=machines, place=places)
    def undo(self, number: int, place: int) -> None:
        machine = self.machines[number]
        if known := sorted(entry.id for entry in machine.state.history.read(1000)):
            self.note(machine.state.undo(known[place % len(known)]))

    @rule(number=machines, hours=st.sampled_from([-30, -1, 0, 1, 30]))
    def move_clock(self, number: int, hours: int) -> None:
        self.machines[number].time += hours * HOUR + 1

    # -- what programs do -----------------------------------------------------------------------

    @rule(number=machines)
    def sync(self, number: int) -> None:
        self.machines[number].now_ok()

    @rule(number=machines)
    def off_and_on(self, number: int) -> None:
        self.machines[number].sync.turn_off()
        self.machines[number].on()

    @rule(sender=machines, receiver=machines, share=st.floats(0, 1), place=places)
    def deliver_a_part(self, sender: int, receiver: int, share: float, place: int) -> None:
        """One file, cut at any byte; also over a longer one that was delivered before."""
        if sender == receiver:
            return
        own = self.machines[sender].own
        files = sorted(own.glob("*.log"))
        if not files:
            return
        file = files[place % len(files)]
        there = self.machines[receiver].journals / own.name
        there.mkdir(exist_ok=True)
        whole = file.read_bytes()
        (there / file.name).write_bytes(whole[: round(share * len(whole))])

    @rule(sender=machines, receiver=machines)
    def deliver_a_journal(self, sender: int, receiver: int) -> None:
        if sender != receiver:
            self.deliver(self.machines[sender], self.machines[receiver])

    @rule(sender=machines, receiver=machines, place=places)
    def deliver_as_a_conflict(self, sender: int, receiver: int, place: int) -> None:
        own = self.machines[sender].own
        files = sorted(own.glob("*.log"))
        if not files:
            return
        file = files[place % len(files)]
        there = self.machines[receiver].journals / own.name
        there.mkdir(exist_ok=True)
        self.conflicts += 1
        name = f"{file.stem}.sync-conflict-20260921-{self.conflicts:06}-ABCDEFG.log"
        shutil.copy(file, there / name)

    @rule(sender=machines, receiver=machines)
    def lose_a_journal(self, sender: int, receiver: int) -> None:
        if sender != receiver:
            name = self.machines[sender].own.name
            shutil.rmtree(self.machines[receiver].journals / name, ignore_errors=True)

    @rule(number=machines)
    def lose_ones_own_journal(self, number: int) -> None:
        shutil.rmtree(self.machines[number].own, ignore_errors=True)

    @rule(number=machines)
    def forget_all_that_was_read(self, number: int) -> None:
        """As a state that was restored from its backup has."""
        state = self.machines[number].state
        own = state.journals.devices.ensure_own().id
        state.journals.segments.forget(
            [path for path in state.journals.segments.read() if not path.startswith(own)]
        )

    def deliver(self, source: Machine, target: Machine) -> None:
        """Make the copy of a journal what its device has."""
        there = target.journals / source.own.name
        for file in there.glob("[0-9]*.log"):
            if "conflict" not in file.name:
                file.unlink()
        if source.own.exists():
            shutil.copytree(source.own, there, dirs_exist_ok=True)

    # -- the end --------------------------------------------------------------------------------

    def deliver_all(self) -> None:
        latest = max(machine.time for machine in self.machines) + 1000 * HOUR
        for machine in self.machines:
            machine.time = latest
            machine.now_ok()
        for source in self.machines:
            for target in self.machines:
                if source is not target:
                    self.deliver(source, target)
        for machine in self.machines:
            machine.now_ok()

    def deliver_everything(self) -> None:
        """Where clocks went back, stamps were given anew: still all show the same.

        What has the stamps of before, and is left over somewhere, is carried to all in the end.
        """
        if not any(machine.state.journals.clock.read_correction() for machine in self.machines):
            self.deliver_all()
            assert all(machine.state.winners == self.model for machine in self.machines)
            self.nothing_waits()
            return
        self.deliver_all()
        files = [(file, one) for one in self.machines for file in one.journals.rglob("*.log")]
        for (file, source), target in product(files, self.machines):
            there = target.journals / file.relative_to(source.journals)
            if not there.exists():
                there.parent.mkdir(exist_ok=True)
                shutil.copy(file, there)
        self.deliver_all()
        self.deliver_all()  # what others say again
        first, *others = (machine.state.winners for machine in self.machines)
        assert others == [first, first]
        self.nothing_waits()

    def nothing_waits(self) -> None:
        for machine in self.machines:
            assert machine.state.journals.quarantine.read() == []
            assert machine.state.journals.read_unwritten(1) == []


class ClocksAhead(Delivery):
    """The same where clocks are days ahead for a while."""

    @rule(number=machines, field=flags, hours=st.sampled_from([25, 70]), other=machines)
    def be_ahead_for_a_while(self, number: int, field: str, hours: int, other: int) -> None:
        """Another device may see it, and may have the same clock."""
        machine, witness = self.machines[number], self.machines[other]
        for value in "01":
            self.note(machine.state.give(field, value, "a"))
            machine.time += hours * HOUR
        self.note(machine.state.give(field, "0", "a", "b"))
        machine.now_ok()
        if machine is not witness:
            self.deliver(machine, witness)
            witness.now_ok()
        machine.time -= 2 * hours * HOUR
        machine.now_ok()


class ThoroughDelivery(Delivery):
    """The same for longer."""


Delivery.TestCase.settings = settings(examples(8), stateful_step_count=30)
TestDelivery = Delivery.TestCase

ClocksAhead.TestCase.settings = settings(examples(50), stateful_step_count=40)
TestClocksAhead = pytest.mark.slow(ClocksAhead.TestCase)

ThoroughDelivery.TestCase.settings = settings(examples(100), stateful_step_count=60)
TestThoroughDelivery = pytest.mark.slow(ThoroughDelivery.TestCase)

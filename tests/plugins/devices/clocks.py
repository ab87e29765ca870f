"""Random days of three devices whose clocks go wrong and are mended, and whose files are copied.

Copies of journals lie about under other names, come back from a stick, or lie under an id that
their device has left. At the end every clock is right, and what the user does then is what stays.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import READ, STARRED, TAG
from tests.plugins.devices.machines import HOUR, NOON, Machine, carry, carry_all

DAY = 24 * HOUR
ARTICLES = tuple(ArticleId(f"https://example.org/{number}") for number in range(6))
FIELDS = (READ, STARRED, f"{TAG}customs")
SEALED_FROM = 600
"""Bytes of a segment: some days fill one, and it is compacted."""


class Days:
    """Three devices, and a folder for copies of their journals."""

    def __init__(self, work: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._work = work
        self._now = NOON
        names = ("laptop", "desktop", "phone")
        self.machines = [Machine(work, name, sealed_from=SEALED_FROM) for name in names]
        self._ahead = [0] * len(names)
        self._copies = 0
        for machine in self.machines:
            self._set_clocks()
            machine.on()
            machine.state.give(READ, "1", ARTICLES[0])  # a clock is believed after something was

    def close(self) -> None:
        for machine in self.machines:
            machine.close()

    def play(self, steps: int = 30) -> None:
        """Let days pass, mend all clocks, and check that nothing changes but by the user."""
        often = [self._break, self._copy, self._bring_back, self._meet, self._carry]
        often += [self._mend] * 2 + [self._mark] * 3
        for _ in range(steps):
            self._now += self._chance.randrange(1, 8 * HOUR)
            self._set_clocks()
            self._chance.choice(often)()
        self._ahead = [0] * len(self._ahead)
        self._set_clocks()
        for _ in range(3):
            for machine in self.machines:
                machine.now_ok()
                if machine.sync.read_status().greatest_future_stamp:
                    machine.on()  # which is what its status says
            self._pass(HOUR)
        last = {}
        for article in ARTICLES:
            for field in FIELDS:
                machine, value = self._chance.choice(self.machines), self._chance.choice("01")
                machine.state.give(field, value, article)
                last[article, field] = value
        for days in (0, 0, *[1] * 12, 20, 366):
            self._pass(days * DAY + HOUR)
            for machine in self.machines:
                found = {key: machine.state.value(*key) or "0" for key in last}
                assert found == last, (days, machine.home.name)
        assert not any(machine.state.journals.quarantine.read() for machine in self.machines)

    def _pass(self, time: int) -> None:
        self._now += time
        self._set_clocks()
        for machine in self.machines:
            machine.now_ok()
        carry_all(*self.machines)
        for machine in self.machines:
            machine.now_ok()

    def _set_clocks(self) -> None:
        for number, (machine, ahead) in enumerate(zip(self.machines, self._ahead, strict=True)):
            machine.time = self._now + ahead + number  # no two do something at the same time

    def _any(self) -> Machine:
        return self._chance.choice(self.machines)

    def _mark(self, machine: Machine | None = None) -> None:
        articles = self._chance.sample(ARTICLES, self._chance.randint(1, 3))
        field, value = self._chance.choice(FIELDS), self._chance.choice("01")
        (machine or self._any()).state.give(field, value, *map(str, articles))

    def _meet(self) -> None:
        self._pass(0)

    def _carry(self) -> None:
        source, target = self._chance.sample(self.machines, 2)
        source.now_ok()
        carry(source, target)
        target.now_ok()

    def _break(self) -> None:
        """A clock goes wrong, and something is done by it; perhaps it is copied at once."""
        number = self._chance.randrange(3)
        self._ahead[number] = self._chance.randrange(2 * DAY, 9 * DAY)
        self._set_clocks()
        machine = self.machines[number]
        self._mark(machine)
        machine.now_ok()
        if self._chance.random() < 0.7:
            self._copy(machine, machine.last_segment())

    def _mend(self) -> None:
        number = self._chance.randrange(3)
        self._ahead[number] = 0
        self._set_clocks()
        self.machines[number].now_ok()

    def _copy(self, machine: Machine | None = None, segment: Path | None = None) -> None:
        """A program keeps two versions of a segment, or somebody copies a journal to a stick."""
        machine = machine or self._any()
        segments = sorted(machine.journals.glob("*/*.log"))
        segment = segment or self._chance.choice(segments)
        self._copies += 1
        if self._chance.random() < 0.5:
            there = self._any().journals / segment.parent.name
            there.mkdir(exist_ok=True)
            shutil.copy(segment, there / f"{segment.stem}.sync-conflict-{self._copies}.log")
        else:
            journal = segment.parent
            shutil.copytree(journal, self._work / f"stick-{self._copies}" / journal.name)

    def _bring_back(self) -> None:
        """A stick has an old journal, which a program takes for the newer one."""
        if sticks := sorted(self._work.glob("stick-*/*")):
            stick = self._chance.choice(sticks)
            shutil.copytree(stick, self._any().journals / stick.name, dirs_exist_ok=True)

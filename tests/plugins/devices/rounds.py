"""Rounds of random gestures on two machines, and what must hold once everything has arrived."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rilo_reader.store.marks import HIGHLIGHT, NOTE, POSITION
from tests.plugins.devices.machines import HOUR, Machine
from tests.plugins.devices.random_gestures import ARTICLES, Value, random_gesture

ROOT = Path(__file__).resolve().parents[3]
SEALED_FROM = 3_000
"""Bytes of a segment of these tests: some rounds fill one."""


class Rounds:
    """Two machines, and what was confirmed on them; the clock of the second is behind."""

    def __init__(self, work: Path, seed: int, *, sealed_from: int = SEALED_FROM) -> None:
        """Make the machines in a folder.

        Sealing a segment compacts, and what is superseded before the other machine has read it
        never comes into its history.
        """
        self.machines = [
            Machine(work, name, sealed_from=sealed_from) for name in ("laptop", "desktop")
        ]
        self.machines[1].time -= 3 * HOUR
        self.chance = random.Random(seed)
        self.kills = 0  # processes that were killed in the middle of gestures
        self._confirmed: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._stamps: set[int] = set()

    def on(self) -> None:
        """Turn sync on everywhere."""
        for machine in self.machines:
            machine.on()

    def close(self) -> None:
        for machine in self.machines:
            machine.close()

    def play(self, number: int) -> None:
        """Do gestures on both machines, in this order or the other."""
        for machine in self.in_order(number):
            machine.time += self.chance.randrange(60_000)
            if self.chance.random() < 0.2:
                self._kill_in_the_middle(machine)
            for _ in range(self.chance.randrange(4)):
                self._confirm(random_gesture(machine.state, self.chance))
            if self.chance.random() < 0.8:
                machine.now_ok()

    def in_order(self, number: int) -> Sequence[Machine]:
        """Both machines, the first one first in even rounds."""
        return self.machines[:: -1 if number % 2 else 1]

    def meet(self, number: int, carry: Callable[[], None]) -> None:
        """Let everything arrive, and check that both show the same and nothing is missing."""
        for machine in self.in_order(number):
            machine.now_ok()
        carry()
        for machine in self.in_order(number + 1):
            machine.now_ok()
        self.check()

    def check(self) -> None:
        """Both machines show the same, which has everything that was confirmed."""
        first, second = (dump(machine) for machine in self.machines)
        assert first == second
        winners = self.machines[0].state.winners
        for key, least in self._confirmed.items():
            stamp, value = winners[key]
            assert (stamp, value.encode()) >= least, key
        # What was done and not confirmed may be there, and nothing else.
        stamps = {stamp for (_, field), (stamp, _) in winners.items() if field != POSITION}
        assert len(stamps - self._stamps) <= self.kills
        for machine in self.machines:
            assert machine.state.journals.quarantine.read() == []
            assert not list(machine.folder.parent.rglob("*conflict*"))

    def _confirm(self, values: Sequence[Value]) -> None:
        for article, field, stamp, value in values:
            best = self._confirmed.get((article, field), (0, b""))
            self._confirmed[article, field] = max(best, (stamp, value.encode()))
            self._stamps.add(stamp)

    def _kill_in_the_middle(self, machine: Machine) -> None:
        """Let another process do gestures on a machine, and kill it after some."""
        seed = self.chance.getrandbits(30)
        numbers = (machine.time, seed, machine.sealed_from)
        argv = [sys.executable, "-m", "tests.plugins.devices.random_gestures", str(machine.home)]
        argv += map(str, numbers)
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ))
        assert process.stdout is not None
        with process.stdout as lines:
            for _ in range(self.chance.randint(1, 6)):
                self._confirm(_parsed(next(lines)))
            process.kill()
            # What it printed meanwhile was confirmed as well; half a line was not.
            for line in lines:
                if line.endswith(b"\n"):
                    self._confirm(_parsed(line))
        assert process.wait() < 0
        self.kills += 1


def _parsed(line: bytes) -> list[Value]:
    return [Value(*value) for value in json.loads(line)]


def dump(machine: Machine) -> dict[str, object]:
    """All that travels, as it is asked by who shows it, and as it is stamped."""
    state = machine.state
    marks = {article: one._replace(opened=None) for article, one in state.marks(ARTICLES).items()}
    return {
        "marks": {article: one for article, one in marks.items() if any(one)},
        "tags": state.tags(),
        "highlights": sorted(state.annotations.read_all(HIGHLIGHT)),
        "notes": sorted(state.annotations.read_all(NOTE)),
        "stamps": state.winners,
    }

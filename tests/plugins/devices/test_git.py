"""Two devices over a real git repository, with merges: no conflict, and both show the same."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from rilo_reader.store.marks import READ, STARRED
from tests.plugins.devices.machines import Machine
from tests.plugins.devices.rounds import Rounds
from tests.support.examples import scale_rounds

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not here"),
]

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), *IDENTITY, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def carry(machine: Machine, how: str = "--no-rebase") -> None:
    """Commit, merge what others pushed, push; `how` is an option of `git pull`."""
    repository = machine.folder.parent
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--allow-empty", "-m", "Marks")
    git(repository, "pull", "-q", how, "--no-edit", "origin", "main")
    git(repository, "push", "-q", "origin", "HEAD:main")


def carry_there_and_back(first: Machine, second: Machine, how: str) -> None:
    """What both have is on both, without a sync between."""
    for machine in (first, second, first):
        carry(machine, how)


def exchange(machine: Machine) -> None:
    """Sync, commit, merge what others pushed, push, sync."""
    machine.now_ok()
    carry(machine)
    machine.now_ok()


def clone(work: Path, machines: Sequence[Machine]) -> None:
    """Make a repository, clone it as the library of each machine, and turn sync on there."""
    origin = work / "origin"
    git(work, "init", "-q", "--bare", "-b", "main", str(origin))
    first = work / "first"
    git(work, "clone", "-q", str(origin), str(first))
    git(first, "commit", "-q", "--allow-empty", "-m", "Begin")
    git(first, "push", "-q", "origin", "HEAD:main")
    for machine in machines:
        git(work, "clone", "-q", str(origin), str(machine.folder.parent))
        machine.on()


def test_a_git_repository_carries_journals(tmp_path: Path) -> None:
    machines = [Machine(tmp_path, name) for name in ("laptop", "desktop")]
    clone(tmp_path, machines)
    for number in range(5):
        for machine in machines:
            machine.time += 1
            value = str(number % 2)
            machine.state.give(READ, value, "a", "b")
            machine.state.give(STARRED, "1", f"{machine.home.name}-{number}")
            exchange(machine)
    devices = [machine.state.journals.devices.ensure_own() for machine in machines]
    for machine in (*machines, *machines):
        exchange(machine)
    laptop, desktop = machines
    assert laptop.state.winners == desktop.state.winners
    assert len(laptop.state.winners) == 12
    assert [machine.state.journals.devices.ensure_own() for machine in machines] == devices
    assert [each.state.journals.quarantine.read() for each in machines] == [[], []]
    for machine in machines:
        machine.close()


@pytest.mark.slow
def test_rounds_over_git(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, seed=3, sealed_from=1_000_000)
    clone(tmp_path, rounds.machines)
    devices = [machine.state.journals.devices.ensure_own() for machine in rounds.machines]
    count = scale_rounds(50, 20)
    for number in range(count):
        rounds.play(number)
        if number % 5 == 4:
            first, second = rounds.in_order(number // 5)
            how = "--no-rebase" if number < count / 2 else "--rebase"
            rounds.meet(number, partial(carry_there_and_back, first, second, how))
    assert [machine.state.journals.devices.ensure_own() for machine in rounds.machines] == devices
    laptop, desktop = (
        [entry[:-3] for entry in one.state.history.read(500)] for one in rounds.machines
    )
    assert laptop == desktop
    assert len(laptop) > count
    assert rounds.kills > count / 10
    rounds.close()

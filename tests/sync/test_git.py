"""Two devices over a real git repository, with merges: no conflict, and both show the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rilo_reader.store.gestures import READ, STARRED
from tests.sync.machines import Machine, RealState, real_machine

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not here"),
]

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), *IDENTITY, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def exchange(machine: Machine[RealState]) -> None:
    """Sync, commit, merge what others pushed, push, sync."""
    machine.now_ok()
    repository = machine.folder.parent
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--allow-empty", "-m", "Marks")
    git(repository, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    git(repository, "push", "-q", "origin", "HEAD:main")
    machine.now_ok()


def test_a_git_repository_carries_journals(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(origin))
    first = tmp_path / "first"
    git(tmp_path, "clone", "-q", str(origin), str(first))
    git(first, "commit", "-q", "--allow-empty", "-m", "Begin")
    git(first, "push", "-q", "origin", "HEAD:main")

    machines = [real_machine(tmp_path, name) for name in ("laptop", "desktop")]
    for machine in machines:
        git(tmp_path, "clone", "-q", str(origin), str(machine.folder.parent))
        machine.on()
    for number in range(5):
        for machine in machines:
            machine.time += 1
            value = str(number % 2)
            machine.state.give(READ, value, "a", "b")
            machine.state.give(STARRED, "1", f"{machine.home.name}-{number}")
            exchange(machine)
    devices = [machine.state.device() for machine in machines]
    for machine in (*machines, *machines):
        exchange(machine)
    laptop, desktop = machines
    assert laptop.state.winners == desktop.state.winners
    assert len(laptop.state.winners) == 12
    assert [machine.state.device() for machine in machines] == devices
    assert laptop.state.aside() == desktop.state.aside() == []
    for machine in machines:
        machine.close()

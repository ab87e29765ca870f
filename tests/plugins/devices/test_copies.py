"""Two devices over copies that somebody makes by hand: of a stick, both ways, whole or in part."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.plugins.devices.machines import Machine
from tests.plugins.devices.rounds import Rounds
from tests.support.examples import scale_rounds

pytestmark = pytest.mark.slow


def copy_newer(source: Path, target: Path) -> None:
    """As `cp -ru SOURCE/. TARGET`: files that are missing, and those that are newer."""
    for file in source.rglob("*"):
        there = target / file.relative_to(source)
        if file.is_dir():
            there.mkdir(parents=True, exist_ok=True)
        elif not there.exists() or there.stat().st_mtime_ns < file.stat().st_mtime_ns:
            shutil.copy2(file, there)


def copy_all(source: Path, target: Path) -> None:
    """As `cp -r SOURCE/. TARGET`: also over what is newer there."""
    shutil.copytree(source, target, dirs_exist_ok=True)


def copy_part(source: Machine, target: Machine, cut: Random) -> None:
    """Copy some files of other devices, the last of them in part, as if the stick was drawn.

    The part has no time yet: of a file that is newer, `cp -u` would never copy the rest.
    """
    own = target.state.journals.devices.ensure_own().id
    files = [file for file in sorted(source.journals.rglob("*.log")) if file.parent.name != own]
    there = target.journals
    for file in cut.sample(files, cut.randint(1, len(files))):
        there = target.journals / file.relative_to(source.journals)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, there)
    os.truncate(there, cut.randint(0, there.stat().st_size))
    os.utime(there, (0, 0))


def carry_stick(first: Machine, stick: Path, second: Machine) -> None:
    """Carry a stick from one to the other and back, without a sync between."""
    copy_newer(first.journals, stick)
    copy_newer(stick, second.journals)
    copy_newer(second.journals, stick)
    copy_newer(stick, first.journals)


def copy_without_care(first: Machine, second: Machine) -> None:
    """Copy all that one has over all that the other has, and the other way round."""
    for source, target in ((first, second), (second, first)):
        copy_all(source.journals, target.journals)
        target.now_ok()
    copy_newer(first.journals, second.journals)


def test_rounds_over_a_stick(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, seed=5)
    rounds.on()
    devices = [machine.state.journals.devices.ensure_own() for machine in rounds.machines]
    count = scale_rounds(50, 20)
    for number in range(count):
        rounds.play(number)
        first, second = rounds.in_order(number // 5)
        if number % 5 == 2:
            copy_part(first, second, rounds.chance)
            second.now_ok()
        if number % 5 == 4:
            rounds.meet(number, partial(carry_stick, first, tmp_path / "stick", second))
    assert [machine.state.journals.devices.ensure_own() for machine in rounds.machines] == devices
    assert rounds.kills > count / 10
    rounds.close()


def test_copies_over_what_is_newer_lose_nothing(tmp_path: Path) -> None:
    """`cp -r` puts old files over a device's own: it becomes another device, with all it had."""
    rounds = Rounds(tmp_path, seed=7)
    rounds.on()
    devices = {machine.state.journals.devices.ensure_own() for machine in rounds.machines}
    for number in range(20):
        rounds.play(number)
        rounds.meet(number, partial(copy_without_care, *rounds.in_order(number)))
        devices |= {machine.state.journals.devices.ensure_own() for machine in rounds.machines}
    assert len(devices) > 2
    rounds.close()

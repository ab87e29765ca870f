"""Two devices over two real Syncthing devices, joined and apart, with readers that are killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.devices.rounds import Rounds
from tests.support.examples import scale_rounds
from tests.support.syncthing import needs_syncthing, syncthing_pair

pytestmark = [pytest.mark.service, pytest.mark.slow, needs_syncthing]

STRETCH = 5
"""Rounds after which the two are parted, or joined again."""


def test_rounds_over_syncthing(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, seed=12)
    libraries = [machine.folder.parent for machine in rounds.machines]
    with syncthing_pair(tmp_path, *libraries) as pair:
        rounds.on()
        devices = [machine.state.journals.devices.ensure_own() for machine in rounds.machines]
        count = scale_rounds(50, 20)
        for number in range(count):
            is_apart = number // STRETCH % 2 == 1
            if number % STRETCH == 0 and is_apart:
                pair.part()
            elif number % STRETCH == 0 and number:
                pair.join()
                rounds.meet(number, pair.scan_and_settle)
            rounds.play(number)
            if not is_apart:
                rounds.meet(number, pair.scan_and_settle)
        pair.join()
        rounds.meet(count, pair.scan_and_settle)
        assert [
            machine.state.journals.devices.ensure_own() for machine in rounds.machines
        ] == devices
    assert rounds.kills > count / 10
    rounds.close()

"""Random keys over every panel, while the machine is slow."""

from __future__ import annotations

import pytest
from tools.judge.random_keys import judge


@pytest.mark.terminal
@pytest.mark.parametrize(("seed", "slow"), [(3, "stop"), (5, "none")])
def test_random_keys_leave_no_panel_behind_and_end_nothing(seed: int, slow: str) -> None:
    assert judge(12, seed, slow).faults == ()

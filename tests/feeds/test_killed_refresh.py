"""A refresh that is killed at any moment loses nothing and doubles nothing (the lean part).

`python -m tools.judge.killed_refresh` kills two hundred refreshes of the real feeds.
"""

from __future__ import annotations

import sys

import pytest
from tools.judge.killed_refresh import made_feeds, prove


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and many loopback addresses")
def test_killed_refreshes_end_in_the_library_of_an_undisturbed_one() -> None:
    verdict = prove(made_feeds(12), kills=8, seed=3)
    assert verdict.differences == ()
    assert verdict.broken == 0
    assert verdict.kills + verdict.late == 8
    assert verdict.articles > 60

"""A sync that is killed at any moment loses nothing and doubles nothing (the lean part).

`python -m tools.judge.killed_sync` kills a hundred syncs by each API.
"""

from __future__ import annotations

import sys

import pytest
from tools.judge.killed_sync import FEEDS, FIRST_ENTRIES, prove

from rilo_reader.sync.services.service import Api
from tests.support.miniflux_server import MinifluxServer
from tests.sync.services.miniflux_devices import APIS

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, to a group of processes")
@pytest.mark.parametrize("api", APIS)
def test_killed_syncs_end_as_undisturbed_ones(miniflux_server: MinifluxServer, api: Api) -> None:
    [*_, verdict] = prove(miniflux_server, api, kills=4, seed=7)
    assert verdict.differences == ()
    assert verdict.kills + verdict.late == 4
    assert verdict.entries >= FEEDS * FIRST_ENTRIES

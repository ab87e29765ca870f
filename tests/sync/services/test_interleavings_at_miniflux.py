"""Marks on two devices and at a real Miniflux, in any order: all sides end up equal (a part of it).

`python -m tools.judge.interleavings` plays two hundred seeds in each of the three ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rilo_reader.sync.services.service import Api
from rilo_reader.workers import WorkerPool
from tests.support.miniflux_server import MinifluxUser
from tests.support.servers import serving
from tests.sync.services.interleavings import Interleaving

pytestmark = [pytest.mark.service, pytest.mark.slow]

SEEDS = range(8)
"""The odd ones with a folder of journals that both devices share."""


@pytest.mark.parametrize(
    "apis", [(Api.MINIFLUX, Api.MINIFLUX), (Api.GREADER, Api.GREADER), (Api.MINIFLUX, Api.GREADER)]
)
def test_whatever_is_done_at_random_all_sides_end_up_equal(
    tmp_path: Path, pool: WorkerPool, miniflux: MinifluxUser, apis: Sequence[Api]
) -> None:
    with serving() as web:
        for seed in SEEDS:
            work = tmp_path / f"seed{seed}"
            one = Interleaving(work, pool, miniflux, web, apis, seed, shares=seed % 2 == 1)
            one.play()
            one.close()

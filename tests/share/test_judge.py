"""Three desks that do whatever comes to their minds, and are killed; see tools/judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.judge.shared_desks import judge

from tests.support.postgresql import Archive


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_desks_are_alike_whatever_happened(archive: Archive, tmp_path: Path, seed: int) -> None:
    verdict = judge(archive, tmp_path, 25, seed, 30)
    assert verdict.differences == ()
    assert verdict.articles > 30

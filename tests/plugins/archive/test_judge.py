"""Three desks that do whatever comes to their minds, and are killed; see tools/judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.judge.shared_desks import judge

from tests.support.examples import scale_rounds
from tests.support.postgresql import Archive


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_desks_are_alike_whatever_happened(archive: Archive, tmp_path: Path) -> None:
    verdict = judge(archive, tmp_path, rounds=scale_rounds(300, 40), seed=1, articles=2_000)
    assert verdict.differences == ()
    assert verdict.articles > 2_000

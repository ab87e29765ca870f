"""Three desks that do whatever comes to their minds, and are killed; see tools/judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.judge.shared_desks import judge

from tests.support.postgresql import Archive


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.timeout(900)  # a minute and a half of one core, where nobody else needs it
@pytest.mark.parametrize(("rounds", "articles"), [(25, 30), (100, 10_000)])
def test_desks_are_alike_whatever_happened(
    archive: Archive, tmp_path: Path, rounds: int, articles: int
) -> None:
    verdict = judge(archive, tmp_path, rounds, 1, articles)
    assert verdict.differences == ()
    assert verdict.articles > articles

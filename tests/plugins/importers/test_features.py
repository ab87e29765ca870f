"""docs/features.md lists every kind of file that is imported."""

from __future__ import annotations

import pytest

from rilo_reader.plugins.importers.report import Kind
from tests.test_features import within


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_file_is_listed(kind: Kind) -> None:
    assert any(str(kind).lower() in feature.said.lower() for feature in within("Import"))

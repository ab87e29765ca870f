"""docs/features.md lists every kind of file that is imported."""

from __future__ import annotations

import pytest

from rilo_reader.plugins.importers.report import ContentKind
from tests.test_features import within


@pytest.mark.parametrize("kind", ContentKind)
def test_every_kind_of_file_is_listed(kind: ContentKind) -> None:
    assert any(str(kind).lower() in feature.said.lower() for feature in within("Import"))

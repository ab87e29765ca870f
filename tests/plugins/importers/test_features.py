"""docs/features.md lists every kind of file that is imported."""

from __future__ import annotations

from rilo_reader.plugins.importers.report import ContentKind
from tests.support.for_each import for_each
from tests.test_features import within


@for_each("kind", ContentKind)
def test_every_kind_of_file_is_listed(kind: ContentKind) -> None:
    assert any(str(kind).lower() in feature.said.lower() for feature in within("Import"))

"""Where a window of an archive begins."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.cli.library_context import choose_library
from rilo_reader.config import Config
from rilo_reader.index.schema import sort_key, to_seconds
from rilo_reader.plugins.archive.connection import ShareError
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.plugins.archive.window import parse_edge
from tests.support.for_each import for_each
from tests.support.reader import paths_in


@for_each("text", ["", "3", "soon", "2y2", "2999", "1x"])
def test_what_is_no_window_says_so(text: str) -> None:
    with pytest.raises(ShareError, match="is not a valid window"):
        parse_edge(text, datetime.now(UTC))


def test_a_window_begins_with_a_day() -> None:
    now = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
    assert parse_edge("2y", now) == sort_key(to_seconds(datetime(2024, 11, 28, tzinfo=UTC)))
    assert parse_edge("90d", now) == sort_key(to_seconds(datetime(2026, 8, 30, tzinfo=UTC)))
    assert parse_edge("2019", now) == sort_key(to_seconds(datetime(2019, 1, 1, tzinfo=UTC)))
    assert parse_edge("all", now) == 0


def test_a_library_whose_articles_are_all_in_the_archive_is_not_the_guide(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    folder = paths.default_library
    folder.mkdir(parents=True)
    assert choose_library(None, Config(), paths).wanted_folder == folder
    with open_records(folder, paths):
        assert choose_library(None, Config(), paths).folder == folder

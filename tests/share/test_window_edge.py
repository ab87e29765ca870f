"""Where a window of an archive begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rilo_reader.index.schema import order_of, seconds_of
from rilo_reader.share.connection import ShareError
from rilo_reader.share.window import edge_of


@pytest.mark.parametrize("text", ["", "3", "soon", "2y2", "2999", "1x"])
def test_what_is_no_window_says_so(text: str) -> None:
    with pytest.raises(ShareError, match="is no window"):
        edge_of(text, datetime.now(UTC))


def test_a_window_begins_with_a_day() -> None:
    now = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
    assert edge_of("2y", now) == order_of(seconds_of(datetime(2024, 11, 28, tzinfo=UTC)))
    assert edge_of("90d", now) == order_of(seconds_of(datetime(2026, 8, 30, tzinfo=UTC)))
    assert edge_of("2019", now) == order_of(seconds_of(datetime(2019, 1, 1, tzinfo=UTC)))
    assert edge_of("all", now) == 0

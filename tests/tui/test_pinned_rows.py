"""Rows pinned in place, against a list that simply keeps everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.library import Row, Window
from rilo_reader.query.parser import parse
from rilo_reader.tui.reader.results import PinnedRows, needs_marks
from tests.support.watched_library import unmarked_row

ROWS = tuple(map(unmarked_row, range(60)))


def ask(matching: list[Row], pinned: PinnedRows, offset: int, limit: int) -> Window:
    start = pinned.library_index(offset)
    window = Window(len(matching), start, tuple(matching[start : start + limit]))
    return pinned.merge_window(window, offset, limit)


@given(st.sets(st.integers(0, 59)), st.integers(0, 70), st.integers(1, 70))
def test_the_screen_keeps_every_row_where_it_was(gone: set[int], offset: int, limit: int) -> None:
    pinned = PinnedRows()
    for index in gone:
        pinned.pin_row(index, ROWS[index])
    matching = [row for index, row in enumerate(ROWS) if index not in gone]
    window = ask(matching, pinned, offset, limit)
    assert window.total == 60
    assert window.rows == ROWS[offset : offset + limit]
    for place, row in enumerate(matching):
        assert ROWS[pinned.screen_index(place)] == row


def test_a_row_that_matches_again_is_let_go() -> None:
    pinned = PinnedRows()
    pinned.pin_row(3, ROWS[3])
    pinned.unpin_article(ROWS[3].id)
    assert len(pinned) == 0
    assert ask(list(ROWS), pinned, 0, 5).rows == ROWS[:5]


def test_which_queries_depend_on_marks() -> None:
    assert needs_marks(parse("ivory is:unread").node)
    assert needs_marks(parse("a OR (b -is:starred)").node)
    assert not needs_marks(parse("ivory customs").node)

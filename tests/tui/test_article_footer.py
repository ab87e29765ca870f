"""The foot of an article: both titles fit, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from rilo_reader.tui.widgets.page_view import NEIGHBOUR, footer


def text(previous: str | None, following: str | None, width: int) -> str:
    return "".join(part.text for part in footer(previous, following, width, Style()))


def test_titles_stand_at_both_ends() -> None:
    assert text("Before", "After", 30) == "← Before               After →"
    assert text(None, "After", 20) == "             After →"
    assert text("Before", None, 20).rstrip() == "← Before"


def test_long_titles_share_the_line() -> None:
    line = text("b" * 50, "a" * 50, 30)
    assert cell_len(line) == 30
    assert line.startswith("← bbbb")
    assert line.endswith("… →")
    assert "…   a" in line


def test_a_short_title_leaves_its_space_to_the_other() -> None:
    assert "a" * 20 in text("b", "a" * 20, 30)
    assert "b" * 20 in text("b" * 20, "a", 30)


def test_each_title_goes_its_way() -> None:
    parts = footer("b", "a", 20, Style())
    ways = {part.text: part.style.meta.get(NEIGHBOUR) for part in parts if part.style}
    assert (ways["← b"], ways["a →"]) == (-1, 1)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.none() | st.text(max_size=40), st.none() | st.text(max_size=40), st.integers(8, 90))
def test_the_line_never_exceeds_the_width(
    previous: str | None, following: str | None, width: int
) -> None:
    from rilo_reader.text import clean_line

    line = text(
        None if previous is None else clean_line(previous),
        None if following is None else clean_line(following),
        width,
    )
    assert cell_len(line) <= width

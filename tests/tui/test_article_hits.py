"""What stands over and below a page: hits in their fields and over line ends; the foot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from rilo_reader.query.parser import parse
from rilo_reader.query.tree import words_to_highlight
from rilo_reader.render.page import Page
from rilo_reader.text import clean_line
from rilo_reader.tui.widgets.layers import find_page_hits
from rilo_reader.tui.widgets.page_view import NEIGHBOUR, Patch, apply_patches, make_footer
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import page_of

LONG_WORD = "x" * 20 + "needle" + "y" * 20


def words_hit(page: Page, query: str, begin: int = 0) -> list[list[str]]:
    """The text of each hit's pieces."""
    return [
        [page.lines[line].text[start:end] for line, start, end in hit]
        for hit in find_page_hits(page, words_to_highlight(parse(query)), begin)
    ]


@for_each(
    "query, found",
    [
        ("ivory", ["Ivory", "Ivory", "ivory"]),
        ("title:ivory", ["Ivory"]),
        ("body:ivory", ["ivory"]),
        ("source:ivory", ["Ivory"]),
        ("url:ivory -tower", []),
    ],
)
def test_a_field_marks_only_its_own_part(query: str, found: list[str]) -> None:
    page = page_of("An ivory tower.", title="Ivory seized", source="Ivory News")
    assert words_hit(page, query) == [[piece] for piece in found]


@for_each(
    "body, width, query, found",
    [
        ("aaaa bbbb post channel cccc", 15, '"post channel"', [["post", "channel"]]),
        ("> aaaa bbbb post channel cccc", 17, '"post channel"', [["post", "channel"]]),
        (LONG_WORD, 23, LONG_WORD, [[LONG_WORD[:23], LONG_WORD[23:]]]),
        ("海关总署今天公布查获象牙制品", 10, "今天", [["今", "天"]]),
        # The author's line end separates no Chinese words; every other one does.
        ("今\n天公布", 60, "今天", [["今天"]]),
        *((body, 60, "今天", []) for body in ("- 今\n- 天", "今\n\n天", "今\\\n天", "今，天")),
        ("one post\n\nchannel two", 40, "post channel", [["post"], ["channel"]]),
    ],
)
def test_a_phrase_that_wraps_is_one_hit_of_two_pieces(
    body: str, width: int, query: str, found: list[list[str]]
) -> None:
    assert words_hit(page_of(body, width), query) == found


def test_parts_of_a_page_give_the_hits_of_the_whole() -> None:
    page = page_of("\n\n".join(f"word {i} and ivory" for i in range(50)))
    whole = words_hit(page, "ivory")
    middle = page.head_lines + 42
    assert page.lines[middle - 1].text == "word 20 and ivory"
    first = Page(page.width, page.lines[:middle], title_lines=1, head_lines=page.head_lines)
    assert words_hit(first, "ivory") + words_hit(page, "ivory", middle) == whole
    assert len(whole) == 50


@pytest.mark.slow
@examples(200)
@given(
    st.lists(st.text("ab漢 ", min_size=1, max_size=5), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4),
)
def test_restyling_changes_styles_and_never_text(
    texts: list[str], ranges: list[tuple[int, int]]
) -> None:
    segments = [Segment(text, Style(bold=True)) for text in texts]
    patches = [Patch(start, end, Style(reverse=True)) for start, end in ranges]
    flat = [
        (character, segment.style)
        for segment in apply_patches(segments, patches)
        for character in segment.text
    ]
    assert "".join(character for character, _ in flat) == "".join(texts)
    for at, (_, style) in enumerate(flat):
        marked = any(start <= at < end for start, end in ranges)
        assert style == Style(bold=True, reverse=True if marked else None)


# -- the foot: both titles fit, whatever they are


def foot(previous: str | None, following: str | None, width: int) -> str:
    return "".join(part.text for part in make_footer(previous, following, width, Style()))


@for_each(
    "previous, following, width, shown",
    [
        ("Before", "After", 30, "← Before               After →"),
        (None, "After", 20, "             After →"),
        ("Before", None, 20, "← Before            "),
        ("b" * 50, "a" * 50, 30, "← bbbbbbbbbb…   aaaaaaaaaaa… →"),
        ("b", "a" * 20, 30, "← b     aaaaaaaaaaaaaaaaaaaa →"),
        ("b" * 20, "a", 30, "← bbbbbbbbbbbbbbbbbbbb     a →"),
    ],
)
def test_titles_stand_at_both_ends_of_the_foot(
    previous: str | None, following: str | None, width: int, shown: str
) -> None:
    assert foot(previous, following, width) == shown
    parts = make_footer(previous, following, width, Style())
    ways = {
        part.text[:1]: part.style.meta[NEIGHBOUR]
        for part in parts
        if part.style and part.style.meta
    }
    assert ways == {**({"←": -1} if previous else {}), **({following[:1]: 1} if following else {})}


@pytest.mark.slow
@examples(200)
@given(st.none() | st.text(max_size=40), st.none() | st.text(max_size=40), st.integers(8, 90))
def test_the_foot_never_exceeds_the_width(
    previous: str | None, following: str | None, width: int
) -> None:
    before, after = (title and clean_line(title) for title in (previous, following))
    assert cell_len(foot(before, after, width)) <= width


LEDGER = """\
| | version | runs on | keeps articles as |
|---|---|---|---|
| **rilo-reader** | 0.1 | terminal | Markdown files |
| [newsboat](https://newsboat.org) | 2.44 | | a database (SQLite) |
"""


@given(st.integers(24, 90))
def test_hits_and_positions_in_a_table_are_the_same_at_any_width(width: int) -> None:
    page = page_of(LEDGER, width)
    assert sum(line.body_letters for line in page.lines) == sum(
        line.body_letters for line in page_of(LEDGER, 100).lines
    )
    found = "".join(piece for hit in words_hit(page, "keeps database SQLite") for piece in hit)
    assert found == "keepsdatabaseSQLite"
    if 46 < width < 60:  # as blocks whose names need one line
        assert len(words_hit(page, '"a database SQLite"')) == 1

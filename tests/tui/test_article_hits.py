"""Hits on a page: over line ends, in their fields, and segments re-styled where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from rilo_reader.query.parser import parse
from rilo_reader.query.tree import highlights
from rilo_reader.render.page import Page
from rilo_reader.tui.widgets.layers import hits_of
from rilo_reader.tui.widgets.page_view import Patch, restyled
from tests.support.rendering import page_of


def words_hit(page: Page, query: str, begin: int = 0) -> list[list[str]]:
    """The text of each hit's pieces."""
    return [
        [page.lines[line].text[start:end] for line, start, end in hit]
        for hit in hits_of(page, highlights(parse(query)), begin)
    ]


def test_words_in_title_source_and_body() -> None:
    page = page_of("An Ivory tower.", title="Ivory seized", source="Ivory News")
    assert words_hit(page, "ivory") == [["Ivory"], ["Ivory"], ["Ivory"]]


def test_a_field_marks_only_its_own_part() -> None:
    page = page_of("An ivory tower.", title="Ivory seized", source="Ivory News")
    assert len(words_hit(page, "title:ivory")) == 1
    assert words_hit(page, "body:ivory") == [["ivory"]]
    assert words_hit(page, "source:ivory") == [["Ivory"]]
    assert words_hit(page, "url:ivory -tower") == []


def test_a_phrase_that_wraps_is_one_hit_of_two_pieces() -> None:
    page = page_of("aaaa bbbb post channel cccc", 15)
    assert words_hit(page, '"post channel"') == [["post", "channel"]]


def test_a_phrase_that_wraps_in_a_quote_leaves_the_bar_alone() -> None:
    page = page_of("> aaaa bbbb post channel cccc", 17)
    assert words_hit(page, '"post channel"') == [["post", "channel"]]


def test_chinese_words_that_wrap_are_found() -> None:
    page = page_of("海关总署今天公布查获象牙制品", 10)
    text = [line.text for line in page.lines[page.head_lines + 1 :]]
    assert text[0] == "海关总署今"
    assert words_hit(page, "今天") == [["今", "天"]]


def test_chinese_words_that_the_author_wrapped_are_found_and_those_of_two_lines_are_not() -> None:
    assert words_hit(page_of("今\n天公布"), "今天") == [["今天"]]
    for body in ("- 今\n- 天", "今\n\n天", "今\\\n天", "今，天"):
        assert words_hit(page_of(body), "今天") == []


def test_a_long_word_cut_in_two_is_found() -> None:
    page = page_of("x" * 20 + "needle" + "y" * 20, 23)
    assert words_hit(page, "x" * 20 + "needle" + "y" * 20) == [["x" * 20 + "nee", "dle" + "y" * 20]]


def test_a_phrase_does_not_run_on_into_the_next_paragraph() -> None:
    page = page_of("one post\n\nchannel two", 40)
    assert len(words_hit(page, "post channel")) == 2


def test_parts_of_a_page_give_the_hits_of_the_whole() -> None:
    page = page_of("\n\n".join(f"word {i} and ivory" for i in range(50)))
    whole = words_hit(page, "ivory")
    middle = page.head_lines + 42
    assert page.lines[middle - 1].text == "word 20 and ivory"
    first = Page(page.width, page.lines[:middle], title_lines=1, head_lines=page.head_lines)
    assert words_hit(first, "ivory") + words_hit(page, "ivory", middle) == whole
    assert len(whole) == 50


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("ab漢 ", min_size=1, max_size=5), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4),
)
def test_restyling_changes_styles_and_never_text(
    texts: list[str], ranges: list[tuple[int, int]]
) -> None:
    segments = [Segment(text, Style(bold=True)) for text in texts]
    reverse = Style(reverse=True)
    patches = [Patch(start, end, reverse) for start, end in ranges]
    result = restyled(segments, patches)
    flat = [
        (character, bool(segment.style and segment.style.reverse))
        for segment in result
        for character in segment.text
    ]
    assert "".join(character for character, _ in flat) == "".join(texts)
    expected = [any(start <= i < end for start, end in ranges) for i in range(len(flat))]
    assert [marked for _, marked in flat] == expected
    assert all(segment.style and segment.style.bold for segment in result)

"""Pages nested deeper than anybody nests them are read, and nothing in them is lost."""

from __future__ import annotations

import time

import pytest

from rilo_reader.html.reader import BLOCKS, CODES, MARKS, STYLED
from rilo_reader.html.tags import LISTS
from rilo_reader.pages import read_page
from tests.support.web_page_nesting import SENTENCE, page

NESTED = (
    *sorted({*MARKS, *STYLED, *BLOCKS, *LISTS, *CODES} - {"body", "html", "optgroup"}),
    *("a", "blockquote", "pre", "q", "h1", "h2", "h3", "h6", "label", "big", "small", "x-own"),
    *("ul><li", "ol><li", "dl><dd", "dl><dt", "table><tr><td", "table><tr><th", "ul><li><p"),
    *("blockquote><p", "b><i", "div><span", "details><summary", "figure><figcaption", "p><code"),
    *("ruby><rt", "ul><ul", "ol><ul", "del><ins", "a><b", "pre><code", "section><h2"),
)
"""Elements in which a page can nest, one in the other again and again."""


@pytest.mark.parametrize("opening", NESTED)
@pytest.mark.parametrize("times", [500, pytest.param(3000, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_page_that_is_nested_without_end_is_read(opening: str, times: int) -> None:
    begun = time.process_time()
    entry = read_page(page(opening, times, "x"), "https://a.example/page")
    assert entry.content.count(SENTENCE) >= 3
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("opening", ["ul><li", "ol><li", "code", "dl><dd", "blockquote", "del"])
def test_the_text_of_what_is_nested_too_deep_is_kept(opening: str) -> None:
    content = read_page(page(opening, 600, f"{SENTENCE} "), "https://a.example/page").content
    assert content.count(SENTENCE) >= 600

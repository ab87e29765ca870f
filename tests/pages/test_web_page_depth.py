"""Pages nested deeper than anybody nests them are read, and nothing in them is lost."""

from __future__ import annotations

import pytest

from rilo_reader.html.tags import LISTS
from rilo_reader.html.tree_reader import BLOCKS, CODES, MARKS, STYLED
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


def sentences(opening: str, times: int, text: str) -> int:
    """How often the sentence of a page is in the article that is read from it."""
    content = read_page(page(opening, times, text), "https://a.example/page").content
    return content.count(SENTENCE)


@pytest.mark.slow
def test_a_page_that_is_nested_too_deep_is_read_whatever_it_is_nested_in() -> None:
    assert [opening for opening in NESTED if sentences(opening, 100, "x") < 3] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "opening",
    ["div", "p", "b><i", "a", "ul><li><p", "dl><dd", "table><tr><td", "blockquote><p", "pre><code"],
)
def test_a_page_that_is_nested_without_end_is_read(opening: str) -> None:
    assert sentences(opening, 3000, "x") >= 3


@pytest.mark.parametrize("opening", ["ul><li", "ol><li", "code", "dl><dd", "blockquote", "del"])
def test_the_text_of_what_is_nested_too_deep_is_kept(opening: str) -> None:
    assert sentences(opening, 600, f"{SENTENCE} ") >= 600

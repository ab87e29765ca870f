"""Pages nested deeper than anybody nests them are read, and nothing in them is lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.etree import iterwalk
from lxml.html import HtmlElement, fromstring

from rilo_reader.html.reader import BLOCKS, CODES, MARKS, STYLED
from rilo_reader.html.tags import LISTS
from rilo_reader.html.tree import DEEPEST, flatten, text_of
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


def depth(root: HtmlElement) -> int:
    """How many elements are within each other."""
    deepest = now = 0
    for event, _ in iterwalk(root, events=("start", "end")):
        now += 1 if event == "start" else -1
        deepest = max(deepest, now)
    return deepest


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


_TAGS = st.sampled_from(["div", "p", "b", "ul", "li", "table", "tr", "td", "code", "span", "h2"])


def _piece(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(_TAGS, st.lists(children, max_size=3)).map(
        lambda piece: f"<{piece[0]}>{''.join(piece[1])}</{piece[0]}>"
    )


@pytest.mark.slow
@given(
    st.lists(st.recursive(st.sampled_from(["one ", "two", " three"]), _piece), min_size=1),
    st.integers(0, 8),
)
def test_a_tree_made_shallow_holds_the_same_text_in_the_same_order(
    pieces: list[str], deepest: int
) -> None:
    root = fromstring(f"<main>{''.join(pieces)}</main>")
    before = text_of(root)
    flatten(root, deepest + 1)
    assert text_of(root) == before
    assert depth(root) <= deepest + 2


def test_a_page_of_usual_depth_stays_as_it_is() -> None:
    root = fromstring("<div>" * (DEEPEST - 1) + "x" + "</div>" * (DEEPEST - 1))
    elements = list(root.iter())
    flatten(root)
    assert list(root.iter()) == elements
    assert depth(root) == DEEPEST - 1


def test_what_is_hidden_stays_hidden() -> None:
    root = fromstring("<main><div hidden><p>secret</p></div><p><b>seen</b></p></main>")
    flatten(root, 1)
    assert text_of(root) == "seen"


def test_a_long_text_behind_what_is_nested_is_not_copied_again_and_again() -> None:
    root = fromstring("<main>" + "<b>" * 1500 + "x" + f"</b>{'long ' * 200_000}" + "</b>" * 1499)
    begun = time.process_time()
    flatten(root)
    assert time.process_time() - begun < 5

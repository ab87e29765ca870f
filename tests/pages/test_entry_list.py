"""Pages read as feeds, by selectors of the user's and by those that are proposed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Selectors
from rilo_reader.errors import NotReadableError
from rilo_reader.pages.entry_list import MAX_ENTRIES, find_day, read_list
from rilo_reader.pages.proposal import propose_selectors
from tests.pages.lists import CARDS, CELLS, MORE, NEWS, NOTHING, TABLE, TEASERS, TIMES
from tests.support.examples import examples
from tests.support.for_each import for_each

URL = "https://a.example/news/"
POSTS = Selectors("article", "h2")


def rows(html: str, selectors: Selectors) -> list[tuple[str, str, str]]:
    feed = read_list(html.encode(), URL, "text/html", selectors)
    return [
        (entry.title, entry.url, f"{entry.date:%Y-%m-%d}" if entry.date else "")
        for entry in feed.entries
    ]


NEWS_ROWS = [
    ("The bridge is open again", "https://a.example/news/bridge", "2026-03-02"),
    ("A market on every Saturday", "https://a.example/news/market", "2026-03-01"),
    ("The school gets a new roof", "https://a.example/roof", ""),
]


def test_the_elements_of_selectors_are_entries() -> None:
    feed = read_list(NEWS.encode(), URL, "", POSTS)
    assert (feed.title, feed.url, feed.lang) == ("Village news", URL, "en")
    assert rows(NEWS, POSTS) == NEWS_ROWS
    first, second, third = feed.entries
    assert first.date == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (first.date_only, second.date_only) == (False, True)
    assert third.date is None


def test_the_link_may_be_the_element_or_around_it() -> None:
    assert rows(CARDS, Selectors("a.card", "h3")) == rows(CARDS, Selectors("h3", "h3", "h3"))
    assert rows(CARDS, Selectors("a.card", "h3"))[0][:2] == (
        "How we painted the boat",
        "https://a.example/one",
    )


def test_the_text_of_the_link_is_the_title_where_none_is_named() -> None:
    assert rows(NEWS, Selectors("h2"))[1][:2] == NEWS_ROWS[1][:2]


def test_the_base_of_the_page_counts() -> None:
    html = NEWS.replace("<head>", "<head><base href=https://b.example/>")
    assert rows(html, POSTS)[0][1] == "https://b.example/bridge"


@for_each(
    "selectors, reason",
    [
        (Selectors("div.post", "h2"), "no element is 'div.post'"),
        (Selectors("article", "h5"), "3 elements are 'article', but none has a title"),
        (Selectors("main", "h5"), "1 element is 'main', but none has a title"),
        (Selectors("h2[", "a"), "'h2[' is not a selector of CSS"),
        (Selectors("article", "h2::text"), "'h2::text' is not a selector of CSS"),
    ],
)
def test_selectors_without_entries_say_why(selectors: Selectors, reason: str) -> None:
    with pytest.raises(NotReadableError) as error:
        read_list(NEWS.encode(), URL, "", selectors)
    assert reason in str(error.value)


def test_no_page_has_entries_without_end() -> None:
    html = "".join(f"<p><a href=/{n}>Entry {n}</a>" for n in range(MAX_ENTRIES + 5))
    feed = read_list(html.encode(), URL, "", Selectors("p"))
    assert len(feed.entries) == MAX_ENTRIES
    assert "more than 1,000 entries" in feed.omission


def test_only_what_says_a_day_is_a_date() -> None:
    for text in (
        "Posted on 3 March 2026 by us",
        "(2026-03-03)",
        "03.03.2026 | 2",
        "20260303",
    ):
        found = find_day(text)
        assert found is not None
        assert found.moment.date() == datetime(2026, 3, 3, tzinfo=UTC).date()
    for text in (
        "1394-11-27",
        "March 2026",
        "2026",
        "3 March",
        "3 hours ago",
        "12 min",
        "",
        "x" * 200,
    ):
        assert find_day(text) is None


@for_each(
    "html, first, number, dates",
    [
        (NEWS, NEWS_ROWS[0][:2], 3, 2),
        (TABLE, ("Minutes of the meeting on roads", "https://a.example/m/3.pdf"), 3, 3),
        (CARDS, ("How we painted the boat", "https://a.example/one"), 3, 2),
        (MORE, ("We went up the hill", "https://a.example/d/1"), 3, 0),
        (CELLS, ("The miller against the lake", "https://a.example/r/3"), 3, 3),
        (TIMES, ("Who has seen the boat?", "https://a.example/t/1"), 3, 0),
        (TEASERS, ("The boat that came back", "https://a.example/s/1"), 3, 0),
    ],
)
def test_what_repeats_is_proposed(
    html: str, first: tuple[str, str], number: int, dates: int
) -> None:
    best, *_ = propose_selectors(html.encode(), URL)
    assert rows(html, best.selectors) == [
        (entry.title, entry.url, f"{entry.date:%Y-%m-%d}" if entry.date else "")
        for entry in best.entries
    ]
    assert (best.entries[0].title, best.entries[0].url) == first
    assert len(best.entries) == number
    assert sum(entry.date is not None for entry in best.entries) == dates


def test_a_page_without_a_list_gives_none() -> None:
    assert propose_selectors(NOTHING.encode(), URL) == []


PIECES = st.sampled_from([
    "<div class=a>", "<div>", "</div>", "<li>", "<a href=/x>", "<a href=y>", "<a>", "</a>", "<h2>",
    "</h2>", "Some words", "More of", "2026-03-01", "<time>", "<td>", "<tr>", "<table>", "<form>",
    "<a href='http://[x'>", "\x00", "&#xd800;", "<b class='a:b -- 1'>", "<p id='x y'>", "<br>",
    "<nav>",
])  # fmt: skip


@examples(300)
@given(st.lists(PIECES, max_size=60))
def test_no_page_breaks_a_proposal(pieces: list[str]) -> None:
    html = "".join(pieces)
    proposals = []
    with suppress(NotReadableError):  # it is empty
        proposals = propose_selectors(html.encode(), URL)
    for proposal in proposals:
        found = read_list(html.encode(), URL, "", proposal.selectors)
        assert found.entries == proposal.entries
        assert all(entry.title for entry in found.entries)

"""One entry is one article for ever: by guid, else link, else content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Entry
from rilo_reader.feeds.identity import (
    Keys,
    Kind,
    feed_key,
    keys_of,
    link_key,
    match_alone,
    match_known,
    new_id,
)
from tests.support.examples import examples

NOON = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 7, tzinfo=UTC)
FEED = "a.example/feed"


class Memory:
    """What a feed's articles were seen with, as the ledger keeps it."""

    def __init__(self) -> None:
        self.known: dict[tuple[Kind, int], set[int]] = {}
        self.count = 0

    def see(self, *entries: Entry, site: str = "") -> list[int]:
        """The articles of an answer, by number in the order in which they were first seen."""
        keys = [keys_of(entry, {FEED, feed_key(site)}) for entry in entries]
        found = match_known(entries, match_alone(keys), self.known)
        numbers: list[int] = []
        for place, known in enumerate(found.numbers):
            if found.first[place] != place:
                number = numbers[found.first[place]]
            else:
                self.count += known is None
                number = self.count if known is None else known
            self._learn(number, found.keys[place])
            numbers.append(number)
        return numbers

    def _learn(self, number: int, keys: Keys) -> None:
        for key in keys.items():
            self.known.setdefault(key, set()).add(number)


def entry(key: str = "", url: str = "", title: str = "", text: str = "") -> Entry:
    return Entry(key=key, url=url, title=title, content=text, date=NOON)


A = entry("tag:a.example,2026:1", "https://a.example/1", "One", "First text.")
B = entry("tag:a.example,2026:2", "https://a.example/2", "Two", "Second text.")


def test_what_was_seen_is_known_again() -> None:
    memory = Memory()
    assert memory.see(A, B) == [1, 2]
    assert memory.see(B, A) == [2, 1]


def test_an_edited_entry_is_the_same() -> None:
    memory = Memory()
    memory.see(A, B)
    assert memory.see(A._replace(title="Other", content="x", date=MIDNIGHT)) == [1]
    assert memory.see(A._replace(url="https://a.example/new", title="Third")) == [1]
    assert memory.see(A._replace(url="https://a.example/new", key="")) == [1]


def test_without_guids_the_link_decides() -> None:
    memory = Memory()
    one, two = A._replace(key=""), B._replace(key="")
    assert memory.see(one, two) == [1, 2]
    assert memory.see(one._replace(title="Other", content="y", date=None)) == [1]
    assert memory.see(one._replace(url="http://www.a.example/1/?utm_source=rss")) == [1]
    assert memory.see(one._replace(url="https://a.example/1#part")) == [1]


def test_a_new_link_without_guid_is_known_by_title_and_time() -> None:
    memory = Memory()
    memory.see(A._replace(key=""))
    assert memory.see(A._replace(key="", url="https://a.example/moved", content="Edited.")) == [1]


def test_without_guid_and_link_the_content_decides() -> None:
    memory = Memory()
    one = Entry(title="Note", content="Some text.")
    two = Entry(title="Note", content="Another text.")
    assert memory.see(one, two) == [1, 2]
    assert memory.see(two, one) == [2, 1]
    assert memory.see(Entry(title="Note", content="A third text.")) == [3]


def test_guids_that_change_at_every_fetch_double_nothing() -> None:
    memory = Memory()
    memory.see(A._replace(key="x1"), B._replace(key="x2"))
    assert memory.see(A._replace(key="y1"), B._replace(key="y2")) == [1, 2]
    assert memory.see(A._replace(key="z1", content="Edited."), B._replace(key="z2")) == [1, 2]


def test_a_guid_of_all_entries_says_nothing() -> None:
    memory = Memory()
    one, two = (each._replace(key="https://a.example/feed-item") for each in (A, B))
    assert memory.see(one, two) == [1, 2]
    assert memory.see(two) == [2]
    third = entry("https://a.example/feed-item", "https://a.example/3", "Three", "Third text.")
    assert memory.see(third, two, one) == [3, 2, 1]


def test_a_short_guid_that_comes_back_with_all_else_new_is_another_article() -> None:
    memory = Memory()
    memory.see(A._replace(key="latest"))
    assert memory.see(B._replace(key="latest")) == [2]
    assert memory.see(B._replace(key="latest", title="Edited")) == [2]


def test_the_address_of_site_or_feed_names_no_entry() -> None:
    memory = Memory()
    site = "https://a.example/"
    one, two = A._replace(key=site, url=site), B._replace(key=site, url=site)
    assert memory.see(one, site=site) == [1]
    assert memory.see(two, site=site) == [2]


def test_links_that_all_entries_share_tell_none_of_them() -> None:
    memory = Memory()
    page = "https://a.example/news"
    one, two = A._replace(key="", url=page), B._replace(key="", url=page)
    assert memory.see(one, two) == [1, 2]
    assert memory.see(two, one) == [2, 1]


def test_one_entry_twice_in_an_answer_is_one() -> None:
    memory = Memory()
    assert memory.see(A, B, A._replace(content="Older text.")) == [1, 2, 1]
    assert memory.see(A._replace(key=""), A._replace(key="")) == [1, 1]


def test_a_standing_title_is_a_new_article_each_time() -> None:
    memory = Memory()
    first = Entry("g1", "https://a.example/1", "Open thread", MIDNIGHT, content="Say anything.")
    again = first._replace(key="g2", url="https://a.example/2", date=NOON)
    assert memory.see(first) == [1]
    assert memory.see(again) == [2]
    # On one day, without a time of day, with the same words.
    assert memory.see(first._replace(key="g3", url="https://a.example/3", content="Else.")) == [3]


def test_addresses_that_are_one() -> None:
    same = ("https://a.example/x", "http://www.A.example/x/", "feed:https://u:p@a.example/x#top")
    assert {feed_key(url) for url in same} == {"a.example/x"}
    assert link_key("https://a.example/x?id=3&utm_medium=rss") == "a.example/x?id=3"
    assert link_key("https://a.example/x?id=3") != link_key("https://a.example/x?id=4")


def test_an_identity_is_the_feeds_own_and_always_the_same() -> None:
    keys = keys_of(A)
    assert new_id(FEED, A, keys) == new_id(FEED, A._replace(title="Edited"), keys)
    assert new_id(FEED, A, keys) != new_id("b.example/feed", A, keys)
    assert new_id(FEED, A, keys) != new_id(FEED, B, keys_of(B))
    assert new_id(FEED, A, keys) != new_id(FEED, A, keys, attempt=1)
    assert new_id("", A, keys) == A.url


_few = st.sampled_from(["", "1", "2", "https://a.example/1", "tag:a.example,2026:1"])
_entries = st.lists(
    st.builds(
        Entry,
        key=_few,
        url=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
        title=st.sampled_from(["", "One", "Two"]),
        date=st.sampled_from([None, NOON, MIDNIGHT]),
        content=st.sampled_from(["", "text", "other text"]),
        authors=st.just(()),
        tags=st.just(()),
        enclosures=st.just(()),
    ),
    max_size=6,
)


@pytest.mark.slow
@examples(200)
@given(st.lists(_entries, min_size=1, max_size=4))
def test_the_same_answer_again_brings_nothing_and_no_article_twice(
    answers: Sequence[Sequence[Entry]],
) -> None:
    memory = Memory()
    for answer in answers:
        numbers = memory.see(*answer)
        firsts = match_alone([keys_of(e, {FEED}) for e in answer]).first
        own = [n for place, n in enumerate(numbers) if firsts[place] == place]
        assert len(own) == len(set(own))
        count = memory.count
        assert memory.see(*answer) == numbers
        assert memory.count == count

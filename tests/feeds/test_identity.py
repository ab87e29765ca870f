"""One entry is one article for ever: by guid, else link, else content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Entry
from rilo_reader.feeds.identity import (
    KeyPart,
    Keys,
    feed_key,
    link_key,
    make_entry_keys,
    match_alone,
    match_known,
    new_id,
)
from tests.feeds.world import ENTRIES
from tests.support.examples import examples
from tests.support.for_each import for_each

NOON = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 7, tzinfo=UTC)
FEED = "a.example/feed"
SITE = "https://a.example/"


class Memory:
    """What a feed's articles were seen with, as the ledger keeps it."""

    def __init__(self) -> None:
        self.known: dict[tuple[KeyPart, int], set[int]] = {}
        self.count = 0

    def see(self, *entries: Entry) -> list[int]:
        """The articles of an answer, by number in the order in which they were first seen."""
        keys = [make_entry_keys(entry, {FEED, feed_key(SITE)}) for entry in entries]
        found = match_known(entries, match_alone(keys), self.known)
        numbers: list[int] = []
        for place, known in enumerate(found.numbers):
            if found.first_indexes[place] != place:
                number = numbers[found.first_indexes[place]]
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


def bare(entry: Entry, **changes: Any) -> Entry:
    """An entry without guid."""
    return entry._replace(key="", **changes)


MOVED = "https://a.example/moved"
PAGE = "https://a.example/news"
EMPTY = "https://a.example/feed-item"
THIRD = entry(EMPTY, "https://a.example/3", "Three", "Third text.")
NOTES = [Entry(title="Note", content=f"{text} text.") for text in ("Some", "Another", "A third")]
THREAD = Entry("g1", "https://a.example/1", "Open thread", MIDNIGHT, content="Say anything.")

ANSWERS: dict[str, list[tuple[list[Entry], list[int]]]] = {
    "seen again": [([A, B], [1, 2]), ([B, A], [2, 1])],
    "edited": [
        ([A, B], [1, 2]),
        ([A._replace(title="Other", content="x", date=MIDNIGHT)], [1]),
        ([A._replace(url=MOVED, title="Third")], [1]),
        ([bare(A, url=MOVED)], [1]),
    ],
    "without guids the link decides": [
        ([bare(A), bare(B)], [1, 2]),
        ([bare(A, title="Other", content="y", date=None)], [1]),
        ([bare(A, url="http://www.a.example/1/?utm_source=rss")], [1]),
        ([bare(A, url="https://a.example/1#part")], [1]),
    ],
    "a new link without guid is known by title and time": [
        ([bare(A)], [1]),
        ([bare(A, url=MOVED, content="Edited.")], [1]),
    ],
    "without guid and link the content decides": [
        (NOTES[:2], [1, 2]),
        (NOTES[1::-1], [2, 1]),
        (NOTES[2:], [3]),
    ],
    "guids that change at every fetch": [
        ([A._replace(key="x1"), B._replace(key="x2")], [1, 2]),
        ([A._replace(key="y1"), B._replace(key="y2")], [1, 2]),
        ([A._replace(key="z1", content="Edited."), B._replace(key="z2")], [1, 2]),
    ],
    "a guid of all entries says nothing": [
        ([A._replace(key=EMPTY), B._replace(key=EMPTY)], [1, 2]),
        ([B._replace(key=EMPTY)], [2]),
        ([THIRD, B._replace(key=EMPTY), A._replace(key=EMPTY)], [3, 2, 1]),
    ],
    "a short guid with all else new": [
        ([A._replace(key="latest")], [1]),
        ([B._replace(key="latest")], [2]),
        ([B._replace(key="latest", title="Edited")], [2]),
    ],
    "the address of the site names no entry": [
        ([A._replace(key=SITE, url=SITE)], [1]),
        ([B._replace(key=SITE, url=SITE)], [2]),
    ],
    "links that all share tell none": [
        ([bare(A, url=PAGE), bare(B, url=PAGE)], [1, 2]),
        ([bare(B, url=PAGE), bare(A, url=PAGE)], [2, 1]),
        ([bare(THIRD), bare(A, url=PAGE)], [3, 1]),
        # Nor do they hide what another one tells.
        (
            [
                bare(A, url=PAGE),
                bare(B, url=PAGE),
                bare(THIRD, title="Other", content="y", date=None),
            ],
            [1, 2, 3],
        ),
    ],
    "twice in an answer": [
        ([A, B, A._replace(content="Older text.")], [1, 2, 1]),
        ([bare(A), bare(A)], [1, 1]),
    ],
    "a standing title is new each time": [
        ([THREAD], [1]),
        ([THREAD._replace(key="g2", url="https://a.example/2", date=NOON)], [2]),
        # On one day, without a time of day, with the same words.
        ([THREAD._replace(key="g3", url="https://a.example/3", content="Else.")], [3]),
    ],
}


@for_each("answers", ANSWERS.values())
def test_one_entry_is_one_article(answers: list[tuple[list[Entry], list[int]]]) -> None:
    memory = Memory()
    for entries, numbers in answers:
        assert memory.see(*entries) == numbers


def test_addresses_that_are_one() -> None:
    same = ("https://a.example/x", "http://www.A.example/x/", "feed:https://u:p@a.example/x#top")
    assert {feed_key(url) for url in same} == {"a.example/x"}
    assert link_key("https://a.example/x?id=3&utm_medium=rss") == "a.example/x?id=3"
    assert link_key("https://a.example/x?id=3") != link_key("https://a.example/x?id=4")


def test_an_identity_is_the_feeds_own_and_always_the_same() -> None:
    keys = make_entry_keys(A)
    assert new_id(FEED, A, keys) == new_id(FEED, A._replace(title="Edited"), keys)
    assert new_id(FEED, A, keys) != new_id("b.example/feed", A, keys)
    assert new_id(FEED, A, keys) != new_id(FEED, B, make_entry_keys(B))
    assert new_id(FEED, A, keys) != new_id(FEED, A, keys, attempt=1)
    assert new_id("", A, keys) == A.url


@pytest.mark.slow
@examples(200)
@given(st.lists(ENTRIES, min_size=1, max_size=4))
def test_the_same_answer_again_brings_nothing_and_no_article_twice(
    answers: Sequence[Sequence[Entry]],
) -> None:
    memory = Memory()
    for answer in answers:
        numbers = memory.see(*answer)
        firsts = match_alone([make_entry_keys(e, {FEED}) for e in answer]).first_indexes
        own = [n for place, n in enumerate(numbers) if firsts[place] == place]
        assert len(own) == len(set(own))
        count = memory.count
        assert memory.see(*answer) == numbers
        assert memory.count == count

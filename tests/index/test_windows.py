"""Paging: every kind of query, in windows of every size, gives each result once and in order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import HASH_BITS, hash64
from rilo_reader.index.snapshot import ResultLimits
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query, QueryMark, Sort
from tests.support.examples import sample
from tests.support.marked import Marked

SMALL = ResultLimits(
    newest_first_from=50,
    newest_count=40,
    shallow_offset=15,
    batch=7,
    margin=5,
    top_rows=30,
    max_named=5,
)
"""Limits with which a few hundred articles go every way that a million go."""

COUNT = 200
SOME_DAY = datetime(2020, 1, 1, tzinfo=UTC)


def ids_with_equal_keys(number: int) -> list[ArticleId]:
    """Ids of which two and two have the same bits in a sort key."""
    seen: dict[int, str] = {}
    found: list[ArticleId] = []
    for name in map(str, count()):
        bits = hash64(name) & ((1 << HASH_BITS) - 1)
        if bits in seen:
            found += ArticleId(seen[bits]), ArticleId(name)
        if len(found) >= number:
            return found
        seen[bits] = name
    raise AssertionError


def articles() -> Iterator[Article]:
    """Articles that are alike in score and date, copies among them."""
    equal = ids_with_equal_keys(20)
    for number in range(COUNT):
        alike = number < len(equal)
        yield Article(
            equal[number] if alike else ArticleId(f"a{number}"),
            f"{number}.md",
            f"Title {number % 7}",
            SOME_DAY + timedelta(days=0 if alike else number // 20),
            date_only=number % 3 == 0,
            source=f"source {number % 5}",
            lang="de" if number % 2 else "en",
            tags=("even",) if number % 2 == 0 else (),
            body="the same words " * 30 if number % 11 == 0 else f"ivory {'horn ' * (number % 4)}",
        )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    marked = Marked()
    index = SearchIndex(tmp_path_factory.mktemp("index"), SMALL, flags=marked)
    made = list(articles())
    for start in range(0, COUNT, 100):  # several segments
        with index.hold_writer() as writer:
            for one in made[start : start + 100]:
                writer.add(one, 1)
            writer.commit()
    marked.toggle(QueryMark.READ, *(one.id for one in made[::4]))
    marked.toggle(QueryMark.STARRED, *(one.id for one in made[::9]))
    return index


TEXTS = (
    "", "ivory", "-lang:de", "lang:de OR lang:en", "-ivory", "NOT (horn OR tag:even)", "iv*",
    "title:title", "the same", '"the same"', "source:=\"source 1\"", "-source:=\"source 1\"",
    "tag:even", "is:unread", "is:unread ivory", "is:read OR horn", "-is:starred lang:de",
    "is:starred OR is:unread OR ivory", "date:2020-01-01", "after:2020-01-05 -lang:en",
    "minutes:1", "horn OR -lang:de", "/h.*/", "~ivery", "ivory (horn OR tag:even)", "nothing",
)  # fmt: skip
SORTS = ("", "sort:oldest", "sort:relevance")


def windows(index: SearchIndex, query: Query, size: int, *, fold: bool) -> list[ArticleId]:
    """All results, a window at a time."""
    found: list[ArticleId] = []
    while rows := index.searcher.search(query, len(found), size, fold=fold).rows:
        found += (hit.id for hit in rows)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("text", sample(TEXTS, 9))
def test_each_result_is_in_one_window_of_any_size(
    index: SearchIndex, text: str, sort: str, fold: bool
) -> None:
    query = parse(f"{text} {sort}")
    whole = index.searcher.search(query, 0, 2 * COUNT, fold=fold)
    expected = [hit.id for hit in whole.rows]
    assert len(set(expected)) == len(expected) == whole.total
    assert whole.total == index.searcher.count(query, fold=fold)
    if not fold:
        assert list(index.searcher.ids(query)) == expected
    moments = [hit.date + timedelta(hours=10 * hit.date_only) for hit in whole.rows]
    if "relevance" not in sort:
        assert moments == sorted(moments, reverse=not sort)
    for size in (1, 3, 16, 101):
        assert windows(index, query, size, fold=fold) == expected
    # And where one jumps about, from both ends and from places that are known.
    chance = random.Random(text + sort)
    for _ in range(30):
        begin, size = chance.randrange(COUNT), chance.randint(1, 40)
        rows = index.searcher.search(query, begin, size, fold=fold).rows
        assert [hit.id for hit in rows] == expected[begin : begin + size]
    for place in chance.sample(range(len(expected)), min(12, len(expected))):
        assert index.searcher.find_position(query, expected[place], fold=fold) == place


@pytest.mark.parametrize("text", ["-lang:de", "lang:de OR ivory", "NOT horn", "minutes:1 OR horn"])
def test_equal_scores_are_newest_first(index: SearchIndex, text: str) -> None:
    query = parse(f"{text} sort:relevance")
    found = list(index.searcher.each(query))
    assert len({hit.id for hit in found}) == len(found) == index.searcher.count(query)
    # What is alike in all that a word could weigh has one score.
    groups: dict[object, list[datetime]] = defaultdict(list)
    for hit in found:
        number = int(hit.path.removesuffix(".md"))
        kind = (hit.lang, number % 4, number % 11 == 0)
        groups[kind].append(hit.date + timedelta(hours=10 * hit.date_only))
    for moments in groups.values():
        assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_indexed_or_marked_meanwhile_changes_no_listing(tmp_path: Path, sort: str) -> None:
    marked = Marked()
    index = SearchIndex(tmp_path, SMALL._replace(batch=3), flags=marked)
    made = list(articles())[:60]

    def put(some: list[Article]) -> None:
        with index.hold_writer() as writer:
            for one in some:
                writer.add(one, 1)
            writer.commit()

    put(made[:40])
    query = parse(f"is:unread {sort}")
    expected = list(index.searcher.ids(query))
    found: list[ArticleId] = []
    change: Callable[[list[Article]], None] = put
    for number, article in enumerate(index.searcher.ids(query)):
        found.append(article)
        marked.toggle(QueryMark.READ, article)  # as a script does that works them off
        if number % 10 == 0:
            change(made[40 + number // 10 :][:1])
    assert found == expected
    assert index.searcher.count(Query(query.node, Sort.NEWEST)) == 4

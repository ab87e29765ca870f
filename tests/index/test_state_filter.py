"""The index filtered by marks: the same articles as one by one, whatever the index went through."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.index import schema
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.snapshot import ResultLimits
from rilo_reader.index.state_filter import StateFilter
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import QueryMark
from tests.support.examples import examples
from tests.support.marked import Marked


def article(number: int) -> Article:
    return Article(
        id=ArticleId(f"a{number}"),
        path=f"{number}.md",
        title=f"Title {number}",
        body="common" if number % 3 else "rare",
        date=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number),
    )


def names_of(numbers: Iterable[int]) -> set[str]:
    return {f"a{number}" for number in numbers}


def put(index: SearchIndex, added: set[int], removed: Collection[int] = ()) -> None:
    with index.hold_writer() as writer:
        for number in sorted(removed):
            writer.remove_path(f"{number}.md")
        for number in sorted(added):
            writer.add(article(number), 1)
        writer.commit()


NUMBERS = st.sets(st.integers(0, 60), max_size=25)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NUMBERS, NUMBERS),
        st.tuples(
            st.sampled_from([QueryMark.READ, QueryMark.STARRED, QueryMark.EDITED]),
            NUMBERS,
            st.booleans(),
        ),
    ),
    max_size=8,
)


def no_link(*_: object) -> None:
    raise OSError(errno.EPERM, "no hard links here")


@pytest.mark.parametrize("few", [0, 5, 2_000, None])
@pytest.mark.slow
def test_the_filtered_index_has_what_each_article_says(
    few: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if few is None:  # as where no hard links can be made, so that there is none
        monkeypatch.setattr(os, "link", no_link)
    runs = iter(range(1_000))

    @examples(8)
    @given(STEPS)
    def check(steps: list[tuple[object, set[int], object]]) -> None:
        marks = Marked()
        directory = tmp_path / str(next(runs))
        index = SearchIndex(directory, ResultLimits(max_looked_up=few or 0), flags=marks)
        there: set[int] = set(range(10))
        put(index, there)
        for what, numbers, more in steps:
            if isinstance(what, QueryMark):
                marks.toggle(what, *names_of(numbers), is_told=bool(more))
            elif isinstance(more, set):
                put(index, numbers, more)
                there = (there - more) | numbers
            asked = (QueryMark.READ, QueryMark.STARRED, QueryMark.EDITED)
            read, starred, edited = (marks.marks[mark] for mark in asked)
            names = names_of(there)
            common = names_of(number for number in there if number % 3)
            for text, expected in (
                ("is:unread", names - read),
                ("is:read common", common & read),
                ("is:starred", names & starred),
                ("-is:starred is:unread", names - starred - read),
                ("is:unread is:starred title", (names - read) & starred),
                ("is:read is:unread", set()),
                ("is:edited", names & edited),
                ("-is:edited is:starred title", (names - edited) & starred),
                ("is:read OR is:starred", names & (read | starred)),
            ):
                found = index.searcher.search(parse(text), 0, 100)
                newest = sorted(expected, key=lambda name: -int(name[1:]))
                assert [hit.id for hit in found.rows] == newest, text
                assert found.total == len(expected) == index.searcher.count(parse(text))
        assert [path.name for path in directory.iterdir()] == [schema.SCHEMA_VERSION]
        index.close()

    check()


def test_the_index_is_filtered_where_links_can_be_made(tmp_path: Path) -> None:
    marks = Marked(f"a{n}" for n in range(150))
    index = SearchIndex(tmp_path)
    put(index, set(range(200)))
    unread = frozenset({(QueryMark.READ, False)})
    filter_ = StateFilter(index.directory / schema.SCHEMA_VERSION, marks)
    found = filter_.filter_snapshot(unread, index.snapshot)
    assert found is not None  # else tantivy's file of deletions is another than in 0.27
    assert found.searcher.num_docs == 50
    assert filter_.filter_snapshot(unread, index.snapshot) is found
    marks.toggle(QueryMark.READ, "a0")
    found = filter_.filter_snapshot(unread, index.snapshot)
    assert found is not None
    assert found.searcher.num_docs == 51


def test_getting_ready_can_be_broken_off_and_gone_on_with(tmp_path: Path) -> None:
    marks = Marked()
    index = SearchIndex(tmp_path, ResultLimits(batch=7), flags=marks)
    put(index, set(range(40)))
    put(index, set(range(40, 60)))
    marks.toggle(QueryMark.READ, *names_of(set(range(0, 60, 2))))

    class EndError(Exception):
        pass

    for most in range(5):
        asked = iter(range(most))

        def quiet(asked: Iterator[int] = asked) -> bool:
            if next(asked, None) is None:
                raise EndError
            return True

        with pytest.raises(EndError):
            index.searcher.prepare_unread(quiet)
    index.searcher.prepare_unread(lambda: True)
    assert index.searcher.count(parse("is:unread")) == 30
    marks.toggle(QueryMark.READ, *names_of({1}))
    assert index.searcher.count(parse("is:unread")) == 29


def test_whoever_asks_does_not_wait_until_it_is_quiet(tmp_path: Path) -> None:
    marks = Marked()
    index = SearchIndex(tmp_path, flags=marks)
    put(index, set(range(40)))
    marks.toggle(QueryMark.READ, *names_of(set(range(0, 40, 2))))
    is_asked = threading.Event()

    def quiet() -> bool:
        is_asked.set()
        return False

    preparing = threading.Thread(target=index.searcher.prepare_unread, args=(quiet,))
    preparing.start()
    assert is_asked.wait(60)
    assert index.searcher.count(parse("is:unread")) == 20
    preparing.join(60)
    assert not preparing.is_alive()


def test_nothing_is_prepared_where_the_index_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = SearchIndex(tmp_path / "file" / "index")
    index.searcher.prepare_unread(lambda: True)
    assert index.searcher.count(parse("is:unread")) == 0


def test_the_newest_of_a_state_may_come_before_their_total(tmp_path: Path) -> None:
    marks = Marked()
    index = SearchIndex(tmp_path, ResultLimits(newest_first_from=10, newest_count=60), flags=marks)
    put(index, set(range(300)))
    marks.toggle(QueryMark.READ, *names_of(set(range(0, 300, 2))))
    without = 0
    for text in ("is:unread", "is:unread comm", "is:unread common", "is:unread rar", "is:unread"):
        query = parse(text, typing=True)
        whole = index.searcher.search(query, 0, 300).rows
        for offset, limit in ((0, 5), (3, 10), (0, 200), (140, 20)):
            found = index.searcher.top_page(query, offset, limit)
            assert found.rows == whole[offset : offset + limit]
            if found.is_counted:
                assert found.total == len(whole)
            else:
                assert found.total == offset + limit < len(whole)
                without += 1
        assert index.searcher.count(query) == len(whole)
    assert without > 4
    assert all(
        index.searcher.top_page(parse(text), 0, 5).is_counted
        for text in ("", "common", "common title")
    )


def test_an_article_that_was_written_anew_many_times_is_found_by_its_mark(tmp_path: Path) -> None:
    # Each part of the index keeps the copy it got, deleted, beside an article that lives on.
    marks = Marked()
    index = SearchIndex(tmp_path, flags=marks)
    for other in range(2, 8):
        with index.hold_writer() as writer:
            for number in (1, other):
                writer.add(article(number), 1)
            writer.commit()
        assert index.searcher.count(parse("is:read")) == 0
    marks.toggle(QueryMark.READ, *names_of({1}))
    assert [hit.id for hit in index.searcher.search(parse("is:read")).rows] == ["a1"]
    assert [hit.id for hit in index.searcher.search(parse("is:unread")).rows] == [
        f"a{other}" for other in range(7, 1, -1)
    ]

"""The index filtered by marks: the same articles as one by one, whatever the index went through."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.index import schema
from rilo_reader.index.index import SearchIndex, open_index
from rilo_reader.index.snapshot import Limits
from rilo_reader.query.match import SearchedTexts
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Mark
from tests.support.examples import examples


def article(number: int) -> Article:
    return Article(
        id=ArticleId(f"a{number}"),
        path=f"{number}.md",
        title=f"Title {number}",
        body="common" if number % 3 else "rare",
        date=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number),
    )


class Marks:
    """Marks, and the log of the last changes of them."""

    def __init__(self) -> None:
        self.having_it: dict[Mark, set[str]] = {Mark.READ: set(), Mark.STARRED: set()}
        self._log: list[str | None] = []

    def toggle(self, mark: Mark, numbers: set[int], *, is_told: bool = True) -> None:
        names = {f"a{number}" for number in numbers}
        self.having_it[mark] ^= names
        self._log += [*names] if is_told else [None]

    def articles(self, mark: Mark) -> Collection[ArticleId]:
        return {ArticleId(name) for name in self.having_it[mark]}

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        every = sorted(self.having_it[mark])
        return (schema.keys_of(every[at : at + 7]) for at in range(0, len(every), 7))

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        later = self._log[since:]
        known = [ArticleId(name) for name in later if name is not None]
        return len(self._log), known if len(known) == len(later) else None

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        return [one for one in articles if one in self.having_it[mark]]

    def notes(self) -> SearchedTexts | None:
        return None

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        return {}


def put(index: SearchIndex, added: set[int], removed: Collection[int] = ()) -> None:
    with index.writing() as writer:
        for number in sorted(removed):
            writer.remove_path(f"{number}.md")
        for number in sorted(added):
            writer.add(article(number), 1)
        writer.commit()


NUMBERS = st.sets(st.integers(0, 60), max_size=25)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NUMBERS, NUMBERS),
        st.tuples(st.sampled_from([Mark.READ, Mark.STARRED]), NUMBERS, st.booleans()),
    ),
    max_size=8,
)


@pytest.mark.parametrize("few", [0, 5, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_the_filtered_index_has_what_each_article_says(few: int, tmp_path: Path) -> None:
    runs = iter(range(1_000))

    @examples(8)
    @given(STEPS)
    def check(steps: list[tuple[object, set[int], object]]) -> None:
        index, marks = open_index(tmp_path / str(next(runs)), Limits(looked_up=few)), Marks()
        there: set[int] = set(range(10))
        put(index, there)
        for what, numbers, more in steps:
            if isinstance(what, Mark):
                marks.toggle(what, numbers, is_told=bool(more))
            elif isinstance(more, set):
                put(index, numbers, more)
                there = (there - more) | numbers
            read, starred = (marks.having_it[mark] for mark in (Mark.READ, Mark.STARRED))
            names = {f"a{number}" for number in there}
            common = {f"a{number}" for number in there if number % 3}
            for text, expected in (
                ("is:unread", names - read),
                ("is:read common", common & read),
                ("is:starred", names & starred),
                ("-is:starred is:unread", names - starred - read),
            ):
                found = index.searcher.search(parse(text), 0, 100, marked=marks)
                assert {hit.id for hit in found.rows} == expected
                assert found.total == len(expected)
        index.close()

    check()


def test_getting_ready_can_be_broken_off_and_gone_on_with(tmp_path: Path) -> None:
    index, marks = open_index(tmp_path, Limits(batch=7)), Marks()
    put(index, set(range(40)))
    put(index, set(range(40, 60)))
    marks.toggle(Mark.READ, set(range(0, 60, 2)))

    class EndError(Exception):
        pass

    for most in range(5):
        asked = iter(range(most))

        def quiet(asked: Iterator[int] = asked) -> bool:
            if next(asked, None) is None:
                raise EndError
            return True

        with pytest.raises(EndError):
            index.searcher.prepare(marks, quiet)
    index.searcher.prepare(marks, lambda: True)
    assert index.searcher.count(parse("is:unread"), marked=marks) == 30
    marks.toggle(Mark.READ, {1})
    assert index.searcher.count(parse("is:unread"), marked=marks) == 29


def test_whoever_asks_does_not_wait_until_it_is_quiet(tmp_path: Path) -> None:
    index, marks = open_index(tmp_path), Marks()
    put(index, set(range(40)))
    marks.toggle(Mark.READ, set(range(0, 40, 2)))
    is_asked = threading.Event()

    def quiet() -> bool:
        is_asked.set()
        return False

    preparing = threading.Thread(target=index.searcher.prepare, args=(marks, quiet))
    preparing.start()
    assert is_asked.wait(60)
    assert index.searcher.count(parse("is:unread"), marked=marks) == 20
    preparing.join(60)
    assert not preparing.is_alive()


def test_nothing_is_prepared_where_the_index_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = open_index(tmp_path / "file" / "index")
    index.searcher.prepare(Marks(), lambda: True)
    assert index.searcher.count(parse("is:unread"), marked=Marks()) == 0


def test_the_newest_of_a_state_may_come_before_their_total(tmp_path: Path) -> None:
    index, marks = open_index(tmp_path, Limits(enough=10, newest=60)), Marks()
    put(index, set(range(300)))
    marks.toggle(Mark.READ, set(range(0, 300, 2)))
    without = 0
    for text in ("is:unread", "is:unread comm", "is:unread common", "is:unread rar", "is:unread"):
        query = parse(text, typing=True)
        whole = index.searcher.search(query, 0, 300, marked=marks).rows
        for offset, limit in ((0, 5), (3, 10), (0, 200), (140, 20)):
            found = index.searcher.top_page(query, offset, limit, marked=marks)
            assert found.rows == whole[offset : offset + limit]
            if found.is_counted:
                assert found.total == len(whole)
            else:
                assert found.total == offset + limit < len(whole)
                without += 1
        assert index.searcher.count(query, marked=marks) == len(whole)
    assert without > 4
    assert all(
        index.searcher.top_page(parse(text), 0, 5).is_counted
        for text in ("", "common", "common title")
    )


def test_an_article_that_was_written_anew_many_times_is_found_by_its_mark(tmp_path: Path) -> None:
    # Each part of the index keeps the copy it got, deleted, beside an article that lives on.
    index, marks = open_index(tmp_path), Marks()
    for other in range(2, 8):
        with index.writing() as writer:
            for number in (1, other):
                writer.add(article(number), 1)
            writer.commit()
        assert index.searcher.count(parse("is:read"), marked=marks) == 0
    marks.toggle(Mark.READ, {1})
    assert [hit.id for hit in index.searcher.search(parse("is:read"), marked=marks).rows] == ["a1"]
    assert [hit.id for hit in index.searcher.search(parse("is:unread"), marked=marks).rows] == [
        f"a{other}" for other in range(7, 1, -1)
    ]

"""What is here and what only an archive has, as one list of results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.library import Library, open_library
from rilo_reader.library.remote import CombinedResults
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.store.article_fields import write_article
from tests.support.for_each import for_each
from tests.support.reader import paths_in
from tests.support.remote_articles import FakeArchive

EDGE = datetime(2020, 1, 1, tzinfo=UTC)
COUNT = 60


def article(number: int) -> Article:
    """One of COUNT articles, of which the first half is newer than EDGE."""
    date = EDGE + timedelta(days=COUNT // 2 - number)
    word = "ivory" if number % 3 else "horn"
    return Article(ArticleId(f"a{number}"), f"a{number}.md", f"Title {number}", date, body=word)


ARTICLES = [article(number) for number in range(1, COUNT + 1)]
KEPT = ("a40", "a41", "a60")  # older ones that are here nevertheless


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library of the newer half, and some older ones."""
    folder = tmp_path_factory.mktemp("library")
    for one in ARTICLES:
        if one.date >= EDGE or one.id in KEPT:
            (folder / one.path).write_text(write_article(one), "utf-8")
    with open_library(folder, paths_in(Path(tmp_path_factory.mktemp("home")))) as opened:
        for _ in opened.follower.reconcile():
            pass
        yield opened


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> FakeArchive:
    return FakeArchive(ARTICLES, tmp_path_factory.mktemp("archive"), EDGE, KEPT)


def together(library: Library, archive: FakeArchive, query: Query) -> CombinedResults:
    found = CombinedResults(library.search, archive, query, fold=True)
    assert list(found.ask_remote())
    return found


@for_each("text", ["", "ivory", "ivory sort:oldest", "horn", "sort:oldest", "none"])
def test_both_are_one_list_in_the_order_of_dates(
    library: Library, archive: FakeArchive, text: str
) -> None:
    query = parse(text)
    found = together(library, archive, query)
    word = text.partition(" ")[0]
    expected = [one.id for one in ARTICLES if word in ("", "sort:oldest", one.body)]
    if "oldest" in text:
        expected.reverse()
    window = found.window(0, 200)
    assert [row.id for row in window.rows] == expected
    assert window.total == found.total == len(expected)
    for offset in range(0, len(expected), 7):
        rows = found.window(offset, 9).rows
        assert [row.id for row in rows] == expected[offset : offset + 9]


@pytest.mark.slow
@for_each("text", ["", "ivory", "sort:oldest", "is:unread horn"])
@for_each("size", [1, 2, 7, 25])
def test_each_result_is_there_once_in_windows_of_any_size(
    library: Library, archive: FakeArchive, monkeypatch: pytest.MonkeyPatch, text: str, size: int
) -> None:
    monkeypatch.setattr("rilo_reader.library.remote.FIRST", 5)
    expected = [row.id for row in together(library, archive, parse(text)).window(0, 200).rows]
    found = together(library, archive, parse(text))
    assert [row.id for row in found.each()] == expected
    found, paged = together(library, archive, parse(text)), list[str]()
    while rows := found.window(len(paged), size).rows:
        paged += (row.id for row in rows)
    assert paged == expected


def test_what_comes_to_the_archive_meanwhile_moves_no_row(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rilo_reader.library.remote.FIRST", 5)
    found = together(library, FakeArchive(ARTICLES[:-1], tmp_path / "a", EDGE, KEPT), Query())
    first = [row.id for row in found.window(0, 33).rows]
    new = article(31)._replace(id=ArticleId("new"), path="new.md")
    later = FakeArchive([*ARTICLES[:-1], new], tmp_path / "b", EDGE, KEPT)
    monkeypatch.setattr(found, "_remote", later)
    rest = [row.id for row in found.window(33, 100).rows]
    assert first + rest == [one.id for one in ARTICLES]


def test_more_is_asked_where_one_goes_on(
    library: Library, archive: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rilo_reader.library.remote.FIRST", 5)
    found = together(library, archive, Query())
    assert len(found.remote_results.places) == 5
    assert [row.id for row in found.window(50, 20).rows] == [f"a{n}" for n in range(51, 61)]


def test_the_exact_total_comes_later(library: Library, archive: FakeArchive) -> None:
    archive.counts_late = True
    found = CombinedResults(library.search, archive, Query())
    answers = found.ask_remote()
    next(answers)
    assert (found.total, found.remote_results.is_exact) == (33 + 3, False)
    list(answers)
    assert (found.total, found.remote_results.is_exact) == (60, True)


def test_an_article_is_read_from_there_only_where_it_is_not_here(
    library: Library, archive: FakeArchive
) -> None:
    with pytest.raises(LibraryError, match="no longer in the library"):
        library.article(ArticleId("a50"))
    library.remote_articles = archive
    try:
        assert library.article(ArticleId("a50")).title == "Title 50"
        assert library.article(ArticleId("a40")).title == "Title 40"
        assert library.article(ArticleId("a1")).title == "Title 1"
        assert archive.fetched == ["a50"]
        with pytest.raises(LibraryError, match="no longer in the library"):
            library.article(ArticleId("nothing"))
        archive.is_away = True
        with pytest.raises(LibraryError, match="does not answer"):
            library.article(ArticleId("a50"))
        assert library.article(ArticleId("a1")).title == "Title 1"
    finally:
        library.remote_articles, archive.is_away = None, False

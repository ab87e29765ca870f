"""Older results that only a shared archive has, below those that are here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import Library
from rilo_reader.plugins.archive.older_results import OlderResults
from tests.support.reader import Reader, reading
from tests.support.real_library import real_library
from tests.support.remote_articles import FakeArchive

EDGE = datetime(2024, 1, 1, tzinfo=UTC)


def old(number: int) -> Article:
    date = EDGE - timedelta(days=number)
    return Article(
        ArticleId(f"old{number}"), f"old{number}.md", f"Old {number}", date, body="Words of old."
    )


@pytest.fixture
def archive(tmp_path: Path) -> FakeArchive:
    """Thirty older articles."""
    return FakeArchive([old(number) for number in range(1, 31)], tmp_path / "archive", EDGE)


@pytest.fixture
def library(tmp_path: Path, archive: FakeArchive) -> Iterator[Library]:
    """Five articles here, "Title 0" is the newest; older ones are in the archive."""
    with real_library(tmp_path) as library:
        library.remote_articles = archive
        yield library


async def answered(reader: Reader) -> None:
    older = reader.screen.results.remote_results
    assert isinstance(older, OlderResults)
    await reader.until(lambda: bool(older.combined or older.problem))


@pytest.mark.slow
async def test_older_results_follow_those_that_are_here(library: Library) -> None:
    async with reading(library) as reader:
        await answered(reader)
        assert reader.list.total == 35
        assert reader.stands_on == "Title 0", "the cursor stays"
        assert "5 · 30 older in the archive" in reader.text()[0]
        await reader.press(*["j"] * 5)
        assert reader.stands_on == "Old 1"
        await reader.press("G")
        assert reader.stands_on == "Old 30"


@pytest.mark.slow
async def test_a_search_finds_both_and_opens_one_from_there(
    library: Library, archive: FakeArchive
) -> None:
    async with reading(library) as reader:
        await reader.search("old", "enter")
        await answered(reader)
        assert reader.list.total == 30
        assert reader.titles[0] == "Old 1"
        assert reader.open == "Old 1"
        assert "Words of old." in "\n".join(reader.text())
        assert "0 of 5 · 30 older in the archive" in reader.text()[0]


@pytest.mark.slow
async def test_the_total_is_at_least_so_many_until_it_is_counted(
    library: Library, archive: FakeArchive
) -> None:
    archive.counts_late = True
    async with reading(library) as reader:
        await answered(reader)
        await reader.settle()
        assert "30 older in the archive" in reader.text()[0]


@pytest.mark.slow
async def test_a_quiet_line_says_that_the_archive_is_away(
    library: Library, archive: FakeArchive
) -> None:
    archive.is_away = True
    async with reading(library) as reader:
        await answered(reader)
        assert reader.list.total == 5
        assert "5 · archive away" in reader.text()[0]
        assert reader.message == ""
        await reader.search("words", "enter")
        assert reader.list.total == 5
        archive.is_away = False
        await reader.search(" old", "enter")
        await answered(reader)
        assert reader.list.total == 30


@pytest.mark.slow
async def test_what_cannot_be_asked_there_says_what_it_covers(library: Library) -> None:
    async with reading(library) as reader:
        await reader.search("words sort:relevance", "enter")
        await answered(reader)
        assert reader.list.total == 5
        assert "only from 2020-01-01 on" in reader.text()[0]
        await reader.press("escape", "v")
        assert (
            reader.message == "These counts cover the articles on this device, from 2020-01-01 on."
        )
        assert "from 2020-01-01 on" in reader.text()[-1]
        await reader.press("escape", "enter")
        await reader.command("related")
        assert "Compared with the articles on this device, from 2020-01-01 on" in reader.message


@pytest.mark.slow
async def test_the_cursor_stays_on_an_older_article_when_something_new_comes(
    library: Library,
) -> None:
    async with reading(library) as reader:
        await answered(reader)
        await reader.press(*["j"] * 7)
        assert reader.stands_on == "Old 3"
        text = '+++\ntitle = "New"\ndate = 2024-06-01\n+++\n\nWords.\n'
        (library.folder / "new.md").write_text(text, encoding="utf-8")
        for _ in library.follower.reconcile():
            pass
        reader.screen.results.reload_query()
        await reader.settle()
        assert reader.stands_on == reader.open == "Old 3"
        assert reader.list.total == 36
        assert "is gone" not in reader.message


@pytest.mark.slow
async def test_a_star_on_an_article_of_the_archive(library: Library, archive: FakeArchive) -> None:
    async with reading(library) as reader:
        await answered(reader)
        await reader.press(*["j"] * 5, "s")
        assert library.state.ids_with("starred") == ["old1"]
        assert reader.row(5).marks.starred
        await reader.press("u")
        assert library.state.ids_with("starred") == []
        assert not reader.row(5).marks.starred

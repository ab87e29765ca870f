"""The page of the open article in the reader, told by a verb that the test feeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rilo_reader.extras import PAGES, Extra
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.library import Library, open_library
from rilo_reader.tui.reader import whole_page
from tests.support.reader import BY_HAND, FedCollector, Reader, paths_in, reading

TEASER = '+++\ntitle = "One"\nurl = "https://example.org/1"\n+++\n\nThe beginning.\n'
WHOLE = TEASER.replace("The beginning.", "The whole story.")
DONE = {"path": "one.md", "title": "One", "new": 0, "updated": True, "finished": True}


@contextmanager
def opened(folder: Path, text: str = TEASER) -> Iterator[Library]:
    """A library with one article in a file."""
    (folder / "one.md").write_text(text, encoding="utf-8")
    with open_library(folder, paths_in(folder.parent / "user")) as library:
        for _ in library.follower.reconcile():
            pass
        yield library


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    return tmp_path / "library"


def shows(reader: Reader, words: str) -> bool:
    return any(words in line for line in reader.text())


async def put_in(reader: Reader, collector: FedCollector, folder: Path) -> None:
    """The page is put in, as the verb does it."""
    recorder = StepRecorder(paths_in(folder.parent / "user"))
    (folder / "one.md").write_text(WHOLE, encoding="utf-8")
    recorder.add_article("one.md", TEASER, WHOLE)
    recorder.save(reader.screen.library.state, "Replaced the text of One by its page")
    await reader.end(collector, DONE)


async def fetched(reader: Reader, collector: FedCollector, folder: Path) -> None:
    await reader.press("plus")
    await put_in(reader, collector, folder)


async def test_the_page_takes_the_place_of_the_feeds_text_until_undo(folder: Path) -> None:
    collector = FedCollector()
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("plus")
            asked = ("add", "--page", "--json", "--library", str(folder), "--into", "one.md")
            assert collector.verbs == [(*asked, "--", "https://example.org/1")]
            assert reader.bottom.fetching == "Fetching the page; esc stops"
            await put_in(reader, collector, folder)
            assert reader.bottom.fetching == ""
            assert reader.message == "Whole page: One · u undoes it"
            assert shows(reader, "The whole story.")
            await reader.press("u")
            assert reader.message == "Undone: replaced the text of One by its page"
            assert shows(reader, "The beginning.")
            assert (folder / "one.md").read_text("utf-8") == TEASER


@pytest.mark.slow
async def test_a_link_without_text_says_what_fetches_it(folder: Path) -> None:
    with opened(folder, TEASER.replace("The beginning.", "")) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.settle()
            assert reader.message == "+ fetches the text of this article from its page."
    with opened(folder) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.settle()
            assert reader.message == ""


@pytest.mark.slow
async def test_a_link_without_text_names_the_extra_that_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = Extra(PAGES.name, "not_installed", PAGES.feature)
    monkeypatch.setattr("rilo_reader.tui.reader.article.PAGES", missing)
    with opened(folder, TEASER.replace("The beginning.", "")) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.settle()
            assert reader.message == 'Its page needs the extra "pages"; + says how to install it.'


@pytest.mark.slow
async def test_undo_keeps_what_was_changed_since(folder: Path) -> None:
    collector, edited = FedCollector(), f"{WHOLE}\nMy note.\n"
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await fetched(reader, collector, folder)
            (folder / "one.md").write_text(edited, encoding="utf-8")
            await reader.press("u")
            assert reader.message == "one.md has changed since, so it is kept."
            assert (folder / "one.md").read_text("utf-8") == edited


@pytest.mark.parametrize("key", ["escape", "plus"])
async def test_it_can_be_stopped(folder: Path, key: str) -> None:
    collector = FedCollector()
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("plus", key)
            assert collector.closed == 1
            assert reader.message == "Stopped; the article is as it was."
            assert reader.bottom.fetching == ""


async def test_the_key_on_another_article_stops_nothing(folder: Path) -> None:
    collector = FedCollector()
    (folder / "two.md").write_text(TEASER.replace("One", "Two"), encoding="utf-8")
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            first, other = reader.titles
            await reader.press("plus", "J", "plus")
            assert (collector.closed, len(collector.verbs)) == (0, 1)
            assert reader.message == f"Wait until this page is fetched: {first}"
            assert first != other


async def test_leaving_ends_it(folder: Path) -> None:
    collector = FedCollector()
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("plus", "q")
    assert collector.closed == 1


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ({"error": "it is not there (404)."}, "it is not there (404). o opens the page."),
        ({**DONE, "updated": False}, "You already have the text of this page."),
    ],
)
async def test_what_came_of_it_is_said(folder: Path, end: dict[str, object], message: str) -> None:
    collector = FedCollector()
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("plus")
            await reader.end(collector, end)
            assert reader.message == message
            assert shows(reader, "The beginning.")


async def test_an_article_without_a_link_has_no_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_page, "PAGES", Extra(PAGES.name, "not_installed", PAGES.feature))
    collector = FedCollector()
    with opened(folder, "# One\n\nMine.\n") as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("plus")
            assert reader.message == "This article has no link, so no page can be fetched."
            assert not collector.verbs


async def test_without_the_extra_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_page, "PAGES", Extra(PAGES.name, "not_installed", PAGES.feature))
    collector = FedCollector()
    with opened(folder) as library:
        async with reading(library, BY_HAND, collector=collector) as reader:
            await reader.press("plus")
            assert reader.message.startswith('Whole pages need the extra "pages": ')
            assert not collector.verbs

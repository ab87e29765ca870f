"""What is offered under the search box, and what was perhaps meant."""

from __future__ import annotations

import pytest

from tests.support.reader import Reader, reading
from tests.support.watched_library import WatchedLibrary, article


def offered(reader: Reader) -> list[str]:
    return [word for word, _ in reader.screen.widgets.completion_line.words]


@pytest.mark.slow
async def test_words_with_their_counts_and_tab_takes_the_first() -> None:
    async with reading() as reader:
        await reader.search("cus")
        assert reader.screen.widgets.completion_line.words == (("customs", 50),)
        line = reader.text()[1]
        assert "customs 50" in line
        assert line.rstrip().endswith("tab complete")
        await reader.press("tab")
        assert reader.box == "customs "
        assert reader.screen.widgets.search_row.box.has_focus
        assert offered(reader) == []
        await reader.press("tab")
        assert reader.list.has_focus
        await reader.press("slash", "escape", "slash")
        before = reader.list.region
        await reader.type("cus")
        await reader.pilot.pause()
        chart = reader.list.region.y - before.y
        await reader.press("tab")
        assert reader.list.region.y == before.y + chart
        await reader.press("slash", "escape")
        await reader.search("cus")
        await reader.press("left")
        assert offered(reader) == []
        await reader.press("tab")
        assert reader.box == "cus*"
        assert reader.list.has_focus


@pytest.mark.slow
async def test_tab_goes_on_from_a_word_that_is_whole_and_frequent() -> None:
    library = WatchedLibrary([article(i, body="car care" if i else "car carton") for i in range(5)])
    async with reading(library) as reader:
        await reader.search("car")
        assert reader.screen.widgets.completion_line.words[0] == ("car", 5)
        assert "tab completes" not in reader.text()[1]
        await reader.press("tab")
        assert reader.box == "car"
        assert reader.list.has_focus


@pytest.mark.slow
async def test_fields_their_values_marks_and_orders_are_offered() -> None:
    async with reading() as reader:
        await reader.search("so")
        assert offered(reader)[:2] == ["source:", "sort:"]
        await reader.press("tab")
        assert reader.box == "source:"
        assert offered(reader) == ["Source 0", "Source 1", "Source 2"]
        await reader.type('"source 2')
        assert offered(reader) == ["Source 2"]
        await reader.press("tab")
        assert reader.box == 'source:"Source 2" '
        await reader.press("slash", "escape")
        await reader.search("is:")
        assert offered(reader) == ["unread", "read", "starred", "highlighted", "edited"]
        await reader.type("s")
        await reader.press("tab")
        assert reader.box == "is:starred "
        await reader.type("sort:r")
        await reader.press("tab")
        assert reader.box == "is:starred sort:relevance "
        await reader.press("slash", "escape", "slash")
        await reader.pilot.press("w", "o", "r", "d", "3", "backspace", "tab")
        await reader.settle()
        assert reader.box.startswith("word")
        assert reader.box.endswith(" ")
        await reader.press("slash", "escape")
        await reader.search("title:tit")
        assert offered(reader) == ["title"]
        await reader.type(" is:gone cus")
        assert "is: can only be" in reader.text()[1]
        assert "tab completes" not in reader.text()[1]


@pytest.mark.slow
async def test_words_from_outside_are_no_markup() -> None:
    sources = "[bold]x[/]", "[@click=app.quit]"
    library = WatchedLibrary([article(i, source=source) for i, source in enumerate(sources)])
    async with reading(library) as reader:
        await reader.search("source:")
        assert "[bold]x[/]" in reader.text()[1]
        assert "[@click=app.quit]" in reader.text()[1]


@pytest.mark.slow
async def test_another_spelling_is_offered_where_nothing_is_found() -> None:
    async with reading() as reader:
        await reader.search("wrod3")
        text = " ".join(" ".join(line.split()) for line in reader.text())
        assert "Did you mean word3?" in text
        assert "enter searches for it" in text
        await reader.press("tab")
        assert reader.box.strip() == "word3"
        assert reader.list.total == 7
        await reader.press("slash", "escape")
        await reader.search("wrod3", "enter", "tab")
        assert reader.box.strip() == "word3"

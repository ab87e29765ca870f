"""The timeline in the reader: when it shows, and narrowing by its slices."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from rilo_reader.config import Config, MarkRead
from rilo_reader.errors import LibraryError
from rilo_reader.index.stats import Timeline
from rilo_reader.query.edit import to_text
from rilo_reader.query.tree import Query
from rilo_reader.tui.panels.facets import FacetsScreen
from rilo_reader.tui.reader.screen import ReaderScreen
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.timeline import LEFT_MARGIN, TimelineChart
from tests.support.reader import Reader, reading
from tests.support.watched_library import WatchedLibrary, article

MONTHS = {(2019, 1): 1, (2019, 3): 4, (2019, 6): 8, (2019, 7): 2}


def library() -> WatchedLibrary:
    """Fifteen articles of 2019 with ivory, newest first, and an older one without."""
    days = [
        (datetime(year, month, 20, 12, 30 - number, tzinfo=UTC), f"{month:02} {number}")
        for (year, month), count in sorted(MONTHS.items(), reverse=True)
        for number in range(count)
    ]
    articles = [
        article(number, title=title, date=day, body="All about ivory.")
        for number, (day, title) in enumerate(days)
    ]
    old = article(99, title="Old", date=datetime(2018, 1, 5, 12, tzinfo=UTC), body="Horn.")
    return WatchedLibrary([*articles, old])


def chart_of(screen: ReaderScreen) -> TimelineChart | None:
    return next(iter(screen.query(TimelineChart)), None)


async def until(reader: Reader, line: str) -> None:
    """Wait until the line of the chart says this."""
    for _ in range(400):
        await reader.settle()
        if reader.screen.controllers.timeline.chart_is_current and line in chart_line(reader):
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"{line!r} is not in {chart_line(reader)!r}")


def chart_line(reader: Reader) -> str:
    """The line of the screen that the chart is on, "" where it is not there."""
    chart = chart_of(reader.screen)
    if chart is None or not chart.display or not chart.region.height:
        return ""
    return reader.text()[chart.region.y].rstrip()


async def search(reader: Reader, text: str, line: str = "") -> None:
    """Type a search, and wait until the line of the chart says something."""
    await reader.search(text)
    if line:
        await until(reader, line)


IVORY = "   " + "".join(level * 3 for level in "▂▁▅▁▁█▃") + "Jan–Jul 2019".rjust(19)


@pytest.mark.slow
async def test_the_timeline_shows_while_a_search_is_on() -> None:
    async with reading(library()) as reader:
        assert chart_of(reader.screen) is None
        await search(reader, "horn")
        await until(reader, "")
        assert chart_line(reader) == "", "one month has no timeline"
        await reader.press("escape")
        await search(reader, "ivory", "2019")
        assert chart_line(reader) == IVORY
        assert reader.text()[chart_of(reader.screen).region.y + 1].startswith(("▌", "▏"))  # type: ignore[union-attr]
        await reader.press("escape")
        assert chart_line(reader) == ""
        assert reader.list.region.y == 2
        await search(reader, "ivory", "2019")
        chart = chart_of(reader.screen)
        assert chart is not None
        accent = colours_of(chart).accent.color

        def accents() -> str:
            strip = chart.render_line(0)
            return "".join(s.text for s in strip if s.style and s.style.color == accent)

        assert accents() == ""
        await reader.press("enter", "less_than_sign", "less_than_sign")
        await until(reader, "Jun 2019")
        assert accents() == "███Jun 2019"


@pytest.mark.slow
async def test_slices_narrow_the_results_and_escape_widens_before_it_clears() -> None:
    async with reading(library()) as reader:
        await search(reader, "ivory", "2019")
        await reader.press("enter", "less_than_sign")
        assert chart_line(reader).endswith("Jul 2019")
        assert reader.titles == ["07 0", "07 1"]
        assert reader.box == reader.screen.results.question.text == "ivory"
        assert "2 of 16" in reader.text()[0]
        await reader.press("less_than_sign", "less_than_sign")
        assert chart_line(reader).endswith("Mar 2019")
        assert reader.titles == [f"03 {n}" for n in range(4)]
        assert reader.open == "03 0"
        await reader.press("greater_than_sign")
        assert chart_line(reader).endswith("Jun 2019")
        await reader.press("greater_than_sign", "greater_than_sign")
        assert chart_line(reader).endswith("Jul 2019")
        assert reader.message == "Nothing is newer."
        await reader.press("slash", "escape", "escape", "g")
        await search(reader, "ivory", "2019")
        await reader.press("enter", "less_than_sign", "slash", "escape")
        assert reader.screen.widgets.search_row.box.has_focus
        assert reader.list.total == 15
        await reader.press("escape")
        assert reader.list.has_focus
        assert reader.list.total == 16
        await reader.press("slash", "escape", "escape", "g")
        await search(reader, "ivory", "2019")
        await reader.press("enter", "j", "greater_than_sign", "greater_than_sign", "j")
        assert reader.stands_on == "03 1"
        await reader.press("escape")
        assert chart_line(reader) == IVORY
        assert reader.list.total == 15
        assert reader.open == reader.stands_on == "03 1"
        await reader.press("escape")
        assert reader.list.total == 16
        assert reader.open == "07 0"
        assert chart_line(reader) == ""


@pytest.mark.slow
async def test_without_a_search_slices_go_through_everything() -> None:
    async with reading(library()) as reader:
        await reader.press("j", "j")
        await reader.press("greater_than_sign")
        await until(reader, "Jan 2018")
        assert reader.titles == ["Old"]
        await reader.press("greater_than_sign")
        assert reader.titles == ["01 0"]
        await reader.press("escape")
        assert reader.list.total == 16
        assert reader.stands_on == reader.open == "06 0"
        assert chart_line(reader) == ""


@pytest.mark.slow
async def test_a_slice_stays_while_the_words_change() -> None:
    async with reading(library()) as reader:
        await search(reader, "about", "2019")
        await reader.press("enter", "less_than_sign", "slash")
        await reader.type("ivory")
        await until(reader, "Jul 2019")
        assert reader.list.total == 2
        await reader.press("enter", "slash")
        await reader.type("horn")
        assert reader.list.total == 0
        assert any("Nothing matches in Jul 2019." in line for line in reader.text())
        await reader.press("escape")
        assert reader.titles == ["Old"]


@pytest.mark.slow
async def test_what_is_shown_is_what_a_slice_leaves() -> None:
    found = library()
    async with reading(found) as reader:
        await search(reader, "ivory", "2019")
        await reader.press("enter", "less_than_sign", "A", "v")
        assert isinstance(reader.app.screen, FacetsScreen)
        assert sum(int(entry.right_text) for entry in reader.app.screen.entries) == 2
        await reader.press("enter")
        assert reader.screen.results.question.text.endswith(" ivory")
        assert chart_line(reader).endswith("Jul 2019")
        await reader.press("escape", "escape")
        read = [row.title for row in reader.list.rows_in_view() if row.marks.read]
        assert read == ["07 0", "07 1"]


@pytest.mark.slow
async def test_the_mouse_chooses_a_slice_and_widens() -> None:
    async with reading(library()) as reader:
        await search(reader, "ivory", "2019")
        await reader.pilot.click(TimelineChart, offset=(LEFT_MARGIN + 2 * 3 + 1, 0))
        await reader.settle()
        assert reader.titles == [f"03 {n}" for n in range(4)]
        await reader.pilot.click(TimelineChart, offset=(LEFT_MARGIN + 3 * 3, 0))
        await reader.pilot.click(TimelineChart, offset=(LEFT_MARGIN - 1, 0))
        await reader.pilot.click(TimelineChart, offset=(LEFT_MARGIN + 30, 0))
        await reader.settle()
        assert chart_line(reader).endswith("Mar 2019")
        await reader.pilot.click(TimelineChart, offset=(LEFT_MARGIN + 2 * 3, 0))
        await reader.settle()
        assert reader.list.total == 15


@pytest.mark.slow
async def test_sizes() -> None:
    many = [
        article(n, date=datetime(2025 - n // 12, 12 - n % 12, 3, 12, tzinfo=UTC), body="ivory")
        for n in range(240)
    ]
    async with reading(WatchedLibrary(many), size=(40, 10)) as reader:
        await search(reader, "ivory")
        for width, height, bars in (
            *((120, 30, 20), (40, 10, 0), (59, 40, 0), (120, 13, 0)),
            *((60, 14, 40), (80, 24, 10), (200, 60, 40)),
        ):
            await reader.pilot.resize_terminal(width, height)
            await reader.settle()
            if bars:
                await until(reader, "2006–2025")
            line = chart_line(reader)
            assert len(line.partition("  2006")[0].strip()) == bars
            assert len(line) <= reader.list.size.width
            assert reader.list.size.height >= 5
        reader.screen.widgets.set_zen(True)
        await reader.settle()
        assert chart_line(reader) == ""
        reader.screen.widgets.set_zen(False)
        await reader.pilot.resize_terminal(40, 10)
        await reader.press("enter", "less_than_sign")
        assert reader.list.total == 12
        assert chart_line(reader) == ""
        assert reader.message.startswith("2025 ·")
        await reader.press("escape", "escape")
        assert reader.list.total == 240


@pytest.mark.slow
async def test_the_old_chart_stays_and_only_the_newest_question_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, asked = library(), list[str]()
    timeline = found.search.timeline

    def noted(query: Query) -> Timeline:
        asked.append(to_text(query))
        return timeline(query)

    monkeypatch.setattr(found.search, "timeline", noted)
    async with reading(found) as reader:
        await search(reader, "ivory", "2019")
        asked.clear()
        found.hold.clear()
        await reader.pilot.press("backspace", "backspace", "backspace")
        assert chart_line(reader) == IVORY
        found.hold.set()
        await until(reader, "2019")
        assert asked == ["iv*"]


@pytest.mark.slow
async def test_a_library_that_cannot_count_says_so_and_goes_on() -> None:
    def refuse() -> None:
        raise LibraryError("The index is gone.")

    broken = WatchedLibrary([article(number) for number in range(50)])
    broken.before(broken.search, "timeline", refuse)
    async with reading(broken) as reader:
        await search(reader, "word3")
        for _ in range(400):
            await reader.settle()
            if reader.message:
                break
            await asyncio.sleep(0.005)
        assert reader.message == "The index is gone."
        assert reader.list.total == 7


@pytest.mark.slow
async def test_the_article_stays_where_the_period_has_it_and_none_is_read_on_the_way() -> None:
    ivory = library()
    config = Config(mark_read=MarkRead.OPENED, mark_read_after=0.0)
    async with reading(ivory, config) as reader:
        await search(reader, "ivory", IVORY)
        await reader.press("enter", "less_than_sign")
        assert (reader.list.total, reader.stands_on) == (2, reader.row(0).title)
        await reader.press("less_than_sign")
        assert reader.list.total == 8
        await reader.pilot.pause(0.05)
        assert not reader.row(0).marks.read
        await reader.press("enter")
        await reader.until(lambda: reader.row(0).marks.read)
        await reader.press("escape", "escape", "g", *("j" * 4))
        here = reader.stands_on
        await reader.press("less_than_sign")
        assert reader.stands_on != here
        await reader.press("less_than_sign")
        assert (reader.list.total, reader.stands_on) == (8, here)
        await reader.press("escape")
        assert reader.stands_on == here

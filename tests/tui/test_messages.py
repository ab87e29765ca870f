"""A reason is never cut: it takes two rows, or a key or a click shows all of it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from rilo_reader.config import load
from rilo_reader.tui.panels.history import HistoryScreen
from rilo_reader.tui.panels.panel import TextScreen
from rilo_reader.tui.widgets.status_lines import BottomLine
from tests.support.reader import Reader, reading

SHORT = "The archive answers again"
LONG = "No browser could be started, since none is there; y copies the link of the article instead."
LONGEST = "The file could not be written, since " + "the folder above it is on a device, " * 7 + "."
SIZES = [(60, 20), pytest.param((80, 24), marks=pytest.mark.slow)]


def whole(reader: Reader) -> str:
    """What is on the screen, or in the panel over it, without the breaks between rows."""
    lines = reader.text()
    if isinstance(reader.app.screen, TextScreen):
        x, y, width, height = reader.app.screen.query_one("#panel").content_region
        lines = [line[x : x + width] for line in lines[y : y + height]]
    return " ".join(" ".join(lines).replace("┃", "").split())


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_a_message_is_seen_whole_by_its_key_at_the_latest(size: tuple[int, int]) -> None:
    async with reading(size=size) as reader:
        rows = reader.text()
        ways = (reader.screen.widgets.show_message, reader.screen.widgets.show_error)
        for said, show in product((SHORT, LONG, LONGEST), ways):
            show(said)
            await reader.settle()
            above = reader.text()[:-2]
            assert above == rows[:-2], "nothing moves"
            assert reader.text()[-1].strip()
            if said is LONGEST:
                assert reader.text()[-1].rstrip().endswith("…   W shows all")
                await reader.press("W")
                assert isinstance(reader.app.screen, TextScreen)
                assert said in whole(reader)
                await reader.press("escape")
                assert reader.message == ""
            else:
                assert said in whole(reader)


@pytest.mark.slow
async def test_a_message_goes_by_itself() -> None:
    async with reading() as reader:
        reader.screen.widgets.show_message(SHORT)
        await reader.settle()
        assert reader.message == SHORT
        while reader.message:
            await reader.pilot.pause(0.1)
        assert "r read" in reader.text()[-1]


async def test_a_line_that_is_still_as_high_as_the_message_before_is_drawn() -> None:
    async with reading(size=(60, 20)) as reader:
        line = reader.app.screen.query_one(BottomLine)
        line.show_message(LONG)
        await reader.settle()
        assert line.size.height == 2
        line.show_message(SHORT)
        assert line.render_line(1).text.strip() == ""


async def test_the_key_does_what_it_does_where_no_message_is_cut() -> None:
    async with reading() as reader:
        reader.screen.widgets.show_message(SHORT)
        await reader.press("W")
        assert isinstance(reader.app.screen, HistoryScreen)


async def test_a_click_shows_a_message_whole() -> None:
    async with reading(size=(60, 20)) as reader:
        reader.screen.widgets.show_error(LONGEST)
        await reader.settle()
        await reader.pilot.click(BottomLine, offset=(10, 1))
        await reader.settle()
        assert LONGEST in whole(reader)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_faults_of_settings_are_seen_whole(size: tuple[int, int], tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        'width = 900\nmark_read = "sometimes"\ntheme = "drak"\nfolders = ["no/where"]\n'
        '[keys]\nstarr = "s"\nstar = "ctrl+alt+hyper+banana"\n[[mute]]\nuntil = 2026-01-01\n'
    )
    notices = [problem.short_message for problem in load(file)[1]]
    assert len(notices) > 4
    async with reading(size=size, notices=notices) as reader:
        for first in range(len(notices)):
            told = notices[first:]
            if first:
                reader.bottom.show_message(told[0], stay=True, more=told[1:])
                await reader.settle()
            begins = told[0][: size[0] - len("…   W shows all")]
            assert begins in " ".join(" ".join(reader.text()[-2:]).split())
            if len(told) == 1 and not reader.bottom.cut_message:
                continue
            await reader.press("W")
            above = whole(reader)
            await reader.press("G")
            for each in told:
                assert each in above or each in whole(reader)
            await reader.press("escape")


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_the_fault_of_a_query_is_seen_whole(size: tuple[int, int]) -> None:
    async with reading(size=size) as reader:
        for query in ("after:sometime", "sort:foo", "/[/", "is:blue ships"):
            for text in (query, "a longer search for many ships " + query, f"{query} ships " * 4):
                await reader.search(text)
                faults = reader.screen.results.query.faults
                assert faults
                assert faults[0].reason in whole(reader), text
                await reader.press("escape")

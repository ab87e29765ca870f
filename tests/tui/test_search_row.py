"""The first line: what it says, the box that comes with its first use, and who gives way."""

from __future__ import annotations

import pytest

from tests.support.reader import reading
from tests.support.watched_library import WatchedLibrary, article


@pytest.mark.slow
async def test_the_line_says_what_it_is_for_and_how_many_articles_there_are() -> None:
    async with reading(size=(60, 20)) as reader:
        row = reader.screen.widgets.search_row
        line = reader.text()[0]
        assert line.startswith(" / search ")
        assert line.rstrip().endswith(" 50")
        assert len(line) == 60
        at_rest = [segment.style for segment in row.render_line(0)]
        await reader.press("slash")
        slash, _, side, *_ = (segment.style for segment in row.render_line(0))
        assert slash is not None
        assert slash.bold
        assert slash != at_rest[0]
        assert side == at_rest[2], "only the slash says that somebody types"
        assert row.box.region.right == row.region.right - 2 - len("  50")
        await reader.type("word3")
        assert row.total_text == "7 of 50"
        assert row.box.region.right == row.region.right - 2 - len("  7 of 50")


async def test_what_is_hidden_gives_way_to_the_total_and_the_box() -> None:
    library = WatchedLibrary([article(i) for i in range(5)])
    async with reading(library, size=(60, 20)) as reader:
        row = reader.screen.widgets.search_row
        row.show_hidden('12 hidden by "black friday"')
        await reader.settle()
        assert reader.text()[0].rstrip().endswith('12 hidden by "black friday"  5')
        row.show_hidden("1,204 hidden by 'a very long query that somebody mutes since years'")
        await reader.settle()
        assert reader.text()[0].startswith(" / ")
        assert reader.text()[0].rstrip().endswith("…  5")
        assert row.box.size.width >= 12
        await reader.pilot.resize_terminal(40, 12)
        await reader.settle()
        assert row.box.size.width >= 12
        assert reader.text()[0].rstrip().endswith("5")

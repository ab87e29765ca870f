"""How many articles of a feed an edition may have on a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.feeds.status import daily_limits
from tests.tui.test_feeds import FEEDS, TWO, User, panel


@pytest.mark.slow
async def test_a_feed_gives_editions_so_many_articles_a_day(tmp_path: Path) -> None:
    user = User(tmp_path)
    async with user.reading() as reader:
        await reader.press("F", "j", "j")
        assert "l limit" in panel(reader).keys_line
        await reader.press("l")
        await reader.type("few")
        await reader.press("enter")
        assert any("Type a number of articles, such as 5." in line for line in reader.text())
        await reader.press("ctrl+u", "2", "enter")
        assert "at_most = 2" in user.text.partition(TWO)[0]
        assert panel(reader).message.startswith("Limited Source 1 to 2 a day in editions")
        assert daily_limits(user.folder, user.paths) == {"Source 1": 2}
        await reader.press("l", "backspace", "enter")
        assert "at_most" not in user.text
        assert daily_limits(user.folder, user.paths) == {}
        await reader.press("u", "u")
        assert user.text == FEEDS

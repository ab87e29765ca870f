"""An edit in the reader: the row, the key, the panel, undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.config import Config, MarkRead
from rilo_reader.feeds.article_writer import ReplacedText
from rilo_reader.library import Library
from rilo_reader.plugins.edits.record import record_edits
from tests.support.reader import paths_in, reading
from tests.support.real_library import real_library

pytestmark = pytest.mark.slow

BY_HAND = Config(mark_read=MarkRead.BY_HAND)
ONE = ArticleId("1.md")


@contextmanager
def edited(home: Path, old: str = "Words.", new: str = "Other words.") -> Iterator[Library]:
    """Five articles, of which the second was edited after it was read."""
    with real_library(home) as library:
        library.state.set_read([ONE], value=True)
        file = library.folder / ONE
        before = file.read_text("utf-8").replace("Words.", old)
        after = before.replace(old, new)
        record_edits([ReplacedText(ONE, ONE, before, after)], library.folder, paths_in(home))
        file.write_text(after, encoding="utf-8")
        library.follower.update([ONE])
        library.index.reload()
        yield library


async def test_the_row_says_it_and_the_key_shows_it(tmp_path: Path) -> None:
    with edited(tmp_path) as library:
        async with reading(library, config=BY_HAND) as reader:
            (row,) = [line for line in reader.text() if "edited" in line]
            assert "edited May 2024" in row
            await reader.press("J")
            assert reader.message == "Edited since you read it · P shows what changed"
            await reader.press("P")
            shown = "\n".join(reader.text())
            assert "Words Other words." in shown
            await reader.press("escape", "r")
            assert library.search.marks([ONE])[ONE].is_edited is False
            assert not any("edited" in line for line in reader.text()[:-1])
            await reader.press("u")
            assert library.search.marks([ONE])[ONE].is_edited
            assert reader.message == "Undone: saw the edit of Title 1"
            assert any("edited" in line for line in reader.text()[:-1])


async def test_without_colours_there_are_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with edited(tmp_path) as library:
        async with reading(library, config=BY_HAND) as reader:
            await reader.press("J", "P")
            shown = "\n".join(reader.text())
            assert "[-Words-] {+Other words+}." in shown


async def test_what_has_not_changed_has_nothing_to_show(tmp_path: Path) -> None:
    with edited(tmp_path) as library:
        async with reading(library, config=BY_HAND) as reader:
            await reader.press("P")
            assert reader.message == "This article has not changed since you read it."


async def test_to_read_it_again_clears_it(tmp_path: Path) -> None:
    config = Config(mark_read=MarkRead.OPENED, mark_read_after=0.0)
    with edited(tmp_path) as library:
        async with reading(library, config=config) as reader:
            await reader.press("J")
            await reader.until(lambda: not library.search.marks([ONE])[ONE].is_edited)
            await reader.press("P")
            assert "Other words" in "\n".join(reader.text())


async def test_all_read_clears_edits_and_undo_brings_them_back(tmp_path: Path) -> None:
    with edited(tmp_path) as library:
        async with reading(library, config=BY_HAND) as reader:
            await reader.search("is:edited")
            await reader.press("enter", "A")
            assert library.state.edits() == {}
            await reader.press("u")
            assert list(library.state.edits()) == [ONE]


async def test_a_text_from_right_to_left_stands_at_the_right(tmp_path: Path) -> None:
    with edited(tmp_path, "ضبط العاج في الميناء", "ضبط العاج في المرفأ") as library:
        async with reading(library, config=BY_HAND) as reader:
            await reader.press("J", "P")
            (line,) = [line for line in reader.text() if "المرفأ" in line and "الميناء" in line]
            assert len(line.rstrip()) - len(line.lstrip()) < 60
            assert line.index("ضبط") > 60

"""The panel of what was done: where, when, what, how many; any of it is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import Library
from rilo_reader.store.gestures import Assignment, Device, Gesture, GestureId, Ids
from rilo_reader.store.marks import Stamp
from rilo_reader.store.state import open_state
from rilo_reader.tui.panels.history import HistoryScreen
from tests.support.reader import BY_HAND, Reader, reading
from tests.support.real_library import real_library

LAPTOP = Device("laptop-0a1b2c3d", "Laptop")
YEAR_2024 = 1_704_067_200_000 << 16


def panel(reader: Reader) -> HistoryScreen:
    found = reader.app.screen
    assert isinstance(found, HistoryScreen)
    return found


def titles(reader: Reader) -> list[str]:
    return [entry.text for entry in panel(reader).entries]


def article(library: Library, number: int) -> ArticleId:
    found = library.find(f"{number}.md")
    assert found is not None
    return found


def merge_from_laptop(library: Library, *ids: ArticleId, stamp: int = YEAR_2024) -> None:
    """Another device marked articles as read, some years ago."""
    state = open_state(library.state_file)
    state.journals.devices.record_seen(LAPTOP, stamp >> 16)
    gesture = GestureId(LAPTOP.id, Stamp(stamp))
    state.journals.merge_gestures([Gesture(gesture, (Assignment("read", "1", Ids(ids)),))], [])
    state.close()


@pytest.mark.slow
async def test_what_was_done_is_listed_newest_first_taken_back_and_done_again(
    tmp_path: Path,
) -> None:
    with real_library(tmp_path) as library:
        merge_from_laptop(library, *(article(library, number) for number in range(3)))
        async with reading(library, BY_HAND) as reader:
            await reader.press("s", "W")
            assert titles(reader) == ["Starred 1", "Marked 3 as read"]
            mine, theirs = panel(reader).entries
            assert (mine.detail, theirs.detail) == ("Title 0", "")
            assert theirs.right_text.strip() == "Laptop"
            assert mine.date.startswith("today")
            assert theirs.date.endswith("2024")
            await reader.press("j", "enter")
            assert not any(row.marks.read for row in reader.list.rows_in_view())
            assert panel(reader).message == "Undone: marked 3 articles as read"
            assert [each.detail for each in panel(reader).entries] == ["Title 0", "undone"]
            await reader.press("enter")
            assert panel(reader).message == "Redone: marked 3 articles as read · u undoes it"
            assert library.search.marks([article(library, 1)])[article(library, 1)].read
            await reader.press("escape", *"rJrJrWG", "enter")
            assert "changed again later" in panel(reader).message


@pytest.mark.slow
async def test_an_empty_history_says_what_it_is_for(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        async with reading(library, BY_HAND) as reader:
            await reader.press("W")
            assert any("No changes yet" in line for line in reader.text())
            await reader.press("enter", "j", "W")
            assert reader.app.screen is reader.screen


@pytest.mark.slow
async def test_older_gestures_are_loaded_as_one_goes_down(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        for number in range(250):
            merge_from_laptop(library, ArticleId(f"elsewhere {number}"), stamp=YEAR_2024 + number)
        async with reading(library, BY_HAND) as reader:
            await reader.press("W")
            assert len(panel(reader).entries) == 100
            await reader.press("G")
            assert len(panel(reader).entries) == 200
            await reader.press("G", "G", "G")
            assert len(panel(reader).entries) == 250
            assert panel(reader).current_payload == library.state.history.read(300)[-1]

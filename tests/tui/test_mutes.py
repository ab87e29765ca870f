"""Mutes in the reader: hidden everywhere, counted, shown by one key, until a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from rilo_reader.config import MUTES, Mute, load
from rilo_reader.library import Progress
from rilo_reader.tui.environment import Delays
from rilo_reader.tui.environment import local_day as today
from rilo_reader.tui.panels.saved_searches import parse_end_day
from tests.support.at_rest import BLINK
from tests.support.for_each import for_each
from tests.support.reader import FedIndexer, Reader, reading
from tests.tui.test_saved_searches import Saved, screen_text

BY_HAND = 'mark_read = "by hand"\n'
MUTED = BY_HAND + '[[mutes]]\nquery = "word3"\n'


def mutes(saved: Saved) -> tuple[Mute, ...]:
    return load(saved.file)[0].mutes


def hidden(reader: Reader) -> str:
    return reader.screen.widgets.search_row.hidden_text


@pytest.mark.slow
async def test_muted_articles_are_hidden_counted_and_shown_from_their_panel(tmp_path: Path) -> None:
    saved = Saved(tmp_path, MUTED)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        assert reader.list.total == 43
        assert hidden(reader) == '7 hidden by "word3"'
        assert reader.text()[0].rstrip().endswith("43")
        await reader.search("customs")
        assert "43 of 43" in reader.text()[0]
        assert hidden(reader) == '7 hidden by "word3"'
        await reader.type(" word4")
        assert hidden(reader) == ""
        await reader.press("escape", "apostrophe", "m")
        assert reader.list.total == 50
        assert hidden(reader) == "muted ones too"
        await reader.press("apostrophe", "m")
        assert reader.list.total == 43


@pytest.mark.slow
async def test_the_search_is_muted_until_a_day_and_undone(tmp_path: Path) -> None:
    saved = Saved(tmp_path, BY_HAND)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        await reader.search("word3", "enter", "M")
        assert "Mute “word3”" in screen_text(reader)
        await reader.type("30d")
        await reader.press("enter")
        assert mutes(saved) == (Mute("word3", today() + timedelta(days=30)),)
        assert reader.list.total == 0
        assert 'Muted "word3" until' in reader.message
        await reader.press("u")
        assert mutes(saved) == ()
        assert reader.list.total == 7


@pytest.mark.slow
async def test_an_ended_mute_hides_nothing(tmp_path: Path) -> None:
    saved = Saved(tmp_path, MUTED + "until = 2020-01-01\n")
    async with reading(config=saved.config, paths=saved.paths) as reader:
        assert reader.list.total == 50
        assert hidden(reader) == ""
        await reader.command("show muted")
        assert "Nothing is muted" in reader.message
        await reader.press("apostrophe")
        assert "ended 2020-01-01" in screen_text(reader)


@pytest.mark.slow
async def test_a_mute_ends_at_midnight_in_an_open_reader(tmp_path: Path) -> None:
    saved = Saved(tmp_path, MUTED + f"until = {today()}\n")
    days = [today()]
    config, paths = saved.config, saved.paths
    async with reading(config=config, paths=paths, today=lambda: days[-1]) as reader:
        assert reader.list.total == 43
        days.append(today() + timedelta(days=1))
        await reader.search("customs")
        assert reader.list.total == 50


@pytest.mark.slow
async def test_what_cannot_be_muted_is_refused_where_it_is_typed(tmp_path: Path) -> None:
    saved = Saved(tmp_path, BY_HAND)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        await reader.press("M", "enter")
        assert "Type what to hide" in screen_text(reader)
        await reader.type("is:gone")
        await reader.press("enter")
        assert "cannot be muted: is: can only be" in screen_text(reader)
        await reader.press(*["backspace"] * 7)
        await reader.type("word3")
        await reader.press("tab")
        await reader.type("soon")
        await reader.press("enter")
        assert '"soon" is not a date' in screen_text(reader)
        await reader.press("escape")
        assert mutes(saved) == ()


async def test_a_mute_that_cannot_be_read_is_shown_at_the_start(tmp_path: Path) -> None:
    saved = Saved(tmp_path, BY_HAND + '[[mutes]]\nquery = "is:gone"\n')
    async with reading(config=saved.config, paths=saved.paths) as reader:
        assert reader.list.total == 50
        assert 'The mute "is:gone" is ignored' in reader.message


@pytest.mark.slow
async def test_the_panel_lists_counts_and_removes_mutes(tmp_path: Path) -> None:
    saved = Saved(tmp_path, MUTED + '[[mutes]]\nquery = "word4"\nuntil = 2999-01-31\n')
    async with reading(config=saved.config, paths=saved.paths) as reader:
        assert hidden(reader) == "14 hidden by 2 mutes"
        await reader.press("apostrophe")
        lines = [line for line in reader.text() if "until 2999-01-31" in line]
        assert lines[0].split("2999-01-31")[1].split()[0] == "7"
        await reader.press("d")
        assert mutes(saved) == (Mute("word4", date(2999, 1, 31)),)
        assert reader.list.total == 43
        await reader.press("u")
        assert len(mutes(saved)) == 2
        await reader.press("G", "enter", "tab", *["backspace"] * 10, "enter")
        assert set(mutes(saved)) == {Mute("word3"), Mute("word4", date(2999, 1, 31))} or set(
            mutes(saved)
        ) == {Mute("word3"), Mute("word4")}


@for_each(
    "text, day",
    [
        ("", None),
        ("2027-01-31", date(2027, 1, 31)),
        ("30d", date(2026, 12, 24)),
        ("2w", date(2026, 12, 8)),
        ("1y", date(2027, 11, 24)),
    ],
)
def test_the_last_day_as_people_write_it(text: str, day: date | None) -> None:
    assert parse_end_day(text, date(2026, 11, 24)) == day


@for_each("text", ["soon", "2027-02-31", "2020-01-01", "9999y", "-3d"])
def test_what_is_no_day_to_come(text: str) -> None:
    with pytest.raises(ValueError, match="date"):
        parse_end_day(text, date(2026, 11, 24))


@pytest.mark.slow
async def test_a_list_that_mutes_empty_says_so_and_the_key_shows_them(tmp_path: Path) -> None:
    saved = Saved(tmp_path, BY_HAND)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        await reader.search("word3", "enter", "M")
        assert "Mute “word3”, 7 of 50" in screen_text(reader)
        await reader.press("enter")
        for part in ("7 are muted: M shows them, u takes it", "back."):  # on two lines
            assert part in screen_text(reader)
        assert "Nothing matches" not in screen_text(reader)
        assert hidden(reader) == "", "it is said once"
        await reader.press("M")
        assert reader.list.total == 7
        await reader.press("M")
        assert "Mute “word3”" in screen_text(reader), "they are shown, so it asks again"
        await reader.press("enter")
        assert "Nothing has changed. Press enter again to go on." in screen_text(reader)


@pytest.mark.slow
async def test_what_another_process_mutes_is_hidden_and_stays_unread(tmp_path: Path) -> None:
    saved, often = Saved(tmp_path, BY_HAND), Delays(marks=2 * BLINK)
    config, paths = saved.config, saved.paths
    async with reading(config=config, paths=paths, delays=often, follows=True) as reader:
        assert reader.list.total == 50
        MUTES.put(saved.file, Mute("word3"))
        await reader.until(lambda: reader.list.total == 43)
        assert hidden(reader) == '7 hidden by "word3"'
        await reader.press("A")
        await reader.search("is:unread", "enter", "M")
        assert reader.list.total == 7, "what is muted was not marked"
        MUTES.remove(saved.file, MUTES.key("word3"))
        await reader.until(lambda: hidden(reader) == "")
        assert reader.list.total == 7


@pytest.mark.slow
async def test_while_the_indexer_waits_it_tells_of_mutes(tmp_path: Path) -> None:
    saved, indexer = Saved(tmp_path, BY_HAND), FedIndexer()
    config, paths = saved.config, saved.paths
    async with reading(config=config, paths=paths, indexer=indexer, follows=True) as reader:
        indexer.report(Progress(50, 50, finished=True))
        await reader.settle()
        MUTES.put(saved.file, Mute("word3"))
        indexer.report(Progress(0, 0, marks=True))
        await reader.until(lambda: reader.list.total == 43)


@pytest.mark.slow
async def test_mutes_stay_while_somebody_writes_settings_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    saved, indexer = Saved(tmp_path, MUTED), FedIndexer()
    config, paths = saved.config, saved.paths
    async with reading(config=config, paths=paths, indexer=indexer, follows=True) as reader:
        saved.file.write_text("[[mutes\n", "utf-8")
        indexer.report(Progress(0, 0, marks=True))
        await reader.settle()
        assert reader.list.total == 43
        saved.file.write_text(BY_HAND, "utf-8")
        indexer.report(Progress(0, 0, marks=True))
        await reader.until(lambda: reader.list.total == 50)

"""Forms keep their keys in view and what was typed, whatever is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rilo_reader.config import SEARCHES, SavedSearch, load
from tests.support.reader import FedCollector, Reader, paths_in, reading

pytestmark = pytest.mark.slow

PAGE = {"url": "https://example.org/", "title": "A page"}


def foot(reader: Reader) -> str:
    """The last line with text of the form."""
    box = reader.app.screen.query_one("#panel").region
    rows = reader.text()[box.y : box.bottom]
    inside = [row[box.x : box.right].strip(" │╭╮╰╯─") for row in rows]
    return [row for row in inside if row][-1]


def saved(folder: Path) -> dict[str, Any]:
    """Settings with two saved searches, for a reader."""
    paths = paths_in(folder)
    for each in ("one", "two"):
        SEARCHES.put(paths.settings_file, SavedSearch(each, f"word{each}"))
    return {"config": load(paths.settings_file)[0], "paths": paths}


# By name: the keys that open it (words are typed), what is refused, and the line of keys.
FORMS = {
    "add": (["a"], "", "enter find feeds"),
    "account": (["a", "greader", "enter"], "", "enter log in"),
    "mute": (["M"], "(", "enter mute"),
    "save": (["slash", "word3", "enter", "ctrl+s"], "@@", "enter save"),
    "rename": (["apostrophe", "r"], "two", "enter rename"),
    "tags": (["t"], None, "enter save"),
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_refused_form_keeps_its_line_of_keys(tmp_path: Path, name: str) -> None:
    begin, wrong, keys = FORMS[name]
    async with reading(**saved(tmp_path), collector=FedCollector(), size=(120, 40)) as reader:
        for each in begin:
            await (reader.type(each) if each in ("greader", "word3") else reader.press(each))
        await reader.settle()
        form = reader.app.screen
        assert form is not reader.screen
        for size in ((120, 40), (80, 24), (60, 20)):
            await reader.pilot.resize_terminal(*size)
            assert foot(reader).startswith(keys)
            assert "esc cancel" in foot(reader)
        if wrong is None:
            return
        before = reader.text()
        await reader.type(wrong)
        await reader.press("enter")
        assert reader.app.screen is form
        assert reader.text() != before, "it says what is wrong"
        assert foot(reader).startswith(keys)


async def test_who_goes_back_from_what_was_found_goes_on_typing_the_address() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        collector.end({**PAGE, "feeds": [], "page": PAGE})
        await reader.press("a")
        await reader.type("example.org")
        await reader.press("enter")
        await reader.press("escape")
        await reader.type("/b")
        collector.end({"error": "There is no such page."})
        await reader.press("enter")
        assert [verb[-1] for verb in collector.verbs] == ["example.org", "example.org/b"]
        await reader.press("tab", "shift+tab")
        await reader.type("c")
        await reader.press("enter")
        assert collector.verbs[-1][-1] == "example.org/bc"


async def test_a_choice_keeps_its_keys_when_what_was_begun_is_stopped() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        collector.end({**PAGE, "feeds": [PAGE, {**PAGE, "url": "https://b.org/"}], "page": None})
        await reader.press("a", "x", "enter")
        assert foot(reader).startswith("j k move")
        await reader.press("enter")
        assert foot(reader) == "esc stop"
        await reader.press("escape")
        assert foot(reader).startswith("j k move")
        await reader.press("escape")
        assert foot(reader).startswith("enter find feeds")


async def test_a_refused_name_is_mended_and_not_typed_again(tmp_path: Path) -> None:
    how = saved(tmp_path)
    async with reading(**how) as reader:
        await reader.press("apostrophe", "r")
        await reader.type("two")
        await reader.press("enter")
        await reader.type("s")
        await reader.press("enter")
        searches = load(how["paths"].settings_file)[0].searches
        assert [each.name for each in searches] == ["twos", "two"]

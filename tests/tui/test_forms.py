"""Forms keep their keys in view and what was typed, whatever is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.config import SEARCHES, SavedSearch, load
from tests.support.reader import FedCollector, Reader, paths_in, reading

pytestmark = pytest.mark.slow

PAGE = {"url": "https://example.org/", "title": "A page"}


def foot(reader: Reader) -> str:
    """The last line with text of the form."""
    box = reader.app.screen.query_one("#panel").region
    rows = reader.text()[box.y : box.bottom]
    return [row[box.x : box.right].strip() for row in rows if row[box.x : box.right].strip()][-1]


async def begin_rename(reader: Reader) -> None:
    await reader.press("apostrophe", "r")


async def begin_import(reader: Reader) -> None:
    reader.screen.controllers.feeds.additions.import_articles()
    await reader.settle()


async def begin_add(reader: Reader) -> None:
    await reader.press("a")


async def begin_account(reader: Reader) -> None:
    await reader.press("a")
    await reader.type("greader")
    await reader.press("enter")
    await reader.settle()


async def begin_mute(reader: Reader) -> None:
    await reader.press("M")


async def begin_save(reader: Reader) -> None:
    await reader.press("slash")
    await reader.type("word3")
    await reader.press("enter", "ctrl+s")


async def begin_tags(reader: Reader) -> None:
    await reader.press("t")


FORMS = {
    "add": (begin_add, "", "enter looks"),
    "account": (begin_account, "", "enter logs in"),
    "import": (begin_import, "nowhere", "enter imports"),
    "mute": (begin_mute, "(", "enter mutes"),
    "save": (begin_save, "@@", "enter saves"),
    "rename": (begin_rename, "two", "enter renames"),
    "tags": (begin_tags, None, "enter keeps"),
}


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
@pytest.mark.parametrize("name", FORMS)
async def test_a_refused_form_keeps_its_line_of_keys(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    begin, wrong, keys = FORMS[name]
    paths = paths_in(tmp_path)
    for each in ("one", "two"):
        SEARCHES.put(paths.settings_file, SavedSearch(each, f"word{each}"))
    config = load(paths.settings_file)[0]
    async with reading(config=config, paths=paths, collector=FedCollector(), size=size) as reader:
        await begin(reader)
        form = reader.app.screen
        assert form is not reader.screen
        assert foot(reader).startswith(keys)
        assert "esc" in foot(reader)
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
        await reader.settle()
        await reader.press("escape")
        await reader.type("/b")
        collector.end({"error": "There is no such page."})
        await reader.press("enter")
        await reader.settle()
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
        await reader.settle()
        assert foot(reader).startswith("j k move")
        await reader.press("enter")
        assert foot(reader) == "esc stops"
        await reader.press("escape")
        assert foot(reader).startswith("j k move")
        await reader.press("escape")
        assert foot(reader).startswith("enter looks")


async def test_a_refused_name_is_mended_and_not_typed_again(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    for each in ("one", "two"):
        SEARCHES.put(paths.settings_file, SavedSearch(each, f"word{each}"))
    async with reading(config=load(paths.settings_file)[0], paths=paths) as reader:
        await begin_rename(reader)
        await reader.type("two")
        await reader.press("enter")
        await reader.type("s")
        await reader.press("enter")
        await reader.settle()
        assert [each.name for each in load(paths.settings_file)[0].searches] == ["twos", "two"]

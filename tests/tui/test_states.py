"""States that act: what to do where nothing is found, or nothing is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import parse
from rilo_reader.tui.environment import Delays
from tests.support.reader import BY_HAND, Reader, reading
from tests.support.watched_library import WatchedLibrary, article

SOON = Delays(count_copies=0.01)


def library() -> WatchedLibrary:
    bodies = ["ivory in a parcel"] * 3 + ["a scanner for ivory"] * 2 + ["bananas"]
    return WatchedLibrary(
        [
            article(number, body=body, tags=("news",) * (body == "bananas"))
            for number, body in enumerate(bodies)
        ]
    )


def in_list(reader: Reader) -> str:
    """What the list shows, without the breaks between rows."""
    width = reader.list.size.width
    return " ".join(" ".join(line[:width] for line in reader.text()[2:-1]).split())


def bottom(reader: Reader) -> str:
    return " ".join(reader.text()[-1].split())


@pytest.mark.parametrize(
    ("query", "fewer"),
    [
        ("ivory scanner bananas", ("ivory scanner", 2)),
        ("ivory bananas zebra", ("ivory", 5)),
        ("zebra scanner fish ivory -fish", ("scanner ivory -fish", 2)),
        ("zebra bananas", ("bananas", 1)),
        ("zebra fish", None),
        ("zebra", None),
        ("zebra OR fish", None),
        ("ivory source:Nobody", ("ivory", 5)),
        ("ivory scanner bananas tag:news", ("bananas tag:news", 1)),
        ("bananas ivory zebra tag:news", ("bananas tag:news", 1)),
        ("ivory tag:news", ("ivory", 5)),
        ("ivory after:2030", None),
        (" ".join(f"zebra{number}" for number in range(9)), None),
    ],
)
def test_as_many_words_are_kept_as_have_results(query: str, fewer: tuple[str, int] | None) -> None:
    found = library().search.fewer_words(parse(query))
    assert (found and (to_text(found[0]), found[1])) == fewer


@pytest.mark.slow
async def test_nothing_found_names_what_would_find_and_enter_finds_it() -> None:
    async with reading(library(), delays=SOON, size=(100, 24)) as reader:
        await reader.search("ivory scanner bananas")
        said = "Nothing has all these words. 2 have ivory scanner."
        await reader.until(lambda: said in in_list(reader))
        assert bottom(reader).startswith("enter search for it")
        assert "read" not in bottom(reader)
        await reader.press("enter")
        assert reader.box == "ivory scanner"
        assert reader.list.total == 2
        assert reader.list.has_focus
        assert "r read" in bottom(reader)


@pytest.mark.slow
async def test_a_field_that_is_left_out_is_named() -> None:
    async with reading(library(), delays=SOON, size=(100, 24)) as reader:
        await reader.search("tag:news ivory")
        said = "Nothing has all these words. 5 have ivory*, without tag:news."
        await reader.until(lambda: said in in_list(reader))


async def test_what_would_find_is_not_looked_for_while_one_types() -> None:
    async with reading(library(), delays=Delays(count_copies=1_000)) as reader:
        await reader.search("ivory zebra")
        assert reader.list.total == 0
        assert "results" not in bottom(reader)
        assert not any("have" in line or "has all" in line for line in reader.text())


@pytest.mark.slow
async def test_an_empty_folder_says_what_can_be_done() -> None:
    async with reading(WatchedLibrary([]), size=(100, 24)) as reader:
        said = "a add a feed · :guide · ? help"
        assert any(said in line.replace("\xa0", " ") for line in reader.text())
        assert bottom(reader) == "a add a feed ^p commands ? help q quit"
    other = BY_HAND._replace(folders=(Path("/somewhere/news"),))
    async with reading(WatchedLibrary([]), other, size=(100, 24)) as reader:
        text = in_list(reader).replace("\xa0", " ")
        assert "Feeds go into your library, /somewhere/news. a add a page" in text
        assert bottom(reader) == "a add a page ^p commands ? help q quit"
        await reader.press("h")
        assert "adds a feed" not in "\n".join(reader.text())
    async with reading(WatchedLibrary([article(0)]), size=(100, 24)) as reader:
        await reader.search("zebra", "enter")
        assert "\n".join(reader.text()).count("Nothing") == 1
        assert bottom(reader) == "/ search esc clear search ^p commands ? help q quit"


@pytest.mark.slow
async def test_the_keys_for_marks_say_what_they_do_to_the_article() -> None:
    async with reading(library(), size=(100, 24)) as reader:
        for keys, hints in (
            ("r", "r unread s star"),
            ("s", "r unread s unstar"),
            ("uJ", "r read s star"),
            ("K", "r unread s star"),
        ):
            await reader.press(*keys)
            reader.bottom.clear()  # what it says of the key
            await reader.settle()
            assert hints in bottom(reader)


@pytest.mark.slow
async def test_where_only_one_is_visible_the_keys_name_the_way_to_the_other() -> None:
    async with reading(library(), size=(60, 20)) as reader:
        assert bottom(reader).startswith("J next enter open")
        await reader.press("enter")
        for width in (60, 51, 40, 30, 12):
            await reader.pilot.resize_terminal(width, 20)
            await reader.settle()
            assert bottom(reader).endswith("h list")
        await reader.press("h", "h", "escape", "h")
        for width in (51, 40, 30, 12):
            await reader.pilot.resize_terminal(width, 20)
            await reader.settle()
            assert bottom(reader).endswith("esc back")
        await reader.press("escape", "enter")
        await reader.pilot.resize_terminal(100, 24)
        await reader.settle()
        assert bottom(reader).startswith("J next")


@pytest.mark.slow
async def test_earlier_searches_are_named_where_up_shows_them() -> None:
    async with reading(library(), size=(60, 20)) as reader:
        await reader.press("slash")
        assert "↑ earlier searches" in bottom(reader)
        await reader.type("ivory")
        assert bottom(reader) == "enter results esc clear search"


async def test_the_list_names_the_sources_and_the_way_back() -> None:
    async with reading(size=(120, 24)) as reader:
        ways = "h sources ^p commands ? help q quit"
        assert bottom(reader).endswith(ways)
        await reader.search("title", "enter")
        assert bottom(reader).startswith("J next esc clear search / search r ")
        await reader.press("escape")
        assert bottom(reader).endswith(ways)
    async with reading(size=(60, 20)) as reader:
        await reader.search("title", "enter")
        assert bottom(reader) == "J next esc clear search ^p commands ? help q quit"

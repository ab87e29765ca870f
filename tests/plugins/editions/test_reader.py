"""Today's edition in the list: its order, its end, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.config import Config, MarkRead
from rilo_reader.plugins.editions.settings import EditionSettings
from tests.support.reader import FedCollector, reading
from tests.support.real_library import real_library

CONFIG = Config(mark_read=MarkRead.BY_HAND).with_plugin_values(EditionSettings(3))
END = "That was today's edition: 3 articles, 3 minutes. 3 more wait."


def articles(home: Path) -> Path:
    """Six articles of three sources, each of a minute; the newest four of one."""
    folder = home / "library"
    folder.mkdir(parents=True)
    for number in range(6):
        source = {4: "Rare", 5: "Silent"}.get(number, "Flood")
        header = f'title = "Title {number}"\ndate = 2026-11-{20 - number}\nsource = "{source}"'
        (folder / f"{number}.md").write_text(f"+++\n{header}\n+++\n\nWords.\n", encoding="utf-8")
    return folder


@pytest.mark.slow
async def test_an_edition_is_a_list_of_its_own_with_an_end(tmp_path: Path) -> None:
    folder = articles(tmp_path)
    with real_library(tmp_path, 0, folder=folder) as library:
        async with reading(library, config=CONFIG) as reader:
            await reader.press("j", "E")
            assert reader.titles == ["Title 0", "Title 4", "Title 5"]
            assert reader.text()[0].rstrip().endswith("edition, 3 min · 3 of 6")
            assert reader.message.startswith("Today's edition: 3 articles, 3 minutes.")
            await reader.press("r", "J", "r")
            assert reader.titles == ["Title 0", "Title 4", "Title 5"], "what is read stays"
            await reader.press("J")
            assert "The end of today's edition. 3 more wait →" in "\n".join(reader.text())
            for key in ("J", "j", "space"):
                reader.bottom.clear()
                await reader.press("r", key)
                assert reader.message == END, key
            await reader.press("escape")
            assert len(reader.titles) == 6
            assert reader.list.cursor == 1, "where it was"


@pytest.mark.slow
async def test_export_writes_the_edition_in_its_order(tmp_path: Path) -> None:
    folder, collector = articles(tmp_path), FedCollector()
    with real_library(tmp_path, 0, folder=folder) as library:
        async with reading(library, config=CONFIG, collector=collector) as reader:
            await reader.press("E")
            await reader.command("export")
            await reader.press("enter")
            (verb,) = collector.verbs
            assert verb[-4:] == ("Today's edition", *(f"--article={n}.md" for n in (0, 4, 5)))
            await reader.end(collector, {"wrote": "/home/edition.epub", "articles": 3})
            assert reader.message == "Wrote 3 articles to /home/edition.epub"


@pytest.mark.slow
async def test_it_is_of_what_the_list_shows_and_typing_leaves_it(tmp_path: Path) -> None:
    folder = articles(tmp_path)
    with real_library(tmp_path, 0, folder=folder) as library:
        async with reading(library, config=CONFIG) as reader:
            await reader.search("source:flood")
            await reader.press("enter", "E")
            assert reader.titles == ["Title 0", "Title 1", "Title 2"]
            await reader.press("A")
            assert reader.titles == ["Title 0", "Title 1", "Title 2"]
            assert library.search.count(reader.screen.results.query_shown) == 3
            await reader.press("E")
            assert reader.titles == ["Title 4", "Title 5", "Title 3"], "the next one, of everything"
            await reader.search("rare")
            assert reader.titles == ["Title 4"]
            await reader.press("escape", "U", "A", "E")
            assert reader.message == "No unread articles for an edition."

"""Saved searches in the reader: naming, the panel, and what settings.toml holds then."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.config import load
from tests.support.reader import Reader, paths_in, reading
from tests.support.watched_library import WatchedLibrary, article

SETTINGS = """\
# mine
mark_read = "by hand"

[[searches]]
name = "Three"
query = "word3"

[[searches]]
name = "Four"
query = "word4"

[[searches]]
name = "Broken"
query = "is:gone"
"""


class Saved:
    """A reader's settings in a folder of the test's own."""

    def __init__(self, folder: Path, text: str = SETTINGS) -> None:
        self.paths = paths_in(folder)
        self.file = self.paths.settings_file
        self.file.parent.mkdir(parents=True)
        self.file.write_text(text, "utf-8")
        self.config = load(self.file)[0]

    @property
    def searches(self) -> list[tuple[str, str]]:
        return [(each.name, each.query) for each in load(self.file)[0].searches]


def screen_text(reader: Reader) -> str:
    return "\n".join(reader.text())


@pytest.mark.slow
async def test_a_search_is_saved_by_a_new_name_or_a_taken_one_and_undone(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        await reader.press("ctrl+s")
        assert "nothing to save" in reader.message
        assert len(reader.app.screen_stack) == 1
        await reader.press("escape")
        await reader.search("customs word5")
        await reader.press("ctrl+s", "enter")
        assert saved.searches[-1] == ("customs word5", "customs word5")
        assert reader.screen.config.searches[-1].name == "customs word5"
        assert "Saved as customs word5" in reader.message
        assert saved.file.read_text("utf-8").startswith("# mine\n")
        await reader.press("enter", "u")
        assert saved.searches[-1] == ("Broken", "is:gone")
        assert len(reader.screen.config.searches) == 3
        await reader.press("escape")
        await reader.search("word5", "enter", "ctrl+s")
        await reader.paste("@four")
        await reader.press("enter")
        assert ("Four", "word5") in saved.searches
        assert "in place of: word4" in reader.message
        assert "u undoes it" in reader.message
        await reader.press("u")
        assert ("Four", "word4") in saved.searches


@pytest.mark.slow
async def test_the_panel_counts_unread_articles_and_runs_a_search(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    library = WatchedLibrary([article(i) for i in range(50)])
    for number in (3, 10):
        library.mark(f"id{number}", read="1")
    async with reading(library, saved.config, paths=saved.paths) as reader:
        await reader.press("apostrophe")
        text = screen_text(reader)
        three = next(line for line in text.splitlines() if "Three" in line)
        assert three.split("word3")[1].split()[0] == "5"
        assert "is: can only be unread, read, starred, highlighted or edited" in text
        await reader.press("j", "enter")
        assert reader.box == "word4"
        assert reader.list.total == 7
        assert reader.list.has_focus


@pytest.mark.slow
async def test_searches_are_ordered_renamed_removed_and_brought_back(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        await reader.press("s", "apostrophe", "u", "J")
        assert reader.row(0).marks.starred, "undo in the panel leaves marks alone"
        assert [name for name, _ in saved.searches] == ["Four", "Three", "Broken"]
        await reader.press("K", "r")
        await reader.type("Drei")
        await reader.press("enter")
        assert [name for name, _ in saved.searches] == ["Drei", "Four", "Broken"]
        await reader.press("d")
        assert [name for name, _ in saved.searches] == ["Four", "Broken"]
        assert "Removed Drei" in screen_text(reader)
        await reader.press("u")
        assert [name for name, _ in saved.searches] == ["Drei", "Four", "Broken"]
        await reader.press("u", "escape")
        assert saved.searches[0] == ("Three", "word3")
        await reader.press("apostrophe", "r")
        await reader.type("four")
        await reader.press("enter")
        assert "Another search is called Four." in screen_text(reader)
        await reader.press("escape", "escape")
        assert [name for name, _ in saved.searches] == ["Three", "Four", "Broken"]
        saved.file.write_text('[[searches]]\nname = "New"\nquery = "word5"\n', "utf-8")
        await reader.press("apostrophe")
        assert "New" in screen_text(reader)
        assert "word3" not in screen_text(reader)


@pytest.mark.slow
async def test_the_box_knows_saved_searches_by_name(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        await reader.search("@th")
        assert [word for word, _ in reader.screen.widgets.completion_line.words] == ["@Three"]
        await reader.press("tab")
        assert reader.box == "@Three "
        assert reader.list.total == 7
        await reader.paste("-@four @sevn")
        assert "did you mean @Three" in reader.text()[1] or "no saved search" in reader.text()[1]
        await reader.press(*["backspace"] * 6, "ctrl+s")
        await reader.type("both")
        await reader.press("enter")
        assert saved.searches[-1] == ("both", "(word3) -(word4)")


@pytest.mark.slow
async def test_settings_that_are_broken_are_said_and_stay(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    async with reading(config=saved.config, paths=saved.paths) as reader:
        saved.file.write_text("broken = = 1\n", "utf-8")
        await reader.search("word5", "enter", "ctrl+s", "enter")
        assert "settings.toml could not be changed" in reader.message
        assert saved.file.read_text("utf-8") == "broken = = 1\n"


@pytest.mark.slow
async def test_a_narrow_panel_says_whole_what_it_says(tmp_path: Path) -> None:
    async with reading(size=(60, 20), paths=paths_in(tmp_path)) as reader:
        await reader.press("apostrophe")
        text = " ".join(" ".join(reader.text()).replace("│", "").split())
        assert "Search for something, then press ^s to save it or M to mute it." in text
        await reader.press("enter", "d", "r", "J", "u", "apostrophe")
        assert len(reader.app.screen_stack) == 1
    saved = Saved(tmp_path / "full")
    async with reading(size=(60, 20), config=saved.config, paths=saved.paths) as reader:
        await reader.press("apostrophe")
        text = " ".join(" ".join(reader.text()).replace("│", "").split())
        assert "enter search r rename d remove J K reorder u undo esc close" in text
        assert "Nothing is saved" not in "".join(reader.text())

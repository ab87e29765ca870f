"""Settings changed in their panel, or in the user's editor, while the reader is open."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from rilo_reader import config
from rilo_reader.config.all_settings import plain_settings, value_of
from rilo_reader.tui.panels.settings import KeysScreen, SettingsScreen
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.line_list import EntryList
from tests.support.at_rest import key_event
from tests.support.reader import Reader, paths_in, reading


@contextmanager
def suspended() -> Iterator[None]:
    yield


@asynccontextmanager
async def edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> AsyncIterator[Reader]:
    """A reader whose user has added some settings at the top of the file."""
    async with reading(paths=paths_in(tmp_path)) as reader:
        monkeypatch.setattr(reader.app, "suspend", suspended)
        editor = tmp_path / "editor"
        folders = f"folders = ['{reader.library.folder}']\n"
        editor.write_text(
            f"#!{sys.executable}\nimport sys, pathlib\nfile = pathlib.Path(sys.argv[1])\n"
            f"template = file.read_text('utf-8').replace('[keys]', '')\n"
            f"file.write_text({folders + text!r} + template, 'utf-8')\n"
        )
        editor.chmod(0o755)
        monkeypatch.setenv("VISUAL", str(editor))
        await reader.command("preferences")
        await reader.press("e", "escape")
        yield reader


PAPER = ("paper", "ansi-light")  # in this terminal

SETTINGS = """\
theme = "paper"
width = 40
date_format = "iso"
mark_read = "end"
[keys]
star = "f2"
"""


@pytest.mark.slow
async def test_what_is_changed_in_the_editor_holds_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with edited(tmp_path, monkeypatch, SETTINGS) as reader:
        assert reader.message == "Settings applied"
        assert reader.app.theme in PAPER
        assert any("2025-06-01" in line for line in reader.text())
        assert reader.view._wanted_width == 40
        await reader.press("f2")
        assert reader.row(0).marks.starred
        await reader.press("s")
        assert reader.row(0).marks.starred, "another key was given to the command"
    text = (tmp_path / "config" / "settings.toml").read_text("utf-8")
    assert all(f"\n# {name} = " in text for name in ("drafts", "history", "mark_read_after"))


@pytest.mark.slow
async def test_what_cannot_be_applied_needs_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with edited(tmp_path, monkeypatch, "drafts = true\nwidth = 40\n") as reader:
        assert "for drafts, restart rilo-reader" in reader.message
        assert reader.view._wanted_width == 40


@pytest.mark.slow
async def test_a_mistake_is_named_and_changes_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with edited(tmp_path, monkeypatch, "width = 9999\ntheme = 'paper'\n") as reader:
        assert reader.message.startswith("settings.toml, line 2, width: ")
        assert reader.app.theme in PAPER
    (tmp_path / "config" / "settings.toml").unlink()
    async with edited(tmp_path, monkeypatch, "this is not TOML\n") as reader:
        assert reader.message.startswith("settings.toml, line 2")
        assert reader.app.theme not in PAPER


def test_a_file_that_is_there_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("width = 40\n", "utf-8")
    config.write_template(file)
    assert file.read_text("utf-8") == "width = 40\n"


# -- the panel ------------------------------------------------------------------------------------

MINE = """\
# my settings
width = 72  # a book

date_format = "%Y/%m"
[keys]  # mine
star = "f2"

[[searches]]
name = "one"
query = "word1"
"""


def written_in(folder: Path, text: str) -> dict[str, Any]:
    """Settings in a file, for a reader."""
    paths = paths_in(folder)
    paths.settings_file.parent.mkdir(parents=True, exist_ok=True)
    paths.settings_file.write_bytes(text.encode())
    return {"config": config.load(paths.settings_file)[0], "paths": paths}


def panel(reader: Reader) -> SettingsScreen:
    assert isinstance(reader.app.screen, SettingsScreen)
    return reader.app.screen


async def open_at(reader: Reader, name: str) -> None:
    """Open the panel, with the cursor on a setting."""
    await reader.screen.controllers.run("settings")
    await reader.settle()
    names = [entry.payload for entry in panel(reader).entries]
    await reader.press(*["j"] * names.index(name))


async def test_a_setting_is_changed_and_its_effect_is_seen_at_once(tmp_path: Path) -> None:
    how = written_in(tmp_path, MINE)
    file = how["paths"].settings_file
    async with reading(**how, size=(200, 40)) as reader:
        await open_at(reader, "width")
        assert panel(reader).styles.background.a == 0, "the reader is not dimmed"
        await reader.press("right")
        assert reader.view._wanted_width == 80
        assert file.read_text("utf-8") == MINE.replace("72", "80")
        assert panel(reader).message == "Width of the text: 80 columns · u undoes it"
        assert "e file, for the rest" in panel(reader).keys_line
        await reader.press("left", "left")
        assert reader.view._wanted_width == 66
        await reader.press("u", "u", "u")
        assert reader.view._wanted_width == 72
        assert file.read_text("utf-8") == MINE
        await reader.press("j", "enter")
        value = config.load(file)[0].date_format
        assert value in ("human", "%d.%m.%Y", "iso")
        await reader.press("left")
        assert config.load(file)[0].date_format == "%Y/%m", "one can go back to one's own"
        await reader.press("escape")
        assert reader.app.screen is reader.screen


async def test_the_first_change_of_a_new_home_is_undone(tmp_path: Path) -> None:
    how = written_in(tmp_path, "")
    file = how["paths"].settings_file
    file.unlink()
    async with reading(**how, size=(200, 40)) as reader:
        await open_at(reader, "width")
        before = reader.view._wanted_width
        await reader.press("right")
        assert reader.view._wanted_width != before
        assert config.load(file)[0].width == 90
        await reader.press("u")
        assert panel(reader).message == "Undone: Width of the text: 90 columns"
        assert reader.view._wanted_width == before
        assert "# width = 80" in file.read_text("utf-8"), "the file explains all settings"


async def test_undo_waits_until_a_mistake_in_the_file_is_mended(tmp_path: Path) -> None:
    how = written_in(tmp_path, MINE)
    file = how["paths"].settings_file
    async with reading(**how, size=(200, 40)) as reader:
        await open_at(reader, "width")
        await reader.press("right")
        changed = file.read_text("utf-8")
        wrong = f'{changed}\nwidth = "bro'
        file.write_text(wrong, "utf-8")
        for _ in range(2):
            await reader.press("u")
            line = wrong.count("\n") + 1
            assert f"settings.toml has a mistake in line {line}: " in panel(reader).message
            assert "Nothing was undone" in panel(reader).message
            assert file.read_text("utf-8") == wrong
        file.write_text(changed, "utf-8")
        await reader.press("u")
        assert panel(reader).message == "Undone: Width of the text: 80 columns"
        assert file.read_text("utf-8") == MINE


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_all_else_in_the_file_stays(tmp_path: Path, end: str) -> None:
    """Whatever is pressed: of the file only the values change, and undo brings back each byte."""
    before = "\ufeff" + MINE.replace("\n", end)
    how = written_in(tmp_path, before)
    file = how["paths"].settings_file
    async with reading(**how, size=(200, 40)) as reader:
        await open_at(reader, "theme")
        for _ in panel(reader).entries[:-1]:
            await reader.press("right", "right", "left", "j")
        text = file.read_bytes().decode()
        kept = [
            "\ufeff# my settings",
            "  # a book",
            "[keys]  # mine",
            'star = "f2"',
            "[[searches]]",
        ]
        assert all(each in text for each in kept)
        assert text.count("\r") == (text.count("\n") if end == "\r\n" else 0)
        changed, problems = config.load(file)
        assert not problems
        assert changed.searches == how["config"].searches
        await reader.press(*["u"] * 3 * (len(panel(reader).entries) - 1))
        assert file.read_bytes().decode() == before


@pytest.mark.slow
async def test_what_is_changed_twice_in_a_moment_is_not_lost(tmp_path: Path) -> None:
    how = written_in(tmp_path, "")
    async with reading(**how) as reader:
        await open_at(reader, "width")
        for _ in range(3):
            reader.app.post_message(key_event("left"))
        await reader.settle()
        assert config.load(how["paths"].settings_file)[0].width == 60
        assert reader.view._wanted_width == 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"), [("width = = 1\n", "line 1"), ("width = 9999\n", "9999 is not between")]
)
async def test_a_mistake_in_the_file_is_said_in_the_panel(
    tmp_path: Path, text: str, said: str
) -> None:
    how = written_in(tmp_path, text)
    file = how["paths"].settings_file
    async with reading(**how) as reader:
        await open_at(reader, "width")
        assert said in panel(reader).note
        await reader.press("right")
        if said == "line 1":
            assert "settings.toml could not be changed" in panel(reader).message
            assert file.read_text("utf-8") == text
            assert said in panel(reader).note
            file.write_text("width = 100\n", "utf-8")
            await reader.press("right")
            assert "width = 90" in file.read_text("utf-8"), "it goes on from what was shown"
        else:
            assert file.read_text("utf-8") == "width = 90\n"
            assert said not in panel(reader).note


@pytest.mark.slow
async def test_a_file_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    how = written_in(tmp_path, "")
    file = how["paths"].settings_file
    file.unlink()
    file.mkdir()
    async with reading(**how) as reader:
        await open_at(reader, "width")
        assert "cannot be read" in panel(reader).note
        await reader.press("right", "j", "enter")
        assert "settings.toml cannot be read" in panel(reader).message
        assert reader.view._wanted_width in (70, 80)
        file.rmdir()
        await reader.press("k", "right")
        assert config.load(file)[0].width == 90


@pytest.mark.slow
async def test_the_order_of_the_list_behind_changes_at_once(tmp_path: Path) -> None:
    async with reading(**written_in(tmp_path, "")) as reader:
        before = reader.titles[0]
        await open_at(reader, "sort")
        await reader.press("right")
        assert panel(reader).entries[4].detail == "oldest first"
        assert reader.screen.results.question.text == ""
        assert reader.titles[0] != before
        await reader.press("u")
        assert reader.titles[0] == before


@pytest.mark.slow
async def test_what_needs_a_restart_says_so(tmp_path: Path) -> None:
    how = written_in(tmp_path, "")
    async with reading(**how) as reader:
        await open_at(reader, "drafts")
        await reader.press("enter")
        assert "restart rilo-reader" in panel(reader).message
        assert config.load(how["paths"].settings_file)[0].drafts
        await reader.press("enter")
        assert "restart" not in panel(reader).message


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (60, 12)])
async def test_the_panel_leaves_half_of_the_screen_to_the_reader(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with reading(**written_in(tmp_path, ""), size=size) as reader:
        await open_at(reader, "keys")
        shown = reader.text()
        box = panel(reader).query_one("#panel").region
        assert box.y >= 3 or size[1] < 20
        assert box.bottom <= size[1]
        assert any("esc close" in line for line in shown)
        assert any("Keys" in line for line in shown)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["ink", "ansi-dark"])
@pytest.mark.parametrize("rows", [14, 20])
async def test_values_are_no_fainter_than_names_and_a_frame_tells_the_panel_from_the_page(
    tmp_path: Path, theme: str, rows: int
) -> None:
    given = written_in(tmp_path, f'theme = "{theme}"\n')
    async with reading(**given, size=(60, rows)) as reader:
        await open_at(reader, "width")
        entry_list = panel(reader).query_one(EntryList)
        colours = colours_of(entry_list)
        [value] = [
            segment
            for segment in entry_list.draw_entry(0, 56, colours, is_current=False)
            if segment.text.startswith(theme)
        ]
        assert value.style == colours.text
        box = panel(reader).query_one("#panel").region
        assert reader.text()[box.y][box.x] == "╭"
        assert reader.text()[box.bottom - 1][box.x] == "╰"


@pytest.mark.slow
async def test_a_key_is_given_by_pressing_it(tmp_path: Path) -> None:
    how = written_in(tmp_path, MINE)
    file = how["paths"].settings_file
    async with reading(**how, size=(120, 60)) as reader:
        await open_at(reader, "keys")
        await reader.press("enter")
        keys = reader.app.screen
        assert isinstance(keys, KeysScreen)

        async def give(command: str, key: str) -> None:
            await reader.press("g")
            commands = [entry.payload for entry in keys.entries if not entry.is_heading]
            await reader.press(*["j"] * [each.id for each in commands].index(command))
            await reader.press("enter", key)

        await give("zen", "f5")
        assert config.load(file)[0].keys == {"star": ("f2",), "zen": ("f5",)}
        assert keys.message.startswith("Article only: f5 · ")
        await give("open", "escape")
        assert "open" not in config.load(file)[0].keys, "escape gives none"
        await give("open", "f2")
        assert keys.message == "“Star” has f2 from you: give it another key first."
        await give("outline", "v")
        assert reader.screen.keys["outline"] == ("v",)
        assert reader.screen.keys["facets"] == ()
        assert "no longer of “Sources, tags, years”" in keys.message
        for key, given in {"x": (), "d": ("i",)}.items():
            await reader.press(key)
            assert reader.screen.keys["outline"] == given
        await reader.press("d")
        assert keys.message == "“Outline” has these keys already."
        await reader.press("u", "u", "u", "u")
        assert file.read_text("utf-8") == MINE
        await reader.press("escape")
        assert panel(reader).entries[-1].detail == "1 of your own"
        await reader.press("escape")
        assert reader.screen.widgets.message_listener is None


def test_what_the_panel_offers_can_be_set() -> None:
    shown = {name: one for name, one in plain_settings().items() if one.title}
    assert 8 <= len(shown) <= 12
    for name, one in shown.items():
        assert value_of(config.Config(), name) in one.choices
        for value in one.choices:
            assert one.check(value) == value

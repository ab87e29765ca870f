"""Sync within the reader: its panel, turned on and off, with undo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from rilo_reader.library import Library
from rilo_reader.plugins.devices.panel import SyncScreen
from rilo_reader.plugins.devices.panel_controller import DevicesController
from rilo_reader.plugins.devices.sync import JournalSync
from rilo_reader.store.gestures import Device
from rilo_reader.store.marks import AHEAD, GestureContext, wall_clock
from rilo_reader.store.state import State, open_state
from rilo_reader.tui.panels.panel import FormScreen
from tests.plugins.devices.machines import Machine
from tests.support.reader import Reader, paths_in, reading
from tests.support.real_library import real_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with real_library(tmp_path, 4) as library:
        yield library


@pytest.fixture
def state(library: Library) -> Iterator[State]:
    """The marks as another process has them."""
    state = open_state(library.state_file)
    yield state
    state.close()


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path, "laptop")
    machine.folder = tmp_path / "shared"
    machine.time = wall_clock()
    yield machine
    machine.close()


@asynccontextmanager
async def opened(
    library: Library, home: Path, *, words: str = "sync", size: tuple[int, int] = (120, 24)
) -> AsyncIterator[Reader]:
    """A reader with the panel of sync, found in the palette."""
    async with reading(library, paths=paths_in(home), size=size) as reader:
        await reader.command(words)
        yield reader


def panel(reader: Reader) -> SyncScreen:
    assert isinstance(reader.app.screen, SyncScreen)
    return reader.app.screen


async def fill_in(reader: Reader, folder: Path | str, name: str = "") -> None:
    await reader.press("enter")
    assert isinstance(reader.app.screen, FormScreen)
    await reader.press("ctrl+u")
    await reader.paste(str(folder))
    if name:
        await reader.press("tab", "ctrl+u")
        await reader.paste(name)
    await reader.press("enter")
    await reader.settle()


@pytest.mark.parametrize("words", ["sync", "devices", "other device"])
@pytest.mark.slow
async def test_the_palette_leads_to_it_by_what_people_call_it(
    library: Library, tmp_path: Path, words: str
) -> None:
    async with opened(library, tmp_path, words=words) as reader:
        assert panel(reader).note.startswith("Sync is off")
        assert panel(reader).keys_line.startswith("enter turn on")
        await reader.press("d")
        assert panel(reader).note.startswith("Sync is off")


@pytest.mark.slow
async def test_sync_is_turned_on_in_a_form_and_what_others_did_comes(
    library: Library, tmp_path: Path, state: State, laptop: Machine
) -> None:
    laptop.sync.turn_on(laptop.folder, "Laptop")
    laptop.state.give("tag:customs", "1", library.find("1.md"))  # type: ignore[arg-type]
    laptop.now_ok()
    async with opened(library, tmp_path) as reader:
        await fill_in(reader, tmp_path / "shared", "Kitchen")
        assert panel(reader).message.startswith(f"Sync is on, in {tmp_path / 'shared'} · u")
        heading, this, other = panel(reader).entries
        assert heading.text == f"Devices in {tmp_path / 'shared'}"
        assert this[:2] == ("Kitchen", "this device")
        assert other.text == "Laptop"
        assert other.detail.startswith("seen today")
        assert panel(reader).note == "All your changes are in the folder."
        assert state.journals.devices.ensure_own().name == "Kitchen"
        found = library.find("1.md")
        assert found is not None
        assert state.marks([found])[found].tags == ("customs",)


@pytest.mark.slow
async def test_turning_it_on_and_off_can_be_undone(
    library: Library, tmp_path: Path, state: State
) -> None:
    shared = tmp_path / "shared"
    async with opened(library, tmp_path) as reader:
        await fill_in(reader, shared)
        assert state.journals.sync_folder() == shared
        await reader.press("u")
        await reader.settle()
        assert state.journals.sync_folder() is None
        assert panel(reader).message.startswith("Undone: Sync is on")
        await fill_in(reader, shared)
        await reader.press("d")
        await reader.settle()
        assert state.journals.sync_folder() is None
        assert panel(reader).note.startswith("Sync is off")
        await reader.press("u")
        await reader.settle()
        assert state.journals.sync_folder() == shared
        assert len(panel(reader).entries) == 2
        await reader.press("d")
        await fill_in(reader, "")
        assert state.journals.sync_folder() == library.folder / ".rilo", "where none is named"


@pytest.mark.slow
async def test_a_folder_that_cannot_be_used_is_said_in_the_form_and_can_be_mended(
    library: Library, tmp_path: Path, state: State
) -> None:
    (tmp_path / "file").write_text("")
    async with opened(library, tmp_path) as reader:
        for wrong in (tmp_path / "file", "~nobody.of.this.name/x"):
            await fill_in(reader, wrong)
            form = reader.app.screen
            assert isinstance(form, FormScreen)
            assert "will be sent later" in form.note or "a user that does not exist" in form.note
            assert form.answers[0] == str(wrong)
            assert state.journals.sync_folder() is None
            await reader.press("escape")
        assert panel(reader).note.startswith("Sync is off")


@pytest.mark.slow
async def test_what_waits_and_what_is_wrong_is_shown(
    library: Library, tmp_path: Path, state: State
) -> None:
    state.journals.set_sync_folder(tmp_path / "gone")
    found = library.find("0.md")
    assert found is not None
    state.set_starred([found], True)
    async with opened(library, tmp_path) as reader:
        assert "does not exist" in panel(reader).note
        assert "1 of your changes waits to be sent." in panel(reader).note
        # What arrives meanwhile is shown.
        (tmp_path / "gone" / "marks").mkdir(parents=True)
        reader.controller(DevicesController).on_marks_changed()
        await reader.settle()
        assert "does not exist" not in panel(reader).note


@pytest.mark.slow
async def test_what_is_dated_ahead_is_said_and_turning_it_on_once_more_dates_it_anew(
    library: Library, state: State, tmp_path: Path
) -> None:
    sync = JournalSync(state.journals, tmp_path / "a lock", wall_clock)
    assert sync.turn_on(tmp_path / "shared").problem == ""
    article = library.find("1.md")
    assert article is not None
    with closing(
        open_state(library.state_file, rules=GestureContext(lambda: wall_clock() + 3 * AHEAD))
    ) as at:
        at.set_starred([article], True)
    async with opened(library, tmp_path) as reader:
        assert "dated in the future" in panel(reader).note
        await reader.press("enter", "enter")
        await reader.settle()
        assert "1 change was given a new date" in panel(reader).note


@pytest.mark.slow
async def test_a_new_machine_turns_it_on_while_the_guide_is_shown(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with real_library(tmp_path, 2) as guide:
        async with reading(guide, paths=paths_in(home), collects_into=home / "news") as reader:
            reader.controller(DevicesController).open_sync_panel()
            await reader.settle()
            await fill_in(reader, tmp_path / "shared")
            assert len(panel(reader).entries) == 2
        with_guide = open_state(guide.state_file)
        assert with_guide.journals.sync_folder() is None
        with_guide.close()


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
@pytest.mark.slow
async def test_the_keys_are_in_view_at_every_size(
    library: Library, tmp_path: Path, state: State, size: tuple[int, int]
) -> None:
    for number in range(30):
        state.journals.devices.record_seen(Device(f"device-{number}", f"Device {number}"), 1)
    async with opened(library, tmp_path, size=size) as reader:
        for _ in range(2):
            keys = panel(reader).query_one("#keys").region
            assert panel(reader).region.contains_region(keys)
            assert "esc close" in panel(reader).keys_line
            await fill_in(reader, tmp_path / "shared")
            await reader.press("escape", "escape")
            reader.controller(DevicesController).open_sync_panel()
            await reader.settle()


@pytest.mark.slow
async def test_a_key_lets_feeds_travel_and_that_is_undone(
    library: Library, tmp_path: Path, state: State
) -> None:
    paths = paths_in(tmp_path)
    paths.config.mkdir()
    paths.settings_file.write_text(f'folders = ["{library.folder}"]\n')
    async with opened(library, tmp_path) as reader:
        await fill_in(reader, tmp_path / "shared")
        assert "f sync feeds too" in panel(reader).hints
        await reader.press("f")
        await reader.settle()
        assert panel(reader).message.startswith("Your feeds are synced too · u")
        assert "The feeds that you follow are synced too." in panel(reader).note
        await reader.press("u")
        await reader.settle()
        assert panel(reader).message.startswith("Undone: Your feeds are synced too")
        assert "f sync feeds too" in panel(reader).hints

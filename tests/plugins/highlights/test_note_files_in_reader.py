"""Notes on the disk while the reader is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.plugins.highlights.notes_controller import NotesController
from rilo_reader.plugins.highlights.settings import NoteSettings
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.environment import Delays
from tests.support.annotate import annotate
from tests.support.at_rest import BLINK
from tests.support.reader import BY_HAND, Reader, around, paths_in
from tests.support.terminal import LIMIT

ARTICLE = ArticleId("a.md")
RARELY = Delays(notes=600.0, begin=600.0)
SOON = Delays(notes=600.0, begin=0.001, finish=LIMIT, marks=2 * BLINK)


def highlight(library: Library, name: str, text: str, note: str = "") -> None:
    json = to_json(Highlight(name, Anchor(text)))
    annotate(library.state, ARTICLE, f"highlight:{name}", json)
    annotate(library.state, ARTICLE, f"note:{name}", note)


@asynccontextmanager
async def reading(
    home: Path, config: Config = BY_HAND, delays: Delays = RARELY
) -> AsyncIterator[tuple[Reader, Library]]:
    """A reader over a real library with one article."""
    folder = home / "articles"
    folder.mkdir()
    (folder / "a.md").write_text("# Ivory\n\nHorn.\n", "utf-8")
    paths: Paths = paths_in(home)
    with open_library(folder, paths) as library:
        list(library.follower.reconcile())
        app = ReaderApp(library, config, around(home, folder, delays=delays, follows=True))
        async with app.run_test(size=(120, 40)) as pilot:
            reader = Reader(pilot, library)
            await reader.settle()
            yield reader, library


@pytest.mark.slow
async def test_notes_are_written_and_taken_over_while_the_reader_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    config = BY_HAND._replace(folders=(tmp_path / "articles",)).with_plugin_values(
        NoteSettings(folder)
    )
    async with reading(tmp_path, config, RARELY._replace(notes=2 * BLINK)) as (reader, library):
        highlight(library, "aaaaaaa1", "Horn.", "Whose?")
        await reader.until(lambda: bool(list(folder.glob("*.md"))))
        (file,) = folder.glob("*.md")
        await reader.until(lambda: b"Whose" in file.read_bytes())
        file.write_bytes(file.read_bytes().replace(b"Whose?", b"Mine."))
        await reader.until(
            lambda: (
                [row[::2] for row in library.state.annotations.read_all("note:")]
                == [(ARTICLE, "Mine.")]
            )
        )
        await reader.until(lambda: reader.message == "Read 1 note from your files")


@pytest.mark.slow
async def test_notes_are_written_as_soon_as_something_is_highlighted(tmp_path: Path) -> None:
    config = BY_HAND.with_plugin_values(NoteSettings(tmp_path / "notes"))
    async with reading(tmp_path, config, SOON) as (reader, library):
        highlight(library, "aaaaaaa1", "Horn.")
        await reader.until(lambda: bool(list((tmp_path / "notes").rglob("*.md"))))


@pytest.mark.slow
async def test_what_cannot_be_written_is_shown_once(tmp_path: Path) -> None:
    config = BY_HAND.with_plugin_values(NoteSettings(tmp_path / "stick" / "notes"))
    async with reading(tmp_path, config) as (reader, library):
        highlight(library, "aaaaaaa1", "Horn.")
        notes = reader.controller(NotesController)
        notes.on_marks_changed()
        await reader.settle()
        assert "stick does not exist" in reader.message
        await reader.press("s")
        notes.on_marks_changed()
        await reader.settle()
        assert "stick" not in reader.message
        (tmp_path / "stick").mkdir()
        notes.on_marks_changed()
        await reader.settle()
        assert list((tmp_path / "stick").rglob("*.md"))


async def test_without_folders_of_the_user_nothing_is_written(tmp_path: Path) -> None:
    async with reading(tmp_path, BY_HAND.with_plugin_values(NoteSettings(Path()))) as (
        reader,
        library,
    ):
        highlight(library, "aaaaaaa1", "Horn.")
        reader.controller(NotesController).on_marks_changed()
        await reader.settle()
        assert not list(tmp_path.rglob("*Ivory*"))
        assert {file.name for file in tmp_path.rglob("*.md")} == {"a.md"}

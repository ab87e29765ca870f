"""Settings edited in the user's editor while the reader is open."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from rilo_reader import config
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

"""What is new in the program: told once after an update, read as an article."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader import __version__
from rilo_reader.cli.reader import describe_update
from rilo_reader.paths import changelog_file
from tests.support.reader import paths_in, reading


def test_an_update_is_told_once_and_a_first_launch_is_none(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    assert describe_update(paths, "0.1.0") == ""
    assert describe_update(paths, "0.1.0") == ""
    assert describe_update(paths, "0.10.0").startswith("Updated to 0.10.0.")
    assert describe_update(paths, "0.10.0") == ""
    assert describe_update(paths, "0.9.0") == ""  # back to an older one
    assert "0.9.1" in describe_update(paths, "0.9.1")
    paths.version_file.write_bytes(b"\xff\x00")
    assert describe_update(paths, "1.0") == ""


def test_an_update_that_cannot_be_recorded_is_not_told_each_time(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    paths.version_file.mkdir(parents=True)
    assert describe_update(paths, "1.0") == ""


@pytest.mark.slow
async def test_the_changelog_opens_as_an_article_that_no_mark_is_for() -> None:
    text = changelog_file().read_text("utf-8")
    assert text.startswith("# Changelog\n")
    async with reading() as reader:
        await reader.press("J")
        before = reader.stands_on
        await reader.command("changelog")
        assert any(f"rilo-reader {__version__}" in line for line in reader.text())
        assert any("Unreleased" in line for line in reader.text())
        await reader.press("s", "r", "e", "o")
        row = reader.list.cursor_row
        assert row
        assert (row.marks.starred, row.marks.read) == (False, False)
        reader.screen.results.reload_query()  # what comes in the background leaves it open
        await reader.settle()
        assert any("Unreleased" in line for line in reader.text())
        await reader.press("escape")
        assert not any("Unreleased" in line for line in reader.text())
        assert reader.stands_on == before
        await reader.command("changelog")
        await reader.press("K")
        assert not any("Unreleased" in line for line in reader.text())

"""Export from the reader: what the list shows, into a file that the form asks for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from rilo_reader.testing import make_home
from tests.support.command_line import User
from tests.support.reader import FedCollector, reading
from tests.support.watched_library import WatchedLibrary, article


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.slow
async def test_what_the_list_shows_is_written_and_its_place_is_said(home: Path) -> None:
    collector = FedCollector()
    (home / "ivory.epub").write_bytes(b"")
    library = WatchedLibrary([article(0, body="All about ivory."), article(1)])
    async with reading(library, collector=collector) as reader:
        await reader.search("ivory ", "enter")
        await reader.press("X")
        lines = "\n".join(reader.text())
        assert "Export 1 article to" in lines
        assert "~/ivory-2.epub" in lines, "nothing is replaced by what is proposed"
        assert "enter export" in lines
        await reader.press("enter")
        assert reader.message == "Writing 1 article…"
        (verb,) = collector.verbs
        assert verb[:3] == ("export", "--to", "~/ivory-2.epub")
        assert verb[-2:] == ("--", "ivory")
        assert verb[verb.index("--library") + 1] == str(library.folder)
        await reader.end(collector, {"wrote": "/home/ivory-2.epub", "articles": 1})
        assert reader.message == "Wrote 1 article to /home/ivory-2.epub"


@pytest.mark.slow
async def test_a_failure_is_said() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        await reader.command("export")
        await reader.press("enter")
        await reader.end(collector, {"error": "the disk is full."})
        assert reader.message == "Nothing was exported: the disk is full."


@pytest.mark.slow
async def test_a_name_that_cannot_be_written_is_said_in_the_form(home: Path) -> None:
    collector = FedCollector()
    (home / "old.html").write_bytes(b"")
    async with reading(collector=collector) as reader:
        for name, fault in (
            ("book.pdf", "End the name of the file"),
            ("~/nowhere/book.epub", "There is no folder"),
            ("~/old.html", "enter replaces it"),
        ):
            await reader.command("export")
            await reader.press("ctrl+u")
            await reader.type(name)
            await reader.press("enter")
            assert any(fault in line for line in reader.text())
            assert collector.verbs == []
            await reader.press("enter" if "old" in name else "escape")
        assert collector.verbs[0][2] == "~/old.html"


@pytest.mark.slow
async def test_an_empty_list_has_nothing_to_export() -> None:
    async with reading(collector=FedCollector()) as reader:
        await reader.search("nothing-like-this", "enter")
        await reader.command("export")
        assert "Nothing to export" in reader.message


def test_what_was_written_is_said_to_programs(user: User, tmp_path: Path) -> None:
    file = tmp_path / "all.epub"
    code, out, _ = user.run("export", "--to", str(file), "--json")
    assert code == 0
    assert str(file) in out
    told = user.run("export", "nothing-like-this", "--to", str(file), "--json")
    assert told.code == 1
    assert "No articles found" in told.objects[0]["error"]


@pytest.mark.slow
async def test_somebody_new_exports_a_book(tmp_path: Path) -> None:
    with make_home(tmp_path) as home:
        home.write("a.md", "# Ivory\n\nAll about ivory.\n")
        async with home.open_reader((120, 24)) as reader:
            # All that is read is on the screen: the bar names the commands, the form its keys.
            assert "commands" in reader.text.splitlines()[-1]
            await reader.press("ctrl+p")
            await reader.type("epub")
            await reader.press("enter", "enter")
            await reader.wait_for("Wrote 1 article to ")
            (file,) = tmp_path.glob("*.epub")
            assert zipfile.ZipFile(file).namelist()[0] == "mimetype"

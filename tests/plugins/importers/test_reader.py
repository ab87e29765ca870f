"""Import from the reader, told by a collector that the test feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.paths import guide_folder
from rilo_reader.plugins.importers.controller import (
    ImportCounts,
    describe_counts,
    describe_missing,
    parse_counts,
)
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.environment import REOPEN
from tests.support.for_each import for_each
from tests.support.reader import BY_HAND, FedCollector, Reader, around, paths_in, reading
from tests.support.watched_library import WatchedLibrary, article

ESCAPES = "\x1b]0;mine\x07"


@pytest.mark.slow
async def test_a_folder_is_imported(tmp_path: Path) -> None:
    collector = FedCollector()
    async with reading(collector=collector, paths=paths_in(tmp_path)) as reader:
        await reader.command("import opml")
        await reader.type("nowhere")
        await reader.press("enter")
        lines = "\n".join(reader.text())
        assert "no such file" in lines
        assert "enter import" in lines
        await reader.press("ctrl+u")
        await reader.paste(str(tmp_path))
        await reader.press("enter")
        assert collector.verbs == [("import", "--json", "--", str(tmp_path))]
        assert reader.bottom.fetching == "Importing…"
        await reader.report(
            collector, {"done": 3}, {"kind": "markdown", "taken": 4, "known": 1, "left_out": 0}
        )
        assert reader.bottom.fetching == "Importing 3…"
        reasons = [{"what": f"a{ESCAPES}.bin", "why": "it is binary"}]
        await reader.end(
            collector, {"kind": "other", "taken": 0, "known": 0, "left_out": 1, "reasons": reasons}
        )
        message = "Imported 4; 1 were already there; 1 left out (a]0;mine.bin: it is binary)."
        assert reader.message == message
        await reader.command("import opml")
        await reader.type("newsboat")
        await reader.press("enter")
        assert collector.verbs[-1] == ("import", "--json", "--", "newsboat")
        await reader.end(collector, {"error": "The disk is full."})
        assert reader.message == "The disk is full."


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["opml", "saved"])
async def test_only_articles_take_the_place_of_the_guide(tmp_path: Path, kind: str) -> None:
    """After a list of feeds there are none yet, so the message says how they come."""
    collector, guide = FedCollector(), WatchedLibrary([article(0)])
    guide.folder = guide_folder()
    surroundings = around(tmp_path)._replace(collector=lambda: collector)
    app = ReaderApp(guide, BY_HAND, surroundings)
    async with app.run_test() as pilot:
        reader = Reader(pilot, guide)
        await reader.command("import opml")
        await reader.paste(str(tmp_path))
        await reader.press("enter")
        await reader.end(collector, {"kind": kind, "taken": 2, "known": 0, "left_out": 0})
        if kind == "opml":
            assert reader.message == "Imported 2. R fetches the articles of the feeds."
    assert app.return_code == (None if kind == "opml" else REOPEN)


@for_each(
    "counts, message",
    [
        (ImportCounts(3, 2), "Imported 3; 2 were already there."),
        (ImportCounts(0, 120), "Nothing is new: all 120 were here already."),
        (
            ImportCounts(0, 1, 1, "b: why"),
            "Nothing is new: it was here already; 1 left out (b: why).",
        ),
        (ImportCounts(), "Imported 0."),
    ],
)
def test_what_came_is_counted(counts: ImportCounts, message: str) -> None:
    assert describe_counts(counts) == message


def test_feeds_that_came_are_to_be_fetched() -> None:
    feeds = parse_counts({"kind": "opml", "taken": 2, "known": 1})
    counts = feeds.add(parse_counts({"kind": "saved", "taken": 3}))
    message = "Imported 5; 1 were already there. R fetches the articles of the feeds."
    assert describe_counts(counts, "R") == message
    assert describe_counts(counts) == message.partition(" R ")[0]
    known = parse_counts({"kind": "opml", "taken": 0, "known": 1})
    assert "fetches" not in describe_counts(known, "R")


@for_each("path", ["", "nowhere", "~nobody.of.this.name/x", "x" * 300])
def test_what_is_not_there_is_not_imported(path: str) -> None:
    assert describe_missing(path) == "There is no such file or folder."
    assert describe_missing("newsboat") == describe_missing("/") == ""

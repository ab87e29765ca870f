"""An open reader says what becomes of the archive that its library shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.plugins.archive import controller
from rilo_reader.plugins.archive.controller import ExchangeReport, parse_report
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.tui.children import WatchEnd
from rilo_reader.tui.environment import Delays
from tests.support.reader import FedWatcher, paths_in, reading
from tests.support.real_library import real_library


@pytest.mark.slow
async def test_what_becomes_of_the_archive_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharer = FedWatcher[ExchangeReport]()
    begun: list[Path] = []

    def begin(folder: Path) -> FedWatcher[ExchangeReport]:
        begun.append(folder)
        return sharer

    monkeypatch.setattr(controller, "make_watcher", begin)
    paths, delays = paths_in(tmp_path / "own"), Delays(begin=0.01)
    with real_library(tmp_path) as library, open_records(library.folder, paths):
        async with reading(library, paths=paths, follows=True, delays=delays) as reader:
            await reader.until(lambda: begun == [library.folder])
            sharer.report(ExchangeReport(0, "The archive's server does not answer: no route."))
            await reader.until(lambda: "does not answer" in reader.message)
            sharer.report(ExchangeReport(0, ""))
            await reader.until(lambda: "answers again" in reader.message)
            sharer.report(ExchangeReport(2, ""))
            await reader.until(lambda: "2 articles also changed in the archive" in reader.message)
            sharer.report(WatchEnd("The archive is not followed: it stopped."))
            await reader.until(lambda: "not followed" in reader.message)
            await reader.press("q")
    assert sharer.closed


def test_only_what_share_says_is_a_report_of_it() -> None:
    assert parse_report({"shared": {"kept": 1, "problem": "a\x1b[2Jb"}}) == ExchangeReport(
        1, "a[2Jb"
    )
    assert parse_report({"shared": 1}) is None
    assert parse_report({"done": 1}) is None

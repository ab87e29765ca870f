"""What is dear to ask first is made ready while nobody does anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import open_library
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.query.parser import parse
from rilo_reader.tui.environment import Delays
from tests.support.reader import paths_in, reading
from tests.support.watched_library import WatchedLibrary, article

SOON = Delays(prepare=0.01)


async def test_it_is_made_ready_after_a_pause() -> None:
    library = WatchedLibrary([article(i) for i in range(9)])
    library.watch(library.index, "read_ahead")
    library.watch(library.search, "prepare_unread")
    async with reading(library, delays=SOON) as reader:
        assert library.calls.count("read_ahead") == 1, "as soon as the first article is painted"
        await reader.until(lambda: "prepare_unread" in library.calls)
        library.calls.clear()
        await reader.press("j")  # another article: once more, in case something changed
        await reader.until(lambda: "prepare_unread" in library.calls)


async def test_leaving_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended, quiet_at_last = threading.Event(), threading.Event(), threading.Event()

    def prepare(quiet: Callable[[], bool]) -> None:
        begun.set()
        try:
            while not quiet():
                time.sleep(0.01)
            quiet_at_last.set()
        finally:
            ended.set()

    library = WatchedLibrary([article(i) for i in range(9)])
    monkeypatch.setattr(library.search, "prepare_unread", prepare)
    async with reading(library) as reader:
        # Not quiet for two seconds.
        reader.screen.controllers.background.preparation.request_preparation()
        while not begun.is_set():
            await reader.pilot.pause()
    assert ended.wait(10)
    assert not quiet_at_last.is_set()


def test_only_many_marks_are_prepared_for(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.md").write_text(f"+++\ntitle = 'T{number}'\n+++\n\ntext\n")
    asked: list[bool] = []

    def quiet() -> bool:
        asked.append(True)
        return True

    with open_library(folder, paths_in(tmp_path), limits=ReadingLimits(many_read=2)) as library:
        list(library.follower.reconcile())
        ids = list(library.search.ids(parse("")))
        library.state.set_read(ids[:2], True)
        library.search.prepare_unread(quiet)
        assert not asked
        library.state.set_read([ArticleId(ids[2])], True)
        library.search.prepare_unread(quiet)
        assert asked
        assert library.search.count(parse("is:unread")) == 2

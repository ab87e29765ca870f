"""What is dear to ask first is made ready while nobody does anything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import LibraryError, open_library
from rilo_reader.library.values import SyncLimits
from rilo_reader.query.parser import parse
from rilo_reader.tui.environment import Delays
from tests.support.fake_library import FakeLibrary, article
from tests.support.reader import paths_in, reading


class Held(FakeLibrary):
    """A library that prepares for as long as it is told to."""

    def __init__(self, articles: Sequence[Article]) -> None:
        super().__init__(articles)
        self.at_it, self.go_on = threading.Event(), threading.Event()

    def prepare(self, quiet: Callable[[], bool]) -> None:
        self.at_it.set()
        assert self.go_on.wait(30), "nobody let it go on"
        super().prepare(quiet)


SOON = Delays(prepare=0.01)
BRIEF = Delays(prepare=0.3)


async def test_it_is_made_ready_after_a_pause() -> None:
    library = FakeLibrary([article(i) for i in range(9)])
    async with reading(library, delays=SOON) as reader:
        while "prepare" not in library.calls:
            await reader.pilot.pause()
        library.calls.clear()
        await reader.press("j")  # another article: once more, in case something changed
        while "prepare" not in library.calls:
            await reader.pilot.pause()


async def test_the_index_is_read_as_soon_as_the_first_article_is_painted() -> None:
    library = FakeLibrary([article(i) for i in range(9)])
    async with reading(library):
        assert library.calls.count("read_ahead") == 1


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True])
async def test_a_pause_while_it_is_at_it_or_fails_makes_it_begin_once_more(fails: bool) -> None:
    class Failing(Held):
        def prepare(self, quiet: Callable[[], bool]) -> None:
            super().prepare(quiet)
            if fails and self.calls.count("prepare") == 1:
                raise LibraryError("The index is damaged.")

    library = Failing([article(i) for i in range(9)])
    async with reading(library, delays=BRIEF) as reader:
        reader.screen.controllers.background.preparation.begin()
        while not library.at_it.is_set():
            await reader.pilot.pause()
        # As its timer does, after another article came while it was busy.
        reader.screen.controllers.background.preparation.begin()
        library.go_on.set()
        while library.calls.count("prepare") < 2:
            await reader.pilot.pause(0.02)


async def test_leaving_ends_it() -> None:
    class Watched(FakeLibrary):
        begun, ended = threading.Event(), threading.Event()

        def prepare(self, quiet: Callable[[], bool]) -> None:
            self.begun.set()
            try:
                super().prepare(quiet)
            finally:
                self.ended.set()

    library = Watched([article(i) for i in range(9)])
    async with reading(library) as reader:
        reader.screen.controllers.background.preparation.begin()  # not quiet for two seconds
        while not library.begun.is_set():
            await reader.pilot.pause()
    assert library.ended.wait(10)
    assert "prepare" not in library.calls


def test_only_many_marks_are_prepared_for(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.md").write_text(f"+++\ntitle = 'T{number}'\n+++\n\ntext\n")
    asked: list[bool] = []

    def quiet() -> bool:
        asked.append(True)
        return True

    with open_library(folder, paths_in(tmp_path), limits=SyncLimits(many_read=2)) as library:
        list(library.follower.reconcile())
        ids = list(library.search.ids(parse("")))
        library.state.set_read(ids[:2], True)
        library.search.prepare(quiet)
        assert not asked
        library.state.set_read([ArticleId(ids[2])], True)
        library.search.prepare(quiet)
        assert asked
        assert library.search.count(parse("is:unread")) == 2

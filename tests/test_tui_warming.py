"""What is dear to ask first is made ready while nobody does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import marked, open_library
from rilo_reader.search.parser import parse
from rilo_reader.tui.screens import warming
from tests.fake_library import FakeLibrary, article
from tests.reader import paths_in, reading


async def test_it_is_made_ready_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "PAUSE", 0.01)
    library = FakeLibrary([article(i) for i in range(9)])
    async with reading(library) as reader:
        while "prepare" not in library.calls:
            await reader.pilot.pause()
        library.calls.clear()
        await reader.press("j")  # another article: once more, in case something changed
        while "prepare" not in library.calls:
            await reader.pilot.pause()


async def test_leaving_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "PAUSE", 0.01)
    library = FakeLibrary([article(i) for i in range(9)])
    async with reading(library) as reader:
        await reader.press("j")
        monkeypatch.setattr(warming, "PAUSE", 1_000.0)  # never quiet again
        await reader.pilot.pause(0.05)
    # The thread has ended, or this test would not.
    assert "close" not in library.calls


def test_only_many_marks_are_prepared_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "MANY", 2)
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.md").write_text(f"+++\ntitle = 'T{number}'\n+++\n\ntext\n")
    asked: list[bool] = []

    def quiet() -> bool:
        asked.append(True)
        return True

    with open_library(folder, paths_in(tmp_path)) as library:
        list(library.reconcile())
        ids = list(library.ids(parse("")))
        library.set_read(ids[:2], True)
        library.prepare(quiet)
        assert not asked
        library.set_read([ArticleId(ids[2])], True)
        library.prepare(quiet)
        assert asked
        assert library.count(parse("is:unread")) == 2

"""What is painted when: a key's effect in one frame, and what nobody waits for only after it."""

from __future__ import annotations

import threading

import pytest

from rilo_reader.library import Row, Snippet
from rilo_reader.search.query import Query, highlights
from tests.fake_library import FakeLibrary, article
from tests.reader import Reader, reading


class Watched(FakeLibrary):
    """A library that says for which word each snippet was asked, and can be slow with the next."""

    def __init__(self) -> None:
        super().__init__([article(i) for i in range(50)])
        self.slow = threading.Event()
        self.slow.set()
        self.in_snippet = threading.Event()

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        word = " ".join(highlights(query)[0].tokens)
        self.calls.append(f"snippet {word}")
        self.in_snippet.set()
        self.slow.wait(10)
        return super().snippet(row, query, length)


def watch_frames(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each frame among the calls of the library."""
    calls = reader.library.calls
    # Textual's own hook for tests.
    monkeypatch.setattr(reader.app, "post_display_hook", lambda: calls.append("frame"))
    calls.clear()
    return calls


async def test_snippets_are_looked_for_once_the_rows_are_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with reading(Watched()) as reader:
        await reader.press("/")
        calls = watch_frames(reader, monkeypatch)
        await reader.press("c")
        rows, snippet = calls.index("window"), calls.index("snippet c")
        assert "frame" in calls[rows:snippet]
        assert len(reader.screen.articles.snippets) == len(reader.screen.articles.rows_in_view())


async def test_a_key_ends_the_snippets_of_the_letter_before() -> None:
    library = Watched()
    async with reading(library) as reader:
        await reader.press("/")
        library.slow.clear()
        await reader.pilot.press("c")
        while not library.in_snippet.is_set():
            await reader.pilot.pause()
        await reader.pilot.press("u")
        library.slow.set()
        await reader.settle()
        assert library.calls.count("snippet c") == 1
        assert library.calls.count("snippet cu") == len(reader.screen.articles.rows_in_view())


async def test_a_tab_right_behind_a_letter_takes_what_would_be_offered() -> None:
    async with reading() as reader:
        await reader.press("/")
        await reader.pilot.press("c", "u", "s", "tab")
        await reader.settle()
        assert reader.screen.search_row.box.value.startswith("customs")

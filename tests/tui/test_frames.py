"""What is painted when: a key's effect in one frame, and what nobody waits for only after it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rilo_reader.library import Row, Snippet
from rilo_reader.query.tree import Query, words_to_highlight
from rilo_reader.tui.environment import Delays
from tests.support.reader import Reader, reading
from tests.support.watched_library import WatchedLibrary, article

WAITS = Delays(frame=1_000.0)
"""Frames wait for the effect of a key however long that takes, as it may on a busy machine."""


TITLES = [*["Inland"] * 30, "Ivory", *["Inland"] * 19]


class Watched(WatchedLibrary):
    """A library that says for which word each snippet was asked, and can be slow with the next."""

    def __init__(self) -> None:
        super().__init__([article(i) for i in range(50)])
        self.slow = threading.Event()
        self.slow.set()
        self.in_snippet = threading.Event()

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        word = " ".join(words_to_highlight(query)[0].tokens)
        self.calls.append(f"snippet {word}")
        self.in_snippet.set()
        assert self.slow.wait(10), "nobody let it go on"
        return super().snippet(row, query, length)


def watch_frames(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, *, forced: bool = True
) -> list[str]:
    """Note each frame among the calls of the library: what is typed, found, stood on and open."""
    calls, screen = reader.library.calls, reader.screen

    def frame() -> None:
        box, row = screen.widgets.search_row.box, screen.widgets.articles.cursor_row
        is_open = (
            row is not None
            and screen.widgets.view.article_id == row.id
            and screen.widgets.view.is_current
        )
        calls.append(
            f"frame {box.value!r} {screen.results.question.text!r} {reader.stands_on} {is_open}"
        )

    if forced:
        # Textual paints by a timer. Here it paints whenever it asks for a frame, the worst case.
        monkeypatch.setattr(screen._update_timer, "resume", screen._on_timer_update)
    # Textual's own hook for tests.
    monkeypatch.setattr(reader.app, "post_display_hook", frame)
    calls.clear()
    return calls


def frames(calls: list[str]) -> list[str]:
    """The frames, each once."""
    return list(dict.fromkeys(call for call in calls if call.startswith("frame")))


@pytest.mark.slow
async def test_snippets_are_looked_for_once_the_rows_are_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with reading(Watched()) as reader:
        await reader.press("/")
        calls = watch_frames(reader, monkeypatch, forced=False)
        await reader.press("c")
        rows, snippet = calls.index("window"), calls.index("snippet c")
        assert frames(calls[rows:snippet]) == ["frame 'c' 'c' Title 0 True"]
        assert len(reader.list.snippets) == len(reader.list.rows_in_view())


@pytest.mark.slow
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
        assert library.calls.count("snippet cu") == len(reader.list.rows_in_view())


@pytest.mark.slow
async def test_a_letter_its_rows_and_its_article_are_painted_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = WatchedLibrary([article(i, title=title) for i, title in enumerate(TITLES)])
    async with reading(library, delays=WAITS) as reader:
        await reader.press("/")
        calls = watch_frames(reader, monkeypatch)
        await reader.press("i", "v")
        assert frames(calls) == ["frame 'i' 'i' Inland True", "frame 'iv' 'iv' Ivory True"]


@pytest.mark.slow
async def test_a_row_and_its_article_are_painted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(delays=WAITS) as reader:
        calls = watch_frames(reader, monkeypatch)
        await reader.press("j", "G")
        assert frames(calls) == ["frame '' '' Title 1 True", "frame '' '' Title 49 True"]


@pytest.mark.slow
async def test_a_result_that_comes_late_is_painted_together_with_its_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = WatchedLibrary([article(i, title=title) for i, title in enumerate(TITLES)])
    async with reading(library, delays=WAITS) as reader:
        await reader.press("/", "i")
        calls = watch_frames(reader, monkeypatch)
        library.hold.clear()
        reader.app.simulate_key("v")  # the pilot would paint by itself
        while not reader.screen.awaits_answer:
            await asyncio.sleep(0.001)
        for _ in range(200):  # turns of the loop, for the key to be handled everywhere
            await asyncio.sleep(0)
        assert frames(calls) == []
        library.hold.set()
        while not frames(calls):
            await asyncio.sleep(0.001)
        assert frames(calls) == ["frame 'iv' 'iv' Ivory True"]


@pytest.mark.slow
async def test_what_changes_beneath_a_panel_is_painted_and_then_nothing_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with reading() as reader:
        await reader.press("v")
        reader.screen.widgets.search_row.show_text("beneath")
        await reader.settle()
        assert any("beneath" in line for line in reader.text())
        painted: list[None] = []
        monkeypatch.setattr(reader.app, "post_display_hook", lambda: painted.append(None))
        # What is late on a busy machine ends; a screen that goes on asking for frames never does.
        for _ in range(20):
            painted.clear()
            await asyncio.sleep(0.3)
            if not painted:
                break
        assert not painted

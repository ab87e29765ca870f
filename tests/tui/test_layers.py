"""What plugins draw over an article, and take of its keys and clicks, by a plugin of this test."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style

from rilo_reader.hooks import Plugin
from rilo_reader.render.page import Page
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.widgets.page_view import Layer, Patch, Patches
from tests.support.reader import BY_HAND, Reader, reading
from tests.support.watched_library import WatchedLibrary, article

STAR = "\U0010eeee"


class Stars(Layer):
    """Underlines words, marks their line, and draws a line of its own in place of "Nothing."."""

    order = -1
    raw_sequences = re.compile(STAR)

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context.widgets.view)
        self.lines: Mapping[str, int] = {}

    def on_page_shown(self, page: Page) -> None:
        self.lines = {line.text: number for number, line in enumerate(page.lines) if line.text}

    def forget(self) -> None:
        self.lines = {}

    def patches(self) -> Patches:
        return {self.lines["Some text."]: [Patch(0, 4, Style(underline=True))]}

    def margin(self) -> Mapping[int, str]:
        return {self.lines["Some text."]: "* "}

    def draw_replacement(self, line: int) -> Sequence[Segment] | None:
        return [Segment(STAR)] if line == self.lines["Nothing."] else None

    def find_click_target(self, line: int, column: int | None) -> tuple[str, Any] | None:
        return ("star", column) if line == self.lines["Some text."] else None


class Astronomer(Controller):
    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.told: list[object] = []

    @property
    def mode(self) -> str:
        return "Among stars" if "star" in self.told else ""

    def help_sections(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        return {"Among stars": [("x", "look up")]}

    def on_page_shown(self) -> None:
        self.told.append("page")

    def handle_open(self) -> bool:
        self.told.append("open")
        return True

    def handle_click(self, kind: str, value: Any) -> bool:
        self.told += [kind, value]
        return kind == "star"

    def on_text_selected(self) -> None:
        self.told.append("selected")


class Astronomy(Plugin):
    name = "astronomy"

    def article_layers(self, context: ReaderContext) -> Sequence[Layer]:
        return (Stars(context),)

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        return (Astronomer(context),)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> WatchedLibrary:
    for module in ("screen", "controllers"):
        asks = f"rilo_reader.tui.reader.{module}.plugins_with"
        monkeypatch.setattr(asks, lambda _: [Astronomy()])
    return WatchedLibrary([article(0, body="Some text.\n\nNothing.\n\nThe end.", url="")])


def line_of(reader: Reader, text: str) -> tuple[int, int]:
    """Where a text begins on the screen, as a column and a line."""
    return next((row.index(text), y) for y, row in enumerate(reader.text()) if text in row)


async def click(reader: Reader, text: str) -> None:
    await reader.pilot.click(offset=line_of(reader, text))
    await reader.settle()


async def test_it_is_drawn_with_the_first_article(library: WatchedLibrary) -> None:
    async with reading(library, BY_HAND) as reader:
        assert any("* Some text." in line for line in reader.text())
        assert any(STAR in line for line in reader.text()), "what it draws privately"
        assert not any("Nothing." in line for line in reader.text())
        lines = map(reader.view.render_line, range(reader.view.size.height))
        underlined = [each.text for line in lines for each in line if "Some" in each.text]
        assert underlined == ["Some"]
        assert "page" in reader.controller(Astronomer).told


@pytest.mark.slow
async def test_its_controller_is_told_of_clicks_and_of_enter_but_in_its_mode(
    library: WatchedLibrary,
) -> None:
    async with reading(library, BY_HAND, size=(80, 24)) as reader:
        controller = reader.controller(Astronomer)
        controller.told.clear()
        await reader.press("enter", "enter")
        assert controller.told == ["open"]
        await click(reader, "The end.")
        await click(reader, "text.")
        told = [each for each in controller.told if each != "selected"]
        assert told == ["open", "", None, "star", 5]
        await reader.press("enter")
        assert controller.told.count("open") == 1
        await reader.press("question_mark")
        lines = [line.strip(" │┃▁▂▃▄▅▆▇█") for line in reader.text()]
        at = next(at for at, line in enumerate(lines) if line.endswith("Among stars"))
        assert lines[at + 1].split() == ["x", "look", "up"]
        assert not any(line.endswith("Move") for line in lines[:at])


async def test_without_plugins_what_the_mouse_selected_is_copied(library: WatchedLibrary) -> None:
    async with reading(library, BY_HAND) as reader:
        x, y = line_of(reader, "The end.")
        await reader.pilot.mouse_down(offset=(x, y))
        await reader.pilot.hover(offset=(x + 6, y))
        await reader.pilot.mouse_up(offset=(x + 6, y))
        await reader.settle()
        assert "selected" in reader.controller(Astronomer).told
        await reader.press("ctrl+c")
        assert reader.message == "Copied the selected text"
        assert reader.app.clipboard == "The end"

"""One's own tags of an article, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from rilo_reader.article import clean_line
from rilo_reader.tui.widgets.search_box import LineBox


class TagsScreen(ModalScreen[tuple[str, ...] | None]):
    """Edit tags, separated by commas; the result is None where somebody left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    DEFAULT_CSS = """
    TagsScreen {
        align: center middle;
        background: $page-ground 60%;
        #tags {
            width: 60;
            max-width: 90%;
            height: auto;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        #tags Static { color: $page-dim; height: 1; }
        #tags .title { color: $page-text; text-style: bold; }
        #tags Input, #tags Input:focus {
            border: none;
            height: 1;
            padding: 0;
            margin: 1 0;
            background: $page-ground;
            background-tint: $page-ground 0%;
        }
    }
    """

    def __init__(self, title: str, tags: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._tags = tags

    def compose(self) -> ComposeResult:
        """The article's title, the tags, how to."""
        with Vertical(id="tags"):
            yield Static(self._title, classes="title", markup=False)
            yield LineBox(", ".join(self._tags), placeholder="tags, separated by commas")
            yield Static("enter keeps, esc discards", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(LineBox))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the tags."""
        event.stop()
        self.dismiss(split_tags(event.value))

    def action_leave(self) -> None:
        """Leave the tags as they were."""
        self.dismiss(None)


def split_tags(text: str) -> tuple[str, ...]:
    """The tags in a line, each once, in order."""
    cleaned = (clean_line(tag) for tag in text.split(",") if tag.strip())
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))

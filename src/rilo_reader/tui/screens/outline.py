"""The outline: the headings of the article, to jump to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from rilo_reader.render.page import Heading


class ChoiceScreen(ModalScreen[int | None]):
    """A small list to choose one line from; the result is its index, None where nobody chose."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", show=False),
        Binding("j", "move_down", show=False),
        Binding("k", "move_up", show=False),
    ]

    DEFAULT_CSS = """
    ChoiceScreen {
        align: center middle;
        background: $page-ground 60%;
        OptionList, OptionList:focus {
            width: auto;
            min-width: 30;
            max-width: 90%;
            height: auto;
            max-height: 80%;
            padding: 1 2;
            border: none;
            background: $row-ground;
            background-tint: $row-ground 0%;
            color: $page-text;
            scrollbar-size-vertical: 1;
        }
        OptionList > .option-list--option-highlighted,
        OptionList:focus > .option-list--option-highlighted {
            color: $page-accent;
            background: $row-ground;
            text-style: bold;
        }
    }
    """

    def __init__(self, choices: Sequence[Content], chosen: int = 0) -> None:
        super().__init__()
        self._choices = choices
        self._chosen = chosen

    @property
    def options(self) -> OptionList:
        """The list."""
        return self.query_one(OptionList)

    def compose(self) -> ComposeResult:
        """One list."""
        yield OptionList(*(Option(choice) for choice in self._choices), markup=False)

    def on_mount(self) -> None:
        """Stand on what is chosen now."""
        self.options.highlighted = self._chosen

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click chooses."""
        event.stop()
        self.dismiss(event.option_index)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)

    def action_move_down(self) -> None:
        """Down one line."""
        self.options.action_cursor_down()

    def action_move_up(self) -> None:
        """Up one line."""
        self.options.action_cursor_up()


def outline(headings: Sequence[Heading], line: int) -> ChoiceScreen:
    """The headings of an article, standing on the one that `line` is under."""
    top = min((heading.level for heading in headings), default=1)
    above = [index for index, heading in enumerate(headings) if heading.line <= line]
    return ChoiceScreen(
        [Content("  " * (heading.level - top) + heading.title) for heading in headings],
        above[-1] if above else 0,
    )

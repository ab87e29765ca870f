"""A few lines to type into, over the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from rilo_reader.tui.screens.panel import LOW
from rilo_reader.tui.widgets.search_row import PanelLine


class Question(NamedTuple):
    """One line to be typed.

    Attributes:
        value: what stands in it at first.
        placeholder: what is shown while it is empty.
        goes_on: whether one goes on behind what stands in it; else the first letter replaces it.
    """

    value: str
    placeholder: str
    goes_on: bool = False


Check = Callable[[tuple[str, ...]], str]
"""What is wrong with the answers, one sentence; "" where they can be kept."""


class PromptScreen(ModalScreen[tuple[str, ...] | None]):
    """Ask for one line or more; the result is None where somebody left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab,down", "on(1)", show=False),
        Binding("shift+tab,up", "on(-1)", show=False),
    ]

    DEFAULT_CSS = """
    PromptScreen {
        align: center middle;
        background: $page-ground 60%;
        #prompt {
            width: 60;
            max-width: 100%;
            height: auto;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        #prompt .title { text-style: bold; margin-bottom: 1; }
        #prompt #note { color: $page-dim; height: auto; }
        #prompt #note.-wrong { color: $page-error; }
        &.-low #prompt { padding: 0 1; }
        &.-low .title { margin: 0; }
    }
    """

    def __init__(
        self, title: str, questions: Sequence[Question], note: str, check: Check = lambda _: ""
    ) -> None:
        """Make it.

        Args:
            title: what is asked for.
            questions: the lines.
            note: one dim line below them.
            check: what must be right before the answers are taken.
        """
        super().__init__()
        self._title = title
        self._questions = questions
        self._boxes = [PanelLine(each.value, placeholder=each.placeholder) for each in questions]
        self._note = note
        self._check = check

    def compose(self) -> ComposeResult:
        """Title, lines, note."""
        with Vertical(id="prompt"):
            yield Static(self._title, classes="title", markup=False)
            yield from self._boxes
            yield Static(self._note, id="note", markup=False)

    def on_mount(self) -> None:
        """Type at once; what is only proposed goes with the first letter."""
        self.set_class(self.app.size.height < LOW, "-low")
        number = next((i for i, box in enumerate(self._boxes) if not box.value), 0)
        self.set_focus(self._boxes[number])
        if not self._questions[number].goes_on:
            self._boxes[number].select_all()

    @property
    def note(self) -> str:
        """What is said below the lines."""
        return str(self.query_one("#note", Static).content)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answers, or say what is wrong with them."""
        event.stop()
        answers = tuple(box.value.strip() for box in self._boxes)
        wrong = self._check(answers)
        if not wrong:
            self.dismiss(answers)
            return
        note = self.query_one("#note", Static)
        note.update(wrong)
        note.add_class("-wrong")

    def action_on(self, step: int) -> None:
        """To the next line, round the end."""
        here = next((i for i, box in enumerate(self._boxes) if box.has_focus), 0)
        self.set_focus(self._boxes[(here + step) % len(self._boxes)])

    def action_leave(self) -> None:
        """Keep nothing."""
        self.dismiss(None)

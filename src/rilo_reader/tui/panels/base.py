"""Base classes of the panels: a list of entries, a choice, a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from rilo_reader.tui.widgets.line_list import Entry, EntryList
from rilo_reader.tui.widgets.search_box import PanelLine

Result = TypeVar("Result")

LOW = 20
"""Number of lines up to which a screen is low and gets no blank lines."""


class Panel(ModalScreen[Result | None]):
    """A list to choose from, in a container `#panel`, with its keys in `#keys`.

    Subclasses define `action_move`; the result is None if the user cancels.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", show=False),
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("ctrl+d,pagedown,space", "move(8)", show=False),
        Binding("ctrl+u,pageup", "move(-8)", show=False),
        Binding("g,home", "move(-100000)", show=False),
        Binding("G,end", "move(100000)", show=False),
    ]

    DEFAULT_CSS = """
    Panel {
        align: center middle;
        background: $page-ground 60%;
        #panel {
            width: 84;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        #keys {
            height: 1;
            margin-top: 1;
            padding: 0 1;
            color: $page-dim;
            text-style: $dim-text-style;
        }
        &.-low #panel { padding: 0 1; }
        &.-low #keys { margin: 0; }
    }
    """

    def action_leave(self) -> None:
        """Close the panel without a choice."""
        self.dismiss(None)


class EntryPanel(Panel[Result]):
    """A panel with a list of entries; clicking one chooses it.

    Attributes:
        AIR: lines of the screen that the list leaves free; LOW_AIR on a low screen.
        HINT_LINES: lines for hints; one on a low screen.
    """

    AIR, LOW_AIR = 6, 2
    HINT_LINES = 1

    def __init__(self, entries: tuple[Entry, ...] = (), keys: str = "") -> None:
        """Create a panel.

        Args:
            entries: the lines.
            keys: the hints.
        """
        super().__init__()
        # Not in `compose`: a message may be set before the panel is mounted.
        self._list = EntryList(entries)
        self._last_line = Static(keys, id="keys", markup=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The lines."""
        return self._list.entries

    @property
    def keys_line(self) -> str:
        """The hints, or the message shown instead."""
        return str(self._last_line.content)

    def on_resize(self) -> None:
        """Fit the list to the screen."""
        self.set_class(self.app.size.height < LOW, "-low")
        self.fit()

    def fit(self) -> None:
        """Make the list as high as its entries, within the screen."""
        height = self.app.size.height
        air = self.LOW_AIR if height < LOW else self.AIR
        self._list.styles.height = max(1, min(len(self.entries), height - air))

    def show_message(self, message: str) -> None:
        """Show a message instead of the hints."""
        self._last_line.update(message)

    def show_hints(self, hints: Sequence[str]) -> None:
        """Show the hints that fit."""
        lines = 1 if self.has_class("-low") else self.HINT_LINES
        self.show_message(fitting(hints, self._last_line.content_size.width, lines))

    def action_move(self, rows: int) -> None:
        """Move by entries."""
        self._list.move(rows)

    def action_choose(self) -> None:
        """Choose the current entry."""

    def on_line_list_chosen(self, _: EntryList.Chosen) -> None:
        """Choose the clicked entry."""
        self.action_choose()


class ListPanel(EntryPanel[Result]):
    """A panel with a list that may be empty, and then a text that says how to fill it."""

    DEFAULT_CSS = """
    ListPanel {
        #nothing { height: auto; padding: 0 1; color: $page-dim; text-style: $dim-text-style; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._nothing = Static(id="nothing", markup=False)

    def compose(self) -> ComposeResult:
        """Compose the list, the text of an empty list, and the hints."""
        with Vertical(id="panel"):
            yield self._list
            yield self._nothing
            yield self._last_line

    def show_nothing(self, text: str) -> None:
        """Show the text of an empty list; "" hides it."""
        self._nothing.update(text)
        self._nothing.display = bool(text)


def fitting(hints: Sequence[str], width: int, lines: int = 1) -> str:
    """Return the hints that fit in `lines` lines, without splitting one."""
    rows = [""]
    for hint in hints:
        longer = f"{rows[-1]}  {hint}" if rows[-1] else hint
        if len(longer) <= width or width <= 0:  # before the first layout
            rows[-1] = longer
        elif rows[-1] and len(rows) < lines:
            rows.append(hint)
        else:
            break
    return "\n".join(rows)


# A choice between a few lines: the outline, the themes.


class ChoiceScreen(EntryPanel[int]):
    """A list to choose from; the result is an index, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False)]

    def __init__(self, choices: Sequence[str], chosen: int, keys: str) -> None:
        """Create a panel.

        Args:
            choices: the lines.
            chosen: the index of the initial line.
            keys: the hints.
        """
        super().__init__(tuple(Entry(choice) for choice in choices), keys)
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """Compose the list and the hints."""
        with Vertical(id="panel"):
            yield self._list
            yield self._last_line

    def on_mount(self) -> None:
        """Move to the initial line."""
        self._list.show(self.entries, self._chosen)

    def action_choose(self) -> None:
        """Choose the current line."""
        self.dismiss(self._list.cursor)


# A prompt with one or more inputs.


class Question(NamedTuple):
    """An input of a prompt.

    Attributes:
        value: the initial text.
        placeholder: shown while it is empty.
        goes_on: whether typing appends to the initial text rather than replaces it.
    """

    value: str
    placeholder: str
    goes_on: bool = False


Check = Callable[[tuple[str, ...]], str]
"""Returns an error message for the answers, or ""."""


class Form(ModalScreen[Result]):
    """Inputs in a container `.form`, with a `.title` above and a `#note` below them."""

    DEFAULT_CSS = """
    Form {
        align: center middle;
        background: $page-ground 60%;
        .form {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        .title { text-style: bold; margin-bottom: 1; }
        #note { color: $page-dim; height: auto; }
        #note.-wrong { color: $page-error; }
        &.-low .form { padding: 0 1; }
        &.-low .title, &.-low PanelLine { margin: 0; }
    }
    """

    @property
    def note(self) -> str:
        """The lines below the inputs."""
        return str(self.query_one("#note", Static).content)


class PromptScreen(Form[tuple[str, ...] | None]):
    """A prompt for one line or more; the result is the lines, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab,down", "on(1)", show=False),
        Binding("shift+tab,up", "on(-1)", show=False),
    ]

    DEFAULT_CSS = """
    PromptScreen .form { width: 60; }
    """

    def __init__(
        self, title: str, questions: Sequence[Question], note: str, check: Check = lambda _: ""
    ) -> None:
        """Create a prompt.

        Args:
            title: the title.
            questions: the inputs.
            note: a dim line below them.
            check: validates the answers.
        """
        super().__init__()
        self._title = title
        self._questions = questions
        self._boxes = [PanelLine(each.value, placeholder=each.placeholder) for each in questions]
        self._note = note
        self._check = check

    def compose(self) -> ComposeResult:
        """Compose the title, the inputs and the note."""
        with Vertical(classes="form"):
            yield Static(self._title, classes="title", markup=False)
            yield from self._boxes
            yield Static(self._note, id="note", markup=False)

    def on_mount(self) -> None:
        """Focus the first input; select its text if typing replaces it."""
        self.set_class(self.app.size.height < LOW, "-low")
        number = next((i for i, box in enumerate(self._boxes) if not box.value), 0)
        self.set_focus(self._boxes[number])
        if not self._questions[number].goes_on:
            self._boxes[number].select_all()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the answers, or show what is wrong with them."""
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
        """Focus the next input, cyclically."""
        here = next((i for i, box in enumerate(self._boxes) if box.has_focus), 0)
        self.set_focus(self._boxes[(here + step) % len(self._boxes)])

    def action_leave(self) -> None:
        """Close without a result."""
        self.dismiss(None)

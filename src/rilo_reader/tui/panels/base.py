"""What the panels over the reader share: their looks, moving in them, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from rilo_reader.tui.widgets.line_list import Entry, EntryList
from rilo_reader.tui.widgets.search_row import PanelLine

Result = TypeVar("Result")

LOW = 20
"""Lines below which a screen has no air to spare."""


class Panel(ModalScreen[Result | None]):
    """A list to choose from, in a container `#panel` with its keys in `#keys` below.

    A panel says in `action_move` what moving does; its result is None where somebody left.
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
        """Choose nothing."""
        self.dismiss(None)


class EntryPanel(Panel[Result]):
    """A panel whose list is of entries; a click on one is as good as enter.

    Attributes:
        AIR: lines of the screen that its list leaves free; on a low screen LOW_AIR.
        HINT_LINES: lines that hints may take; on a low screen one.
    """

    AIR, LOW_AIR = 6, 2
    HINT_LINES = 1

    def __init__(self, entries: tuple[Entry, ...] = (), keys: str = "") -> None:
        """Make it.

        Args:
            entries: the lines.
            keys: what is said of the keys.
        """
        super().__init__()
        # Made here, not in `compose`: what is said may come before the panel is on the screen.
        self._list = EntryList(entries)
        self._last_line = Static(keys, id="keys", markup=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The lines."""
        return self._list.entries

    def on_resize(self) -> None:
        """As many lines as there is room for."""
        self.set_class(self.app.size.height < LOW, "-low")
        self.fit()

    def fit(self) -> None:
        """Make the list as high as its entries, or as the screen allows."""
        height = self.app.size.height
        air = self.LOW_AIR if height < LOW else self.AIR
        self._list.styles.height = max(1, min(len(self.entries), height - air))

    def say(self, message: str) -> None:
        """Say something in place of the keys."""
        self._last_line.update(message)

    def show_hints(self, hints: Sequence[str]) -> None:
        """Say what the keys do, as far as there is room."""
        lines = 1 if self.has_class("-low") else self.HINT_LINES
        self.say(fitting(hints, self._last_line.content_size.width, lines))

    def action_move(self, rows: int) -> None:
        """Move by entries."""
        self._list.move(rows)

    def action_choose(self) -> None:
        """Take what one stands on."""

    def on_line_list_chosen(self, _: EntryList.Chosen) -> None:
        """A click takes what it is on."""
        self.action_choose()


def fitting(hints: Sequence[str], width: int, lines: int = 1) -> str:
    """As many whole hints as fit into so many lines: half a hint helps nobody."""
    rows = [""]
    for hint in hints:
        longer = f"{rows[-1]}  {hint}" if rows[-1] else hint
        if len(longer) <= width or width <= 0:  # nobody knows the width yet
            rows[-1] = longer
        elif rows[-1] and len(rows) < lines:
            rows.append(hint)
        else:
            break
    return "\n".join(rows)


# Choosing one line of a few: the outline, the themes.


class ChoiceScreen(EntryPanel[int]):
    """A list to choose one line from; the result is its index, None where nobody chose."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False)]

    def __init__(self, choices: Sequence[str], chosen: int, keys: str) -> None:
        """Make it.

        Args:
            choices: the lines.
            chosen: the one to stand on at first.
            keys: what is said of the keys.
        """
        super().__init__(tuple(Entry(choice) for choice in choices), keys)
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="panel"):
            yield self._list
            yield self._last_line

    def on_mount(self) -> None:
        """Stand on what is chosen now."""
        self._list.show(self.entries, self._chosen)

    def action_choose(self) -> None:
        """Take the line one stands on."""
        self.dismiss(self._list.cursor)


# A few lines to type into, over the reader.


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

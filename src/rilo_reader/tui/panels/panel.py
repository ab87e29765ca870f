"""The parts of panels: the title, a list, a text, a choice, a form, a prompt.

A panel is made with what it calls, and opened by `ReaderPart.open_panel`. Its result is what to do
once it is left, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Generic, NamedTuple, Self, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from rilo_reader.errors import LibraryError
from rilo_reader.tui.keys import Handler, PanelKey
from rilo_reader.tui.widgets.line_list import EntryList, ListEntry
from rilo_reader.tui.widgets.search_box import LineBox
from rilo_reader.tui.widgets.status_lines import GAP

Payload = TypeVar("Payload")

NARROW = 80  # columns below which hints may take one more line
LOW = 20  # number of lines up to which a screen is low and gets no blank lines
MOST_SHOWN = 100_000  # characters of a text that are shown; more would take long to wrap


class Panel(ModalScreen[Handler | None]):
    """A screen over the reader, in a container `#panel`.

    Its `title` says what it does, or of what it is; its result is what to do once it is left.
    """

    DEFAULT_CSS = """
    Panel {
        align: center middle;
        background: $page-ground 60%;
        #panel {
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        #title { text-style: bold; margin-bottom: 1; padding: 0 1; }
        #keys, #about, #note { height: auto; color: $page-dim; text-style: $dim-text-style; }
        #keys, #about { padding: 0 1; }
        #keys { margin-top: 1; }
        #said { display: none; height: auto; padding: 0 1; }
        &.-said #said { display: block; }
        &.-said #keys { margin: 0; }
        &.-low.-said #keys { display: none; }
        EntryList, #rows {
            scrollbar-size-vertical: 1;
            scrollbar-background: $row-ground;
            scrollbar-background-hover: $row-ground;
            scrollbar-background-active: $row-ground;
            scrollbar-color: $quote-bar;
            scrollbar-color-hover: $quote-bar;
            scrollbar-color-active: $quote-bar;
        }
        #about.-wrong, #note.-wrong { color: $page-error; text-style: none; }
        /* Where there are no grounds, a frame tells it from the page. */
        &:ansi #panel { border: round $page-rule; padding: 0 1; }
        &.-low #panel { padding: 0 1; }
        &.-low #title { margin: 0; }
        &.-low:ansi #panel { border-top: none; border-bottom: none; padding: 0; }
        &.-low #keys { margin: 0; }
    }
    """

    WIDTH: int | str = 84  # of the panel

    _pending_result: tuple[Handler | None] | None = None  # its result, once it is to be left

    def compose(self) -> ComposeResult:
        with Vertical(id="panel"):
            yield Static(self.title or "", id="title", markup=False)
            yield from self.compose_body()

    def compose_body(self) -> ComposeResult:
        """Yield what is below the title."""
        yield from ()

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; `sys.exit` there is an error, as it would end the reader."""
        try:
            await super().on_event(event)
        except SystemExit as error:
            said = RuntimeError(f"SystemExit: {error}")
            raise said.with_traceback(error.__traceback__) from None

    def on_mount(self) -> None:
        for panel in self.query("#panel"):  # none, where a plugin fails to compose it
            panel.styles.width = self.WIDTH

    def dismiss(self, result: Handler | None = None) -> AwaitComplete:
        """Leave the panel, once; where another one is over it, as soon as that is left.

        Textual's `dismiss` removes whatever is on top. Keys that were on their way to a panel when
        it was left would so close the one below, and the last of them end the program.
        """
        if self._pending_result is not None:
            return AwaitComplete()
        self._pending_result = (result,)
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_screen_resume(self) -> None:
        """Leave what was to be left while another panel was over it."""
        if self._pending_result is not None and self.is_active:
            super().dismiss(self._pending_result[0])

    def on_resize(self) -> None:
        self.set_class(self.app.size.height < LOW, "-low")


class ScrollingPanel(Panel):
    """A panel with a text in `#rows` that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss"),
        ("down", "scroll_by(1)"),
        ("up", "scroll_by(-1)"),
        ("pagedown", "scroll_by(12)"),
        ("pageup", "scroll_by(-12)"),
    ]

    DEFAULT_CSS = """
    ScrollingPanel {
        #title, #keys { padding: 0; }
        #rows { height: auto; }
        #rows Static { padding-right: 1; }
    }
    """

    def on_resize(self) -> None:
        height = self.app.size.height
        self.query_one("#rows").styles.max_height = max(1, height - (3 if height < LOW else 8))

    def action_scroll_by(self, lines: int) -> None:
        self.query_one("#rows").scroll_relative(y=lines, animate=False)


class TextScreen(ScrollingPanel):
    """A text, such as the output of a program."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,enter", "dismiss"),
        ("j", "scroll_by(1)"),
        ("k", "scroll_by(-1)"),
        ("space,ctrl+d", "scroll_by(12)"),
        ("b,ctrl+u", "scroll_by(-12)"),
        ("g,home", "scroll_by(-1000000)"),
        ("G,end", "scroll_by(1000000)"),
        ("y", "copy"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.title, self._text = title, text

    def compose_body(self) -> ComposeResult:
        shown = self._text.expandtabs()
        if len(shown) > MOST_SHOWN:
            shown = f"{shown[:MOST_SHOWN]}\n… The rest is left out; y copies all of it."
        with VerticalScroll(id="rows"):
            yield Static(shown, markup=False)
        yield Static("↑ ↓ space scroll   y copy   esc close", id="keys", markup=False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.query_one("#keys", Static).update("Copied")


class EntryPanel(Panel, Generic[Payload]):
    """A panel with a list of entries, a text about them, and the keys; clicks are as enter.

    `Payload` is the type of what the entries stand for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "dismiss"),
        ("j,down", "move(1)"),
        ("k,up", "move(-1)"),
        ("ctrl+d,pagedown,space", "move(8)"),
        ("ctrl+u,pageup", "move(-8)"),
        ("g,home", "move(-100000)"),
        ("G,end", "move(100000)"),
    ]

    DEFAULT_CSS = "EntryPanel #about { display: none; }"

    AIR, LOW_AIR = 8, 3  # lines that the list leaves free, also on a low screen
    HINT_LINES = 1  # lines for hints; one on a low screen
    LEAVE_HINT = "esc close"

    def __init__(self, list_keys: Callable[[Self], Sequence[PanelKey]]) -> None:
        """Create a panel; `list_keys` returns the keys that do something now, in this order."""
        super().__init__()
        self._list_keys = partial(list_keys, self)
        # Not in `compose`: all of it may be set before the panel is mounted.
        self._widgets_above: Sequence[Widget] = ()  # above the list
        self._list = EntryList()
        self._note = Static(id="about", markup=False)
        self._said = Static(id="said", markup=False)
        self._last_line = Static(id="keys", markup=False)

    def compose_body(self) -> ComposeResult:
        lines = (self._list, self._note, self._said, self._last_line)
        yield from (*self._widgets_above, *lines)

    # -- showing ----------------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[ListEntry, ...]:
        """The lines."""
        return self._list.entries

    @property
    def current_payload(self) -> Payload | None:
        """The payload of the entry at the cursor."""
        entry = self._list.current_entry
        payload: Payload | None = entry.payload if entry else None
        return payload

    @property
    def note(self) -> str:
        """The text about them, or how to fill an empty list."""
        return str(self._note.content)

    @property
    def keys_line(self) -> str:
        """The hints."""
        return str(self._last_line.content)

    @property
    def message(self) -> str:
        """The message that was shown last, until the cursor moves."""
        return str(self._said.content)

    @property
    def hints(self) -> Sequence[str]:
        """Keys at the cursor, with a word each."""
        return [*(it.hint for it in self.panel_keys if it.hint), self.LEAVE_HINT]

    @property
    def panel_keys(self) -> Sequence[PanelKey]:
        """The keys that do something now, in the order of their hints."""
        return self._list_keys()

    def show_entries(self, entries: Sequence[ListEntry], cursor: int | None = None) -> None:
        """Show entries as `EntryList.show_entries` does; without any no list."""
        self._list.display = bool(entries)
        self._list.show_entries(entries, cursor)
        if self.is_attached:
            self.fit_to_screen()
            self.call_after_refresh(self._fit_hints)

    def show_note(self, text: str, *, wrong: bool = False) -> None:
        """Show a text about the list; "" hides it."""
        self._note.update(text)
        self._note.display = bool(text)
        self._note.set_class(wrong, "-wrong")

    def show_message(self, message: str) -> None:
        """Show a message in the blank line above the hints; on a low screen, instead of them."""
        self._said.update(message)
        self.set_class(bool(message), "-said")

    def show_hints(self) -> None:
        """Show the hints that fit, and no message."""
        self.show_message("")
        self._fit_hints()

    def _fit_hints(self) -> None:
        lines = 1 if self.has_class("-low") else self.HINT_LINES + self._further_hint_lines
        width = self._last_line.content_size.width
        self._last_line.update(fit_hints(self.hints, width, lines))

    @property
    def _further_hint_lines(self) -> int:
        return int(self.app.size.width < NARROW)

    def on_resize(self) -> None:
        """Fit the list to the screen, and show the hints that fit."""
        self.fit_to_screen()
        self.call_after_refresh(self._fit_hints)

    def fit_to_screen(self) -> None:
        """Make the list as high as its entries, within the screen."""
        height = self.app.size.height
        air = self.LOW_AIR if height < LOW else self.AIR + self._further_hint_lines
        self._list.styles.height = max(1, min(len(self.entries), height - air))

    # -- keys -------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        self._list.move_by(rows)
        self.show_hints()

    def on_key(self, event: events.Key) -> None:
        """Do what the key is for here; other keys are left to the bindings."""
        if self.use_key(event.key):
            event.stop()

    def on_entry_list_chosen(self, _: EntryList.Chosen) -> None:
        self.use_key("enter")

    def use_key(self, key: str) -> bool:
        """Do what a key is for at the cursor; return False if it is for nothing."""
        found = next((it for it in self.panel_keys if key in it.keys.split(",")), None)
        if found is None:
            return False
        if found.closes:
            self.dismiss(found.handler)
        else:
            found.handler()
        return True


def fit_hints(hints: Sequence[str], width: int, lines: int = 1) -> str:
    """Return the hints that fit in `lines` lines, without splitting one; the last always.

    They are as far apart as in the last line of the reader where all fit so.
    """
    if len(apart := GAP.join(hints)) <= width:
        return apart
    kept = list(hints)
    while len(rows := _break_hints(kept, width)) > lines and len(kept) > 1:
        del kept[-2]
    return "\n".join(rows)


def _break_hints(hints: Sequence[str], width: int) -> list[str]:
    rows = [""]
    for hint in hints:
        longer = f"{rows[-1]}  {hint}" if rows[-1] else hint
        if not rows[-1] or len(longer) <= width or width <= 0:  # before the first layout
            rows[-1] = longer
        else:
            rows.append(hint)
    return rows


class ChoiceScreen(EntryPanel[Payload]):
    """A list from which one entry is chosen, such as a theme."""

    def __init__(
        self,
        title: str,
        entries: Sequence[ListEntry],
        cursor: int,
        hint: str,
        choose: Callable[[Payload], object],
    ) -> None:
        """Create a panel with the cursor on an entry; `choose` gets what the chosen one is of."""

        def list_keys(panel: ChoiceScreen[Payload]) -> Sequence[PanelKey]:
            if (payload := panel.current_payload) is None:
                return ()
            return (PanelKey("enter", hint, partial(choose, payload), closes=True),)

        super().__init__(list_keys)
        self.title = title
        self.show_entries(entries, cursor)


# Forms: lines to fill in.

UNCHANGED_NOTE = "Nothing has changed. Press enter again to go on."


class FormLine(NamedTuple):
    """A line of a form."""

    value: str = ""
    placeholder: str = ""
    # whether the value is stored already, so that to submit it changes nothing
    is_stored: bool = False
    is_list: bool = False  # whether commas separate values, and typing adds another, as with tags
    required_note: str = ""  # what to type first ("the password"), where it may not stay empty
    is_secret: bool = False  # shown as dots, and kept as it is typed


class PanelLine(LineBox):
    """A line on the page's background with a blank line below; none on a low screen (`-low`)."""

    DEFAULT_CSS = """
    PanelLine { margin-bottom: 1; }
    .-low PanelLine { margin: 0; }
    """


class SecretLine(PanelLine):
    """An input that shows dots."""

    def clean_pasted(self, text: str) -> str:
        """Keep a pasted password as it is, up to the end of its line."""
        return text.partition("\n")[0].removesuffix("\r")


class FormScreen(Panel):
    """Lines to fill in, a note on them or what is wrong below, and the keys, which always stay."""

    # Both are set by who opens the form.
    do_filled: Handler  # does it, and calls `show_fault` or `dismiss` then
    do_stop: Handler  # ends that

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "back"),
        ("tab,down", "on(1)"),
        ("shift+tab,up", "on(-1)"),
    ]

    DEFAULT_CSS = """
    FormScreen {
        PanelLine { border-left: blank; }
        PanelLine:focus { border-left: outer $page-accent; }
        #note { margin-bottom: 1; padding: 0 1; }
        #keys { margin: 0; }
        &.-low #note, &.-low PanelLine { margin: 0; }
    }
    """

    def __init__(
        self,
        title: str,
        questions: Sequence[FormLine],
        note: str,
        keys: str,
    ) -> None:
        """Create a form; `note` is what to know of the lines, or "", `keys` are the hints."""
        super().__init__()
        self.title, self._about, self._hints = title, note, keys
        self._questions = [
            each._replace(value=f"{each.value}, ") if each.is_list and each.value else each
            for each in questions
        ]
        self._warns_unchanged = any(question.is_stored for question in questions)
        self.boxes = [
            (SecretLine if each.is_secret else PanelLine)(
                each.value,
                each.placeholder,
                password=each.is_secret,
                select_on_focus=False,  # `_enter_line` selects a suggestion
            )
            for each in self._questions
        ]
        self._note = Static(note, id="note", markup=False)
        self._keys = Static(keys, id="keys", markup=False)
        self._is_busy = False
        self._frozen_answers: Sequence[str] = ()  # what was filled in, while busy

    def compose_body(self) -> ComposeResult:
        yield from (*self.boxes, self._note, self._keys)

    def on_mount(self) -> None:
        """Focus the first line, but for what must be filled in and is known already."""
        asked = (not (each.required_note and each.value) for each in self._questions)
        self._enter_line(self.boxes[next((i for i, is_asked in enumerate(asked) if is_asked), 0)])
        self.show_note(self._about)

    def _enter_line(self, box: PanelLine) -> None:
        """Focus a line; a suggestion is selected, and what was typed goes on at its end."""
        self.set_focus(box)
        question = self._questions[self.boxes.index(box)]
        if box.value == question.value and not question.is_list:
            box.select_all()
        else:
            box.cursor_position = len(box.value)

    # -- showing ----------------------------------------------------------------------------------

    @property
    def note(self) -> str:
        """The text below the lines."""
        return str(self._note.content)

    @property
    def answers(self) -> tuple[str, ...]:
        """The texts of the lines."""
        return tuple(
            box.value if question.is_secret else box.value.strip()
            for box, question in zip(self.boxes, self._questions, strict=True)
        )

    def show_note(self, text: str, keys: str = "", *, wrong: bool = False) -> None:
        """Show a text below the lines, and other keys than usual if there are any."""
        self._note.update(text)
        self._note.set_class(wrong, "-wrong")
        self._note.display = bool(text)
        self._keys.update(keys or self._hints)

    def show_busy(self, text: str, keys: str = "esc stop") -> None:
        """Show what is under way; nothing can be submitted or filled in meanwhile."""
        self._freeze_answers()
        self.show_note(text, keys)

    def _freeze_answers(self) -> None:
        """Keep what is filled in as it is: keys that are typed from now on were meant elsewhere."""
        if not self._is_busy:
            self._frozen_answers = [box.value for box in self.boxes]
        self._is_busy = True

    def show_fault(self, reason: str) -> None:
        """Show what is wrong; everything can be edited."""
        self._is_busy = False
        self.show_note(reason, wrong=True)

    def show_stopped(self) -> None:
        """Show that what was under way is stopped; everything can be edited."""
        self._is_busy = False
        self.show_note("Stopped.")

    # -- keys -------------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Submit what was filled in, or go to what is missing; say once what changes nothing."""
        event.stop()
        if self._is_busy:
            return
        for box, question in zip(self.boxes, self._questions, strict=True):
            if question.required_note and not box.value.strip():
                self._enter_line(box)
                self.show_fault(f"Type {question.required_note} first.")
                return
        values = [box.value for box in self.boxes]
        if self._warns_unchanged and values == [question.value for question in self._questions]:
            self._warns_unchanged = False
            self.show_note(UNCHANGED_NOTE)
            return
        self.submit()

    def submit(self) -> None:
        """Call `do_filled`; nothing can be edited until it is done."""
        self._freeze_answers()
        self.do_filled()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Discard what was wrong with another text; while busy, discard what is typed."""
        event.stop()
        if not self._is_busy:
            self.show_note(self._about)
            return
        with self.prevent(Input.Changed):
            for box, value in zip(self.boxes, self._frozen_answers, strict=True):
                box.value = value

    def action_on(self, step: int) -> None:
        """Focus the next line, cyclically."""
        boxes = [box for box in self.boxes if box.display]
        here = next((i for i, box in enumerate(boxes) if box.has_focus), 0)
        self._enter_line(boxes[(here + step) % len(boxes)])

    def action_back(self) -> None:
        if self._is_busy:
            self.do_stop()
            self.show_stopped()
        else:
            self.dismiss(None)


class PromptScreen(FormScreen):
    """A form that is closed once it is filled in rightly."""

    WIDTH = 60

    def __init__(
        self,
        title: str,
        questions: Sequence[FormLine],
        note: str,
        read_answers: Callable[[tuple[str, ...]], Handler],
        *,
        verb: str = "save",
    ) -> None:
        """Create a prompt; `verb` is what enter does.

        `read_answers` returns what to do once it is closed, or raises LibraryError or ValueError
        with what is wrong.
        """
        following = "tab next   " if len(questions) > 1 else ""
        keys = f"enter {verb}   {following}esc cancel"
        super().__init__(title, questions, note, keys)
        self._read_answers = read_answers

    def submit(self) -> None:
        """Close, and do what the answers mean; or show what is wrong with them."""
        try:
            self.dismiss(self._read_answers(self.answers))
        except (LibraryError, ValueError) as error:
            self.show_fault(str(error))

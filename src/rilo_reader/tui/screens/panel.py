"""What the panels over the reader share: their looks, moving in them, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from rilo_reader.tui.widgets.line_list import Entry, EntryList

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

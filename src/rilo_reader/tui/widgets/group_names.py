"""Names of groups in a line, of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


class GroupNames(Static, can_focus=False):
    """Shows names; posts Chosen for one that was clicked."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    GroupNames {
        width: 1fr;
        height: 1;
    }
    """

    gap: reactive[int] = reactive(3)
    """Cells between two names."""

    class Chosen(Message):
        """Somebody clicked a name."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._names: tuple[str, ...] = ()
        self._chosen = ""

    def show(self, names: Sequence[str], chosen: str) -> None:
        """Show these names, one of them chosen."""
        self._names, self._chosen = tuple(names), chosen
        parts: list[str | tuple[str, str]] = []
        for name in self._names:
            style = "bold $page-accent" if name == chosen else ""
            parts += [" " * self.gap if parts else "", (name, style)]
        self.update(Content.assemble(*parts))

    def watch_gap(self) -> None:
        """Stand closer, or less so."""
        self.show(self._names, self._chosen)

    def on_click(self, event: events.Click) -> None:
        """Choose the name that was clicked."""
        event.stop()
        start = 0
        for name in self._names:
            if start <= event.x < start + len(name):
                self.post_message(self.Chosen(name))
                return
            start += len(name) + self.gap

"""The smallest Textual application that shows a text: what no reader built on it can beat.

`J` shows another text, so that a key press to a painted frame has its baseline too.
"""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class MinimalApp(App[None]):
    """One line of text; `J` counts on."""

    BINDINGS = [("J", "next", "next")]  # noqa: RUF012 (Textual's own convention)

    count = 0

    def compose(self) -> ComposeResult:
        """Show the first text."""
        yield Static("minimal-first-text")

    def action_next(self) -> None:
        """Show the next text."""
        self.count += 1
        self.query_one(Static).update(f"minimal-text-{self.count:05d}-end")


if __name__ == "__main__":
    MinimalApp().run()

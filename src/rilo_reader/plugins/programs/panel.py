"""The line in which a program is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rilo_reader.tui.keys import Handler
from rilo_reader.tui.panels.panel import FormLine, PromptScreen


class PipePrompt(PromptScreen):
    """A prompt for the program that gets an article; up and down recall earlier ones."""

    def __init__(
        self,
        title: str,
        earlier: Sequence[str],
        read_answers: Callable[[tuple[str, ...]], Handler],
    ) -> None:
        """Create it; `earlier` are lines that were typed before, the newest first."""
        question = FormLine("", "wc -w", required_note="a program and its arguments")
        note = "It reads the article as Markdown, without a shell."
        super().__init__(
            f"Pipe “{title}” to", [question], note, read_answers, verb="run   ↑ earlier"
        )
        self._lines, self._place = ["", *earlier], 0

    def action_on(self, step: int) -> None:
        """Recall an older line, or a newer one."""
        box = self.boxes[0]
        if box.value != self._lines[self._place]:
            self._lines[0], self._place = box.value, 0  # what was typed is not lost
        self._place = max(0, min(self._place - step, len(self._lines) - 1))
        box.value = self._lines[self._place]
        box.cursor_position = len(box.value)

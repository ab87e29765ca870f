"""`Console`: lines that are appended, in pages, and one command a line."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import TextIOWrapper
from queue import Empty, SimpleQueue

from rilo_reader.cli.output import output
from rilo_reader.render.lines import wrap_text
from rilo_reader.text import clean_line

PROMPT = "> "
LONGEST_COMMAND = 10_000  # characters


class Console:
    """Standard input and output of a session.

    On a terminal, lines are as wide as it is; in a pipe a paragraph is one line, unless $COLUMNS
    says otherwise. A command that comes from a pipe is repeated behind its prompt, so that what is
    written reads as a session does.
    """

    def __init__(self) -> None:
        self.is_typed = sys.stdin is not None and sys.stdin.isatty()
        self.news_queue = SimpleQueue[str]()  # from any thread; said before the next prompt
        self._edits = self.is_typed and _has_editing()
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")

    @property
    def width(self) -> int:
        """Cells of a line; 0 for lines that are not wrapped."""
        if not (output().is_terminal or os.environ.get("COLUMNS")):
            return 0
        return max(4, shutil.get_terminal_size().columns)

    def say_text(self, text: str) -> None:
        """Append a text."""
        for line in self.wrap_lines(text):
            output().line(line)

    def wrap_lines(self, text: str) -> Iterator[str]:
        """Yield the lines of a text; an address that is a line of its own is never broken."""
        width = self.width
        for line in text.split("\n"):
            if width and "://" not in line.split(" ", 1)[0]:
                yield from (line[start:end].rstrip() for start, end, _ in wrap_text(line, width))
            else:
                yield line

    def say_all(self, texts: Iterable[str]) -> None:
        """Append several texts."""
        for text in texts:
            self.say_text(text)

    def print_news(self) -> bool:
        """Say the news of background work; return whether there were any."""
        has_some = False
        with suppress(Empty):
            while True:
                self.say_text(self.news_queue.get_nowait())
                has_some = True
        return has_some

    def ask_line(self, prompt: str = PROMPT) -> str | None:
        """Read the next command or answer, cleaned; None at the end of input."""
        out = output()
        if self._edits:
            out.flush()
            try:
                line = input(prompt)
            except EOFError:
                line = ""
            else:
                line += "\n"
        else:
            if self.is_typed:
                out.write(prompt)
                out.flush()
            line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            if self.is_typed:
                out.line("")  # where the shell goes on
            return None
        command = clean_line(line, LONGEST_COMMAND)
        if not self.is_typed:
            out.line(f"{prompt}{command}".rstrip())
        return command


def _has_editing() -> bool:
    """Return whether a typed line can be edited, and brought back by the up key.

    GNU readline moves the cursor for that, so not on a dumb terminal.
    """
    if os.environ.get("TERM", "dumb") in ("", "dumb") or not output().is_terminal:
        return False
    try:
        import readline
    except ImportError:  # Windows, whose console does it itself
        return False
    for setting in ("enable-bracketed-paste off", "enable-meta-key off", "bell-style none"):
        readline.parse_and_bind(f"set {setting}")
    return True

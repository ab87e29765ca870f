"""Where every printed string passes: cleaned, styled for a terminal, and never a crash.

What reaches a terminal from here holds no control character but the line ends and the few colour
sequences that this file writes itself. The store cleans what it reads; this is the backstop for
arguments, environment variables and the messages of the operating system.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, TextIO

from rilo_reader.text import clean_text

PROGRAM = "rilo-reader"


class UsageError(Exception):
    """The command line cannot mean anything: what is wrong with it, and what would be right.

    Attributes:
        details: further lines, such as the query with a caret under its fault.
    """

    def __init__(self, message: str, *details: str) -> None:
        super().__init__(message)
        self.details = details


class Style(StrEnum):
    """How a piece of a line looks on a terminal; the value is its SGR parameters."""

    PLAIN = ""
    DIM = "2"
    BOLD = "1"
    HIT = "1;31"
    ERROR = "1;31"


class Piece(NamedTuple):
    """A part of a line in one style: one of ours, or bare SGR parameters such as "1;34"."""

    text: str
    style: Style | str = Style.PLAIN


# Signs of ours for which plain ASCII has a stand-in where an output knows no more than that.
_STAND_INS = str.maketrans(
    {"…": "...", "·": "-", "–": "-", "—": "--", "’": "'", "“": '"', "”": '"', "→": "->"}
    | {"●": "*", "★": "+", "✓": "ok", "✗": "!!"}
)


class Output:
    """A stream of lines for people or programs.

    Attributes:
        terminal: whether somebody watches the stream on a terminal.
        obeys: whether it is a terminal that can move its cursor.
        colour: whether pieces are styled (a terminal, unless NO_COLOR or TERM=dumb say no).
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.terminal = stream is not None and not stream.closed and stream.isatty()
        self.obeys = self.terminal and os.environ.get("TERM", "dumb") not in ("", "dumb")
        self.colour = self.obeys and not os.environ.get("NO_COLOR")

    @property
    def encoding(self) -> str:
        """The stream's encoding, "utf-8" where it names none."""
        return (self._stream and self._stream.encoding) or "utf-8"

    def line(self, *pieces: Piece | str) -> None:
        """Print one line (or several, where a piece holds line ends)."""
        parts = [piece if isinstance(piece, Piece) else Piece(piece) for piece in pieces]
        self.write("".join(self._dress(part) for part in parts) + "\n")

    def json(self, value: Mapping[str, object]) -> None:
        """Print one object on a line: as written where the encoding can, else escaped."""
        import json

        text = json.dumps(value, ensure_ascii=False)
        # A control or half a surrogate pair (a file's name may hold either) is legal inside JSON;
        # escaped it means the same and steers nothing.
        if not self._can(text) or clean_text(text) != text:
            text = json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")
        self.write(text + "\n")

    def complain(self, message: str, *details: str) -> None:
        """Print an error: the program's name, one line, and perhaps further lines."""
        self.line(Piece(f"{PROGRAM}: ", Style.ERROR), " ".join(message.split()))
        for detail in details:
            self.line(detail)

    def status(self, text: str) -> None:
        """Show a line that the next one replaces; "" clears it. Only where a terminal can."""
        if self.obeys:
            self.write("\r\x1b[K" + clean_text(text).replace("\n", " "))
            self.flush()

    def erase_lines(self, count: int) -> None:
        """Take the last lines away and stand where the first of them began; where it obeys."""
        if self.obeys and count > 0:
            self.write(f"\r\x1b[{count}A\x1b[J")

    def write(self, text: str) -> None:
        """Write text that is clean already, in whatever the stream can encode."""
        if self._stream is None or self._stream.closed:
            return
        if not self._can(text):
            text = text.translate(_STAND_INS)
            text = text.encode(self.encoding, "replace").decode(self.encoding)
        self._stream.write(text)

    def flush(self) -> None:
        """Hand everything on, now."""
        if self._stream is not None and not self._stream.closed:
            self._stream.flush()

    def _dress(self, piece: Piece) -> str:
        text = clean_text(piece.text)
        if not self.colour or not piece.style or not text:
            return text
        return f"\x1b[{piece.style}m{text}\x1b[0m"

    def _can(self, text: str) -> bool:
        """Whether the stream's encoding gives the text back (in Shift JIS "¥" is a backslash)."""
        try:
            return text.encode(self.encoding).decode(self.encoding) == text
        except UnicodeError:
            return False


def output() -> Output:
    """Standard output."""
    return Output(sys.stdout)


def errors() -> Output:
    """Standard error."""
    return Output(sys.stderr)


def close_quietly(stream: TextIO | None) -> None:
    """Let go of a stream nobody reads, so that Python's own flush at exit says nothing."""
    if stream is None:
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        # Not a real file (a test's StringIO): there is nothing to let go of.
        return

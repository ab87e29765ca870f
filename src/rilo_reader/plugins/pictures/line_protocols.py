"""Sequences that draw over the cells of a picture, by sixel or iTerm2's protocol.

Terminals draw where the cursor is, and what is written into a cell later takes its place. So each
line of a picture is a picture of its own, as high as a cell, and is sent with its cells: it
scrolls, and is covered and drawn again, as they are.
"""

from __future__ import annotations

import re
import struct
import sys
from base64 import standard_b64encode
from collections.abc import Mapping
from contextlib import suppress

from rilo_reader.text import lazy_re

PLACEHOLDER = "\U0010eeee"  # stands for a cell of a picture that kitty has
BEGIN, END = "\U000e0001", "\U000e007f"
_NUMBER = "[\U000e0020-\U000e0039]+"
MARK = f"{BEGIN}{_NUMBER}|{END}"
MARKS = lazy_re(MARK)
"""Marks around the cells of a line: of no width, and dropped from all text that comes in."""

# Where something covers a part of the line, the cursor is moved between them, or one is missing.
_WHOLE_LINE = lazy_re(f"({BEGIN}{_NUMBER})((?:[^{END}\x1b]|\x1b\\[[\\d;]*m)*){END}")
_BEYOND_SIXEL = lazy_re('[^"#$!;0-9?-~-]')

CELL = 10, 20  # pixels of a cell where the terminal does not say it


def read_cell_size() -> tuple[int, int]:
    """The pixels of a cell of the terminal, as far as it says so."""
    with suppress(ImportError, OSError, AttributeError, ValueError):  # as on Windows
        import fcntl
        import termios

        size = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8))  # type: ignore[union-attr]
        rows, columns, width, height = struct.unpack("HHHH", size)
        if rows and columns and width >= columns and height >= rows:
            return width // columns, height // rows
    return CELL


def make_mark(picture: int, line: int) -> str:
    """Return the mark before the cells of a line; END stands behind them."""
    return BEGIN + "".join(chr(0xE0000 + ord(digit)) for digit in f"{picture} {line}")


def has_marks(frame: str) -> bool:
    """Return whether a frame has lines of pictures, or parts of them."""
    return BEGIN in frame or END in frame


def replace_marked_lines(frame: str, over: Mapping[str, str]) -> str:
    """Return a frame without marks, with `over` drawn on each line that it has whole."""

    def whole(line: re.Match[str]) -> str:
        drawn = over.get(line[1])
        return f"\x1b7{line[2]}\x1b8{drawn}" if drawn else line[2]

    return MARKS.sub("", _WHOLE_LINE.sub(whole, frame))


def make_sixel_line(data: bytes, columns: int) -> str:
    """Return a sequence that draws a line of sixels; "" for what a broken decoder has sent."""
    text = data.decode("ascii", "replace")
    return "" if _BEYOND_SIXEL.search(text) else _return_cursor(f"\x1bP0;1;0q{text}\x1b\\", columns)


def make_iterm_line(data: bytes, columns: int) -> str:
    """Return a sequence that draws a line from a picture file, by iTerm2's protocol."""
    head = f"size={len(data)};width={columns};height=1;preserveAspectRatio=0;inline=1"
    return _return_cursor(f"\x1b]1337;File={head}:{standard_b64encode(data).decode()}\x07", columns)


def _return_cursor(sequence: str, columns: int) -> str:
    """Return a sequence after which the cursor is behind the line, wherever it was left."""
    return f"{sequence}\x1b8\x1b[{columns}C"

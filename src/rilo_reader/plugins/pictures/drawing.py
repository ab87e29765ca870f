"""A picture as cells: half-blocks, what is sent to lie over them, kitty's Unicode placeholders."""

from __future__ import annotations

from base64 import standard_b64encode
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rilo_reader.plugins.pictures.line_protocols import (
    END,
    PLACEHOLDER,
    make_iterm_line,
    make_mark,
    make_sixel_line,
)

# -- kitty ----------------------------------------------------------------------------------------

CHUNK = 4096  # characters of a picture in one sequence; more are not allowed

_ACCENTS = (
    "305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599"
    " 59C-5A1 5A8-5A9 5AB-5AC 5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC"
    " 730 732-733 735-736 73A 73D 73F-741 743 745 747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827"
    " 829-82D 951 953-954 F82-F83 F86-F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73"
    " 1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7"
    " 20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1"
)
"""Accents for numbers in kitty's protocol, from 0 on, by their code points."""


def make_send_sequences(png: bytes, number: int, columns: int, rows: int, *, in_tmux: bool) -> str:
    """The sequences that hand a picture to the terminal, for placeholders; it answers nothing."""
    data = standard_b64encode(png).decode()
    head = f"q=2,a=T,U=1,f=100,t=d,i={number},c={columns},r={rows},"
    parts = []
    for start in range(0, len(data), CHUNK):
        more = int(start + CHUNK < len(data))
        parts.append(f"\x1b_G{head}m={more};{data[start : start + CHUNK]}\x1b\\")
        head = "q=2,"
    return "".join(_wrap_for_tmux(part) if in_tmux else part for part in parts)


def make_delete_sequence(number: int, *, in_tmux: bool) -> str:
    """The sequence by which the terminal forgets a picture."""
    part = f"\x1b_Gq=2,a=d,d=I,i={number}\x1b\\"
    return _wrap_for_tmux(part) if in_tmux else part


def _wrap_for_tmux(sequence: str) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


# -- drawn ----------------------------------------------------------------------------------------


class DrawnPicture(NamedTuple):
    """A picture as lines of cells, or why there is none."""

    rows: Sequence[Sequence[Segment]]
    number: int = 0  # by which the terminal has it, 0 if it has not
    over_lines: Mapping[str, str] = MappingProxyType({})  # what lies over a line, by its mark

    def cells_of_row(self, number: int) -> Sequence[Segment]:
        """The segments of a line, from 0; none below the last."""
        return self.rows[number] if number < len(self.rows) else ()


def draw_half_blocks(width: int, height: int, data: bytes) -> DrawnPicture:
    """A picture of two pixels a cell: three bytes a pixel, row by row; `height` is even."""
    size = 3 * width
    rows = [data[start : start + size] for start in range(0, height * size, size)]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return DrawnPicture([tuple(_iter_cells(*pair)) for pair in pairs])


def _iter_cells(upper: bytes, lower: bytes) -> Iterator[Segment]:
    start = 0
    for x in range(3, len(upper) + 3, 3):
        here, next_ = slice(start, start + 3), slice(x, x + 3)
        if (upper[next_], lower[next_]) != (upper[here], lower[here]):
            style = Style.from_color(Color.from_rgb(*upper[here]), Color.from_rgb(*lower[here]))
            yield Segment("▀" * ((x - start) // 3), style)
            start = x


def draw_with_lines_over(
    blocks: tuple[int, int, bytes], lines: Sequence[bytes], form: str, number: int
) -> DrawnPicture:
    """A picture whose lines are sent, in a `form` of BY_LINE, to lie over half-blocks."""
    columns, rows, over = blocks[0], [], {}
    make_line = make_sixel_line if form == "sixel" else make_iterm_line
    for at, (cells, line) in enumerate(zip(draw_half_blocks(*blocks).rows, lines, strict=True)):
        mark = make_mark(number, at)
        over[mark] = make_line(line, columns)
        rows.append((Segment(mark), *cells, Segment(END)))
    return DrawnPicture(rows, over_lines=over)


def draw_placeholders(number: int, columns: int, rows: int) -> DrawnPicture:
    """A picture that the terminal has by a number of 24 bits, which is the colour of its cells."""
    ends = [[int(end, 16) for end in part.split("-")] for part in _ACCENTS.split()]
    accents = [chr(code) for end in ends for code in range(end[0], end[-1] + 1)]
    style = Style(color=Color.from_rgb(number >> 16, number >> 8 & 255, number & 255))
    lines = [
        "".join(f"{PLACEHOLDER}{row}{column}" for column in accents[:columns])
        for row in accents[:rows]
    ]
    return DrawnPicture([(Segment(line, style),) for line in lines], number)

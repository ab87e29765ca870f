"""Lines of pictures: what is sent with their cells, and only where a line has all of them."""

from __future__ import annotations

import re
from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.strip import Strip

from rilo_reader.plugins.pictures.drawing import draw_with_lines_over
from rilo_reader.plugins.pictures.line_protocols import (
    BEGIN,
    END,
    MARKS,
    has_marks,
    make_iterm_line,
    make_mark,
    make_sixel_line,
    replace_marked_lines,
)
from rilo_reader.text import clean_text
from tests.support.for_each import for_each

CELLS = "\x1b[38;2;1;2;3m▀▀\x1b[0m\x1b[38;2;9;2;3m▀▀▀\x1b[0m"
OVER = "\x1bP0;1;0q~\x1b\\\x1b8\x1b[5C"
FRAME = "\x1b[7;3H  {}\x1b[0m   \x1b[8;1Hnext"


def test_a_whole_line_is_drawn_over_and_the_cursor_goes_behind_it() -> None:
    mark = make_mark(77, 3)
    frame = FRAME.format(mark + CELLS + END)
    assert has_marks(frame)
    assert replace_marked_lines(frame, {mark: OVER}) == FRAME.format(f"\x1b7{CELLS}\x1b8{OVER}")
    assert replace_marked_lines(frame, {make_mark(77, 4): OVER}) == FRAME.format(CELLS)
    assert not has_marks(FRAME.format(CELLS))


@for_each(
    "covered",
    [
        "{mark}▀▀\x1b[7;9H panel \x1b[7;20H▀{END}",
        "{mark}▀▀",
        "▀▀{END}",
        "{mark}▀▀\r\n\x1b[8;1H▀{END}",
        "{END}▀▀{mark}",
    ],
)
def test_a_line_that_is_partly_covered_shows_its_cells(covered: str) -> None:
    mark = make_mark(1, 0)
    frame = covered.format(mark=mark, END=END)
    assert replace_marked_lines(frame, {mark: OVER}) == MARKS.sub("", frame)


def test_several_lines_each_have_their_own() -> None:
    marks = [make_mark(5, 1), make_mark(5, 11), make_mark(51, 1)]
    over = {mark: OVER.replace("~", str(number)) for number, mark in enumerate(marks)}
    frame = replace_marked_lines("\x1b[9;1H".join(mark + "▀" + END for mark in marks), over)
    assert re.findall("q(.)\x1b", frame) == ["0", "1", "2"]


@given(st.sets(st.integers(1, 11), min_size=1, max_size=3).map(sorted))
def test_marks_have_no_width_where_textual_cuts_a_line(cuts: list[int]) -> None:
    cells = [Segment("  "), Segment(make_mark(3, 4)), Segment("▀▀▀"), Segment("▄▄▄"), Segment(END)]
    strip = Strip([*cells, Segment("    ")])
    assert strip.cell_length == 12
    parts = strip.divide([*cuts, 12])
    assert "".join(MARKS.sub("", part.text) for part in parts) == "  ▀▀▀▄▄▄    "
    frame = "\x1b[1;1H".join(part.text for part in parts)
    is_cut = any(2 < cut <= 8 for cut in cuts)
    assert ("\x1b8" in replace_marked_lines(frame, {make_mark(3, 4): OVER})) == (not is_cut)


@given(st.binary(max_size=40))
def test_a_broken_decoder_sends_nothing_but_sixels(data: bytes) -> None:
    one_sequence = r"\x1bP0;1;0q[!-~]*\x1b\\\x1b8\x1b\[5C"
    assert re.fullmatch(f"(?:{one_sequence})?", make_sixel_line(data, 5))


def test_what_is_no_sixel_leaves_the_cells() -> None:
    drawn = draw_with_lines_over((1, 2, bytes(6)), [b"~\x1b\\\x1b]0;title\x07"], "sixel", 9)
    frame = "".join(segment.text for segment in drawn.rows[0])
    assert replace_marked_lines(frame, drawn.over_lines) == "▀"


def test_iterm2_gets_a_file_that_fills_its_cells() -> None:
    head, _, data = make_iterm_line(b"\xff\xd8jpeg", 12).partition(":")
    assert head == "\x1b]1337;File=size=6;width=12;height=1;preserveAspectRatio=0;inline=1"
    assert b64decode(data.partition("\x07")[0]) == b"\xff\xd8jpeg"
    assert data.endswith("\x07\x1b8\x1b[12C")


def test_no_text_from_outside_has_marks() -> None:
    text = f"a{make_mark(1, 2)}b{END}{BEGIN}"
    assert clean_text(text) == "ab"

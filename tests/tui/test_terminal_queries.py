"""Whether the terminal is light: over a pseudo-terminal that answers all sorts of things."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rilo_reader.tui.terminal_queries import TerminalAnswer, ask_terminal
from rilo_reader.tui.textual_patches import KeyDecoder

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals there", allow_module_level=True)

import termios

from tests.support.for_each import for_each

XTERM = {"TERM": "xterm-256color"}
KIND = "\x1b[?62;22c"


@contextmanager
def pseudo_terminal() -> Iterator[tuple[int, int]]:
    """The terminal's end, and the program's."""
    master, slave = os.openpty()
    try:
        yield master, slave
    finally:
        os.close(master)
        os.close(slave)


def asked(
    answer: str, environment: dict[str, str] | None = None, *, graphics: bool = False
) -> tuple[TerminalAnswer, bytes]:
    """What is made of an answer that comes at once, and what the terminal was asked."""
    with pseudo_terminal() as (master, slave):
        before = termios.tcgetattr(slave)
        with ask_terminal(slave, slave, environment or XTERM, graphics=graphics) as wait:
            question = os.read(master, 200)
            os.write(master, answer.encode())
            found = wait()
        assert termios.tcgetattr(slave) == before
        return found, question


@for_each(
    "answer, is_light, typed",
    [
        (f"\x1b]11;rgb:fafa/f8f8/f3f3\x1b\\{KIND}", True, ""),
        (f"\x1b]11;rgb:ff/ff/ff\x07{KIND}", True, ""),
        (f"\x1b]11;rgba:1515/1717/1a1a/ffff\x07{KIND}", False, ""),
        (KIND, False, ""),
        ("", False, ""),
        (f"\x1b]11;rgb:no/colour\x07{KIND}", False, ""),
        (f"\x1b]11;\x07{KIND}", False, ""),
        (f"j\x1b]11;rgb:ffff/ffff/ffff\x1b\\/é\x1b[B{KIND}\r", True, "j/é\x1b[B\r"),
        ("jk\x1b", False, "jk\x1b"),
        ("j\x1b]11;rgb:ffff/ff", False, "j\x1b]11;rgb:ffff/ff"),
        ("nonsense \x1b[?", False, "nonsense \x1b[?"),
    ],
)
def test_a_terminal_is_light_or_dark_and_no_key_is_lost(
    answer: str, is_light: bool, typed: str
) -> None:
    found, question = asked(answer)
    assert found == TerminalAnswer(is_light, typed)
    assert question == b"\x1b]11;?\x1b\\\x1b[c"


@for_each("hint, is_light", [("0;15", True), ("0;default;7", True), ("15;0", False), ("x", False)])
def test_a_terminal_that_says_nothing_may_have_given_a_hint(hint: str, is_light: bool) -> None:
    environment = {**XTERM, "COLORFGBG": hint}
    assert asked(KIND, environment)[0].is_light == is_light
    assert not asked(f"\x1b]11;rgb:0/0/0\x07{KIND}", environment)[0].is_light


ASKED = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
THROUGH_TMUX = b"\x1bPtmux;" + ASKED.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
OK = "\x1b_Gi=31;OK\x1b\\"


@for_each(
    "environment, question",
    [
        ({"TERM": "xterm-kitty"}, ASKED),
        ({"TERM": "xterm-ghostty"}, ASKED),
        ({**XTERM, "TERM_PROGRAM": "ghostty"}, ASKED),
        ({**XTERM, "KITTY_WINDOW_ID": "1"}, ASKED),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "KITTY_WINDOW_ID": "1"}, THROUGH_TMUX),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, b""),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, b""),
    ],
)
def test_a_terminal_is_asked_for_pictures_where_it_may_know_them(
    environment: dict[str, str], question: bytes
) -> None:
    # tmux says its kind before the terminal beyond has answered.
    parts = [KIND, OK] if "TMUX" in environment else [OK, KIND]
    found, all_asked = asked(f"j{parts[0]}k{parts[1]}", environment, graphics=True)
    assert found.has_graphics
    assert found.typed_ahead == "jk"
    assert all_asked == b"\x1b]11;?\x1b\\" + question + b"\x1b[c"
    assert (
        asked("\x1b_Gi=31;ENOTSUP:no\x1b\\" + KIND, environment, graphics=True)[0]
        == TerminalAnswer()
    )
    assert not asked(KIND, environment, graphics=True)[0].has_graphics
    assert question not in asked(KIND, environment)[1] or not question


@for_each(
    "kind, has_sixel",
    [
        ("62;4;22", True),
        ("1;2;4", True),
        ("63;1;2;4;6;9;15;16;22;28", True),
        ("62;22", False),
        ("4;6", False),
        ("64;44;14", False),
        ("", False),
    ],
)
def test_a_terminal_says_with_its_kind_that_it_knows_sixel(kind: str, has_sixel: bool) -> None:
    answer = f"\x1b]11;rgb:ff/ff/ff\x07j\x1b[?{kind}ck"
    assert asked(answer, graphics=True)[0] == TerminalAnswer(True, "jk", has_sixel=has_sixel)
    # A theme of one's own needs no background, but pictures need the kind.
    with (
        pseudo_terminal() as (master, slave),
        ask_terminal(slave, slave, XTERM, wanted=False, graphics=True) as wait,
    ):
        assert os.read(master, 200) == b"\x1b[c"
        os.write(master, f"\x1b[?{kind}c".encode())
        assert wait().has_sixel == has_sixel


@for_each("environment", [{}, {"TERM": "dumb"}, {"TERM": "linux"}])
def test_what_cannot_answer_is_not_asked(environment: dict[str, str]) -> None:
    with pseudo_terminal() as (master, slave):
        os.set_blocking(master, False)
        with ask_terminal(slave, slave, environment) as wait:
            assert wait() == TerminalAnswer()
        with ask_terminal(slave, slave, XTERM, wanted=False) as wait:
            assert wait() == TerminalAnswer()
        with pytest.raises(BlockingIOError):
            os.read(master, 1)


def test_what_is_no_terminal_is_not_asked() -> None:
    out, into = os.pipe()
    with ask_terminal(out, into, XTERM) as wait:
        assert wait() == TerminalAnswer()
    os.close(into)
    assert os.read(out, 1) == b""
    os.close(out)


@for_each(
    "typed, pieces",
    [
        ("", ["j\x1b]11;rgb:ffff/ffff/ffff\x1b\\", f"k{KIND}", "l"]),
        ("\x1b]11;rgb:ff", ["ff/ffff/ffff\x1b", "\\jkl"]),
        ("", ["j\x1b]1", "1;k", "l"]),
        ("", ["jkl", "\x1b[?6", "2c", "\x1b[?2026;2$y"]),
        ("\x1b_Gi=31;O", ["K\x1b\\j", "k", f"{OK}l"]),
    ],
)
def test_late_answers_are_no_keys(typed: str, pieces: list[str]) -> None:
    keys = KeyDecoder(typed)
    text = "".join(keys.decode(piece.encode()) for piece in pieces)
    for report in ("\x1b]11;", "\x1b[?2026;2$y"):
        text = text.replace(report, "")
    assert text == "jkl"

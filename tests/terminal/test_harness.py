"""The pseudo-terminal harness itself: what it records, answers, and leaves behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.escapes import Kind, complete_part, tokens
from tests.support.terminal import Terminal, WaitError

pytestmark = pytest.mark.terminal


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_is_recorded_raw_and_shown_as_a_screen() -> None:
    code = (
        r"import sys; sys.stdout.write('\x1b[2;3Hhe\x1b[1mllo\x1b[>5u\x1b]0;title\x07\x1b[?7$p!')"
    )
    with Terminal(python(code)) as terminal:
        # The terminal's answer may be echoed behind it: this program does not turn that off.
        assert terminal.wait_for("hello!").splitlines()[1].startswith("  hello!")
        assert terminal.wait_exit() == 0
        assert b"\x1b]0;title\x07" in terminal.output
        first = terminal.wait_for_bytes(b"\x1b[2;3H")
        assert terminal.started < first <= terminal.wait_for_bytes(b"!")


def test_queries_are_answered_unless_the_terminal_is_dumb() -> None:
    code = (
        "import sys, tty, termios, select\n"
        "tty.setraw(0)\n"
        r"print('\x1b[?2026$p\x1b[6n', end='', flush=True)" + "\n"
        "got = b''\n"
        "import os\n"
        "while not got.endswith(b'R') and select.select([0], [], [], float(sys.argv[1]))[0]:\n"
        "    got += os.read(0, 99)\n"
        "print(ascii(got), 'end')\n"
    )
    with Terminal([*python(code), "60"]) as terminal:
        assert r"b'\x1b[?2026;2$y\x1b[1;1R' end" in terminal.wait_for("end")
    with Terminal([*python(code), "0.2"], answers=False) as terminal:
        assert "b'' end" in terminal.wait_for("end")


def test_a_wait_that_fails_shows_the_screen_and_a_dead_program_ends_it_at_once() -> None:
    with (
        Terminal(python("print('all there is'); raise SystemExit(3)")) as terminal,
        pytest.raises(WaitError, match=r"ended with 3(.|\n)*all there is"),
    ):
        terminal.wait_for("something else")


def test_nothing_is_left_running_and_the_home_is_the_programs_own() -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child', child.pid, os.environ['HOME'], flush=True)\n"
        "time.sleep(600)\n"
    )
    with Terminal(python(code), size=(200, 10)) as terminal:
        line = terminal.wait_for("child").split()
        assert Path(line[2]) == terminal.home
    with pytest.raises(ProcessLookupError):
        while True:  # its parent is gone, so the kernel may take a moment to bury it
            os.kill(int(line[1]), 0)
            if Path(f"/proc/{line[1]}/stat").read_text().split()[2] == "Z":
                raise ProcessLookupError
    assert not terminal.home.exists()


@given(st.text(st.sampled_from("ab[];?0m\x1b\x07\\P_\x9b\n\x00é")))
def test_tokens_lose_nothing(output: str) -> None:
    found = list(tokens(output))
    assert "".join(token.text for token in found) == output
    assert [token.start for token in found] == [
        sum(len(before.text) for before in found[:index]) for index in range(len(found))
    ]
    for token in found:
        if token.kind is Kind.TEXT:
            assert "\x1b" not in token.text


@given(st.lists(st.sampled_from(["x", "\x1b[1;2H", "\x1b]8;;u\x1b\\", "\x1b]0;t\x07", "\x1b7"])))
def test_any_cut_of_a_stream_is_fed_in_whole_sequences(pieces: list[str]) -> None:
    whole = "".join(pieces)
    ends = {token.start for token in tokens(whole)} | {len(whole)}
    texts = {token.start for token in tokens(whole) if token.kind is Kind.TEXT}
    for cut in range(len(whole) + 1):
        end = complete_part(whole[:cut])
        assert end in ends or any(start < end for start in texts if whole[start:end].isalpha())

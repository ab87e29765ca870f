"""Ask the terminal whether it is light, and knows graphics, while Textual is being imported.

The questions for its background (OSC 11) and for kitty's graphics protocol are followed by one for
its kind, which every terminal answers, and says whether it knows sixel: once that answer is there,
no other comes. tmux answers that
itself, and hands the question for graphics on, so only the time ends waiting there. What arrives
besides are keys. No Textual here.
"""

import os
import re
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

from rilo_reader.text import lazy_re

TIMEOUT = 0.1  # s; what a terminal in a far place may take, beside what the imports take
MAX_ANSWER_BYTES = 65_536  # bytes that are read meanwhile

_HAS_MODES = sys.platform != "win32"
_IS_LIGHT = b"\x1b]11;?\x1b\\"
_ASKS_KIND = b"\x1b[c"
_HAS_GRAPHICS = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_HAS_GRAPHICS_BEYOND_TMUX = b"\x1bPtmux;" + _HAS_GRAPHICS.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
_GRAPHICS = r"\x1b_Gi=31;[^\x1b]{0,100}\x1b\\"
_KIND = r"\x1b\[\?[\d;]*c"
_SIXEL = lazy_re(r"\x1b\[\?\d+(?:;\d+)*?;4(?:;\d+)*c")  # behind its level, which may be 4, too
ANSWER = re.compile(rf"\x1b\]11;[^\x07\x1b]*(?:\x07|\x1b\\)|{_KIND}|{_GRAPHICS}")
PART = re.compile(
    r"\x1b(?:\]11;[^\x07\x1b]{0,64}\x1b?|\[\?[\d;]{0,32}|_Gi=31;[^\x1b]{0,100}\x1b?)\Z"
)
"""The beginning of an answer, at the end of what has come."""
_COLOUR = lazy_re(r"\x1b\]11;rgba?:([\da-f]{1,4})/([\da-f]{1,4})/([\da-f]{1,4})", re.IGNORECASE)


class TerminalAnswer(NamedTuple):
    """The terminal's answers, and the keys that came meanwhile."""

    is_light: bool = False
    typed_ahead: str = ""
    has_graphics: bool = False  # whether it knows kitty's graphics protocol
    has_sixel: bool = False  # tmux says so of itself, whatever shows it


@contextmanager
def ask_terminal(
    descriptor: int,
    out: int,
    environment: Mapping[str, str],
    *,
    wanted: bool = True,
    graphics: bool = False,
) -> Iterator[Callable[[], TerminalAnswer]]:
    """Ask the terminal at `descriptor`; the block gets a function that returns the answer.

    Whether it is light is asked if that is `wanted`. Where `graphics` are wanted, what it knows is
    read in its kind; for kitty's protocol only one is asked that says it is kitty or Ghostty, or
    tmux: others print the question, or show pictures in another way. It waits until TIMEOUT after
    the question at most. Until the block ends, typed keys are not shown, and not lost. Without a
    question the answer is that of COLORFGBG, else dark, without graphics.
    """
    can_answer = environment.get("TERM") not in (None, "", "dumb", "linux")
    in_tmux = bool(environment.get("TMUX"))
    may_be_kitty = graphics and (in_tmux or _is_kitty(environment))
    if not (
        (wanted or graphics)
        and can_answer
        and _HAS_MODES
        and os.isatty(descriptor)
        and os.isatty(out)
    ):
        yield lambda: TerminalAnswer(_is_light_by(environment))
        return
    import termios

    modes = termios.tcgetattr(descriptor)
    listening = list(modes)
    listening[0] &= ~termios.ICRNL  # enter stays what the reader expects
    listening[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(descriptor, termios.TCSANOW, listening)
    try:
        question = _HAS_GRAPHICS_BEYOND_TMUX if in_tmux else _HAS_GRAPHICS
        os.write(out, _IS_LIGHT * wanted + question * may_be_kitty + _ASKS_KIND)
        end = monotonic() + TIMEOUT
        last = _GRAPHICS if may_be_kitty and in_tmux else _KIND
        yield lambda: _parse_answers(_read_answers(descriptor, end, last), environment)
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)


def _is_kitty(environment: Mapping[str, str]) -> bool:
    names = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    return "KITTY_WINDOW_ID" in environment or any(
        kind in name.lower() for name in names for kind in ("kitty", "ghostty")
    )


def _read_answers(descriptor: int, end: float, last: str) -> str:
    """Read until an answer like the last one that is expected, or until `end`."""
    data = b""
    while not re.search(last.encode(), data) and len(data) < MAX_ANSWER_BYTES:
        if not select.select([descriptor], [], [], max(end - monotonic(), 0))[0]:
            break
        part = os.read(descriptor, 4096)
        if not part:
            break
        data += part
    return data.decode("utf-8", "replace")


def _parse_answers(answers: str, environment: Mapping[str, str]) -> TerminalAnswer:
    is_light = _is_light_by(environment)
    if colour := _COLOUR.search(answers):
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in colour.groups())
        is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
    has_graphics = "\x1b_Gi=31;OK\x1b\\" in answers
    return TerminalAnswer(
        is_light, ANSWER.sub("", answers), has_graphics, bool(_SIXEL.search(answers))
    )


def _is_light_by(environment: Mapping[str, str]) -> bool:
    """Return whether COLORFGBG, which rxvt and Konsole set, ends with a light colour."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")

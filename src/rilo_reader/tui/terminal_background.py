"""Ask the terminal whether it is light or dark, while Textual is being imported (no Textual here).

The question for its background (OSC 11) is followed by one for its kind, which every terminal
answers: once that answer is there, no other comes. What arrives besides are keys.
"""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

TIMEOUT = 0.1  # s; what a terminal in a far place may take, beside what the imports take
MOST = 65_536  # bytes that are read meanwhile

_HAS_MODES = sys.platform != "win32"
_QUERY = b"\x1b]11;?\x1b\\\x1b[c"
_KIND = r"\x1b\[\?[\d;]*c"
ANSWER = re.compile(rf"\x1b\]11;[^\x07\x1b]*(?:\x07|\x1b\\)|{_KIND}")
PART = re.compile(r"\x1b(?:\]11;[^\x07\x1b]{0,64}\x1b?|\[\?[\d;]{0,32})\Z")
"""The beginning of an answer, at the end of what has come."""
_COLOUR = re.compile(r"\x1b\]11;rgba?:([\da-f]{1,4})/([\da-f]{1,4})/([\da-f]{1,4})", re.IGNORECASE)


class Answer(NamedTuple):
    """Whether the terminal is light, and what else came meanwhile: keys."""

    is_light: bool = False
    typed: str = ""


@contextmanager
def asking(
    descriptor: int, out: int, environment: Mapping[str, str], *, wanted: bool = True
) -> Iterator[Callable[[], Answer]]:
    """Ask the terminal at `descriptor`; the block gets a function that returns the answer.

    It waits until TIMEOUT after the question at most. Until the block ends, what is typed is not
    shown, and not lost. Without a question the answer is that of COLORFGBG, else dark.
    """
    can_answer = environment.get("TERM") not in (None, "", "dumb", "linux")
    if not (wanted and can_answer and _HAS_MODES and os.isatty(descriptor) and os.isatty(out)):
        yield lambda: Answer(_is_light_by(environment))
        return
    import termios

    modes = termios.tcgetattr(descriptor)
    listening = list(modes)
    listening[0] &= ~termios.ICRNL  # enter stays what the reader expects
    listening[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(descriptor, termios.TCSANOW, listening)
    try:
        os.write(out, _QUERY)
        end = monotonic() + TIMEOUT
        yield lambda: _answer(_read(descriptor, end), environment)
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)


def _read(descriptor: int, end: float) -> str:
    """What comes until the terminal has said its kind, or until `end`."""
    data = b""
    while not re.search(_KIND.encode(), data) and len(data) < MOST:
        if not select.select([descriptor], [], [], max(end - monotonic(), 0))[0]:
            break
        part = os.read(descriptor, 4096)
        if not part:
            break
        data += part
    return data.decode("utf-8", "replace")


def _answer(came: str, environment: Mapping[str, str]) -> Answer:
    is_light = _is_light_by(environment)
    if colour := _COLOUR.search(came):
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in colour.groups())
        is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
    return Answer(is_light, ANSWER.sub("", came))


def _is_light_by(environment: Mapping[str, str]) -> bool:
    """Whether COLORFGBG, as rxvt and Konsole set it, ends with the number of a light colour."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")

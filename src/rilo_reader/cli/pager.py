"""The user's pager: $PAGER, else less, for what is longer than the terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys

from rilo_reader.cli.output import output
from rilo_reader.system_programs import find_program

DEFAULT = ("-FRX",)  # of less: it ends where all fits, shows styles, and leaves the text


def print_paged(text: str) -> None:
    """Print clean text; in the pager where somebody sits at a terminal that is too small for it."""
    out = output()
    size = shutil.get_terminal_size()
    rows = sum(1 + len(line) // size.columns for line in text.splitlines())
    is_seen = out.can_move_cursor and sys.stdin is not None and sys.stdin.isatty()
    if is_seen and rows >= size.lines and (command := _find_pager()):
        out.flush()
        if _run_pager(command, out.make_encodable(text).encode(out.encoding, "replace")):
            return
    out.write(text)


def _find_pager() -> list[str]:
    """The pager's words, none where there is no pager."""
    wanted = os.environ.get("PAGER")
    if wanted is None:
        less = find_program("less")
        return [less, *DEFAULT] if less else []
    try:
        return shlex.split(wanted)
    except ValueError:
        return []


def _run_pager(command: list[str], text: bytes) -> bool:
    """Run the pager until it is left; False if it cannot be started."""
    # Ctrl-C is the pager's: a handler of ours that does nothing is not inherited, unlike SIG_IGN.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        # Descriptor 2 is the log of native libraries (__main__.py), and not the terminal.
        environment = {"LESS": "FRX", **os.environ}
        subprocess.run(command, input=text, env=environment, stderr=sys.__stderr__, check=False)
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True

"""How CPython is tuned for the reader: when it looks for garbage, and how soon threads give way.

Nothing that is made until the first article is painted is garbage: looking for some takes 25 of the
220 ms of processor time that a launch takes, and the launch would miss its floor. What is there by
then stays to the end, so it is left out of all later collections: with it they stop a frame for up
to 40 ms, and the 95th percentile of `J` is 33 ms of processor time instead of 20.

A thread that works keeps the interpreter for 5 ms from the one that paints, each time that one
waits for input. Giving way after half a millisecond makes `J` a fifth faster.

Measured with CPython 3.11 (decisions 0046 and 0071). Each can go where `J` costs the same without
it: in a Python whose collections are incremental, and in one without a global lock.
"""

from __future__ import annotations

import gc
import sys


def begin_launch() -> None:
    """Collect nothing until `end_launch`."""
    gc.disable()


def end_launch() -> None:
    """Collect from now on, but not what is there already; only after `begin_launch`."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def give_way_soon() -> None:
    """Let a thread that works give the interpreter to one that waits after half a millisecond."""
    sys.setswitchinterval(0.0005)

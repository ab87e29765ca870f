"""The program of the archive, in which there is no `python` to start.

The reader starts its children, and a pool its workers, as
`python -P -m rilo_reader…`, and a browser by `python -P -c`. In the archive `sys.executable` is
this program, so it takes these options too.
"""

from __future__ import annotations

import os
import sys
from runpy import run_module


def main() -> None:
    """Run the command line, or what `-m` or `-c` name as Python would."""
    # The archive's libraries are for itself, not for browsers and editors that it starts.
    if (before := os.environ.pop("LD_LIBRARY_PATH_ORIG", None)) is not None:
        os.environ["LD_LIBRARY_PATH"] = before
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)
    if sys.argv[1:2] == ["-P"]:  # it imports nothing from the current folder anyway
        del sys.argv[1]
    option, what = [*sys.argv[1:3], "", ""][:2]
    if option == "-c":
        sys.argv[:3] = ["-c"]
        exec(what, {"__name__": "__main__"})  # noqa: S102  # what our own process asks for
    elif option == "-m" and what.partition(".")[0] == "rilo_reader":
        del sys.argv[1:3]
        run_module(what, run_name="__main__", alter_sys=True)
    else:
        run_module("rilo_reader", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

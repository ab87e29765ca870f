"""`python -m rilo_reader`, and the entry point of the installed command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the return value is the process's exit code."""
    from rilo_reader.cli import run
    from rilo_reader.cli.native import keep_native_output_apart

    keep_native_output_apart()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

"""Commands of others: a program `rilo-reader-NAME` in PATH is the command NAME, as in git."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Sequence

from rilo_reader.cli.output import PROGRAM
from rilo_reader.errors import LibraryError
from rilo_reader.process import run_foreground
from rilo_reader.system_programs import find_program, path_folders

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def find_program_of(name: str) -> str:
    """The file of the program that is a command, "" if there is none.

    What lies in the current folder under this name comes first, as it may be meant to be opened.
    """
    if not _NAME.fullmatch(name) or os.path.lexists(name):
        return ""
    return find_program(f"{PROGRAM}-{name}")


def list_external_commands(ours: Container[str]) -> list[str]:
    """The names of all such commands, but for those that `ours` hide."""
    files = (file for folder in path_folders() for file in folder.glob(f"{PROGRAM}-*"))
    names = {file.name.removeprefix(f"{PROGRAM}-").removesuffix(".exe") for file in files}
    return sorted(name for name in names if name not in ours and find_program_of(name))


def run(program: str, arguments: Sequence[str]) -> int:
    """Run a program in this terminal; return its exit code, that of a shell if it was killed."""
    try:
        code = run_foreground([program, *arguments])
    except OSError as error:
        raise LibraryError(f"{program} could not be started: {error.strerror}.") from None
    return 128 - code if code < 0 else code

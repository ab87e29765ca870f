"""Programs of the system: where they are, and those that take the terminal, as editors do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from rilo_reader.errors import LibraryError
from rilo_reader.text import command_words

USUAL = ("editor", "nano", "vim", "vi", "notepad")
"""Editors that systems have, the easiest first, for somebody who has named none."""


def path_folders() -> Iterator[Path]:
    """The folders of PATH.

    The current folder is none of them, which may be a stranger's checkout: Windows would take a
    program there first, and PATH may name it by "." or "".
    """
    return filter(Path.is_absolute, map(Path, os.get_exec_path()))


def find_program(name: str, *, windows: bool = os.name == "nt") -> str:
    """The file of a program in PATH, "" if there is none."""
    for folder in path_folders():
        file = folder / (f"{name}.exe" if windows else name)
        if file.is_file() and os.access(file, os.X_OK):
            return os.fspath(file)
    return ""


def editor_command() -> list[str]:
    """The command of $VISUAL or $EDITOR, else one of USUAL, in words.

    Raises:
        LibraryError: there is none.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        editor = command_words(command)
    except ValueError as error:
        raise LibraryError(f"$VISUAL or $EDITOR cannot be understood: {error}.") from None
    if not editor:
        editor = [*filter(None, map(find_program, USUAL))][:1]
    if not editor:
        raise LibraryError("No editor was found: name one in $VISUAL or $EDITOR.")
    return editor


def run_foreground(
    command: Sequence[str],
    *,
    stdin: IO[bytes] | None = None,
    variables: Mapping[str, str] | None = None,
) -> int:
    """Run a program in this terminal and wait for it; return its exit code.

    It reads the file `stdin` instead of the terminal, and has more `variables` in its environment.
    Raises OSError if it cannot be started.
    """
    # Ctrl-C is the program's: a handler of ours that does nothing is not inherited, unlike SIG_IGN.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    environment = {**os.environ, **(variables or {})}
    try:
        # Descriptor 2 is the log of native libraries (__main__.py), and not the terminal.
        done = subprocess.run(
            command, check=False, stdin=stdin, stderr=sys.__stderr__, env=environment
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode


def run_editor(command: list[str]) -> str:
    """Run an editor and wait for it; return an error for the user, or ""."""
    try:
        code = run_foreground(command)
    except OSError as error:
        return f"The editor {command[0]!r} could not be started: {error.strerror}."
    return f"The editor {command[0]!r} ended with status {code}." if code else ""

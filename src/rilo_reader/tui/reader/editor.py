"""The user's editor: which one it is, and running it in place of the reader."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.app import App, SuspendNotSupported

from rilo_reader.library import LibraryError


def editor_command() -> list[str]:
    """The command of $VISUAL or $EDITOR, without a file.

    Raises:
        LibraryError: none is set, or it cannot be split into words.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        editor = shlex.split(command)
    except ValueError as error:
        raise LibraryError(f"$VISUAL or $EDITOR cannot be understood: {error}.") from None
    if not editor:
        raise LibraryError("No editor is set: name one in $VISUAL or $EDITOR.")
    return editor


def edit_file(app: App[Any], editor: list[str], file: Path) -> str:
    """Suspend the reader and run the editor; return an error for the user, or ""."""
    try:
        with app.suspend():
            return run_editor([*editor, str(file)])
    except SuspendNotSupported:
        return f"This terminal cannot be handed over; the file is {file}"


def edit_text(app: App[Any], editor: list[str], text: str) -> str:
    """Have the user edit a text in the editor; return it as it was saved.

    Raises:
        LibraryError: the editor failed, or its file cannot be read; the message says so.
    """
    with TemporaryDirectory(prefix="rilo-reader-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "note.md")
        try:
            file.write_text(text, "utf-8")
            if problem := edit_file(app, editor, file):
                raise LibraryError(problem)
            return file.read_text("utf-8", errors="replace")
        except OSError as error:
            raise LibraryError(f"The note could not be edited: {error.strerror}.") from error


def run_editor(command: list[str]) -> str:
    """Run an editor and wait for it; return an error for the user, or ""."""
    # Ctrl-C is the editor's: a handler of ours that does nothing is not inherited, unlike SIG_IGN.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        # Descriptor 2 is the log of native libraries (__main__.py), and not the terminal.
        code = subprocess.run(command, check=False, stderr=sys.__stderr__).returncode
    except OSError as error:
        return f"The editor {command[0]!r} could not be started: {error.strerror}."
    finally:
        signal.signal(signal.SIGINT, before)
    return f"The editor {command[0]!r} ended with status {code}." if code else ""

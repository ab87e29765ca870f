"""Programs of the system: where they are, and which one is the user's editor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rilo_reader.errors import LibraryError
from rilo_reader.text import command_words

USUAL = ("editor", "nano", "vim", "vi", "notepad")
"""Editors that systems have, the easiest first, for somebody who has named none."""

LEAVING_VI = """\
This opens vi, as $EDITOR names no other editor.
To leave vi: press esc, type :q! and press enter. To save what you changed, too: :wq for :q!"""


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


def explain_leaving(editor: Sequence[str]) -> str:
    """Return how to leave the editor, if it is vi and the user has not named it; else ""."""
    if os.environ.get("VISUAL") or os.environ.get("EDITOR"):
        return ""
    files = (editor[0], os.path.realpath(editor[0]))  # "editor" may be a link to vim
    is_vi = any(Path(file).name.startswith(("vi", "nvi")) for file in files)
    return LEAVING_VI if is_vi else ""

"""Names of files: how any is shown and found again, and which folders are passed over (pure).

A name may hold anything: bytes that are no UTF-8, line feeds, escape sequences, bidi controls. A
path here is text that is safe to print, to index and to compare: each byte of such a character is
written as U+FFFD and two hex digits (`caf�E9.md`), and read back from that. Ordinary names, in any
script, stay as they are.
"""

from __future__ import annotations

import os
import re

from rilo_reader.text import clean_text

LEFT_OUT = frozenset(
    {"node_modules", "bower_components", "__pycache__", "_site", "_includes", "_layouts"}
)
"""Folders that programs fill, with copies of articles or with other people's read-me files, and
those of Jekyll's templates."""


def is_left_out(path: str) -> bool:
    """Whether a relative path, with forward slashes, is hidden or in a folder that is left out."""
    return any(part[:1] == "." or part in LEFT_OUT for part in path.split("/"))


def to_text(name: str) -> str:
    """A file's name, or its path with forward slashes, as the operating system says it -> text."""
    if name.isprintable() and "\ufffd" not in name:
        return name
    return "".join(map(_shown, name))


def _shown(character: str) -> str:
    """One character of a name; its bytes in hex where it is not safe to print."""
    if character.isprintable() and character != "\ufffd":
        return character
    if clean_text(character) == character and character not in "\n\t\ufffd":
        return character
    return "".join(f"\ufffd{byte:02X}" for byte in os.fsencode(character))


_INDEX_FILE = re.compile(
    r"(?:_?index(?:\.[a-z]{2}(?:-[a-z]{2})?)?|readme)(?:\.\w+)?", re.IGNORECASE
)


def bundle_of(path: str) -> str:
    """The name of the folder whose index a file is (`hello/index.md`), "" where it is none."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if _INDEX_FILE.fullmatch(name) else ""


_BYTES = re.compile("(?:\ufffd[0-9A-F]{2})+")


def from_text(path: str) -> str:
    """The name or path for the operating system of what `to_text` gave."""
    if "\ufffd" not in path:
        return path
    return _BYTES.sub(
        lambda match: os.fsdecode(bytes.fromhex(match[0].replace("\ufffd", ""))), path
    )


_ORDINARY_PATH = re.compile(r"[\w-][\w .,()+&'!-]*(?:/[\w-][\w .,()+&'!-]*)*")


def inside(path: str) -> str | None:
    """A relative path for the operating system, None where it could lead out of its folder.

    None for an absolute path, one with empty parts, `.` or `..`, and one that no file can have.
    """
    if _ORDINARY_PATH.fullmatch(path):
        return path
    native = from_text(path)
    for text in (path, native):
        if not text or any(part in ("", ".", "..") for part in text.split("/")):
            return None
    if native.count("/") != path.count("/") or "\0" in native:
        return None
    # On Windows these would be another way to say / and to name a drive or a stream.
    return None if os.sep == "\\" and ("\\" in native or ":" in native) else native

"""`-`: what standard input has, in place of names of articles or of a file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from rilo_reader.cli.output import APPENDS, UsageError
from rilo_reader.library import LibraryError

STANDARD_INPUT = "-"
INPUT_NAME = "standard input"  # of the file that it is saved to


def expand_names(names: Iterable[str]) -> Iterator[str]:
    """The names of articles; in place of `-` those on standard input, one a line.

    Raises LibraryError for a line of several columns, as `search` prints it, and UsageError where
    standard input is not free.
    """
    for name in names:
        if name != STANDARD_INPUT:
            yield name
            continue
        stream = _open_stream()
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")  # as names of files are, everywhere else
        for line in stream:
            if "\t" in line:
                raise LibraryError(
                    "standard input has several columns. To pass only the paths: "
                    "rilo-reader search QUERY | cut -f 4"
                )
            if named := line.rstrip("\r\n"):
                yield named


@contextmanager
def save_to_temporary_file() -> Iterator[Path]:
    """All of standard input, as a file that is removed at the end of the block.

    Raises UsageError where standard input is not free.
    """
    stream = _open_stream()
    with tempfile.TemporaryDirectory(prefix="rilo-reader-") as folder:
        file = Path(folder, INPUT_NAME)
        with file.open("wb") as copy:
            shutil.copyfileobj(stream.buffer, copy)
        yield file


def _open_stream() -> TextIO:
    if sys.stdin is None or sys.stdin.closed or APPENDS.get():
        raise UsageError("there is no standard input for -; name the article instead")
    return sys.stdin

"""`Output`: cleaned and styled output on standard output and standard error.

All printed text passes through here, and contains no control characters but line ends and the
sequences of this module. The store cleans the files that it reads; this is the backstop for
arguments, environment variables and messages of the operating system.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from operator import methodcaller
from pathlib import Path
from typing import TextIO

from rilo_reader import find_version
from rilo_reader.errors import LibraryError
from rilo_reader.paths import user_paths
from rilo_reader.text import clean_text
from rilo_reader.third_parties import blame_plugin, failures

PROGRAM = "rilo-reader"
NAMES = (PROGRAM, "rilo")

COLOURS = ("auto", "always", "never")
COLOUR = ContextVar("colour", default="auto")
"""The value of `--color`: whether there are colours, and the form for people, also in a pipe."""

APPENDS = ContextVar("appends", default=False)
"""True if lines are only appended, in flat mode: for people, without colours, signs as words."""

# For signs that stand alone.
_SPOKEN_SYMBOLS = {"● ": "unread: ", "★ ": "starred: ", "✗ ": "failed: "}

PROGRESS_DELAY = ContextVar("progress delay", default=0.5)
"""Seconds before a verb shows its progress; less than 0: all of it, however quick it is."""

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130
"""Exit codes; shells expect 130 from a program interrupted by Ctrl-C."""

MAX_LOGS = 10  # number of logs to keep, so that a recurring error does not fill the disk


class UsageError(Exception):
    """An invalid command line; the message says what is wrong and suggests what is right."""

    def __init__(self, message: str, *details: str) -> None:
        super().__init__(message)
        self.details = details  # further lines, such as the query with a caret under its fault


class OutputStyle:
    """Styles on a terminal: SGR parameters."""

    PLAIN = ""
    DIM = "2"
    BOLD = "1"
    HIT = "1;31"
    ERROR = "1;31"


class StyledText:
    """Text in one style, of `OutputStyle` or other SGR parameters such as "1;34"."""

    def __init__(self, text: str, style: str = OutputStyle.PLAIN) -> None:
        self.text, self.style = text, style


# Replacements of our own symbols for outputs that cannot encode them.
_ASCII_REPLACEMENTS = str.maketrans(
    {"…": "...", "·": "-", "–": "-", "—": "--", "’": "'", "“": '"', "”": '"', "→": "->"}
    | {"●": "*", "★": "+", "✓": "ok", "✗": "!!"}
)


class Output:
    """A text stream for people or programs."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.is_terminal = stream is not None and not stream.closed and stream.isatty()
        self._appends = APPENDS.get()
        can_move = os.environ.get("TERM", "dumb") not in ("", "dumb") and not self._appends
        self.can_move_cursor = self.is_terminal and can_move
        when = COLOUR.get()
        self.has_colour = self.can_move_cursor and not os.environ.get("NO_COLOR")
        self.has_colour = when == "always" or (self.has_colour and when == "auto")
        self.is_for_people = self.is_terminal or when == "always" or self._appends

    @property
    def encoding(self) -> str:
        """The stream's encoding, by default "utf-8"."""
        return (self._stream and self._stream.encoding) or "utf-8"

    def line(self, *pieces: StyledText | str) -> None:
        """Print a line; pieces may contain line ends."""
        self.write(self.format_line(*pieces))

    def format_line(self, *pieces: StyledText | str) -> str:
        """A line as `line` prints it."""
        parts = [piece if isinstance(piece, StyledText) else StyledText(piece) for piece in pieces]
        return "".join(self._style_piece(part) for part in parts) + "\n"

    def json(self, value: Mapping[str, object], *, at_once: bool = False) -> None:
        """Print a JSON object on one line, escaped if the encoding requires it.

        `at_once` is for progress, which somebody waits for.
        """
        iso = methodcaller("isoformat")  # of days, and times with their zones
        text = json.dumps(value, ensure_ascii=False, default=iso)
        # Control characters and lone surrogates (both possible in file names) are valid in JSON,
        # but escaped they are harmless.
        if not self._can_encode(text) or clean_text(text) != text:
            text = json.dumps(value, default=iso).replace("\x7f", "\\u007f")
        self.write(text + "\n")
        if at_once:
            self.flush()

    def note(self, text: str) -> None:
        """Print a remark, dim."""
        self.line(StyledText(text, OutputStyle.DIM))

    def complain(self, message: str, *details: str) -> None:
        """Print an error after the program's name, and further lines."""
        name = "" if self._appends else f"{PROGRAM}: "
        self.line(StyledText(name, OutputStyle.ERROR), " ".join(message.split()))
        for detail in details:
            self.line(detail)

    def status(self, text: str) -> None:
        """Show a line that the next call replaces; "" clears it. Needs `can_move_cursor`."""
        if self.can_move_cursor:
            self.write("\r\x1b[K" + clean_text(text).replace("\n", " "))
            self.flush()

    def write(self, text: str) -> None:
        """Write text that is clean already, replacing what the stream cannot encode."""
        if self._stream is None or self._stream.closed:
            return
        self._stream.write(self.make_encodable(text))

    def make_encodable(self, text: str) -> str:
        """A text with what the stream cannot encode replaced."""
        if self._can_encode(text):
            return text
        text = text.translate(_ASCII_REPLACEMENTS)
        return text.encode(self.encoding, "replace").decode(self.encoding)

    def flush(self) -> None:
        """Send what is written, if the stream is open."""
        if self._stream is not None and not self._stream.closed:
            self._stream.flush()

    def _style_piece(self, piece: StyledText) -> str:
        text = _SPOKEN_SYMBOLS.get(piece.text, piece.text) if self._appends else piece.text
        text = clean_text(text)
        if not self.has_colour or not piece.style or not text:
            return text
        return f"\x1b[{piece.style}m{text}\x1b[0m"

    def _can_encode(self, text: str) -> bool:
        """Return whether the encoding can represent the text (in Shift JIS "¥" is a backslash)."""
        try:
            return text.encode(self.encoding).decode(self.encoding) == text
        except UnicodeError:
            return False


def output() -> Output:
    """Standard output."""
    return Output(sys.stdout)


def errors() -> Output:
    """Standard error."""
    return Output(sys.stderr)


def close_quietly(stream: TextIO | None) -> None:
    """Redirect a broken stream to os.devnull, so that Python's flush at exit does not fail."""
    if stream is None:
        return
    with suppress(OSError, ValueError):  # where it is not a real file, as in tests
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def format_size(size: int) -> str:
    """A size in bytes, as kB or MB."""
    if size < 1_000_000:
        return f"{size / 1_000:.1f} kB"
    return f"{size / 1_000_000:,.1f} MB"


# -- errors ---------------------------------------------------------------------------------------


def report_error(error: BaseException, *, as_json: bool = False) -> int:
    """Print what happened and what to do in one line; return the exit code, 2 for wrong usage.

    With `as_json` standard output also has it, as an object that has `error`.
    """
    message = _describe_error(error)
    errors().complain(message, *(error.details if isinstance(error, UsageError) else ()))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO):
        # Standard output may be what failed, and flushing it at exit would fail again.
        close_quietly(sys.stdout)
    elif as_json:
        with suppress(OSError):
            output().json({"error": " ".join(message.split())}, at_once=True)
    return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED


def _describe_error(error: BaseException) -> str:
    if isinstance(error, OSError):
        name, reason = error.filename, error.strerror or str(error) or type(error).__name__
        if isinstance(name, bytes):
            name = name.decode("utf-8", "replace")
        return f"{name}: {reason}." if name else f"{reason}."
    if isinstance(error, (LibraryError, UsageError)):
        return str(error)
    what = f"an unexpected error occurred ({type(error).__name__}: {error})"
    blamed = blame_plugin(error)
    try:
        log = write_log(error)
    except OSError as fault:
        return f"{blamed or what}; its log could not be written either ({fault.strerror})."
    if blamed:
        failures().record(blamed)
        return (
            f"{blamed}. Nothing you marked is lost. Tell its author, with {log}, or take it out of"
            f" plugins in {user_paths().settings_file}."
        )
    return f"{what}. Nothing you marked is lost. Details are in {log}; please report them."


def write_log(error: BaseException) -> Path:
    """Write a traceback to a new file in the state folder; return the file, or raise OSError."""
    folder = user_paths().state
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now().astimezone()
    for old in sorted(folder.glob("error-*.log"))[: 1 - MAX_LOGS]:
        old.unlink(missing_ok=True)
    file = folder / f"error-{now:%Y%m%d-%H%M%S}.log"
    head = f"rilo-reader {find_version()}, Python {sys.version}, {now.isoformat()}\n\n"
    text = head + "".join(traceback.format_exception(error))
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
    return file

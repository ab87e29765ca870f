"""`Process`: a program of the user's own, bounded in time and output, and ended as a whole."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import IO, NamedTuple

from rilo_reader.editor import run_foreground
from rilo_reader.text import clean_line, clean_text

MOST_BYTES = 1_000_000
"""Bytes of output, or of errors, after which a program is ended."""

GRACE = 1.0  # seconds to end by itself once it is asked to, and to close what it writes to

# Sequences that a terminal would obey; `clean_text` alone would leave what follows the escape.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]"
)


class Job(NamedTuple):
    """What is to be run."""

    name: str  # for messages
    arguments: tuple[str, ...]  # the program first; no shell reads them
    seconds: float
    variables: Mapping[str, str] = {}  # added to the environment
    given: IO[bytes] | None = None  # an open file, its standard input; None for an empty one
    keeps_output: bool = True


class Outcome(NamedTuple):
    """How a program ended."""

    output: str = ""  # cleaned, without a line end
    problem: str = ""  # one sentence for the user, "" if all went well


class Process:
    """A program in a session of its own, so that all that it starts is ended with it."""

    def __init__(self, job: Job, *, most_bytes: int = MOST_BYTES) -> None:
        self._job = job
        self._most_bytes = most_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended_for = ""  # why it was ended, once it was

    def run(self) -> Outcome:
        """Run it and wait for it; never raises because of what it does."""
        job = self._job
        try:
            with self._lock:
                if self._ended_for:
                    return Outcome(problem=f"{job.name} {self._ended_for}.")
                self._child = child = self._start()
        except (OSError, ValueError) as error:
            return Outcome(problem=_not_started(job, error))
        output, errors = bytearray(), bytearray()
        pipes = [(child.stdout, output), (child.stderr, errors)]
        readers = [
            threading.Thread(target=self._read, args=pipe, name="output", daemon=True)
            for pipe in pipes
        ]
        for reader in readers:
            reader.start()
        try:
            child.wait(job.seconds)
        except subprocess.TimeoutExpired:
            self.end(f"took longer than {job.seconds:g} s and was ended")
        finally:
            self.end("was ended")  # also after Ctrl-C; nothing where it ended by itself
        # What it has left running, such as a browser, may keep the pipes, and is not waited for.
        deadline = monotonic() + GRACE
        for reader in readers:
            reader.join(max(0.0, deadline - monotonic()))
        return Outcome(_text(output), self._problem(child.returncode, _text(errors)))

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self._job.arguments,
            stdin=self._job.given or subprocess.DEVNULL,
            stdout=pipe if self._job.keeps_output else subprocess.DEVNULL,
            stderr=pipe,
            env={**os.environ, **self._job.variables},
            start_new_session=True,
        )

    def _read(self, pipe: IO[bytes] | None, kept: bytearray) -> None:
        """Keep what comes, and end the program if it is too much."""
        if pipe is None:
            return
        with pipe, suppress(OSError):
            while piece := os.read(pipe.fileno(), 1 << 16):
                kept += piece[: self._most_bytes - len(kept)]
                if len(kept) >= self._most_bytes:
                    self.end(f"printed more than {self._most_bytes / 1e6:g} MB and was ended")
                    return

    def end(self, reason: str = "was ended") -> None:
        """End it with all that it has started, if it still runs; from any thread."""
        with self._lock:
            child = self._child
            if child is not None and child.poll() is not None:
                return
            self._ended_for = self._ended_for or reason
            if child is None:
                return
            _signal(child, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
            _signal(child, getattr(signal, "SIGKILL", signal.SIGTERM))
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)

    def _problem(self, code: int | None, errors: str) -> str:
        last = clean_line(errors.rpartition("\n")[2], 200)
        if self._ended_for:
            return f"{self._job.name} {self._ended_for}."
        if not code:
            return ""
        how = f"ended with status {code}" if code > 0 else f"was ended by signal {-code}"
        return f"{self._job.name} {how}{f': {last}' if last else '.'}"


def run_in_terminal(job: Job) -> str:
    """Let a program have the terminal until it ends; return an error for the user, or ""."""
    try:
        code = run_foreground(job.arguments, given=job.given, variables=job.variables)
    except (OSError, ValueError) as error:
        return _not_started(job, error)
    if not code:
        return ""
    problem = f"{job.name} ended with status {code}."
    with suppress(KeyboardInterrupt, OSError):  # what it said is still on the terminal
        print(f"{problem} Press enter to go on. ", end="", file=sys.__stderr__, flush=True)
        sys.stdin.readline()
    return problem


def _not_started(job: Job, error: OSError | ValueError) -> str:
    program = clean_line(job.arguments[0], 60)
    if isinstance(error, FileNotFoundError):
        return f"{job.name}: no program {program} was found. Is it installed, and in PATH?"
    reason = error.strerror if isinstance(error, OSError) else error
    return f"{job.name}: {program} could not be started: {reason}."


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a program and all that it has started; on Windows end them."""
    with suppress(OSError):
        if os.name == "nt":
            command = ["taskkill", "/f", "/t", "/pid", str(child.pid)]
            subprocess.run(command, check=False, capture_output=True)
        else:
            os.killpg(child.pid, number)


def _text(data: bytearray) -> str:
    text = _SEQUENCE.sub("", bytes(data).decode(errors="replace"))
    return clean_text(text).rstrip("\n")

"""`Process`: a program of the user's own, bounded in time and output, and ended as a whole."""

from __future__ import annotations

import os
import re
import secrets
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import IO, NamedTuple

from rilo_reader.editor import run_foreground
from rilo_reader.text import clean_line, clean_text
from rilo_reader.threads import started

MOST_BYTES = 1_000_000
"""Bytes of output, or of errors, after which a program is ended."""

MOST_UNWANTED = 100  # times as many of an output that nobody reads
GRACE = 1.0  # seconds to end by itself once it is asked to; on Windows, to close what it writes to

ROUNDS = 10  # in which what is ended may start something new

RUN_BY = "RILO_RUN"
"""The variable by which all that a program has started is known, also in another session."""

# Sequences that a terminal would obey; `clean_text` alone would leave what follows the escape.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]"
)


class ProgramJob(NamedTuple):
    """What is to be run."""

    name: str  # for messages
    arguments: tuple[str, ...]  # the program first; no shell reads them
    seconds: float
    variables: Mapping[str, str] = {}  # added to the environment
    given: IO[bytes] | None = None  # an open file, its standard input; None for an empty one
    keeps_output: bool = True
    leaves: bool = True  # whether what it has started may go on once it has ended by itself


class ProgramOutcome(NamedTuple):
    """How a program ended."""

    output: str = ""  # cleaned, without a line end
    problem: str = ""  # one sentence for the user, "" if all went well


class Process:
    """A program in a session of its own, so that all that it starts can be ended with it."""

    def __init__(self, job: ProgramJob, *, most_bytes: int = MOST_BYTES) -> None:
        self._job = job
        self._most_bytes = most_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended_for = ""  # why it was ended, once it was
        self._token = secrets.token_hex(16)
        self.data = b""  # what it printed, as it came, once it has run

    def run(self) -> ProgramOutcome:
        """Run it and wait for it; never raises because of what it does."""
        job = self._job
        try:
            with self._lock:
                if self._ended_for:
                    return ProgramOutcome(problem=f"{job.name} {self._ended_for}.")
                self._child = child = self._start()
        except (OSError, ValueError) as error:
            return ProgramOutcome(problem=_not_started(job, error))
        output, errors = bytearray(), bytearray()
        most = self._most_bytes * (1 if job.keeps_output else MOST_UNWANTED)
        ended, tell = os.pipe()
        readers = [
            started(partial(self._read, *pipe, ended), "output")
            for pipe in ((child.stdout, output, most), (child.stderr, errors, self._most_bytes))
        ]
        try:
            child.wait(job.seconds)
        except subprocess.TimeoutExpired:
            self.end(f"took longer than {job.seconds:g} s and was ended")
        finally:
            self.end("was ended")  # also after Ctrl-C; nothing where it ended by itself
            os.close(tell)
        deadline = monotonic() + GRACE
        for reader in readers:
            reader.join(max(0.0, deadline - monotonic()) if os.name == "nt" else None)
        os.close(ended)
        if not job.leaves:
            _signal(child, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
            _kill_marked(self._token)
        self.data = bytes(output) if job.keeps_output else b""
        text = _text(output) if job.keeps_output else ""
        return ProgramOutcome(text, self._problem(child.returncode, _text(errors)))

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._job.arguments,
            stdin=self._job.given or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self._job.variables, RUN_BY: self._token},
            start_new_session=True,
        )

    def _read(self, pipe: IO[bytes] | None, kept: bytearray, most: int, ended: int) -> None:
        """Keep what comes, and end the program if it is too much.

        Once the program has ended, what it has printed is read and no more is waited for: what it
        has left running, such as a browser, may keep the pipe.
        """
        if pipe is None:
            return
        count = 0
        with pipe, suppress(OSError), selectors.DefaultSelector() as selector:
            if os.name != "nt":  # which cannot wait for two pipes
                for each in (pipe.fileno(), ended):
                    selector.register(each, selectors.EVENT_READ)
            while os.name == "nt" or any(key.fd != ended for key, _ in selector.select()):
                piece = os.read(pipe.fileno(), 1 << 16)
                count += len(piece)
                kept += piece[: self._most_bytes - len(kept)]
                if not piece:
                    return
                if count >= most:
                    self.end(f"printed more than {most / 1e6:g} MB and was ended")
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
            _kill_marked(self._token)
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


def run_in_terminal(job: ProgramJob) -> str:
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


def _not_started(job: ProgramJob, error: OSError | ValueError) -> str:
    program = clean_line(job.arguments[0], 60)
    if isinstance(error, FileNotFoundError):
        missing = f"no program {program} was found. Is it installed, and in PATH?"
        return missing if job.name.endswith(program) else f"{job.name}: {missing}"
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


def _kill_marked(token: str) -> None:
    """End what has a token in its environment, on Linux: it may have left its session."""
    mark = f"{RUN_BY}={token}".encode()
    for _ in range(ROUNDS):
        found = [entry for entry in Path("/proc").glob("[0-9]*") if _is_marked(entry, mark)]
        for entry in found:
            with suppress(OSError):
                os.kill(int(entry.name), signal.SIGKILL)
        if not found:
            return


def _is_marked(process: Path, mark: bytes) -> bool:
    with suppress(OSError):  # of somebody else, or gone
        return mark in (process / "environ").read_bytes().split(b"\0")
    return False


def _text(data: bytearray) -> str:
    text = _SEQUENCE.sub("", bytes(data).decode(errors="replace"))
    return clean_text(text).rstrip("\n")

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

from rilo_reader.system_programs import run_foreground
from rilo_reader.text import clean_line, clean_text
from rilo_reader.threads import start_thread

MOST_BYTES = 1_000_000
"""Bytes of output, or of errors, after which a program is ended."""

MOST_UNWANTED = 100  # times as many of an output that nobody reads
GRACE = 1.0  # seconds to end by itself once it is asked to; on Windows, to close what it writes to

ROUNDS = 10  # in which what is ended may start something new

TOKEN_VARIABLE = "RILO_RUN"  # noqa: S105
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
    stdin: IO[bytes] | None = None  # an open file, its standard input; None for an empty one
    keeps_output: bool = True
    can_leave_children: bool = (
        True  # whether what it has started may go on once it has ended by itself
    )


class ProgramOutcome(NamedTuple):
    """How a program ended."""

    output: str = ""  # cleaned, without a line end
    problem: str = ""  # one sentence for the user, "" if all went well


class Process:
    """A program in a session of its own, so that all that it starts can be ended with it."""

    def __init__(self, job: ProgramJob, *, max_bytes: int = MOST_BYTES) -> None:
        self._job = job
        self._max_bytes = max_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._end_reason = ""  # why it was ended, once it was
        self._token = secrets.token_hex(16)
        self.output_bytes = b""  # what it printed, as it came, once it has run

    def run(self) -> ProgramOutcome:
        """Run it and wait for it; never raises because of what it does."""
        job = self._job
        try:
            with self._lock:
                if self._end_reason:
                    return ProgramOutcome(problem=f"{job.name} {self._end_reason}.")
                self._child = child = self._start()
        except (OSError, ValueError) as error:
            return ProgramOutcome(problem=_not_started(job, error))
        output, errors = bytearray(), bytearray()
        most = self._max_bytes * (1 if job.keeps_output else MOST_UNWANTED)
        ended, tell = os.pipe()
        readers = [
            start_thread(partial(self._read_pipe, *pipe, ended), "output")
            for pipe in ((child.stdout, output, most), (child.stderr, errors, self._max_bytes))
        ]
        try:
            child.wait(job.seconds)
        except subprocess.TimeoutExpired:
            self.stop(f"took longer than {job.seconds:g} s and was ended")
        finally:
            self.stop("was ended")  # also after Ctrl-C; nothing where it ended by itself
            os.close(tell)
        deadline = monotonic() + GRACE
        for reader in readers:
            reader.join(max(0.0, deadline - monotonic()) if os.name == "nt" else None)
        os.close(ended)
        if not job.can_leave_children:
            _signal_group(child, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
            _kill_marked(self._token)
        self.output_bytes = bytes(output) if job.keeps_output else b""
        text = _to_text(output) if job.keeps_output else ""
        return ProgramOutcome(text, self._describe_problem(child.returncode, _to_text(errors)))

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._job.arguments,
            stdin=self._job.stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self._job.variables, TOKEN_VARIABLE: self._token},
            start_new_session=True,
        )

    def _read_pipe(
        self, pipe: IO[bytes] | None, buffer: bytearray, limit: int, end_pipe: int
    ) -> None:
        """Keep what comes, and end the program if it is too much.

        Once the program has ended, what it has printed is read and no more is waited for: what it
        has left running, such as a browser, may keep the pipe.
        """
        if pipe is None:
            return
        count = 0
        with pipe, suppress(OSError), selectors.DefaultSelector() as selector:
            if os.name != "nt":  # which cannot wait for two pipes
                for each in (pipe.fileno(), end_pipe):
                    selector.register(each, selectors.EVENT_READ)
            while os.name == "nt" or any(key.fd != end_pipe for key, _ in selector.select()):
                piece = os.read(pipe.fileno(), 1 << 16)
                count += len(piece)
                buffer += piece[: self._max_bytes - len(buffer)]
                if not piece:
                    return
                if count >= limit:
                    self.stop(f"printed more than {limit / 1e6:g} MB and was ended")
                    return

    def stop(self, reason: str = "was ended") -> None:
        """End it with all that it has started, if it still runs; from any thread."""
        with self._lock:
            child = self._child
            if child is not None and child.poll() is not None:
                return
            self._end_reason = self._end_reason or reason
            if child is None:
                return
            _signal_group(child, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
            _signal_group(child, getattr(signal, "SIGKILL", signal.SIGTERM))
            _kill_marked(self._token)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)

    def _describe_problem(self, code: int | None, errors: str) -> str:
        last = clean_line(errors.rpartition("\n")[2], 200)
        if self._end_reason:
            return f"{self._job.name} {self._end_reason}."
        if not code:
            return ""
        how = f"ended with status {code}" if code > 0 else f"was ended by signal {-code}"
        return f"{self._job.name} {how}{f': {last}' if last else '.'}"


def run_in_terminal(job: ProgramJob) -> str:
    """Let a program have the terminal until it ends; return an error for the user, or ""."""
    try:
        code = run_foreground(job.arguments, stdin=job.stdin, variables=job.variables)
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


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a program and all that it has started; on Windows end them."""
    with suppress(OSError):
        if os.name == "nt":
            command = ["taskkill", "/f", "/t", "/pid", str(child.pid)]
            subprocess.run(command, check=False, capture_output=True)
        else:
            os.killpg(child.pid, number)


def _kill_marked(token: str) -> None:
    """End what has a token in its environment, on Linux: it may have left its session."""
    mark = f"{TOKEN_VARIABLE}={token}".encode()
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


def _to_text(data: bytearray) -> str:
    text = _SEQUENCE.sub("", bytes(data).decode(errors="replace"))
    return clean_text(text).rstrip("\n")

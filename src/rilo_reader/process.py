"""Programs that are run: bounded in time and output and ended as a whole, or in the terminal."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import IO, NamedTuple

from rilo_reader.system_programs import explain_leaving
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
    """A program to run, and its limits."""

    name: str  # for messages
    arguments: Sequence[str]  # the program first; no shell reads them
    seconds: float
    variables: Mapping[str, str] = {}  # added to the environment
    stdin: IO[bytes] | None = None  # an open file, its standard input; None for an empty one
    keeps_output: bool = True
    can_leave_children: bool = True  # that go on once it has ended by itself
    folder: Path | None = None  # where it runs; None: where this process does
    environment: Mapping[str, str] | None = None  # None: that of this process


class ProgramEnd(NamedTuple):
    """The end of a program, and what it printed."""

    status: int  # negative: the signal that ended it
    output: bytes = b""
    errors: bytes = b""
    is_late: bool = False  # its time was up
    is_cut: bool = False  # it printed more than is kept


class ProgramOutcome(NamedTuple):
    """The end of a program, as the user sees it."""

    output: str = ""  # cleaned, without a line end
    problem: str = ""  # one sentence, "" if all went well


class Process:
    """A program in a session of its own, so that all that it starts can be ended with it."""

    def __init__(self, job: ProgramJob, *, max_bytes: int = MOST_BYTES) -> None:
        self._job = job
        self._max_bytes = max_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._end_reason = ""  # why it was ended, once it was
        self._is_cut = False
        self._token = os.urandom(16).hex()
        self.output_bytes = b""  # what it printed, as it came, once it has run

    def run(self) -> ProgramOutcome:
        """Run it and wait for it; never raises because of what it does."""
        try:
            end = self.run_bounded()
        except (OSError, ValueError) as error:
            return ProgramOutcome(problem=_not_started(self._job, error))
        self.output_bytes = end.output
        return ProgramOutcome(_to_text(end.output), self._describe_problem(end))

    def run_bounded(self) -> ProgramEnd:
        """Run it and wait for it; raises OSError or ValueError if it cannot be started."""
        job = self._job
        with self._lock:
            if self._end_reason:
                return ProgramEnd(-signal.SIGTERM)
            self._child = child = self._start()
        output, errors = bytearray(), bytearray()
        most = self._max_bytes * (1 if job.keeps_output else MOST_UNWANTED)
        ended, tell = os.pipe()
        readers = [
            start_thread(partial(self._read_pipe, *pipe, ended), "output")
            for pipe in ((child.stdout, output, most), (child.stderr, errors, self._max_bytes))
        ]
        is_late = False
        try:
            child.wait(job.seconds)
        except subprocess.TimeoutExpired:
            is_late = True
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
        kept = bytes(output) if job.keeps_output else b""
        status = -signal.SIGTERM if child.returncode is None else child.returncode
        return ProgramEnd(status, kept, bytes(errors), is_late, self._is_cut)

    def _start(self) -> subprocess.Popen[bytes]:
        job = self._job
        environment = os.environ if job.environment is None else job.environment
        return subprocess.Popen(
            job.arguments,
            cwd=job.folder,
            stdin=job.stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, **job.variables, TOKEN_VARIABLE: self._token},
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
                if count > limit:
                    self._is_cut = True
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

    def _describe_problem(self, end: ProgramEnd) -> str:
        if self._end_reason:
            return f"{self._job.name} {self._end_reason}."
        if not end.status:
            return ""
        how = "ended with status" if end.status > 0 else "was ended by signal"
        last = clean_line(_to_text(end.errors).rpartition("\n")[2], 200)
        return f"{self._job.name} {how} {abs(end.status)}{f': {last}' if last else '.'}"


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


def _to_text(data: bytes) -> str:
    text = _SEQUENCE.sub("", data.decode(errors="replace"))
    return clean_text(text).rstrip("\n")


# -- in the terminal ------------------------------------------------------------------------------


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
    """Run an editor and wait for it; return an error for the user, or "".

    How to leave one that is not easily left is said before.
    """
    hint = explain_leaving(command)
    if hint and not _wait_for_enter(f"{hint}\nPress enter to open it, or ctrl+c to go back. "):
        return "The editor was not opened."
    try:
        code = run_foreground(command)
    except OSError as error:
        return f"The editor {command[0]!r} could not be started: {error.strerror}."
    return f"The editor {command[0]!r} ended with status {code}." if code else ""


def run_in_terminal(job: ProgramJob) -> str:
    """Give the terminal to a program until it ends; return an error for the user, or ""."""
    try:
        code = run_foreground(job.arguments, stdin=job.stdin, variables=job.variables)
    except (OSError, ValueError) as error:
        return _not_started(job, error)
    if not code:
        return ""
    problem = f"{job.name} ended with status {code}."
    _wait_for_enter(f"{problem} Press enter to go on. ")  # what it said is still on the terminal
    return problem


def _wait_for_enter(text: str) -> bool:
    """Say something on the terminal, and wait for enter; return False if Ctrl-C is pressed."""
    # That would end the reader, whose handler is not called before this returns.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print(text, end="", file=sys.__stderr__, flush=True)
        sys.stdin.readline()
    except (KeyboardInterrupt, OSError) as error:
        return isinstance(error, OSError)
    finally:
        signal.signal(signal.SIGINT, before)
    return True

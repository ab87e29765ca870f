"""A pseudo-terminal for tests: the program in it believes in a person, the test reads every byte.

The program has a session and a home of its own, so it meets nothing of the machine's settings. All
it writes is recorded raw: an emulator's screen hides exactly what the tests of hostile text look
for. `screen()` is that screen all the same, for finding one's way.

The terminal answers as xterm, foot or kitty do: it knows synchronised output (mode 2026), reports
its cursor and its kind, and knows no other mode. Nothing here sleeps: a thread of each terminal
reads as bytes come, and whoever waits is woken.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

from tests.support.escapes import Kind, complete_part, tokens

# Windows has no pseudo-terminals; the rest of this file is of use there too.
if sys.platform != "win32":
    import fcntl
    import termios

LIMIT = float(os.environ.get("RILO_TEST_LIMIT", "60"))
"""Seconds until a wait is given up; far beyond what any step takes, so a slow machine passes."""

ENTER, ESCAPE, TAB, DOWN = "\r", "\x1b", "\t", "\x1b[B"
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"

# Of the developer: what measures coverage, and what Python needs on Windows.
_KEPT = ("COVERAGE_", "SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TEMP")

_QUERY = re.compile(
    rb"\x1b\[(?:\?(?P<mode>\d+)\$p|(?P<cursor>\??6n)|(?P<kind>0?c)|(?P<kitty>\?u))"
    rb"|\x1b\](?P<ground>11);\?(?:\x07|\x1b\\)|\x1b_G(?P<pictures>i=31,[^;]*a=q[^\x1b]*)\x1b\\"
)

# What pyte would print or stumble over: sequences with private markers it does not know.
_NOT_FOR_PYTE = re.compile(r"\x1b\[[<>=?][0-?]*[ -/]*[^hlJKn]|\x1b\[[0-?]*[ -/]+[@-~]")


class WaitError(AssertionError):
    """What was waited for did not come; the message shows the screen as it stood."""


def rilo(*arguments: str) -> list[str]:
    """The command line that runs this very rilo-reader."""
    return [sys.executable, "-m", "rilo_reader", *arguments]


def environment(home: Path, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The variables of a user whose every folder is under `home`; None in `extra` removes one."""
    for folder in ("config", "data", "state", "cache", "run"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    variables: dict[str, str | None] = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "SHELL": "/bin/sh",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        # Which sources are tested, and what is measured, is the developer's affair.
        "PYTHONPATH": os.environ.get("PYTHONPATH"),
        **{name: value for name, value in os.environ.items() if name.startswith(_KEPT)},
        **(extra or {}),
    }
    return {name: value for name, value in variables.items() if value is not None}


def config_file(home: Path, name: str) -> Path:
    """A file of a user's settings, in a folder that is there."""
    folder = home / "config" / "rilo-reader"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def keep_as_first(library: Path, home: Path) -> None:
    """Let a folder be a user's first library, into which their feeds are fetched."""
    file = config_file(home, "settings.toml")
    file.write_text(f"folders = [{json.dumps(str(library))}]\n", encoding="utf-8")


def run_piped(
    argv: Sequence[str],
    home: Path,
    env: Mapping[str, str | None] | None = None,
    stdin: bytes | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program with pipes instead of a terminal; raises TimeoutExpired if it hangs."""
    return subprocess.run(
        list(argv),
        env=environment(home, env),
        input=b"" if stdin is None else stdin,
        capture_output=True,
        timeout=LIMIT,
        start_new_session=True,
        check=False,
    )


def until(there: Callable[[], bool], timeout: float = LIMIT) -> None:
    """Wait for a fact that nobody announces, such as what stands in a file; or raise WaitError."""
    pause = threading.Event()
    limit = time.monotonic() + timeout
    while not there():
        if time.monotonic() > limit:
            raise WaitError(f"not true after {timeout:g} seconds")
        pause.wait(0.02)


class Terminal:
    """A program running in a pseudo-terminal; a context manager that leaves nothing running."""

    def __init__(
        self,
        argv: Sequence[str],
        size: tuple[int, int] = (100, 30),  # columns and rows
        env: Mapping[str, str | None] | None = None,  # beside `environment`; None removes one
        *,
        home: Path | None = None,  # kept between launches; None: a temporary one
        background: str = "",  # its colour as it answers, such as "rgb:ffff/ffff/ffff"
        pictures: bool = False,  # whether it says that it knows kitty's graphics protocol
        sixel: bool = False,  # the same of sixel
        answers: bool = True,  # whether queries are answered, which a serial console would not do
        stdin: int | None = None,  # descriptors in place of the terminal
        stdout: int | None = None,
        stderr: int | None = None,
        cwd: Path | None = None,  # the folder to start in; None: `home`
    ) -> None:
        self._own_home = (
            None
            if home
            else tempfile.TemporaryDirectory(prefix="rilo-home-", ignore_cleanup_errors=True)
        )
        self.home = home or Path(self._own_home.name if self._own_home else "")
        self.size = size
        self._answers, self._background, self._pictures = answers, background, pictures
        self._sixel = sixel
        self._output = bytearray()
        self._arrivals: list[tuple[int, float]] = []  # how much had come, and when
        self._changed = threading.Condition()
        self._closed = self._hung_up = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._fed, self._pending = 0, ""
        self._screen = pyte.Screen(*self.size)
        self._stream = pyte.Stream(self._screen)
        self._wake = os.pipe()
        self._master, slave = os.openpty()
        self._set_size()
        self.started = time.perf_counter()
        try:
            self.process = subprocess.Popen(
                list(argv),
                stdin=slave if stdin is None else stdin,
                stdout=slave if stdout is None else stdout,
                stderr=slave if stderr is None else stderr,
                env=environment(self.home, env),
                cwd=cwd or self.home,
                start_new_session=True,
                # The terminal controls the session, so that a resize and a hang-up reach it.
                preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),  # noqa: PLW1509
                pass_fds=(),
            )
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal-reader", daemon=True)
        self._reader.start()

    # -- what the program wrote --------------------------------------------------------------

    @property
    def output(self) -> bytes:
        """Every byte so far, exactly as the program wrote it."""
        with self._changed:
            return bytes(self._output)

    @property
    def text(self) -> str:
        """The output decoded; bytes that are not UTF-8 become lone surrogates."""
        return self.output.decode("utf-8", "surrogateescape")

    def screen(self) -> str:
        """What a person sees now: one line a row."""
        self._feed(self.output)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def mode(self, number: int) -> bool | None:
        """Whether a private mode (1049: alternate screen, 25: cursor) is set; None: not named."""
        return self._modes().get(str(number))

    def _modes(self) -> dict[str, bool]:
        """Every private mode that was named, and whether it is set now."""
        modes: dict[str, bool] = {}
        for token in tokens(self.text):
            text = token.text
            if token.kind is Kind.CSI and text.startswith("\x1b[?") and text[-1] in "hl":
                modes |= dict.fromkeys(text[3:-1].split(";"), text[-1] == "h")
        return modes

    @property
    def is_restored(self) -> bool:
        """Whether a shell would find the terminal as it was: screen, cursor, mouse, typing."""
        modes = self._modes()
        left = any(modes.get(number) for number in ("1049", "1000", "1003", "1006", "1004", "2004"))
        flags = termios.tcgetattr(self._master)[3]
        return not left and modes.get("25") is not False and bool(flags & termios.ECHO)

    # -- waiting ------------------------------------------------------------------------------

    def wait_for(self, sought: str | Callable[[str], bool], timeout: float = LIMIT) -> str:
        """Wait until the screen shows a text or fulfils a predicate; returns the screen then.

        Raises WaitError if that did not come in `timeout` seconds, or the program ended without it.
        """

        def there() -> bool:
            screen = self.screen()
            return sought in screen if isinstance(sought, str) else sought(screen)

        self._wait_until(there, sought, timeout)
        return self.screen()

    def wait_for_bytes(self, sought: bytes, since: int = 0, timeout: float = LIMIT) -> float:
        """Wait until bytes stand in the raw output, at the offset `since` or behind it.

        Returns when the last of them had been read, on the clock of time.perf_counter. Raises
        WaitError as `wait_for` does.
        """
        self._wait_until(lambda: self.output.find(sought, since) != -1, sought, timeout)
        end = self.output.find(sought, since) + len(sought)
        with self._changed:
            return next(moment for offset, moment in self._arrivals if offset >= end)

    def _wait_until(self, there: Callable[[], bool], sought: object, timeout: float) -> None:
        limit = time.monotonic() + timeout
        while True:
            with self._changed:
                seen, over = len(self._output), self._closed
            if there():
                return
            left = limit - time.monotonic()
            if over or left <= 0:
                raise WaitError(self._account(sought, over))
            self._wait_for_more(seen, left)

    def wait_exit(self, timeout: float = LIMIT) -> int:
        """Wait until the program has ended, and its output with it; returns its exit status."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise WaitError(self._account("the program's end", False)) from None
        self._drain()
        return status

    # -- acting ---------------------------------------------------------------------------------

    def send(self, keys: str | bytes) -> None:
        """Type: characters as they are, keys as the escape sequences that terminals send."""
        data = keys if isinstance(keys, bytes) else keys.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(self._master, data) :]

    def paste(self, text: str) -> None:
        """Paste, bracketed as terminals do."""
        self.send(PASTE_START + text + PASTE_END)

    def click(self, column: int, row: int) -> None:
        """Press and release the left button at a cell, counted from 0."""
        self.send(f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told by SIGWINCH."""
        self._feed(self.output)
        self.size = (columns, rows)
        self._screen.resize(rows, columns)
        self._set_size()

    def kill(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to the program, and to it alone."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal under the program, as a closed window does; nothing can be read on."""
        # A read that goes on would keep the terminal open whatever is closed.
        os.write(self._wake[1], b"x")
        self._reader.join()
        os.close(self._master)
        self._hung_up = True

    def close(self) -> None:
        """End the program and what it started, hard, and let the terminal go."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.process.kill()
        self.process.wait()
        self._drain()
        os.write(self._wake[1], b"x")
        self._reader.join()
        if not self._hung_up:
            os.close(self._master)
        for end in self._wake:
            os.close(end)
        if self._own_home:
            self._own_home.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- the machinery --------------------------------------------------------------------------

    def _read(self) -> None:
        tail = b""
        poll = select.poll()  # select.select takes no descriptor from 1,024 on
        poll.register(self._master, select.POLLIN)
        poll.register(self._wake[0], select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            try:
                data = b"" if self._wake[0] in ready else os.read(self._master, 65536)
            except OSError:  # Linux says EIO when the last program has let go of the terminal.
                data = b""
            with self._changed:
                self._output += data
                self._arrivals.append((len(self._output), time.perf_counter()))
                self._closed = not data
                self._changed.notify_all()
            if not data:
                return
            if self._answers:
                tail = self._answer(tail + data)

    def _answer(self, data: bytes) -> bytes:
        """Answer the queries in the data; returns its end, where one may have begun."""
        end = 0
        for query in _QUERY.finditer(data):
            end = query.end()
            if query["mode"]:
                known = 2 if query["mode"] == b"2026" else 0
                self._reply(f"\x1b[?{query['mode'].decode()};{known}$y")
            elif query["cursor"]:
                self._reply("\x1b[1;1R")
            elif query["ground"]:
                if self._background:
                    self._reply(f"\x1b]11;{self._background}\x1b\\")
            elif query["pictures"]:
                if self._pictures:
                    self._reply("\x1b_Gi=31;OK\x1b\\")
            elif query["kind"]:
                self._reply("\x1b[?62;4;22c" if self._sixel else "\x1b[?62;22c")
            else:
                self._reply("\x1b[?0u")
        rest = data[end:]
        start = rest.rfind(b"\x1b")
        return rest[start:][:32] if start != -1 else b""

    def _reply(self, answer: str) -> None:
        try:
            self.send(answer)
        except OSError:  # the program has gone meanwhile
            return

    def _wait_for_more(self, seen: int, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._output) > seen or self._closed, seconds)

    def _drain(self) -> None:
        """Wait for the last bytes; a child that still holds the terminal is not waited for."""
        self._reader.join(timeout=1)

    def _set_size(self) -> None:
        columns, rows = self.size
        pixels = (columns * 18, rows * 36) if self._pictures or self._sixel else (0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *pixels))

    def _feed(self, output: bytes) -> None:
        new = output[self._fed :]
        if not new:
            return
        self._fed = len(output)
        self._pending += self._decoder.decode(new)
        end = complete_part(self._pending)
        whole, self._pending = self._pending[:end], self._pending[end:]
        self._stream.feed(
            "".join(
                token.text
                for token in tokens(whole)
                if token.kind in (Kind.TEXT, Kind.CONTROL, Kind.CSI)
                and not _NOT_FOR_PYTE.fullmatch(token.text)
            )
        )

    def _account(self, sought: object, over: bool) -> str:
        # Its output ends a moment before the program does.
        why = f"ended with {self.process.wait(LIMIT)}" if over else "went on"
        tail = self.output[-400:]
        return f"no {sought!r}; the program {why}.\n{self.screen()}\nlast bytes: {tail!r}"

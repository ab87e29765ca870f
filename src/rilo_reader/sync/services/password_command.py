"""The password_command of an account: run without a shell, and what it prints."""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.sync.services.service import Account
from rilo_reader.text import clean_line

COMMAND_SECONDS = 60.0
"""Seconds that a command has; some ask for a passphrase in a window."""

OUTPUT_LIMIT = 65_536
"""Bytes that a command may print, on standard output and on standard error each."""

STDERR_LIMIT = 300
"""Characters of a command's message that are shown."""


def no_secret(reason: str) -> FetchError:
    """Return the error of an account that cannot log in, with no secret to be found."""
    return FetchError(Failure.LOGIN, reason)


class _TooMuchError(Exception):
    """A command prints without end."""


class _Ended(NamedTuple):
    status: int
    stdout: bytes
    stderr: bytes


def printed(account: Account, seconds: float) -> str:
    """Return the first line that the command of an account prints.

    Raises:
        FetchError: LOGIN if it fails, takes too long, prints nothing or too much.
    """
    words = shlex.split(account.password_command)
    # Its arguments stay out of messages: somebody may have written a secret into them.
    what = f"the password_command of the account {account.name}"
    try:
        ended = _run([str(Path(words[0]).expanduser()), *words[1:]], seconds)
    except subprocess.TimeoutExpired:
        raise no_secret(
            f"{what} did not end within {seconds:.3g} seconds; it must not ask anything"
        ) from None
    except _TooMuchError:
        raise no_secret(
            f"{what} prints more than {OUTPUT_LIMIT:,} bytes, so it was ended; it must print the "
            "password on its first line, and no more than a few others"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no command"
        raise no_secret(f"{what} cannot be started: {reason}") from None
    what = f"{what} ({clean_line(words[0], 80)} …)"
    if ended.status:
        message = clean_line(ended.stderr.decode("utf-8", "replace"), STDERR_LIMIT)
        how = f"ended with status {ended.status}"
        raise no_secret(f"{what} {how}" + (f": {message}" if message else ""))
    try:
        line = ended.stdout.partition(b"\n")[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise no_secret(f"{what} prints something that is not UTF-8") from None
    if not line.isprintable() or not line:
        found = "control characters" if line else "nothing"
        raise no_secret(f"{what} prints {found} on its first line")
    return line


def _run(command: list[str], seconds: float) -> _Ended:
    """Run a command without a shell and without input, in a session of its own."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = monotonic() + seconds
    try:
        if os.name == "nt":  # which selects sockets alone
            stdout, stderr = process.communicate(timeout=seconds)
        else:
            stdout, stderr = _read(process, until)
        process.wait(max(until - monotonic(), 0))
    finally:
        if process.returncode is None:
            _kill(process)
        # Not read to their ends, which something that left the session may keep open.
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()
    return _Ended(process.returncode, stdout, stderr)


def _read(process: subprocess.Popen[bytes], until: float) -> list[bytes]:
    """Return what a command prints on its two streams, to their ends.

    Raises:
        subprocess.TimeoutExpired: it has not ended by then.
        _TooMuchError: it is more than the limit.
    """
    printed = {stream: b"" for stream in (process.stdout, process.stderr) if stream is not None}
    with selectors.DefaultSelector() as selector:
        for stream in printed:
            selector.register(stream, selectors.EVENT_READ, stream)
        while selector.get_map():
            ready = selector.select(max(until - monotonic(), 0))
            if not ready:
                raise subprocess.TimeoutExpired(process.args, 0)
            for key, _ in ready:
                part = os.read(key.fd, OUTPUT_LIMIT)
                printed[key.data] += part
                if len(printed[key.data]) > OUTPUT_LIMIT:
                    raise _TooMuchError
                if not part:
                    selector.unregister(key.fileobj)
    return list(printed.values())


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and what it has started, which would keep its pipes open."""
    with contextlib.suppress(ProcessLookupError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()

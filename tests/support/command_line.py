"""A user of the command line: a home, a library, and commands run in this process or their own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rilo_reader.cli import run
from rilo_reader.cli.output import PROGRESS_DELAY
from rilo_reader.workers import WorkerPool
from tests.support.terminal import LIMIT, config_file, environment, rilo, run_piped


class Outcome(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output read as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def says(self, *words: str) -> None:
        """It ended well, without a word on stderr, and these are on standard output."""
        assert (self.code, self.err) == (0, ""), self
        assert [text for text in words if text not in self.out] == [], self.out

    def failed(self, code: int, *words: str) -> None:
        """It printed nothing but an error that has these, with --json as an object too."""
        assert self.code == code, self
        assert self.out == "" or [list(each) for each in self.objects] == [["error"]], self
        assert [text for text in words if text not in self.err] == [], self.err


class Child:
    """A command in a process of its own, with pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self.process = process
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr

    def wait_for(self, **wanted: object) -> dict[str, Any]:
        """The next line of JSON that holds these values."""
        for line in self.stdout:
            told: dict[str, Any] = json.loads(line)
            if wanted.items() <= told.items():
                return told
        raise AssertionError(f"the child ended without {wanted}: {self.stderr.read().decode()}")

    def ended(self) -> tuple[int, bytes]:
        """Exit code and what stderr holds."""
        return self.process.wait(LIMIT), self.stderr.read()


class User:
    """Somebody with a home of their own."""

    def __init__(
        self,
        home: Path,
        patch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
        pool: WorkerPool,
    ) -> None:
        self.home = home  # settings, marks and indexes lie below it
        self.library = home / "library"  # a folder of articles, empty at first
        self.library.mkdir()
        # The default library, a link to that folder.
        self.default = home / "data" / "rilo-reader" / "articles"
        self.default.parent.mkdir(parents=True, exist_ok=True)
        self.default.symlink_to(self.library)
        self._patch = patch
        self._capture = capture
        self._pool = pool
        self._moment = time.time_ns() - 3_600_000_000_000
        for name, value in environment(home).items():
            if name.startswith("XDG_") or name in ("HOME", "TZ"):
                patch.setenv(name, value)
        patch.setenv("NO_PROXY", "*")
        patch.chdir(home)

    def write(self, path: str, text: str) -> Path:
        """Put a file into the library, about an hour old: a very young one may be read twice."""
        file = self.library / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self._moment += 1_000_000_000
        os.utime(file, ns=(self._moment, self._moment))
        return file

    def article(self, path: str, title: str, date: str, body: str, **more: str) -> Path:
        """Put an article into the library; `more` are further lines of its header."""
        lines = [f'title = "{title}"', f"date = {date}"]
        lines += [f"{key} = {value}" for key, value in more.items()]
        return self.write(path, "+++\n" + "\n".join(lines) + f"\n+++\n\n{body}\n")

    def settings(self, text: str) -> Path:
        """Write settings.toml."""
        file = config_file(self.home, "settings.toml")
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, *arguments: str) -> Outcome:
        """Run a command in this process."""
        self._capture.readouterr()
        code = run(arguments, pool=self._pool)
        out, err = self._capture.readouterr()
        return Outcome(code, out, err)

    def ask(self, *arguments: str) -> Outcome:
        """Run a command in this process on the user's library."""
        return self.run(*arguments, "--library", str(self.library))

    def show(
        self, *arguments: str, env: Mapping[str, str] | None = None, delay: float = LIMIT
    ) -> str:
        """What a command on their library writes to a terminal of 100 columns."""
        self._capture.readouterr()
        with self._patch.context() as patch:
            for name, value in {"TERM": "xterm-256color", "COLUMNS": "100", **(env or {})}.items():
                patch.setenv(name, value)
            for stream in (sys.stdout, sys.stderr):
                patch.setattr(stream, "isatty", lambda: True)
            before = PROGRESS_DELAY.set(delay)
            code = run((*arguments, "--library", str(self.library)), pool=self._pool)
            PROGRESS_DELAY.reset(before)
        out, err = self._capture.readouterr()
        assert code == 0, err
        return out + err

    def spawn(
        self, *arguments: str, env: Mapping[str, str | None] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a process of its own, with pipes."""
        return run_piped(rilo(*arguments), self.home, env)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Child]:
        """Run a command on their library beside the test; what says nothing is killed."""
        process = subprocess.Popen(
            rilo(*arguments, "--library", str(self.library)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(self.home, {"NO_PROXY": "*"}),
            start_new_session=True,
        )
        child = Child(process)
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        try:
            yield child
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                stream.close()


def tree(folder: Path) -> dict[str, str]:
    """Every file and folder below a folder, and what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }

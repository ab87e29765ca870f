"""When files of a git checkout were added: the dates of articles that name none themselves.

    is there a .git here or above?      no process where there is none
    git rev-parse HEAD                  the same as in the cache: done
    git log -- .                        once for each HEAD, bounded in time and bytes

A fresh clone has no other true date, as all its files are as old as the clone. A repository is
text from outside: nothing that its settings name is run, and nothing is fetched. Where git is
missing or does not answer, what it said last holds, else files keep the time of modification.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Timer

from rilo_reader.store.file_kinds import may_be_article, to_text
from rilo_reader.store.write import write_all

MOST_BYTES = 64_000_000  # of names, some million files

# A repository's own settings may name programs: to verify signatures, to watch files, as hooks.
_SAFELY = (
    *("--no-pager", "-c", "log.showSignature=false", "-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never"),
)
# Exact renames cost nothing more, as no file is read. Oldest first, by the date of the author.
_LOG = (
    *("-c", "log.showRoot=true", "log", "--reverse", "-z", "--format=@%at", "--name-status"),
    *("--diff-filter=AR", "-M100%", "--relative", "--no-follow", "--no-show-signature"),
    *("--no-ext-diff", "--no-textconv", "--no-color", "--no-mailmap", "--no-diff-merges"),
    *("HEAD", "--", "."),
)


class GitDates:
    """The dates of a folder's files in git; used by one thread at a time."""

    def __init__(self, folder: Path, cache: Path, seconds: float) -> None:
        self._folder = folder
        self._cache = cache  # a file that may be deleted at any time
        self._seconds = seconds  # that git may take; 0: it is not asked
        self._head = ""
        self._added: dict[str, int] = {}

    def added(self) -> Mapping[str, int]:
        """When each article was first committed, in seconds since 1970, by its path."""
        folders = (self._folder, *self._folder.parents)
        if not self._seconds or not any((place / ".git").exists() for place in folders):
            return {}
        if not self._head:
            self._load()
        head = (self._ask("rev-parse", "HEAD") or b"").decode("ascii", "replace").strip()
        if head and head != self._head:
            log = self._ask(*_LOG)
            self._added = self._added if log is None else first_dates(log)
            self._head = head  # also where git took too long: it would the next time
            self._keep()
        return self._added

    def _load(self) -> None:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            kept = json.loads(self._cache.read_bytes())
            self._added = {str(path): int(second) for path, second in kept["added"].items()}
            self._head = str(kept["head"])

    def _keep(self) -> None:
        text = json.dumps({"head": self._head, "added": self._added})
        with suppress(OSError):
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_all(self._cache.parent, {self._cache.name: text})

    def _ask(self, *arguments: str) -> bytes | None:
        """What git prints; None where it fails, or prints too much, or takes too long."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
        with (
            suppress(OSError),  # there is no git
            subprocess.Popen(
                [shutil.which("git") or "", *_SAFELY, *arguments],
                cwd=self._folder,
                env=own | quiet,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as process,
        ):
            timer = Timer(self._seconds, process.kill)
            timer.daemon = True
            timer.start()
            try:
                said = process.stdout.read(MOST_BYTES + 1) if process.stdout else b""
                return said if len(said) <= MOST_BYTES and process.wait() == 0 else None
            finally:
                timer.cancel()
                process.kill()
        return None


def first_dates(log: bytes) -> dict[str, int]:
    """The dates of articles in what _LOG prints: "@SECOND", then "A", NAME or "R100", OLD, NEW."""
    added: dict[bytes, int] = {}
    second = 0
    parts = iter(log.split(b"\0"))
    with suppress(StopIteration, ValueError):
        for part in parts:
            kind = part.lstrip(b"\n")
            if kind.startswith(b"@"):
                second = int(kind[1:])
            elif kind.startswith(b"A"):
                added.setdefault(next(parts), second)
            elif kind.startswith(b"R"):
                before = next(parts)
                added.setdefault(next(parts), added.get(before, second))
    names = ((to_text(os.fsdecode(name)), second) for name, second in added.items())
    return {name: second for name, second in names if may_be_article(name.rpartition("/")[2])}

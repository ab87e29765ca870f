"""Dates of files by the git checkout that they are in, for articles that name none themselves.

    the commit of the checkout      the same as in the cache: done, also where git failed with it
    git log -- .                    once for each commit, bounded in time, memory and bytes

A fresh clone has no other true date, as all its files are as old as the clone. A repository is
text from outside, and git obeys its settings. So git is run in an empty repository of our own, and
is lent the objects of the checkout alone. Where git is missing or does not answer, what it said
last holds, else files keep the time of modification.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from rilo_reader.files import read_regular
from rilo_reader.library.git_checkout import Checkout, find_checkout
from rilo_reader.process import Process, ProgramJob
from rilo_reader.store.file_kinds import may_be_article, to_text
from rilo_reader.store.file_writer import write_all
from rilo_reader.system_programs import find_program

MOST_BYTES = 32_000_000  # that git may print
MOST_FILES = 500_000  # whose dates are kept
MOST_MEMORY = 512_000  # kB that git may take, where the system has such a limit

FAILED = "git could not tell when files were added: it failed, or reached its limit"

# A shell limits itself, its data and its seconds of the processor, and becomes git.
_LIMITED = 'ulimit -d "$1"; ulimit -t "$2"; ulimit -c 0; shift 2; exec "$@"'
# Windows of 32 MB and no tables but those of packs, so that little of it is in memory at once.
_SETTINGS = """\
[core]
	repositoryformatversion = {version}
	bare = true
	commitGraph = false
	packedGitWindowSize = 32m
	packedGitLimit = 256m
	deltaBaseCacheLimit = 32m
"""
_SHA256 = "[extensions]\n\tobjectFormat = sha256\n"
# Nobody's settings are read, nothing is fetched, run or asked for.
_ENVIRONMENT = {
    **{"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"},
    **{"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"},
    **{"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"},
}
# Exact renames cost nothing more, as no file is read. Oldest first, by the date of the author.
_LOG = (
    *("--no-pager", "-c", "log.showRoot=true", "log", "--reverse", "-z", "--format=@%at"),
    *("--name-status", "--diff-filter=AR", "-M100%", "--no-follow", "--no-show-signature"),
    *("--no-ext-diff", "--no-textconv", "--no-color", "--no-mailmap", "--no-diff-merges"),
)


class GitDates:
    """The dates of a folder's files in git; used by one thread at a time."""

    def __init__(self, folder: Path, cache: Path, seconds: float) -> None:
        self._folder = folder
        self._cache = cache  # a file that may be deleted at any time
        self._seconds = seconds  # that git may take; 0: it is not asked
        self._head = ""
        self._dates: dict[str, int] = {}
        self.problem = ""  # why what git says of this commit is not known, "" if it is

    def read_dates(self) -> Mapping[str, int]:
        """Return when each article was first committed, in seconds since 1970, by its path."""
        checkout = find_checkout(self._folder) if self._seconds else None
        if checkout is None:
            return {}
        if not self._head:
            self._load()
        ends = blake2b(checkout.shallow_commits, digest_size=8).hexdigest()
        head = f"{checkout.commit} {ends} {checkout.subfolder}"
        git = find_program("git")
        if git and head != self._head:
            with suppress(OSError):  # no room for a repository of our own: another time
                log = _read_log(git, checkout, self._seconds)
                self._dates = self._dates if log is None else parse_log(log)
                self.problem = FAILED if log is None else ""
                self._head = head  # also where git took too long: it would the next time
                self._save()
        return self._dates

    def _load(self) -> None:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            kept = json.loads(read_regular(self._cache))
            self._dates = {str(path): int(second) for path, second in kept["added"].items()}
            self._head = str(kept["head"])
            self.problem = str(kept["problem"])

    def _save(self) -> None:
        text = json.dumps({"head": self._head, "problem": self.problem, "added": self._dates})
        with suppress(OSError):
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_all(self._cache.parent, {self._cache.name: text})


def _read_log(git: str, checkout: Checkout, seconds: float) -> bytes | None:
    """Return what git prints; None if it fails, prints too much or takes too long."""
    with TemporaryDirectory(prefix="rilo-reader-") as home:
        own = Path(home)
        is_new = len(checkout.commit) == 64
        (own / "refs").mkdir()
        (own / "HEAD").write_text("ref: refs/heads/none\n")
        settings = _SETTINGS.format(version=int(is_new)) + (_SHA256 if is_new else "")
        (own / "config").write_text(settings)
        if checkout.shallow_commits:
            (own / "shallow").write_bytes(checkout.shallow_commits)
        inside = [f"--relative={checkout.subfolder}"] if checkout.subfolder else []
        paths = ["--", *filter(None, [checkout.subfolder])]
        return _run_git([git, *_LOG, *inside, checkout.commit, *paths], own, checkout, seconds)


def _run_git(
    command: list[str], repository: Path, checkout: Checkout, seconds: float
) -> bytes | None:
    users = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # An older git knows no GIT_CONFIG_GLOBAL.
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "GIT_DIR"), os.fspath(repository))
    objects = {"GIT_OBJECT_DIRECTORY": checkout.objects}
    if os.name == "posix":
        limits = (str(MOST_MEMORY), str(math.ceil(seconds) + 1))
        command = ["/bin/sh", "-c", _LIMITED, "sh", *limits, *command]
    job = ProgramJob(
        "git",
        command,
        seconds,
        homes | objects | _ENVIRONMENT,
        can_leave_children=False,
        folder=repository,
        environment=users,
    )
    end = Process(job, max_bytes=MOST_BYTES).run_bounded()
    return None if end.status or end.is_late or end.is_cut else end.output


def parse_log(log: bytes) -> dict[str, int]:
    """Return the dates of articles in what _LOG prints.

    Each commit is "@SECOND", then "A", NAME or "R100", OLD, NEW for each file.
    """
    added: dict[bytes, int] = {}
    second = 0
    parts = _iter_parts(log)
    with suppress(StopIteration, ValueError):
        for part in parts:
            if len(added) >= MOST_FILES:
                break
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


def _iter_parts(log: bytes) -> Iterator[bytes]:
    """Yield the parts before each NUL: a list of 32 million would take 256 MB."""
    start = 0
    while (end := log.find(b"\0", start)) >= 0:
        yield log[start:end]
        start = end + 1

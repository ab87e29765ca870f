"""The index: from nothing, when nothing changed, and when one file did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import deque
from pathlib import Path

from tests.terminal import environment, rilo

from benchmarks.figures import Figure, interleaved, seconds
from benchmarks.launching import index
from benchmarks.searching import paths_under
from rilo_reader.library import open_library
from rilo_reader.store.folder import Unreadable, read, scan


def measure(folder: Path, work: Path, runs: int) -> list[Figure]:
    """Index a folder from nothing and keep it up to date."""
    fresh, kept = work / "home-index", work / "home-kept"
    index(folder, kept)
    count = sum(1 for _ in folder.rglob("*.md"))

    def build() -> float:
        shutil.rmtree(fresh, ignore_errors=True)
        with open_library(folder, paths_under(fresh)) as library:
            return seconds(lambda: deque(library.reconcile(), 0))

    def reconcile() -> float:
        with open_library(folder, paths_under(kept)) as library:
            return seconds(lambda: deque(library.reconcile(), 0)) * 1000

    rounds = max(runs // 5, 3)
    built, parsed = interleaved(rounds, build, lambda: seconds(lambda: _parse(folder)))
    same, stat = interleaved(rounds, reconcile, lambda: seconds(lambda: _stat(folder)) * 1000)
    return [
        Figure(f"index of {count:,} files", built, "s", parsed, "read and parse them", 1.3),
        Figure(f"reconcile of {count:,} unchanged", same, "ms", stat, "stat every file"),
        *_one_changed(folder, kept, max(runs, 5)),
    ]


def _parse(folder: Path) -> None:
    for entries in scan(folder):
        for entry in entries:
            try:
                read(folder, entry.path)
            except Unreadable:
                continue


def _stat(folder: str | Path) -> int:
    found = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found += _stat(entry.path)
            else:
                found += entry.stat().st_size > 0
    return found


def _one_changed(folder: Path, home: Path, runs: int) -> list[Figure]:
    """From the end of a save in another program to `committed` from the reader's child."""
    file, taken = folder / "changed.md", []
    argv = rilo("index", "--library", str(folder), "--watch", "--json")
    with subprocess.Popen(
        argv,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        if child.stdin is None or child.stdout is None:  # both are asked for above
            raise AssertionError
        for line in child.stdout:
            if json.loads(line)["finished"]:
                break
        for number in range(runs + 1):
            file.write_text(f"# Changed {number}\n\nnow\n", encoding="utf-8")
            start = time.perf_counter()
            while not json.loads(child.stdout.readline())["committed"]:
                pass
            if number:  # the first meets a watch that may still be setting out
                taken.append((time.perf_counter() - start) * 1000)
        file.unlink()
        child.stdin.close()
    taken.sort()
    return [
        Figure("one file saved to committed: median", taken[len(taken) // 2], "ms", floor=1000),
        Figure("one file saved to committed: worst", taken[-1], "ms", floor=1000),
    ]

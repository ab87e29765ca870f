"""The index: from nothing, when nothing changed, and when one file did."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import tarfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF

from tests.support.shared import shared_folder
from tests.support.terminal import environment, rilo

from benchmarks.bare import build_bare, build_whole
from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, interleaved, seconds
from benchmarks.launching import indexed_home
from benchmarks.searching import paths_under
from rilo_reader.article import Article
from rilo_reader.index.schema import STAMP
from rilo_reader.index.writer import prepare_article
from rilo_reader.library import open_library
from rilo_reader.query.tokens import prepare_text
from rilo_reader.store.folder import UnreadableError, read_article, scan_folder
from rilo_reader.workers import count_cores

MOST = 200_000
"""Articles up to which an index is built from nothing, here and in tantivy alone."""

THOUSAND = 1_000


def measure(corpus: Corpus, work: Path, runs: int) -> list[Figure]:
    """Index a folder from nothing and keep it up to date."""
    folder = corpus.folder
    kept = indexed_home(corpus, work, "home-kept")
    count = sum(len(entries) for entries in scan_folder(folder))

    def reconcile() -> float:
        with open_library(folder, paths_under(kept)) as library:
            return seconds(lambda: deque(library.follower.reconcile(), 0)) * 1000

    rounds = max(runs // 5, 3) if count <= MOST else 1
    same, stat = interleaved(rounds, reconcile, lambda: seconds(lambda: _stat(folder)) * 1000)
    return [
        *(_from_nothing(folder, work, rounds, f"{count:,} files") if count <= MOST else ()),
        *_real_articles(work),
        Figure(f"reconcile of {count:,} unchanged", same, "ms", stat, "stat every file"),
        # Where the folder is somebody's own, nothing is written into it.
        *(_one_changed(folder, kept, max(runs, 5)) if corpus.home is None else ()),
        *(_thousand_changed(folder, kept) if corpus.home is None else ()),
    ]


def _real_articles(work: Path) -> Iterator[Figure]:
    """The same of articles that people wrote, where the shared test data is."""
    shared = shared_folder()
    archive = shared / "testdata" / "md.tar.gz" if shared is not None else None
    if archive is None or not archive.is_file():
        return
    folder = work / "real"
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    count = sum(len(entries) for entries in scan_folder(folder))
    yield from _from_nothing(folder, work, 3, f"{count:,} real articles")


def _from_nothing(folder: Path, work: Path, rounds: int, what: str) -> Iterator[Figure]:
    fresh, bare = work / "home-index", work / "bare"

    def build() -> float:
        shutil.rmtree(fresh, ignore_errors=True)
        with open_library(folder, paths_under(fresh)) as library:
            return seconds(lambda: deque(library.follower.reconcile(), 0))

    def parse() -> float:
        return seconds(lambda: deque(_articles(folder), 0))

    bodies = [prepare_text(article.body) for article in _articles(folder)]
    documents = [_document(article) for article in _articles(folder)]
    built, parsed, alone, whole = interleaved(
        rounds,
        build,
        parse,
        lambda: build_bare(bodies, bare),
        lambda: build_whole(documents, bare),
    )
    spent = _processor_time(build)
    least_spent = _processor_time(parse) + _processor_time(lambda: build_whole(documents, bare))
    least = f"the least {count_cores()} cores can take"
    yield Figure(f"index of {what}", built, "s", parsed, "read and parse them", 3)
    yield Figure(
        "  the same against its limit", built, "s", (parsed + whole) / count_cores(), least
    )
    yield Figure(
        "  that limit", (parsed + whole) / count_cores(), "s", parsed, "read and parse them"
    )
    yield Figure("  the same against tantivy's part", built, "s", alone, "bare tantivy, bodies")
    both = "read and parse, tantivy with all fields"
    yield Figure("  processor time, all cores", spent, "s", least_spent, both)


def _processor_time(work: Callable[[], object]) -> float:
    """Seconds of all cores that work takes, with the processes it starts and ends."""

    def now() -> float:
        spent = [resource.getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in spent)

    start = now()
    work()
    return now() - start


def _document(article: Article) -> str:
    """What tantivy gets of an article, whole."""
    ready = prepare_article(article, with_prefixes=False)
    return f'{ready.document.decode()},"{STAMP}":0}}'


def _articles(folder: Path) -> Iterator[Article]:
    for entries in scan_folder(folder):
        for entry in entries:
            with suppress(UnreadableError):
                yield read_article(folder, entry.path)


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


def _thousand_changed(folder: Path, home: Path) -> list[Figure]:
    """A thousand files written anew, to an index that has them."""
    entries = [entry for found in scan_folder(folder) for entry in found][:THOUSAND]
    kept = {entry.path: (folder / entry.path).read_bytes() for entry in entries}
    with open_library(folder, paths_under(home)) as library:
        deque(library.follower.reconcile(), 0)
        for path, data in kept.items():
            (folder / path).write_bytes(data + b"\nOne more line.\n")
        taken = seconds(lambda: library.follower.update(list(kept)))
        for path, data in kept.items():
            (folder / path).write_bytes(data)
    return [Figure(f"{len(kept):,} files changed, to committed", taken, "s", floor=2)]

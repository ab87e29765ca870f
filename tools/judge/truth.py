"""Compare every answer about a generated corpus with its truth: `python -m tools.judge.truth`.

Without a folder a corpus of 10,000 articles is made and indexed as the program does it; with one
(`python -m tools.judge.truth FOLDER --home HOME`) the index that HOME holds of it is asked, as it
is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.shared import shared_file
from tests.support.terminal import environment

from rilo_reader.index.index import SearchIndex
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query

MANY = 20_000
"""Paths that a question is asked for at most: no truth names more."""

Count = Callable[[Query], int]
PathsOf = Callable[[Query], list[str]]


def wrong_counts(truth: dict[str, Any], count: Count) -> Iterator[str]:
    """Words whose count is another. The truth is of title and body, so they are asked for."""
    for word, expected in truth["df"].items():
        found = count(parse(f"text:{word}"))
        if found != expected:
            yield f"{word}: {found:,} instead of {expected:,}"


def wrong_pairs(truth: dict[str, Any], count: Count) -> Iterator[str]:
    """Pairs of words whose count is another."""
    for one, two, expected in truth["and"]:
        found = count(parse(f"text:{one} text:{two}"))
        if found != expected:
            yield f"{one} {two}: {found:,} instead of {expected:,}"


def wrong_paths(truth: dict[str, Any], paths_of: PathsOf) -> Iterator[str]:
    """Words and phrases that are not found in just the articles that hold them.

    Each phrase stands in one article; it is found whole, by two words of its middle, and by the
    beginning of one.
    """
    for word, expected in truth["paths"].items():
        if paths_of(parse(f"text:{word}")) != sorted(expected):
            yield f"{word}: other articles"
    for phrase, path in truth["needles"].items():
        words = phrase.split()
        for part in (phrase, " ".join(words[1:3])):
            if paths_of(parse(f'"{part}"')) != [path]:
                yield f'"{part}": other articles'
        if path not in paths_of(parse(f"text:{words[1][:-2]}", typing=True)):
            yield f"{words[1][:-2]}*: without {path}"


def truth_of(folder: Path) -> dict[str, Any]:
    """What make_corpus.py wrote beside a folder."""
    truth: dict[str, Any] = json.loads(
        folder.with_name(f"{folder.name}.truth.json").read_text(encoding="utf-8")
    )
    return truth


def make_corpus(folder: Path, size: int) -> None:
    """Write so many articles, and their truth beside them."""
    tool = shared_file("tools/make_corpus.py")
    argv = [sys.executable, str(tool), "gen", "--out", str(folder), "-n", str(size), "--jobs", "2"]
    subprocess.run(argv, check=True, capture_output=True)


def in_library(library: Library) -> tuple[Count, PathsOf]:
    """Ask a library, as the reader and the command line do."""

    def paths_of(query: Query) -> list[str]:
        return sorted(row.path for row in library.search.window(query, 0, MANY).rows)

    return library.search.count, paths_of


def in_index(index: SearchIndex) -> tuple[Count, PathsOf]:
    """Ask an index."""

    def paths_of(query: Query) -> list[str]:
        return sorted(hit.path for hit in index.searcher.search(query, 0, MANY).rows)

    return index.searcher.count, paths_of


def judge(folder: Path, home: Path) -> int:
    """Print what is wrong and how much was asked; the number of mismatches."""
    paths = Paths(*(home / name / "rilo-reader" for name in ("config", "data", "state", "cache")))
    truth = truth_of(folder)
    with open_library(folder, paths) as library:
        count, paths_of = in_library(library)
        total = library.search.count(Query())
        wrong = [] if total == truth["n"] else [f"{total:,} articles instead of {truth['n']:,}"]
        wrong += wrong_counts(truth, count)
        wrong += wrong_pairs(truth, count)
        wrong += wrong_paths(truth, paths_of)
    for line in wrong:
        print(line)
    words, pairs = len(truth["df"]), len(truth["and"])
    places = len(truth["paths"]) + 3 * len(truth["needles"])
    print(f"{total:,} articles; {words} words, {pairs} pairs, {places} sets of articles:")
    print(f"{len(wrong)} mismatches")
    return len(wrong)


def main() -> int:
    """Judge a corpus of one's own or the one that is named; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.judge.truth", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of make_corpus.py")
    parser.add_argument("--home", type=Path, help="a home that holds an index of it")
    parser.add_argument("--size", type=int, default=10_000, help="articles to make (10000)")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder, home = wishes.folder, wishes.home or Path(work) / "home"
        if folder is None:
            folder = Path(work) / "articles"
            make_corpus(folder, wishes.size)
        if wishes.home is None:
            argv = [sys.executable, "-m", "rilo_reader", "index", "--library", str(folder)]
            subprocess.run(argv, check=True, env=environment(home))
        return int(judge(folder, home) > 0)


if __name__ == "__main__":
    sys.exit(main())

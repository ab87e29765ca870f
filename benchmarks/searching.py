"""A keystroke in the search box to results in Library, and to the painted frame."""

from __future__ import annotations

import itertools
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.terminal import Terminal, rilo

from benchmarks.corpus import FIRST_WORDS, Corpus
from benchmarks.figures import Figure, percentile
from benchmarks.launching import index
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.search.parser import parse

SYNC_END = b"\x1b[?2026l"


def paths_under(home: Path) -> Paths:
    """The folders of a user whose home this is, as tests.terminal lays them out."""
    return Paths(
        config=home / "config" / "rilo-reader",
        data=home / "data" / "rilo-reader",
        state=home / "state" / "rilo-reader",
        cache=home / "cache" / "rilo-reader",
    )


def prefixes(words: list[str]) -> Iterator[str]:
    """What stands in the search box after each key press while the words are typed."""
    for word in words:
        yield from itertools.accumulate(word)


def measure(corpus: Corpus, work: Path, runs: int) -> list[Figure]:
    """Every prefix of 200 words asked of Library, and some typed into the reader."""
    home = work / "home-search"
    index(corpus.folder, home)
    words = random.Random(3).sample(sorted(corpus.words), min(200, len(corpus.words)))
    with open_library(corpus.folder, paths_under(home)) as library:
        ask = list(prefixes(words))
        ours = _times(ask, lambda text: library.window(parse(text, typing=True), 0, 50))
        baseline = _sqlite(library, work / "baseline.db")
        theirs = _times(ask, baseline)
        total = library.count(parse(""))
        typed = words[: 12 * max(runs // 5, 1)]
        totals = {text: library.count(parse(text, typing=True)) for text in prefixes(typed)}
    name, against = f"keystroke to results, {total:,}", "SQLite FTS5"
    floors = {"p50": (0.5, 3.0), "p95": (0.95, 15.0), "worst": (1.0, 60.0)}
    return [
        *(
            Figure(
                f"{name}: {label}",
                percentile(ours, share),
                "ms",
                percentile(theirs, share),
                against,
                floor=floor,
            )
            for label, (share, floor) in floors.items()
        ),
        *_painted(corpus.folder, home, typed, totals),
    ]


def _times(texts: list[str], ask: Callable[[str], object]) -> list[float]:
    taken = []
    for text in texts:
        start = time.perf_counter()
        ask(text)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _sqlite(library: Library, file: Path) -> Callable[[str], object]:
    """The obvious alternative: SQLite's full text index, the newest 50 and the exact count."""
    from rilo_reader.search.query import Query

    database = sqlite3.connect(file)
    database.execute(
        "CREATE VIRTUAL TABLE articles USING fts5(title, body, content='', prefix='1 2 3',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    # Row ids fall with the date, so that the newest come first without a sort.
    for number, article in enumerate(library.ids(Query())):
        read = library.article(article)
        database.execute(
            "INSERT INTO articles (rowid, title, body) VALUES (?, ?, ?)",
            (number + 1, read.title, read.body),
        )
    database.commit()

    def ask(text: str) -> object:
        match = f'"{text}"*'
        newest = "SELECT rowid FROM articles WHERE articles MATCH ? ORDER BY rowid LIMIT 50"
        count = "SELECT count(*) FROM articles WHERE articles MATCH ?"
        return (
            database.execute(newest, (match,)).fetchall(),
            database.execute(count, (match,)).fetchone(),
        )

    return ask


def _painted(
    folder: Path, home: Path, words: list[str], totals: dict[str, int]
) -> Iterator[Figure]:
    taken: list[float] = []
    with Terminal(rilo(str(folder)), (120, 40), home=home) as terminal:
        terminal.wait_for_bytes(FIRST_WORDS.encode())
        everything = len(terminal.output)
        terminal.send("/")
        terminal.wait_for_bytes(SYNC_END, everything)
        for word in words:
            before = -1
            for text in itertools.accumulate(word):
                since, start = len(terminal.output), time.perf_counter()
                terminal.send(text[-1])
                # A total that stays the same is not painted again: nothing to wait for.
                if totals[text] != before:
                    seen = terminal.wait_for_bytes(f"{totals[text]:,} of".encode(), since)
                    taken.append((seen - start) * 1000)
                before = totals[text]
            since = len(terminal.output)
            terminal.send("\x15")  # ctrl+u empties the box
            terminal.wait_for_bytes(SYNC_END, since)
    yield Figure("keystroke to painted frame: p50", percentile(taken, 0.5), "ms")
    yield Figure("keystroke to painted frame: p95", percentile(taken, 0.95), "ms", floor=50)

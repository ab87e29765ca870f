"""A keystroke in the search box to results in Library, and to the painted frame."""

from __future__ import annotations

import itertools
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.terminal import Terminal, rilo

from benchmarks.bare import ask_bare
from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, percentile
from benchmarks.launching import indexed_home
from benchmarks.processes import wait_until_quiet
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query

SYNC_END = b"\x1b[?2026l"

PACE = 0.1
"""Seconds between two letters of a fast typist: 120 words a minute."""


def paths_under(home: Path) -> Paths:
    """The folders of a user whose home this is, as tests.support.terminal lays them out."""
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


MOST_FOR_SQLITE = 200_000
"""Articles up to which SQLite's index is built beside ours: a million take it five minutes."""

FLOORS = {"p50": (0.5, 3.0), "p95": (0.95, 15.0), "worst": (1.0, 60.0)}


def measure(corpus: Corpus, work: Path, runs: int) -> list[Figure]:
    """Every prefix of 200 words asked of Library, and some typed into the reader."""
    home = indexed_home(corpus, work, "home-search")
    words = random.Random(3).sample(sorted(corpus.words), min(200, len(corpus.words)))
    one = list(prefixes(words))
    two = [f"{first} {text}" for first, word in pairs(words) for text in prefixes([word])]
    # Marks of its own: those of a home that was given are somebody's.
    paths = paths_under(home)._replace(state=work / "state-search")
    figures: list[Figure] = []
    with open_library(corpus.folder, paths) as library:
        total = library.search.count(parse(""))
        figures.append(_read_ahead(library))
        bare = ask_bare(library.index_directory)
        name = f"keystroke to results, {total:,}"
        asked, limit = _times(one, _ask(library)), _times(one, bare)
        figures += _shares(f"{name}: one word", asked, limit, "bare tantivy, bodies")
        if total <= MOST_FOR_SQLITE:
            theirs = _times(one, _sqlite(library, work / "baseline.db"))
            figures += _shares("  the same", asked, theirs, "SQLite FTS5")
        asked, limit = _times(two, _ask(library)), _times(two, bare)
        figures += _shares(f"{name}: two words", asked, limit, "bare tantivy, bodies")
        figures += _with_marks(library, name, one, two)
        typed = words[: 12 * max(runs // 5, 1)]
        totals = {text: library.search.count(parse(text, typing=True)) for text in prefixes(typed)}
    figures += _first_with_marks(corpus.folder, paths)
    return [*figures, *_painted(corpus, home, typed, totals)]


def _read_ahead(library: Library) -> Figure:
    """What the reader does behind its first frame: afterwards no question waits for the disk."""
    start = time.perf_counter()
    library.index.read_ahead(lambda: True)
    taken = (time.perf_counter() - start) * 1000
    return Figure("the index read ahead, as behind the reader's first frame", taken, "ms")


def pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """The words, two by two."""
    return zip(words[::2], words[1::2], strict=False)


def _ask(library: Library, more: str = "") -> Callable[[str], object]:
    """A question as the reader asks it with each letter."""
    return lambda text: library.search.window(
        parse(f"{more}{text}", typing=True), 0, 50, fold=True, quick=True
    )


def _shares(
    name: str, ours: list[float], theirs: list[float] | None = None, against: str = ""
) -> Iterator[Figure]:
    for label, (share, floor) in FLOORS.items():
        baseline = percentile(theirs, share) if theirs else None
        value = percentile(ours, share)
        yield Figure(f"{name}: {label}", value, "ms", baseline, against, floor=floor)


def _with_marks(library: Library, name: str, one: list[str], two: list[str]) -> Iterator[Figure]:
    """The same while half of the articles are read, only those that are not."""
    library.state.set_read(list(library.search.ids(Query()))[::2], True)
    ask = _ask(library, "is:unread ")
    ask("")  # the first question reads the marks: see _first_with_marks
    yield from _shares(f"{name}: is:unread, one word", _times(one, ask))
    yield from _shares(f"{name}: is:unread, two words", _times(two, ask))
    count = library.search.count
    counted = _times(one, lambda text: count(parse(f"is:unread {text}", typing=True)))
    yield Figure(
        "  the exact total of one word, after it: p95", percentile(counted, 0.95), "ms", floor=100
    )


def _first_with_marks(folder: Path, paths: Paths) -> Iterator[Figure]:
    with open_library(folder, paths) as library:
        first = _times(["is:unread"], _ask(library))[0]
        again = _times(["is:unread a"], _ask(library))[0]
    yield Figure("first is: of a process, half of them read", first, "ms", again, "the second")


def _times(texts: list[str], ask: Callable[[str], object]) -> list[float]:
    taken = []
    for text in texts:
        start = time.perf_counter()
        ask(text)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _sqlite(library: Library, file: Path) -> Callable[[str], object]:
    """The obvious alternative: SQLite's full text index, the newest 50 and the exact count."""
    database = sqlite3.connect(file)
    database.execute(
        "CREATE VIRTUAL TABLE articles USING fts5(title, body, content='', prefix='1 2 3',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    # Row ids fall with the date, so that the newest come first without a sort.
    for number, article in enumerate(library.search.ids(Query())):
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
    corpus: Corpus, home: Path, words: list[str], totals: dict[str, int]
) -> Iterator[Figure]:
    with Terminal(rilo(str(corpus.folder)), (120, 40), home=home) as terminal:
        terminal.wait_for_bytes(corpus.first_words.encode())
        wait_until_quiet(terminal.process.pid)
        everything = len(terminal.output)
        terminal.send("/")
        terminal.wait_for_bytes(SYNC_END, everything)
        typed = _type(terminal, words, totals, PACE)
        # Each letter as soon as the one before is on the screen: more than any typist asks for.
        held = _type(terminal, words, totals, 0)
    name = "keystroke to painted frame"
    pace = f"{1 / PACE:.0f} keys a second"
    yield Figure(f"{name}, {pace}: p50", percentile(typed, 0.5), "ms")
    yield Figure(f"{name}, {pace}: p95", percentile(typed, 0.95), "ms", floor=60)
    yield Figure(f"{name}, no pause at all: p50", percentile(held, 0.5), "ms")
    yield Figure(f"{name}, no pause at all: p95", percentile(held, 0.95), "ms")


def _type(terminal: Terminal, words: list[str], totals: dict[str, int], pace: float) -> list[float]:
    """Milliseconds from each letter to its results on the screen, `pace` seconds between letters.

    A total that stays the same is not painted again, so there is nothing to wait for.
    """
    taken: list[float] = []
    for word in words:
        before = -1
        for text in itertools.accumulate(word):
            since, start = len(terminal.output), time.perf_counter()
            terminal.send(text[-1])
            if totals[text] != before:
                seen = terminal.wait_for_bytes(f"{totals[text]:,} of".encode(), since)
                taken.append((seen - start) * 1000)
            before = totals[text]
            time.sleep(max(0.0, start + pace - time.perf_counter()))
        since = len(terminal.output)
        terminal.send("\x15")  # ctrl+u empties the box
        terminal.wait_for_bytes(SYNC_END, since)
        time.sleep(pace)
    return taken

"""Marks that travel: merges, gestures and launches, beside a plain SQLite upsert of the same rows.

Processor time, since that is what a loaded machine leaves comparable; of one gesture the time it
takes as well, most of which is waiting for the disk.
"""

from __future__ import annotations

import json
import sqlite3
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from tests.support.terminal import environment, rilo

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, interleaved, seconds
from benchmarks.launching import index, launch
from rilo_reader.article import ArticleId
from rilo_reader.paths import Paths, library_name, marks_file
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.journal import SegmentHeader
from rilo_reader.plugins.devices.segments import JOURNALS, write_snapshot
from rilo_reader.plugins.devices.sync import JournalSync, make_sync
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.marks import FEED, READ, SETTING, STARRED, Stamp
from rilo_reader.store.state import State, open_state

NOON = 1_790_000_000_000
TOGETHER = 100
"""Articles of a gesture that marks many; one mark in ten is a gesture of its own."""

SOME = 1_000
ROWS = 5_000  # of files of the user's
_ROUNDS = 5
_GESTURES = 40
_TABLE = "CREATE TABLE mark(id TEXT PRIMARY KEY, read INTEGER, at INTEGER) WITHOUT ROWID"
_UPSERT = """INSERT INTO mark VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE
    SET read = excluded.read, at = excluded.at WHERE excluded.at > at"""

Row = tuple[str, int, int]


def measure(corpus: Corpus, work: Path, runs: int, marks: int) -> list[Figure]:
    """Merges of many marks, of none and of a thousand; a gesture; launches; the disk."""
    work = work / "travel"
    work.mkdir()
    journals = work / "folder" / JOURNALS
    journals.mkdir(parents=True)
    write_journal(journals, "phone-00000001", marks)
    figures = [*_merges(work, journals, marks), *_gesture(work), *_files(work)]
    return [*figures, *_disk(work, marks), *_launches(corpus, work, runs)]


def gestures(device: str, marks: int, first: int = 0, at: int = NOON) -> Iterator[Gesture]:
    """As many marks as read, of articles numbered from `first`, a second apart."""
    stamps = (Stamp((at + 1_000 * second) << 16) for second in count())
    ids = [ArticleId(f"https://example.org/{number:07}") for number in range(first, first + marks)]
    alone, rest = ids[: marks // 10], ids[marks // 10 :]
    groups = [[each] for each in alone]
    groups += [rest[start : start + TOGETHER] for start in range(0, len(rest), TOGETHER)]
    for group, stamp in zip(groups, stamps, strict=False):
        yield Gesture(GestureId(device, stamp), (Assignment(READ, "1", Ids(group)),))


def write_journal(journals: Path, device: str, marks: int, first: int = 0, at: int = NOON) -> None:
    """Write the journal of a device that made gestures."""
    write_snapshot(journals, SegmentHeader(device, "Phone"), 1, gestures(device, marks, first, at))


def _rows(marks: int, first: int = 0, at: int = NOON) -> list[Row]:
    return [
        (article, 1, gesture.id.stamp)
        for gesture in gestures("", marks, first, at)
        for article in gesture.article_ids
    ]


def _processor(work: Callable[[], object]) -> float:
    """Seconds of processor time of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _baseline(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_TABLE)
    return connection


def _upsert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    with connection:
        connection.executemany(_UPSERT, rows)


def _opened(file: Path) -> tuple[State, JournalSync]:
    state = open_state(file)
    return state, JournalSync(
        state.journals, file.with_suffix(".lock"), lambda: time.time_ns() // 1_000_000
    )


def _merges(work: Path, journals: Path, marks: int) -> Iterator[Figure]:
    state, sync = _opened(work / "state.db")
    baseline = _baseline(work / "baseline.db")
    rows = _rows(marks)
    upsert = "one SQLite upsert"
    first = _processor(lambda: sync.turn_on(journals.parent))
    plain = _processor(lambda: _upsert(baseline, rows))
    yield Figure(f"first merge of {marks:,} marks, processor", first, "s", plain, upsert)
    nothing, plain = interleaved(
        _ROUNDS,
        lambda: 1_000 * _processor(sync.sync_now),
        lambda: 1_000 * _processor(lambda: _upsert(baseline, rows)),
    )
    yield Figure("merge of nothing new, processor", nothing, "ms", plain, upsert, 1.0)
    rounds = count(1)

    def merge_some() -> float:
        number = next(rounds)
        device, at = f"tablet-{number:08}", NOON + 10**9 * number
        write_journal(journals, device, SOME, SOME * number, at)
        return 1_000 * _processor(sync.sync_now)

    again = count(1)

    def upsert_some() -> float:
        number = next(again)
        some = _rows(SOME, SOME * number, NOON + 10**9 * number)
        return 1_000 * _processor(lambda: _upsert(baseline, some))

    some, plain = interleaved(_ROUNDS, merge_some, upsert_some)
    yield Figure(f"merge of {SOME:,} among them, processor", some, "ms", plain, upsert)
    state.close()
    baseline.close()


def _gesture(work: Path) -> Iterator[Figure]:
    """A star, in the state and in the journal, beside a durable row."""
    state, sync = _opened(work / "state.db")
    baseline = sqlite3.connect(work / "baseline.db")
    baseline.execute("PRAGMA synchronous=FULL")
    numbers, others = count(), count()

    def star() -> None:
        article = ArticleId(f"https://example.org/{next(numbers):07}")
        state.apply_assignments([Assignment(STARRED, "1", Ids([article]))])
        sync.sync_now()

    def row() -> None:
        number = next(others)
        _upsert(baseline, [(f"https://example.org/{number:07}", 1, (2 * NOON + number) << 16)])

    row_name = "one durable row"
    for name, how in (("processor", _processor), ("as one waits", seconds)):
        taken, plain = interleaved(_GESTURES, partial(how, star), partial(how, row))
        title = f"a gesture, journal included, {name}"
        yield Figure(title, 1_000 * taken, "ms", 1_000 * plain, row_name)
    state.close()
    baseline.close()


def _files(work: Path) -> Iterator[Figure]:
    """What another device changed in files of the user's, and nothing new after it."""
    names = [f"f{number}.example/feed" for number in range(ROWS)]
    text = "".join(f'[[feeds]]\nurl = "https://{name}"\nlimit = 9\n\n' for name in names)
    plain = _processor(lambda: tomllib.loads(text))
    searches = [json.dumps({"name": name, "query": "ivory"}) for name in names]
    changes = {
        "titles of feeds": [
            Assignment(f"{FEED}title", name.upper(), Ids([ArticleId(name)])) for name in names
        ],
        "saved searches": [
            Assignment(f"{SETTING}saved_searches", value, Ids([ArticleId(name)]))
            for name, value in zip(names, searches, strict=True)
        ],
    }
    for what, assignments in changes.items():
        home = work / what.split()[0]
        paths = Paths(*(home / name for name in ("config", "data", "state", "cache")))
        paths.config.mkdir(parents=True)
        paths.default_library.mkdir(parents=True)
        paths.feeds_file.write_text(text)
        paths.settings_file.write_text('travel = "saved_searches"\n')
        with closing(open_state(marks_file(paths.default_library, paths))) as state:
            carrier = Carrier(state, paths)
            carrier.switch_feeds(is_on=True)
            sync = make_sync(state, carrier)
            sync.turn_on(home / "folder")
            now = time.time_ns() // 1_000_000 + 1_000
            done = (
                Gesture(GestureId("phone-00000001", Stamp((now + at) << 16)), (assignment,))
                for at, assignment in enumerate(assignments)
            )
            journals = home / "folder" / JOURNALS
            write_snapshot(journals, SegmentHeader("phone-00000001", "Phone"), 1, done)
            came = _processor(sync.sync_now)
            yield Figure(
                f"{ROWS:,} {what} came, processor", came, "s", plain, "parsing feeds.toml", floor=5
            )
            sync.sync_now()
        with closing(open_state(marks_file(paths.default_library, paths))) as state:
            nothing = 1_000 * _processor(make_sync(state, Carrier(state, paths)).sync_now)
            yield Figure("  nothing new after that, processor", nothing, "ms")


def _disk(work: Path, marks: int) -> Iterator[Figure]:
    plain = (work / "baseline.db").stat().st_size / 1e6
    journal = sum(file.stat().st_size for file in work.glob("folder/marks/phone-*/*")) / 1e6
    table = "the upsert's table"
    yield Figure(f"journal of {marks:,} marks", journal, "MB", plain, table)
    yield Figure("  marks and history here", (work / "state.db").stat().st_size / 1e6, "MB")


def _launches(corpus: Corpus, work: Path, runs: int) -> Iterator[Figure]:
    """Launches on ten articles, with all these marks and sync on, and with none."""
    few = corpus.few(work / "few")
    homes = {name: work / f"home-{name}" for name in ("marked", "plain")}
    for home in homes.values():
        index(few.folder, home)
        launch(rilo(str(few.folder)), few.first_words, home)
    states = Path(environment(homes["marked"])["XDG_STATE_HOME"]) / "rilo-reader"
    state, sync = _opened(states / f"{library_name(few.folder.resolve())}.db")
    report = sync.turn_on(work / "folder")
    if report.problem:
        raise OSError(report.problem)
    state.close()
    argv = rilo(str(few.folder))
    marked, plain = interleaved(
        runs,
        partial(launch, argv, few.first_words, homes["marked"]),
        partial(launch, argv, few.first_words, homes["plain"]),
    )
    yield Figure("launch with all of them journalled", marked, "ms", plain, "no marks", 1.10)

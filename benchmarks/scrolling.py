"""Through all of a library: `j` held down, and from one end of it to the other."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from rich.style import Style
from tests.support.terminal import Terminal, rilo

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure
from benchmarks.launching import MINIMAL, ROOT, indexed_home
from benchmarks.processes import wait_until_quiet
from benchmarks.searching import SYNC_END, paths_under
from rilo_reader.library import open_library
from rilo_reader.query.tree import Query
from rilo_reader.tui.widgets.article_list import RowLayout, draw_row

REPEAT = 1 / 30
"""Seconds between two keys of one that is held, as keyboards repeat them."""

HELD = 40
"""Keys of each time that `j` is held."""

STUTTER = 3 * 1000 * REPEAT
"""Milliseconds between two frames that an eye sees as a stop: three keys without one."""

DRAWN = 15
"""Times that rows are drawn."""

TOLD = 16
"""Characters of a title that tell it from others, and that no list cuts off."""


def measure(corpus: Corpus, work: Path, runs: int) -> list[Figure]:
    """Hold `j`, then go to the bottom and to the top."""
    home = indexed_home(corpus, work, "home-scroll")
    with open_library(corpus.folder, paths_under(home)) as library:
        total = library.search.window(Query(), fold=True).total
        first, last = (
            library.search.window(Query(), place, 1, fold=True).rows[0].title[:TOLD]
            for place in (0, total - 1)
        )
    gaps: list[float] = []
    minimal: list[float] = []
    ends: dict[str, list[float]] = {"G": [], "g": []}
    another: list[float] = []
    with (
        Terminal(rilo(str(corpus.folder)), (120, 40), home=home) as reader,
        Terminal(MINIMAL, (120, 40), home=home, cwd=ROOT) as app,
    ):
        reader.wait_for_bytes(corpus.first_words.encode())
        app.wait_for_bytes(b"minimal-first-text")
        wait_until_quiet(reader.process.pid)
        # In turn, so that a noisy moment meets both.
        for _ in range(max(runs // 3, 3)):
            gaps += _gaps(reader, "j")
            minimal += _gaps(app, "J")
        for _ in range(max(runs, 5)):
            ends["G"].append(_until(reader, "G", last))
            ends["g"].append(_until(reader, "g", first))
            another.append(_until(app, "J", "minimal-text-"))
    held = _held(f"j held, {total:,} rows", gaps, minimal)
    return [*held, *_ends(total, ends, another), *_draw_rows()]


def _draw_rows() -> Iterator[Figure]:
    """Draw rows with whole titles, and rows of two lines, as all were once."""
    from tests.support.shared import samples
    from tests.tui.test_list_row import COLOURS, WIDTHS, real_titles, row

    rows = [row(title, source) for title, source in real_titles(samples)]

    def seconds(width: int, title_rows: int) -> float:
        layout = RowLayout(width, max(2, title_rows), COLOURS, Style(), True, title_rows)
        start = time.process_time()
        for each in rows:
            draw_row.__wrapped__(each, "22:09", None, layout, is_current=False)
        return time.process_time() - start

    for columns, (width, lines) in WIDTHS.items():
        pairs = [
            (seconds(width, lines), seconds(width, 2 if width < 45 else 1)) for _ in range(DRAWN)
        ]
        taken, plain = (statistics.median(each) * 1e3 for each in zip(*pairs, strict=True))
        name = f"drawing 300 rows, {columns} columns"
        yield Figure(name, taken, "ms", plain, "rows of two lines", ratio_floor=1.6)


def _held(name: str, gaps: list[float], minimal: list[float]) -> Iterator[Figure]:
    app = "minimal app"
    for label, of, floor in (
        ("mean", statistics.fmean, None),
        ("median", statistics.median, None),
        ("worst", max, STUTTER),
    ):
        value, baseline = of(gaps), of(minimal)
        yield Figure(
            f"{name}: {label} time between frames", value, "ms", baseline, app, floor=floor
        )


def _ends(total: int, ends: dict[str, list[float]], another: list[float]) -> Iterator[Figure]:
    for key, taken in ends.items():
        for label, of, floor in (("median", statistics.median, None), ("worst", max, 50.0)):
            name = f"{key} through {total:,} rows to the painted row: {label}"
            yield Figure(name, of(taken), "ms", of(another), "minimal app", floor=floor)


def _gaps(terminal: Terminal, key: str) -> list[float]:
    """Milliseconds between the frames that a held key leads to."""
    since, start = len(terminal.output), time.perf_counter()
    for number in range(HELD):
        terminal.send(key)
        # The keyboard repeats by the clock, whatever the program does meanwhile.
        time.sleep(max(0.0, start + (number + 1) * REPEAT - time.perf_counter()))
    end = terminal.wait_for_bytes(SYNC_END, since)
    moments = [end]
    output = terminal.output
    position = output.find(SYNC_END, since) + len(SYNC_END)
    while output.find(SYNC_END, position) != -1:
        moments.append(terminal.wait_for_bytes(SYNC_END, position))
        position = output.find(SYNC_END, position) + len(SYNC_END)
    return [(after - before) * 1000 for before, after in itertools.pairwise(moments)]


def _until(terminal: Terminal, key: str, text: str) -> float:
    """Milliseconds from a key to a text that it brings."""
    since, start = len(terminal.output), time.perf_counter()
    terminal.send(key)
    return (terminal.wait_for_bytes(text.encode(), since) - start) * 1000

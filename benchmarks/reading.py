"""`J` to the painted article, of ordinary and of enormous ones."""

from __future__ import annotations

import time
from pathlib import Path

from tests.support.terminal import Terminal, rilo

from benchmarks.corpus import write_walk
from benchmarks.figures import Figure, percentile
from benchmarks.launching import MINIMAL, ROOT, index


def measure(work: Path, runs: int) -> list[Figure]:
    """Walk through articles of 1,000 and of 100,000 words."""
    home = work / "home-read"
    baseline = _minimal(home, 5 * runs)
    ordinary = _walk(work / "walk", home, 5 * runs, 1_000)
    enormous = _walk(work / "walk-long", home, max(runs, 5), 100_000)
    app = "minimal app, another text"
    return [
        Figure(
            "J to painted article, 1,000 words: p50",
            percentile(ordinary, 0.5),
            "ms",
            percentile(baseline, 0.5),
            app,
        ),
        Figure(
            "J to painted article, 1,000 words: p95",
            percentile(ordinary, 0.95),
            "ms",
            percentile(baseline, 0.95),
            app,
            floor=60,
        ),
        Figure(
            "J to first page, 100,000 words: worst",
            max(enormous),
            "ms",
            max(baseline),
            app,
            floor=150,
        ),
    ]


def _walk(folder: Path, home: Path, count: int, words: int) -> list[float]:
    openings = write_walk(folder, count + 1, words)
    index(folder, home)
    with Terminal(rilo(str(folder)), (120, 40), home=home) as terminal:
        terminal.wait_for_bytes(openings[0].encode())
        return [_press(terminal, opening) for opening in openings[1:]]


def _minimal(home: Path, count: int) -> list[float]:
    with Terminal(MINIMAL, (120, 40), home=home, cwd=ROOT) as terminal:
        terminal.wait_for_bytes(b"minimal-first-text")
        return [_press(terminal, f"minimal-text-{number + 1:05d}-end") for number in range(count)]


def _press(terminal: Terminal, text: str) -> float:
    since, start = len(terminal.output), time.perf_counter()
    terminal.send("J")
    return (terminal.wait_for_bytes(text.encode(), since) - start) * 1000

"""Private memory in use: after opening, searching and walking through 50 articles."""

from __future__ import annotations

from pathlib import Path

from tests.support.terminal import ESCAPE, Terminal, rilo

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure
from benchmarks.launching import MINIMAL, ROOT, indexed_home
from benchmarks.processes import descendants, private_memory
from benchmarks.searching import SYNC_END


def measure(corpus: Corpus, work: Path, walked: int = 50) -> list[Figure]:
    """RssAnon of the reader and of its indexing child, beside a minimal Textual app."""
    home = indexed_home(corpus, work, "home-memory")
    with Terminal(MINIMAL, (120, 40), home=home, cwd=ROOT) as terminal:
        terminal.wait_for_bytes(b"minimal-first-text")
        baseline = private_memory(terminal.process.pid)
    with Terminal(rilo(str(corpus.folder)), (120, 40), home=home) as terminal:
        terminal.wait_for_bytes(corpus.first_words.encode())
        opened = private_memory(terminal.process.pid)
        _press(terminal, "/")
        for word in list(corpus.words)[:20]:
            for letter in word:
                _press(terminal, letter)
            _press(terminal, "\x15")
        _press(terminal, ESCAPE)
        for _ in range(walked):
            _press(terminal, "J")
        used = private_memory(terminal.process.pid)
        children = [private_memory(child) for child in descendants(terminal.process.pid)]
    app = "minimal Textual app"
    return [
        Figure("private memory, just opened", opened, "MB", baseline, app, above=60),
        Figure(f"private memory, searched and {walked} read", used, "MB", baseline, app, above=60),
        *(Figure("  its indexing child beside it", child, "MB") for child in children),
    ]


def _press(terminal: Terminal, key: str) -> None:
    """Press a key and wait for the frame that it leads to."""
    since = len(terminal.output)
    terminal.send(key)
    terminal.wait_for_bytes(SYNC_END, since)

"""Private memory in use: after searching and walking, and while keys and saved files come together.

A new commit of the index must leave nothing of the one before behind, whatever was shown of it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from tests.support.terminal import ESCAPE, Terminal, rilo

from benchmarks.corpus import Corpus, make
from benchmarks.figures import Figure
from benchmarks.launching import MINIMAL, ROOT, index, indexed_home
from benchmarks.processes import descendants, private_memory
from benchmarks.searching import SYNC_END

APP = "minimal Textual app"
ARTICLES = 3_000
KEYS_A_SECOND, FILES_A_SECOND = 10, 3
KEYS = [*"JJJJJJJJJJKKKKKKjk  bGggnN", "\x1b[6~", "\x1b[5~"]
"""What somebody who reads presses, as often."""


def measure(corpus: Corpus, work: Path, walked: int = 50, minutes: float = 10) -> list[Figure]:
    """RssAnon of the reader and of its children, beside a minimal Textual app."""
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
    return [
        Figure("private memory, just opened", opened, "MB", baseline, APP, above=60),
        Figure(f"private memory, searched and {walked} read", used, "MB", baseline, APP, above=60),
        *(Figure("  its indexing child beside it", child, "MB") for child in children),
        *_keys_and_files(work, baseline, minutes),
    ]


def _keys_and_files(work: Path, baseline: float, minutes: float) -> Iterator[Figure]:
    """The same, while random keys are pressed and files are saved, at each doubled minute."""
    corpus, home = make(work / "saved", ARTICLES), work / "home-saved"
    index(corpus.folder, home)
    ended = threading.Event()
    saving = threading.Thread(target=_save, args=(corpus.folder, ended))
    with Terminal(rilo(str(corpus.folder)), (120, 40), home=home) as terminal:
        terminal.wait_for_bytes(corpus.first_words.encode())
        saving.start()
        started, shown = time.monotonic(), 1.0
        try:
            for key in _keys(list(corpus.words)):
                terminal.send(key)
                time.sleep(1 / KEYS_A_SECOND)
                passed = (time.monotonic() - started) / 60
                if passed >= min(shown, minutes):
                    yield from _used(terminal.process.pid, baseline, f"{passed:.0f} min of keys")
                    shown *= 2
                if passed >= minutes:
                    break
        finally:
            ended.set()
            saving.join()


def _keys(words: Sequence[str]) -> Iterator[str]:
    """Keys of somebody who reads, and now and then searches for the beginning of a word."""
    chance = random.Random(5)
    while True:
        if chance.random() < 0.1:
            yield from ("/", "\x15", *chance.choice(words)[:5], "\r")
        yield chance.choice(KEYS)


def _used(process: int, baseline: float, when: str) -> Iterator[Figure]:
    reader = private_memory(process)
    yield Figure(f"private memory, {when} and files", reader, "MB", baseline, APP, above=60)
    for child in descendants(process):
        yield Figure("  its child beside it", private_memory(child), "MB", floor=80)


def _save(folder: Path, ended: threading.Event) -> None:
    """Save a few files a second: new ones, and some that were there."""
    chance = random.Random(6)
    texts = sorted(folder.rglob("*.md"))
    for number in count():
        if ended.wait(1 / FILES_A_SECOND):
            return
        old = chance.choice(texts)
        file = old if number % 2 else folder / f"saved{number:05d}.md"
        file.write_bytes(old.read_bytes() + b"\nSaved once more.\n")


def _press(terminal: Terminal, key: str) -> None:
    """Press a key and wait for the frame that it leads to."""
    since = len(terminal.output)
    terminal.send(key)
    terminal.wait_for_bytes(SYNC_END, since)

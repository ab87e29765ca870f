"""Launch: exec to the first article on the screen, in a pseudo-terminal."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.terminal import Terminal, environment, rilo

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, interleaved
from benchmarks.processes import descendants, processor_ms, wait_until_gone, wakes

MINIMAL = [sys.executable, "-m", "benchmarks.minimal_app"]
FOLLOWED = 200
"""Feeds of somebody who follows many."""

ROOT = Path(__file__).resolve().parent.parent


def launch(
    argv: list[str],
    needle: str,
    home: Path,
    *,
    worked: bool = False,
    env: Mapping[str, str | None] | None = None,
) -> float:
    """Milliseconds from exec until the bytes of a text have reached the terminal.

    With `worked` those of the processor, which neighbours on the machine change less.
    """
    with Terminal(argv, (120, 40), home=home, cwd=ROOT, env=env) as terminal:
        taken = (terminal.wait_for_bytes(needle.encode()) - terminal.started) * 1000
        taken = processor_ms(terminal.process.pid) if worked else taken
        children = descendants(terminal.process.pid)
    # The indexing child may still be at work: the next launch must not share the machine with it.
    wait_until_gone(children)
    return taken


def index(folder: Path, home: Path) -> None:
    """Build a library's index, as an earlier launch would have."""
    argv = rilo("index", "--library", str(folder))
    subprocess.run(argv, env=environment(home), check=True, stdout=subprocess.DEVNULL)


def indexed_home(corpus: Corpus, work: Path, name: str) -> Path:
    """A home of its own below `work`, with an index of the corpus: the one it brings, else made.

    Of a home that is brought only the cache is used: no measurement begins where another ended.
    """
    if corpus.home is None:
        index(corpus.folder, work / name)
        return work / name
    (work / name).mkdir(exist_ok=True)
    cache = work / name / "cache"
    if not cache.is_symlink():
        cache.symlink_to(corpus.home / "cache", target_is_directory=True)
    return work / name


def _follow(home: Path) -> None:
    """Follow feeds, each with a title, a tag and an interval."""
    file = Path(environment(home)["XDG_CONFIG_HOME"]) / "rilo-reader" / "feeds.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    feeds = (
        f'[[feeds]]\nurl = "https://f{number}.example/feed.xml"\ntitle = "Feed {number}"\n'
        f'tags = ["tag {number % 12}"]\nevery = {60 + number}\n'
        for number in range(FOLLOWED)
    )
    file.write_text("\n".join(feeds), encoding="utf-8")


def install_plain(folder: Path) -> Path:
    """Install this checkout without extras; return the folder of its programs.

    Raises CalledProcessError if that failed, such as without a net.
    """
    venv.create(folder, with_pip=True, symlinks=True)
    programs = folder / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", str(ROOT)], check=True)
    return programs


def _plain_install(
    corpus: Corpus, few: Path, home: Path, work: Path, runs: int
) -> Iterator[Figure]:
    """Launches of an install without extras, by turns with one that has them all."""
    try:
        programs = install_plain(work / "plain")
    except subprocess.CalledProcessError:
        print("no plain install: pip failed", file=sys.stderr)
        return
    alone: Mapping[str, str | None] = {"PYTHONPATH": None}
    minimal = [str(programs / "python"), *MINIMAL[1:]]

    def reader(library: Path) -> float:
        argv = [str(programs / "rilo-reader"), str(library)]
        return launch(argv, corpus.first_words, home, env=alone)

    reader(few)
    launch(minimal, "minimal-first-text", home, env=alone)
    base, at_few, at_many, extras = interleaved(
        runs,
        lambda: launch(minimal, "minimal-first-text", home, env=alone),
        lambda: reader(few),
        lambda: reader(corpus.folder),
        lambda: launch(rilo(str(few)), corpus.first_words, home),
    )
    app = "minimal app, plain install"
    yield Figure("launch of a plain install, 10 articles", at_few, "ms", base, app, 1.45)
    yield Figure("  with all its articles", at_many, "ms", base, app, 1.45)
    yield Figure(
        "  the install with all extras, 10 articles", extras, "ms", at_few, "plain install"
    )


def untouched(library: Path, needle: str, home: Path, seconds: float = 10) -> float:
    """How often a second an open reader and its children wake, half a minute after the launch."""
    with Terminal(rilo(str(library)), (120, 40), home=home, cwd=ROOT) as terminal:
        terminal.wait_for_bytes(needle.encode())
        time.sleep(30)
        before = wakes(terminal.process.pid)
        time.sleep(seconds)
        return (wakes(terminal.process.pid) - before).total() / seconds


def measure(corpus: Corpus, work: Path, runs: int) -> list[Figure]:
    """Launches at 10 and at many articles, and the very first one without an index."""
    folder, home = corpus.folder, indexed_home(corpus, work, "home-launch")
    few = corpus.few(work / "few").folder
    many = sum(1 for _ in folder.rglob("*.md"))
    index(few, home)

    def reader(library: Path) -> float:
        return launch(rilo(str(library)), corpus.first_words, home)

    def very_first() -> float:
        shutil.rmtree(fresh / "cache", ignore_errors=True)
        return launch(rilo(str(few)), corpus.first_words, fresh)

    fresh = work / "home-fresh"
    launch(MINIMAL, "minimal-first-text", home)  # bytecode and disk caches are warm for everybody
    reader(few)
    minimal, at_few, at_many = interleaved(
        runs,
        lambda: launch(MINIMAL, "minimal-first-text", home),
        lambda: reader(few),
        lambda: reader(folder),
    )
    minimal_work, few_work = interleaved(
        runs,
        lambda: launch(MINIMAL, "minimal-first-text", home, worked=True),
        lambda: launch(rilo(str(few)), corpus.first_words, home, worked=True),
    )
    follower = work / "home-follower"
    index(few, follower)
    _follow(follower)
    alone, followed = interleaved(
        runs,
        lambda: reader(few),
        lambda: launch(rilo(str(few)), corpus.first_words, follower),
    )
    base, first = interleaved(
        max(runs // 3, 3),
        lambda: launch(MINIMAL, "minimal-first-text", home),
        very_first,
    )
    app = "minimal Textual app"
    return [
        Figure("launch to first article, 10 articles", at_few, "ms", minimal, app, 1.45),
        Figure("  the same in processor time", few_work, "ms", minimal_work, app, 1.45),
        Figure(f"launch to first article, {many:,}", at_many, "ms", minimal, app, 1.45),
        Figure("  the same against 10 articles", at_many, "ms", at_few, "10 articles", 1.10),
        Figure(f"launch with {FOLLOWED} feeds, 10 articles", followed, "ms", alone, "none", 1.05),
        *_plain_install(corpus, few, home, work, runs),
        Figure("first launch ever, no index, 10 articles", first, "ms", base, app),
        Figure(
            "wakes a second, untouched", untouched(few, corpus.first_words, home), "/s", floor=5
        ),
    ]

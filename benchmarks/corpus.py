"""Libraries to measure on: realistic articles from `../shared/tools`, or a generator of our own."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

FIRST_WORDS = "Uppermost opening sentinel"
"""How the body of the newest article of every library here begins; no other text holds it."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of articles, and words of every frequency with their exact counts.

    Attributes:
        folder: where the articles are.
        words: words of every frequency -> how many articles hold each.
        home: a home (as tests.support.terminal lays it out) with an index of the folder, None where
        each measurement makes its own.
        first_words: how the text of the newest article begins.
    """

    folder: Path
    words: dict[str, int]
    home: Path | None = None
    first_words: str = FIRST_WORDS

    def few(self, folder: Path) -> Corpus:
        """Ten articles in a new folder, of which the newest is the newest of this corpus.

        A launch lays it out: with another one the two could not be compared.
        """
        few = make(folder, 9)
        if self.home is not None:
            text = newest_file(self.folder).read_text(encoding="utf-8")
            dated, times = re.subn(r"(?m)^date = .*$", "date = 2035-01-01", text, count=1)
            if not times:
                raise LookupError(f"the newest article of {self.folder} has no date of its own")
            (folder / "newest.md").write_text(dated, encoding="utf-8")
        return replace(few, first_words=self.first_words)


def make(folder: Path, size: int, *, own_words: bool = False) -> Corpus:
    """Write `size` articles into a new folder, the newest with FIRST_WORDS as its first.

    They are those of make_corpus.py where it is present, unless `own_words` is set.
    """
    shared = None if own_words else _with_shared_tool(folder, size)
    corpus = shared if shared is not None else _with_own_words(folder, size)
    write_newest(folder)
    return corpus


def existing(folder: Path, home: Path | None = None) -> Corpus:
    """A folder that make_corpus.py wrote before, with its truth beside it; nothing is written."""
    truth = json.loads(folder.with_name(f"{folder.name}.truth.json").read_text(encoding="utf-8"))
    return Corpus(folder, truth["df"], home, _words_of_the_newest(folder))


def newest_file(folder: Path) -> Path:
    """The file of the article with the last date in a folder of make_corpus.py."""
    from rilo_reader.store.folder import read_article

    newest = folder
    while newest.is_dir():  # its folders are years, months and days
        newest = max(newest.iterdir())
    return max(
        newest.parent.iterdir(),
        key=lambda file: read_article(folder, file.relative_to(folder).as_posix()).date,
    )


def _words_of_the_newest(folder: Path) -> str:
    """How the newest article begins: some words that a terminal shows in one piece."""
    from rilo_reader.store.folder import read_article

    body = read_article(folder, newest_file(folder).relative_to(folder).as_posix()).body
    plain = re.search(r"(?m)^[A-Z][a-z]+(?: [a-z]+){2,4}", body)
    if plain is None:
        raise LookupError(f"the newest article of {folder} does not begin with plain words")
    return plain[0]


def write_newest(folder: Path) -> None:
    """Write the article that every launch here shows first."""
    (folder / "newest.md").write_text(
        '+++\ntitle = "The newest of all"\ndate = 2035-01-01\n+++\n\n'
        f"{FIRST_WORDS} and then the rest of it.\n",
        encoding="utf-8",
    )


def _with_shared_tool(folder: Path, size: int) -> Corpus | None:
    from tests.support.shared import corpus, shared_folder

    shared = shared_folder()
    if shared is None:
        return None
    base = corpus("md")
    sites = [base / site for site in ("digitalgov", "18f") if (base / site).is_dir()]
    argv = [sys.executable, str(shared / "tools" / "make_corpus.py"), "gen"]
    argv += ["--out", str(folder), "-n", str(size)]
    for site in sites or [base]:
        argv += ["--base", str(site)]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    truth = json.loads(folder.with_name(f"{folder.name}.truth.json").read_text(encoding="utf-8"))
    return Corpus(folder, truth["df"])


def _with_own_words(folder: Path, size: int) -> Corpus:
    chance = random.Random(1)
    vocabulary = sorted({"".join(_syllables(chance)) for _ in range(20_000)})
    chance.shuffle(vocabulary)
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    counts: Counter[str] = Counter()
    moment = datetime(2026, 10, 31)  # noqa: DTZ001 (written as a plain date)
    for number in range(size):
        words = chance.choices(vocabulary, weights, k=350)
        counts.update(set(words))
        moment -= timedelta(hours=17)
        file = folder / f"{moment:%Y/%m}" / f"{number:07d}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_article(words, moment), encoding="utf-8")
    common = [word for word, _ in counts.most_common()]
    return Corpus(folder, {word: counts[word] for word in common[:: max(1, len(common) // 240)]})


def _syllables(chance: random.Random) -> Iterator[str]:
    for _ in range(chance.randint(2, 4)):
        yield chance.choice("bcdfghklmnprstvz") + chance.choice("aeiou")


def _article(words: list[str], moment: datetime) -> str:
    title, body = " ".join(words[:8]), re.sub(r"((?:\S+ ){60})", r"\1\n\n", " ".join(words))
    return f'+++\ntitle = "{title}"\ndate = {moment:%Y-%m-%d}\n+++\n\n{body}\n'


def write_walk(folder: Path, count: int, words: int) -> list[str]:
    """Write articles of so many words each; returns what each begins with, newest first."""
    chance = random.Random(2)
    vocabulary = sorted({"".join(_syllables(chance)) for _ in range(5_000)})
    folder.mkdir(parents=True, exist_ok=True)
    openings = []
    for number in range(count):
        opening = f"Opening{number:05d}mark"
        text = " ".join(chance.choices(vocabulary, k=words))
        body = re.sub(r"((?:\S+ ){90})", r"\1\n\n", text)
        day = datetime(2026, 1, 1) - timedelta(days=number)  # noqa: DTZ001 (a plain date)
        (folder / f"walk{number:05d}.md").write_text(
            f'+++\ntitle = "Walk {number}"\ndate = {day:%Y-%m-%d}\n+++\n\n{opening} {body}\n',
            encoding="utf-8",
        )
        openings.append(opening)
    return openings

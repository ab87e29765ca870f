"""Copy a used home to another name without its cache, and compare all that it answers with before.

    python -m tools.judge.moved_home [ROUNDS] [SEED]

A home follows two feeds into a library of its own, beside it or outside, and has another library
with files of the user; articles are read, starred, tagged, highlighted and deleted. It is carried
to one or two other names, or back: with or without its cache and the times of its files, or by
`backup` and `restore`, which make another device, while the old home stays or goes. There it
answers every question as before, undoes the same, and the next refresh brings what is new and
nothing else.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.support.annotate import annotate
from tests.support.servers import Server, serving
from tests.support.terminal import environment, rilo

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.library import open_library
from rilo_reader.paths import APPLICATION, Paths

ENTRIES = 20  # of each feed
FEEDS = ("one", "two")

QUESTIONS = (
    ("list", "--json"),  # first: it builds the index, from which the history has its titles
    ("history", "--json"),
    ("search", "is:read", "--json"),
    ("search", "tag:harbour", "--json"),
    ("search", "word", "--json"),
    ("feeds", "--json"),
    ("highlights", "--format", "jsonl"),
)
OF_CHANGES = ("id", "gesture", "undoes")  # they have the time of the command that is run first
VOLATILE = ("seconds", "when", "last_new", "last_success")


class Journey(NamedTuple):
    """A way in which a home is carried."""

    library: str  # where feeds are collected, relative to the home; "" for the default
    names: tuple[str, ...]  # of the homes, one after the other
    is_gone: bool  # whether the home before is deleted
    with_cache: bool
    with_times: bool  # whether files keep their times
    first: tuple[str, ...]  # the first command in the last home
    by_backup: bool = False

    @property
    def news(self) -> dict[str, int]:
        """What the refresh at the end has to bring."""
        return {"new": 0 if "refresh" in self.first else len(FEEDS), "updated": 0, "failed": 0}

    def carry(self, old: Path, new: Path) -> None:
        """Carry a home."""
        shutil.rmtree(new, ignore_errors=True)
        left = None if self.with_cache else shutil.ignore_patterns("cache")
        if self.by_backup:
            left = shutil.ignore_patterns("cache", "config", "data", "state", self.library or " ")
            Home(old).run("backup", "../home.zip")
        copy = shutil.copy2 if self.with_times else shutil.copy
        shutil.copytree(old, new, ignore=left, copy_function=copy, symlinks=True)
        if self.is_gone:
            shutil.rmtree(old)
        if self.by_backup:
            Home(new).run("restore", str(old.parent / "home.zip"))


LIBRARIES = ("", "news", "deep/er/news", "../outside")
FIRST = (
    ("undo",),
    ("refresh", "--force", "--json"),
    ("sync", "now"),
    ("doctor",),
    ("mark", "star", "3.md", "--library", "own"),
)
NAMES = (("a", "b"), ("a", "a longer name"), ("x/y/z", "w"), ("a", "b", "c"), ("a", "b", "a"))


def choose_journey(chance: random.Random) -> Journey:
    """A journey by chance."""
    sides = (chance.random() < 0.6, chance.random() < 0.25, chance.random() < 0.5)
    journey = Journey(chance.choice(LIBRARIES), chance.choice(NAMES), *sides, chance.choice(FIRST))
    return journey._replace(by_backup=chance.random() < 0.4)


# -- a home ---------------------------------------------------------------------------------------


class Home:
    """A user's home, in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command; return its code and what it printed."""
        done = subprocess.run(
            rilo(*arguments),
            env=environment(self.folder, {"NO_PROXY": "*"}),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments: str) -> list[object]:
        """Return what a command prints, as records where they are; paths begin at the home."""
        code, out, err = self.run(*arguments)
        if code > 1 or "Traceback" in err:
            return [code, err]
        out = out.replace(str(self.folder), "HOME")
        lines: list[object] = [code]
        for line in out.splitlines():
            record = json.loads(line) if line.startswith("{") else line
            if isinstance(record, dict):
                left_out = VOLATILE + (OF_CHANGES if arguments[0] == "history" else ())
                record = {key: it for key, it in record.items() if key not in left_out}
            lines.append(record)
        return lines

    def iter_answers(self) -> Iterator[tuple[str, object]]:
        """Yield questions of both libraries, with their answers."""
        for question in QUESTIONS:
            yield " ".join(question), self.ask(*question)
            if question in QUESTIONS[:2]:
                own = (*question, "--library", "own")
                yield " ".join(own), self.ask(*own)
        yield (
            "sync status",
            [
                {key: record[key] for key in ("folder", "device") if key in record}
                for record in self.ask("sync", "status", "--json")
                if isinstance(record, dict)
            ],
        )

    def iter_endings(self) -> Iterator[tuple[str, object]]:
        """Undo all and redo some, refresh, and yield what came of it."""
        for where in ((), ("--library", "own")):
            for number in range(9):
                yield f"undo {number} {where}", (undone := self.ask("undo", *where))
                if undone[0] != 0:
                    break
            yield f"redo {where}", self.ask("undo", "--redo", *where)
        records = [one for one in self.ask("refresh", "--force", "--json") if isinstance(one, dict)]
        sums = [{key: one.get(key) for key in ("new", "updated", "failed")} for one in records[-1:]]
        yield "refresh", sums
        yield "list", self.ask("list", "--json")
        yield "list own", self.ask("list", "--json", "--library", "own")


def furnish(home: Home, server: Server, library: str) -> None:
    """Follow feeds, write files, and use them."""
    folder = home.folder / (library or "data/rilo-reader/articles")
    config = home.folder / "config" / "rilo-reader"
    config.mkdir(parents=True)
    feeds = "".join(f'[[feeds]]\nurl = "{server.url(f"/{name}")}"\n\n' for name in FEEDS)
    (config / "feeds.toml").write_text(feeds)
    if library:
        named = os.path.normpath(folder) if library.startswith("..") else f"~/{library}"
        (config / "settings.toml").write_text(f'folders = ["{named}"]\n')
    own = home.folder / "own"
    own.mkdir()
    folder.mkdir(parents=True)
    for number in range(4):
        given = f'id = "own-{number}"\n' if number % 2 else ""
        text = (
            f"+++\ntitle = 'Own {number}'\ndate = 2026-01-0{number + 1}\n{given}+++\n\nMy word.\n"
        )
        (own / f"{number}.md").write_text(text)
    home.ask("refresh", "--json")
    paths = [one["path"] for one in home.ask("list", "--json") if isinstance(one, dict)]
    home.ask("sync", "on", "--folder", str(home.folder / "Synced"), "--no-feeds")
    home.ask("mark", "star", *paths[:3])
    home.ask("mark", "read", *paths[2:9])
    home.ask("mark", "tag", "harbour", *paths[4:6])
    home.ask("mark", "unstar", paths[0])
    for path in ("0.md", "1.md"):
        home.ask("mark", "star", path, "--library", "own")
    home.ask("mark", "read", "2.md", "--library", "own")
    home.ask("undo")
    places = ("config", "data", "state", "cache")
    known = Paths(*(home.folder / place / APPLICATION for place in places))
    with open_library(folder, known) as opened:
        passage = Highlight("00000001", Anchor("A word"))
        article = opened.find(paths[1])
        assert article
        annotate(opened.state, article, "highlight:00000001", to_json(passage))
    (folder / paths[-1]).unlink()
    (folder / paths[5]).unlink()


def serve_feed(server: Server, count: int) -> None:
    """Let the feeds have so many entries."""
    for name in FEEDS:
        items = "".join(
            f"<item><title>{name} {number}</title><link>https://{name}.example/{number}</link>"
            f"<guid>{name}-{number}</guid><pubDate>Sat, 07 Mar 2026 10:{number:02}:00 GMT</pubDate>"
            f"<description>A word of {name}, and {number} others.</description></item>"
            for number in range(count)
        )
        feed = f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"
        server.page(f"/{name}", feed.encode())


# -- proof ----------------------------------------------------------------------------------------


def prove(journeys: Sequence[Journey], root: Path) -> list[str]:
    """Return what was other than before, a line each."""
    return [f"{one}: {found}" for one in journeys for found in _prove_one(one, root / "world")]


def _prove_one(journey: Journey, world: Path) -> Iterator[str]:
    shutil.rmtree(world, ignore_errors=True)
    saved = world.with_name("saved")
    shutil.rmtree(saved, ignore_errors=True)
    with serving() as server:
        serve_feed(server, ENTRIES)
        homes = [Home(world / name) for name in journey.names]
        furnish(homes[0], server, journey.library)
        shutil.copytree(world, saved, symlinks=True)
        serve_feed(server, ENTRIES + 1)
        homes[0].ask(*journey.first)
        before = [*homes[0].iter_answers(), *homes[0].iter_endings()]
        shutil.rmtree(world)
        shutil.copytree(saved, world, symlinks=True)
        for old, new in pairwise(homes):
            journey.carry(old.folder, new.folder)
            if new is not homes[-1]:
                new.ask("list")
        homes[-1].ask(*journey.first)
        after = [*homes[-1].iter_answers(), *homes[-1].iter_endings()]
    for (question, was), (_, now) in zip(before, after, strict=False):
        if was != now and not (journey.by_backup and question == "sync status"):
            yield f"{question}: {was} != {now}"
    if before[0][1] == [0] or before[-3][1] != [journey.news]:
        yield f"this is not what was meant: {before}"


def main() -> int:
    """Print what was other than before."""
    rounds, seed = (int(one) for one in (*sys.argv[1:], *("10", "0")[len(sys.argv) - 1 :]))
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        found = prove([choose_journey(chance) for _ in range(rounds)], Path(name))
    print("\n".join(found) or f"{rounds} homes answered as before")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

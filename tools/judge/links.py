"""Libraries with links at random: is anything outside ever sent, served or written?

    python -m tools.judge.links [ROUNDS] [SEED]

In each round a library gets files, and links to files, to folders, to links, inside, outside, to
nothing and to themselves. Then every command that sends or writes is run over it, and a colleague
writes a new version of everything and deletes some. Each file outside has a word of its own: it may
be in no answer of `mcp`, in no table of the archive and in no other desk; and outside every byte is
as it was.
"""

from __future__ import annotations

import base64
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.postgresql import Archive, running_postgresql
from tests.support.terminal import rilo

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.library import open_library
from rilo_reader.paths import marks_file
from rilo_reader.plugins.archive.push import delete_article
from rilo_reader.plugins.mcp.verb import MAX_ARTICLES, McpServer
from rilo_reader.store.folder import FileEntry, find_outside_articles, scan_folder
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT
from rilo_reader.store.state import open_state

_TABLES = ("log", "words", "long", "vocabulary", "mark")
_FOLDERS = ("", "news", "news/2026", "articles", "sub", "sub/deep", "notes", ".hidden")
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAAAAAByaaZbAAAADklEQVR4nGNgGAWjAAIAAAMwAAGG1X8TAAAAAElFTkSuQmCC"
)


class Verdict(NamedTuple):
    """What came of it."""

    rounds: int
    links: int
    led_out: int  # articles to which a link led out of a library
    done: dict[str, int]
    faults: tuple[str, ...]


class Judge:
    """One desk with links, and a colleague's without."""

    def __init__(self, folder: Path, seed: int, archive: Archive | None) -> None:
        """Without an archive only what needs no server is tried."""
        self._random = random.Random(seed)
        self._folder, self._archive = folder, archive
        self.faults: list[str] = []
        self.links = self.led_out = 0
        self.done: dict[str, int] = {}
        self._words = (f"secret{number}word" for number in count())
        self._round = 0
        self._desk: Desk | None = None
        if archive is not None:
            make_archive(archive, ann="contributor", bob="contributor")

    def round(self) -> None:
        """Make a tree, run everything over it, and look."""
        self._round += 1
        home = self._folder / str(self._round)
        self._outside = home / "outside"
        self._desk = Desk(home / "ann", self._archive.url("ann") if self._archive else _NOWHERE)
        self._tree()
        before = self._state_outside()
        self.led_out += len(find_outside_articles(self._desk.folder))
        steps: list[Callable[[], object]] = [self._mcp, self._collect, self._import, self._export]
        steps += [self._highlight]
        if self._archive is not None:
            steps += [self._exchange, self._colleague, self._exchange]
        for step in steps:
            name = step.__name__.removeprefix("_")
            self.done[name] = self.done.get(name, 0) + 1
            if self._random.random() < 0.3:
                self._swap()
                before = self._state_outside()
            step()
            if (now := self._state_outside()) != before:
                changed = sorted(dict(now.items() ^ before.items()))
                self.faults.append(f"round {self._round}: {name} changed {changed} outside")
                before = now
        if self._archive is not None:
            text = "".join(self._archive.sql(f"select * from rilo.{one}") for one in _TABLES)
            self._look_for_words(text, "the archive")

    # -- trees ----------------------------------------------------------------------------------

    def _tree(self) -> None:
        assert self._desk is not None
        for folder in ("", "a", "a/b"):
            place = self._outside / folder
            place.mkdir(parents=True, exist_ok=True)
            for number in range(2):
                text = f"# Out {number}\n\n{next(self._words)} ![p](p.png)\n"
                (place / f"o{number}.md").write_text(text)
            (place / "p.png").write_bytes(_PIXEL + next(self._words).encode())
        for number in range(6):
            folder = self._random.choice(_FOLDERS[:-1])
            head = f'+++\nid = "in-{self._round}-{number}"\n+++\n\n' if number % 2 else ""
            self._desk.write(
                f"{folder}/f{number}.md".lstrip("/"),
                f"{head}# In {number}\n\nText ![p](p.png) ![q](../p.png) ![r](o/p.png)\n",
            )
        (self._desk.folder / ".hidden").mkdir(exist_ok=True)
        for _ in range(14):
            self._link()

    def _link(self) -> None:
        """Make a link somewhere to something."""
        assert self._desk is not None
        root = self._desk.folder
        place = root / self._random.choice(_FOLDERS)
        name = self._random.choice(
            ("l1.md", "l2.md", "f1.md", "o", "news", "articles", "notes", "p.png", "new", "new/n")
        )
        link = place / name
        if os.path.lexists(link) or not link.parent.is_dir():
            return
        inside = [each for each in root.rglob("*") if each.name != name]
        outside = [self._outside, *self._outside.rglob("*")]
        target = self._random.choice(
            (
                self._random.choice(outside),
                self._random.choice(outside),
                self._random.choice(inside),  # which may be a link
                self._outside / "to-come.md",
                link,
            )
        )
        if self._random.random() < 0.4:
            target = Path(os.path.relpath(target, os.path.realpath(link.parent)))
        link.symlink_to(target)
        self.links += 1

    def _swap(self) -> None:
        """Put a link in the place of a file or a folder, with the same text outside."""
        assert self._desk is not None
        found = [one for one in self._desk.folder.rglob("*") if not one.is_symlink()]
        home = self._desk.folder.resolve()
        own = [one for one in found if one.resolve().is_relative_to(home)]
        if not own:
            return
        one = self._random.choice(own)
        target = self._outside / f"swapped-{next(self._words)}{one.suffix}"
        one.rename(target)
        if target.is_file() and target.suffix == ".md":
            target.write_text(f"{target.read_text()}\n{next(self._words)}\n")
        one.symlink_to(target)
        self.links += 1

    def _state_outside(self) -> dict[str, bytes]:
        found = {each: each.is_symlink() for each in self._outside.rglob("*")}
        files = {str(each): each.read_bytes() for each in self._files("*")}
        return files | {
            str(each): str(each.readlink()).encode() if is_link else b""
            for each, is_link in found.items()
            if is_link or each.is_dir()
        }

    def _files(self, pattern: str) -> Iterator[Path]:
        """The files outside, but no links."""
        for each in self._outside.rglob(pattern):
            if each.is_file() and not each.is_symlink():
                yield each

    # -- commands -------------------------------------------------------------------------------

    def _mcp(self) -> None:
        desk = self._desk
        assert desk is not None
        with open_library(desk.folder, desk.paths) as library:
            server = McpServer(library, writes=True)
            paths = [entry.path for entry in _articles(desk)]
            for name, given in _calls(paths):
                self._look_for_words(_asked(server, name, given), f"mcp {name}")
            for word in self._secret_words():
                if "0 of 0" not in _asked(server, "search", {"query": word}):
                    self.faults.append(f"round {self._round}: mcp search finds {word}")

    def _collect(self) -> None:
        """As a refresh does, for sources that have the names of folders."""
        assert self._desk is not None
        for source in ("news", "articles", "sub"):
            try:
                self._desk.collect((source, "entry"), feed=f"https://{source}.example.org/feed")
                self._desk.collect((source, "again"), feed=f"https://{source}.example.org/feed")
            except LibraryError:
                continue  # said, and not written

    def _import(self) -> None:
        source = self._outside.parent / f"import-{self.done['import']}"
        for name in ("news/n.md", "f1.md", "l1.md", "new/n.md", "sub/deep/l2.md"):
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# Imported {name}\n")
        self._run("import", *map(str, source.iterdir()))

    def _export(self) -> None:
        """A page with the pictures of articles that lie within the library."""
        assert self._desk is not None
        out = self._outside.parent / "page.html"
        paths = [entry.path for entry in _articles(self._desk) if entry.path.count("f")]
        names = [part for path in paths for part in ("--article", path)]
        if names:
            self._run("export", "--to", str(out), *names)
        if out.exists():
            text = out.read_text(errors="replace")
            for data in self._files("*.png"):
                if base64.b64encode(data.read_bytes()).decode() in text:
                    self.faults.append(f"round {self._round}: export carries {data}")

    def _highlight(self) -> None:
        """Highlights everywhere, and their notes in a folder of the library, perhaps a link."""
        desk = self._desk
        assert desk is not None
        settings = self._outside.parent / "c/rilo-reader/settings.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('notes_folder = "notes"\n')
        with open_library(desk.folder, desk.paths) as library:
            for _ in library.follower.reconcile():
                pass
            hits = [library.search.find_hit_at(entry.path) for entry in _articles(desk)]
            bodies = [(hit.id, library.article(hit.id).body.strip()) for hit in hits if hit]
        with closing(open_state(marks_file(desk.folder, desk.paths))) as state:
            for number, (article, body) in enumerate(bodies):
                made = Highlight(f"{number:08}", Anchor(body[-30:] or "x", "", "", 0))
                field = HIGHLIGHT + made.id
                state.apply_assignments([Assignment(field, to_json(made), Ids([article]))])
        self._run("highlights", "--notes")

    def _exchange(self) -> None:
        assert self._desk is not None
        self._desk.exchange()

    def _colleague(self) -> None:
        """Have a colleague write a new version of all, and delete some."""
        assert self._archive is not None
        bob = Desk(self._outside.parent / "bob", self._archive.url("bob"))
        bob.exchange()
        for article, file in bob.files().items():
            self._look_for_words(file.read_text(), "a colleague's file")
            file.write_text(f"{file.read_text()}\nBob was here {self._round}\n")
            if self._random.random() < 0.2:
                with closing(administrator(self._archive)) as connection:
                    delete_article(connection, ArticleId(article))
        for path in ("notes.md", "o0.md", "l1.md", "news/l2.md", "sub/f1.md"):
            bob.write(f"by-bob/{path}", f'+++\nid = "{path}"\nsource = "news"\n+++\n\nBob\n')
        bob.exchange()

    def _run(self, *arguments: str) -> str:
        """Run a command as the user does, with the folders of the desk."""
        assert self._desk is not None
        home = self._desk.home
        folders = {"CONFIG": "config", "DATA": "data", "STATE": "state", "CACHE": "cache"}
        where = self._outside.parent
        for short, name in (("c", "config"), ("d", "data"), ("s", "state"), ("k", "cache")):
            link = where / short / "rilo-reader"
            link.parent.mkdir(exist_ok=True)
            if not os.path.lexists(link):
                (home / name).mkdir(exist_ok=True)
                link.symlink_to(home / name)
        environment = {
            **os.environ,
            "HOME": str(where),
            **{f"XDG_{key}_HOME": str(where / name[0]) for key, name in folders.items()},
            "XDG_CACHE_HOME": str(where / "k"),
        }
        command = rilo(*arguments, "--library", str(self._desk.folder))
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        if "unexpected error" in done.stderr or "Traceback" in done.stderr:
            self.faults.append(f"round {self._round}: {arguments[0]}: {done.stderr[-300:]}")
        return done.stdout

    # -- words ----------------------------------------------------------------------------------

    def _secret_words(self) -> Iterator[str]:
        for file in self._files("*.md"):
            yield from (part for part in file.read_text().split() if part.startswith("secret"))

    def _look_for_words(self, text: str, where: str) -> None:
        found = {word for word in self._secret_words() if word in text}
        if found:
            self.faults.append(f"round {self._round}: {where} has {sorted(found)}")


_NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def _articles(desk: Desk) -> Iterator[FileEntry]:
    for entries in scan_folder(desk.folder):
        yield from entries


def _asked(server: McpServer, name: str, given: dict[str, object]) -> str:
    call = {"method": "tools/call", "params": {"name": name, "arguments": given}}
    line = json.dumps({"jsonrpc": "2.0", "id": 1, **call}).encode() + b"\n"
    return json.dumps(list(server.iter_answers(io.BytesIO(line))))


def _calls(paths: list[str]) -> Iterator[tuple[str, dict[str, object]]]:
    yield "list", {"limit": MAX_ARTICLES}
    yield "search", {"query": "out OR text OR in", "limit": MAX_ARTICLES}
    yield "highlights", {}
    for path in paths:
        yield "show", {"id": path}
        yield "note", {"id": path, "passage": "Out", "note": "x"}


def judge(folder: Path, rounds: int, seed: int, archive: Archive | None = None) -> Verdict:
    """Run so many rounds; with an archive, also through it."""
    judged = Judge(folder, seed, archive)
    for _ in range(rounds):
        judged.round()
    return Verdict(rounds, judged.links, judged.led_out, judged.done, tuple(judged.faults))


def main(arguments: list[str]) -> int:
    """Print the verdict; 1 where something was sent or written."""
    rounds, seed = (*map(int, arguments), *(20, 1)[len(arguments) :])
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        verdict = judge(Path(folder), rounds, seed, server.new_archive())
    print(f"{verdict.links} links, {verdict.led_out} articles behind them outside; {verdict.done}")
    for line in verdict.faults:
        print(line)
    print(f"{len(verdict.faults)} faults")
    return int(bool(verdict.faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

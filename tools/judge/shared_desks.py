"""Desks that share an archive: collect, edit, delete, mark, kill and restore at random; compare.

    python -m tools.judge.shared_desks [ROUNDS] [SEED] [ARTICLES]

In each round a desk does something, then exchanges, perhaps in a process that is killed (SIGKILL)
at a random moment. At the end all exchange, and what nobody deleted or changed in two places is the
same everywhere: each article once, each mark with its person, and with nobody else; and the log
has no version twice.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.plugins.archive.desks import Desk, make_archive
from tests.support.postgresql import Archive, running_postgresql

from rilo_reader.article import ArticleId
from rilo_reader.plugins.archive.files import read_portable
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.store.folder import scan_folder

_TWICE = """select distinct id from (select id, text, deleted, lag(text) over versions as before
    from rilo.log window versions as (partition by id order by seq)) as versions
    where text = before and not deleted"""
PEOPLE = ("anna", "ben", "cleo")


class Verdict(NamedTuple):
    """What came of it."""

    done: dict[str, int]  # what was done, and how often
    articles: int
    differences: tuple[str, ...]


class Judge:
    """Three desks and an administrator at one archive."""

    def __init__(self, archive: Archive, folder: Path, seed: int, articles: int) -> None:
        self._archive = archive
        self._random = random.Random(seed)
        make_archive(archive, anna="contributor", ben="contributor", cleo="administrator")
        self.desks = [Desk(folder / name, archive.url(name)) for name in PEOPLE]
        self.done: dict[str, int] = {}
        self._number = 0
        self._took = 0.2  # s of the last exchange
        self._stars: dict[tuple[int, ArticleId], bool] = {}
        self._deleted: list[set[ArticleId]] = [set() for _ in PEOPLE]
        self._folder = folder
        self.desks[0].collect(*((f"first-{n}", f"text {n}") for n in range(articles)))
        for desk in self.desks:
            desk.exchange()

    def round(self) -> None:
        """Do something at a desk, and exchange, or be killed."""
        at = self._random.randrange(len(self.desks))
        desk = self.desks[at]
        what = self._random.choice(("collect", "write", "edit", "delete", "star", "nothing"))
        paths = sorted(entry.path for entries in scan_folder(desk.folder) for entry in entries)
        if not paths and what in ("edit", "delete", "star"):
            what = "collect"
        path = self._random.choice(paths) if paths else ""
        article = read_portable(desk.folder, path).article.id if path else ArticleId("")
        file = desk.folder / path
        self._number += 1
        if what == "collect":
            some = [self._random.randrange(self._number * 3) for _ in range(5)]
            desk.collect(*((f"e{n}", f"entry {n}") for n in dict.fromkeys(some)))
        elif what == "write":
            desk.write(f"notes/{at}-{self._number}.md", f"Note {self._number}\n")
        elif what == "edit":
            file.write_text(f"{file.read_text()}\nedit {self._number} of {at}\n")
        elif what == "delete":
            file.unlink()
            self._deleted[at].add(article)
        elif what == "star":
            value = self._random.random() < 0.7
            desk.star(article, value)
            self._stars[at, article] = value
        self._count(what)
        if self._random.random() < 0.3:
            self._killed(desk)
        elif self._random.random() < 0.8:
            started = time.monotonic()
            desk.exchange()
            self._took = time.monotonic() - started

    def _killed(self, desk: Desk) -> None:
        """Exchange in a process that is killed."""
        script = (
            "import sys; from pathlib import Path; from tests.plugins.archive.desks import Desk; "
            "desk = Desk(Path(sys.argv[1]), sys.argv[2]); print('begun', flush=True); "
            "desk.exchange()"
        )
        url = self._archive.url(desk.home.name)
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(desk.home), url],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if process.stdout is not None:
            process.stdout.readline()
        time.sleep(self._random.random() * 1.3 * self._took)
        self._count("killed" if process.poll() is None else "killed too late")
        process.kill()
        process.communicate()

    def restore(self) -> None:
        """Have the server go back to a moment between two rounds."""
        dump = self._folder / "dump"
        self._archive.backup(dump)
        for _ in range(5):
            self.round()
        self._archive.restore(dump)
        self._count("restored")

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def verdict(self) -> Verdict:
        """Exchange everything, and compare."""
        for _ in range(3):
            for desk in self.desks:
                desk.exchange()
        texts = [desk.texts() for desk in self.desks]
        everywhere = set().union(*texts)
        differences: list[str] = []
        kept = [self._kept(desk, everywhere, differences) for desk in self.desks]
        for article in sorted(everywhere):
            having = set()
            for at, text in enumerate(texts):
                if article not in text and article not in self._deleted[at]:
                    differences.append(f"{PEOPLE[at]} lacks {article}")
                elif article in text and article not in kept[at]:
                    having.add(text[article])
            if len(having) > 1:
                differences.append(f"{article} is not the same everywhere")
        for at, desk in enumerate(self.desks):
            wanted = {
                ("starred", article, "1")
                for (who, article), is_starred in self._stars.items()
                if who == at and is_starred
            }
            found = {mark for mark in desk.all_marks() if mark[2] != "0"}
            differences += [f"{PEOPLE[at]}: {mark} is missing" for mark in wanted - found]
            differences += [f"{PEOPLE[at]}: nobody marked {mark}" for mark in found - wanted]
        twice = self._archive.sql(_TWICE)
        if twice:
            differences.append(f"the log has twice the same of {twice}")
        return Verdict(self.done, len(everywhere), tuple(differences))

    def _kept(self, desk: Desk, articles: set[ArticleId], differences: list[str]) -> set[ArticleId]:
        """Return the articles that a desk has with another text, since both have changed it."""
        with open_records(desk.folder, desk.paths) as records:
            if records.count_waiting():
                differences.append(f"{desk.home.name} still has something to send")
            agreed = records.agreed_versions(articles)
        return {one for one in articles if one in agreed and agreed[one].kept}


def judge(
    archive: Archive, folder: Path, rounds: int, seed: int, articles: int, *, restore: bool = True
) -> Verdict:
    """Run so many rounds, with a restored backup in the middle."""
    judged = Judge(archive, folder, seed, articles)
    for number in range(rounds):
        if restore and number == rounds // 2:
            judged.restore()
        judged.round()
    return judged.verdict()


def main(arguments: list[str]) -> int:
    """Print the verdict; 1 where something differs."""
    rounds, seed, articles = (*map(int, arguments), *(100, 1, 10_000)[len(arguments) :])
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        verdict = judge(server.new_archive(), Path(folder), rounds, seed, articles)
    print(f"{verdict.articles:,} articles; {verdict.done}")
    for line in verdict.differences:
        print(line)
    print(f"{len(verdict.differences)} differences")
    return int(bool(verdict.differences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

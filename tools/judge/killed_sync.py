"""Kill syncs with a real Miniflux at random moments, sync again, and compare with one in peace.

    python -m tools.judge.killed_sync [KILLS] [SEED] [miniflux|greader]

Two users of one server follow the same feeds, each from a home of their own. Between rounds entries
are published, and the same marks are set in both homes and by both users on their phones. Then one
home is refreshed in peace; in the other, `rilo-reader refresh` is killed (SIGKILL), and then
refreshed in peace too. The moment is random, more often in the second half, since a
process only starts for much of the first. After each round both homes and both users are the same:
every file byte for byte, the marks here and there, and the account's records.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tests.plugins.accounts.homes import GREADER, OWN, Home
from tests.plugins.accounts.miniflux_devices import numbers, there, titled
from tests.support.miniflux_server import MinifluxServer, MinifluxUser, rss, running_miniflux
from tests.support.servers import Server, serving
from tests.support.terminal import environment, rilo

from rilo_reader.article import ArticleId
from rilo_reader.paths import library_name
from rilo_reader.plugins.accounts.service import Api, ServerMarks
from rilo_reader.store.marks import AGREED, NO_MARKS
from rilo_reader.store.state import State, open_state

FEEDS = 3
FIRST_ENTRIES = 40
MOST_NEW = 6
MARKED = 40
"""Marks that are set each round at most, in each of four ways."""


class Verdict(NamedTuple):
    """What came of it.

    Attributes:
        kills: syncs that were killed before they had come to an end.
        late: those that had come to their end before the kill.
        midway: of those killed, how many had changed something at the server or in the library
            and left something to be done.
        pushing: of these, how many had sent some marks, and not all.
        entries: entries at the end.
        differences: what was not the same, a line each.
    """

    kills: int = 0
    late: int = 0
    midway: int = 0
    pushing: int = 0
    entries: int = 0
    differences: tuple[str, ...] = ()


class Side:
    """A user of the server, and their home."""

    def __init__(self, folder: Path, server: MinifluxServer, api: Api) -> None:
        self.user: MinifluxUser = server.new_user()
        self.home = Home(folder, self.user, api)
        self.home.join()
        self._state_file = self.home.paths.state / f"{library_name(self.home.library)}.db"

    def state(self) -> State:
        return open_state(self._state_file)

    def mark(self, read: Mapping[str, bool], starred: Mapping[str, bool]) -> None:
        """Give and take marks in the home, by title."""
        ids = self.home.ids()
        state = self.state()
        for value in (True, False):
            state.set_read([ArticleId(ids[t]) for t in read if read[t] is value], value)
            state.set_starred([ArticleId(ids[t]) for t in starred if starred[t] is value], value)
        state.close()

    def mark_on_phone(self, read: Mapping[str, bool], starred: Mapping[str, bool]) -> None:
        """Give and take marks at the server, by title."""
        ids, marks = numbers(self.user), there(self.user)
        for value in (True, False):
            if some := [ids[title] for title in read if read[title] is value]:
                self.user.set_read(some, value)
        self.user.toggle_star(ids[t] for t in starred if marks[t].starred is not starred[t])

    def marks(self) -> dict[str, ServerMarks]:
        """The marks in the home, by title."""
        ids = self.home.ids()
        state = self.state()
        marks = state.marks(map(ArticleId, ids.values()))
        state.close()
        found = {title: marks.get(ArticleId(one), NO_MARKS) for title, one in ids.items()}
        return {title: ServerMarks(one.read, one.starred) for title, one in found.items()}

    def agreed(self) -> dict[str, str]:
        """What was agreed with the account, and what is being sent, by mark and title."""
        titles = {article: title for title, article in self.home.ids().items()}
        state = self.state()
        gestures = list(state.journals.iter_snapshot())
        state.close()
        return {
            f"{part.field.split(':', 2)[2]} {titles[article]}": part.value
            for gesture in gestures
            for part in gesture.assignments
            for article in part.ids
            if part.field.startswith(AGREED) and part.value == "1"
        }

    def snapshot(self) -> dict[str, str]:
        """Everything that must be the same, as text."""
        found = {f"file {path}": repr(data) for path, data in self.home.files().items()}
        found |= {f"mark {title}": repr(marks) for title, marks in self.marks().items()}
        found |= {f"agreed {name}": values for name, values in self.agreed().items()}
        found |= {f"mark there {title}": repr(marks) for title, marks in there(self.user).items()}
        with self.home.records() as records:
            for batch in records.iter_articles("home"):
                for each in records.read_entries(
                    "home", chain.from_iterable(batch.values())
                ).values():
                    # Numbers are those of each user. Two records of one article would be seen.
                    name = f"record {each.article}"
                    found[name] = found.get(name, "") + repr((each.fingerprint, each.digest))
            account = records.read_account("home")
            found["account"] = repr((account.failure, account.reason, account.failures))
            found["feeds"] = repr(sorted(feed.title for feed in records.list_feeds("home")))
        return found

    def refresh(self) -> float:
        """Refresh to the end; return the seconds that it took."""
        begun = time.monotonic()
        status = self._started().wait(300)
        if status:
            raise AssertionError(f"A refresh in peace ended with {status}.")
        return time.monotonic() - begun

    def kill(self, moment: float) -> bool:
        """Refresh, and kill it after so many seconds; return whether it was hit."""
        process = self._started()
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            # With its workers, as where power fails.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            rilo("refresh", "--quiet"),
            env=environment(self.home.folder),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


class Rounds:
    """Rounds of kills.

    Args:
        work: a folder for all of it.
        server: the server.
        web: where it finds the feeds.
        api: the API of the accounts.
        seed: of all that happens by chance.
    """

    def __init__(
        self, work: Path, server: MinifluxServer, web: Server, api: Api, seed: int
    ) -> None:
        self._chance = random.Random(seed)
        self._web = web
        self._count = FIRST_ENTRIES
        self.peace = Side(work / "peace", server, api)
        self.war = Side(work / "war", server, api)
        for number in range(FEEDS):
            self._publish(number)
            for side in (self.peace, self.war):
                side.user.add_feed(web.url(f"/{number}.xml"))

    def _publish(self, number: int) -> None:
        self._web.page(f"/{number}.xml", rss(f"Feed {number}", titled(number, self._count)))

    def change(self) -> None:
        """Publish entries, and mark some here and some there, the same for both."""
        new = self._chance.randrange(MOST_NEW)
        self._count += new
        for number in range(FEEDS if new else 0):
            self._publish(number)
        if new:
            for side in (self.peace, self.war):
                for feed in side.user.call("GET", "feeds"):
                    side.user.fetch(feed["id"])
        titles = sorted(self.peace.home.ids())
        for way in (Side.mark, Side.mark_on_phone):
            read, starred = self._marks(titles), self._marks(titles)
            for side in (self.peace, self.war):
                way(side, read, starred)

    def _marks(self, titles: Sequence[str]) -> dict[str, bool]:
        some = self._chance.sample(titles, min(len(titles), self._chance.randrange(MARKED)))
        return {title: self._chance.random() < 0.6 for title in some}

    def play(self, kills: int) -> Iterator[Verdict]:
        """Yield the verdict after each round, until something is not the same."""
        verdict = Verdict()
        for number in range(kills):
            if number:
                self.change()
            took = self.peace.refresh()
            # A process starts for half of the time.
            first = self._chance.choice((0, 0.5, 0.5, 0.5))
            moment = took * (first + self._chance.random() * (1 - first))
            before = self.war.snapshot()
            hit = self.war.kill(moment)
            after = self.war.snapshot()
            self.war.refresh()
            end, expected = self.war.snapshot(), self.peace.snapshot()
            wrong = tuple(
                f"round {number}: {name}: {expected.get(name)} / {end.get(name)}"
                for name in sorted(expected.keys() | end.keys())
                if expected.get(name) != end.get(name)
            )
            is_midway = hit and before != after != end
            sent, left = _there_differ(before, after), _there_differ(after, end)
            verdict = Verdict(
                verdict.kills + hit,
                verdict.late + (not hit),
                verdict.midway + is_midway,
                verdict.pushing + (is_midway and sent and left),
                FEEDS * self._count,
                wrong,
            )
            yield verdict
            if wrong:
                return


def _there_differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(one[key] != other[key] for key in one if key.startswith("mark there "))


def prove(server: MinifluxServer, api: Api, kills: int, seed: int) -> Iterator[Verdict]:
    """Kill so many syncs; yield the verdict after each."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        web = stack.enter_context(serving())
        yield from Rounds(work, server, web, api, seed).play(kills)


def main(arguments: Sequence[str]) -> int:
    """Print the verdict of an API, or of both."""
    kills, seed = (*map(int, arguments[:2]), *(100, 1)[len(arguments) :])
    failed = False
    with running_miniflux() as server:
        for api in map(Api, arguments[2:]) if arguments[2:] else (OWN, GREADER):
            verdict = Verdict()
            for number, verdict in enumerate(prove(server, api, kills, seed), 1):
                print(
                    f"\r{api}: {number} of {kills}: {verdict.kills} killed, {verdict.late} had "
                    f"ended before; {verdict.midway} midway, {verdict.pushing} of them while marks "
                    f"were sent; {verdict.entries} entries",
                    end="",
                    flush=True,
                )
            print(f"; {len(verdict.differences)} differences")
            for line in verdict.differences[:20]:
                print(line[:1000])
            failed = failed or bool(verdict.differences)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Kill refreshes at random moments, refresh again, and compare with a library never disturbed.

    python -m tools.judge.killed_refresh [KILLS] [SEED]

Two libraries follow the same feeds, which change between rounds: entries come, go, and are edited.
In each round the one is refreshed in peace; the other is killed (SIGKILL) at a random moment of
its refresh, and then refreshed in peace too. After each round both are the same, byte for byte:
every file, and all that the ledger knows. Clocks are told to the refreshes, so that times are too.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.support.servers import Server, serving

from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.progress import Phase
from rilo_reader.feeds.subscriptions import Subscription, add_feeds, load
from rilo_reader.paths import Paths

FIRST = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
HOSTS = 10
_BLOCK = re.compile(r"<(item|entry)[\s>].*?</\1>", re.DOTALL)


class Verdict(NamedTuple):
    """What came of it.

    Attributes:
        kills: refreshes that were killed before they had come to an end.
        late: those that had come to their end before the kill.
        differences: what was not the same, a line each.
        articles: files in the library at the end.
        broken: files that were ever seen half written under an article's name.
    """

    kills: int
    late: int
    differences: tuple[str, ...]
    articles: int
    broken: int


# -- feeds that change --------------------------------------------------------------------------


class Changing:
    """One feed's text, of which entries come, go and are edited."""

    def __init__(self, text: str, most: int = 6) -> None:
        found = list(_BLOCK.finditer(text))
        self._head = text[: found[0].start()] if found else text
        self._tail = text[found[-1].end() :] if found else ""
        self._blocks = [block[0] for block in found[:most]]

    @property
    def data(self) -> bytes:
        """The feed as it is now."""
        return (self._head + "\n".join(self._blocks) + self._tail).encode()

    def change(self, number: int, chance: random.Random) -> None:
        """Let something happen to it."""
        if not self._blocks:
            return
        place = chance.randrange(len(self._blocks))
        block = self._blocks[place]
        what = chance.choice(("edit", "edit", "link", "new", "new", "drop"))
        if what == "edit":
            self._blocks[place] = re.sub(r"(<title[^>]*>)", rf"\1Edit {number} ", block, count=1)
        elif what == "link":
            self._blocks[place] = _other_link(block, number)
        elif what == "new":
            fresh = re.sub(r"(</(?:guid|id)>)", rf"-{number}\1", _other_link(block, number))
            self._blocks.insert(0, re.sub(r"(<title[^>]*>)", rf"\1New {number} ", fresh, count=1))
        elif len(self._blocks) > 2:
            self._blocks.pop()


def _other_link(block: str, number: int) -> str:
    block = re.sub(r"(</link>)", rf"?{number}\1", block, count=1)
    return re.sub(r'(<link[^>]*href="[^"]*)', rf"\1?{number}", block, count=1)


def made_feeds(count: int) -> list[str]:
    """Feeds of our own words: RSS and Atom, with and without guids and dates."""
    return [_made_rss(number) if number % 2 else _made_atom(number) for number in range(count)]


def _made_rss(number: int) -> str:
    items = "".join(
        f"<item><title>Story {n}</title><link>https://site{number}.example/{n}</link>"
        + (f"<guid isPermaLink='false'>story-{n}</guid>" if number % 3 else "")
        + (f"<pubDate>Sat, 0{n + 1} Mar 2025 10:0{n}:00 GMT</pubDate>" if n % 2 else "")
        + f"<description>&lt;p&gt;Text {n} of feed {number}.&lt;/p&gt;</description></item>"
        for n in range(5)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>"


def _made_atom(number: int) -> str:
    entries = "".join(
        f"<entry><id>tag:site{number}.example,2025:{n}</id><title>Note {n}</title>"
        f'<link href="https://site{number}.example/{n}"/><updated>2025-03-0{n + 1}T10:00:00Z'
        f"</updated><content type='html'>&lt;p&gt;Text {n}.&lt;/p&gt;</content></entry>"
        for n in range(5)
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Feed {number}</title>{entries}</feed>"


# -- libraries ----------------------------------------------------------------------------------


def paths_of(root: Path) -> Paths:
    """The folders of one library's user."""
    return Paths(*(root / name for name in ("config", "data", "state", "cache")))


def library_of(root: Path) -> Path:
    """The library itself."""
    return root / "library"


def start(root: Path, now: datetime) -> subprocess.Popen[bytes]:
    """A refresh in a process of its own that says "go" when it begins, and then each end."""
    command = [
        sys.executable,
        "-m",
        "tools.judge.killed_refresh",
        "--child",
        str(root),
        now.isoformat(),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def wait_for_go(child: subprocess.Popen[bytes]) -> None:
    """Wait until a child begins."""
    assert child.stdout is not None
    line = child.stdout.readline()
    if line != b"go\n":
        raise AssertionError(f"The refresh did not begin: {line!r}")


async def child(root: Path, now: datetime) -> None:
    """Refresh everything once; what `start` starts."""
    from rilo_reader.feeds.update import update_feeds
    from rilo_reader.feeds.update_request import update_request
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.fetch.messages import FetchLimits

    paths = paths_of(root)
    subscriptions, _ = load(paths.feeds_file)
    request = update_request(subscriptions, subscriptions, paths.feeds_file, force=True)
    async with HttpClient(FetchLimits(per_host=8), proxies={}) as fetcher:
        print("go", flush=True)
        with open_collection(library_of(root), paths) as collection:
            async for progress in update_feeds(collection, request, fetcher, lambda: now):
                if progress.state is Phase.FAILED:
                    raise AssertionError(f"{progress.url}: {progress.reason}")


def snapshot(root: Path) -> dict[str, str]:
    """Everything that was collected: each file, and each row of the ledger, as text."""
    folder = library_of(root)
    found = {
        f"file {file.relative_to(folder)}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }
    with closing(sqlite3.connect(ledger_file(folder, paths_of(root)))) as ledger:
        ledger.row_factory = sqlite3.Row
        for row in ledger.execute("SELECT * FROM feed"):
            values = {key: row[key] for key in row.keys() if key != "number"}  # noqa: SIM118  # a Row
            found[f"feed {row['key']}"] = repr(values)
        query = "SELECT a.*, f.key AS feed_key FROM article a JOIN feed f ON f.number = a.feed"
        for row in ledger.execute(query):
            names = ("feed_key", "path", "seen", "content_hash", "file", "body", "done")
            found[f"article {row['id']}"] = repr([row[name] for name in names])
        query = (
            "SELECT f.key, k.kind, k.value, a.id FROM key k "
            "JOIN feed f ON f.number = k.feed JOIN article a ON a.number = k.article"
        )
        for row in ledger.execute(query):
            found[f"key {tuple(row)}"] = ""
    return found


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """What is not the same in two snapshots."""
    return [
        f"{name}: {one.get(name, 'missing')} / {other.get(name, 'missing')}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def half_written(root: Path) -> int:
    """Files under an article's name that are not whole, as a killed refresh must never leave."""
    count = 0
    for file in library_of(root).rglob("*.md"):
        text = file.read_text(encoding="utf-8")
        count += not (text.startswith("+++\nid = ") and "\n+++\n\n" in text)
    return count


# -- the proof ----------------------------------------------------------------------------------


def prove(feeds: Sequence[str], kills: int, seed: int, *, report: bool = False) -> Verdict:
    """Kill so many refreshes of these feeds, and compare."""
    chance = random.Random(seed)
    changing = [Changing(text) for text in feeds]
    found: list[str] = []
    killed = late = broken = 0
    with tempfile.TemporaryDirectory() as name, serving(hosts=HOSTS) as server:
        peace, war = Path(name) / "peace", Path(name) / "war"
        for number, feed in enumerate(changing):
            _serve(server, number, feed, 0)
        for root in (peace, war):
            _follow(root, server, len(changing))
        for number in range(1, kills + 1):
            now = FIRST + timedelta(hours=number)
            took = _in_peace(peace, now)
            hit, halves = _killed(war, now, chance.random() * took)
            killed, late, broken = killed + hit, late + (not hit), broken + halves
            _in_peace(war, now)
            wrong = differences(snapshot(peace), snapshot(war))
            found += [f"round {number}: {line}" for line in wrong]
            if report:
                print(f"\r{number} of {kills}: {killed} hit, {len(found)} differ", end="")
            if wrong:
                break
            # Every tenth round everything changes, else a feed in three.
            for place, feed in enumerate(changing):
                if number % 10 == 0 or chance.random() < 1 / 3:
                    feed.change(number, chance)
                    _serve(server, place, feed, number)
        articles = len(list(library_of(war).rglob("*.md")))
    return Verdict(killed, late, tuple(found), articles, broken)


def _serve(server: Server, number: int, feed: Changing, version: int) -> None:
    server.page(f"/{number}", feed.data, etag=f'"{number}-{version}"')


def _follow(root: Path, server: Server, count: int) -> None:
    addresses = [server.url(f"/{n}", host=f"127.0.0.{1 + n % HOSTS}") for n in range(count)]
    titles = [f"Feed number {n}" for n in range(count)]
    several = [Subscription(url, title) for url, title in zip(addresses, titles, strict=True)]
    add_feeds(paths_of(root).feeds_file, several)


def _in_peace(root: Path, now: datetime) -> float:
    """Refresh to the end; the seconds from its beginning on."""
    process = start(root, now)
    wait_for_go(process)
    begun = time.monotonic()
    if process.wait(300):
        raise AssertionError("A refresh in peace failed.")
    return time.monotonic() - begun


def _killed(root: Path, now: datetime, moment: float) -> tuple[bool, int]:
    """Refresh, and kill it so many seconds after its beginning: whether it was hit, and halves."""
    process = start(root, now)
    wait_for_go(process)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True, half_written(root)
    return False, half_written(root)


def _real_feeds() -> list[str]:
    from tests.support.shared import corpus

    folder = corpus("feeds") / "fastfeedparser" / "benchmark_data"
    texts = [
        file.read_text(encoding="utf-8", errors="replace")
        for file in sorted(folder.iterdir())
        if file.is_file()
    ]
    return [text for text in texts if _BLOCK.search(text)][:100]


def main(arguments: Sequence[str]) -> int:
    """Print the verdict."""
    if arguments[:1] == ["--child"]:
        asyncio.run(child(Path(arguments[1]), datetime.fromisoformat(arguments[2])))
        return 0
    kills = int(arguments[0]) if arguments else 200
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    feeds = _real_feeds()
    verdict = prove(feeds, kills, seed, report=True)
    print(f"\r{len(feeds)} feeds, {kills} rounds: {verdict.kills} refreshes killed midway, ")
    print(f"{verdict.late} had ended before; {verdict.articles} articles; ")
    print(f"{verdict.broken} files half written, {len(verdict.differences)} differences.")
    for line in verdict.differences[:20]:
        print(line[:1000])
    return 1 if verdict.differences or verdict.broken else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

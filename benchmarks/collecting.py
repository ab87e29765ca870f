"""A refresh of many feeds from a server that takes its time, beside newsboat on the same feeds.

To be run where nothing was deleted for five minutes: ext4 passes over the places of files deleted
since then one by one, and making a file takes ten times as long.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.servers import Server, serving
from tests.support.terminal import environment, rilo

from benchmarks.figures import Figure, seconds
from rilo_reader.feeds.update import FEEDS_AT_ONCE
from rilo_reader.fetch.messages import FetchLimits
from rilo_reader.store.file_writer import write_all
from rilo_reader.workers import count_cores

FEEDS, ENTRIES = 1_000, 20
LATENCY = 0.05
"""Seconds that the server thinks about each answer."""

HOSTS = 200
WORDS = [
    "customs",
    "ivory",
    "container",
    "office",
    "seminar",
    "post",
    "border",
    "parcel",
    "report",
    "region",
]


def measure(work: Path) -> list[Figure]:
    """The first refresh of a thousand feeds, and a second one where nothing has changed."""
    work = work / "collect"
    (work / "config" / "rilo-reader").mkdir(parents=True)
    (work / "newsboat").mkdir()
    with serving(hosts=HOSTS) as server:
        addresses = _publish(server)
        feeds = "".join(f'[[feeds]]\nurl = "{address}"\n' for address in addresses)
        (work / "config" / "rilo-reader" / "feeds.toml").write_text(feeds, encoding="utf-8")
        (work / "newsboat" / "urls").write_text("\n".join(addresses) + "\n", encoding="utf-8")
        ours = list(_ours(work))
        return [*ours, *_client(addresses), *_newsboat(work, ours[0])]


def _publish(server: Server) -> list[str]:
    """Serve the feeds; their addresses, five a host."""
    chance = random.Random(7)
    addresses = []
    for number in range(FEEDS):
        path = f"/{number}.xml"
        server.page(path, _feed(number, chance), etag=f'"{number}"', delay=LATENCY)
        addresses.append(server.url(path, host=f"127.0.0.{number % HOSTS + 1}"))
    return addresses


def _feed(number: int, chance: random.Random) -> bytes:
    entries = "".join(
        f"<item><title>Story {entry} of {number}</title><guid>{number}-{entry}</guid>"
        f"<pubDate>Tue, 24 Nov 2020 {entry:02d}:00:00 GMT</pubDate><description>"
        + "".join(f"&lt;p&gt;{' '.join(chance.choices(WORDS, k=60))}&lt;/p&gt;" for _ in range(4))
        + "</description></item>"
        for entry in range(ENTRIES)
    )
    title = f"<title>Feed {number}</title>"
    return f"<rss version='2.0'><channel>{title}{entries}</channel></rss>".encode()


def _ours(work: Path) -> Iterator[Figure]:
    def refresh() -> None:
        argv = rilo("refresh", "--quiet", "--force")
        subprocess.run(argv, env=environment(work), check=True, stdout=subprocess.DEVNULL)

    alone = FEEDS * LATENCY / FetchLimits().max_requests
    name, against = f"refresh of {FEEDS:,} feeds of {ENTRIES}", "latency and concurrency alone"
    before = _processor_seconds()
    yield Figure(f"{name}, all new", seconds(refresh), "s", alone, against)
    shared = (_processor_seconds() - before) / count_cores()
    yield Figure(f"  its processor time, shared by {count_cores()} cores", shared, "s")
    yield Figure("  its files alone, written and flushed", _files_alone(work), "s")
    yield Figure(f"{name}, all 304", seconds(refresh), "s", alone, against, above=1.0)


def _processor_seconds() -> float:
    """What processes that we started and waited for have taken so far, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _files_alone(work: Path) -> float:
    """How long it takes to write the articles that came once more, as a refresh does."""
    library = work / "data" / "rilo-reader" / "articles"
    texts = {
        os.fspath(file.relative_to(library)): file.read_bytes() for file in library.rglob("*.md")
    }
    paths = list(texts)
    groups = [
        {path: texts[path] for path in paths[start : start + FEEDS_AT_ONCE * ENTRIES]}
        for start in range(0, len(paths), FEEDS_AT_ONCE * ENTRIES)
    ]
    return seconds(lambda: [write_all(work / "once more", group) for group in groups])


def _client(addresses: Sequence[str]) -> Iterator[Figure]:
    """The same answers, fetched by the same client, and nothing done with them."""

    def fetch() -> None:
        argv = [sys.executable, "-m", "benchmarks.fetching"]
        told = "\n".join(addresses).encode()
        subprocess.run(argv, input=told, check=True, stdout=subprocess.DEVNULL)

    yield Figure("  our client alone, the same answers thrown away", seconds(fetch), "s")


def _newsboat(work: Path, ours: Figure) -> Iterator[Figure]:
    if shutil.which("newsboat") is None:
        return
    place = work / "newsboat"
    (place / "settings").write_text("reload-threads 32\n", encoding="utf-8")
    files = [
        "-u",
        str(place / "urls"),
        "-c",
        str(place / "cache.db"),
        "-C",
        str(place / "settings"),
    ]

    def reload() -> None:
        argv = ["newsboat", *files, "-x", "reload"]
        subprocess.run(argv, env=environment(place), check=True, stdout=subprocess.DEVNULL)

    against = "newsboat -x reload, 32 threads"
    yield Figure(ours.name, ours.value, "s", seconds(reload), against, ratio_floor=2 / 3)
    yield Figure("  newsboat -x reload, 32 threads, all 304", seconds(reload), "s")

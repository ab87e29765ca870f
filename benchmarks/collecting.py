"""A refresh of many feeds from a server that takes its time, beside newsboat on the same feeds."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.servers import Server, serving
from tests.terminal import environment, rilo

from benchmarks.figures import Figure, seconds
from rilo_reader.collect.fetching import Limits

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
        return [*_ours(work), *_client(addresses), *_newsboat(work)]


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

    alone = FEEDS * LATENCY / Limits().together
    name, against = f"refresh of {FEEDS:,} feeds of {ENTRIES}", "latency and concurrency alone"
    yield Figure(f"{name}, all new", seconds(refresh), "s", alone, against, ratio_floor=1.5)
    yield Figure(f"{name}, all 304", seconds(refresh), "s", alone, against, above=1.0)


def _client(addresses: Sequence[str]) -> Iterator[Figure]:
    """The same answers, fetched by the same client, and nothing done with them."""

    def fetch() -> None:
        argv = [sys.executable, "-m", "benchmarks.fetching"]
        told = "\n".join(addresses).encode()
        subprocess.run(argv, input=told, check=True, stdout=subprocess.DEVNULL)

    yield Figure("  our client alone, the same answers thrown away", seconds(fetch), "s")


def _newsboat(work: Path) -> Iterator[Figure]:
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

    yield Figure("  newsboat -x reload, 32 threads, all new", seconds(reload), "s")
    yield Figure("  newsboat -x reload, 32 threads, all 304", seconds(reload), "s")

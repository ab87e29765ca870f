"""Searching a shared archive on its server, beside the whole local index of the same articles."""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from tests.support.postgresql import running_postgresql
from tools.judge.archive import articles_in, fill, index_of

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, percentile
from rilo_reader.article import Article
from rilo_reader.index.index import SearchIndex
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import prepare
from rilo_reader.query.tree import Query
from rilo_reader.share import schema
from rilo_reader.share.find import Finder

QUESTIONS, PAGE = 60, 50
ROUND_TRIP = 0.05  # s
FLOORS = {
    "p50": {"a phrase of two": 250.0},
    "p95": dict.fromkeys(("a word", "two words", "a prefix of three"), 200.0),
}
KILOBYTES = 7.0
MANY = 100_000  # articles from which on their common words outweigh the rest
_SIZES = """select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n
    on n.oid = c.relnamespace where n.nspname = 'rilo' and c.relkind = 'r'
    and c.relname ~ '^(words|long|vocabulary|tokens)'"""


def measure(corpus: Corpus, work: Path) -> list[Figure]:
    """Time of the newest results, and of the exact total, by kind of query; bytes an article."""
    articles = articles_in(corpus.folder)
    index = index_of(articles, work / "share-search")
    with running_postgresql("shared_buffers=512MB", "max_parallel_workers_per_gather=0") as server:
        url = server.new_archive().url()
        options = "-c search_path=rilo"
        with closing(psycopg.connect(url, options=options, autocommit=True)) as connection:
            schema.create(connection)
            started = time.perf_counter()
            fill(connection, articles)
            took = time.perf_counter() - started
            print(f"{len(articles):,} articles sent in {took:.0f} s", file=sys.stderr)
            figures = [_bytes("archive: words of an article, as they came", connection, articles)]
            connection.execute("reindex table words")
            name = "  the same, after reindex table words"
            floor = KILOBYTES if len(articles) >= MANY else None
            figures.append(replace(_bytes(name, connection, articles), floor=floor))
            finder = Finder(connection)
            for kind, texts in _questions(articles).items():
                figures += _of(kind, [parse(text) for text in texts], index, finder, len(articles))
        with far(server.port, ROUND_TRIP) as port:
            theirs = url.replace(f":{server.port}/", f":{port}/")
            with closing(psycopg.connect(theirs, options=options, autocommit=True)) as connection:
                figures.append(_far_word(articles, Finder(connection)))
    return figures


def _bytes(name: str, connection: psycopg.Connection, articles: list[Article]) -> Figure:
    row = connection.execute(_SIZES).fetchone()
    return Figure(name, float(row[0]) / len(articles) / 1000 if row else 0.0, "KB")


def _questions(articles: list[Article]) -> dict[str, list[str]]:
    """Queries by kind, of words as they stand in texts: mostly common ones, and rare ones."""
    rng = random.Random(7)

    def words(number: int) -> list[str]:
        while True:
            text = prepare(rng.choice(articles).body[:20_000]).split()
            found = [word for word in text if word.isalnum() and len(word) > 2]
            if len(found) >= number:
                at = rng.randrange(len(found) - number + 1)
                return found[at : at + number]

    makers: dict[str, Callable[[], str]] = {
        "a word": lambda: words(1)[0],
        "two words": lambda: " ".join(words(2)),
        "a prefix of three": lambda: f"{words(1)[0][:3]}*",
        "a phrase of two": lambda: f'"{" ".join(words(2))}"',
    }
    return {kind: [make() for _ in range(QUESTIONS)] for kind, make in makers.items()}


def _far_word(articles: list[Article], finder: Finder) -> Figure:
    took = []
    for text in _questions(articles)["a word"]:
        started = time.perf_counter()
        next(finder.find(parse(text), PAGE))
        took.append((time.perf_counter() - started) * 1000)
    name = f"  a word, newest, p50, behind a line of {ROUND_TRIP * 1000:.0f} ms"
    return Figure(name, statistics.median(took), "ms", ROUND_TRIP * 1000, "one trip")


@contextmanager
def far(port: int, seconds: float) -> Iterator[int]:
    """A port here that leads to another one, `seconds` away and back."""
    loop = asyncio.new_event_loop()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            loop.call_later(seconds / 2, writer.write, data)
        loop.call_later(seconds / 2, writer.close)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, to_there), pump(there, writer))

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _of(
    kind: str, queries: list[Query], index: SearchIndex, finder: Finder, size: int
) -> list[Figure]:
    local, first, exact = [], [], []
    for query in queries:
        started = time.perf_counter()
        index.searcher.search(query, 0, PAGE)
        local.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        answers = finder.find(query, PAGE)
        next(answers)
        first.append((time.perf_counter() - started) * 1000)
        for _ in answers:
            pass
        exact.append((time.perf_counter() - started) * 1000)
    name = f"archive of {size:,}: {kind}"
    return [
        Figure(f"{name}, newest, p50", statistics.median(first), "ms",
               statistics.median(local), "the whole index here", floor=FLOORS["p50"].get(kind)),
        Figure("  p95", percentile(first, 0.95), "ms", percentile(local, 0.95),
               "the whole index here", floor=FLOORS["p95"].get(kind)),
        Figure("  exact total, p50", statistics.median(exact), "ms"),
        Figure("  p95", percentile(exact, 0.95), "ms", floor=FLOORS["p95"].get(kind)),
    ]  # fmt: skip

"""Searching a shared archive on its server, beside the whole local index of the same articles."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psycopg
from tests.support.postgresql import Archive, running_postgresql
from tools.judge.archive import articles_in, fill, index_of

from benchmarks.corpus import Corpus
from benchmarks.figures import Figure, percentile, seconds
from rilo_reader.article import ArticleId
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import ORDER_BITS
from rilo_reader.library.remote import TooSlowError
from rilo_reader.plugins.archive import schema
from rilo_reader.plugins.archive.find import ArchiveFinder
from rilo_reader.plugins.archive.portable import parse_portable
from rilo_reader.query.parser import parse
from rilo_reader.query.tokens import prepare_text
from rilo_reader.query.tree import Query

QUESTIONS, PAGE = 60, 50
TIMES = 4  # as many articles, by shifting their dates on the server
CLIENTS = 20
ROUND_TRIP = 0.05  # s
WORD, PHRASE = "a word", "a phrase of two"
MEDIAN_FLOORS = {PHRASE: 250.0}  # ms
FLOORS = dict.fromkeys((WORD, "two words", "a prefix of three"), 200.0)  # ms, of p95
BUSY_FLOORS = {WORD: 600.0}
KILOBYTES = 7.0
MANY = 100_000  # articles from which on their common words outweigh the rest
_WEEK = 7 * 86_400 << ORDER_BITS
_SETTINGS = (
    "shared_buffers=2GB", "max_parallel_workers_per_gather=0", "maintenance_work_mem=512MB",
    "max_wal_size=8GB", "max_connections=50",
)  # fmt: skip
_SIZES = """select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n
    on n.oid = c.relnamespace where n.nspname = 'rilo' and c.relkind = 'r'
    and c.relname ~ '^(words|long|vocabulary|tokens)'"""
_MORE = """
    insert into log(seq, id, at, writer, edited, added, text)
        select seq + {n} * 10000000::bigint, id || '#{n}', at - {shift}, writer, edited,
            added, text from log where seq < 10000000;
    insert into words select at - {shift}, seq + {n} * 10000000::bigint, unsure, tsv
        from words where seq < 10000000;
    insert into long select seq + {n} * 10000000::bigint, tsv from long where seq < 10000000;"""

Queries = Mapping[str, Sequence[Query]]
"""Queries by kind."""


class Took(NamedTuple):
    """Milliseconds of each query: until the newest were there, and until the exact total was."""

    newest: list[float]
    exact: list[float]


def measure(corpus: Corpus, work: Path, kept: Path | None = None) -> Iterator[Figure]:
    """Measure the newest results and the exact total, by kind of query, and bytes an article.

    The server's data and the index stay in the folder `kept`, and are taken from there the next
    time, whatever `corpus` is then.
    """
    folder = kept or work / "share-search"
    folder.mkdir(exist_ok=True)
    with running_postgresql(*_SETTINGS, kept=kept and kept / "pg") as server:
        one, many = Archive(server, "archive1"), Archive(server, "archive4")
        if not _has(one):
            yield _fill(one, corpus, folder)
        with _connected(one) as connection:
            size, queries = _size(connection), _queries(connection)
            floor = KILOBYTES if size >= MANY else None
            yield _bytes("archive: words of an article, index made anew", connection, floor)
            alone = _took(connection, queries)
        here = _here(SearchIndex(folder / "index"), queries)
        yield from _figures(f"archive of {size:,}", alone, here, "the whole index here")
        with far(server.port, ROUND_TRIP) as port, _connected(one, port) as connection:
            took = _took(connection, {WORD: queries[WORD]})[WORD].newest
        trip = ROUND_TRIP * 1000
        name = f"  {WORD}, newest, p50, behind a line of {trip:.0f} ms"
        yield Figure(name, statistics.median(took), "ms", trip, "one trip")
        without = {kind: some for kind, some in queries.items() if kind != PHRASE}
        for some, more in (without, ""), (queries, ", with phrases"):
            name = f"archive of {size:,}, {CLIENTS} clients{more}"
            yield from _figures(name, _busy(one, some), alone, "one client", BUSY_FLOORS)
        if not _has(many):
            _multiply(one, many)
        with _connected(many) as connection:
            yield _bytes(f"archive of {TIMES} times as many: words of an article", connection)
            warm = _took(connection, queries)
        name = f"archive of {size * TIMES:,}"
        yield from _figures(name, warm, alone, f"of {size:,}")
        cold: dict[str, Took] = {}
        for kind, of_kind in queries.items():
            with server.stopped():
                _forget(server.folder)
            with _connected(many) as connection:
                cold |= _took(connection, {kind: of_kind})
        yield from _figures(f"{name}, nothing in memory", cold, warm, "in memory", {})


def _figures(
    name: str,
    took: Mapping[str, Took],
    baseline: Mapping[str, Took],
    against: str,
    floors: Mapping[str, float] = FLOORS,
) -> Iterator[Figure]:
    for kind, times in took.items():
        pairs = zip(("newest", "exact total"), times, baseline[kind], strict=True)
        for what, values, others in pairs:
            yield Figure(
                f"{name}: {kind}, {what}, p50", statistics.median(values), "ms",
                statistics.median(others), against,
                floor=MEDIAN_FLOORS.get(kind) if floors is FLOORS else None,
            )  # fmt: skip
            yield Figure(
                "  p95", percentile(values, 0.95), "ms", percentile(others, 0.95), against,
                floor=floors.get(kind),
            )  # fmt: skip


# -- the archives --------------------------------------------------------------------------------


def _connected(archive: Archive, port: int = 0) -> psycopg.Connection:
    url = archive.url()
    if port:
        url = url.replace(f":{archive.server.port}/", f":{port}/")
    return psycopg.connect(url, options="-c search_path=rilo -c jit=off", autocommit=True)


def _has(archive: Archive) -> bool:
    found = archive.server.program("psql", "-qAt", "-c", "select datname from pg_database")
    return archive.name in found.split()


def _fill(archive: Archive, corpus: Corpus, folder: Path) -> Figure:
    """Write all articles as desks do; how large their words are then, and in a new index after."""
    articles = articles_in(corpus.folder)
    index_of(articles, folder / "index")
    archive.server.program("createdb", archive.name)
    with _connected(archive) as connection:
        schema.create_tables(connection)
        started = time.perf_counter()
        fill(connection, articles)
        took = time.perf_counter() - started
        print(f"{len(articles):,} articles sent in {took:.0f} s", file=sys.stderr)
        figure = _bytes("archive: words of an article, as they came", connection)
        connection.execute("set statement_timeout = 0")
        connection.execute("reindex table words")
    return figure


def _multiply(one: Archive, many: Archive) -> None:
    """Make an archive of several times as many articles, with other dates."""
    many.server.program("createdb", "-T", one.name, many.name)
    with _connected(many) as connection:
        connection.execute("set session_replication_role = replica; set statement_timeout = 0")
        connection.execute("drop index words_tsv_idx")
        for n in range(1, TIMES):
            connection.execute(_MORE.format(n=n, shift=n * _WEEK))
        connection.execute("create index on words using gin(tsv)")
        connection.execute("vacuum analyze")


def _size(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from words").fetchone()
    return int(row[0]) if row else 0


def _bytes(name: str, connection: psycopg.Connection, floor: float | None = None) -> Figure:
    row = connection.execute(_SIZES).fetchone()
    kilobytes = float(row[0]) / _size(connection) / 1000 if row else 0.0
    return Figure(name, kilobytes, "KB", floor=floor)


def _forget(folder: Path) -> None:
    """Have the system keep nothing of the files of a server that has stopped in memory."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


# -- questions -----------------------------------------------------------------------------------


def _queries(connection: psycopg.Connection) -> Queries:
    """Queries of words as they stand in texts: mostly common ones, and rare ones."""
    rows = connection.execute("select id, text from log where seq % 311 = 1 order by seq")
    texts = [parse_portable(ArticleId(row[0]), row[1]) for row in rows]
    bodies = [text.article.body[:20_000] for text in texts if text is not None]
    rng = random.Random(7)

    def words(number: int) -> list[str]:
        while True:
            text = prepare_text(rng.choice(bodies)).split()
            found = [word for word in text if word.isalnum() and len(word) > 2]
            if len(found) >= number:
                at = rng.randrange(len(found) - number + 1)
                return found[at : at + number]

    makers: dict[str, Callable[[], str]] = {
        WORD: lambda: words(1)[0],
        "two words": lambda: " ".join(words(2)),
        "a prefix of three": lambda: f"{words(1)[0][:3]}*",
        PHRASE: lambda: f'"{" ".join(words(2))}"',
    }
    return {kind: [parse(make()) for _ in range(QUESTIONS)] for kind, make in makers.items()}


def _here(index: SearchIndex, queries: Queries) -> dict[str, Took]:
    """Ask the whole local index, whose total is always exact."""
    found = {}
    for kind, some in queries.items():
        took = [seconds(partial(index.searcher.search, one, 0, PAGE)) * 1000 for one in some]
        found[kind] = Took(took, took)
    return found


def _took(connection: psycopg.Connection, queries: Queries) -> dict[str, Took]:
    """Ask an archive one question after another."""
    finder = ArchiveFinder(connection)
    return {kind: _asked(finder, some) for kind, some in queries.items()}


def _asked(finder: ArchiveFinder, queries: Sequence[Query]) -> Took:
    took = Took([], [])
    for query in queries:
        started = time.perf_counter()
        answers = finder.find_articles(query, PAGE)
        with suppress(TooSlowError):  # it took as long as one may wait
            next(answers)
        took.newest.append((time.perf_counter() - started) * 1000)
        for _ in answers:
            pass
        took.exact.append((time.perf_counter() - started) * 1000)
    return took


def _busy(archive: Archive, queries: Queries) -> dict[str, Took]:
    """Ask from many connections at once, each the next question when the last is answered."""
    kinds = list(queries)
    found = {kind: Took([], []) for kind in kinds}
    ready = threading.Barrier(CLIENTS)

    def ask(number: int) -> None:
        rng = random.Random(number)
        with _connected(archive) as connection:
            finder = ArchiveFinder(connection)
            ready.wait()
            for _ in range(QUESTIONS // 4):
                kind = rng.choice(kinds)
                took = _asked(finder, [rng.choice(queries[kind])])
                found[kind].newest.extend(took.newest)
                found[kind].exact.extend(took.exact)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, range(CLIENTS)))
    return found


# -- a line --------------------------------------------------------------------------------------


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
        with suppress(asyncio.CancelledError):  # the end
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

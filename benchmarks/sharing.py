"""A shared archive: what exchanges take, beside what the server itself takes for the same rows."""

from __future__ import annotations

import multiprocessing
import select
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.postgresql import Archive, running_postgresql

from benchmarks.corpus import write_walk
from benchmarks.figures import Figure, seconds
from benchmarks.share_search import ROUND_TRIP, far
from rilo_reader.library import open_library
from rilo_reader.plugins.archive.connection import ArchiveAddress, Connection, connect_archive
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.files import record_changed_files
from rilo_reader.plugins.archive.members import grant_role
from rilo_reader.plugins.archive.pull import stream_rows_after
from rilo_reader.plugins.archive.push import Pusher
from rilo_reader.plugins.archive.records import ArchiveExchangeResult, open_records

ROWS, SENT, LISTENERS, WRITERS = 100_000, 1_000, 30, 8

_FILL = """insert into rilo.log(id, at, source, text)
    select 'https://example.org/' || n, n, 'Source ' || n % 50,
        format(E'+++\\nid = "https://example.org/%s"\\ntitle = "Article %s"\\ndate = 2020-01-01\\n'
            'source = "Source %s"\\n+++\\n\\n', n, n, n % 50) || (
            select string_agg(md5((n * 100 + part)::text), ' ') from generate_series(1, 85) part)
    from generate_series(%s, %s) n"""


def measure(work: Path, size: int) -> list[Figure]:
    """Measure pulls, pushes, nothing new, and notifications; `size` articles become files."""
    work = work / "share"
    with running_postgresql("shared_buffers=512MB") as server:
        archive = server.new_archive()
        make_archive(archive, anna="contributor", ben="contributor")
        archive.sql(_FILL.replace("(%s, %s) n", f"(1, {ROWS}) n"))
        with closing(administrator(archive)) as connection:
            figures = [_rows(connection), *_listeners(archive, connection)]
        figures += [*_files(archive, work, size), *_desk(archive, work), _writers(archive, work)]
    return figures


def _rows(connection: Connection) -> Figure:
    """All rows of the log, before they are files."""
    took, plain = [], []
    for _ in range(3):
        started = time.perf_counter()
        assert sum(1 for _ in stream_rows_after(connection, 0)) == ROWS
        took.append(time.perf_counter() - started)
        started = time.perf_counter()
        with (
            connection.cursor() as cursor,
            cursor.copy("copy (select * from log) to stdout") as all_,
        ):
            for _block in all_:
                pass
        plain.append(time.perf_counter() - started)
    floor = ROWS / 50_000
    return Figure(
        f"pull of {ROWS:,}, before files", min(took), "s", min(plain), "COPY", floor=floor
    )


def _files(archive: Archive, work: Path, size: int) -> list[Figure]:
    """Some rows as files and index, beside indexing these files."""
    desk = Desk(work / "ben", archive.url("ben"))
    with open_records(desk.folder, desk.paths) as records:
        share = ArchiveShare(desk.folder, desk.paths, records)
        with closing(share.connect_joined()) as connection:
            records.write_settings(last=ROWS - size)
            started = time.perf_counter()
            share.exchange_all(connection)
            pulled = time.perf_counter() - started
    with open_library(desk.folder, desk.paths) as library:
        started = time.perf_counter()
        for _ in library.follower.reconcile():
            pass
        indexed = time.perf_counter() - started
    name = f"pull of {size:,}, with files and index"
    return [Figure(name, pulled + indexed, "s", indexed, "indexing", ratio_floor=2)]


def _desk(archive: Archive, work: Path) -> list[Figure]:
    """Sending, and finding nothing new."""
    desk = Desk(work / "anna", archive.url("anna"))
    for number in range(SENT):
        desk.write(f"{number}.md", f"# Article {number}\n\n{'Some words. ' * 200}\n")
    with open_records(desk.folder, desk.paths) as records:
        share = ArchiveShare(desk.folder, desk.paths, records)
        with closing(share.connect_joined()) as connection:
            records.write_settings(last=ROWS)
            started = time.perf_counter()
            done = share.exchange_all(connection)
            sent = time.perf_counter() - started
            assert done.sent == SENT
            nothing = _nothing_new(share, connection)
            started = time.perf_counter()
            connection.execute(
                "insert into log(id, at, text) select 'plain' || id, at, text from log "
                "where seq > %s", [ROWS],
            )  # fmt: skip
            plain = time.perf_counter() - started
        with far(archive.server.port, ROUND_TRIP) as port:
            url = archive.url("anna").replace(f":{archive.server.port}/", f":{port}/")
            address = ArchiveAddress(url)
            with closing(connect_archive(address, address.password)) as connection:
                slowly = _nothing_new(share, connection)
    line = ROUND_TRIP * 1_000
    return [
        Figure(f"push of {SENT:,}, reading the files", sent, "s", plain, "INSERT … SELECT"),
        Figure("nothing new", nothing, "ms", floor=50),
        Figure(f"  behind a line of {line:.0f} ms", slowly, "ms", line, "one trip"),
    ]


def _nothing_new(share: ArchiveShare, connection: Connection) -> float:
    """Milliseconds of an exchange that has nothing to do."""
    share.exchange_all(connection, ())
    took = [seconds(lambda: share.exchange_all(connection, ())) for _ in range(20)]
    return statistics.median(took) * 1_000


def _writers(archive: Archive, work: Path) -> Figure:
    """Several desks that send at the same time, beside one that sends as much."""
    one, *several = (
        Desk(work / f"writer{n}", archive.url(f"writer{n}")) for n in range(WRITERS + 1)
    )
    with closing(administrator(archive)) as connection:
        connection.execute("set search_path = rilo")
        for number in range(WRITERS + 1):
            grant_role(connection, archive.login(f"writer{number}"), "contributor")
    each = SENT // 2
    for number, desk in enumerate(several):
        write_walk(desk.folder / f"of-several-{number}", each, 400)
        write_walk(one.folder / f"of-one-{number}", each, 400)
    name = f"{each:,} articles from each of {WRITERS} desks at once"
    return Figure(name, _sent(several), "s", _sent([one]), "all from one")


def _sent(desks: Sequence[Desk]) -> float:
    """How long desks take to send what they have, all at once."""
    ready = multiprocessing.Barrier(len(desks) + 1)
    sending = [multiprocessing.Process(target=_send, args=(desk, ready)) for desk in desks]
    for process in sending:
        process.start()
    ready.wait()
    started = time.perf_counter()
    for process in sending:
        process.join()
        assert process.exitcode == 0
    return time.perf_counter() - started


def _send(desk: Desk, ready: Barrier) -> None:
    with open_records(desk.folder, desk.paths) as records:
        share = ArchiveShare(desk.folder, desk.paths, records)
        with closing(share.connect_joined()) as connection:
            record_changed_files(desk.folder, records)
            ready.wait()
            Pusher(connection, desk.folder, records, None, ArchiveExchangeResult()).push_waiting()


def _listeners(archive: Archive, connection: Connection) -> list[Figure]:
    """From a commit until the last of many listeners has heard of it."""
    listening = [administrator(archive) for _ in range(LISTENERS)]
    for one in listening:
        one.execute("listen rilo_log")
    took = []
    for number in range(20):
        started = time.perf_counter()
        connection.execute(
            "insert into log(id, at, text) values (%s, 0, 'x')", [f"notify-{number}"]
        )
        waiting = {one.fileno(): one for one in listening}
        while waiting:
            for ready in select.select(list(waiting), [], [], 10)[0]:
                if list(waiting[ready].notifies(timeout=0)):
                    del waiting[ready]
        took.append((time.perf_counter() - started) * 1_000)
    for one in listening:
        one.close()
    name = f"an article heard of by {LISTENERS} listeners"
    return [Figure(name, statistics.median(took), "ms", floor=1_000)]

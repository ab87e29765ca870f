"""Lines that fall silent, servers that are stopped, members who are removed: nothing hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from rilo_reader.errors import LibraryError
from rilo_reader.plugins.archive import follow
from rilo_reader.plugins.archive.connection import (
    ArchiveAddress,
    ArchiveConnection,
    connect_archive,
)
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.members import NO_ROLE, grant_role, list_members
from rilo_reader.plugins.archive.records import ArchiveExchangeResult, open_records
from rilo_reader.plugins.archive.schema import make_roles
from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.lines import Line, line_to
from tests.support.postgresql import Archive
from tests.support.processes import wait_until

pytestmark = [pytest.mark.service, pytest.mark.slow]

LONG = " ".join(f"word{number}" for number in range(200))


class Impatient(ArchiveShare):
    """One whose server may be silent for a moment only."""

    silence = 1.0

    def connect_joined(self) -> ArchiveConnection:
        connection = super().connect_joined()
        connection.silence_seconds = self.silence
        return connection


@contextmanager
def impatient(desk: Desk, silence: float = Impatient.silence) -> Iterator[ArchiveShare]:
    """The share of a desk, whose server may be silent for so many seconds."""
    with open_records(desk.folder, desk.paths) as records:
        share = Impatient(desk.folder, desk.paths, records)
        share.silence = silence
        yield share


def exchange(desk: Desk, before: Callable[[], object] = lambda: None) -> ArchiveExchangeResult:
    """Exchange impatiently; `before` is done once there is a connection."""
    with impatient(desk) as share, closing(share.connect_joined()) as connection:
        before()
        return share.exchange_all(connection)


class Far:
    """Anna is at the server; ben is at the other end of a line to it."""

    def __init__(self, archive: Archive, home: Path, line: Line) -> None:
        self.archive, self.line = archive, line
        make_archive(archive, anna="contributor", ben="contributor")
        self.anna = Desk(home / "anna", archive.url("anna"))
        ports = f":{archive.server.port}/", f":{line.port}/"
        self.ben = Desk(home / "ben", archive.url("ben").replace(*ports))

    def alike(self) -> bool:
        """Whether both have the same, once all is exchanged."""
        for desk in (self.anna, self.ben, self.anna):
            desk.exchange()
        return self.anna.texts() == self.ben.texts()


@pytest.fixture
def far(archive: Archive, tmp_path: Path) -> Iterator[Far]:
    with line_to(archive.server.port) as line:
        yield Far(archive, tmp_path, line)


@pytest.mark.parametrize("after", [0, 200_000])
def test_a_line_that_falls_silent_while_articles_come(far: Far, after: int) -> None:
    far.anna.collect(*((f"a{number}", LONG) for number in range(300)))
    far.anna.exchange()
    with pytest.raises(LibraryError, match=r"does not answer: it sent nothing for 1 second.*kept"):
        exchange(far.ben, lambda: far.line.silence(after))
    assert far.line.is_silent
    far.line.cut()
    far.line.restore()
    assert far.alike()
    assert len(far.ben.texts()) == 300


@pytest.mark.parametrize("after", [100_000, 600_000])
def test_a_line_that_falls_silent_while_articles_are_sent_stops_nobody(
    far: Far, after: int
) -> None:
    far.ben.collect(*((f"b{number}", f"{number} {LONG}") for number in range(300)))
    with pytest.raises(LibraryError, match="does not answer"):
        exchange(far.ben, lambda: far.line.silence(after))
    assert far.line.is_silent
    assert far.archive.sql("select count(*) from pg_stat_activity where usename like 'ben%'") == "1"
    far.anna.collect(("a", "from here"))
    assert exchange(far.anna).sent == 1, "what ben holds at the server keeps nobody waiting"
    far.line.restore()  # what was on its way arrives, and ben's end is gone
    assert far.alike()
    assert len(far.anna.texts()) == 301
    assert far.archive.sql("select count(*) from rilo.log") == "301"


def test_a_server_that_is_stopped_for_a_while(far: Far) -> None:
    far.anna.collect(*((f"a{number}", "text") for number in range(100)))
    far.anna.star("a1")

    with ExitStack() as stopped:
        with pytest.raises(LibraryError, match="does not answer"):
            exchange(far.anna, lambda: stopped.enter_context(far.archive.server.paused()))
        assert len(far.anna.texts()) == 100
    assert far.alike()
    assert far.archive.sql("select count(*) from rilo.log") == "100"
    assert not far.ben.all_marks()


@contextmanager
def following(desk: Desk) -> Iterator[list[ArchiveExchangeResult]]:
    """Follow the archive; what was done is put into the list."""
    stopped, told = Event(), list[ArchiveExchangeResult]()

    def run() -> None:
        with impatient(desk) as share:
            told.extend(follow.follow_archive(share, stopped))

    thread = Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: bool(told), "it does not follow")
        yield told
    finally:
        stopped.set()
        thread.join(30)


def test_whoever_listens_comes_back_by_themselves(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "ASK", 0.5)
    monkeypatch.setattr(follow, "LOOK", 0.2)
    with following(far.ben) as told:
        far.line.silence()
        far.anna.collect(("1", "while it was silent"))
        far.anna.exchange()
        wait_until(lambda: far.line.connections > 1, "the silence was not noticed")
        far.line.cut()
        far.line.restore()
        wait_until(lambda: len(far.ben.texts()) == 1, "it did not come")
        far.line.cut()
        far.anna.collect(("2", "after it was cut"))
        far.anna.exchange()
        wait_until(lambda: len(far.ben.texts()) == 2, "it did not come")
    assert all("sent nothing" not in one.problem for one in told), "what is made again is not told"


# -- members --------------------------------------------------------------------------------------


def remove(archive: Archive, person: str, by: str = "postgres") -> None:
    address = ArchiveAddress(archive.url(by))
    with closing(connect_archive(address, address.password)) as connection:
        grant_role(connection, archive.login(person), NO_ROLE)


def test_a_member_who_is_removed_while_connected_is_told_what_happened(far: Far) -> None:
    far.ben.write("mine.md", "Mine\n")
    with (
        impatient(far.ben, silence=30) as share,
        closing(share.connect_joined()) as connection,
    ):
        remove(far.archive, "ben")
        with pytest.raises(LibraryError, match=r"ended the connection.*no longer a member"):
            share.exchange_all(connection)
    again = f"share grant {far.archive.login('ben')} contributor"
    with pytest.raises(LibraryError, match=f"no longer a member of the archive.*{again}"):
        far.ben.exchange()
    assert len(far.ben.texts()) == 1


def test_whoever_listens_and_is_removed_is_told_once_and_does_not_hammer(far: Far) -> None:
    with following(far.ben) as told:
        remove(far.archive, "ben")
        wait_until(lambda: bool(told[-1].problem), "it is not told")
        assert "no longer a member of the archive" in told[-1].problem
        before = far.line.connections
        Event().wait(3.0)
        assert far.line.connections - before <= 2
    assert len([one for one in told if one.problem]) <= 3


def test_an_administrator_who_cannot_end_connections_removes_a_member_all_the_same(
    far: Far,
) -> None:
    with closing(administrator(far.archive)) as connection:
        grant_role(connection, far.archive.login("cleo"), "administrator")
    far.archive.sql(
        f"grant {make_roles(far.archive.name).reader} to {far.archive.login('ben')}"
    )  # beside the role that was granted first
    with impatient(far.ben) as share, closing(share.connect_joined()) as connection:
        remove(far.archive, "ben", by="cleo")
        with pytest.raises(LibraryError, match="does not let you do that"):
            share.exchange_all(connection)
        with pytest.raises(psycopg.Error):
            connection.execute("select * from rilo.log")
    with pytest.raises(LibraryError, match="no longer a member of the archive"):
        far.ben.exchange()
    with closing(administrator(far.archive)) as connection:
        assert far.archive.login("ben") not in list_members(connection)

"""What goes wrong here: libraries, records and accounts.toml that are lost, changed or older."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.feeds.collection import ledger_file
from rilo_reader.feeds.progress import State
from rilo_reader.sync.services.service import Mark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.support.fake_service import Database, FakeServer, FakeService
from tests.sync.services.devices import Device

UNREAD, READ, STARRED = ServerMarks(), ServerMarks(read=True), ServerMarks(starred=True)

TITLES = ("One", "Two", "Three", "Four", "Five")


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture(params=[False, True], ids=["changes", "lists"])
def device(
    request: pytest.FixtureRequest, tmp_path: Path, pool: WorkerPool, server: FakeServer
) -> Iterator[Device]:
    made = Device(tmp_path / "laptop", pool, server)
    made.service = FakeService(server, lists=request.param)
    server.publish(server.subscribe("https://a.example/feed", "A"), *TITLES)
    server.mark(Mark.STARRED, True, list(server.data.entries)[1])
    made.sync_ok()
    made.mark(Mark.READ, True, "One", "Two")
    made.sync_ok()
    yield made
    made.close()


def test_a_library_that_is_begun_anew_gets_all_articles_again(
    device: Device, server: FakeServer
) -> None:
    """Files and ledger are gone, records of accounts and marks are not."""
    names, marks = set(device.files()), device.marks()
    shutil.rmtree(device.folder)
    ledger_file(device.folder, device.paths).unlink()
    assert len(device.sync_ok().new) == 5
    assert set(device.files()) == names
    assert device.marks() == server.marks() == marks
    assert device.sync_ok().state is State.UNCHANGED


def test_a_ledger_that_is_lost_doubles_nothing(device: Device, server: FakeServer) -> None:
    files = device.files()
    ledger_file(device.folder, device.paths).unlink()
    server.publish(next(iter(server.data.feeds.values())), "Six")
    end = device.sync_ok()
    assert (len(end.new), end.updated, end.reason) == (1, (), "")
    assert {path: text for path, text in device.files().items() if path in files} == files


def test_articles_that_are_deleted_here_stay_deleted(device: Device, server: FakeServer) -> None:
    for path in list(device.files()):
        if "-one-" in path or "-five-" in path:
            (device.folder / path).unlink()
    one, *_, five = server.data.entries
    server.mark(Mark.READ, False, one)
    server.mark(Mark.STARRED, True, five)
    device.sync_ok()
    device.records_file.unlink()
    device.sync_ok()
    assert set(device.articles()) == {"Two", "Three", "Four"}
    assert device.sync_ok().reason == ""


@pytest.mark.parametrize("is_removed", [False, True])
def test_an_account_has_another_name(device: Device, server: FakeServer, is_removed: bool) -> None:
    """Changed by hand in accounts.toml, or removed and added again."""
    files = device.files()
    device.mark(Mark.READ, True, "Three")
    device.mark(Mark.STARRED, True, "Four")
    server.mark(Mark.STARRED, True, list(server.data.entries)[4])
    if is_removed:
        with device.records() as records:
            records.remove_account("home")
    device.account = device.account._replace(name="at home")
    end = device.sync_ok()
    assert (end.new, end.updated, end.reason) == ((), (), "2 marks sent, 1 received")
    assert device.files() == files
    assert device.marks() == server.marks()
    assert device.sync_ok().reason == ""


def test_an_account_is_added_again_where_the_server_begins_anew(
    device: Device, server: FakeServer
) -> None:
    marks = device.marks()
    with device.records() as records:
        records.remove_account("home")
    server.restore(Database())
    server.publish(server.subscribe("https://a.example/feed", "A"), *TITLES)
    assert device.sync_ok().reason == "3 marks sent"
    assert device.marks() == server.marks() == marks

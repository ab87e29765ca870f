"""Two devices and another client at one server, by the Google Reader API: all end up equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from rilo_reader.feeds.progress import State
from rilo_reader.fetch.client import HttpClient
from rilo_reader.sync.services.greader import GoogleReader, StreamLimits
from rilo_reader.sync.services.service import Mark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.support.examples import examples
from tests.support.fake_service import FakeServer
from tests.support.freshrss_server import FreshRss, Manners, freshrss
from tests.support.servers import Page
from tests.sync.services.devices import Device

ENTRIES = 8
WINDOW = 3
"""Of the newest entries, so that most of what is read is in no list."""
OLD = ServerMarks(read=True)
PAGES = StreamLimits(page=3)


class Server:
    """A server that behaves as FreshRSS does, and what somebody does there by another client."""

    def __init__(self, server: FreshRss) -> None:
        self._server = server
        self._feed = server.add_feed("https://example.org/feed.xml", "Example")
        self._numbers: dict[str, int] = {}
        self.account = server.account(name="home", window=WINDOW)
        self.password = server.password

    def publish(self, title: str) -> None:
        self._numbers[title] = self._server.add_entry(self._feed, title)

    def mark(self, title: str, mark: Mark, value: bool) -> None:
        self._server.mark(self._numbers[title], **{mark.value: value})

    def marks(self) -> dict[str, ServerMarks]:
        entries = self._server.entries.values()
        return {each.title: ServerMarks(each.read, each.starred) for each in entries}

    def disturb(self, kind: int) -> None:
        """Let the login end, refuse a call, or lose the reply to one that is carried out."""
        paths = ("/ids", "/contents", "/edit-tag", "/subscription")
        if kind == 0:
            self._server.expire(after=2)
        elif kind % 2:
            self._server.fault(lambda page: Page(b"", 503), paths[kind % 4])
        else:
            self._server.fault(lambda page: Page(b"", 502), paths[kind % 4], carried_out=True)

    def calm(self) -> None:
        self._server.calm()


class Group:
    """Two devices with an account at one server, and somebody at the server."""

    def __init__(self, home: Path, pool: WorkerPool, server: Server) -> None:
        self.server = server
        self.devices = [Device(home / name, pool, FakeServer()) for name in ("laptop", "desktop")]
        self.touched: set[str] = set()
        self._published = 0
        for device in self.devices:
            device.account = server.account
            device.api = self._service
        for _ in range(ENTRIES):
            self.publish()

    def _service(self, client: HttpClient) -> GoogleReader:
        return GoogleReader(client, self.server.account, self.server.password, PAGES)

    def publish(self) -> None:
        self.server.publish(f"N{self._published}")
        self._published += 1

    def sync(self, number: int) -> None:
        """Sync a device; nothing is marked there that nobody marked."""
        device = self.devices[number]
        self.last = device.sync(force=True)
        assert not device.surprises
        for marks in (device.marks(), self.server.marks()):
            marked = {title for title, found in marks.items() if found != ServerMarks()}
            assert marked <= self.touched

    def sync_ok(self, number: int) -> str:
        """Sync a device; it works. Return what was done."""
        self.sync(number)
        assert self.last.state in (State.SAVED, State.UNCHANGED), self.last.reason
        return self.last.reason

    def toggle(self, where: int, entry: int, mark: Mark) -> None:
        """Give or take a mark of an entry on a device, or at the server if `where` is 2."""
        title = f"N{entry % self._published}"
        there = (self.devices[where] if where < 2 else self.server).marks()
        if title in there:
            self.touched.add(title)
            value = not there[title].of(mark)
            if where < 2:
                self.devices[where].mark(mark, value, title)
            else:
                self.server.mark(title, mark, value)

    def end(self) -> None:
        """Sync until nothing travels; then all are equal."""
        self.server.calm()
        for number in (0, 1, 0, 1):
            self.sync_ok(number)
        there = self.server.marks()
        assert len(there) == self._published
        for device in self.devices:
            here = device.marks()
            assert here == {title: there[title] for title in here}
            missing = there.keys() - here.keys()
            assert {there[title] for title in missing} <= {OLD}, "read, and not among the newest"
        assert self.sync_ok(0) == self.sync_ok(1) == ""

    def close(self) -> None:
        for device in self.devices:
            device.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("toggle"), st.integers(0, 2), st.integers(0, ENTRIES), st.sampled_from(Mark)
        ),
        st.tuples(st.just("sync"), st.integers(0, 1)),
        st.tuples(st.just("publish")),
        st.tuples(st.just("disturb"), st.integers(0, 7)),
    ),
    min_size=4,
    max_size=16,
)
Step = tuple[str] | tuple[str, int] | tuple[str, int, int, Mark]


def run(group: Group, steps: list[Step]) -> None:
    """Take steps, then let all end up equal."""
    actions: dict[str, Callable[..., object]] = {
        "toggle": group.toggle,
        "sync": group.sync,
        "publish": group.publish,
        "disturb": group.server.disturb,
    }
    for name, *arguments in steps:
        actions[name](*arguments)
    group.end()


@pytest.fixture
def fresh(tmp_path: Path, pool: WorkerPool) -> Iterator[Group]:
    with freshrss() as server:
        group = Group(tmp_path, pool, Server(server))
        yield group
        group.close()


def test_what_is_read_on_the_train_is_read_on_the_phone(fresh: Group) -> None:
    for number in (0, 1):
        assert fresh.sync_ok(number) == ""
        assert len(fresh.last.new) == ENTRIES
    fresh.toggle(0, 0, Mark.READ)
    fresh.toggle(0, 1, Mark.STARRED)
    fresh.toggle(2, 2, Mark.READ)
    assert fresh.sync_ok(0) == "2 marks sent, 1 received"
    assert fresh.server.marks()["N0"].read
    assert fresh.sync_ok(1) == "3 marks received"
    fresh.end()


def test_an_old_entry_goes_on_being_followed_once_it_is_in_no_list(fresh: Group) -> None:
    fresh.sync_ok(0)
    fresh.toggle(0, 0, Mark.READ)
    fresh.sync_ok(0)
    fresh.toggle(2, 0, Mark.READ)
    assert fresh.sync_ok(0) == "1 mark received"
    assert not fresh.devices[0].marks()["N0"].read
    fresh.toggle(2, 0, Mark.READ)
    assert fresh.sync_ok(0) == "1 mark received"
    assert fresh.devices[0].marks()["N0"].read


@pytest.mark.slow
@given(st.booleans(), st.booleans(), STEPS)
@examples(30, suppress=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_where_all_end_up_equal(
    tmp_path: Path, pool: WorkerPool, toggles: bool, by_position: bool, steps: list[Step]
) -> None:
    manners = Manners(toggles=toggles, by_position=by_position)
    with TemporaryDirectory(dir=tmp_path) as name, freshrss(manners) as server:
        group = Group(Path(name), pool, Server(server))
        run(group, steps)
        group.close()

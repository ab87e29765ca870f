"""An account and a library are brought together: both ways, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from rilo_reader.feeds.progress import State, update_request
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.values import Failure, FetchError, Request, Response
from rilo_reader.sync.services.account_sync import how_far
from rilo_reader.sync.services.service import Mark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.support.examples import examples
from tests.support.fake_service import NOON, OFFLINE, FakeServer, FakeService, Steps
from tests.sync.services.devices import Device, Shared

UNREAD, READ, STARRED = ServerMarks(), ServerMarks(read=True), ServerMarks(starred=True)
BOTH = ServerMarks(read=True, starred=True)

MakeDevice = Callable[..., Device]


class Feeds:
    """An HTTP client to which each host has a feed of one entry, those of servers among them."""

    def __init__(self) -> None:
        self.public_hosts: set[str] = set()

    async def get(self, request: Request) -> Response:
        host = request.url.split("/")[2]
        title = "One" if host == "a.example" else "Other"
        item = (
            f"<item><title>{title}</title><guid isPermaLink='false'>tag:{host},2026:{title}</guid>"
            f"<link>https://{host}/{title}</link><description>Words.</description></item>"
        )
        feed = f"<rss version='2.0'><channel><title>{host}</title>{item}</channel></rss>"
        return Response(request.url, data=feed.encode(), content_type="application/rss+xml")


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def make_device(tmp_path: Path, pool: WorkerPool, server: FakeServer) -> Iterator[MakeDevice]:
    made: list[Device] = []

    def make(name: str = "laptop", server: FakeServer = server) -> Device:
        made.append(Device(tmp_path / name, pool, server))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device()


@pytest.fixture
def shared(make_device: MakeDevice, tmp_path: Path) -> Shared:
    """A laptop and a desktop."""
    return Shared(tmp_path / "shared", make_device("laptop"), make_device("desktop"))


# -- what comes -----------------------------------------------------------------------------------


def test_entries_come_once_with_their_marks(device: Device, server: FakeServer) -> None:
    a = server.subscribe("https://a.example/feed", "A", "News")
    b = server.subscribe("https://b.example/feed", "B")
    one, two = server.publish(a, "One", "Two")
    server.publish(b, "Three", "Four", "Five")
    server.mark(Mark.READ, True, one)
    server.mark(Mark.STARRED, True, two)
    end = device.sync()
    assert (end.state, end.name, end.url) == (State.SAVED, "home", "https://home.example.org/")
    assert (len(end.new), end.reason) == (5, "2 marks received")
    assert device.marks() == server.marks()
    assert device.marks()["One"] == READ
    assert {path.split("/")[0] for path in device.files()} == {"a", "b"}
    with device.records() as records:
        assert {each.title: each.categories for each in records.feeds("home")} == {
            "A": ("News",),
            "B": (),
        }
    files = device.files()
    end = device.sync()
    assert (end.state, end.new, end.updated, end.reason) == (State.UNCHANGED, (), (), "")
    assert device.files() == files
    assert device.record().last_success == NOON


def test_only_what_is_new_comes_later(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One", "Two")
    device.sync_ok()
    server.publish(feed, "Three")
    end = device.sync_ok()
    assert [path.rpartition("/")[2].split("-")[3] for path in end.new] == ["three"]
    assert set(device.articles()) == {"One", "Two", "Three"}


def test_what_is_edited_on_the_server_is_written_again(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    one, _ = server.publish(feed, "One", "Two")
    device.sync_ok()
    device.mark(Mark.STARRED, True, "One")
    device.sync_ok()
    server.edit(one, "Other words.")
    end = device.sync_ok()
    assert (len(end.updated), end.new) == (1, ())
    [text] = [text for text in device.files().values() if "Other words." in text]
    assert "One" in text
    assert device.marks()["One"] == server.marks()["One"] == STARRED


def test_a_feed_that_is_renamed_there_is_renamed_here(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One")
    device.sync_ok()
    server.rename(feed, "The A")
    server.publish(feed, "Two")
    device.sync_ok()
    assert all('source = "The A"' in text for text in device.files().values())


def test_articles_of_a_feed_that_left_stay(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One", "Two")
    device.sync_ok()
    files = device.files()
    server.unsubscribe(feed)
    device.mark(Mark.READ, True, "One")
    end = device.sync_ok()
    assert (end.state, end.reason) == (State.UNCHANGED, "")
    assert device.files() == files
    with device.records() as records:
        assert (records.feeds("home"), records.ids("home")) == ([], frozenset())


@pytest.mark.parametrize("shows_guids", [True, False])
def test_articles_of_a_feed_that_comes_back_are_not_doubled(
    make_device: MakeDevice, shows_guids: bool
) -> None:
    server = FakeServer(shows_guids=shows_guids)
    device = make_device(server=server)
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One", "Two")
    device.sync_ok()
    device.mark(Mark.READ, True, "One")
    files = device.files()
    server.unsubscribe(feed)
    device.sync_ok()
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One", "Two")
    end = device.sync_ok()
    assert (end.new, end.reason) == ((), "1 mark sent")
    assert device.files() == files
    assert server.marks() == {"One": READ, "Two": UNREAD}


def test_a_feed_that_was_subscribed_to_during_the_sync_comes_too(
    device: Device, server: FakeServer
) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One")

    def subscribe(name: str) -> None:
        if name == "feeds, done" and len(server.data.feeds) == 1:
            server.publish(server.subscribe("https://b.example/feed", "B"), "Two")

    device.service = FakeService(server, step=subscribe)
    device.sync_ok()
    assert set(device.articles()) == {"One", "Two"}


# -- marks both ways ------------------------------------------------------------------------------


@pytest.mark.parametrize("lists", [False, True])
def test_marks_go_both_ways(device: Device, server: FakeServer, lists: bool) -> None:
    device.service = FakeService(server, lists=lists, toggles=True)
    feed = server.subscribe("https://a.example/feed", "A")
    one, two, three, _ = server.publish(feed, "One", "Two", "Three", "Four")
    device.sync_ok()
    device.mark(Mark.READ, True, "One", "Two", "Three")
    server.mark(Mark.READ, True, two)
    server.mark(Mark.STARRED, True, three)
    device.mark(Mark.STARRED, True, "One")
    assert device.sync_ok().reason == "3 marks sent, 1 received"
    expected = {"One": BOTH, "Two": READ, "Three": BOTH, "Four": UNREAD}
    assert device.marks() == server.marks() == expected
    device.mark(Mark.READ, False, "Two", "Three")
    server.mark(Mark.STARRED, False, one)
    assert device.sync_ok().reason == "2 marks sent, 1 received"
    expected = {"One": READ, "Two": UNREAD, "Three": STARRED, "Four": UNREAD}
    assert device.marks() == server.marks() == expected
    assert device.sync_ok().reason == ""


def test_a_first_contact_joins_both_sides(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One", "Two")
    device.sync_ok()
    device.mark(Mark.READ, True, "One")
    device.records_file.unlink()
    server.mark(Mark.STARRED, True, *server.data.entries)
    files = device.files()
    end = device.sync_ok()
    assert (end.new, end.reason) == ((), "1 mark sent, 2 received")
    assert device.marks() == server.marks() == {"One": BOTH, "Two": STARRED}
    assert device.files() == files


def test_what_came_from_the_server_is_one_gesture_in_no_history(
    device: Device, server: FakeServer
) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    entries = server.publish(feed, *(f"N{number}" for number in range(20)))
    device.sync_ok()
    device.mark(Mark.READ, True, "N0")
    device.sync_ok()
    server.mark(Mark.READ, True, *entries[1:])
    server.mark(Mark.STARRED, True, *entries[:3])
    before = device.state.revision
    device.sync_ok()
    assert device.state.revision == before + 1
    assert len(device.state.history()) == 1
    undone = device.state.undo_last()
    assert undone is not None
    assert undone.articles == {device.articles()["N0"]}


def test_what_is_marked_here_during_the_sync_goes_with_the_next(
    device: Device, server: FakeServer
) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    one, two, _ = server.publish(feed, "One", "Two", "Three")
    device.sync_ok()
    server.mark(Mark.READ, True, one, two)
    device.mark(Mark.READ, True, "Three")

    def reader(name: str) -> None:
        if name == "apply":
            # The one is read here as well, the other one starred, since the comparison.
            device.step = lambda _: None
            device.state.step = lambda _: None
            device.mark(Mark.READ, True, "One")
            device.mark(Mark.STARRED, True, "Two")
            device.mark(Mark.READ, False, "Three")

    device.step = reader
    device.sync_ok()
    assert device.marks() == {"One": READ, "Two": BOTH, "Three": UNREAD}
    assert device.sync_ok().reason == "2 marks sent"
    assert device.marks() == server.marks() == {"One": READ, "Two": BOTH, "Three": UNREAD}


# -- what goes wrong ------------------------------------------------------------------------------


def test_offline_marks_wait(device: Device, server: FakeServer) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One", "Two")
    device.sync_ok()
    device.mark(Mark.READ, True, "One")
    device.service = FakeService(server, step=Steps(0))
    end = device.sync()
    assert (end.state, end.failure) == (State.FAILED, "offline")
    assert end.reason == "Home.example.org could not be reached. 1 mark waits for the next time."
    record = device.record()
    assert (record.failures, record.failure, record.last_success) == (1, "offline", NOON)
    device.service = FakeService(server)
    assert device.sync_ok().reason == "1 mark sent"
    assert server.marks()["One"] == READ
    assert (device.record().failures, device.record().reason) == (0, "")


def test_how_far_it_is() -> None:
    assert how_far(0, 10_000) == how_far(5, 20) == how_far(0, 0) == ""
    assert how_far(1_200, 10_000) == "1,200 of 10,000 articles"
    # More than expected, such as unread ones that are older than the window.
    assert how_far(10_250, 10_000) == "10,250 articles"


def test_what_came_is_kept_if_marks_cannot_be_sent(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    [one] = server.publish(feed, "One")
    device.sync_ok()
    device.mark(Mark.STARRED, True, "One")
    server.mark(Mark.READ, True, one)
    server.publish(feed, "Two", "Three")

    def refuse(name: str) -> None:
        if name.startswith("push"):
            raise FetchError(Failure.LOGIN, "the server does not accept the token; log in again")

    device.service = FakeService(server, step=refuse)
    end = device.sync()
    assert (end.state, end.failure, len(end.new)) == (State.FAILED, "login", 2)
    assert end.reason == (
        "The server does not accept the token; log in again. "
        "Before that: 2 new, 1 mark received. 1 mark waits for the next time."
    )
    assert device.marks() == {"One": BOTH, "Two": UNREAD, "Three": UNREAD}
    device.service = FakeService(server, toggles=True)
    end = device.sync_ok()
    assert (end.new, end.reason) == ((), "1 mark sent")
    assert device.marks() == server.marks()


BUSY = FetchError(
    Failure.BUSY, "the server is busy", status=429, retry_after=NOON + timedelta(hours=2)
)


def test_a_server_that_is_busy_is_left_alone_until_it_says(
    device: Device, server: FakeServer
) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    device.service = FakeService(server, step=Steps(0, BUSY))
    assert device.sync().state is State.FAILED
    device.service = FakeService(server)
    calls = list(server.calls)
    device.now = NOON + timedelta(hours=1)
    end = device.sync()
    assert (end.state, end.failure, end.until) == (State.SKIPPED, "asked to wait", BUSY.retry_after)
    assert server.calls == calls
    device.now = NOON + timedelta(hours=2)
    assert device.sync().state is State.SAVED


@pytest.mark.parametrize(("hours", "insists"), [(1, True), (-48, False), (720, False)])
def test_a_busy_server_is_asked_where_somebody_insists_or_a_clock_was_wrong(
    device: Device, server: FakeServer, hours: int, insists: bool
) -> None:
    later = NOON + timedelta(hours=2 if insists else 480)
    busy = FetchError(Failure.BUSY, "the server is busy", status=429, retry_after=later)
    device.service = FakeService(server, step=Steps(0, busy))
    device.sync()
    device.service = FakeService(server)
    device.now = NOON + timedelta(hours=hours)
    assert device.sync(force=insists).state is State.UNCHANGED
    assert device.record().retry_at is None


def test_a_secret_that_is_not_there_is_a_failure_of_the_account(
    device: Device, server: FakeServer
) -> None:
    class NoSecret:
        def __getattr__(self, name: str) -> object:
            raise FetchError(Failure.LOGIN, "there is no password for it")

    device.service = NoSecret()  # type: ignore[assignment]
    end = device.sync()
    assert (end.state, end.failure) == (State.FAILED, "login")


def test_a_dry_run_changes_nothing(device: Device, server: FakeServer) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    [one] = server.publish(feed, "One")
    device.sync_ok()
    server.mark(Mark.READ, True, one)
    device.mark(Mark.STARRED, True, "One")
    server.publish(feed, "Two", "Three", "Four", "Five")
    server.rename(feed, "The A")
    before = (device.files(), device.marks(), device.entries(), device.record(), server.backup())
    device.now += timedelta(hours=1)
    end = device.sync(dry_run=True)
    assert (len(end.new), end.reason) == (4, "1 mark sent, 1 received")
    after = (device.files(), device.marks(), device.entries(), device.record(), server.backup())
    assert after == before
    assert device.sync_ok().reason == "1 mark sent, 1 received"


# -- forgotten, restored --------------------------------------------------------------------------


@pytest.mark.parametrize("lists", [False, True])
def test_what_the_server_has_forgotten_stays_as_it_is(
    device: Device, server: FakeServer, lists: bool
) -> None:
    device.service = FakeService(server, lists=lists)
    feed = server.subscribe("https://a.example/feed", "A")
    one, two, *_ = server.publish(feed, "One", "Two", "Three", "Four", "Five")
    server.mark(Mark.STARRED, True, two)
    device.sync_ok()
    server.forget([one, two])
    files, marks = device.files(), device.marks()
    device.sync_ok()
    assert (device.files(), device.marks()) == (files, marks)
    device.mark(Mark.READ, True, "One", "Three")
    assert device.sync_ok().reason == "1 mark sent"
    assert server.marks() == {"Three": READ, "Four": UNREAD, "Five": UNREAD}
    assert (device.marks()["One"], device.marks()["Two"]) == (READ, STARRED)
    assert device.sync_ok().reason == ""


@pytest.mark.slow
@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("shows_guids", [False, True])
@pytest.mark.parametrize("published", [0, 1, 2, 5])
def test_ids_that_start_anew_cross_no_marks(
    make_device: MakeDevice, lists: bool, shows_guids: bool, published: int
) -> None:
    server = FakeServer(shows_guids=shows_guids)
    device = make_device(server=server)
    device.service = FakeService(server, lists=lists, toggles=True)
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One", "Two")
    device.sync_ok()
    saved = server.backup()
    after = server.publish(feed, "Three", "Four", "Five", "Six")
    server.mark(Mark.READ, True, after[0])
    device.sync_ok()
    device.mark(Mark.READ, True, "One", "Four")
    device.sync_ok()
    files = device.files()
    server.restore(saved)
    # What was published after the backup comes again, under ids that other entries had.
    titles = ["Six", "Seven", "Three", "Eight", "Nine"][:published]
    server.publish(feed, *titles)
    device.sync_ok()
    assert {path: text for path, text in device.files().items() if path in files} == files
    marks = device.marks()
    assert set(marks) == {"One", "Two", "Three", "Four", "Five", "Six", *titles}
    read = {title for title, found in marks.items() if found.read}
    assert read == {"One", "Three", "Four"}
    assert {title for title, found in server.marks().items() if found.read} == read & {
        *server.marks()
    }
    device.mark(Mark.STARRED, True, "One", "Two")
    device.sync_ok()
    assert {each: device.marks()[each] for each in server.marks()} == server.marks()
    assert device.sync_ok().reason == ""


def test_another_server_under_the_same_name_is_met_for_the_first_time(
    device: Device, server: FakeServer
) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One", "Two", "Three")
    device.sync_ok()
    device.mark(Mark.READ, True, "One", "Two")
    device.sync_ok()
    other = FakeServer()
    other.publish(other.subscribe("https://b.example/feed", "B"), "Uno", "Due", "Tre")
    device.service = FakeService(other)
    device.sync_ok()
    assert other.marks() == {"Uno": UNREAD, "Due": UNREAD, "Tre": UNREAD}
    assert device.marks() == {"One": READ, "Two": READ, "Three": UNREAD, **other.marks()}


# -- interruptions --------------------------------------------------------------------------------


class Interrupted(Exception):  # noqa: N818  # no error of ours
    """The process ends here, as far as the sync is concerned."""


def prepare(device: Device, server: FakeServer) -> None:
    """Let much be left to do: entries, edits and names come; marks come and go."""
    feed = server.subscribe("https://a.example/feed", "A")
    other = server.subscribe("https://b.example/feed", "B")
    one, two, three, _ = server.publish(feed, "One", "Two", "Three", "Four")
    device.sync_ok()
    device.mark(Mark.READ, True, "One", "Two")
    device.mark(Mark.STARRED, True, "Two", "Four")
    server.mark(Mark.READ, True, two, three)
    server.mark(Mark.STARRED, True, one)
    server.edit(one, "Other words.")
    server.rename(feed, "The A")
    server.publish(feed, "Five", "Six")
    server.mark(Mark.READ, True, *server.publish(other, "Seven", "Eight"))


def outcome(device: Device, server: FakeServer) -> object:
    """All that a sync leaves, but times and the counter of the server."""
    return device.files(), device.marks(), server.marks(), device.entries()


@pytest.mark.slow
@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("is_error", [False, True])
def test_whatever_interrupts_it_the_next_sync_goes_on(
    make_device: MakeDevice, lists: bool, is_error: bool
) -> None:
    def sync(name: str, at: int | None) -> tuple[object, int]:
        server = FakeServer()
        device = make_device(name, server)
        device.service = FakeService(server, lists=lists)
        prepare(device, server)
        steps = Steps(at, OFFLINE if is_error else Interrupted())
        device.service = FakeService(server, lists=lists, toggles=True, step=steps)
        # Of what is here, errors are of another kind.
        device.step = steps if not is_error else lambda _: None
        end = device.sync()
        assert (end.state is State.FAILED) == (at is not None)
        steps_done = len(steps.done)
        device.service = FakeService(server, lists=lists, toggles=True)
        device.step = lambda _: None
        device.sync_ok()
        assert device.sync_ok().reason == ""
        return outcome(device, server), steps_done

    undisturbed, steps = sync("undisturbed", None)
    assert steps > 10
    for at in range(steps):
        assert sync(f"at {at}", at)[0] == undisturbed, at


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("value", [True, False])
def test_a_mark_that_is_taken_back_after_it_was_sent_and_not_recorded(
    device: Device, server: FakeServer, lists: bool, value: bool
) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    one, two = server.publish(feed, "One", "Two")
    server.mark(Mark.READ, not value, one, two)
    device.service = FakeService(server, lists=lists)
    device.sync_ok()
    device.mark(Mark.READ, value, "One", "Two")

    def stop(name: str) -> None:
        if name == "apply" and server.calls[-1].startswith("push"):
            raise Interrupted

    device.step = stop
    assert device.sync().state is State.FAILED
    assert server.marks()["One"].read is value
    device.step = lambda _: None
    device.mark(Mark.READ, not value, "One")
    device.sync_ok()
    assert device.marks() == server.marks()
    assert (device.marks()["One"].read, device.marks()["Two"].read) == (not value, value)
    assert device.sync_ok().reason == ""


# -- together with others -------------------------------------------------------------------------


def test_feeds_of_ones_own_are_updated_beside_it(device: Device, server: FakeServer) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One", "Two")
    own = [Subscription("https://a.example/feed"), Subscription("https://c.example/feed")]
    request = update_request(own, own)
    ends = {end.name: end.state for end in device.refresh(request, Feeds())}
    assert ends["home"] is State.SAVED
    assert State.FAILED not in ends.values()
    assert len(ends) == 3
    # Whoever came first has written it; nobody has written it twice.
    assert set(device.articles()) == {"One", "Two", "Other"}
    assert device.surprises == []


def test_feeds_that_move_to_an_account_and_back_double_nothing(
    device: Device, server: FakeServer
) -> None:
    own = [Subscription("https://a.example/feed")]
    device.refresh(update_request(own, own), Feeds())
    files = device.files()
    server.publish(server.subscribe("https://a.example/feed", "On the server"), "One", "Two")
    device.mark(Mark.READ, True, "One")
    end = device.sync_ok()
    assert (len(end.new), end.updated, end.reason) == (1, (), "1 mark sent")
    assert {path: text for path, text in device.files().items() if path in files} == files
    with_two = device.files()
    device.refresh(update_request(own, own, force=True), Feeds())
    assert device.files() == with_two


def test_two_accounts_have_one_article(make_device: MakeDevice, server: FakeServer) -> None:
    device = make_device()
    server.publish(server.subscribe("https://a.example/feed", "A"), "One", "Two")
    other = FakeServer()
    other.publish(other.subscribe("https://b.example/feed", "B"), "Three")
    other.publish(other.subscribe("https://a.example/feed", "A"), "Two", "One")
    device.sync_ok()
    device.mark(Mark.READ, True, "One")
    files = device.files()
    home = device.account
    device.account = home._replace(name="work", url="https://work.example.org/")
    device.service = FakeService(other)
    end = device.sync_ok()
    assert (len(end.new), end.reason) == (1, "1 mark sent")
    assert {path: text for path, text in device.files().items() if path in files} == files
    device.account = home
    device.service = FakeService(server)
    device.sync_ok()
    assert server.marks() == {"One": READ, "Two": UNREAD}
    assert other.marks() == {"One": READ, "Two": UNREAD, "Three": UNREAD}


def test_what_nobody_expected_stops_no_feed(device: Device) -> None:
    def fail(name: str) -> None:
        raise ZeroDivisionError(name)

    device.service = FakeService(FakeServer(), step=fail)
    own = [Subscription("https://c.example/feed")]
    ends = {end.name: end for end in device.refresh(update_request(own, own), Feeds())}
    assert ends["c.example"].state is State.SAVED
    assert (ends["home"].state, ends["home"].failure) == (State.FAILED, "unforeseen")
    assert [type(each) for each in device.surprises] == [ZeroDivisionError]


def test_a_disk_that_is_full_is_a_failure_of_the_account(
    device: Device, server: FakeServer
) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    device.folder.mkdir()
    (device.folder / "a").write_text("A file is in the way.")
    end = device.sync()
    assert (end.state, end.failure) == (State.FAILED, "disk")
    (device.folder / "a").unlink()
    assert len(device.sync_ok().new) == 1


# -- devices that share a folder ------------------------------------------------------------------


@pytest.mark.slow
def test_devices_that_share_a_folder_and_an_account_do_not_fight(
    shared: Shared, server: FakeServer
) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    one, two, three, _ = server.publish(feed, "One", "Two", "Three", "Four")
    laptop, desktop = shared.devices
    for each in (laptop, desktop):
        each.service = FakeService(server, toggles=True)
        each.sync_ok()
    laptop.mark(Mark.READ, True, "One")
    desktop.mark(Mark.STARRED, True, "Two")
    server.mark(Mark.READ, True, three)
    shared.exchange(0)
    assert laptop.sync_ok().reason == "1 mark sent, 1 received"
    shared.exchange(0)
    shared.exchange(1)
    # What came by the folder is not pulled again.
    assert desktop.sync_ok().reason == "1 mark sent"
    shared.exchange(1)
    shared.exchange(0)
    assert laptop.sync_ok().reason == ""
    expected = {"One": READ, "Two": STARRED, "Three": READ, "Four": UNREAD}
    assert laptop.marks() == desktop.marks() == server.marks() == expected
    # Taken back here after it was sent there: the last gesture wins everywhere.
    desktop.mark(Mark.READ, False, "One")
    desktop.sync_ok()
    laptop.sync_ok()
    assert not server.marks()["One"].read
    for number in (1, 0, 1):
        shared.exchange(number)
    assert desktop.sync_ok().reason == laptop.sync_ok().reason == ""
    assert laptop.marks() == desktop.marks() == server.marks()
    assert not server.marks()["One"].read
    assert (one, two) == tuple(server.data.entries)[:2]


def test_what_one_device_sent_and_took_back_is_not_received_by_the_other(
    shared: Shared, server: FakeServer
) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    laptop, desktop = shared.synced()
    laptop.mark(Mark.READ, True, "One")
    laptop.sync_ok()
    laptop.mark(Mark.READ, False, "One")
    shared.exchange(0)
    shared.exchange(1)
    # For the desktop it was unread from the beginning, and is read on the server now.
    desktop.sync_ok()
    assert desktop.marks() == server.marks() == {"One": UNREAD}


def test_an_account_is_the_same_on_devices_that_spell_its_address_otherwise(
    tmp_path: Path, make_device: MakeDevice, server: FakeServer
) -> None:
    [one] = server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    laptop, desktop = make_device("laptop"), make_device("desktop")
    laptop.account = laptop.account._replace(url="http://Home.example.org/unread")
    shared = Shared(tmp_path / "shared", laptop, desktop)
    for device in (laptop, desktop):
        device.sync_ok()
    # The desktop receives a star and its journal carries it; then the phone takes it away.
    server.mark(Mark.STARRED, True, one)
    desktop.sync_ok()
    shared.exchange(1)
    shared.exchange(0)
    server.mark(Mark.STARRED, False, one)
    assert laptop.sync_ok().reason == "1 mark received"
    assert laptop.marks() == server.marks() == {"One": UNREAD}


def test_what_one_device_received_is_not_sent_by_the_other(
    shared: Shared, server: FakeServer
) -> None:
    [one] = server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    laptop, desktop = shared.synced()
    server.mark(Mark.READ, True, one)
    desktop.sync_ok()
    shared.exchange(1)
    server.mark(Mark.READ, False, one)
    shared.exchange(0)
    # For the laptop it was unread on the server from the beginning, and is read here now.
    laptop.sync_ok()
    assert laptop.marks() == server.marks() == {"One": UNREAD}


def test_what_one_device_agreed_on_counts_at_the_first_contact_of_another(
    shared: Shared, server: FakeServer
) -> None:
    server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    laptop, desktop = shared.devices
    laptop.sync_ok()
    for value in (True, False):
        laptop.mark(Mark.STARRED, value, "One")
        if value:
            laptop.sync_ok()
    shared.exchange(0)
    shared.exchange(1)
    assert desktop.sync_ok().reason == "1 mark sent"
    assert desktop.marks() == server.marks() == {"One": UNREAD}


def test_what_was_agreed_with_one_server_was_not_with_another(
    make_device: MakeDevice, server: FakeServer, tmp_path: Path
) -> None:
    [one] = server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    other = FakeServer()
    other.publish(other.subscribe("https://a.example/feed", "A"), "One")
    device = make_device()
    Shared(tmp_path / "shared", device)
    server.mark(Mark.READ, True, one)
    assert device.sync_ok().reason == "1 mark received"
    url = "https://work.example.org/"
    device.account = device.account._replace(name="work", url=url)
    device.service = FakeService(other)
    assert device.sync_ok().reason == "1 mark sent"
    assert other.marks() == server.marks() == {"One": READ}


@pytest.mark.parametrize("stops", [False, True])
def test_a_server_that_was_restored_has_agreed_on_nothing_with_any_device(
    make_device: MakeDevice, server: FakeServer, tmp_path: Path, stops: bool
) -> None:
    feed = server.subscribe("https://a.example/feed", "A")
    server.publish(feed, "One")
    saved = server.backup()
    server.publish(feed, "Two")
    laptop = make_device()
    Shared(tmp_path / "shared", laptop)
    laptop.sync_ok()
    laptop.mark(Mark.READ, True, "One")
    laptop.sync_ok()
    server.restore(saved)
    if stops:
        # It finds out that the server was restored, and no more.
        laptop.service = FakeService(server, step=Steps(4, OFFLINE))
        assert laptop.sync().state is State.FAILED
        assert laptop.entries() == {}
        laptop.service = FakeService(server)
    # That it was agreed to be read must not be believed any more.
    assert laptop.sync_ok().reason == "1 mark sent"
    assert laptop.marks()["One"] == server.marks()["One"] == READ


def test_what_was_agreed_while_nothing_was_shared_counts_later(
    make_device: MakeDevice, server: FakeServer, tmp_path: Path
) -> None:
    [one, *_] = server.publish(server.subscribe("https://a.example/feed", "A"), "One", "Two")
    laptop = make_device()
    shared = Shared(tmp_path / "shared", laptop)
    laptop.sync_ok()
    laptop.mark(Mark.READ, True, "One")
    laptop.sync_ok()
    shared.exchange(0)
    shared.journals[0].turn_off()
    server.mark(Mark.READ, False, one)
    laptop.sync_ok()
    laptop.mark(Mark.STARRED, True, "Two")
    laptop.sync_ok()
    assert not shared.journals[0].turn_on(tmp_path / "shared").problem
    shared.exchange(0)
    laptop.mark(Mark.READ, True, "One")
    assert laptop.sync_ok().reason == "1 mark sent"
    assert laptop.marks() == server.marks() == {"One": READ, "Two": STARRED}


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("travels", [False, True])
@pytest.mark.parametrize("way", ["feed added again", "other ids", "both ids", "forgotten before"])
def test_entries_that_come_again_under_other_ids_get_the_marks_that_are_here(
    tmp_path: Path,
    make_device: MakeDevice,
    server: FakeServer,
    way: str,
    travels: bool,
    lists: bool,
) -> None:
    device = make_device()
    device.service = FakeService(server, lists=lists)
    if travels:
        Shared(tmp_path / "shared", device)
    feed, other = (server.subscribe(f"https://{name}.example/feed", name) for name in "ab")
    ids = server.publish(feed, "One", "Two")
    server.publish(other, "X", "Y", "Z")
    device.sync_ok()
    device.mark(Mark.STARRED, True, "One")
    device.mark(Mark.READ, True, "Two")
    device.sync_ok()
    if way == "forgotten before":
        server.forget(ids)
        device.mark(Mark.READ, True, "One")
        device.mark(Mark.STARRED, True, "Two")
        device.sync_ok()
    before = device.marks()
    if way == "feed added again":
        server.unsubscribe(feed)
        device.sync_ok()
        feed = server.subscribe(feed.url, feed.title)
    elif way == "other ids":
        server.forget(ids)
    [one, _] = server.publish(feed, "One", "Two")
    for _ in range(3):
        device.sync_ok()
        assert device.marks() == server.marks() == before
    server.mark(Mark.STARRED, False, one)
    for _ in range(3):
        device.sync_ok()
        expected = before | {"One": before["One"]._replace(starred=False)}
        assert device.marks() == server.marks() == expected
    assert len({each.marks for each in server.data.entries.values() if each.feed == feed.id}) == 2


def test_a_star_that_is_taken_away_there_is_seen_where_no_list_shows_it(
    device: Device, server: FakeServer
) -> None:
    device.service = FakeService(server, lists=True)
    device.account = device.account._replace(window=1)
    [one, *_] = server.publish(server.subscribe("https://a.example/feed", "A"), "One", "Two")
    device.sync_ok()
    device.mark(Mark.READ, True, "One")
    device.mark(Mark.STARRED, True, "One")
    device.sync_ok()
    server.mark(Mark.STARRED, False, one)
    assert device.sync_ok().reason == "1 mark received"
    assert device.marks() == server.marks() == {"One": READ, "Two": UNREAD}


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(0, 2), st.integers(0, 2), st.sampled_from(Mark)),
        st.tuples(st.just("sync"), st.integers(0, 1)),
        st.tuples(st.just("exchange"), st.integers(0, 1)),
    ),
    max_size=12,
)


@pytest.mark.slow
@given(_steps)
@examples(40, suppress=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_where_all_end_up_equal(
    tmp_path: Path, pool: WorkerPool, steps: list[tuple[str, int] | tuple[str, int, int, Mark]]
) -> None:
    with TemporaryDirectory(dir=tmp_path) as name:
        server = FakeServer()
        server.publish(server.subscribe("https://a.example/feed", "A"), "N0", "N1", "N2")
        devices = [Device(Path(name) / each, pool, server) for each in ("laptop", "desktop")]
        shared = Shared(Path(name) / "shared", *devices)
        for number, device in enumerate(devices):
            device.service = FakeService(server, toggles=True, lists=bool(number))
            device.sync_ok()
        for step in steps:
            if step[0] == "sync":
                devices[step[1]].sync_ok()
            elif step[0] == "exchange":
                shared.exchange(step[1])
            else:
                _, where, entry, mark = step  # type: ignore[misc]
                toggle(server if where == 2 else devices[where], f"N{entry}", mark)
        for number in (0, 1, 0, 1):
            shared.exchange(number)
            devices[number].sync_ok()
            shared.exchange(number)
        assert devices[0].marks() == devices[1].marks() == server.marks()
        for device in devices:
            assert device.sync_ok().reason == ""
            device.close()


def toggle(side: Device | FakeServer, title: str, mark: Mark) -> None:
    value = not side.marks()[title].of(mark)
    if isinstance(side, Device):
        side.mark(mark, value, title)
    else:
        ids = {each.entry.title: each.id for each in side.data.entries.values()}
        side.mark(mark, value, ids[title])

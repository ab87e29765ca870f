"""An account and a library are brought together: both ways, whatever interrupts it."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.progress import Phase
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_request import update_request
from rilo_reader.fetch.messages import Failure, FetchError, Request, Response
from rilo_reader.html.tree import MAX_TAGS
from rilo_reader.plugins.accounts.account_sync import MORE_NOTE, SyncLimits, describe_progress
from rilo_reader.plugins.accounts.service import ServerMark, ServerMarks
from tests.plugins.accounts.conftest import MakeDevice
from tests.plugins.accounts.devices import Device
from tests.plugins.accounts.fake_service import (
    NOON,
    OFFLINE,
    Database,
    FakeServer,
    FakeService,
    Steps,
)

UNREAD, READ, STARRED = ServerMarks(), ServerMarks(read=True), ServerMarks(starred=True)
BOTH = ServerMarks(read=True, starred=True)

with_lists = pytest.mark.parametrize("lists", [False, True], ids=["changes", "lists"])
"""Whether the server says what changed, as Miniflux does, or has lists of ids alone."""


def are_there(device: Device, files: dict[str, str]) -> bool:
    """Whether all these files are in the library as they were."""
    return files.items() <= device.files().items()


# -- what comes -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_entries_come_once_with_their_marks(device: Device, server: FakeServer) -> None:
    a = server.subscribe("https://a.example/feed", "A", "News")
    b = server.subscribe("https://b.example/feed", "B")
    one, two = server.publish(a, "One", "Two")
    server.publish(b, "Three", "Four", "Five")
    server.mark(ServerMark.READ, True, one)
    server.mark(ServerMark.STARRED, True, two)
    end = device.sync()
    assert (end.state, end.name, end.url) == (Phase.SAVED, "home", "https://home.example.org/")
    assert (len(end.new), end.reason) == (5, "2 marks received")
    assert device.marks() == server.marks()
    assert device.marks()["One"] == READ
    assert {path.split("/")[0] for path in device.files()} == {"a", "b"}
    with device.records() as records:
        categories = {each.title: each.categories for each in records.list_feeds("home")}
    assert categories == {"A": ("News",), "B": ()}
    files = device.files()
    end = device.sync()
    assert (end.state, end.new, end.updated, end.reason) == (Phase.UNCHANGED, (), (), "")
    assert device.files() == files
    assert device.record().last_success == NOON


def test_what_is_new_edited_or_renamed_there_is_so_here(device: Device, server: FakeServer) -> None:
    one, *_ = server.with_feed("One", "Two")
    [feed] = server.data.feeds.values()
    device.sync_ok()
    server.publish(feed, "Three")
    end = device.sync_ok()
    assert [path.rpartition("/")[2].split("-")[3] for path in end.new] == ["three"]
    assert set(device.articles()) == {"One", "Two", "Three"}
    device.mark(ServerMark.STARRED, True, "One")
    device.sync_ok()
    server.edit(one, "Other words.")
    end = device.sync_ok()
    assert (len(end.updated), end.new) == (1, ())
    [text] = [text for text in device.files().values() if "Other words." in text]
    assert "One" in text
    assert device.marks()["One"] == server.marks()["One"] == STARRED
    server.rename(feed, "The A")
    server.publish(feed, "Four")
    device.sync_ok()
    assert all('source = "The A"' in text for text in device.files().values())


@pytest.mark.slow
def test_an_entry_that_is_too_long_is_cut_and_said(device: Device, server: FakeServer) -> None:
    one, _ = server.with_feed("One", "Two")
    server.edit(one, "word <b> " * (MAX_TAGS + 10))
    end = device.sync_ok()
    assert (len(end.new), end.reason) == (2, "1 article cut, as too long")
    [text] = [text for text in device.files().values() if "The rest is too long" in text]
    assert "One" in text


@pytest.mark.parametrize("shows_guids", [True, False])
def test_a_feed_that_leaves_or_comes_back_or_moves_doubles_nothing(
    make_device: MakeDevice, shows_guids: bool
) -> None:
    server = FakeServer(shows_guids=shows_guids)
    device = make_device(at=server)
    server.with_feed("One", "Two")
    [feed] = server.data.feeds.values()
    device.sync_ok()
    files = device.files()
    server.unsubscribe(feed)
    device.mark(ServerMark.READ, True, "One")
    end = device.sync_ok()
    assert (end.state, end.reason) == (Phase.UNCHANGED, "")
    with device.records() as records:
        assert (records.list_feeds("home"), records.entry_ids("home")) == ([], frozenset())
    assert device.files() == files
    server.with_feed("One", "Two")
    end = device.sync_ok()
    assert (end.new, end.reason) == ((), "1 mark sent")
    assert device.files() == files
    assert server.marks() == {"One": READ, "Two": UNREAD}
    # The server follows it to another address.
    [feed] = server.data.feeds.values()
    server.data.feeds[feed.id] = feed._replace(url="https://a.example/moved")
    server.publish(feed, "Three")
    end = device.sync_ok()
    assert (len(end.new), end.updated) == (1, ())
    assert are_there(device, files)
    assert {path.split("/")[0] for path in device.files()} == {"a"}


def test_a_feed_that_was_subscribed_to_during_the_sync_comes_too(
    device: Device, server: FakeServer
) -> None:
    server.with_feed("One")

    def subscribe(name: str) -> None:
        if name == "feeds, done" and len(server.data.feeds) == 1:
            server.publish(server.subscribe("https://b.example/feed", "B"), "Two")

    device.service = FakeService(server, step=subscribe)
    device.sync_ok()
    assert set(device.articles()) == {"One", "Two"}


@with_lists
def test_what_is_left_comes_with_the_next_refreshes(
    make_device: MakeDevice, server: FakeServer, lists: bool
) -> None:
    device = make_device(lists=lists)
    device.account = device.account._replace(window=2)
    device.limits = SyncLimits(max_new_entries=4)
    server.mark(
        ServerMark.STARRED, True, *server.with_feed(*(f"N{number}" for number in range(14)))
    )
    assert device.sync_ok().reason == f"6 marks received; {MORE_NOTE}"
    device.mark(ServerMark.READ, True, next(iter(device.articles())))
    assert device.sync_ok().reason == f"1 mark sent, 6 received; {MORE_NOTE}"
    assert device.sync_ok().reason == "2 marks received"
    assert device.marks() == server.marks()
    assert len(device.files()) == 14
    assert device.sync_ok().reason == ""


# -- marks both ways ------------------------------------------------------------------------------


@with_lists
def test_marks_go_both_ways(make_device: MakeDevice, server: FakeServer, lists: bool) -> None:
    device = make_device(lists=lists, toggles=True)
    one, two, three, _ = server.with_feed("One", "Two", "Three", "Four")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One", "Two", "Three")
    server.mark(ServerMark.READ, True, two)
    server.mark(ServerMark.STARRED, True, three)
    device.mark(ServerMark.STARRED, True, "One")
    assert device.sync_ok().reason == "3 marks sent, 1 received"
    expected = {"One": BOTH, "Two": READ, "Three": BOTH, "Four": UNREAD}
    assert device.marks() == server.marks() == expected
    device.mark(ServerMark.READ, False, "Two", "Three")
    server.mark(ServerMark.STARRED, False, one)
    assert device.sync_ok().reason == "2 marks sent, 1 received"
    expected = {"One": READ, "Two": UNREAD, "Three": STARRED, "Four": UNREAD}
    assert device.marks() == server.marks() == expected
    assert device.sync_ok().reason == ""


def test_a_star_that_is_taken_away_there_is_seen_where_no_list_shows_it(
    make_device: MakeDevice, server: FakeServer
) -> None:
    device = make_device(lists=True)
    device.account = device.account._replace(window=1)
    one, _ = server.with_feed("One", "Two")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One")
    device.mark(ServerMark.STARRED, True, "One")
    device.sync_ok()
    server.mark(ServerMark.STARRED, False, one)
    assert device.sync_ok().reason == "1 mark received"
    assert device.marks() == server.marks() == {"One": READ, "Two": UNREAD}


def test_a_first_contact_joins_both_sides(device: Device, server: FakeServer) -> None:
    server.with_feed("One", "Two")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One")
    device.records_file.unlink()
    server.mark(ServerMark.STARRED, True, *server.data.entries)
    files = device.files()
    end = device.sync_ok()
    assert (end.new, end.reason) == ((), "1 mark sent, 2 received")
    assert device.marks() == server.marks() == {"One": BOTH, "Two": STARRED}
    assert device.files() == files


def test_what_came_from_the_server_is_one_gesture_in_no_history(
    device: Device, server: FakeServer
) -> None:
    entries = server.with_feed(*(f"N{number}" for number in range(20)))
    device.sync_ok()
    device.mark(ServerMark.READ, True, "N0")
    device.sync_ok()
    server.mark(ServerMark.READ, True, *entries[1:])
    server.mark(ServerMark.STARRED, True, *entries[:3])
    before = device.state.revision
    device.sync_ok()
    assert device.state.revision == before + 1
    assert len(device.state.history.read()) == 1
    undone = device.state.undo_last()
    assert undone is not None
    assert undone.article_ids == {device.articles()["N0"]}


def test_what_is_marked_here_during_the_sync_goes_with_the_next(
    device: Device, server: FakeServer
) -> None:
    one, two, _ = server.with_feed("One", "Two", "Three")
    device.sync_ok()
    server.mark(ServerMark.READ, True, one, two)
    device.mark(ServerMark.READ, True, "Three")

    def reader(name: str) -> None:
        if name == "apply":
            # The one is read here as well, the other one starred, since the comparison.
            device.step = lambda _: None
            device.state.step = lambda _: None
            device.mark(ServerMark.READ, True, "One")
            device.mark(ServerMark.STARRED, True, "Two")
            device.mark(ServerMark.READ, False, "Three")

    device.step = reader
    device.sync_ok()
    assert device.marks() == {"One": READ, "Two": BOTH, "Three": UNREAD}
    assert device.sync_ok().reason == "2 marks sent"
    assert device.marks() == server.marks() == {"One": READ, "Two": BOTH, "Three": UNREAD}


@pytest.mark.parametrize("days", [-400, 2, 400])
def test_a_clock_of_ours_that_is_wrong_and_set_right_loses_no_mark(
    device: Device, server: FakeServer, days: int
) -> None:
    _, two = server.with_feed("One", "Two")
    now, time = device.now, device.time
    for wrong_by in (days, 0):
        device.now, device.time = now + timedelta(days=wrong_by), time + wrong_by * 86_400_000
        device.sync_ok()
        device.mark(ServerMark.READ, bool(wrong_by), "One")
        server.mark(ServerMark.STARRED, bool(wrong_by), two)
        device.sync_ok()
        expected = {"One": READ, "Two": STARRED} if wrong_by else {"One": UNREAD, "Two": UNREAD}
        assert device.marks() == server.marks() == expected
        assert device.sync_ok().reason == ""


# -- what goes wrong ------------------------------------------------------------------------------


def test_offline_marks_wait(device: Device, server: FakeServer) -> None:
    server.with_feed("One", "Two")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One")
    device.service = FakeService(server, step=Steps(0))
    end = device.sync()
    assert (end.state, end.failure) == (Phase.FAILED, "offline")
    assert end.reason == "Home.example.org could not be reached. 1 mark will be sent later."
    record = device.record()
    assert (record.failures, record.failure, record.last_success) == (1, "offline", NOON)
    device.service = FakeService(server)
    assert device.sync_ok().reason == "1 mark sent"
    assert server.marks()["One"] == READ
    assert (device.record().failures, device.record().reason) == (0, "")


def test_how_far_it_is() -> None:
    assert describe_progress(0, 10_000) == describe_progress(5, 20) == describe_progress(0, 0) == ""
    assert describe_progress(1_200, 10_000) == "1,200 of 10,000 articles"
    # More than expected, such as unread ones that are older than the window.
    assert describe_progress(10_250, 10_000) == "10,250 articles"


def test_what_came_is_kept_if_marks_cannot_be_sent(device: Device, server: FakeServer) -> None:
    [one] = server.with_feed("One")
    device.sync_ok()
    device.mark(ServerMark.STARRED, True, "One")
    server.mark(ServerMark.READ, True, one)
    server.publish(server.data.feeds["1"], "Two", "Three")

    def refuse(name: str) -> None:
        if name.startswith("push"):
            raise FetchError(Failure.LOGIN, "the server does not accept the token; log in again")

    device.service = FakeService(server, step=refuse)
    end = device.sync()
    assert (end.state, end.failure, len(end.new)) == (Phase.FAILED, "login", 2)
    assert end.reason == (
        "The server does not accept the token; log in again. "
        "Before that: 2 new, 1 mark received. 1 mark will be sent later."
    )
    assert device.marks() == {"One": BOTH, "Two": UNREAD, "Three": UNREAD}
    device.service = FakeService(server, toggles=True)
    end = device.sync_ok()
    assert (end.new, end.reason) == ((), "1 mark sent")
    assert device.marks() == server.marks()


@pytest.mark.parametrize(
    ("wait", "hours", "insists", "is_asked"),
    [
        (2, 1, False, False),
        (2, 2, False, True),
        (2, 1, True, True),
        # A clock was wrong.
        (480, -48, False, True),
        (480, 200, False, True),
    ],
)
def test_a_busy_server_is_left_alone_until_it_says_or_somebody_insists(
    device: Device, server: FakeServer, wait: int, hours: int, insists: bool, is_asked: bool
) -> None:
    until = NOON + timedelta(hours=wait)
    busy = FetchError(Failure.BUSY, "the server is busy", status=429, retry_after=until)
    device.service = FakeService(server, step=Steps(0, busy))
    assert device.sync().state is Phase.FAILED
    device.service = FakeService(server)
    calls = list(server.calls)
    device.now = NOON + timedelta(hours=hours)
    end = device.sync(force=insists)
    if is_asked:
        assert end.state is Phase.UNCHANGED
        assert device.record().retry_at is None
    else:
        assert (end.state, end.failure, end.until) == (Phase.SKIPPED, "asked to wait", until)
        assert server.calls == calls


def test_a_dry_run_changes_nothing(device: Device, server: FakeServer) -> None:
    [one] = server.with_feed("One")
    device.sync_ok()
    server.mark(ServerMark.READ, True, one)
    device.mark(ServerMark.STARRED, True, "One")
    server.publish(server.data.feeds["1"], "Two", "Three", "Four", "Five")
    server.rename(server.data.feeds["1"], "The A")

    def everything() -> object:
        return (device.files(), device.marks(), device.entries(), device.record(), server.backup())

    before = everything()
    device.now += timedelta(hours=1)
    end = device.sync(dry_run=True)
    assert (len(end.new), end.reason) == (4, "1 mark sent, 1 received")
    assert everything() == before
    assert device.sync_ok().reason == "1 mark sent, 1 received"


def test_a_disk_that_is_full_or_nearly_so_is_a_failure_of_the_account(
    device: Device, server: FakeServer
) -> None:
    server.with_feed("One")
    device.folder.mkdir()
    (device.folder / "a").write_text("A file is in the way.")
    end = device.sync()
    assert (end.state, end.failure) == (Phase.FAILED, "disk")
    (device.folder / "a").unlink()
    device.limits = SyncLimits(disk_reserve=1 << 62)
    end = device.sync()
    assert (end.state, end.failure) == (Phase.FAILED, "disk")
    assert end.reason.startswith(f"The disk of {device.folder} has only ")
    assert not device.files()
    device.limits = SyncLimits()
    assert len(device.sync_ok().new) == len(device.files()) == 1
    # Marks need no room to speak of.
    device.limits = SyncLimits(disk_reserve=1 << 62)
    device.mark(ServerMark.READ, True, "One")
    assert device.sync_ok().reason == "1 mark sent"


# -- forgotten, restored --------------------------------------------------------------------------


@with_lists
def test_what_the_server_has_forgotten_stays_as_it_is(
    make_device: MakeDevice, server: FakeServer, lists: bool
) -> None:
    device = make_device(lists=lists)
    one, two, *_ = server.with_feed("One", "Two", "Three", "Four", "Five")
    server.mark(ServerMark.STARRED, True, two)
    device.sync_ok()
    server.forget([one, two])
    files, marks = device.files(), device.marks()
    device.sync_ok()
    assert (device.files(), device.marks()) == (files, marks)
    device.mark(ServerMark.READ, True, "One", "Three")
    assert device.sync_ok().reason == "1 mark sent"
    assert server.marks() == {"Three": READ, "Four": UNREAD, "Five": UNREAD}
    assert (device.marks()["One"], device.marks()["Two"]) == (READ, STARRED)
    assert device.sync_ok().reason == ""


@pytest.mark.slow
@with_lists
@pytest.mark.parametrize("shows_guids", [False, True])
@pytest.mark.parametrize("published", [0, 1, 2, 5])
def test_ids_that_start_anew_cross_no_marks(
    make_device: MakeDevice, lists: bool, shows_guids: bool, published: int
) -> None:
    server = FakeServer(shows_guids=shows_guids)
    device = make_device(at=server, lists=lists, toggles=True)
    server.with_feed("One", "Two")
    feed = server.data.feeds["1"]
    device.sync_ok()
    saved = server.backup()
    after = server.publish(feed, "Three", "Four", "Five", "Six")
    server.mark(ServerMark.READ, True, after[0])
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One", "Four")
    device.sync_ok()
    files = device.files()
    server.restore(saved)
    # What was published after the backup comes again, under ids that other entries had.
    titles = ["Six", "Seven", "Three", "Eight", "Nine"][:published]
    server.publish(feed, *titles)
    device.sync_ok()
    assert are_there(device, files)
    marks = device.marks()
    assert set(marks) == {"One", "Two", "Three", "Four", "Five", "Six", *titles}
    read = {title for title, found in marks.items() if found.read}
    assert read == {"One", "Three", "Four"}
    there = {title for title, found in server.marks().items() if found.read}
    assert there == read & {*server.marks()}
    device.mark(ServerMark.STARRED, True, "One", "Two")
    device.sync_ok()
    assert {each: device.marks()[each] for each in server.marks()} == server.marks()
    assert device.sync_ok().reason == ""


def test_another_server_under_the_same_name_is_met_for_the_first_time(
    device: Device, server: FakeServer
) -> None:
    server.with_feed("One", "Two", "Three")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One", "Two")
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
    one, two, three, _ = server.with_feed("One", "Two", "Three", "Four")
    feed, other = server.data.feeds["1"], server.subscribe("https://b.example/feed", "B")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One", "Two")
    device.mark(ServerMark.STARRED, True, "Two", "Four")
    server.mark(ServerMark.READ, True, two, three)
    server.mark(ServerMark.STARRED, True, one)
    server.edit(one, "Other words.")
    server.rename(feed, "The A")
    server.publish(feed, "Five", "Six")
    server.mark(ServerMark.READ, True, *server.publish(other, "Seven", "Eight"))


@pytest.mark.slow
@with_lists
@pytest.mark.parametrize("is_error", [False, True])
def test_whatever_interrupts_it_the_next_sync_goes_on(
    make_device: MakeDevice, lists: bool, is_error: bool
) -> None:
    def sync(at: int | None) -> tuple[object, int]:
        server = FakeServer()
        device = make_device(at=server, lists=lists)
        prepare(device, server)
        steps = Steps(at, OFFLINE if is_error else Interrupted())
        device.service = FakeService(server, lists=lists, toggles=True, step=steps)
        # Of what is here, errors are of another kind.
        device.step = steps if not is_error else lambda _: None
        end = device.sync()
        assert (end.state is Phase.FAILED) == (at is not None)
        steps_done = len(steps.done)
        device.service = FakeService(server, lists=lists, toggles=True)
        device.step = lambda _: None
        device.sync_ok()
        assert device.sync_ok().reason == ""
        # All that a sync leaves, but times and the counter of the server.
        left = (device.files(), device.marks(), server.marks(), device.entries())
        return left, steps_done

    undisturbed, steps = sync(None)
    assert steps > 10
    for at in range(steps):
        assert sync(at)[0] == undisturbed, at


@with_lists
@pytest.mark.parametrize("value", [True, False])
def test_a_mark_that_is_taken_back_after_it_was_sent_and_not_recorded(
    make_device: MakeDevice, server: FakeServer, lists: bool, value: bool
) -> None:
    device = make_device(lists=lists)
    server.mark(ServerMark.READ, not value, *server.with_feed("One", "Two"))
    device.sync_ok()
    device.mark(ServerMark.READ, value, "One", "Two")

    def stop(name: str) -> None:
        if name == "apply" and server.calls[-1].startswith("push"):
            raise Interrupted

    device.step = stop
    assert device.sync().state is Phase.FAILED
    assert server.marks()["One"].read is value
    device.step = lambda _: None
    device.mark(ServerMark.READ, not value, "One")
    device.sync_ok()
    assert device.marks() == server.marks()
    assert (device.marks()["One"].read, device.marks()["Two"].read) == (not value, value)
    assert device.sync_ok().reason == ""


# -- together with others -------------------------------------------------------------------------


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


def test_feeds_of_ones_own_are_updated_beside_it(device: Device, server: FakeServer) -> None:
    server.with_feed("One", "Two")
    own = [Subscription("https://a.example/feed"), Subscription("https://c.example/feed")]
    ends = device.refresh(update_request(own, own), Feeds())
    assert len(ends) == 3
    assert Phase.FAILED not in {end.state for end in ends}
    assert next(end.state for end in ends if end.name == "home") is Phase.SAVED
    # Whoever came first has written it; nobody has written it twice.
    assert set(device.articles()) == {"One", "Two", "Other"}
    assert device.surprises == []


def test_what_nobody_expected_stops_no_feed(device: Device) -> None:
    def fail(name: str) -> None:
        raise ZeroDivisionError(name)

    device.service = FakeService(FakeServer(), step=fail)
    own = [Subscription("https://c.example/feed")]
    ends = {end.name: end for end in device.refresh(update_request(own, own), Feeds())}
    assert ends["c.example"].state is Phase.SAVED
    assert (ends["home"].state, ends["home"].failure) == (Phase.FAILED, "unforeseen")
    assert [type(each) for each in device.surprises] == [ZeroDivisionError]


def test_feeds_that_move_to_an_account_and_back_double_nothing(
    device: Device, server: FakeServer
) -> None:
    own = [Subscription("https://a.example/feed")]
    device.refresh(update_request(own, own), Feeds())
    files = device.files()
    server.with_feed("One", "Two")
    device.mark(ServerMark.READ, True, "One")
    end = device.sync_ok()
    assert (len(end.new), end.updated, end.reason) == (1, (), "1 mark sent")
    assert are_there(device, files)
    with_two = device.files()
    device.refresh(update_request(own, own, force=True), Feeds())
    assert device.files() == with_two


def test_two_accounts_have_one_article(device: Device, server: FakeServer) -> None:
    server.with_feed("One", "Two")
    other = FakeServer()
    other.publish(other.subscribe("https://b.example/feed", "B"), "Three")
    other.with_feed("Two", "One")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One")
    files = device.files()
    home = device.account
    device.account = home._replace(name="work", url="https://work.example.org/")
    device.service = FakeService(other)
    end = device.sync_ok()
    assert (len(end.new), end.reason) == (1, "1 mark sent")
    assert are_there(device, files)
    device.account = home
    device.service = FakeService(server)
    device.sync_ok()
    assert server.marks() == {"One": READ, "Two": UNREAD}
    assert other.marks() == {"One": READ, "Two": UNREAD, "Three": UNREAD}


# -- libraries, records and accounts.toml that are lost or changed --------------------------------

TITLES = ("One", "Two", "Three", "Four", "Five")


@pytest.fixture(params=[False, True], ids=["changes", "lists"])
def synced(request: pytest.FixtureRequest, make_device: MakeDevice, server: FakeServer) -> Device:
    """A device in step with its server: One and Two are read, Two is starred."""
    device = make_device(lists=request.param)
    server.mark(ServerMark.STARRED, True, server.with_feed(*TITLES)[1])
    device.sync_ok()
    device.mark(ServerMark.READ, True, "One", "Two")
    device.sync_ok()
    return device


def test_a_library_that_is_begun_anew_gets_all_articles_again(
    synced: Device, server: FakeServer
) -> None:
    """Files and ledger are gone, records of accounts and marks are not."""
    names, marks = set(synced.files()), synced.marks()
    shutil.rmtree(synced.folder)
    ledger_file(synced.folder, synced.paths).unlink()
    assert len(synced.sync_ok().new) == 5
    assert set(synced.files()) == names
    assert synced.marks() == server.marks() == marks
    assert synced.sync_ok().state is Phase.UNCHANGED


def test_a_ledger_that_is_lost_doubles_nothing(synced: Device, server: FakeServer) -> None:
    files = synced.files()
    ledger_file(synced.folder, synced.paths).unlink()
    server.publish(server.data.feeds["1"], "Six")
    end = synced.sync_ok()
    assert (len(end.new), end.updated, end.reason) == (1, (), "")
    assert are_there(synced, files)


def test_articles_that_are_deleted_here_stay_deleted(synced: Device, server: FakeServer) -> None:
    for path in list(synced.files()):
        if "-one-" in path or "-five-" in path:
            (synced.folder / path).unlink()
    one, *_, five = server.data.entries
    server.mark(ServerMark.READ, False, one)
    server.mark(ServerMark.STARRED, True, five)
    synced.sync_ok()
    synced.records_file.unlink()
    synced.sync_ok()
    assert set(synced.articles()) == {"Two", "Three", "Four"}
    assert synced.sync_ok().reason == ""


@pytest.mark.parametrize("is_removed", [False, True])
def test_an_account_has_another_name(synced: Device, server: FakeServer, is_removed: bool) -> None:
    """Changed by hand in accounts.toml, or removed and added again."""
    files = synced.files()
    synced.mark(ServerMark.READ, True, "Three")
    synced.mark(ServerMark.STARRED, True, "Four")
    server.mark(ServerMark.STARRED, True, list(server.data.entries)[4])
    if is_removed:
        with synced.records() as records:
            records.remove_account("home")
    synced.account = synced.account._replace(name="at home")
    end = synced.sync_ok()
    assert (end.new, end.updated, end.reason) == ((), (), "2 marks sent, 1 received")
    assert synced.files() == files
    assert synced.marks() == server.marks()
    assert synced.sync_ok().reason == ""


def test_an_account_is_added_again_where_the_server_begins_anew(
    synced: Device, server: FakeServer
) -> None:
    marks = synced.marks()
    with synced.records() as records:
        records.remove_account("home")
    server.restore(Database())
    server.with_feed(*TITLES)
    assert synced.sync_ok().reason == "3 marks sent"
    assert synced.marks() == server.marks() == marks

"""The status of the feeds of accounts, beside one's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rilo_reader.config import Mute
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.schedule import SILENT_AFTER
from rilo_reader.feeds.status import (
    AccountFeeds,
    FeedStatus,
    Standing,
    apply_mutes,
    mute_of_source,
    read_feed_statuses,
)
from rilo_reader.feeds.subscriptions import Subscription
from tests.feeds.world import Device

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OWN = Subscription("https://own.example.org/feed", "Own", ("Mine",))
FAR = Subscription("https://far.example.org/feed", "Far", ("News",))


def status(folder: Path, own: list[Subscription], *accounts: AccountFeeds) -> list[FeedStatus]:
    """The status in a library where an article of FAR has come."""
    device = Device(folder)
    with device.collection() as collection:
        origin = Origin(FAR.url, "Far")
        collection.save_entries(origin, [Entry(key="1", title="First")], now=NOW)
        feed = collection.ledger.read_feed(FAR.url)
        collection.ledger.put_feed(feed._replace(last_new=NOW))
    return read_feed_statuses(device.folder, device.paths, own, NOW + timedelta(hours=1), accounts)


def test_feeds_of_accounts_follow_ones_own_and_say_whose_they_are(tmp_path: Path) -> None:
    home = AccountFeeds("home", (FAR,), last_success=NOW)
    own, far = status(tmp_path, [OWN], home)
    assert (own.is_own, own.accounts, own.name) == (True, (), "Own")
    assert (far.is_own, far.accounts, far.name) == (False, ("home",), "Far")
    assert (far.standing, far.sentence, far.source) == (Standing.WELL, "", "Far")
    assert (far.last_success, far.subscription.tags) == (NOW, ("News",))


def test_one_feed_in_several_places_is_one_line(tmp_path: Path) -> None:
    there = Subscription("http://www.own.example.org/feed/", "Theirs", ("News",))
    home, work = AccountFeeds("home", (there, FAR)), AccountFeeds("work", (FAR, there))
    own, far = status(tmp_path, [OWN], home, work)
    assert (own.is_own, own.accounts) == (True, ("home", "work"))
    assert own.subscription == OWN
    assert (far.is_own, far.accounts) == (False, ("home", "work"))


def test_a_feed_that_its_server_cannot_fetch_says_why(tmp_path: Path) -> None:
    home = AccountFeeds("home", (FAR,), "", NOW, {FAR.url: "Not found (404)"})
    [far] = status(tmp_path, [], home)
    assert (far.standing, far.account_fails) == (Standing.FAILING, False)
    again = f"To try again there: rilo-reader refresh {FAR.url}"
    assert far.sentence == f"home cannot fetch it: Not found (404). {again}"
    problem = "The password is refused. To change it: …"
    [far] = status(tmp_path, [], home._replace(problem=problem))
    assert (far.standing, far.sentence) == (Standing.FAILING, problem)
    assert far.account_fails
    [far] = status(tmp_path, [], AccountFeeds("home", (FAR,)))
    assert (far.standing, far.sentence) == (Standing.FRESH, "It has not been synced yet.")


def test_a_feed_of_an_account_can_be_silent(tmp_path: Path) -> None:
    later = NOW + SILENT_AFTER * 2
    device = Device(tmp_path)
    account = AccountFeeds("home", (FAR,), last_success=later)
    status(tmp_path, [])
    [far] = read_feed_statuses(device.folder, device.paths, [], later, [account])
    assert far.standing is Standing.SILENT
    assert "2026-11-26" in far.sentence


def test_a_mute_of_its_source_mutes_a_feed_of_an_account(tmp_path: Path) -> None:
    feeds = status(tmp_path, [OWN], AccountFeeds("home", (FAR,), last_success=NOW))
    assert mute_of_source("Far") == 'source:="Far"'
    muted = apply_mutes(feeds, [Mute('source:="Far"'), Mute('source:="Own"'), Mute("")])
    assert [each.subscription.muted for each in muted] == [False, True]
    assert apply_mutes(feeds, []) == feeds


def test_a_feed_with_imported_articles_counts_from_the_newest_of_them(tmp_path: Path) -> None:
    """After a move from another reader its first update brings nothing new."""
    device = Device(tmp_path)
    dates = (NOW - SILENT_AFTER * 3, NOW - timedelta(days=9))
    entries = [Entry(key=str(date), title="One", date=date) for date in dates]
    with device.collection() as collection:
        for entry in entries:
            collection.save_entries(Origin(OWN.url, "Own"), [entry], now=NOW)
        for old in entries[:1]:
            collection.save_entries(Origin(FAR.url, "Far"), [old._replace(title="Old")], now=NOW)
        for url in (OWN.url, FAR.url):
            feed = collection.ledger.read_feed(url)
            collection.ledger.put_feed(feed._replace(last_success=NOW))
    for _ in range(2):
        own, far = read_feed_statuses(device.folder, device.paths, [OWN, FAR], NOW)
        assert (own.standing, own.last_new) == (Standing.WELL, NOW - timedelta(days=9))
        assert (far.standing, far.last_new) == (Standing.SILENT, dates[0])
        assert f"{dates[0]:%Y-%m-%d}" in far.sentence
        ledger_file(device.folder, device.paths).unlink()  # made anew from the files
        with device.collection() as collection:
            for url in (OWN.url, FAR.url):
                feed = collection.ledger.read_feed(url)
                collection.ledger.put_feed(feed._replace(last_success=NOW))

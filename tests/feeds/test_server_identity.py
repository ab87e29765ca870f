"""One entry is one article, whether its feed is fetched here or by a server, and in any order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Feed
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.article_writer import SaveResult
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import FetchedEntries
from rilo_reader.feeds.identity import make_entry_keys, new_id
from rilo_reader.parsers import read_feed
from tests.feeds import world
from tests.feeds.world import ENTRIES, NOW, ONE
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.server_entries import ServerEntries, on_server
from tests.support.shared import corpus

FEED = "https://a.example/feed"
SITE = "https://a.example/"
TWO = Entry("2", "https://a.example/2", "Two", NOW - timedelta(days=2), content="<p>Second.</p>")


Server = Callable[..., ServerEntries]
"""Shows entries as a server does."""


class Device(world.Device):
    """A library, and what it collects from feeds and from a server."""

    def fetch(self, *entries: Entry, **options: Any) -> SaveResult:
        """Collect the entries of a feed of one's own."""
        with self.collection() as opened:
            return fetch(opened, entries, **options)

    def pull(self, shown: ServerEntries, **options: Any) -> SaveResult:
        """Collect the entries that a server has of a feed."""
        with self.collection() as opened:
            return pull(opened, shown, **options)


def fetch(
    opened: Collection,
    entries: Sequence[Entry],
    *,
    url: str = FEED,
    site: str = SITE,
    followed: str = "",
    **as_served: Any,
) -> SaveResult:
    fetched = FetchedEntries(Origin(url, "A Feed"), entries, site, **as_served)
    planned = opened.make_plan(fetched, NOW, frozenset({followed}) if followed else None)
    return opened.write_plan(planned.add_texts())


def pull(
    opened: Collection, shown: ServerEntries, *, keep: bool = False, **options: Any
) -> SaveResult:
    return fetch(opened, shown.entries, guid_hashes=shown.hashes, keep_known=keep, **options)


def shown(*entries: Entry) -> ServerEntries:
    return on_server(entries, SITE, NOW)


def without_hashes(*entries: Entry) -> ServerEntries:
    """As a server shows entries that tells no hashes."""
    return shown(*entries)._replace(hashes=())


def old_id(entry: Entry) -> Entry:
    """An entry whose article gets an identity as if it had been collected by an older version."""
    return entry._replace(key=f"{entry.key}, as it was")


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "one")


@pytest.fixture
def other(tmp_path: Path) -> Device:
    return Device(tmp_path / "other")


# -- identities ---------------------------------------------------------------------------------


@for_each(
    "guid", [ONE.key, "", "https://a.example/1", "http://a.example/1", "https://a.example/1/"]
)
def test_without_a_guid_or_with_an_address_as_guid_the_link_gives_the_identity(guid: str) -> None:
    entry = ONE._replace(key=guid)
    [seen], [guid_hash] = shown(entry)
    identity = new_id("a.example/feed", entry, make_entry_keys(entry))
    keys = make_entry_keys(seen, (), guid_hash)
    assert new_id("a.example/feed", seen, keys, 0, guid_hash) == identity
    # Without its hash, a guid gives none.
    is_known = guid != ONE.key
    assert (new_id("a.example/feed", seen, make_entry_keys(seen)) == identity) == is_known


def test_two_devices_give_equal_identities(device: Device, other: Device) -> None:
    entries = (ONE, TWO, TWO._replace(key="", url="https://a.example/3", title="Three"))
    assert device.fetch(*entries).ids == other.pull(shown(*entries)).ids


# -- there and back -----------------------------------------------------------------------------


@pytest.mark.parametrize("server", [shown, without_hashes])
def test_a_feed_that_moves_to_a_server_and_back_doubles_nothing(
    device: Device, server: Server
) -> None:
    first = device.fetch(ONE, TWO)
    for _ in range(2):
        assert device.pull(server(ONE, TWO)).ids == first.ids
        assert device.fetch(ONE, TWO).ids == first.ids
    assert len(device.files) == 2


@pytest.mark.parametrize("server", [shown, without_hashes])
def test_a_feed_that_comes_from_a_server_doubles_nothing(device: Device, server: Server) -> None:
    first = device.pull(server(ONE, TWO))
    assert device.fetch(ONE, TWO, url="http://www.a.example/feed/").ids == first.ids
    assert device.fetch(ONE, TWO).unchanged == 2
    # The guid is known from now on, also in the file.
    assert any('guid = "tag:a.example,2026:1"' in text for text in device.files.values())
    edited = ONE._replace(title="Uno", url="https://a.example/uno")
    assert device.fetch(edited).ids == first.ids[:1]


def test_what_is_edited_on_the_way_is_the_same(device: Device) -> None:
    first = device.fetch(ONE, TWO)
    edited = [ONE._replace(title="Uno"), TWO._replace(url="https://a.example/moved")]
    assert device.pull(shown(*edited)).ids == first.ids
    again = [ONE._replace(title="Eins"), TWO._replace(url="https://a.example/again")]
    assert device.fetch(*again).ids == first.ids


def test_entries_without_titles_are_known_though_servers_make_some_up(
    device: Device, other: Device
) -> None:
    bare = ONE._replace(title="")
    first = device.fetch(bare, TWO)
    assert device.pull(shown(bare, TWO)).ids == first.ids
    pulled = other.pull(without_hashes(bare, TWO))
    assert other.fetch(bare, TWO).ids == pulled.ids


def test_an_article_of_an_older_version_is_found_by_link_and_title(device: Device) -> None:
    first = device.fetch(old_id(ONE), old_id(TWO._replace(title="")))
    entries = (ONE, TWO._replace(title=""))
    assert device.pull(shown(*entries)).ids == first.ids
    # From now on by its hash.
    assert device.pull(shown(ONE._replace(title="Uno"))).ids == first.ids[:1]
    assert device.fetch(ONE._replace(url="https://a.example/uno")).ids == first.ids[:1]


def test_a_guid_is_known_by_its_hash_behind_one_that_is_known_as_it_is(device: Device) -> None:
    keyed = TWO._replace(key="tag:a.example,2026:two")
    first = (*device.fetch(ONE).ids, *device.pull(shown(keyed)).ids)
    renamed = keyed._replace(url="https://a.example/zwei", title="Zwei", content="<p>Neu.</p>")
    assert device.fetch(ONE, renamed).ids == first


def test_known_articles_are_found_and_their_files_stay(device: Device) -> None:
    first = device.fetch(ONE)
    before = device.files
    saved = device.pull(shown(ONE._replace(title="Uno"), TWO), keep=True)
    assert saved.ids[0] == first.ids[0]
    assert (len(saved.new), saved.updated, saved.unchanged) == (1, (), 1)
    assert before.items() <= device.files.items()
    # What is fetched again is unchanged, and an edit on the server goes in.
    assert device.fetch(ONE).unchanged == 1
    [path] = device.pull(shown(ONE._replace(content="<p>Other.</p>"))).updated
    assert device.read(path).body == "Other.\n"


def test_a_text_without_anything_else_keeps_its_keys_when_it_is_found(device: Device) -> None:
    note = Entry("", "", "Note", NOW - timedelta(days=3), content="<p>Some <b>text</b>.</p>")
    first = device.fetch(note)
    assert device.pull(shown(note), keep=True).ids == first.ids
    undated = note._replace(title="")
    one = device.fetch(undated)
    device.pull(shown(undated), keep=True)
    assert device.fetch(undated).ids == one.ids


def test_what_the_user_deleted_does_not_come_back_from_a_server(device: Device) -> None:
    [path] = device.fetch(ONE).new
    (device.folder / path).unlink()
    saved = device.pull(shown(ONE))
    assert (saved.new, saved.updated, device.files) == ((), (), {})


# -- what is not the same -----------------------------------------------------------------------


def test_a_short_guid_that_comes_back_with_all_else_new_is_another_article(
    device: Device, other: Device
) -> None:
    latest, next_one = ONE._replace(key="latest"), TWO._replace(key="latest")
    assert device.fetch(latest).ids != device.pull(shown(next_one)).ids
    assert other.pull(shown(latest)).ids != other.fetch(next_one).ids
    assert other.pull(shown(latest)).ids != other.pull(shown(next_one)).ids


def test_one_link_posted_twice_is_two_articles(device: Device, other: Device) -> None:
    again = Entry("tag:a.example,2026:9", ONE.url, "One, again", NOW, content="<p>Again.</p>")
    assert device.fetch(ONE).ids != device.pull(shown(again)).ids
    assert other.pull(shown(ONE)).ids != other.fetch(again).ids
    bare = [one._replace(title="") for one in (ONE, again)]
    shared = [one._replace(url="https://a.example/page") for one in bare]
    assert device.pull(shown(shared[0])).ids != device.pull(shown(shared[1])).ids
    assert other.pull(shown(shared[0])).ids != other.fetch(shared[1]).ids


def test_a_guid_of_all_entries_says_nothing(device: Device) -> None:
    entries = [one._replace(key="all") for one in (ONE, TWO)]
    first = device.fetch(*entries)
    assert device.pull(shown(*entries)).ids == first.ids
    assert device.fetch(*reversed(entries)).ids == first.ids[::-1]


# -- other addresses, and a lost ledger ---------------------------------------------------------

MOVED = "https://feeds.example/a"


@pytest.mark.parametrize("server", [shown, without_hashes])
def test_a_feed_with_another_address_on_the_server_keeps_its_articles(
    device: Device, other: Device, server: Server
) -> None:
    entries = server(ONE, TWO)
    first = device.fetch(ONE, TWO)
    moved = device.pull(entries, url=MOVED, followed="feeds.example/a")
    assert moved.ids == first.ids
    assert device.fetch(ONE, TWO, followed="a.example/feed").ids == first.ids
    pulled = other.pull(entries, url=MOVED)
    assert other.fetch(ONE, TWO, followed="a.example/feed").ids == pulled.ids
    assert len(other.files) == 2


def test_nothing_is_taken_from_a_feed_that_is_followed(device: Device) -> None:
    first = device.fetch(ONE)
    with device.collection() as opened:
        fetched = FetchedEntries(Origin(MOVED, "B"), shown(ONE).entries, SITE)
        followed = frozenset({"a.example/feed", "feeds.example/a"})
        planned = opened.make_plan(fetched, NOW, followed)
        assert planned.ids != first.ids
        assert not planned.moves


@pytest.mark.parametrize("server", [shown, without_hashes])
def test_after_the_loss_of_the_ledger_all_are_found(
    device: Device, other: Device, server: Server
) -> None:
    entries = server(ONE, TWO)
    first = device.fetch(ONE, TWO)
    device.lose_ledger()
    assert device.pull(entries, keep=True).ids == first.ids
    device.pull(entries)
    device.lose_ledger()
    assert device.fetch(ONE, TWO).ids == first.ids
    pulled = other.pull(entries)
    other.lose_ledger()
    assert other.fetch(ONE, TWO).ids == pulled.ids
    other.lose_ledger()
    assert other.pull(entries).ids == pulled.ids
    assert len(device.files) == len(other.files) == 2


# -- any feed -----------------------------------------------------------------------------------


def _item(place: int, guid: str, link: str, title: str, date: str, text: str) -> str:
    tags = {
        "guid": guid and f"{guid}{place}",
        "link": link and f"{link}{place}",
        "title": title,
        "pubDate": date,
        "description": text,
    }
    fields = (f"<{tag}>{escape(value)}</{tag}>" for tag, value in tags.items() if value)
    return f"<item>{''.join(fields)}</item>"


_GUIDS = ("", "", "n", "tag:a.example,2026:", "https://a.example/", "http://a.example/?p=")
_LINKS = ("", "https://a.example/", "/posts/", "https://a.example/?utm_source=rss&amp;n=")
_TITLES = ("", "One", "Open thread", "A &amp; B", "<b>Bold</b>")
_DATES = ("", "Sat, 07 Mar 2026 08:00:00 GMT", "2026-03-07")
_TEXTS = ("", "Text.", "<p>Some <i>text</i>.</p>", "<script>x</script>")
_fields = st.tuples(*(st.sampled_from(one) for one in (_GUIDS, _LINKS, _TITLES, _DATES, _TEXTS)))


def _feed(items: Sequence[tuple[str, ...]]) -> Feed:
    inner = "".join(_item(place, *fields) for place, fields in enumerate(items))
    text = f"<rss version='2.0'><channel><link>{SITE}</link>{inner}</channel></rss>"
    return read_feed(text.encode(), FEED)


@pytest.mark.slow
@examples(100)
@given(
    st.lists(_fields, min_size=1, max_size=5),
    st.lists(st.sampled_from(["own", "server", "keep"]), min_size=2, max_size=5),
)
def test_any_feed_has_one_article_an_entry_whatever_it_is_collected_by(
    items: Sequence[tuple[str, ...]], ways: Sequence[str]
) -> None:
    # What has neither guid nor link is known by its text alone, which servers change.
    entries = [entry for entry in _feed(items).entries if entry.key or entry.url]
    with tempfile.TemporaryDirectory() as folder:
        device, control = Device(Path(folder) / "one"), Device(Path(folder) / "other")
        with device.collection() as opened, control.collection() as controlled:
            expected: list[ArticleId] = []
            for way in ways:
                fetch(controlled, entries)
                if way == "own":
                    ids = fetch(opened, entries).ids
                else:
                    ids = pull(opened, shown(*entries), keep=way == "keep").ids
                expected = expected or list(ids)
                assert list(ids) == expected
        assert len(device.files) == len(control.files)


@pytest.mark.slow
@examples(100)
@given(st.lists(st.tuples(st.booleans(), ENTRIES), min_size=1, max_size=4))
def test_no_two_entries_of_a_server_are_one_article(
    answers: Sequence[tuple[bool, Sequence[Entry]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, Device(Path(folder)).collection() as opened:
        for is_own, entries in answers:
            if is_own:
                fetch(opened, entries)
                continue
            ids = pull(opened, shown(*entries)).ids
            assert len(set(ids)) == len(ids)
            assert pull(opened, shown(*entries)).ids == ids


# -- real feeds ---------------------------------------------------------------------------------


def _real_feeds() -> Iterator[tuple[str, Feed]]:
    """Yield addresses and feeds: a quarter of the real ones, and a few of other readers' suites.

    Texts are cut, since what they say matters here, not how long they are.
    """
    folder = corpus("feeds")
    real = folder / "fastfeedparser"
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for place, file in enumerate(files):
        is_real = real in file.parents
        if place % (4 if is_real else 40):
            continue
        url = f"https://f{place}.example/feed"
        try:
            feed = read_feed(file.read_bytes(), url)
        except NotReadableError:
            continue
        # What has neither guid nor link is known by its text alone, which servers change.
        none = ("", feed.url)
        entries = tuple(entry for entry in feed.entries if (entry.key or entry.url) not in none)
        # In suites guids repeat on purpose: two versions of one entry, which a server may part.
        repeats = len({entry.key or entry.url for entry in entries}) < len(entries)
        if entries and (is_real or not repeats):
            short = (entry._replace(content=entry.content[:500]) for entry in entries)
            yield url, feed._replace(entries=tuple(short))


@pytest.mark.corpus
@pytest.mark.slow
def test_real_feeds_double_nothing(tmp_path: Path) -> None:
    """Moves real feeds to a server and back, and from a server; on two devices."""
    doubled: list[str] = []
    equal = count = 0
    with Device(tmp_path / "one").collection() as one, Device(tmp_path / "two").collection() as two:
        for url, feed in _real_feeds():
            seen = on_server(feed.entries, feed.url, NOW)
            own = fetch(one, feed.entries, url=url, site=feed.url)
            served = pull(two, seen, url=url, site=feed.url)
            equal += len(set(own.ids) & set(served.ids))
            count += len(set(own.ids))
            new = (
                *pull(one, seen, url=url, site=feed.url).new,
                *fetch(two, feed.entries, url=url, site=feed.url).new,
            )
            assert not fetch(one, feed.entries, url=url, site=feed.url).new
            if new:
                doubled.append(f"{url}: {new}")
    assert doubled == []
    assert count > 500
    assert equal / count > 0.99, f"{equal} of {count} identities are equal"

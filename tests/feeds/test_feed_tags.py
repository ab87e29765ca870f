"""Queries for the tags of feeds: the feeds that have a tag now, whatever was typed or changed.

The invariant: `feeds:TAG` finds the articles of exactly those sources whose feeds have the tag, or
one below it, as feeds.toml has them at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Field
from rilo_reader.config import Config
from rilo_reader.entry import Entry
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.sources import TagReader
from rilo_reader.feeds.subscriptions import FEEDS, Subscription
from rilo_reader.library import Library, open_library
from rilo_reader.query.edit import tag_term, to_finished_text, to_text
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import FeedTag, Not, Query, Words, fold_tag
from tests.feeds.world import NOW, Device
from tests.support.examples import examples
from tests.support.for_each import for_each

COUNTS = {"A": 3, "B": 2, "C": 1}
TAGS = st.text(st.sampled_from('nN/"* é'), min_size=1, max_size=5).filter(str.strip)


def url(name: str) -> str:
    return f"https://{name.lower()}.example.org/feed"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    """A library with articles of three feeds, which are all followed, and of one that is not."""
    device = Device(tmp_path_factory.mktemp("tags"))
    with device.collection() as collection:
        for name, count in (*COUNTS.items(), ("Former", 4)):
            entries = [Entry(key=f"{name}{at}", title=f"{name} {at}") for at in range(count)]
            collection.save_entries(Origin(url(name), name), entries, now=NOW)
    subscriptions.add_feeds(device.paths.feeds_file, [Subscription(url(name)) for name in COUNTS])
    return device


@pytest.fixture(scope="module")
def library(device: Device) -> Iterator[Library]:
    with open_library(device.folder, device.paths) as library:
        for _ in library.follower.reconcile():
            pass
        library.search.read_tags = TagReader(device.folder, device.paths, Config())
        yield library


def tag(device: Device, **tags: tuple[str, ...]) -> None:
    for name in COUNTS:
        FEEDS.change(device.paths.feeds_file, url(name), tags=tags.get(name, ()))


def found(library: Library, text: str) -> dict[str, int]:
    """The articles that a query finds, by source."""
    query = parse(text)
    assert query.faults == ()
    counts = library.search.counts(query)
    assert sum(counts.values()) == library.search.count(query) == len([*library.search.ids(query)])
    return counts


@for_each(
    "text, names",
    [
        ("feeds:news", "AB"),
        ("feeds:NEWS", "AB"),
        ("feeds:news/europe", "B"),
        ('feeds:"two words"', "C"),
        ('feeds:""', ""),
        ("feeds:*", "ABC"),
        ("feeds:ne*", "AB"),
        ("feeds:new", ""),
        ("feeds:unknown", ""),
        ("feeds:news -feeds:news/europe", "A"),
        ("feeds:news OR source:=C", "ABC"),
    ],
)
def test_the_feeds_of_a_tag(device: Device, library: Library, text: str, names: str) -> None:
    tag(device, A=("News", "x"), B=("news/Europe",), C=("Two words",))
    assert found(library, text) == {name: COUNTS[name] for name in names}


def test_what_no_feed_brings_and_feeds_without_a_tag(device: Device, library: Library) -> None:
    tag(device, A=("news",))
    assert found(library, "-feeds:*") == {"Former": 4}
    assert found(library, 'feeds:""') == {"B": 2, "C": 1}


def test_marks_mutes_and_facets_take_the_same_term(device: Device, library: Library) -> None:
    tag(device, A=("news",), B=("news/europe", "other"))
    search = library.search
    assert dict(search.count_feed_tags(Query())) == {
        "news": 5,
        "news/europe": 2,
        "other": 2,
        "": 1,
    }
    [first, *_] = search.ids(parse("feeds:other"))
    change = library.state.set_read([first], value=True)
    assert found(library, "is:unread feeds:other") == {"B": 1}
    assert change.gesture is not None
    library.state.undo(change.gesture)
    search.mute([parse("feeds:other")])
    assert found(library, "feeds:news") == {"A": 3}
    assert search.count_hidden(parse("feeds:news")).total == 2
    search.mute([])


@given(st.fixed_dictionaries({name: st.lists(TAGS, max_size=2) for name in COUNTS}), TAGS)
@examples(60)
def test_any_tag_finds_the_feeds_that_have_it_now(
    device: Device, library: Library, tags: dict[str, list[str]], asked: str
) -> None:
    tag(device, **{name: tuple(its) for name, its in tags.items()})
    now = {Path(each.url).parent.name[0].upper(): each for each in device_feeds(device)}
    wanted = fold_tag(asked)
    having = {
        name
        for name, feed in now.items()
        for one in [*filter(None, map(fold_tag, feed.tags))] or [""]
        if one == wanted or (wanted and one.startswith(f"{wanted}/"))
    }
    assert found(library, tag_term(asked)).keys() == having
    for known, hits in library.search.count_feed_tags(Query()):
        assert library.search.count(parse(tag_term(known))) == hits


def device_feeds(device: Device) -> tuple[Subscription, ...]:
    return subscriptions.load(device.paths.feeds_file)[0]


@for_each(
    "text, node",
    [
        ("feeds:news", FeedTag("news")),
        ("-feeds:news", Not(FeedTag("news"))),
        ('feeds:"News/EU b"', FeedTag("News/EU b")),
        ("feeds:n*", FeedTag("n", is_prefix=True)),
        ("feeds:*", FeedTag("", is_prefix=True)),
        ('feeds:""', FeedTag("")),
    ],
)
def test_the_term_is_written_as_it_is_read(text: str, node: FeedTag) -> None:
    assert parse(text) == Query(node)
    assert to_text(parse(text)) == text


def test_a_tag_that_is_typed_finds_what_its_settled_text_finds() -> None:
    assert parse("feeds:ne", typing=True).node == FeedTag("ne", is_prefix=True)
    assert to_finished_text("feeds:ne") == "feeds:ne*"
    assert to_finished_text('feeds:"two w') == 'feeds:"two w*"'
    assert parse("feeds:", typing=True).faults == ()


@for_each("text", ["feeds:", "feeds:(a)", "feeds: a"])
def test_a_term_without_a_tag_is_said(text: str) -> None:
    [fault, *_] = parse(text).faults
    assert text[fault.start :].startswith("feeds:")


def test_a_library_without_feeds_finds_nothing(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.folder.mkdir()
    (device.folder / "a.md").write_text("# A\n\nfeeds", "utf-8")
    with open_library(device.folder, device.paths) as library:
        for _ in library.follower.reconcile():
            pass
        assert library.search.count(parse("feeds:news")) == 0
        assert library.search.count(parse("-feeds:news")) == 1
        assert library.search.count(Query(Words(Field.ANYWHERE, ("feeds",)))) == 1

"""Servers that are no Miniflux, broken ones, and newer ones than Debian has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Entry
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits
from rilo_reader.plugins.accounts.json_api import JsonValue
from rilo_reader.plugins.accounts.miniflux import Miniflux, SyncCursor, parse_entry, parse_feed
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    Changes,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
)
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.servers import Asked, Page, Server, serving

KEY = "s3cret-key"
FEED = ServerFeed("1", "https://example.org/feed")
CURSOR = SyncCursor(5, 1_000, 2_000, window=10_000).to_text()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


Use = Callable[[Miniflux], Awaitable[object]]


async def all_changes(service: Miniflux, known: KnownEntries = KnownEntries()) -> list[Changes]:  # noqa: B008
    return [changes async for changes in service.iter_changes(known)]


USES: tuple[Use, ...] = (
    lambda service: service.check_login(),
    lambda service: service.list_feeds(),
    lambda service: service.fetch_entries([EntryId("1"), EntryId("2")]),
    all_changes,
    lambda service: all_changes(service, KnownEntries(CURSOR, {EntryId("1")}, 1)),
    lambda service: service.push_mark(ServerMark.READ, True, [EntryId("1")]),
    lambda service: service.push_mark(ServerMark.STARRED, True, [EntryId("1")]),
    lambda service: service.add_feed("https://example.org/other", "News", "Title"),
    lambda service: service.change_feed(FEED, title="Title", categories=["News"]),
    lambda service: service.remove_feed(FEED),
)


def use(server: Server, use: Use, limits: FetchLimits | None = None) -> object:
    """What a use returns, or its error."""

    async def run() -> object:
        async with HttpClient(limits or FetchLimits(), proxies={}) as client:
            service = Miniflux(client, Account("home", Api.MINIFLUX, server.url()), KEY)
            try:
                return await use(service)
            except FetchError as error:
                assert KEY not in error.reason
                return error

    return asyncio.run(run())


def entry(number: object, **also: object) -> dict[str, object]:
    return {
        "id": number,
        "feed_id": 1,
        "status": "unread",
        "starred": False,
        "title": f"Entry {number}",
        "url": f"https://example.org/{number}",
        "published_at": "2026-01-02T03:04:05.678901+07:00",
        "changed_at": "2026-01-02T03:04:05.678901+07:00",
        "content": "<p>Text",
        **also,
    }


def replies(value: object) -> Page:
    return Page(json.dumps(value).encode())


# -- replies that are none -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "failure"),
    [
        (Page(b"<!DOCTYPE html><title>Welcome</title>"), Failure.BROKEN),
        (Page(b""), Failure.BROKEN),
        (Page(b'{"total": 1, "entries": [{"id": 1, "ti'), Failure.BROKEN),
        (Page(b'{"error_message": "access unauthorized"}', 401), Failure.LOGIN),
        (Page(b"slow down", 429, {"Retry-After": "60"}), Failure.BUSY),
        (Page(b"<h1>Bad gateway", 502), Failure.STATUS),
        (Page(b"<h1>Not found", 404), Failure.ADDRESS),
        (Page(b"", 503), Failure.BUSY),
        (Page(status=301, headers={"Location": "https://example.org/"}), Failure.ADDRESS),
    ],
)
def test_an_error_of_the_server_is_an_error_of_every_use(
    server: Server, page: Page, failure: Failure
) -> None:
    server.answer(lambda asked: page)
    for each in USES:
        found = use(server, each)
        # Also where the status is 200: nothing is done because a page to log in says so.
        assert isinstance(found, FetchError)
        assert found.failure is failure


@pytest.mark.slow
def test_megabytes_of_the_wrong_json(server: Server) -> None:
    huge = json.dumps({"total": 10**6, "entries": ["x" * 1_000] * 10_000}).encode()
    server.answer(lambda asked: Page(huge))
    assert getattr(use(server, USES[1]), "failure", None) is Failure.BROKEN
    assert getattr(use(server, USES[3]), "failure", None) is Failure.BROKEN
    found = use(server, USES[1], FetchLimits(max_bytes=1_000_000))
    assert getattr(found, "failure", None) is Failure.TOO_LARGE


def test_a_server_of_which_every_reply_is_too_large(server: Server) -> None:
    server.answer(lambda asked: Page(b"x" * 2_000))
    for each in USES[3:5]:
        found = use(server, each, FetchLimits(max_bytes=1_000))
        assert getattr(found, "failure", None) is Failure.TOO_LARGE


def test_entries_without_end_are_an_error(server: Server) -> None:
    def without_end(asked: Asked) -> Page:
        query = parse_qs(urlsplit(asked.path).query)
        size, at = int(query["limit"][0]), int(query.get("before_entry_id", ["999999"])[0])
        return replies({"total": 300, "entries": [entry(at - 1 - n) for n in range(size)]})

    said = "the server repeats the same entries"
    for answer, reason in (
        (lambda asked: replies({"total": 99, "entries": [entry(3), entry(4)]}), said),
        (
            lambda asked: replies({"total": 99, "entries": [entry("a")]}),
            "the server sends entries without ids",
        ),
        (without_end, "the server's list of entries does not end: it sends more than it said"),
    ):
        server.answer(answer)
        found = use(server, USES[3])
        assert isinstance(found, FetchError)
        assert found.reason == reason


def test_a_key_that_can_be_none_is_not_sent(server: Server) -> None:
    client = HttpClient(FetchLimits())
    keys = [("", key) for key in ("", "two words", "line\r\nX-More: 1", "ключ", "\udc80")]
    for user, key in [*keys, ("jo", "pass\udc80word"), ("jo", "one\ntwo")]:
        with pytest.raises(FetchError) as caught:
            Miniflux(client, Account("home", Api.MINIFLUX, server.url(), user), key)
        assert caught.value.failure is Failure.LOGIN
        assert not key or key not in caught.value.reason


# -- replies of the wrong shape --------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 9)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["read", "unread", "2026-01-01T00:00:00Z", "https://example.org/"])
)
NAMES = st.sampled_from([
    "id", "feed_id", "status", "starred", "title", "url", "feed_url", "site_url", "content",
    "published_at", "changed_at", "author", "tags", "enclosures", "feed", "category", "hash",
    "entries", "total", "username", "version", "size", "error_message",
])  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.lists(ANYTHING, min_size=1, max_size=3), st.sampled_from(USES))
@examples(200)
def test_any_json_is_a_result_or_an_error(server: Server, values: list[object], how: Use) -> None:
    left = iter([*values, *[values[-1]] * 20])

    def answer(asked: Asked) -> Page:
        # Whoever goes on and on in spite of it is stopped by an error.
        return replies(next(left, {"entries": None}))

    server.answer(answer)
    found = use(server, how)
    if isinstance(found, FetchError):
        assert found.failure in (Failure.BROKEN, Failure.ADDRESS)


@pytest.mark.slow
@given(st.dictionaries(NAMES, ANYTHING))
@examples(200)
def test_any_object_is_an_entry_a_feed_or_nothing(value: dict[str, object]) -> None:
    found = parse_entry(JsonValue(value))
    if found is not None:
        assert value["status"] in ("read", "unread")
        assert found.marks == ServerMarks(value["status"] == "read", value["starred"] is True)
        assert found.id == str(value["id"])
    feed = parse_feed(JsonValue(value))
    assert feed is None or feed.url.startswith("http")


def test_feeds_of_which_none_can_be_read_are_not_no_feeds(server: Server) -> None:
    server.answer(lambda asked: replies([{"id": 1}, {"feed_url": "https://example.org/"}]))
    assert getattr(use(server, USES[1]), "failure", None) is Failure.BROKEN
    feed = {"id": 1, "feed_url": "https://example.org/", "category": 3}
    server.answer(lambda asked: replies([{"id": 1}, feed]))
    assert use(server, USES[1]) == [ServerFeed("1", "https://example.org/")]
    server.answer(lambda asked: replies([]))
    assert use(server, USES[1]) == []


def test_a_broken_entry_is_passed_over_and_the_others_are_read(server: Server) -> None:
    broken: list[object] = [
        entry(9, status="removed"),
        entry(8, starred=None),
        entry(7, feed_id="1"),
        entry(True),
        entry(-1),
        entry(6, status=1),
        None,
        "entry",
    ]
    found = [entry(10), *broken, entry(2)]
    whole, rest = {"total": len(found), "entries": found}, {"total": 0, "entries": []}
    server.answer(lambda asked: replies(rest if "before_entry_id" in asked.path else whole))
    got = use(server, lambda service: all_changes(service, KnownEntries(window=1)))
    assert isinstance(got, list)
    assert [one.id for changes in got for one in changes.entries] == ["10", "2"]


def test_an_entry_is_cleaned() -> None:
    value = entry(
        1,
        title="A <b>title</b>\x1b[2J\n&amp; \u202emore",
        url="javascript:alert(1)",
        content="text\x00\r\n<p>",
        author="Jo\x07 <jo@example.org>",
        tags=["a\x9b", "a", 7, ""],
        hash="no hash",
        published_at="0001-01-01T00:00:00Z",
        enclosures=[{"url": "file:///etc/passwd"}, {"url": "https://e.org/a.mp3", "size": "x"}, 1],
        feed={"site_url": "https://example.org/", "language": "en\x00"},
    )
    found = parse_entry(JsonValue(value))
    assert found is not None
    assert found.guid_hash == ""
    assert found.entry == Entry(
        url="",
        title="A title[2J & more",
        date=None,
        authors=("Jo",),
        tags=("a",),
        lang="en",
        content="text\n<p>",
        base="https://example.org/",
        enclosures=found.entry.enclosures,
    )
    assert [file.url for file in found.entry.enclosures] == ["https://e.org/a.mp3"]


@for_each("text", ["", "{", "[]", "7", '{"id": 1}', '{"id": "1", "since": 0}', "[" * 100_000])
def test_a_cursor_that_is_none(text: str) -> None:
    assert SyncCursor.from_text(text) is None


@given(st.builds(SyncCursor, *[st.integers(0, 2**62)] * 7))
def test_a_cursor_is_read_as_it_was_written(cursor: SyncCursor) -> None:
    assert SyncCursor.from_text(cursor.to_text()) == cursor


def test_a_cursor_of_before_entries_came_again_is_one() -> None:
    old = json.loads(CURSOR)
    del old["turn"]
    assert SyncCursor.from_text(json.dumps(old)) == SyncCursor.from_text(CURSOR)


# -- newer versions --------------------------------------------------------------------------


class NewMiniflux:
    """What Miniflux 2.3.2 does otherwise than the one of Debian: stars are set, not toggled."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.starred: set[int] = set()
        self.toggled: list[str] = []

    def __call__(self, asked: Asked) -> Page:
        value: Any = json.loads(asked.body or b"{}")
        if asked.path == "/v1/version":
            if not self.version:
                return Page(b"404 page not found", 404)
            return replies({"version": self.version})
        if asked.method == "PUT" and asked.path == "/v1/entries":
            assert value.keys() == {"entry_ids", "starred"}
            change = self.starred.update if value["starred"] else self.starred.difference_update
            change(value["entry_ids"])
        elif asked.path.endswith("/bookmark"):
            self.toggled.append(asked.path)
            self.starred ^= {int(asked.path.split("/")[3])}
        else:
            number = int(urlsplit(asked.path).path.split("/")[3])
            assert parse_qs(urlsplit(asked.path).query) == {}
            return replies(entry(number, starred=number in self.starred))
        return Page(status=204)


@pytest.mark.parametrize(("version", "toggles"), [("2.3.2", 0), ("2.4.0", 0), ("dev", 2), ("", 2)])
def test_stars_are_set_where_the_server_can(server: Server, version: str, toggles: int) -> None:
    new = NewMiniflux(version)
    server.answer(new)
    ids = [EntryId("1"), EntryId("2")]
    assert use(server, lambda service: service.push_mark(ServerMark.STARRED, True, ids)) is None
    assert new.starred == {1, 2}
    assert len(new.toggled) == toggles
    assert (
        use(server, lambda service: service.push_mark(ServerMark.STARRED, False, ids[:1])) is None
    )
    assert new.starred == {2}


def test_what_a_fingerprint_is() -> None:
    with_hash = parse_entry(JsonValue(entry(1, hash="a" * 64)))
    without = parse_entry(JsonValue(entry(1)))
    assert isinstance(with_hash, ServerEntry)
    assert isinstance(without, ServerEntry)
    assert (with_hash.fingerprint, without.fingerprint) == ("a" * 64, "https://example.org/1")

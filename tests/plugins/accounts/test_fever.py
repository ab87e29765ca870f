"""The Fever API, against a server in the manners of several programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiReply, ApiRequest, Failure, FetchError, FetchLimits
from rilo_reader.plugins.accounts.fever import BATCH, Fever, addresses_of_fever, root_of_fever
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
)
from tests.support.examples import examples
from tests.support.servers import Asked, Page, Server, serving

FIRST = KnownEntries()
LIMITS = FetchLimits(silence_seconds=5, total_seconds=20)
KEY = hashlib.md5(b"me:secret of mine").hexdigest()


@dataclass
class FeverServer:
    """A server with one feed; each entry is [read, starred]."""

    manner: str = "miniflux"  # or yarr, commafeed
    entries: dict[int, list[bool]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    value: Any = None  # what is answered to `items` instead

    def answer(self, asked: Asked) -> Page:
        """Answer a request."""
        query = parse_qs(urlsplit(asked.path).query, keep_blank_values=True)
        form = dict(parse_qsl(asked.body.decode()))
        if not urlsplit(asked.path).path.startswith("/fever/"):
            return Page(b"<html>", 404)
        if form.get("api_key") != KEY:
            return Page(b'{"api_version": 3, "auth": 0}')
        self.forms.append(form)
        self.queries.append(query)
        try:
            found = self._answer(query, form)
        except KeyError:
            return Page(b"", 500)
        return Page(json.dumps({"api_version": 3, "auth": 1, **found}).encode())

    def _answer(self, query: dict[str, list[str]], form: dict[str, str]) -> dict[str, Any]:
        unread = [each for each, (read, _) in self.entries.items() if not read]
        starred = [each for each, (_, starred) in self.entries.items() if starred]
        if self.manner == "yarr":
            unread = [each for each in unread if each not in starred]
        if self.manner == "commafeed":
            unread, starred = sorted(unread)[-3:], sorted(starred)[-3:]
        if "groups" in query:
            return {"groups": [{"id": 5, "title": "News"}, {"id": "x"}, 7], "feeds_groups": []}
        if "feeds" in query:
            feed = {
                "id": 1,
                "title": "A &amp; B",
                "url": "https://e.org/f",
                "site_url": "javascript:x",
            }
            groups = [{"group_id": 5, "feed_ids": "1,2"}, {"group_id": 9, "feed_ids": "1"}, None]
            return {"feeds": [feed, {"id": 2}, None], "feeds_groups": groups}
        if "unread_item_ids" in query:
            return {"unread_item_ids": ",".join(map(str, unread))}
        if "saved_item_ids" in query:
            return {"saved_item_ids": ",".join(map(str, starred))}
        if "items" in query:
            if self.value is not None:
                return {"items": self.value}
            return {"items": self._items(query), "total_items": len(self.entries)}
        if form.get("mark") == "item":
            self._mark(self.entries[int(form["id"])], form["as"])
        return {}

    def _items(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        if "with_ids" in query:
            ids = [int(each) for each in query["with_ids"][0].split(",")]
            if self.manner != "commafeed":
                ids = [each for each in ids if each in self.entries]
            assert len(ids) <= BATCH
        elif "max_id" in query:
            ids = sorted((i for i in self.entries if i < int(query["max_id"][0])), reverse=True)
        else:
            ids = sorted(i for i in self.entries if i > int(query["since_id"][0]))
            ids = ids[::-1] if self.manner == "commafeed" else ids
        return [self._item(each, *self.entries[each]) for each in ids[:BATCH]]

    def _item(self, number: int, read: bool, starred: bool) -> dict[str, Any]:
        if self.manner == "yarr" and starred:
            read = False
        return {
            "id": str(number) if number % 2 else number,
            "feed_id": 1,
            "title": f"Entry {number}",
            "author": "Ann",
            "html": f"<p>Text {number}.</p>",
            "url": f"https://e.org/{number}",
            "is_read": int(read),
            "is_saved": int(starred),
            "created_on_time": 1_700_000_000 + number,
        }

    def _mark(self, entry: list[bool], word: str) -> None:
        if word.endswith("read"):
            entry[0] = word == "read"
            entry[1] = entry[1] and self.manner != "yarr"
        elif self.manner == "miniflux":
            entry[1] = not entry[1]
        else:
            entry[1] = word == "saved"


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(LIMITS, proxies={}) as client:
        yield client


def reader(client: HttpClient, web: Server, password: str = "secret of mine") -> Fever:
    return Fever(client, Account("a", Api.FEVER, web.url("/fever/"), "me"), password)


async def synced(
    service: Fever, known: KnownEntries = FIRST
) -> tuple[dict[int, ServerEntry], dict[int, ServerMarks], str]:
    entries, marks, cursor = dict[int, ServerEntry](), dict[int, ServerMarks](), ""
    async for changes in service.iter_changes(known):
        entries |= {int(each.id): each for each in changes.entries}
        marks |= {int(each): found for each, found in changes.marks.items()}
        cursor = changes.cursor
    return entries, marks, cursor


def ids(*numbers: int) -> list[EntryId]:
    return [EntryId(str(number)) for number in numbers]


async def test_a_server_gives_its_feeds_and_entries(client: HttpClient, web: Server) -> None:
    server = FeverServer(entries={7: [True, False], 8: [False, True]})
    web.answer(server.answer)
    service = reader(client, web)
    assert await service.check_login() == "Fever API of 127.0.0.1, as me"
    feeds = await service.list_feeds()
    assert feeds == [ServerFeed("1", "https://e.org/f", "A & B", ("News",))]
    entries, _, _ = await synced(service)
    assert {number: each.marks for number, each in entries.items()} == {
        7: ServerMarks(True, False),
        8: ServerMarks(False, True),
    }
    entry = entries[7].entry
    assert (entry.title, entry.authors, entry.content) == ("Entry 7", ("Ann",), "<p>Text 7.</p>")
    assert str(entry.date) == "2023-11-14 22:13:27+00:00"
    assert "secret" not in str([asked.path for asked in web.asked])


@pytest.mark.parametrize("manner", ["miniflux", "yarr", "commafeed"])
async def test_whatever_is_marked_both_sides_end_up_equal(
    client: HttpClient, web: Server, manner: str
) -> None:
    server = FeverServer(manner, {each: [each % 3 > 0, each % 5 == 0] for each in range(1, 261)})
    web.answer(server.answer)
    service = reader(client, web)
    entries, _, cursor = await synced(service)
    assert set(entries) == set(server.entries)
    here = {number: each.marks for number, each in entries.items()}
    if manner == "miniflux":
        assert here == {each: ServerMarks(*marks) for each, marks in server.entries.items()}
    for mark in ServerMark:
        for value in (True, False):
            some = ids(*(n for n in (11, 12, 13, 21) if here[n].has_mark(mark) is not value))
            await service.push_mark(mark, value, some)
            await service.push_mark(mark, value, some)
            found = await service.fetch_entries(some)
            assert {each.marks.has_mark(mark) for each in found} <= {value}
    server.entries[300] = [True, False]
    server.entries[301] = [False, False]
    known = KnownEntries(cursor, frozenset(ids(*entries)), watched_ids=frozenset())
    server.queries.clear()
    entries, _, cursor = await synced(service, known)
    assert set(entries) == {300, 301}
    assert sum("items" in query for query in server.queries) == 2
    assert cursor.split()[0] == "301"


async def test_read_there_and_forgotten_there_are_told_apart(
    client: HttpClient, web: Server
) -> None:
    """Also where one that is forgotten makes the server fail."""
    for manner in ("miniflux", "commafeed"):
        server = FeverServer(manner, {each: [False, False] for each in range(1, 4)})
        web.answer(server.answer)
        service = reader(client, web)
        entries, _, cursor = await synced(service)
        server.entries[1][0] = True
        del server.entries[2]
        every = frozenset(ids(*entries))
        _, marks, _ = await synced(service, KnownEntries(cursor, every, watched_ids=every))
        assert marks == {1: ServerMarks(True, False), 3: ServerMarks(False, False)}


async def test_the_window_bounds_what_is_read_but_not_what_is_unread_or_starred(
    client: HttpClient, web: Server
) -> None:
    server = FeverServer(entries={each: [True, False] for each in range(1, 500)})
    server.entries[3][0], server.entries[4][1] = False, True
    web.answer(server.answer)
    entries, _, _ = await synced(reader(client, web), KnownEntries(window=100))
    assert set(entries) == {3, 4, *range(400, 500)}


async def failure_of(call: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await call  # type: ignore[misc]  # a coroutine
    return caught.value


async def test_a_login_that_fails_says_what_to_do(client: HttpClient, web: Server) -> None:
    web.answer(FeverServer().answer)
    error = await failure_of(reader(client, web, "hunter2").check_login())
    assert (error.failure, "the one set for the API" in error.reason) == (Failure.LOGIN, True)
    elsewhere = Fever(client, Account("a", Api.FEVER, web.url("/nowhere"), "me"), "x")
    assert (await failure_of(elsewhere.check_login())).failure is Failure.ADDRESS
    web.answer(lambda asked: Page(b"", 405))
    assert (await failure_of(reader(client, web).check_login())).failure is Failure.ADDRESS
    web.answer(lambda asked: Page(b'{"hello": 1}'))
    assert (await failure_of(reader(client, web).check_login())).failure is Failure.BROKEN


async def test_feeds_cannot_be_changed(client: HttpClient, web: Server) -> None:
    service = reader(client, web)
    feed = ServerFeed("1", "https://e.org/f")
    for call in (service.add_feed("https://e.org/g"), service.remove_feed(feed)):
        assert "the server's own page" in (await failure_of(call)).reason
    assert web.asked == []


ROW = {"id": 9, "feed_id": 1, "title": "Good", "html": "x", "url": "https://e.org/9"}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.sampled_from([*ROW]), some),
    max_leaves=6,
)


class Told:
    """A client to which a server says what the test has it say."""

    def __init__(self, **told: object) -> None:
        self.told = told

    async def call_api(self, request: ApiRequest) -> ApiReply:
        """Answer, with what was told of the last name of the query."""
        names = [name for name in self.told if f"&{name}=" in request.url]
        found = {name: self.told[name] for name in names}
        data = json.dumps({"auth": 1, **found}).encode()
        return ApiReply(200, {}, data)


@given(st.lists(JUNK, max_size=4), JUNK, JUNK)
@examples(100)
async def test_one_bad_row_costs_itself(rows: list[object], more: object, title: object) -> None:
    lists = {"unread_item_ids": "9", "saved_item_ids": ""}
    told = Told(items=[*rows, {**ROW, "title": title, "author": more}], **lists)
    service = Fever(told, Account("a", Api.FEVER, "https://e.org", "me"), "x")
    found = await service.fetch_entries(ids(9))
    assert [each.entry.url for each in found[-1:]] == ["https://e.org/9"]
    told = Told(feeds=[*rows, {"id": 1, "url": "https://e.org/f"}], groups=more, feeds_groups=rows)
    service = Fever(told, Account("a", Api.FEVER, "https://e.org", "me"), "x")
    assert "https://e.org/f" in [feed.url for feed in await service.list_feeds()]


@pytest.mark.parametrize("text", [None, 7, "1,x", "1,,-2", "1;2", ["1"], "9" * 30, {"1": 2}])
async def test_a_list_that_cannot_be_read_marks_nothing(text: object) -> None:
    told = Told(unread_item_ids=text, saved_item_ids="", items=[])
    service = Fever(told, Account("a", Api.FEVER, "https://e.org", "me"), "x")
    known = KnownEntries("9 0", frozenset(ids(9)))
    error = await failure_of(synced(service, known))
    assert error.failure is Failure.BROKEN


@pytest.mark.parametrize("cursor", ["", "5 0"])
async def test_pages_without_end_are_an_error(cursor: str) -> None:
    told = Told(unread_item_ids="", saved_item_ids="", items=[ROW])
    service = Fever(told, Account("a", Api.FEVER, "https://e.org", "me"), "x")
    assert "repeats" in (await failure_of(synced(service, KnownEntries(cursor)))).reason


@pytest.mark.parametrize(
    "typed",
    ["https://e.org", "https://e.org/", "https://e.org/fever/", "https://e.org/api/fever.php"],
)
def test_the_address_is_that_of_the_server_or_of_its_api(typed: str) -> None:
    assert root_of_fever(typed) == "https://e.org"
    assert typed in addresses_of_fever(typed)[:: -1 if typed.strip("/").endswith("org") else 1][:1]
    assert {"https://e.org/fever", "https://e.org/api/fever.php"} <= {*addresses_of_fever(typed)}

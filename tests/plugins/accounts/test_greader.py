"""The Google Reader API, against a server that behaves as FreshRSS does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiReply, ApiRequest, Failure, FetchError, FetchLimits
from rilo_reader.plugins.accounts.greader import (
    DEFAULT_LIMITS,
    FETCH_LIMIT,
    GoogleReader,
    StreamLimits,
)
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
    Service,
)
from tests.plugins.accounts.freshrss_server import FreshRss, Manners, freshrss
from tests.support.examples import examples
from tests.support.servers import Page

LIMITS = FetchLimits(silence_seconds=5, total_seconds=20)
FIRST = KnownEntries()


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(LIMITS, proxies={}) as client:
        yield client


@pytest.fixture
def server() -> Iterator[FreshRss]:
    with freshrss() as server:
        yield server


def reader(
    client: HttpClient, server: FreshRss, limits: StreamLimits = DEFAULT_LIMITS
) -> GoogleReader:
    return GoogleReader(client, server.account(), server.password, limits)


@pytest.fixture
def service(client: HttpClient, server: FreshRss) -> GoogleReader:
    return reader(client, server)


def ids(*numbers: int) -> set[EntryId]:
    return {EntryId(str(number)) for number in numbers}


def publish(server: FreshRss, count: int, **values: object) -> list[int]:
    """Add a feed with some entries."""
    feed = server.add_feed("https://example.org/feed.xml")
    return [server.add_entry(feed, **values) for _ in range(count)]  # type: ignore[arg-type]


class Synced:
    """All that changes yielded."""

    def __init__(self) -> None:
        self.entries: dict[int, ServerEntry] = {}
        self.marks: dict[int, ServerMarks] = {}
        self.cursor = ""

    async def receive(self, service: Service, known: KnownEntries) -> None:
        async for changes in service.iter_changes(known):
            assert not self.cursor, "the cursor comes with the last batch"
            self.entries.update({int(entry.id): entry for entry in changes.entries})
            self.marks.update({int(each): marks for each, marks in changes.marks.items()})
            self.cursor = changes.cursor


async def synced(service: Service, known: KnownEntries = FIRST) -> Synced:
    found = Synced()
    await found.receive(service, known)
    assert found.cursor
    return found


async def failure_of(call: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await call  # type: ignore[misc]  # a coroutine
    return caught.value


# -- login ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "suffix", ["", "/", "/reader/api/0", "/reader/api/0/", "/accounts/ClientLogin"]
)
async def test_the_address_is_taken_as_each_server_shows_it(
    client: HttpClient, server: FreshRss, suffix: str
) -> None:
    account = server.account(url=server.url + suffix)
    found = await GoogleReader(client, account, server.password).check_login()
    assert found == "Google Reader API of 127.0.0.1, as alice"
    assert server.server.paths()[0] == "/api/greader.php/accounts/ClientLogin"


async def test_an_address_that_ends_with_reader_is_tried_without_it(
    client: HttpClient, server: FreshRss
) -> None:
    account = server.account(url=server.url + "/reader")
    server.fault(lambda page: Page(b"nothing", 404), "/reader/accounts")
    assert (await GoogleReader(client, account, server.password).check_login()).endswith("alice")


async def test_header_and_token_are_sent_with_every_post(
    service: GoogleReader, server: FreshRss
) -> None:
    entry = publish(server, 1)[0]
    await synced(service)
    await service.push_mark(ServerMark.READ, True, list(ids(entry)))
    posts = [a for a in server.server.asked if a.method == "POST" and "Login" not in a.path]
    assert len(posts) == 2
    for asked in posts:
        assert asked.headers["authorization"].startswith("GoogleLogin auth=alice/")
        assert asked.body.startswith(b"T=")
    assert not any("T=" in path or "auth" in path for path in server.server.paths())


async def test_the_login_says_what_the_old_reader_asks_for(
    client: HttpClient, server: FreshRss
) -> None:
    await reader(client, server).check_login()
    form = dict(parse_qsl(server.server.asked[0].body.decode()))
    assert form.pop("Passwd") == server.password
    assert form == {
        "Email": "alice",
        "accountType": "HOSTED_OR_GOOGLE",
        "service": "reader",
        "client": "rilo-reader",
    }


@pytest.mark.parametrize("host", ["www.inoreader.com", "inoreader.com", "JP.Inoreader.com."])
async def test_inoreader_is_not_asked_since_it_takes_registered_programs_only(host: str) -> None:
    class NobodyAsks:
        async def call_api(self, request: ApiRequest) -> ApiReply:
            raise AssertionError(request.url)

    account = Account("ino", Api.GREADER, f"https://{host}/", "ann")
    error = await failure_of(GoogleReader(NobodyAsks(), account, "secret").check_login())
    assert error.failure is Failure.ADDRESS
    assert "registered" in error.reason
    assert "OPML" in error.reason


@pytest.mark.parametrize(
    ("password", "changed", "page", "failure", "advice"),
    [
        ("wrong", {}, None, Failure.LOGIN, "API password"),
        ("right", {"user": "ann@@ example"}, None, Failure.LOGIN, ""),
        ("right", {}, Page(b"Error=BadAuthentication\n"), Failure.LOGIN, ""),
        ("right", {"url": "root"}, None, Failure.ADDRESS, "https://HOST/api/greader.php"),
        ("right", {}, Page(b"<html><p>Welcome</p></html>"), Failure.BROKEN, "check the address"),
        ("right", {}, Page(b"Service Unavailable!", 503), Failure.BUSY, "Allow API access"),
    ],
)
async def test_a_login_that_fails_says_what_to_do(
    client: HttpClient,
    server: FreshRss,
    password: str,
    changed: dict[str, str],
    page: Page | None,
    failure: Failure,
    advice: str,
) -> None:
    if "url" in changed:
        changed = {"url": server.server.url()}
    if page is not None:
        server.fault(lambda _: page, "ClientLogin")
    secret = server.password if password == "right" else password
    service = GoogleReader(client, server.account(**changed), secret)
    error = await failure_of(service.check_login())
    assert error.failure is failure
    assert advice in error.reason
    assert "wrong" not in error.reason


@pytest.mark.parametrize("after", range(6))
async def test_a_login_that_ends_anywhere_is_renewed_once(
    service: GoogleReader, server: FreshRss, after: int
) -> None:
    entries = publish(server, 3)
    await service.list_feeds()
    server.expire(after)
    assert set((await synced(service)).entries) == set(entries)
    await service.push_mark(ServerMark.STARRED, True, list(ids(*entries)))
    assert all(entry.starred for entry in server.entries.values())
    logins = [path for path in server.server.paths() if path.endswith("ClientLogin")]
    assert len(logins) == 2


@pytest.mark.parametrize(("path", "logins"), [("/reader/api/0/sub", 2), ("/reader/api/0/", 1)])
async def test_a_web_server_that_keeps_the_header_back_is_the_reason_and_not_the_password(
    service: GoogleReader, server: FreshRss, path: str, logins: int
) -> None:
    """Or any that ends each login at once."""
    server.fault(lambda page: Page(b"Unauthorized!", 401), path, calls=9)
    error = await failure_of(service.list_feeds())
    assert error.failure is Failure.LOGIN
    assert "accepts the login" in error.reason
    assert "Authorization header" in error.reason
    assert sum(path.endswith("ClientLogin") for path in server.server.paths()) == logins


# -- feeds ---------------------------------------------------------------------------------------


async def test_feeds_have_their_address_title_label_and_site(
    service: GoogleReader, server: FreshRss
) -> None:
    server.add_feed("https://example.org/a.xml?x=1&y=2", "News, & more", "World", "https://a.org/")
    url = "https://example.org/a.xml?x=1&y=2"
    feed = ServerFeed("feed/2", url, "News, & more", ("World",), "https://a.org/")
    assert await service.list_feeds() == [feed]


async def test_a_feed_is_added_with_its_category_and_title(
    service: GoogleReader, server: FreshRss
) -> None:
    server.web["https://example.org/feed.xml"] = "Its own title"
    plain = await service.add_feed("https://example.org/feed.xml")
    assert (plain.title, plain.categories) == ("Its own title", ("Uncategorized",))
    assert await service.add_feed("https://example.org/feed.xml", "News", "Mine") == plain
    await service.remove_feed(plain)
    again = await service.add_feed("https://example.org/feed.xml", "News", "Mine")
    assert (again.title, again.categories) == ("Mine", ("News",))
    assert [again] == await service.list_feeds()


async def test_a_feed_that_cannot_be_added_is_an_error_that_says_why(
    service: GoogleReader, server: FreshRss
) -> None:
    error = await failure_of(service.add_feed("https://ann:secret@example.org/none"))
    assert error.failure is Failure.STATUS
    assert "did not subscribe to https://example.org/none: cURL error" in error.reason
    assert "[https://example.org/none]" in error.reason
    assert "secret" not in error.reason


async def test_title_and_category_change_there(service: GoogleReader, server: FreshRss) -> None:
    server.add_feed("https://example.org/feed.xml", "Old", "News")
    [feed] = await service.list_feeds()
    renamed = await service.change_feed(feed, title="New")
    assert (renamed.title, renamed.categories) == ("New", ("News",))
    moved = await service.change_feed(renamed, categories=["World"])
    assert (moved.title, moved.categories) == ("New", ("World",))
    assert (await service.change_feed(moved, categories=[])).categories == ("Uncategorized",)
    calls = len(server.server.asked)
    assert await service.change_feed(moved, title="New", categories=["World"]) == moved
    assert len(server.server.asked) == calls


async def test_a_feed_is_removed_or_the_error_says_why_not(
    service: GoogleReader, server: FreshRss
) -> None:
    server.add_feed("https://example.org/feed.xml")
    [feed] = await service.list_feeds()
    server.fault(lambda page: Page(b"Bad Request!", 400), "/edit")
    assert (await failure_of(service.remove_feed(feed))).status == 400
    # As a page to log in to a network is, whatever was asked for.
    server.fault(lambda page: Page(b"\n<!doctype html><title>Welcome</title>"), "/edit")
    error = await failure_of(service.remove_feed(feed))
    assert error.failure is Failure.BROKEN
    assert "a web page" in error.reason
    for _ in range(2):
        await service.remove_feed(feed)
        assert server.feeds == {}


# -- changes -------------------------------------------------------------------------------------


async def test_everything_is_new_at_first_with_its_marks(
    service: GoogleReader, server: FreshRss
) -> None:
    feed = server.add_feed("https://example.org/feed.xml", category="News")
    a, b, c = (server.add_entry(feed, f"Title {n} & more", tags=("x",)) for n in range(3))
    server.mark(a, read=True)
    server.mark(b, starred=True)
    found = await synced(service)
    assert {each: found.entries[each].marks for each in (a, b, c)} == {
        a: ServerMarks(True, False),
        b: ServerMarks(False, True),
        c: ServerMarks(False, False),
    }
    assert found.entries[a].feed == f"feed/{feed}"
    assert found.entries[a].entry.title == "Title 0 & more"
    assert found.entries[a].entry.tags == ("x",)
    assert found.marks == {}


@pytest.mark.parametrize("name", ["read", "starred"])
async def test_a_tag_that_looks_like_a_mark_is_none(
    service: GoogleReader, server: FreshRss, name: str
) -> None:
    """FreshRSS puts the tags of a feed, whatever they are, beside its own."""
    entry = publish(server, 1, tags=(f"user/-/state/com.google/{name}",))[0]
    found = await synced(service)
    assert found.entries[entry].marks == ServerMarks()
    assert found.entries[entry].entry.tags == ()
    # Nor on what was read there, and is in no list.
    server.mark(entry, read=True)
    known = KnownEntries("0", ids(entry), window=0, watched_ids=ids(entry))
    assert (await synced(service, known)).marks == {entry: ServerMarks(read=True)}


async def test_what_is_new_between_the_lists_has_the_marks_of_its_contents(
    service: GoogleReader, server: FreshRss
) -> None:
    feed = server.add_feed("https://example.org/feed.xml")
    lists: list[str] = []

    def added(path: str) -> None:
        if path.endswith("/ids"):
            lists.append(path)
            if len(lists) == 3:
                server.add_entry(feed)

    server.before_call = added
    [entry] = (await synced(service)).entries.values()
    assert entry.marks == ServerMarks()


async def test_afterwards_only_marks_and_what_is_new_come(
    service: GoogleReader, server: FreshRss
) -> None:
    feed = server.add_feed("https://example.org/feed.xml")
    old = [server.add_entry(feed) for _ in range(3)]
    first = await synced(service)
    server.mark(old[0], read=True)
    server.mark(old[1], starred=True)
    new = server.add_entry(feed)
    before = len(server.server.asked)
    found = await synced(service, KnownEntries(first.cursor, ids(*old)))
    assert set(found.entries) == {new}
    assert found.marks == {
        old[0]: ServerMarks(True, False),
        old[1]: ServerMarks(False, True),
        old[2]: ServerMarks(False, False),
    }
    assert len(server.server.asked) - before == 4, "three lists, and the contents of one"


async def test_the_window_bounds_what_is_read_but_not_what_is_unread_or_starred(
    client: HttpClient, server: FreshRss
) -> None:
    entries = publish(server, 20, read=True)
    server.mark(entries[0], read=False)
    server.mark(entries[1], starred=True)
    found = await synced(reader(client, server), KnownEntries(window=5))
    assert set(found.entries) == {entries[0], entries[1], *entries[15:]}
    assert set((await synced(reader(client, server), KnownEntries(window=0))).entries) == set(
        entries[:2]
    )


async def test_read_there_and_forgotten_there_are_told_apart(
    service: GoogleReader, server: FreshRss
) -> None:
    entries = publish(server, 6)
    await synced(service)
    server.mark(entries[0], read=True)
    server.forget(entries[1])
    known = KnownEntries("0", ids(*entries), window=2, watched_ids=ids(*entries))
    found = await synced(service, known)
    assert found.marks[entries[0]] == ServerMarks(True, False)
    assert entries[1] not in found.marks
    assert set(found.marks) == {entries[0], *entries[2:]}
    assert found.entries == {}


async def test_a_feed_that_is_archived_there_is_gone_with_its_entries(
    service: GoogleReader, server: FreshRss
) -> None:
    feed = server.add_feed("https://example.org/feed.xml")
    entry = server.add_entry(feed, starred=True)
    server.feeds[feed].hidden = True
    assert await service.list_feeds() == []
    found = await synced(service, KnownEntries("0", ids(entry), watched_ids=ids(entry)))
    assert (found.marks, found.entries) == ({}, {})


async def test_what_was_read_and_is_in_no_list_is_not_asked_for(
    service: GoogleReader, server: FreshRss
) -> None:
    entries = publish(server, 6, read=True)
    known = KnownEntries("0", ids(*entries), window=2, watched_ids=frozenset())
    found = await synced(service, known)
    assert set(found.marks) == set(entries[4:])
    assert not any("contents" in path for path in server.server.paths())


@pytest.mark.slow
async def test_what_is_missing_is_asked_for_in_turns(
    service: GoogleReader, server: FreshRss
) -> None:
    entries = publish(server, 2 * FETCH_LIMIT + 10, read=True)
    marks: list[set[int]] = []
    cursor = ""
    for _ in range(3):
        found = await synced(service, KnownEntries(cursor, ids(*entries), window=0))
        marks.append(set(found.marks))
        cursor = found.cursor
    assert [len(each) for each in marks] == [FETCH_LIMIT] * 3
    assert set.union(*marks) == set(entries)


async def test_a_long_list_is_read_in_pages_of_which_a_server_may_send_less(
    client: HttpClient,
) -> None:
    for page, most in ((3, 0), (5, 0), (24, 0), (25, 0), (26, 0), (10_000, 4)):
        with freshrss(Manners(most=most)) as server:
            entries = publish(server, 25)
            found = await synced(reader(client, server, StreamLimits(page=page)))
            assert set(found.entries) == set(entries)


@pytest.mark.parametrize("by_position", [False, True])
@pytest.mark.parametrize("moved", [4, 3, 2])
async def test_no_entry_is_missed_when_others_are_read_between_two_pages(
    client: HttpClient, by_position: bool, moved: int
) -> None:
    """What is read meanwhile moves the rest, and an entry that is missed would count as read."""
    with freshrss(Manners(by_position=by_position)) as server:
        entries = publish(server, 10)
        pages = 0

        def read_some(path: str) -> None:
            nonlocal pages
            pages += path.endswith("/ids")
            if pages == 2:
                server.mark(*sorted(entries, reverse=True)[5 - moved : 5], read=True)

        server.before_call = read_some
        service = reader(client, server, StreamLimits(page=5))
        found = await synced(service, KnownEntries("0", ids(*entries)))
        wrong = [e for e in entries if found.marks[e].read and not server.entries[e].read]
        assert wrong == []


async def test_a_list_that_never_stands_still_is_asked_for_later(client: HttpClient) -> None:
    with freshrss(Manners(by_position=True)) as server:
        entries = publish(server, 40)
        server.before_call = lambda path: (
            server.mark(entries.pop(), read=True) if path.endswith("/ids") else None
        )
        error = await failure_of(synced(reader(client, server, StreamLimits(page=5))))
        assert error.failure is Failure.BUSY


async def test_a_list_that_is_too_long_or_without_end_is_an_error_rather_than_half_of_it(
    client: HttpClient, server: FreshRss
) -> None:
    publish(server, 12)
    service = reader(client, server, StreamLimits(page=5, entries=10))
    assert (await failure_of(synced(service))).failure is Failure.TOO_LARGE
    endless = json.dumps({"itemRefs": [{"id": "1"}], "continuation": "again"}).encode()
    server.fault(lambda page: Page(endless), "/ids", calls=9)
    assert (await failure_of(synced(service))).failure is Failure.BROKEN


async def test_contents_that_are_too_large_come_in_smaller_batches(server: FreshRss) -> None:
    feed = server.add_feed("https://example.org/feed.xml")
    entries = [server.add_entry(feed, content="a" * 10_000) for _ in range(40)]
    server.add_entry(feed, content="no reply can hold it" * 10_000)
    async with HttpClient(LIMITS._replace(max_bytes=90_000), proxies={}) as client:
        assert set((await synced(reader(client, server))).entries) == set(entries)


async def test_entries_are_those_that_are_still_there(
    service: GoogleReader, server: FreshRss
) -> None:
    entries = publish(server, 300)
    server.forget(entries[7])
    found = await service.fetch_entries(sorted(ids(*entries)))
    assert {int(entry.id) for entry in found} == {*entries} - {entries[7]}
    # What was not asked for is passed over.
    a, b, *_ = entries
    other = json.dumps({"items": [{"id": str(b)}, {"id": str(a)}, {"id": None}]}).encode()
    server.fault(lambda page: Page(other), "/contents")
    assert [entry.id for entry in await service.fetch_entries([EntryId(str(a))])] == [str(a)]


# -- marks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("toggles", [False, True])
@pytest.mark.parametrize("mark", ServerMark)
@pytest.mark.parametrize("value", [True, False])
async def test_marks_are_as_asked_whatever_they_were(
    client: HttpClient, toggles: bool, mark: ServerMark, value: bool
) -> None:
    with freshrss(Manners(toggles=toggles)) as server:
        feed = server.add_feed("https://example.org/feed.xml")
        entries = [server.add_entry(feed) for _ in range(4)]
        other = server.add_entry(feed)
        server.mark(*entries[:2], read=True, starred=True)
        service = reader(client, server)
        for _ in range(2):
            await service.push_mark(mark, value, list(ids(*entries)))
            assert [getattr(server.entries[each], mark) for each in entries] == [value] * 4
        assert (server.entries[other].read, server.entries[other].starred) == (False, False)
        sent = [each for numbers, _, _ in server.posted for each in numbers]
        assert sorted(sent) == (entries[2:] if value else entries[:2])


async def test_a_mark_that_another_device_gives_at_the_same_moment_is_not_toggled_away(
    client: HttpClient,
) -> None:
    with freshrss(Manners(toggles=True)) as server:
        entry = publish(server, 1)[0]

        def read_elsewhere(path: str) -> None:
            if path.endswith("/edit-tag") and not server.posted:
                server.mark(entry, read=True)

        server.before_call = read_elsewhere
        await reader(client, server).push_mark(ServerMark.READ, True, list(ids(entry)))
        assert server.entries[entry].read
        assert len(server.posted) == 2


async def test_marks_that_do_not_stay_are_an_error(service: GoogleReader, server: FreshRss) -> None:
    entry = publish(server, 1)[0]
    server.fault(lambda page: Page(b"OK"), "/edit-tag", calls=9)
    error = await failure_of(service.push_mark(ServerMark.STARRED, True, list(ids(entry))))
    assert error.failure is Failure.BROKEN
    assert "1 entries as starred" in error.reason


@pytest.mark.parametrize("mark", ServerMark)
@pytest.mark.parametrize("value", [True, False])
async def test_marks_of_what_the_server_has_forgotten_are_no_error(
    service: GoogleReader, server: FreshRss, mark: ServerMark, value: bool
) -> None:
    feed = server.add_feed("https://example.org/feed.xml")
    entry, gone = (server.add_entry(feed, read=not value, starred=not value) for _ in range(2))
    server.forget(gone)
    await service.push_mark(mark, value, list(ids(entry, gone)))
    assert getattr(server.entries[entry], mark) is value


async def test_many_marks_go_in_batches_and_none_in_none(
    service: GoogleReader, server: FreshRss
) -> None:
    await service.push_mark(ServerMark.READ, True, [])
    assert server.posted == []
    entries = publish(server, 1_001)
    await service.push_mark(ServerMark.READ, True, sorted(ids(*entries)))
    assert all(entry.read for entry in server.entries.values())
    assert [len(numbers) for numbers, _, _ in server.posted] == [250, 250, 250, 250, 1]


# -- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "failure"),
    [
        (Page(b"<html>Sign in</html>"), Failure.BROKEN),
        (Page(b'{"itemRefs": [{"id"'), Failure.BROKEN),
        (Page(b""), Failure.BROKEN),
        (Page(b"[]"), Failure.BROKEN),
        (Page(b"{}"), Failure.BROKEN),
        (Page(b'{"errors": ["Temporary unavailable"]}'), Failure.BROKEN),
        (Page(b'{"itemRefs": 7}'), Failure.BROKEN),
        (Page(b'{"itemRefs": [7]}'), Failure.BROKEN),
        (Page(b'{"itemRefs": [{"id": "x"}]}'), Failure.BROKEN),
        (Page(b'{"itemRefs": [], "continuation": {"x": 1}}'), Failure.BROKEN),
        (Page(b"no", 500), Failure.STATUS),
        (Page(b"", 429, {"Retry-After": "60"}), Failure.BUSY),
        (Page(b"", 503), Failure.BUSY),
        (Page(b"", 301, {"Location": "https://elsewhere.example.org/"}), Failure.ADDRESS),
    ],
)
async def test_a_list_that_does_not_come_whole_marks_nothing(
    service: GoogleReader, server: FreshRss, page: Page, failure: Failure
) -> None:
    entry = publish(server, 1)[0]
    await service.list_feeds()
    server.fault(lambda _: page, "/ids")
    found = Synced()
    error = await failure_of(found.receive(service, KnownEntries("0", ids(entry))))
    assert error.failure is failure
    assert (found.marks, found.entries, found.cursor) == ({}, {}, "")


async def test_an_empty_list_may_be_null(service: GoogleReader, server: FreshRss) -> None:
    entry = publish(server, 1)[0]
    server.fault(lambda _: Page(b'{"itemRefs": null}'), "/ids")
    found = await synced(service, KnownEntries("0", ids(entry)))
    assert found.marks == {entry: ServerMarks(read=True)}


async def test_a_slow_or_dropped_answer_is_an_error(server: FreshRss) -> None:
    server.fault(lambda page: page._replace(delay=5.0), "/ids", carried_out=True)
    async with HttpClient(LIMITS._replace(silence_seconds=0.2), proxies={}) as client:
        error = await failure_of(synced(reader(client, server)))
    assert error.failure is Failure.TIMEOUT


@pytest.mark.slow
async def test_when_one_batch_fails_those_before_it_have_come(
    service: GoogleReader, server: FreshRss
) -> None:
    publish(server, 900)
    calls = 0

    def fail_third(path: str) -> None:
        nonlocal calls
        calls += path.endswith("/contents")
        if calls == 3:
            server.fault(lambda page: Page(b"", 503), "/contents", calls=9)

    server.before_call = fail_third
    found = Synced()
    assert (await failure_of(found.receive(service, FIRST))).failure is Failure.BUSY
    assert (len(found.entries), found.cursor) == (500, "")


async def test_a_post_whose_reply_is_lost_can_be_repeated(client: HttpClient) -> None:
    with freshrss(Manners(toggles=True)) as server:
        entry = publish(server, 1)[0]
        service = reader(client, server)
        server.fault(lambda page: Page(b"", 502), "/edit-tag", carried_out=True)
        await failure_of(service.push_mark(ServerMark.READ, True, list(ids(entry))))
        await service.push_mark(ServerMark.READ, True, list(ids(entry)))
        assert server.entries[entry].read


class Scripted:
    """A client that replies what it is given."""

    def __init__(self, replies: dict[str, bytes]) -> None:
        self._replies = replies

    async def call_api(self, request: ApiRequest) -> ApiReply:
        path = request.url.partition("?")[0].removeprefix("https://example.org")
        return ApiReply(200, {}, self._replies.get(path, b"OK"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "items", "itemRefs", "continuation", "subscriptions", "streamId"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
REPLY = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())


@pytest.mark.slow
@examples(300)
@given(st.data())
async def test_whatever_a_server_replies_is_a_value_or_a_fetch_error(data: st.DataObject) -> None:
    base = "/reader/api/0"
    login = {"/accounts/ClientLogin": b"Auth=a/b\n", f"{base}/token": b"t"}
    paths = ["/subscription/list", "/stream/items/ids", "/stream/items/contents", "/user-info"]
    replies = {base + path: data.draw(REPLY) for path in [*paths, "/subscription/quickadd"]}
    if data.draw(st.booleans()):
        login = {path: data.draw(st.binary(max_size=30)) for path in login}
    account = Account("hostile", Api.GREADER, "https://example.org", "ann")
    service = GoogleReader(Scripted({**login, **replies}), account, "a password")
    one = EntryId("1")
    for call in (
        service.check_login(),
        service.list_feeds(),
        service.fetch_entries([one]),
        synced(service, KnownEntries("x", frozenset([one]))),
        service.push_mark(ServerMark.STARRED, True, [one]),
        service.add_feed("https://example.org/feed.xml", "News"),
    ):
        try:
            await call
        except FetchError as error:
            assert "a password" not in error.reason

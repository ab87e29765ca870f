"""What a real FreshRSS has answered (`tests/samples/freshrss`), read as it was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from rilo_reader.article import Enclosure
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchError, FetchLimits
from rilo_reader.plugins.accounts.greader import GoogleReader
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMarks,
)
from tests.support.servers import Asked, Page, serving

SAMPLES = Path(__file__).parents[2] / "samples/freshrss"
FEED, SITE = "https://feeds.example/s2.xml", "https://news.example/"
HTML = {"Content-Type": "text/html; charset=UTF-8"}
JSON = {"Content-Type": "application/json; charset=UTF-8"}
TEXT = {"Content-Type": "text/plain; charset=UTF-8"}


RECORDED = {
    "ClientLogin": ("login.txt", TEXT),
    "token": ("token.txt", HTML),
    "user-info": ("user-info.json", HTML),
    "list": ("subscriptions.json", JSON),
    "quickadd": ("quickadd-refused.json", HTML),
    f"quickadd {SITE}": ("quickadd.json", HTML),
    f"quickadd {FEED}#again": ("quickadd-again.json", HTML),
    "ids": ("ids-all.json", HTML),
    "ids unread": ("ids-unread.json", HTML),
    "ids starred": ("ids-starred.json", HTML),
    "contents": ("contents.json", JSON),
}


def answer(asked: Asked) -> Page:
    """What the server answered to this request, with the type that it said."""
    address = urlsplit(asked.path)
    query, form = dict(parse_qsl(address.query)), dict(parse_qsl(asked.body.decode()))
    if form.get("Passwd", "right") != "right":
        return Page((SAMPLES / "login-refused.txt").read_bytes(), 401, TEXT)
    call = address.path.rpartition("/")[2]
    stream = "unread" if "xt" in query else query.get("s", "").rpartition("/")[2]
    name, kind = RECORDED.get(f"{call} {form.get('quickadd', stream)}") or RECORDED[call]
    return Page((SAMPLES / name).read_bytes(), headers=kind)


@pytest.fixture
def account() -> Iterator[Account]:
    with serving() as server:
        server.answer(answer)
        yield Account("recorded", Api.GREADER, server.url(""), "reader")


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(FetchLimits(silence_seconds=5, total_seconds=20), proxies={}) as client:
        yield client


@pytest.fixture
def service(client: HttpClient, account: Account) -> GoogleReader:
    return GoogleReader(client, account, "right")


async def entries_of(service: GoogleReader) -> dict[str, ServerEntry]:
    """All entries, by title."""
    found = [
        entry async for changes in service.iter_changes(KnownEntries()) for entry in changes.entries
    ]
    return {each.entry.title: each for each in found}


async def test_the_login_is_accepted_or_refused(client: HttpClient, account: Account) -> None:
    assert (await GoogleReader(client, account, "right").check_login()).endswith("as reader")
    with pytest.raises(FetchError, match="does not accept the user or the password"):
        await GoogleReader(client, account, "wrong").check_login()


async def test_a_feed_has_its_own_title_and_label(service: GoogleReader) -> None:
    title = "News & \"more\", 'quoted'; a/b?"
    site = "https://news.example/s/?a=1&b=2"
    feed = ServerFeed("feed/2", FEED, title, ("News & views",), site)
    assert await service.list_feeds() == [feed]
    assert await service.add_feed(SITE) == feed


async def test_a_feed_that_is_not_added_says_why(service: GoogleReader) -> None:
    with pytest.raises(FetchError, match=r"Unknown error for feed \[https://feeds\.example"):
        await service.add_feed("https://feeds.example/none.xml")
    with pytest.raises(FetchError, match=r"Already subscribed! https://feeds\.example"):
        await service.add_feed(FEED + "#again")


async def test_marks_are_those_of_the_lists(service: GoogleReader) -> None:
    entries = await entries_of(service)
    marked = {title: each.marks for title, each in entries.items() if each.marks != ServerMarks()}
    assert marked == {"Podcast": ServerMarks(True, True), "Video": ServerMarks(False, True)}


async def test_entries_are_as_in_the_feed(service: GoogleReader) -> None:
    entries = {title: each.entry for title, each in (await entries_of(service)).items()}
    assert set(entries) == {
        "AT&T <b> \"x\" it's 5 < 6", "Podcast", "Image media", "Image", "No title here at all",
        "No date & no link", "日本語 ＆ 中文＆", "Video",
    }  # fmt: skip
    first = entries['AT&T <b> "x" it\'s 5 < 6']
    assert first.authors == ("The editors & friends", "A guest")
    assert first.tags == ("a & b",)
    assert first.url == "https://news.example/s/1?a=1&b=2"
    assert first.date == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert first.content.startswith("<p>Full <b>text</b> &amp; <img")
    podcast = entries["Podcast"]
    assert podcast.content == "<p>Listen</p>"
    assert podcast.enclosures == (
        Enclosure("https://news.example/a.mp3?x=1&y=2", "audio/mpeg", 12345),
    )
    assert entries["Image"].content == "<p>A picture</p>"
    assert entries["Video"].content == "Plain text, no tags &amp; such"
    assert entries["No date & no link"].url == ""
    # The thumbnail is no enclosure: it would be lost.
    assert entries["Image media"].content.count("<img") == 1

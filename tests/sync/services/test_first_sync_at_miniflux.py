"""Twenty feeds of five hundred entries at a real Miniflux, by both APIs, in real processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rilo_reader.sync.services.service import ServerMarks
from tests.support.miniflux_server import MinifluxUser, rss
from tests.support.servers import serving
from tests.sync.services.homes import GREADER, OWN, Home
from tests.sync.services.miniflux_devices import numbers, there, titled

pytestmark = [pytest.mark.service, pytest.mark.slow]

FEEDS, ENTRIES = 20, 500
ALL = FEEDS * ENTRIES
CATEGORIES = ("Customs", "News", "Science", "Weather")


def subscribe(user: MinifluxUser) -> None:
    """Follow all feeds, in four categories."""
    ids = [user.call("POST", "categories", {"title": each})["id"] for each in CATEGORIES]
    with serving() as web:
        for feed in range(FEEDS):
            url = web.page(f"/{feed}.xml", rss(f"Feed {feed:02d}", titled(feed, ENTRIES)))
            user.add_feed(url, category_id=ids[feed % 4])


def count(home: Home, query: str) -> int:
    return int(home.ok("search", "--count", query))


def read_on_the_phone(user: MinifluxUser, titles: list[str]) -> None:
    ids = numbers(user)
    user.set_read([ids[each] for each in titles])


def star_on_the_phone(user: MinifluxUser, titles: list[str]) -> None:
    ids = numbers(user)
    user.toggle_star([ids[each] for each in titles])


def in_feeds(titles: list[str], *feeds: int) -> list[str]:
    return [each for each in titles if each.startswith(tuple(f"F{feed} " for feed in feeds))]


@pytest.mark.timeout(600)
def test_twenty_feeds_of_five_hundred_come_and_marks_are_equal(
    tmp_path: Path, miniflux: MinifluxUser
) -> None:
    subscribe(miniflux)
    titles = sorted(there(miniflux))
    assert len(titles) == ALL
    homes = [Home(tmp_path / str(api), miniflux, api) for api in (OWN, GREADER)]
    one, other = homes
    for home in homes:
        home.join()
        assert home.ok("refresh").endswith("10,000 new articles; 1 account.\n")
        assert len(home.files()) == ALL
        assert home.marks() == dict.fromkeys(titles, ServerMarks())
        assert count(home, "text") == ALL
        assert count(home, 'source:"Feed 07"') == ENTRIES
        assert count(home, "title:F7 title:499") == 1
        feeds = list(map(json.loads, home.ok("feeds", "--json").splitlines()))
        found = {each["title"]: each["tags"] for each in feeds}
        assert found == {f"Feed {feed:02d}": [CATEGORIES[feed % 4]] for feed in range(FEEDS)}

    # Apart: on each side something else.
    one.ok("mark", "read", "--query", 'source:"Feed 01"')
    one.ok("mark", "star", "--query", "title:F2 title:7")
    other.ok("mark", "read", "--query", 'source:"Feed 02"')
    read_on_the_phone(miniflux, in_feeds(titles, 3))
    star_on_the_phone(miniflux, ["F4 Item 1", "F4 Item 2"])
    assert "501 marks sent, 502 received" in refreshed(one)
    assert "500 marks sent, 1,003 received" in refreshed(other)
    assert "500 marks received" in refreshed(one)
    assert one.marks() == other.marks() == there(miniflux)
    assert count(one, "is:read") == 1500
    assert count(one, "is:starred") == 3

    # At once: the same on several sides, and back. On a server that toggles, what is read twice
    # would be unread.
    for home in homes:
        home.ok("mark", "read", "--query", 'source:"Feed 05"')
        home.ok("mark", "star", "--query", "title:F6 title:8")
        home.ok("mark", "unread", "--query", 'source:"Feed 01"')
        home.ok("mark", "unstar", "--query", "title:F4 title:1")
    read_on_the_phone(miniflux, in_feeds(titles, 5, 6))
    star_on_the_phone(miniflux, ["F6 Item 8", "F4 Item 1", "F4 Item 2"])
    for home in (*homes, *homes):
        home.ok("refresh")
    expected = dict.fromkeys(titles, ServerMarks())
    expected |= dict.fromkeys(in_feeds(titles, 2, 3, 5, 6), ServerMarks(read=True))
    expected |= dict.fromkeys(("F2 Item 7", "F6 Item 8"), ServerMarks(read=True, starred=True))
    assert there(miniflux) == one.marks() == other.marks() == expected
    for home in homes:
        assert refreshed(home) == ""
        assert len(home.files()) == ALL


def refreshed(home: Home) -> str:
    """Refresh; return what happened to marks."""
    first = home.ok("refresh").splitlines()[0]
    return first.removeprefix("home: ") if first.startswith("home: ") else ""

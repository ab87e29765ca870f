"""The Miniflux of the tests is a real one, and its users are apart."""

from __future__ import annotations

import hashlib
import urllib.request
from urllib.parse import urlencode

import pytest

from tests.support.miniflux_server import MinifluxServer, MinifluxUser, items, rss
from tests.support.servers import serving

pytestmark = pytest.mark.service


def test_a_user_has_feeds_entries_and_marks(
    miniflux: MinifluxUser, miniflux_server: MinifluxServer
) -> None:
    with serving() as feeds:
        url = feeds.page("/a.xml", rss("A", items(3)))
        feed = miniflux.add_feed(url)
        feeds.page("/a.xml", rss("A", items(4)))
        miniflux.fetch(feed)
    ids = miniflux.ids()
    assert len(ids) == 4
    miniflux.set_read(ids[:1])
    miniflux.toggle_star(ids[1:2])
    marks = [(entry["status"], entry["starred"]) for entry in miniflux.entries()]
    assert marks == [("read", False), ("unread", True), ("unread", False), ("unread", False)]
    hashes = {entry["title"]: entry["hash"] for entry in miniflux.entries()}
    assert hashes["Item 3"] == hashlib.sha256(b"guid-3").hexdigest()
    miniflux.delete_entries(ids[2:])
    miniflux.seed(feed, 100)
    assert len(miniflux.ids()) == 102
    assert miniflux_server.new_user().ids() == []


def test_a_user_can_log_in_by_the_google_reader_api(miniflux: MinifluxUser) -> None:
    login = urlencode({"Email": miniflux.name, "Passwd": miniflux.password}).encode()
    with urllib.request.urlopen(f"{miniflux.url}/accounts/ClientLogin", login) as reply:
        assert b"Auth=" in reply.read()

"""From an address to an article that is new, in a real pseudo-terminal with a real server."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from tests.support.servers import Server, serving
from tests.support.terminal import ENTER, Terminal, rilo
from tests.support.verdict import faults_in_reader

pytestmark = pytest.mark.terminal

SIZE = (110, 30)
ESCAPES = "&#27;]0;taken&#7;\u009b2J\u202e"
"""A window title, a cleared screen and reversed text, as a feed would smuggle them."""


def feed(*titles: str) -> bytes:
    """An RSS feed; the first title is the newest."""
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><link>https://example.org/{place}</link>"
        f"<pubDate>Tue, 24 Nov 2020 {20 - place:02d}:00:00 GMT</pubDate>"
        f"<description>Opening words of {title}.</description></item>"
        for place, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>".encode()


def site(server: Server) -> str:
    """A page that names its feed; its address."""
    title = html.escape("All news") + ESCAPES
    link = f"<link rel=alternate type='application/rss+xml' title='{title}' href='/feed.xml'>"
    page = f"<html><head><meta charset=utf-8><title>A site</title>{link}</head><body></body></html>"
    return server.page("/", page.encode(), headers={"Content-Type": "text/html"})


def test_an_address_is_pasted_followed_read_and_refreshed(tmp_path: Path) -> None:
    with serving() as server:
        address = site(server)
        server.page("/feed.xml", feed(f"alpha{ESCAPES}", "bravo"))
        with Terminal(rilo(), SIZE, home=tmp_path) as terminal:
            terminal.wait_for("First steps")
            terminal.send("a")
            terminal.wait_for("Add a feed, a page or an account")
            terminal.paste(address)
            terminal.send(ENTER)
            terminal.wait_for("All news")
            terminal.send(ENTER)
            # The guide makes room for the user's own library.
            terminal.wait_for("Opening words of alpha")
            left = "You now follow Wire: 2 articles. To see the guide again: guide, in the"
            terminal.wait_for(left)
            terminal.send("J")
            terminal.wait_for("Opening words of bravo")
            server.page("/feed.xml", feed("charlie", f"alpha{ESCAPES}", "bravo"))
            terminal.send("R")
            terminal.wait_for("1 new · . shows them")
            terminal.wait_for("charlie")
            assert "Opening words of bravo" in terminal.screen()
            terminal.send(".")
            terminal.wait_for("Opening words of charlie")
            terminal.send("F")
            terminal.wait_for("Last answer")
            terminal.send("q")
            terminal.send("q")
            assert terminal.wait_exit() == 0
            assert terminal.is_restored
            assert faults_in_reader(terminal.output, SIZE) == []


def test_nothing_is_fetched_into_a_folder_that_is_not_the_first_library(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "note.md").write_text("# A note\n\nOf mine.\n", encoding="utf-8")
    config = tmp_path / "config" / "rilo-reader"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text("refresh_every = 1\n", encoding="utf-8")
    with serving() as server:
        url = server.page("/feed.xml", feed("alpha", "bravo"))
        (config / "feeds.toml").write_text(f'[[feeds]]\nurl = "{url}"\n', encoding="utf-8")
        with Terminal(rilo(str(vault)), (160, 30), home=tmp_path) as terminal:
            terminal.wait_for("Of mine.")
            terminal.send("R")
            terminal.wait_for("Feeds are not fetched into this folder; R again fetches them into")
            assert not server.asked
            terminal.send("R")
            terminal.wait_for("2 new articles.")
            terminal.send("q")
            assert terminal.wait_exit() == 0
    assert [file.name for file in vault.iterdir()] == ["note.md"]
    assert len(list((tmp_path / "data" / "rilo-reader" / "articles").rglob("*.md"))) == 2

"""docs/services.md: each of its examples works as it stands, in a new home."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rilo_reader.config import Config
from rilo_reader.plugins.accounts.service import Account
from tests.plugins.accounts.freshrss_server import FreshRss, freshrss
from tests.plugins.accounts.login_server import USER, LoginServer
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.pages import PageHome, examples_of, page
from tests.support.servers import Server, serving

PAGE = page("services.md")
EXAMPLES = examples_of(PAGE)
OWN = re.compile(r"^```\n\$ (.*?)\n.*?^```$", re.MULTILINE | re.DOTALL)
PASSWORD = "tern and gull"
MINIFLUX, FRESHRSS = "https://reader.example.org", "https://rss.example.org"
FEED = "https://example.org/feed.xml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a shell of Unix"),
]


class Home(PageHome):
    """A new user's home, where `pass` prints a password, and addresses lead to servers."""

    def __init__(self, home: Path, addresses: Mapping[str, str], password: str = PASSWORD) -> None:
        super().__init__(home, addresses)
        self.program("pass", f"echo '{password}'")
        self.configuration = home / ".config" / "rilo-reader"
        self.configuration.mkdir(parents=True)


def example(words: str) -> str:
    """The one example that has some words in it."""
    [found] = [each for each in EXAMPLES if words in each]
    return found


@pytest.fixture
def feeds() -> Iterator[Server]:
    with serving() as server:
        server.page("/railways.xml", rss("Slow Railways", items(3)))
        server.page("/own.xml", rss("Harbour Log", items(2, first=10)))
        server.page("/new.xml", rss("Night Sky", items(2, first=20)))
        yield server


@pytest.fixture
def fresh() -> Iterator[FreshRss]:
    with freshrss() as server:
        yield server


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 7
    assert OWN.findall(PAGE) == [f"rilo-reader account add miniflux {MINIFLUX}"]
    # What is asked for is tried in test_verb.
    assert "User (none: log in with an API key): me\nPassword:\n" in PAGE


def test_an_account_is_added_with_a_command(tmp_path: Path, feeds: Server, fresh: FreshRss) -> None:
    home = Home(tmp_path, {MINIFLUX: LoginServer(feeds, PASSWORD).url, " me ": f" {USER} "})
    out = home.run(example("account add miniflux"))
    assert "home is added: Miniflux" in out
    assert f"home: Miniflux 2.2.6, as {USER}" in out
    assert PASSWORD not in (home.configuration / "accounts.toml").read_text()


def test_an_account_at_freshrss_is_added(tmp_path: Path, fresh: FreshRss) -> None:
    fresh.add_entry(fresh.add_feed("https://news.example.org/feed", "News"))
    plain = fresh.server.url("").rstrip("/")
    home = Home(tmp_path, {FRESHRSS: plain, " me ": f" {fresh.user} "}, fresh.password)
    out = home.run(example("account add greader"))
    assert "is added" in out
    assert "1 new article; 1 account." in out


class Follower:
    """Somebody with an account called home, who follows a feed there and another one here."""

    def __init__(self, home: Path, user: MinifluxUser, feeds: Server) -> None:
        self.user = user
        user.add_feed(feeds.url("/railways.xml"))
        user.call("POST", "categories", {"title": "Travel"})
        addresses = {MINIFLUX: user.url, " me ": f" {user.name} ", FEED: feeds.url("/new.xml")}
        self.home = Home(home, addresses, user.password)
        self.home.run(example("account add miniflux"))
        self.home.run(f"rilo-reader add {feeds.url('/own.xml')}")

    @property
    def followed(self) -> set[str]:
        """The titles of the feeds on the server."""
        return {feed["title"] for feed in self.user.call("GET", "feeds")}

    @property
    def files(self) -> list[str]:
        """The articles here."""
        articles = self.home.home / ".local" / "share" / "rilo-reader" / "articles"
        return sorted(path.name for path in articles.rglob("*.md"))


@pytest.fixture
def follower(tmp_path: Path, miniflux: MinifluxUser, feeds: Server) -> Follower:
    return Follower(tmp_path, miniflux, feeds)


@pytest.mark.service
def test_feeds_are_followed_and_changed_on_the_server_and_leaving_keeps_all(
    follower: Follower,
) -> None:
    before = follower.files
    follower.home.run(example("--tag Travel"))
    assert follower.followed == {"Slow Railways", "Night Sky"}
    follower.home.run(example("feeds rename"))
    assert follower.followed == {"Night Sky"}
    out = follower.home.run(example("account remove home\nrilo-reader account list"))
    assert "You have no account yet" in out
    assert (follower.files, follower.followed) == (before, {"Night Sky"})


@pytest.mark.service
def test_feeds_move_to_a_server_and_back_and_nothing_comes_twice(follower: Follower) -> None:
    before = follower.files
    assert len(before) == 5
    follower.home.run(example("--own --all"))
    assert follower.followed == {"Slow Railways", "Harbour Log"}
    assert follower.files == before
    assert "[[feeds]]" not in (follower.home.configuration / "feeds.toml").read_text()
    follower.home.run(example("import feeds.opml\nrilo-reader account remove"))
    assert (follower.home.configuration / "feeds.toml").read_text().count("[[feeds]]") == 2
    assert follower.files == before


def test_numbers_and_names_of_the_page_are_those_of_the_program() -> None:
    assert f"newest {Account._field_defaults['window']:,} articles" in PAGE
    [toml] = re.findall(r"^```toml\n\[\[accounts\]\]\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"^(\w+) = ", toml, re.MULTILINE)) <= set(Account._fields)
    assert "`refresh_every`" in PAGE
    assert "refresh_every" in Config._fields

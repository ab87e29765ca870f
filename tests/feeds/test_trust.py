"""Where a followed feed may lead: what the user typed, what was public once, what moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.ledger import ledger_file, ledger_to_read
from rilo_reader.feeds.progress import FeedProgress, Phase
from rilo_reader.workers import WorkerPool
from tests.feeds.world import World, rss
from tests.support.far_network import FAR
from tests.support.servers import serving
from tests.support.shared import samples

INSIDE = "127.0.0.1"


class Home(World):
    """Somebody's feeds, refreshed in one run after another, each with its own name server."""

    def refresh(self, names: Mapping[str, str] | None = None, **changes: Any) -> list[FeedProgress]:
        """Refresh everything, two days later."""
        self.now += timedelta(days=2)
        return super().refresh(names, **changes)


@pytest.fixture
def home(tmp_path: Path, pool: WorkerPool) -> Iterator[Home]:
    with serving() as server:
        yield Home(tmp_path, server, pool)


@pytest.mark.parametrize("inside", [INSIDE, "169.254.169.254", "10.0.0.1", "::1"])
def test_a_host_that_was_public_leads_nowhere_private_in_a_later_run(
    home: Home, inside: str
) -> None:
    home.follow("/feed", "evil.example", page=rss("One"))
    [end] = home.refresh({"evil.example": FAR})
    assert (end.state, home.reached) == (Phase.SAVED, [FAR])
    [end] = home.refresh({"evil.example": inside})
    assert (end.state, end.failure, home.reached) == (Phase.FAILED, "refused", [])
    assert f"evil.example was on the internet before and is now at {inside}, an" in end.reason
    [feed] = home.listed()
    assert "rilo-reader feeds allow evil.example" in feed.sentence


def test_a_host_that_answered_with_a_failure_at_first_was_public_all_the_same(home: Home) -> None:
    home.follow("/feed", "evil.example")
    home.server.page("/feed", status=503)
    assert home.refresh({"evil.example": FAR})[0].failure == "busy"
    home.follow("/two", "evil.example")
    for path in ("/feed", "/two"):
        home.server.page(path, rss(path))
    ends = home.refresh({"evil.example": INSIDE})
    assert [end.failure for end in ends] == ["refused", "refused"]


@pytest.mark.slow
def test_a_host_of_ones_own_that_moved_inside_is_allowed_for_good(home: Home) -> None:
    feed = home.follow("/feed", "nas.example", page=rss("One"))
    home.refresh({"nas.example": FAR})
    assert home.refresh({"nas.example": INSIDE})[0].failure == "refused"
    subscriptions.change(home.feeds_file, feed.url, private=True)
    for address in (INSIDE, FAR, INSIDE):
        assert home.refresh({"nas.example": address})[0].state is not Phase.FAILED


STORIES: dict[str, list[tuple[str, str, str]]] = {
    "what the user typed as private stays allowed": [(INSIDE, "", ""), (INSIDE, "", "")],
    "a dry run remembers nothing": [(FAR, "dry_run", ""), (INSIDE, "", "")],
    # The word of the page is kept, although nobody says it again.
    "what a page named leads nowhere private now and later": [
        *((INSIDE, "untyped", "refused"), (INSIDE, "", "refused")),
        *((FAR, "", ""), (INSIDE, "", "refused")),
    ],
}
"""Where the host of a feed is in each refresh, what the request says, and how it fails."""


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_was_found_is_remembered(home: Home, story: list[tuple[str, str, str]]) -> None:
    feed = home.follow("/feed", "some.example", page=rss("One"))
    said: dict[str, dict[str, object]]
    said = {
        "": {},
        "dry_run": {"dry_run": True},
        "untyped": {"untyped_urls": frozenset({feed.url})},
    }
    for address, word, failure in story:
        [end] = home.refresh({"some.example": address}, **said[word])
        assert end.failure == failure


# -- moves --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_users_trust_goes_along_to_another_port_of_the_same_host(home: Home) -> None:
    feed = home.follow("/old", INSIDE)
    with serving() as other:
        new = other.page("/new", rss("One"))
        home.server.page("/old", status=301, headers={"Location": new})
        assert home.refresh({})[0].moved_to == new
        assert home.feeds == (feed._replace(url=new),)
        other.page("/new", rss("One", "Two"))
        assert home.refresh({})[0].state is Phase.SAVED
        assert home.refresh({})[0].state is Phase.UNCHANGED


@pytest.mark.parametrize("fresh", [True, False], ids=["with news", "without news"])
def test_a_feed_that_moved_to_another_host_leads_nowhere_private_there(
    home: Home, fresh: bool
) -> None:
    home.follow("/old", "good.example", private=True, page=rss("One"))
    home.refresh({})
    new = home.server.url("/new", "evil.example")
    home.server.page("/new", rss("One", "Two") if fresh else rss("One"))
    home.server.page("/old", status=301, headers={"Location": new})
    assert home.refresh({})[0].moved_to == new
    assert [feed.private for feed in home.feeds] == [False]
    [end] = home.refresh({"evil.example": INSIDE})
    assert end.failure == "refused"
    # It is the feed that was known, with its articles.
    with open_collection(home.folder, home.paths) as collection:
        assert len(list(collection.ledger.list_feeds())) == 1


# -- lists --------------------------------------------------------------------------------------


# -- the ledger ---------------------------------------------------------------------------------


def test_a_ledger_of_0_1_0_is_brought_up_also_where_it_is_only_read(home: Home) -> None:
    home.paths.state.mkdir(parents=True)
    file = ledger_file(home.folder, home.paths)
    with closing(sqlite3.connect(file, isolation_level=None)) as old:
        old.executescript((samples("state") / "0.1.0-collected.sql").read_text("utf-8"))
    with ledger_to_read(home.folder, home.paths) as ledger:
        assert ledger is not None
        assert ledger.read_feed("http://a.example/f").public_only
        assert not ledger.read_feed("http://b.example/f").public_only
        assert ledger.read_feed("http://b.example/f").source == "B"
        assert ledger.read_article(1)[5:] == (b"\xaa", b"\xbb", b"\xcc", True)
        assert ledger.public_hosts() == set()
    with closing(sqlite3.connect(file, isolation_level=None)) as old:  # as in the week after
        old.execute("DROP TABLE page")
        old.execute("PRAGMA user_version=5")
    with ledger_to_read(home.folder, home.paths) as ledger:
        assert ledger is not None
        assert not ledger.has_page(b"")
        assert ledger.read_article(1).id == "i"

"""What lists name leads nowhere private until it is allowed."""

from __future__ import annotations

from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.progress import Phase
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.plugins.importers.entries import follow_list
from tests.feeds.test_trust import INSIDE, Home, home
from tests.feeds.world import rss

__all__ = ["home"]


def test_a_feed_of_a_list_leads_nowhere_private_until_it_is_allowed(home: Home) -> None:
    mine = home.follow("/mine", "nas.example")
    hosts = {"/one": "127.0.0.1", "/two": "named.example", "/three": "nas.example"}
    named = [Subscription(home.server.url(path, host)) for path, host in hosts.items()]
    for path in ("/mine", "/one", "/two", "/three"):
        home.server.page(path, rss(path))
    with open_collection(home.folder, home.paths) as collection:
        new = follow_list(home.feeds_file, collection, [mine, *named], dry_run=False)
    assert [feed.paused for feed in new] == [True, False, False]
    assert home.feeds == (mine, *new)
    inside = {"named.example": INSIDE, "nas.example": INSIDE}
    ends = home.refresh(inside, force=True)
    assert [end.failure for end in ends] == ["", "refused", "refused", "refused"]
    assert home.server.paths() == ["/mine"]
    sentences = [each.sentence for each in home.listed()]
    assert sentences[1] == "It is paused."
    assert all("rilo-reader feeds allow http" in sentence for sentence in sentences[2:])
    for feed in new:
        subscriptions.change(home.feeds_file, feed.url, private=True, paused=False)
    assert [end.failure for end in home.refresh(inside)] == [""] * 4


def test_what_a_list_named_and_the_user_types_later_is_typed(home: Home) -> None:
    feed = Subscription(home.server.url("/feed", "nas.example"))
    home.server.page("/feed", rss("One"))
    with open_collection(home.folder, home.paths) as collection:
        follow_list(home.feeds_file, collection, [feed], dry_run=False)
    assert home.refresh({"nas.example": INSIDE})[0].failure == "refused"
    [end] = home.refresh({"nas.example": INSIDE}, typed_urls=frozenset({feed.url}))
    assert end.state is Phase.SAVED
    assert home.refresh({"nas.example": INSIDE})[0].failure == ""

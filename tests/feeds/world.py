"""A library that is collected into, and somebody who follows feeds of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from rilo_reader.article import Article
from rilo_reader.entry import Entry
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.collection import Collection, open_collection
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.progress import FeedProgress
from rilo_reader.feeds.status import FeedStatus, read_feed_statuses
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update import update_feeds
from rilo_reader.feeds.update_request import update_request
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Client, FetchLimits
from rilo_reader.paths import Paths
from rilo_reader.store.folder import read_article
from rilo_reader.workers import WorkerPool
from tests.support.far_network import FarNetwork, Names
from tests.support.servers import Server

NOW = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
ONE = Entry(
    "tag:a.example,2026:1",
    "https://a.example/1",
    "One",
    NOW - timedelta(days=3),
    content="<p>First <b>text</b>.</p>",
)

PAGE = (
    "<!DOCTYPE html><html><head><title>One</title></head><body><nav>Home</nav><article><h1>One</h1>"
    + "<p>This is the whole story, as it stands on the page, with all that was left out.</p>" * 8
    + "</article></body></html>"
).encode()


ENTRIES = st.lists(
    st.builds(
        Entry,
        key=st.sampled_from(["", "1", "2", "https://a.example/1", "tag:a.example,2026:1"]),
        url=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
        title=st.sampled_from(["", "One", "Two"]),
        date=st.sampled_from([None, NOW, NOW.replace(hour=0, minute=0)]),
        content=st.sampled_from(["", "text", "other text"]),
        authors=st.just(()),
        tags=st.just(()),
        enclosures=st.just(()),
    ),
    max_size=5,
)


def rss(*titles: str, more: str = "", text: str = "Some words.") -> bytes:
    """A feed of entries with these titles, the same wherever it is found."""
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>tag:a.example,2026:{title}</guid>"
        f"<link>https://a.example/{title}</link><description>{text}</description></item>"
        for title in titles
    )
    head = f"<title>A Feed</title><link>https://a.example/</link>{more}"
    return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


def _raise(error: Exception) -> None:
    raise error


class Device:
    """A library, and what is collected into it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "library"
        self.paths = Paths(*(root / name for name in ("config", "data", "state", "cache")))

    @contextmanager
    def collection(self) -> Iterator[Collection]:
        with open_collection(self.folder, self.paths) as opened:
            yield opened

    @property
    def files(self) -> dict[str, str]:
        """All files, by path."""
        return {
            file.relative_to(self.folder).as_posix(): file.read_text(encoding="utf-8")
            for file in sorted(self.folder.rglob("*"))
            if file.is_file()
        }

    def read(self, path: str) -> Article:
        return read_article(self.folder, path)

    def edit(self, path: str, old: str, new: str) -> str:
        """Edit a file as its user; return its text."""
        text = self.files[path].replace(old, new)
        (self.folder / path).write_text(text, encoding="utf-8")
        return text

    def lose_ledger(self) -> None:
        for file in self.paths.state.glob(f"{ledger_file(self.folder, self.paths).name}*"):
            file.unlink()


class World(Device):
    """Somebody who follows feeds of a server."""

    def __init__(self, root: Path, server: Server, pool: WorkerPool | None) -> None:
        super().__init__(root)
        self.server = server
        self.pool = pool
        self.feeds_file = self.paths.feeds_file
        self.now = NOW
        self.reached: list[str] = []  # the addresses of the last refresh with names

    def follow(
        self, path: str = "/feed", host: str = "127.0.0.1", *, page: bytes = b"", **fields: Any
    ) -> Subscription:
        """Follow a feed of the server, by some name of it; serve a page there."""
        url = self.server.url(path, host)
        if page:
            self.server.page(path, page, etag=fields.pop("etag", ""))
        [added] = subscriptions.add_feeds(self.feeds_file, [Subscription(url, **fields)])
        return added

    @property
    def feeds(self) -> tuple[Subscription, ...]:
        return subscriptions.load(self.feeds_file)[0]

    def refresh(self, names: Mapping[str, str] | None = None, **changes: Any) -> list[FeedProgress]:
        """Refresh everything in a run of its own; the end of each feed, as in feeds.toml."""
        return asyncio.run(self.refreshed(names, **changes))

    async def refreshed(
        self,
        names: Mapping[str, str] | None = None,
        *,
        by: Callable[[HttpClient], Client] = lambda client: client,
        on_surprise: Callable[[Exception], object] = _raise,
        **changes: Any,
    ) -> list[FeedProgress]:
        """Refresh everything; the end of each feed, in the order of feeds.toml.

        `names` is a name server of its own (host -> address), `by` makes what asks of a real
        client, `changes` are fields of the request.
        """
        feeds, network = self.feeds, FarNetwork()
        request = update_request(feeds, feeds, self.feeds_file)
        request = request._replace(**{"pool": self.pool, **changes})
        far: dict[str, Any] = {}
        if names is not None:
            hosts = {name: [[address]] for name, address in names.items()}
            far = {"resolve": Names(hosts), "socket_factory": network}
        ends: dict[str, FeedProgress] = {}
        async with HttpClient(
            FetchLimits(silence_seconds=5, total_seconds=10), proxies={}, **far
        ) as real:
            with self.collection() as collection:
                going = update_feeds(collection, request, by(real), lambda: self.now, on_surprise)
                async for each in going:
                    if each.state.is_end:
                        assert each.url not in ends
                        ends[each.url] = each
        self.reached = network.reached
        self.order = list(ends)
        return [ends[feed.url] for feed in feeds]

    def titles(self) -> set[str]:
        """The titles in the library."""
        return {self.read(path).title for path in self.files}

    def listed(self) -> list[FeedStatus]:
        """What `feeds` tells of them."""
        return read_feed_statuses(self.folder, self.paths, self.feeds, self.now)

"""Devices with an account at a real Miniflux, by any of its APIs, and what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiClient
from rilo_reader.plugins.accounts.accounts import open_service
from rilo_reader.plugins.accounts.service import Account, Api, ServerMarks, Service
from rilo_reader.secret_store import Secret
from rilo_reader.workers import WorkerPool
from tests.plugins.accounts.devices import Device
from tests.plugins.accounts.fake_service import FakeServer
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.servers import Server

APIS = [Api.MINIFLUX, Api.GREADER]
ALL_APIS = [*APIS, Api.FEVER]


class Devices:
    """Makes devices of a user of the server; `made` are those so far."""

    def __init__(
        self,
        home: Path,
        pool: WorkerPool,
        user: MinifluxUser,
        client: Callable[[HttpClient], ApiClient] = lambda client: client,
        url: str = "",
    ) -> None:
        """`client` makes what the devices send their calls by; `url` is another way to the user."""
        self._home = home
        self._pool = pool
        self._user = user
        self._client = client
        self._url = url or user.url
        self.made: list[Device] = []

    def __call__(self, api: Api) -> Device:
        """Return another device, which uses an API."""
        device = Device(self._home / f"device{len(self.made)}", self._pool, FakeServer())
        user = self._user
        url = f"{self._url}/fever" if api is Api.FEVER else self._url
        account = Account("home", api, url, "" if api.has_keys else user.name)
        secret = Secret(user.key if api.has_keys else user.password)

        def connect(client: HttpClient) -> Service:
            return open_service(account, secret, self._client(client))

        device.account, device.api = account, connect
        self.made.append(device)
        return device


def fill(user: MinifluxUser, web: Server, feeds: int, entries: int) -> None:
    """Subscribe to feeds; titles of entries are unlike those of any other."""
    pages = [
        web.page(f"/{feed}.xml", rss(f"Feed {feed}", titled(feed, entries)))
        for feed in range(feeds)
    ]
    user.add_feeds(pages)


def titled(feed: int, entries: int) -> list[dict[str, str]]:
    return [
        each | {"title": f"F{feed} {each['title']}", "link": f"{each['link']}-{feed}"}
        for each in items(entries)
    ]


def there(user: MinifluxUser) -> dict[str, ServerMarks]:
    """The marks on the server, by title."""
    return {
        each["title"]: ServerMarks(each["status"] == "read", each["starred"])
        for each in user.entries()
    }


def numbers(user: MinifluxUser) -> dict[str, int]:
    return {each["title"]: each["id"] for each in user.entries()}

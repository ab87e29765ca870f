"""A secret never goes to a private address by a name that led to the public net before."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator

import pytest

from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection, read_public_hosts, use_public_hosts
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiRequest, Failure, FetchError, FetchLimits
from rilo_reader.paths import Paths, user_paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import open_records, records_file
from rilo_reader.plugins.accounts.service import Account, Api, ServerFeed
from rilo_reader.secret_store import Secret, SecretStore
from tests.plugins.accounts.login_server import USER, LoginServer
from tests.support.command_line import User
from tests.support.far_network import FAR, FarNetwork, Names
from tests.support.servers import Page, Server, serving

PASSWORD = "hunter2 unique"
FEED = ServerFeed("7", "https://one.example.org/feed", "One", ("News",))
CALLS = {
    "check": ("account", "check"),
    "rename": ("feeds", "rename", "One", "Uno"),
    "add there": ("add", "https://127.0.0.1:9/feed", "--account", "home"),
    "refresh": ("refresh", "home"),
}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        LoginServer(server, PASSWORD)
        yield server


@pytest.fixture
def moved(user: User, server: Server) -> Paths:
    """An account whose host was on the internet, and is this computer now."""
    paths = user_paths()
    account = accounts.add(
        accounts_file(paths),
        Account("home", Api.MINIFLUX, server.url("", "localhost").rstrip("/"), USER),
    )
    SecretStore(paths).save(account.credential, Secret(PASSWORD))
    with open_records(records_file(paths.default_library, paths)) as records:
        records.write_feeds("home", [FEED])
    with use_public_hosts(paths.default_library, paths, set()) as hosts:
        hosts.add("localhost")
    return paths


@pytest.mark.parametrize("call", CALLS)
def test_no_call_sends_the_secret_where_the_name_leads_inside(
    user: User, server: Server, moved: Paths, call: str
) -> None:
    found = user.run(*CALLS[call])
    assert found.code == 1
    said = found.out + found.err
    assert "localhost was on the internet before and is now at" in said
    assert "private = true" in said
    assert "feeds allow" not in said
    assert server.asked == []
    accounts.change(accounts_file(moved), "home", private=True)
    user.run(*CALLS[call])
    assert server.asked


def test_adding_it_again_does_not_either(
    user: User, server: Server, moved: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    [account] = accounts.load(accounts_file(moved))[0]
    monkeypatch.setattr(sys, "stdin", io.StringIO("another\n"))
    add = ("account", "add", "miniflux", account.url, "--user", USER, "--password-stdin")
    user.run(*add).failed(1, "was on the internet before", "private = true", "--no-check")
    assert server.asked == []
    assert SecretStore(moved).find(account.credential).reveal() == PASSWORD


def test_a_login_in_the_address_of_a_feed_stays_here_too(
    user: User, server: Server, moved: Paths
) -> None:
    url = server.url("/feed", f"{USER}:secret@localhost")
    user.run("add", url, "--look").failed(1, "was on the internet before")
    assert server.asked == []


def test_a_ledger_that_was_lost_is_rebuilt_before_hosts_are_kept(user: User) -> None:
    paths = user_paths()
    entries = [Entry(key="1", title="First", url="https://a.example/1")]
    origin = Origin("https://a.example/feed", "A")
    with open_collection(user.library, paths) as collection:
        [article] = collection.save_entries(origin, entries).new
    (user.library / article).rename(user.library / "moved.md")
    ledger_file(user.library, paths).unlink()
    with use_public_hosts(user.library, paths, set()) as hosts:
        hosts.add("reader.example")
    with open_collection(user.library, paths) as collection:
        assert collection.save_entries(origin, entries).new == ()
        assert collection.ledger.public_hosts() == {"reader.example"}


def test_hosts_of_the_public_net_are_kept_also_after_a_failure(user: User, server: Server) -> None:
    server.answer(lambda asked: Page(b"", 503))
    paths, library = user_paths(), user.library

    async def call(names: Names, request: ApiRequest) -> None:
        limits = FetchLimits(silence_seconds=5, total_seconds=10)
        async with HttpClient(
            limits, proxies={}, resolve=names, socket_factory=FarNetwork()
        ) as client:
            with use_public_hosts(library, paths, client.public_hosts):
                await client.call_api(request)

    request = ApiRequest(server.url("/v1/me", "reader.example"))
    asyncio.run(call(Names({"reader.example": [[FAR]]}), request))
    assert read_public_hosts(library, paths) == {"reader.example"}
    inside = Names({"reader.example": [["127.0.0.1"]]})
    with pytest.raises(FetchError, match=r"accounts\.toml") as caught:
        asyncio.run(call(inside, request))
    assert caught.value.failure is Failure.REFUSED
    asyncio.run(call(inside, request._replace(is_private_allowed=True)))
    assert len(server.asked) == 2

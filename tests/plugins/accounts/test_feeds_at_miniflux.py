"""Feeds that a real Miniflux cannot fetch, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

import pytest

from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.service import Account, Api
from tests.support.command_line import User
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.servers import Server, serving

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as server:
        yield server


def test_what_the_server_cannot_fetch_is_listed_with_its_words_and_fetched_there_by_name(
    user: User, miniflux: MinifluxUser, web: Server
) -> None:
    key = f"echo {quote(miniflux.key)}"
    account = Account("home", Api.MINIFLUX, miniflux.url, password_command=key)
    accounts.add(accounts_file(user_paths()), account)
    url = web.page("/a.xml", rss("A Feed", items(1)))
    miniflux.add_feed(url)
    assert user.run("refresh").code == 0
    [listed] = user.run("feeds", "--json").objects
    assert listed["standing"] != "failing"
    web.page("/a.xml", status=404)
    done = user.run("refresh", "A Feed")
    assert done.code == 0
    why = "The requested resource is not found. Please, verify the URL"
    assert f"home: it cannot fetch A Feed: {why}" in done.out
    [listed] = user.run("feeds", "--json").objects
    assert listed["standing"] == "failing"
    assert listed["sentence"] == (
        f"home cannot fetch it: {why}. To try again there: rilo-reader refresh {url}"
    )
    assert why in user.run("feeds").out
    web.page("/a.xml", rss("A Feed", items(2)))
    asked = len(web.asked)
    # A refresh that names no feed leaves it to the server when to try again.
    user.run("refresh", "home")
    [again] = user.run("feeds", "--json").objects
    assert (len(web.asked), again) == (asked, {**listed, "last_success": again["last_success"]})
    assert user.run("refresh", url).out.startswith("home: 1 new\n")
    [listed] = user.run("feeds", "--json").objects
    assert (listed["standing"], listed["unread"]) == ("well", 2)

"""Feeds of accounts on the command line: listed, changed on the server, added there."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.status import AccountFeeds
from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import (
    AccountRecord,
)
from rilo_reader.plugins.accounts.service import ServerFeed
from rilo_reader.plugins.accounts.source import AccountSource
from tests.feeds.world import rss
from tests.plugins.accounts.fake_service import OFFLINE
from tests.plugins.accounts.followed import Followed
from tests.support.command_line import User
from tests.support.servers import Server, serving

ONE = ServerFeed("7", "https://one.example.org/feed", "One", ("News",))
BOTH = ServerFeed("8", "https://both.example.org/feed", "Both", ("News",))
FEEDS = f"""\
[[feeds]]
url = "https://own.example.org/feed"
title = "Own"

[[feeds]]
url = "{BOTH.url}"
title = "Both"
"""


class Home(Followed):
    """Somebody with an account and feeds of their own."""

    def __init__(self, user: User, patch: pytest.MonkeyPatch) -> None:
        self.user = user
        paths = user_paths()
        super().__init__(paths, paths.default_library, (ONE, BOTH))
        patch.setattr("rilo_reader.plugins.accounts.source.make_connector", lambda *_: self.connect)
        self.feeds_file = paths.feeds_file
        self.feeds_file.write_text(FEEDS)

    def fail(self, reason: str) -> None:
        """Let the last sync have failed."""
        with self.records() as records:
            records.write_account(AccountRecord("home", failures=1, failure="login", reason=reason))


@pytest.fixture
def home(user: User, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(user, monkeypatch)


# -- list ---------------------------------------------------------------------------------------


def test_feeds_of_accounts_are_listed_once_each_with_whose_they_are(home: Home) -> None:
    lines = [line.split("\t") for line in home.user.run("feeds").out.splitlines()]
    assert [(line[2], line[4], line[-1]) for line in lines] == [
        ("Own", "", ""),
        ("Both", "", "home"),
        ("One", "News", "home"),
    ]
    objects = home.user.run("feeds", "--json").objects
    assert [(each["name"], each["account"], each["own"]) for each in objects] == [
        ("Own", "", True),
        ("Both", "home", True),
        ("One", "home", False),
    ]
    assert objects[2]["unread"] == 1
    assert [each["name"] for each in home.user.run("feeds", "News", "--json").objects] == ["One"]


def test_the_problem_of_an_account_is_that_of_its_feeds(home: Home) -> None:
    home.fail("The password is refused.")
    _, both, one = home.user.run("feeds", "--json").objects
    assert (one["standing"], one["sentence"]) == ("failing", "The password is refused.")
    assert both["standing"] == "never fetched"


def test_an_account_without_feeds_says_how_it_stands(home: Home) -> None:
    home.feeds_file.unlink()
    with home.records() as records:
        records.write_feeds("home", [])
    done = home.user.run("feeds")
    assert done == (0, "", "home has not been synced yet. To sync it: rilo-reader refresh\n")
    home.fail("The password is refused.")
    assert home.user.run("feeds").err == "home: The password is refused.\n"


def test_a_feed_is_known_by_the_name_that_is_listed(home: Home) -> None:
    url = "https://nameless.example.org/feed.xml"
    home.feeds_file.write_text(f'[[feeds]]\nurl = "{url}"\n')
    with open_collection(home.folder, home.paths) as collection:
        collection.save_entries(Origin(url, "Source 25"), [Entry(key="2", title="Second")])
    run = home.user.run
    assert [each["name"] for each in run("feeds", "--own", "--json").objects] == ["Source 25"]
    assert [each["url"] for each in run("feeds", "source 25", "--json").objects] == [url]
    assert run("refresh", "Source 25", "--dry-run").out.endswith("1 feed (1 failed).\n")
    assert "Did you mean 'Source 25'?" in run("feeds", "remove", "Sauce 25").err
    done = run("feeds", "remove", "Source 25")
    assert done == (0, "Removed Source 25; its articles are kept.\n", "")
    assert url not in home.feeds_file.read_text()


# -- changes ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_feeds_of_accounts_are_changed_on_the_server_and_here_at_once(home: Home) -> None:
    run = home.user.run
    assert run("feeds", "rename", "one", "Uno") == (0, "Renamed One to Uno, on home.\n", "")
    assert run("feeds", "tag", "uno", "Far") == (0, "Tagged Uno with Far, on home.\n", "")
    assert home.there["Uno"] == ("Far",)
    [uno] = run("feeds", "uno", "--json").objects
    assert (uno["name"], uno["tags"], uno["source"]) == ("Uno", ["Far"], "Uno")
    assert run("search", 'source:="Uno"', "--count").out == "1\n"
    done = run("feeds", "remove", "uno")
    assert done == (0, "Removed Uno, on home; its articles are kept.\n", "")
    assert [*home.there] == ["Both"]
    assert run("feeds", "uno").code == 1
    assert run("list", "--count").out == "1\n"


def test_one_that_is_in_both_places_is_removed_here_alone(home: Home) -> None:
    other = f"rilo-reader feeds remove {BOTH.url} --account home"
    assert home.user.run("feeds", "remove", "both").out == (
        f"Removed Both; its articles are kept. Still on home. To stop that: {other}\n"
    )
    assert BOTH.url not in home.feeds_file.read_text()
    assert len(home.there) == 2
    assert home.user.run(*other.split()[1:]).code == 0
    assert len(home.there) == 1


def test_one_of_two_places_can_be_named(home: Home) -> None:
    run = home.user.run
    assert [each["name"] for each in run("feeds", "--own", "--json").objects] == ["Own", "Both"]
    listed = run("feeds", "--account", "HOME", "--json").objects
    assert [(each["name"], each["own"]) for each in listed] == [("Both", False), ("One", False)]
    assert run("feeds", "rename", "both", "Due", "--account", "home").code == 0
    assert home.feeds_file.read_text() == FEEDS
    assert run("feeds", "remove", "both", "--own").code == 0
    assert "Both" not in home.feeds_file.read_text()
    assert [*home.there] == ["One", "Due"]
    assert "no account called 'work'" in run("feeds", "--account", "work").err


def test_what_is_wrong_in_accounts_toml_is_named(home: Home) -> None:
    with accounts_file(home.paths).open("a") as file:
        file.write("[[accounts]]\nname = 3\n")
    done = home.user.run("feeds")
    assert done.code == 0
    assert "accounts.toml, line" in done.err
    assert len(done.out.splitlines()) == 3


def test_in_a_dry_run_nothing_is_changed(home: Home) -> None:
    # Options may stand between an action and its feed.
    home.user.run("feeds", "tag", "--own", "--dry-run", "both", "Far").says("not done")
    home.user.run("feeds", "remove", "one", "--dry-run").says("not done")
    assert home.server.calls == []
    assert home.feeds_file.read_text() == FEEDS


def test_the_others_are_changed_where_one_fails(home: Home) -> None:
    url = "https://gone.example.org"
    with home.records() as records:
        records.write_feed("home", ServerFeed("9", url, "Gone", ("News",)))
    done = home.user.run("feeds", "tag", "example", "Far", "--all")
    assert done.code == 1
    assert "Gone: home no longer follows https://gone.example.org." in done.err
    assert [line.split()[1] for line in done.out.splitlines()] == ["Own", "Both", "One"]


def test_what_the_server_does_is_said(home: Home) -> None:
    for action in ("pause", "resume", "allow"):
        home.user.run("feeds", action, "one").failed(
            1, f"is fetched by the server of home; {action} it on the server."
        )
    assert home.user.run("feeds", "pause", "both").out == "Paused Both; home still fetches it.\n"


@pytest.mark.slow
def test_a_feed_of_an_account_is_muted_here(home: Home) -> None:
    run = home.user.run
    assert run("feeds", "mute", "one") == (0, "Muted One.\n", "")
    assert run("feeds", "mute", "one").code == 0
    assert run("list", "--count").out == "0\n"
    assert run("feeds", "one", "--json").objects[0]["muted"] is True
    run("feeds", "rename", "one", "Uno")
    assert run("list", "--count").out == "0\n"
    assert run("feeds", "unmute", "uno").code == 0
    assert run("list", "--count").out == "1\n"
    assert home.server.calls == ["feeds", "change_feed"]
    with home.records() as records:
        records.write_feed("home", ServerFeed("9", "https://new.example.org", "New", ("News",)))
    run("feeds", "mute", "new.example").failed(1, "New has no articles yet")


# -- add ----------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Two"))
        links = "".join(
            f"<link rel='alternate' type='application/rss+xml' href='/{name}'>"
            for name in ("feed", "other")
        )
        html = f"<html><head>{links}</head><body>x</body></html>".encode()
        server.page("/site", html, headers={"Content-Type": "text/html; charset=utf-8"})
        yield server


@pytest.mark.slow
def test_a_feed_is_added_to_an_account(home: Home, server: Server) -> None:
    url = server.url("/feed")
    run = home.user.run
    several = "has several feeds; choose one"
    assert several in run("add", server.url("/site"), "--account", "home").err
    run("add", url, "--account", "home", "--dry-run").says(f"home would follow {url}")
    assert home.server.calls == []
    done = run("add", url, "--account", "Home", "--title", "New", "--tag", "Far")
    expected = f"home follows New ({url}) now; the next refresh fetches its articles.\n"
    assert done == (0, expected, "")
    assert home.there["New"] == ("Far",)
    assert run("feeds", url, "--json").objects[0]["account"] == "home"
    assert home.feeds_file.read_text() == FEEDS
    assert run("add", url, "--account", "home") == (0, f"home already follows {url}.\n", "")
    last = run("add", url, "--account", "home", "--json").objects[-1]
    assert (last["followed"], last["name"], last["account"]) == (False, "New", "home")


@pytest.mark.slow
def test_a_feed_that_a_server_follows_when_it_is_stopped_is_undone(
    home: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_feeds = AccountSource.read_feeds

    def interrupt(source: AccountSource) -> AccountFeeds:
        if "New" in home.there:
            signal.raise_signal(signal.SIGINT)
        return read_feeds(source)

    with monkeypatch.context() as patch:
        patch.setattr(AccountSource, "read_feeds", interrupt)
        url = server.url("/feed")
        assert home.user.run("add", url, "--account", "home", "--title", "New").code == 130
    home.user.run("undo").says("Undone: followed New on home.")
    assert "New" not in home.there


def test_what_only_the_server_reaches_is_left_to_it(home: Home) -> None:
    done = home.user.run("add", "http://127.0.0.1:9/feed", "--account", "home")
    assert done.code == 0
    assert "home follows Its own title (http://127.0.0.1:9/feed) now" in done.out
    home.user.run("add", "http://127.0.0.1:9/broken", "--account", "home").failed(
        1, "is no feed, says the server"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("--account", "work"), 1, "you have no account called 'work'"),
        (("--account", "home", "--page"), 2, "--page is for feeds that are fetched here"),
        (("--account", "home", "--tag", "A", "--tag", "B"), 1, "exactly one category"),
    ],
)
def test_what_cannot_be_added_there_says_why(
    home: Home, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    done = home.user.run("add", "http://127.0.0.1:9/feed", *arguments)
    assert (done.code, reason in done.err) == (code, True), done.err
    failed = home.user.run("add", "http://127.0.0.1:9/feed", *arguments, "--json")
    assert reason in failed.objects[0]["error"]


# -- lists --------------------------------------------------------------------------------------

LIST = f"""\
<opml version="2.0"><body>
<outline text="Far"><outline text="Near">
<outline text="New" xmlUrl="https://new.example.org/feed" category="/Other"/>
<outline text="Broken" xmlUrl="https://broken.example.org/feed"/>
</outline></outline>
<outline text="One, they say" xmlUrl="{ONE.url}"/>
<outline text="Router" xmlUrl="http://192.168.0.1/feed"/>
</body></opml>
"""


def test_a_list_is_imported_into_an_account_and_can_be_again(home: Home) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    file = home.user.home / "list.opml"
    file.write_text(LIST)
    run = home.user.run
    dry = run("import", str(file), "--account", "home", "--dry-run")
    assert "feeds: 2 would be imported, 1 already here, 1 left out." in dry.out
    assert home.server.calls == []
    home.server.error = OFFLINE
    run("import", str(file), "--account", "home").failed(1, "try again when it can be reached")
    home.server.error = None
    done = run("import", str(file), "--account", "home")
    assert done.code == 1
    assert "feeds: 1 imported, 1 already here, 2 left out." in done.out
    assert "https://broken.example.org/feed: home: https://broken" in done.out
    assert "http://192.168.0.1/feed: is on a private network" in done.out
    assert "rilo-reader add http://192.168.0.1/feed --account home" in done.out
    assert "is only in Far/Near: home allows one category for each feed" in done.out
    assert home.there["New"] == ("Far/Near",)
    again = run("import", str(file), "--account", "home", "--json").objects
    assert [each["done"] for each in again[:-1]] == [1, 2, 3]
    assert (again[-1]["taken"], again[-1]["known"], again[-1]["left_out"]) == (0, 2, 2)
    assert home.feeds_file.read_text() == FEEDS
    router = ServerFeed("11", "http://192.168.0.1/feed", "Router", ("All",))
    home.server.data.feeds["11"] = router
    with home.records() as records:
        records.write_feed("home", router)
    assert "feeds: 3 already here, 1 left out." in run("import", str(file), "--account", "home").out


def test_feeds_at_home_that_you_follow_go_along(home: Home) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    file = home.user.home / "list.opml"
    file.write_text(LIST)
    router = '[[feeds]]\nurl = "http://192.168.0.1/feed"\n'
    arguments = ("import", str(file), "--account", "home", "--dry-run")
    for more, left_out in ((f"{router}paused = true\n", 1), (router, 0)):
        home.feeds_file.write_text(FEEDS + more)
        assert ("1 left out" in home.user.run(*arguments).out) == bool(left_out)


def test_only_lists_go_to_an_account(home: Home) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    file = home.user.home / "page.html"
    file.write_text("<html><p>No list")
    done = home.user.run("import", str(file), "--account", "home")
    assert (done.code, "page.html: This is not an OPML list" in done.out) == (1, True)
    assert home.user.run("import", "newsboat", "--account", "home").code == 2
    assert home.server.calls == []


def test_a_list_for_other_readers_has_each_feed_once(home: Home) -> None:
    read_opml = pytest.importorskip("rilo_reader.plugins.importers.opml").read_opml
    listed = home.user.run("export", "--to", "-", "--format", "opml").out
    urls = [each.url for each in read_opml(listed.encode()).subscriptions]
    assert sorted(urls) == sorted([ONE.url, BOTH.url, "https://own.example.org/feed"])
    assert listed.count("xmlUrl") == 3


@pytest.mark.parametrize("command", ["feeds", "add example.org", "import note.md"])
def test_an_account_that_is_not_there_is_a_failure_of_one_line(user: User, command: str) -> None:
    if command.startswith("import"):
        pytest.importorskip("rilo_reader.plugins.importers")
    (user.home / "note.md").write_text("# Note\n", encoding="utf-8")
    done = user.run(*command.split(), "--account", "nothing")
    done.failed(1, "You have no account yet")
    assert done.err.count("\n") == 1


def test_feeds_are_own_or_of_an_account(user: User) -> None:
    user.run("feeds", "--own", "--account", "home").failed(2, "--own or --account, not both")

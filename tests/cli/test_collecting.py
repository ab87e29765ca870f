"""`add`, `refresh` and `feeds` as a person, a program and cron meet them."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.cli.child import NICENESS
from rilo_reader.feeds.collection import open_collection
from rilo_reader.paths import user_paths
from tests.feeds.world import PAGE, rss
from tests.support.command_line import User
from tests.support.servers import Asked, Server, serving
from tests.support.terminal import ENTER, LIMIT, Terminal, config_file, rilo

HTML = {"Content-Type": "text/html; charset=utf-8"}
SITE = (
    b"<!DOCTYPE html><html><head><title>The Site</title>"
    b"<link rel='alternate' type='application/rss+xml' title='News' href='/feed'>"
    b"<link rel='alternate' type='application/rss+xml' title='Sport' href='/sport'>"
    b"</head><body><p>Welcome.</p></body></html>"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Two"), etag='"1"')
        server.page("/sport", rss("Goal").replace(b"A Feed", b"Sport"), etag='"1"')
        server.page("/site", SITE, headers=HTML)
        server.page("/page", PAGE, headers=HTML)
        server.page("/broken", status=500)
        yield server


def feeds_toml(user: User) -> Path:
    return config_file(user.home, "feeds.toml")


def follow(user: User, **feeds: str) -> None:
    """Follow feeds too: title -> address."""
    with feeds_toml(user).open("a") as file:
        for title, url in feeds.items():
            file.write(f'[[feeds]]\nurl = "{url}"\ntitle = "{title}"\n')


# -- add ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[[feeds]]\nurl = \n", "line 2: this is not valid TOML"), ("[[feeds]]\nurl = 3\n", "line 2")],
)
def test_a_broken_list_is_no_empty_list(user: User, text: str, reason: str) -> None:
    feeds_toml(user).write_text(text)
    for verb in ("refresh", "feeds"):
        done = user.run(verb)
        done.failed(1, reason)
        assert "You follow no feeds yet" not in done.err
    assert reason in user.run("refresh", "--json").objects[0]["error"]
    assert "no feeds yet" not in user.run("doctor").out


@pytest.mark.slow
def test_wrong_keys_in_feeds_toml_are_named(user: User, server: Server) -> None:
    assert "no feeds yet" in user.run("doctor").out
    follow(user, One=server.url("/feed"))
    with feeds_toml(user).open("a") as file:
        file.write("mutd = true\n")
    done = user.run("refresh")
    assert done.code == 0
    assert "feeds.mutd: feeds have no mutd; did you mean muted?" in done.err
    report = user.run("doctor")
    assert report.code == 1
    assert "1 followed" in report.out
    assert "feeds.mutd: feeds have no mutd; did you mean muted?" in report.out


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("add", "foo bar", "--look"), 2, "'foo bar' is not a web address"),
        (("add", "x.example", "--feed", "--library", "gone"), 1, "gone"),
        (("refresh", "--library", "gone"), 1, "gone"),
        (("refresh", "nosuch"), 1, "You follow no feeds yet"),
    ],
)
def test_programs_get_errors_as_json(
    user: User, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    done = user.run(*arguments, "--json")
    assert done.code == code
    assert reason in done.objects[0]["error"]


@pytest.mark.slow
def test_a_feed_is_followed_and_its_articles_are_found(user: User, server: Server) -> None:
    url = server.url("/feed")
    done = user.run("add", url, "--tag", "News", "--tag", "Press", "--title", "Mine")
    assert done == (0, f"You follow Mine ({url}): 2 new articles.\n", "")
    assert f'[[feeds]]\nurl = "{url}"\ntitle = "Mine"\n' in feeds_toml(user).read_text()
    assert user.run("search", "two", "--count").out == "1\n"
    assert user.run("add", url) == (0, f"You already follow {url}.\n", "")
    user.run("add", server.url("/sport"), "--full-text")
    assert "full_text = true" in feeds_toml(user).read_text()
    assert user.run("feeds", "sport", "--json").objects[0]["full_text"] is True


@pytest.mark.slow
def test_feeds_go_into_the_first_library_alone(user: User, server: Server) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    user.ask("add", server.url("/feed"))
    assert len(list(user.library.rglob("*.md"))) == 2
    server.page("/feed", rss("One", "Two", "Three"), etag='"2"')
    vault = user.home / "vault"
    vault.mkdir()
    there = ("--library", str(vault))
    assert user.run("feeds", "--json", *there).objects[0]["unread"] == 0
    for command in (("refresh",), ("add", server.url("/sport"))):
        done = user.run(*command, *there)
        done.failed(
            1, f"fetched into {user.default}, not into {vault}. To fetch them: rilo-reader r"
        )
        [told] = user.run(*command, "--json", *there).objects
        assert str(told["error"]) in done.err
    assert not list(vault.iterdir())
    assert len(user.run("feeds", "--json").objects) == 1
    assert user.run("add", server.url("/page"), "--page", *there).code == 0
    urls = user.home / "newsboat" / "urls"
    urls.parent.mkdir()
    urls.write_text("https://a.example/feed\n")
    taken = user.run("import", "newsboat", str(urls.parent), "--dry-run", *there)
    assert taken.err.startswith(f"Note: feeds and accounts are fetched into {user.default}")
    user.settings(done.err.splitlines()[-1].rpartition(": ")[2])
    assert user.run("refresh", *there).code == 0
    assert len(list(vault.rglob("*.md"))) == 4
    assert user.ask("refresh").code == 1
    user.settings("")
    assert user.run("refresh").code == 0
    assert len(list(user.library.rglob("*.md"))) == 3


@pytest.mark.slow
def test_the_settings_bound_what_is_fetched(user: User, server: Server) -> None:
    async def late(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(LIMIT)

    user.settings("fetch_megabytes = 1\nfetch_seconds = 1\n")
    large = server.page("/large", rss("One", text="words " * 250_000))
    user.run("add", large, "--feed").failed(1, "larger than 1,000,000 bytes")
    user.run("add", server.route("/late", late), "--feed").failed(1, "within 1 seconds")


@pytest.mark.slow
def test_the_settings_say_how_many_are_fetched_at_one_time(user: User, server: Server) -> None:
    pages = {f"Feed {n}": server.page(f"/{n}", rss("One"), delay=0.2) for n in range(6)}
    follow(user, **pages)
    user.settings("fetch_together = 1\n")
    assert user.run("refresh").code == 0
    assert server.most_together == 1
    user.settings("fetch_together = 6\nfetch_per_host = 6\n")
    assert user.run("refresh", "--force").code == 0
    assert server.most_together > 2  # which is as many as are asked without the setting


@pytest.mark.slow
def test_a_page_with_feeds_asks_which(user: User, server: Server) -> None:
    user.run("add", server.url("/site")).failed(
        1, "/feed  News", "add --feed to follow its feed, or --page to save it"
    )
    user.run("add", server.url("/site"), "--feed").failed(1, "several feeds")
    locked = server.page("/locked", status=403)
    user.run("add", locked).failed(1, "refuses access", "put user:password@", "into feeds.toml")
    assert "feeds.toml" not in user.run("add", "--page", locked).err
    assert not feeds_toml(user).exists()
    only = SITE.replace(b"title='Sport' href='/sport'", b"href='/feed'")
    assert user.run("add", server.page("/only", only, headers=HTML), "--feed").code == 0
    assert server.url("/feed") in feeds_toml(user).read_text()


@pytest.mark.parametrize("place", ["/atom.xml", "/blog/index.xml"])
@pytest.mark.slow
def test_a_feed_that_no_page_names_is_found_where_feeds_are(
    user: User, server: Server, place: str
) -> None:
    server.page("/blog/2026/", PAGE, headers=HTML)
    server.page(place, rss("Hidden"))
    server.page("/blog/atom.xml", b"<html>Not found, with a smile</html>")
    assert user.run("add", server.url("/blog/2026/"), "--feed").code == 0
    assert server.url(place) in feeds_toml(user).read_text()


@pytest.mark.slow
def test_a_page_is_kept_once(user: User, server: Server) -> None:
    done = user.run("add", "--page", server.url("/page"))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("One: saved as ")
    assert server.paths() == ["/page"]  # nothing else was asked for
    assert user.run("search", "whole story", "--count").out == "1\n"
    assert "already in the library" in user.run("add", "--page", server.url("/page")).out


@pytest.mark.slow
def test_a_page_takes_the_place_of_what_a_feed_has_of_it(user: User, server: Server) -> None:
    link = server.url("/page")
    item = rss("One").replace(b"https://a.example/One", link.encode())
    user.run("add", server.page("/teaser", item))
    [file] = user.library.rglob("*.md")
    path = file.relative_to(user.library).as_posix()
    user.run("add", "--page", link, "--dry-run").says(f"{path} would have the text of the page")
    assert "whole story" not in file.read_text("utf-8")
    done = user.run("add", "--page", link, "--json", "--tag", "kept")
    told = {"path": path, "title": "One", "new": 0, "updated": True, "finished": True}
    assert done.objects == [told]
    text = file.read_text("utf-8")
    assert "whole story" in text
    assert '"kept"' in text.partition("\n+++\n")[0]
    user.run("add", "--page", link).says(f"{path} has the text of the page already.")
    file.write_text(text.replace("whole story", "short story"), "utf-8")
    user.run("add", "--page", link).failed(1, f"{path} has other text than its feed")
    assert [file] == list(user.library.rglob("*.md"))


@pytest.mark.slow
def test_one_that_moved_to_the_link_of_an_article_does_too(user: User, server: Server) -> None:
    item = rss("One").replace(b"https://a.example/One", server.url("/page").encode())
    user.run("add", server.page("/teaser", item))
    server.page("/moved", status=302, headers={"Location": "/page"})
    user.run("add", "--page", server.url("/moved")).says("has the text of the page now")
    assert len(list(user.library.rglob("*.md"))) == 1


def test_the_page_for_an_article_must_be_on_the_internet(user: User, server: Server) -> None:
    user.run("add", server.url("/feed"))
    before = server.paths()
    path = next(user.library.rglob("*.md")).relative_to(user.library).as_posix()
    link = server.url("/page")
    user.run("add", "--page", link, "--into", path).failed(1, "of a private network")
    user.run("add", "--page", link, "--into", "gone.md").failed(1, "There is no article gone.md")
    user.run("add", link, "--into", path).failed(2, "--into is for --page")
    assert server.paths() == before


@pytest.mark.slow
def test_what_is_there_can_be_looked_at(user: User, server: Server) -> None:
    asked, look = user.run("add", server.url("/site"), "--look", "--json").objects
    assert asked == {"asking": f"Asking {server.url('/site')}", "seconds": 60}
    assert [feed["title"] for feed in look["feeds"]] == ["News", "Sport"]
    [look] = user.run("add", server.url("/feed"), "--look").objects
    assert look["page"] is None
    assert [feed["url"] for feed in look["feeds"]] == [server.url("/feed")]
    [look] = user.run("add", server.url("/page"), "--look").objects
    assert (look["page"]["title"], look["feeds"]) == ("One", [])
    asked, then, _ = user.run("add", server.url("/page"), "--look", "--json").objects
    assert then == {"asking": "Trying the usual addresses of feeds", "seconds": 10}
    for place in ("/atom.xml", "/feed/", "/rss.xml"):
        server.page(place, rss("Hidden"))
    [look] = user.run("add", server.url("/page"), "--look").objects
    assert [feed["url"] for feed in look["feeds"]] == [server.url("/feed/")]  # one is enough
    assert not feeds_toml(user).exists()


@pytest.mark.slow
def test_what_was_added_is_printed_as_json(user: User, server: Server) -> None:
    url = server.url("/feed")
    done = user.run("add", url, "--feed", "--json")
    told = {"finished": True, "followed": True, "name": "A Feed", "url": url, "new": 2}
    assert done.objects[-1] == told
    assert [each["state"] for each in done.objects[:-1]][-1] == "saved"
    assert user.run("add", server.url("/feed"), "--json").objects[0]["followed"] is False
    done = user.run("add", server.url("/page"), "--page", "--json")
    assert (done.objects[0]["title"], done.objects[0]["new"]) == ("One", 1)
    done = user.run("add", server.url("/none"), "--json")
    assert done.code == 1
    assert "404" in done.objects[0]["error"]


def test_nothing_to_follow_says_so(user: User, server: Server) -> None:
    user.run("add", server.url("/page")).failed(
        1, "is not a feed and links to none. To save the page itself"
    )
    assert user.run("add", "file:///etc/passwd").code == 2
    assert user.run("add", "--dry-run", server.url("/feed")).out.startswith("You would follow")
    assert not feeds_toml(user).exists()


@pytest.mark.slow
def test_addresses_in_commands_that_are_shown_are_quoted(user: User, server: Server) -> None:
    there = server.page("/$(x)", PAGE, headers=HTML)
    server.page("/moved", status=302, headers={"Location": there})
    assert f"rilo-reader add --page '{there}'" in user.run("add", server.url("/moved")).err
    follow(user, Known=server.url("/feed"))
    assert f"rilo-reader add '{there}'" in user.run("feeds", "remove", there).err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "followed"),
    [("\n", "/feed"), ("1\n", "/feed"), ("2\n", "/sport"), ("0\n3\n-1\nx\n2\n", "/sport")],
)
def test_the_number_that_is_typed_chooses_the_feed(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch, typed: str, followed: str
) -> None:
    answers = io.StringIO(typed)
    monkeypatch.setattr(answers, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", answers)
    said = user.show("add", server.url("/site"))
    assert said.count("Type a number from the list") == max(0, typed.count("\n") - 1)
    feeds = [line for line in feeds_toml(user).read_text().splitlines() if "url =" in line]
    assert [line for line in feeds if not line.startswith("#")] == [
        f'url = "{server.url(followed)}"'
    ]
    assert answers.read() == "", "and nothing after it is read"


@pytest.mark.terminal
def test_somebody_at_a_terminal_is_asked(user: User, server: Server) -> None:
    with Terminal(rilo("add", server.url("/site")), (100, 30), home=user.home) as terminal:
        terminal.wait_for("Which? [1]")
        assert "News" in terminal.text
        terminal.send("9" + ENTER)
        terminal.wait_for("Type a number from the list")
        terminal.send("2" + ENTER)
        assert terminal.wait_exit() == 0
        assert "You follow Sport" in terminal.text
    assert server.url("/sport") in feeds_toml(user).read_text()


# -- refresh ------------------------------------------------------------------------------------


def test_refresh_says_what_came_and_what_failed(user: User, server: Server) -> None:
    user.run("add", server.url("/feed"))
    assert user.run("refresh") == (0, "0 new articles; 1 feed (1 without news).\n", "")
    assert user.run("refresh", "--quiet") == (0, "", "")
    server.page("/feed", rss("One", "Two", "Three"), etag='"2"')
    follow(user, Broken=server.url("/broken"))
    done = user.run("refresh")
    assert done.code == 1
    assert "A Feed: 1 new\n" in done.out
    assert done.out.endswith("1 new article; 2 feeds (1 failed).\n")
    assert re.search(r"Broken: .*500.*\.\n", done.err)
    done = user.run("refresh", "--quiet", "--force")
    assert (done.code, done.out, done.err[:8]) == (1, "", "Broken: ")


def test_cron_hears_once_that_nothing_is_reached(user: User) -> None:
    with serving() as gone:
        pass
    follow(user, One=gone.url("/1"), Two=gone.url("/2"), Three=gone.url("/3"))
    done = user.run("refresh", "--quiet")
    assert done.code == 1
    asked, reason = done.err.splitlines()
    assert asked == "Nothing could be reached: is this computer connected?"
    assert re.match("(One|Two|Three): The connection", reason)


def test_a_disk_that_cannot_be_written_is_reported_once(user: User, server: Server) -> None:
    follow(user, One=server.url("/feed"), Two=server.url("/sport"), Broken=server.url("/broken"))
    for name in ("one", "two"):
        (user.library / name).write_text("in the way")
    done = user.run("refresh", "--quiet")
    assert done.code == 1
    broken, disk, more = done.err.splitlines()
    assert broken.startswith("Broken: ")
    assert re.match(
        r"(One|Two): 2 files, such as (one|two)/2026/\S+\.md, cannot be written: Not a directory",
        disk,
    )
    assert more == "The articles of 1 more could not be saved either."


def test_programs_get_a_line_for_each_step_and_the_sums(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(user, One=server.url("/feed"))
    given: list[int] = []
    monkeypatch.setattr(os, "nice", given.append)
    done = user.run("refresh", "--json")
    assert given == [NICENESS]
    states = [each["state"] for each in done.objects[:-1]]
    assert states == ["waiting", "fetching", "reading", "saved"]
    sums = done.objects[-1]
    assert (sums["finished"], sums["new"], sums["failed"]) == (True, 2, 0)


def test_refresh_can_be_forced_or_rehearsed(user: User, server: Server) -> None:
    server.page("/feed", rss("One", more="<ttl>60</ttl>"))
    follow(user, One=server.url("/feed"))
    assert "1 new article" in user.run("refresh", "--dry-run").out
    assert not list(user.home.rglob("*.md"))
    assert "1 new article" in user.run("refresh").out
    asked = len(server.asked)
    user.run("refresh")
    assert len(server.asked) == asked
    user.run("refresh", "--force")
    assert len(server.asked) == asked + 1


def test_feeds_are_named_by_address_title_or_tag(user: User, server: Server) -> None:
    user.run("add", server.url("/feed"), "--title", "Mine")
    user.run("add", server.url("/sport"), "--tag", "Ball")
    before = len(server.asked)
    assert user.run("refresh", "mine").code == 0
    assert user.run("refresh", "ball").code == 0
    assert server.paths()[before:] == ["/feed", "/sport"]
    user.run("refresh", "nothing of the kind").failed(
        1, "you follow no feed called 'nothing of the kind'"
    )


def test_a_second_refresh_says_that_another_is_under_way(user: User, server: Server) -> None:
    user.run("add", server.url("/feed"))
    paths = user_paths()
    with open_collection(paths.default_library, paths):
        user.run("refresh").failed(1, "Another refresh or import")
        assert "Another refresh" in user.run("refresh", "--json").objects[0]["error"]


@pytest.mark.slow
def test_ctrl_c_is_clean_and_quiet(user: User, server: Server) -> None:
    async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    server.route("/slow", never)
    follow(user, Slow=server.url("/slow"), Feed=server.url("/feed"))
    with user.running("refresh", "--json") as child:
        child.wait_for(state="saved")
        child.process.send_signal(signal.SIGINT)
        assert child.ended() == (130, b"")
        assert child.stdout.read() == b""
    assert user.run("list", "--count").out == "2\n"


# -- feeds --------------------------------------------------------------------------------------


def test_feeds_are_listed_with_unread_counts_and_reasons(user: User, server: Server) -> None:
    user.run("add", server.url("/feed"), "--tag", "News")
    follow(user, Broken=server.url("/broken"))
    user.run("refresh")
    first, second = user.run("feeds").out.splitlines()
    assert first.split("\t")[0] == "2"
    assert first.split("\t")[2:6] == ["A Feed", server.url("/feed"), "News", "well"]
    assert second.split("\t")[5] == "failing"
    assert "It failed: " in second
    one, two = user.run("feeds", "--json").objects
    assert (one["unread"], one["tags"], two["standing"]) == (2, ["News"], "failing")
    assert [each["name"] for each in user.run("feeds", "broken", "--json").objects] == ["Broken"]


@pytest.mark.slow
def test_feeds_are_changed(user: User, server: Server) -> None:
    url = server.url("/feed")
    user.run("add", url)
    user.run("add", server.url("/sport"))
    assert user.run("feeds", "pause", url).code == 0
    assert "paused = true" in feeds_toml(user).read_text()
    assert user.run("feeds", "resume", url).code == 0
    assert "paused = true" not in feeds_toml(user).read_text().partition("[[feeds]]")[2]
    user.run("feeds", "pause", url)
    assert "on your own network" in user.run("feeds", "allow", url).out
    [allowed] = user.run("feeds", url, "--json").objects
    assert (allowed["private"], allowed["paused"]) == (True, False)
    assert user.run("feeds", "tag", url, "News", "News/Europe").code == 0
    assert user.run("feeds", "rename", url, "Mine").code == 0
    assert user.run("search", 'source:="Mine"', "--count").out == "2\n"
    assert user.run("feeds", "mute", "mine").code == 0
    assert user.run("list", "--count").out == "1\n"
    assert user.run("list", "--count", "--muted").out == "3\n"
    assert "not done" in user.run("feeds", "remove", "mine", "--dry-run").out
    assert user.run("feeds", "remove", "mine").code == 0
    assert url not in feeds_toml(user).read_text()
    assert user.run("list", "--count").out == "3\n"


def test_a_feed_that_is_removed_twice_takes_no_other_with_it(user: User) -> None:
    follow(user, **{"Feed": "https://e.example/feed", "Feed b": "https://e.example/feed/comments"})
    for name in ("Feed", "https://e.example/feed"):
        user.run("feeds", "remove", name)
        before = feeds_toml(user).read_text()
        user.run("feeds", "remove", name).failed(1)
        assert feeds_toml(user).read_text() == before
    user.run("feeds", "remove", "Feed").failed(1, "called 'Feed'. Did you mean 'Feed b'?")
    user.run("feeds", "tag", "Feed b", "x, y").failed(2, "feeds tag 'Feed b' x y")
    assert "Feed b" in feeds_toml(user).read_text()
    assert user.run("feeds", "remove", "--all", "comments").code == 0


def test_an_action_that_means_several_feeds_names_them(user: User, server: Server) -> None:
    user.run("add", server.url("/feed"))
    user.run("add", server.url("/sport"))
    user.run("feeds", "pause", "127.0.0.1").failed(1, "2 feeds match", "/sport")
    assert user.run("feeds", "pause", "127.0.0.1", "--all").code == 0
    assert user.run("feeds", "pause").code == 2
    assert user.run("feeds", "rename", "127.0.0.1").code == 2

"""All of newsboat in one command: every item and mark, nothing twice, dry runs write nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tomllib
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from tools.judge.newsboat_import import imported, in_cache, in_library

from rilo_reader.entry import Entry
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.library import LibraryError
from rilo_reader.parsers import read_feed
from rilo_reader.paths import user_paths
from rilo_reader.plugins.importers.newsboat.importer import cache_of, find_files, read_settings
from rilo_reader.query.tree import Query
from tests.support.command_line import User, tree
from tests.support.newsboat_files import FEED, make_cache, newsboat_folder
from tests.support.servers import serving
from tests.support.shared import Data, corpus, samples
from tests.support.terminal import ENTER, Terminal, config_file, environment, rilo

URLS = f"""{FEED} news "~My news"
https://quiet.example/feed !
"query:Unread of news:unread = \\"yes\\" and tags # \\"news\\""
"query:Odd:feedindex > 3"
"exec:fetch.sh"
"""
CONFIG = """bind-key j down
bind-key x toggle-article-read
text-width 90
show-read-feeds no
ignore-article "*" "title =~ \\"Gentoo\\""
define-filter "Old ones" "age > 30"
"""
ITEMS: list[dict[str, object]] = [
    {"guid": "g1", "title": "First", "url": "https://news.example/1", "unread": 0, "flags": "s"},
    {"guid": "g2", "title": "Second", "url": "https://news.example/2", "flags": "ab"},
    {"guid": "g3", "title": "Gone", "url": "https://news.example/3", "deleted": 1},
    {"guid": "g4", "title": "Fourth", "url": "https://news.example/4", "pubDate": 0},
]


def _newsboat(folder: Path) -> Path:
    make_cache(folder / "cache.db", ITEMS)
    (folder / "urls").write_text(URLS)
    (folder / "config").write_text(CONFIG)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody has in newsboat."""
    return _newsboat(tmp_path / "nb")


def by_title(user: User, *more: str) -> dict[str, dict[str, Any]]:
    return {row["title"]: row for row in user.ask("list", "--json", *more).objects}


def settings_of_user(user: User) -> dict[str, Any]:
    return tomllib.loads((user.home / "config/rilo-reader/settings.toml").read_text())


@pytest.mark.parametrize(
    ("data", "count"), [(samples, 5), pytest.param(corpus, 95, marks=pytest.mark.corpus)]
)
def test_every_item_and_mark_of_the_real_cache(data: Data, count: int, tmp_path: Path) -> None:
    (tmp_path / "newsboat").mkdir()
    folder = newsboat_folder(data, tmp_path / "newsboat")
    with imported(folder, tmp_path / "home") as (library, _):
        assert in_library(library) == in_cache(folder / "cache.db")
        assert len(in_library(library)) == count
        bodies = [library.article(identity).body for identity in library.search.ids(Query())]
        assert all(len(body) > 50 and "<p>" not in body for body in bodies)


@pytest.mark.slow
def test_one_command_moves_over(user: User, folder: Path) -> None:
    before = tree(folder)
    code, out, err = user.ask("import", "newsboat", str(folder))
    assert (code, err) == (0, "")
    assert "feeds: 2 imported" in out
    assert "newsboat articles: 3 imported, 1 deleted there" in out
    assert "saved searches: 2 imported, 1 left out" in out
    assert "marks: 1 read, 1 starred, 1 with flags." in out
    assert "Odd" in out
    assert "show-read-feeds is not supported" in out
    assert tree(folder) == before

    rows = by_title(user, "--muted")
    assert set(rows) == {"First", "Second", "Fourth"}
    marks = {title: (row["read"], row["starred"], row["tags"]) for title, row in rows.items()}
    assert marks["First"] == (True, True, [])
    assert marks["Second"] == (False, False, ["flag-a", "flag-b"])
    assert rows["First"]["source"] == "My news"
    found = user.ask("search", "@Unread of news", "--json", "--muted").objects
    assert {row["title"] for row in found} == {"Second", "Fourth"}

    settings = settings_of_user(user)
    assert (settings["width"], settings["keys"]) == (90, {"read": ["x", "r"]})
    assert settings["mutes"] == [{"query": "title:Gentoo"}]
    assert [search["name"] for search in settings["searches"]] == ["Unread of news", "Old ones"]
    config = user.home / "config" / "rilo-reader"
    feeds = tomllib.loads((config / "feeds.toml").read_text())["feeds"]
    assert feeds == [
        {"url": FEED, "title": "My news", "tags": ["news"]},
        {"url": "https://quiet.example/feed", "muted": True},
    ]


@pytest.mark.slow
def test_a_second_run_adds_nothing_and_unmarks_nothing(user: User, folder: Path) -> None:
    user.ask("import", "newsboat", str(folder))
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE rss_item SET unread = 1 WHERE guid = 'g1'")
        database.execute("UPDATE rss_item SET unread = 0 WHERE guid = 'g2'")
    database.close()
    files, config = tree(user.library), tree(user.home / "config")
    code, out, _ = user.ask("import", "newsboat", str(folder))
    assert code == 0
    assert "newsboat articles: 3 already here" in out
    assert "taken" not in out.replace("so not taken", "").replace("takes", "")
    assert tree(user.library) == files
    assert tree(user.home / "config") == config
    read = {title: row["read"] for title, row in by_title(user).items()}
    assert read == {"First": True, "Second": True, "Fourth": False}


RSS = """<rss version="2.0"><channel><title>News</title>{}</channel></rss>"""
ITEM = "<item><guid>{0}</guid><title>{1}</title><link>https://news.example/{0}</link></item>"


@pytest.mark.slow
def test_what_was_deleted_there_stays_deleted(user: User, tmp_path: Path) -> None:
    """The next refresh does not bring it back; --deleted does, also later."""
    items = "".join(ITEM.format(key, title) for key, title in (("g1", "One"), ("g2", "Gone")))
    with serving() as server:
        feed = server.page("/feed", RSS.format(items).encode())
        rows: list[dict[str, object]] = [
            {"guid": key, "title": title, "url": f"https://news.example/{key}", "feedurl": feed}
            for key, title in (("g1", "One"), ("g2", "Gone"))
        ]
        rows[1]["deleted"] = "1"
        make_cache(tmp_path / "nb" / "cache.db", rows)
        (tmp_path / "nb" / "urls").write_text(f"{feed} news\n")
        for _ in range(2):
            assert "1 deleted there" in user.ask("import", "newsboat", str(tmp_path / "nb"))[1]
            assert user.ask("refresh")[0] == 0
            assert set(by_title(user)) == {"One"}
        _, out, _ = user.ask("import", "newsboat", str(tmp_path / "nb"), "--deleted")
        assert "newsboat articles: 1 imported, 1 already here" in out
        assert set(by_title(user)) == {"One", "Gone"}
        assert (
            "1 already here, 1 deleted" in user.ask("import", "newsboat", str(tmp_path / "nb"))[1]
        )
        assert set(by_title(user)) == {"One", "Gone"}


STATUS = (
    "<item><title>{0}</title><link>https://news.example/status</link><description>{0}</description>"
    "<pubDate>{1}</pubDate></item>"
)


@pytest.mark.slow
def test_a_deleted_item_that_shares_its_link_with_another_stays_deleted(
    user: User, tmp_path: Path
) -> None:
    """newsboat tells items without a guid apart by their link and date."""
    dates = {
        "Gone": "Mon, 02 Nov 2026 10:00:00 GMT",
        "One": "Tue, 03 Nov 2026 10:00:00 GMT",
    }
    link = "https://news.example/status"
    with serving() as server:
        items = "".join(STATUS.format(title, date) for title, date in dates.items())
        feed = server.page("/feed", RSS.format(items).encode())
        rows: list[dict[str, object]] = [
            {
                **{"guid": link + date, "title": title, "url": link, "feedurl": feed},
                **{"pubDate": int(parsedate_to_datetime(date).timestamp()), "content": title},
                "deleted": int(title == "Gone"),
            }
            for title, date in dates.items()
        ]
        make_cache(tmp_path / "nb" / "cache.db", rows)
        (tmp_path / "nb" / "urls").write_text(f"{feed} news\n")
        assert "1 deleted there" in user.ask("import", "newsboat", str(tmp_path / "nb"))[1]
        assert user.ask("refresh")[0] == 0
        assert set(by_title(user)) == {"One"}
        user.ask("import", "newsboat", str(tmp_path / "nb"), "--deleted")
        assert set(by_title(user)) == {"One", "Gone"}


def test_feeds_of_a_service_are_not_those_of_urls(user: User, folder: Path) -> None:
    with (folder / "config").open("a") as config:
        config.write('urls-source "freshrss"\nfreshrss-url "https://rss.example"\n')
        config.write('freshrss-login "me@mail.example"\n')
    _, out, _ = user.ask("import", "newsboat", str(folder))
    assert "account add greader --user me@mail.example https://rss.example." in out
    assert not (user.home / "config/rilo-reader/feeds.toml").exists()
    # Query feeds are read from urls all the same.
    assert "Odd" in out


def test_the_whole_report_is_kept(user: User, folder: Path) -> None:
    (folder / "config").write_text("".join(f"color c{n} red blue\n" for n in range(50)))
    _, out, _ = user.ask("import", "newsboat", str(folder))
    assert "… and 30 more." in out
    kept = Path(out.rpartition("The whole report is in ")[2].strip()).read_text()
    assert kept.count("color is not supported") == 50
    assert "newsboat articles: 3 imported, 1 deleted there" in kept
    assert "marks: 1 read" in kept


def test_what_the_user_changed_here_stays(user: User, folder: Path) -> None:
    user.settings(
        'width = 70\n\n[keys]\nread = "e"\n\n[[searches]]\nname = "old ONES"\nquery = "x"\n'
    )
    code, out, _ = user.ask("import", "newsboat", str(folder))
    assert code == 0
    assert "width: it is already set here" in out
    assert "Old ones: you already have a saved search of this name" in out
    settings = settings_of_user(user)
    assert (settings["width"], settings["keys"]) == (70, {"read": "e"})


@pytest.mark.parametrize("there", ["no library", "an article", "the same"])
def test_a_dry_run_writes_nothing_at_all(user: User, folder: Path, there: str) -> None:
    count = 3
    if there == "no library":
        shutil.rmtree(user.library)
    else:
        user.article("own.md", "Mine", "2020-01-01", "text")
    if there == "the same":
        user.ask("import", "newsboat", str(folder))
        make_cache(user.home / "more" / "cache.db", [*ITEMS, {"guid": "g9", "title": "New"}])
        folder, count = user.home / "more", 1
    before = tree(user.home)
    code, out, err = user.run("import", "newsboat", str(folder), "--dry-run")
    assert (code, err) == (0, "")
    assert f"newsboat articles: {count} would be imported" in out
    assert "nothing was written" in out
    assert tree(user.home) == before


def test_stars_and_deleted_items_as_asked_for(user: User, folder: Path) -> None:
    user.ask("import", "newsboat", str(folder), "--star", "b", "--deleted")
    rows = by_title(user)
    assert set(rows) == {"First", "Second", "Gone", "Fourth"}
    assert (rows["Second"]["starred"], rows["Second"]["tags"]) == (True, ["flag-a"])
    assert rows["First"]["tags"] == ["flag-s"]


@pytest.mark.slow
def test_a_refresh_recognises_what_came_from_newsboat(user: User, folder: Path) -> None:
    user.ask("import", "newsboat", str(folder))
    fetched = [
        Entry(str(item["guid"]), str(item["url"]), str(item["title"]), content="<p>New.</p>")
        for item in ITEMS
        if "deleted" not in item
    ]
    with open_collection(user.library, user_paths()) as collection:
        saved = collection.save_entries(Origin(FEED, "Another name"), fetched)
    assert saved.new == ()
    # A later import does not put newsboat's older text back.
    user.ask("import", "newsboat", str(folder))
    row = user.ask("search", "First", "--json").objects[0]
    assert "New." in (user.library / row["path"]).read_text()
    assert row["read"]


def test_no_password_of_an_address_is_shown_or_kept_in_an_article(user: User) -> None:
    folder = user.home / "nb"
    secret = "https://me:secret@private.example/feed"
    make_cache(folder / "cache.db", [{"guid": "g", "title": "T", "feedurl": secret}], title="")
    (folder / "urls").write_text(f'{secret} tag\n"query:Q:tags # \\"tag\\""\n')
    found = user.ask("import", "newsboat", str(folder))
    assert "secret" not in found.out + found.err
    (article,) = user.library.rglob("*.md")
    assert "secret" not in article.read_text() + str(article)
    config = user.home / "config" / "rilo-reader"
    assert "secret" not in (config / "settings.toml").read_text()
    assert secret in (config / "feeds.toml").read_text()


def test_json_tells_programs(user: User, folder: Path) -> None:
    lines = user.ask("import", "newsboat", str(folder), "--json").objects
    assert [line["done"] for line in lines if "done" in line] == [4]
    kinds = {line["kind"]: line for line in lines if "kind" in line}
    assert (kinds["newsboat"]["taken"], kinds["newsboat"]["deleted"]) == (3, 1)
    assert kinds["search"]["reasons"][0]["what"] == "urls"


def test_newsboat_is_found_by_itself(tmp_path: Path) -> None:
    dot = _newsboat(tmp_path / ".newsboat")
    assert find_files(None, {}, tmp_path).urls == dot / "urls"
    config, data = tmp_path / ".config" / "newsboat", tmp_path / ".local/share/newsboat"
    config.mkdir(parents=True)
    (config / "urls").write_text("")
    make_cache(data / "cache.db", [])
    found = find_files(None, {}, tmp_path)
    assert (found.urls, found.cache) == (config / "urls", data / "cache.db")
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "c"), "XDG_DATA_HOME": str(tmp_path / "d")}
    make_cache(tmp_path / "d" / "newsboat" / "cache.db", [])
    assert find_files(None, xdg, tmp_path).cache == tmp_path / "d" / "newsboat" / "cache.db"
    with pytest.raises(LibraryError, match="were not found in"):
        find_files(None, {}, tmp_path / "nobody")


def test_included_settings_and_a_cache_elsewhere(tmp_path: Path) -> None:
    folder = _newsboat(tmp_path / "nb")
    elsewhere = make_cache(tmp_path / "elsewhere.db", [])
    (folder / "config").write_text('include more\ninclude "~/nb/config"\ntext-width 70\n')
    (folder / "more").write_text('cache-file "~/elsewhere.db"\ninclude missing\n')
    files = find_files(folder, {}, tmp_path)
    settings = read_settings(files, tmp_path)
    assert settings.values == {"width": 70}
    assert cache_of(files, settings, tmp_path) == elsewhere
    assert "missing" in settings.skipped_lines[0]


COMMANDS = """"exec:./source --all" made
"filter:sort -r | uniq:https://filtered.example/feed"
"""


@pytest.mark.terminal
@pytest.mark.parametrize("answer", ["y", ""])
def test_commands_are_moved_after_a_question_that_shows_them(
    tmp_path: Path, folder: Path, answer: str
) -> None:
    (folder / "urls").write_text(COMMANDS)
    line = rilo("import", "newsboat", str(folder))
    with Terminal(line, (120, 30), home=tmp_path) as terminal:
        said = terminal.wait_for("[y/N]")
        assert "./source --all  (prints a feed)" in said
        assert "sort -r | uniq  (changes https://filtered.example/feed)" in said
        terminal.send(answer + ENTER)
        assert terminal.wait_exit() == 0
    feeds, _ = subscriptions.load(config_file(tmp_path, "feeds.toml"))
    programs = [(feed.run, feed.filter) for feed in feeds]
    moved = [(("./source", "--all"), ()), ((), ("sh", "-c", "sort -r | uniq"))]
    assert programs == (moved if answer else [((), ())])


COOKIES = """# Netscape HTTP Cookie File
#HttpOnly_.news.example\tTRUE\t/\tTRUE\t0\tsession\tabc
news.example\tFALSE\t/other\tFALSE\t0\tpath\tother
.evil.example\tTRUE\t/\tFALSE\t0\tsession\txyz
.news.example\tTRUE\t/\tFALSE\t1000\told\tgone
"""


def test_feeds_get_the_cookies_that_they_have_there(user: User, folder: Path) -> None:
    (folder / "urls").write_text("https://www.news.example/feed\nhttps://quiet.example/feed\n")
    (folder / "config").write_text("cookie-cache cookies.txt\n")
    (folder / "cookies.txt").write_text(COOKIES)
    said = user.run("import", "newsboat", str(folder))
    assert "abc" not in said.out + said.err
    feeds, _ = subscriptions.load(user.home / "config/rilo-reader/feeds.toml")
    assert [dict(feed.headers) for feed in feeds] == [{"Cookie": "session=abc"}, {}]


@pytest.mark.parametrize("cookies", [None, "no cookies", "# Netscape HTTP Cookie File\nabc\n"])
def test_cookies_that_cannot_be_read_are_told_without_them(
    user: User, folder: Path, cookies: str | None
) -> None:
    (folder / "config").write_text("cookie-cache cookies.txt\n")
    if cookies:
        (folder / "cookies.txt").write_text(cookies)
    found = user.run("import", "newsboat", str(folder))
    assert "cookie-cache" in found.out + found.err
    assert "abc" not in found.out + found.err
    assert len(subscriptions.load(user.home / "config/rilo-reader/feeds.toml")[0]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("newsboat", "nowhere"), 1, "there is no folder"),
        (("newsboat",), 1, "were not found in"),
        (("newsboat", "library"), 1, "has none of newsboat's files"),
        (("newsboat", "a", "b"), 2, "one folder"),
        (("library", "--star", "s"), 2, "--star and --deleted"),
    ],
)
def test_mistakes_are_explained(
    user: User, arguments: tuple[str, ...], code: int, word: str
) -> None:
    found = user.run("import", *arguments)
    assert found.code == code
    assert word in found.err
    assert found.err.count("\n") == 1


def test_a_damaged_cache_is_reported_and_the_feeds_are_imported(user: User, folder: Path) -> None:
    (folder / "cache.db").write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    code, out, _ = user.ask("import", "newsboat", str(folder))
    assert code == 1
    assert "feeds: 2 imported" in out
    assert "cache.db" in out


@pytest.mark.slow
def test_interrupted_it_goes_on_the_next_time(user: User) -> None:
    folder = user.home / "nb"
    items = (
        {"guid": f"g{n}", "title": f"T{n}", "feedurl": f"https://f{n // 25}.example/"}
        for n in range(1000)
    )
    make_cache(folder / "cache.db", list(items))
    command = rilo("import", "newsboat", str(folder), "--json", "--library", str(user.library))
    process = subprocess.Popen(
        command, env=environment(user.home), cwd=user.home, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(60) in (130, 0)
    assert all(file.read_text().endswith("\n") for file in user.library.rglob("*.md"))
    user.ask("import", "newsboat", str(folder))
    assert user.ask("list", "--count").out == "1000\n"
    assert not list(user.library.rglob("*.tmp"))


def _cache_by_newsboat(folder: Path, url: str) -> Path:
    """Have newsboat itself fetch a feed, read one item and delete another."""
    folder.mkdir()
    (folder / "urls").write_text(f'{url} "~By newsboat" tag\n')
    (folder / "config").write_text("download-retries 1\n")
    names = (("url", "urls"), ("cache", "cache.db"), ("config", "config"))
    files = [f"--{name}-file={folder / file}" for name, file in names]
    subprocess.run(
        ["newsboat", *files, "-x", "reload"],
        env={**os.environ, "HOME": str(folder), "TERM": "xterm"},
        check=True,
        timeout=60,
        capture_output=True,
    )
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE rss_item SET unread = 0, flags = 'sx' WHERE id = 1")
        database.execute("UPDATE rss_item SET deleted = 1 WHERE id = 2")
    database.close()
    return folder


def _feed() -> str:
    """A feed of eight items, of which three have a guid."""
    items = []
    for n in range(8):
        guid = "" if n % 3 else f'<guid isPermaLink="false">id{n}</guid>'
        items.append(
            f"<item><title>T &amp;amp; {n}</title><link>https://a.example/{n}</link>{guid}"
            f"<pubDate>Mon, 0{n + 1} Jan 2024 10:00:00 GMT</pubDate>"
            "<author>a@a.example (Ana)</author>"
            f"<description>&lt;p&gt;Text {n} &lt;a href='/x'&gt;x&lt;/a&gt;&lt;/p&gt;</description>"
            "</item>"
        )
    head = "<title>Own</title><link>https://a.example/</link>"
    return f"<rss version='2.0'><channel>{head}{''.join(items)}</channel></rss>"


@pytest.mark.service
def test_a_cache_that_newsboat_makes_now(tmp_path: Path) -> None:
    if shutil.which("newsboat") is None:
        pytest.skip("newsboat is not installed")
    feed = _feed()
    with serving() as server:
        url = server.page("/feed.xml", feed.encode())
        folder = _cache_by_newsboat(tmp_path / "nb", url)
    with imported(folder, tmp_path / "home") as (library, taken):
        titled = [
            item._replace(title=item.title.replace("&amp;", "&"))
            for item in in_cache(folder / "cache.db")
        ]
        assert in_library(library) == sorted(titled)
        assert len(titled) == 7
        assert (
            taken.marker.read_count == taken.marker.starred_count == taken.marker.tagged_count == 1
        )
    # What the feed itself says later is recognised: newsboat makes up guids, we know them.
    home = tmp_path / "home"
    paths = user_paths()._replace(
        config=home / "config", data=home / "data", state=home / "state", cache=home / "cache"
    )
    entries = read_feed(feed.encode(), url, "text/xml").entries
    with open_collection(paths.default_library, paths) as collection:
        saved = collection.save_entries(Origin(url, "By newsboat"), entries, dry_run=True)
    assert saved.new == (), "nor the one that was deleted in newsboat"

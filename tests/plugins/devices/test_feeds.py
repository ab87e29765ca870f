"""Feeds that travel between two homes, by real commands; and what may never come or go."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from rilo_reader.entry import Selectors
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.paths import Paths
from rilo_reader.plugins.devices.carried_file import ThingEdits, Things
from rilo_reader.plugins.devices.feeds import (
    FeedsFile,
    feed_from_values,
    feed_to_values,
    is_local_only,
)
from rilo_reader.store.marks import FEED, FOLLOWED
from tests.support.annotate import journal, stamp
from tests.support.command_line import User
from tests.support.terminal import config_file, rilo, run_piped

FEEDS = """\
# mine
# about the news
[[feeds]]
url = "https://example.org/news"
title = "News"
tags = ["Europe"]  # by hand

[[feeds]]
url = "https://me:secret@example.org/paid"
headers = { Cookie = "session=geheim" }
header_command = ["pass", "geheim"]
filter = ["my-filter", "geheim"]

[[feeds]]
run = ["my-source", "geheim"]

[[feeds]]
url = "http://10.0.0.7/feed?geheim"

[[feeds]]
url = "https://example.org/feed?token=geheim"
"""


class Home:
    """A user in processes of their own, who shares a folder."""

    def __init__(self, home: Path, feeds: str = "") -> None:
        self.home, self.shared = home, home.parent / "shared"
        self.file = config_file(home, "feeds.toml")
        if feeds:
            self.file.write_text(feeds)
        library = home / "data" / "rilo-reader" / "articles"
        library.mkdir(parents=True)
        (library / "a.md").write_text("---\ntitle: Ivory\nid: a\n---\n\nHorn.\n")

    def run(self, *arguments: str) -> str:
        """Run a command; it works."""
        done = run_piped(rilo(*arguments), self.home)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def on(self, *options: str) -> str:
        return self.run("sync", "on", "--folder", str(self.shared), *options)

    @property
    def written(self) -> str:
        """The journals in the shared folder."""
        files = sorted(self.shared.rglob("*.log"))
        return "".join(file.read_text(encoding="utf-8") for file in files)


@pytest.fixture
def laptop(tmp_path: Path) -> Home:
    return Home(tmp_path / "laptop", FEEDS)


@pytest.fixture
def desktop(tmp_path: Path) -> Home:
    return Home(tmp_path / "desktop")


@pytest.mark.slow
def test_feeds_go_to_another_home_and_back(laptop: Home, desktop: Home) -> None:
    laptop.on("--name", "Laptop", "--feeds")
    assert "geheim" not in laptop.written
    assert "secret" not in laptop.written
    assert "2 feeds came from Laptop: " in desktop.on("--name", "Desktop", "--feeds")
    assert "synced too" in desktop.run("sync", "status")
    assert json.loads(desktop.run("sync", "status", "--json"))["feeds"] is True
    there = desktop.file.read_text()
    assert 'title = "News"' in there
    assert "headers =" not in there.replace("#   headers", "")
    desktop.run("feeds", "rename", "News", "Daily")
    laptop.run("feeds", "pause", "News")
    for home in (desktop, laptop, desktop):
        home.run("sync", "now")
    here = laptop.file.read_text()
    assert here == FEEDS.replace('"News"\n', '"Daily"\n').replace(
        "# by hand\n", "# by hand\npaused = true\n"
    ), "comments stay"
    assert "paused = true\n" in desktop.file.read_text()
    desktop.run("feeds", "remove", "Daily")
    desktop.run("sync", "now")
    assert "1 feed was removed on Desktop: Daily" in laptop.run("sync", "now")
    assert "news" not in laptop.file.read_text()
    [last, *_] = (json.loads(line) for line in laptop.run("history", "--json").splitlines())
    assert last["what"] == "Removed 1 feed: example.org/news"
    assert laptop.run("undo", last["id"]) == "Undone: removed 1 feed: example.org/news.\n"
    assert 'title = "Daily"' in laptop.file.read_text()
    assert "1 feed came from Laptop: Daily" in desktop.run("sync", "now")


@pytest.mark.slow
def test_undo_keeps_what_came_as_the_command_began(laptop: Home, desktop: Home) -> None:
    laptop.on("--name", "Laptop", "--feeds")
    desktop.on("--name", "Desktop", "--feeds")
    last = laptop.file.read_text() + '[[feeds]]\nurl = "https://example.org/last"\n'
    laptop.file.write_text(last)
    desktop.run("feeds", "remove", "News")
    desktop.run("sync", "now")
    laptop.run("feeds", "pause", "example.org/last")
    assert "News" not in laptop.file.read_text()
    assert "Undone: " in laptop.run("undo")
    assert "News" not in laptop.file.read_text()
    assert "paused" not in laptop.file.read_text()


@pytest.mark.slow
def test_local_feeds_come_back_after_another_device_undid_their_removal(
    laptop: Home, desktop: Home
) -> None:
    before = laptop.file.read_text() + '[[feeds]]\nurl = "http://10.0.0.1/f"\nprivate = true\n'
    laptop.file.write_text(before)
    laptop.on("--feeds")
    desktop.on("--feeds")
    laptop.run("feeds", "remove", "News", "http://10.0.0.1/f")
    laptop.run("sync", "now")
    desktop.run("sync", "now")
    [last, *_] = (json.loads(line) for line in desktop.run("history", "--json").splitlines())
    desktop.run("undo", last["id"])
    laptop.run("sync", "now")
    assert "News" in laptop.file.read_text()
    assert "10.0.0.1" not in laptop.file.read_text()
    assert "Undone: removed " in laptop.run("undo", last["id"])
    lines = filter(None, laptop.file.read_text().splitlines())
    assert sorted(lines) == sorted(filter(None, before.splitlines()))
    laptop.run("undo", last["id"], "--redo")
    assert "News" not in laptop.file.read_text()
    assert "10.0.0.1" not in laptop.file.read_text()


@pytest.mark.slow
def test_the_list_of_feeds_has_what_came_with_it(laptop: Home, desktop: Home) -> None:
    laptop.on("--feeds")
    assert "News" not in desktop.run("feeds")
    desktop.on("--feeds")
    laptop.run("feeds", "rename", "News", "Daily")
    laptop.run("sync", "now")
    assert "\tDaily\t" in desktop.run("feeds")


@pytest.mark.slow
def test_nothing_is_sent_without_being_asked_and_no_more_once_refused(
    laptop: Home, desktop: Home
) -> None:
    laptop.on()
    assert "To sync them too: rilo-reader sync on --feeds" in laptop.run("sync", "status")
    assert "feed:" not in laptop.written
    laptop.on("--feeds")
    laptop.on("--no-feeds")
    laptop.run("feeds", "rename", "News", "Daily")
    laptop.run("sync", "now")
    assert "Daily" not in laptop.written
    assert "0 changes sent" in desktop.on()
    assert not desktop.file.exists()


def test_both_flags_and_another_library_are_refused(user: User) -> None:
    user.run("sync", "on", "--feeds", "--no-feeds").failed(2, "not both")
    user.run("sync", "now", "--feeds").failed(2, "--feeds")
    other = user.home / "other"
    other.mkdir()
    there = "rilo-reader settings folders FOLDER"
    user.run("sync", "on", "--feeds", "--library", str(other)).failed(1, "belong to", there)
    user.run("settings", "folders", str(other))
    user.run("sync", "on", "--feeds", "--library", str(other)).says("Sync is on")


HOSTILE: Mapping[str, tuple[str, ...]] = {
    "a file": ("feed:url=file:///etc/passwd\tx",),
    "a private address": ("feed:url=http://127.0.0.1/feed\t127.0.0.1/feed",),
    "a private name": ("feed:url=http://nas.local/feed\tnas.local/feed",),
    "a login": ("feed:url=https://me:pass@example.org/x\texample.org/x",),
    "another name": ("feed:url=https://evil.example/x\texample.org/x",),
    "a command": ("feed:url=run:x-12345678\trun:x-12345678", 'feed:run=["x"]\trun:x-12345678'),
    "no address": ("feed:title=A\texample.org/x",),
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_journal_brings_no_feed(user: User, lines: tuple[str, ...]) -> None:
    user.ask("sync", "on", "--feeds")
    name = lines[0].split("\t")[1]
    given = [f"{stamp(0)}\tfeed:followed=1\t{name}", *(f"{stamp(0)}\t{line}" for line in lines)]
    journal(user.library / ".rilo", "phone", *given)
    assert user.ask("sync", "now").code == 0
    assert not config_file(user.home, "feeds.toml").exists()
    told = user.ask("sync", "status").err
    assert f"or it is not valid: 1 feed ({name})." in told


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("feeds", "rename", "example.org/a", "A"),
    ("feeds", "tag", "example.org/a", "News"),
    ("feeds", "pause", "example.org/a"),
    ("feeds", "mute", "example.org/a"),
    ("feeds", "remove", "example.org/a"),
    ("import", "list.opml"),
)


@pytest.mark.slow
def test_a_command_sends_its_gesture_when_it_is_made(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    monkeypatch.chdir(tmp_path)
    Path("list.opml").write_text(
        '<opml version="2.0"><body><outline type="rss" xmlUrl="https://example.org/c"/></body></opml>'
    )
    file = config_file(user.home, "feeds.toml")
    file.write_text('[[feeds]]\nurl = "https://example.org/a"\n')
    user.run("sync", "on", "--feeds")
    for number, command in enumerate(COMMANDS):
        gestures = own_gestures(user)
        by_hand = f'[[feeds]]\nurl = "https://example.org/hand{number}"\n'
        file.write_text(file.read_text() + by_hand)
        user.run(*command)
        # What was done by hand before is a step of its own.
        assert len(own_gestures(user)) == len(gestures) + 2, command
        assert user.run("sync", "status", "--json").objects[0]["waiting"] == 0
        assert "0 changes sent" in user.run("sync", "now").out


@pytest.mark.slow
def test_an_import_of_feeds_is_undone(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    monkeypatch.chdir(tmp_path)
    outlines = "".join(f'<outline xmlUrl="https://example.org/{each}"/>' for each in range(6))
    Path("list.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    file = config_file(user.home, "feeds.toml")
    file.write_text(before := '# mine\n[[feeds]]\nurl = "https://example.org/a"\n')
    user.run("mark", "star", "a.md")
    for sync in ((), ("sync", "on", "--feeds")):
        if sync:
            user.run(*sync)
        user.run("import", "list.opml")
        user.ask("undo").failed(1, "This removes 6 feeds")
        undone = user.ask("undo", "--yes").out
        assert undone == "Undone: imported feeds from list.opml.\n"
        assert file.read_text() == before
        assert "Redone" in user.ask("undo", "--redo").out
        assert file.read_text().count("[[feeds]]") == 7
        user.run("undo", "--yes")
        # Nothing was changed: that is no step.
        user.run("import", "a.md" if Path("a.md").exists() else str(user.library / "a.md"))
    user.ask("undo").failed(1, "Turned sync on: undo cannot take that back", "sync off")
    assert user.ask("undo").out == "Undone: starred Ivory.\n"


def own_gestures(user: User) -> set[str]:
    """The stamps of the lines in the journals."""
    files = (user.library / ".rilo").rglob("*.log")
    return {line.split("\t")[0] for file in files for line in file.read_text().splitlines()[1:]}


def test_a_change_of_feeds_waits_where_there_is_no_folder(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    file = config_file(user.home, "feeds.toml")
    file.write_text('[[feeds]]\nurl = "https://example.org/a"\n')
    shared = user.home / "stick"
    user.run("sync", "on", "--feeds", "--folder", str(shared))
    shared.rename(user.home / "away")
    for waiting, action in enumerate(("pause", "resume", "remove"), 1):
        user.run("feeds", action, "example.org/a")
        assert user.ask("sync", "status", "--json").objects[0]["waiting"] == waiting
    (user.home / "away").rename(shared)
    assert "3 changes sent" in user.run("sync", "now").out


def test_the_history_has_what_came_and_not_what_was_refused(user: User) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    user.run("sync", "on", "--feeds")
    places = [f"127.0.0.1:18501/{number}" for number in range(12)]
    places += [f"example.org/{number}" for number in range(30)]
    lines = [f"{stamp(0)}\tfeed:followed=1\t{place}" for place in places]
    lines += [f"{stamp(0)}\tfeed:url=https://{place}\t{place}" for place in places]
    journal(user.library / ".rilo", "desk", *lines, f"{stamp(1)}\tfeed:followed=1\t127.0.0.1/x")
    user.run("sync", "now")
    [_, entry] = user.ask("history", "--json").objects
    assert entry["what"] == "Followed 30 feeds: example.org/0, example.org/1, example.org/2, …"


@pytest.mark.parametrize("command", [("undo",), ("import", "list.opml")])
@pytest.mark.parametrize("way", ["deleted", "emptied"])
def test_a_command_that_writes_into_a_file_that_is_gone_removes_nothing(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, command: tuple[str, ...]
) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    monkeypatch.chdir(tmp_path)
    new = '<outline xmlUrl="https://example.org/new"/>'
    Path("list.opml").write_text(f'<opml version="2.0"><body>{new}</body></opml>')
    file = config_file(user.home, "feeds.toml")
    urls = [f"https://example.org/{name}" for name in "abc"]
    file.write_text("".join(f'[[feeds]]\nurl = "{url}"\n' for url in urls))
    user.run("sync", "on", "--feeds")
    user.run("feeds", "remove", urls[2])
    file.unlink() if way == "deleted" else file.write_text("")
    user.run(*command)
    user.run("sync", "now")
    there = {feed["url"] for feed in user.run("feeds", "--json").objects}
    assert there == {*urls[:2], urls[2] if command == ("undo",) else "https://example.org/new"}
    what = [entry["what"] for entry in user.run("history", "--json").objects]
    assert not any(each.startswith("Removed") and "2" in each for each in what), what


@pytest.mark.slow
@pytest.mark.parametrize("way", ["deleted", "emptied"])
def test_a_file_of_feeds_that_is_gone_is_a_state_with_a_name(user: User, way: str) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    file = config_file(user.home, "feeds.toml")
    text = "".join(f'[[feeds]]\nurl = "https://example.org/{one}"\n\n' for one in "ba")
    file.write_text(text)
    user.run("sync", "on", "--feeds")
    user.run("sync", "now")
    if way == "deleted":
        file.unlink()
    else:
        file.write_text("")
    said = "feeds.toml is missing or empty: unless it is written"
    for command in (("sync", "status"), ("sync", "now"), ("feeds",)):
        told = user.ask(*command)
        assert said in told.out + told.err, command
    os.utime(file if file.exists() else file.parent, (1, 1))
    told = user.run("feeds")
    assert "feeds.toml was missing or empty: 2 feeds written into it again" in told.err
    assert file.read_text().partition("[[feeds]]")[2] == text.partition("[[feeds]]")[2][:-1]
    for command in (("sync", "status"), ("sync", "now"), ("feeds",)):
        told = user.ask(*command)
        assert "empty" not in told.out + told.err


@pytest.mark.parametrize("damage", [b"", b"nothing", b"SQLite format 3\0" + b"\1" * 4000])
def test_feeds_change_where_marks_cannot_be_read(user: User, damage: bytes) -> None:
    user.article("a.md", "Ivory", "2026-03-01", "Horn.", id='"a"')
    file = config_file(user.home, "feeds.toml")
    file.write_text('[[feeds]]\nurl = "https://example.org/a"\n')
    user.run("list")
    for marks in (user.home / "state" / "rilo-reader").glob("*.db*"):
        marks.write_bytes(damage)
    user.run("feeds", "pause", "example.org/a").says("Paused")


BAD_VALUES = {
    "tags": "{",
    "tags-of-tags": "[" * 9000,
    "page": '{"items":["article"]}',
    "every": "-1",
    "limit": "99999999999999999999",
    "site": "https://me:pass@example.org/",
    "site-at-home": "http://127.0.0.1:8080/",
}


@pytest.mark.parametrize(("field", "value"), BAD_VALUES.items(), ids=BAD_VALUES)
def test_a_bad_value_costs_itself_and_sync_now_names_it(user: User, field: str, value: str) -> None:
    field = field.partition("-")[0]
    user.ask("sync", "on", "--feeds")
    of_bad = ("followed=1", "url=https://example.org/a", f"{field}={value}", "title=A")
    of_good = ("followed=1", "url=https://example.org/b", "title=B")
    lines = [f"{stamp(0)}\tfeed:{each}\texample.org/a" for each in of_bad]
    lines += [f"{stamp(0)}\tfeed:{each}\texample.org/b" for each in of_good]
    journal(user.library / ".rilo", "phone", *lines)
    said = user.run("sync", "now")
    assert f"or it is not valid: {field} of example.org/a." in said.err
    feeds = config_file(user.home, "feeds.toml").read_text().partition("[[feeds]]")[2]
    assert feeds.replace("\n\n", "\n") == (
        '\nurl = "https://example.org/a"\ntitle = "A"\n'
        '[[feeds]]\nurl = "https://example.org/b"\ntitle = "B"\n'
    )
    assert "0 changes sent" in user.run("sync", "now").out


def test_a_bad_value_leaves_the_one_that_was_there(user: User) -> None:
    file = config_file(user.home, "feeds.toml")
    file.write_text('[[feeds]]\nurl = "https://example.org/a"\nevery = 60\n')
    user.ask("sync", "on", "--feeds")
    late = f"{time.time_ns() // 1_000_000 + 1000 << 16:016x}"
    lines = (f"{late}\tfeed:{each}\texample.org/a" for each in ("every=-1", "title=A"))
    journal(user.library / ".rilo", "phone", *lines)
    for _ in range(2):
        user.ask("sync", "now")
        assert file.read_text().endswith('org/a"\nevery = 60\ntitle = "A"\n')


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://medium.com/feed/@someone", "https://medium.com/@someone"),
        ("https://mastodon.social/@me.rss", "https://mastodon.social/@me"),
        ("https://www.youtube.com/feeds/videos.xml?channel_id=UC1", "https://youtube.com/@channel"),
    ],
)
def test_an_at_sign_in_a_path_is_no_login(tmp_path: Path, url: str, site: str) -> None:
    feed = Subscription(url, "T", site=site)
    values = feed_to_values(feed)
    assert FeedsFile(Paths(*[tmp_path] * 4), tmp_path).check_values(feed_key(url), values) == values


def test_commands_headers_and_what_is_unknown_do_not_come_with_a_feed(user: User) -> None:
    user.ask("sync", "on", "--feeds")
    fields = ("headers={}", 'run=["x"]', 'filter=["x"]', 'header_command=["x"]', "private=1", "x=1")
    given = ("followed=1", "url=https://example.org/x", *fields)
    lines = [f"{stamp(0)}\tfeed:{each}\texample.org/x" for each in given]
    journal(user.library / ".rilo", "phone", *lines)
    assert "1 feed came from" in user.ask("sync", "now").out
    text = config_file(user.home, "feeds.toml").read_text()
    assert text.partition("[[feeds]]")[2] == '\nurl = "https://example.org/x"\n'
    # It may lead to the internet alone, as a feed of a list.
    assert [row["private"] for row in user.run("feeds", "--json").objects] == [False]


def test_nobody_else_says_where_a_password_goes(tmp_path: Path) -> None:
    paths = Paths(*[tmp_path] * 4)
    kind = FeedsFile(paths, tmp_path)
    url = "https://me:secret@www.example.org/x"
    paths.feeds_file.write_text(f'[[feeds]]\nurl = "{url}"\n')
    wanted = {f"{FEED}url": "http://example.org/x", f"{FEED}title": "X"}
    assert kind.write_rows(ThingEdits({}, {"example.org/x": wanted}, [])) == (
        {"example.org/x": {f"{FEED}title": "X"}},
        {},
    )
    assert paths.feeds_file.read_text() == f'[[feeds]]\nurl = "{url}"\ntitle = "X"\n'


def add(kind: FeedsFile, things: Things) -> None:
    """Write things that came."""
    assert kind.write_rows(ThingEdits(things, {}, [])) == ({}, {})


def test_a_damaged_file_of_feeds_removes_nothing(laptop: Home, desktop: Home) -> None:
    kind = FeedsFile(Paths(*[laptop.file.parent] * 4), laptop.file.parent)
    assert kind.read_rows() is not None
    laptop.file.write_text(FEEDS + "[[feeds]\n")
    assert kind.read_rows() is None


def test_what_came_before_the_first_article_is_in_the_history(user: User, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    said = ("followed=1", "url=https://example.org/x")
    journal(shared, "laptop-1", *(f"{stamp(1)}\tfeed:{each}\texample.org/x" for each in said))
    assert user.run("history").out == ""
    user.run("sync", "on", "--feeds", "--folder", str(shared))
    [_, change] = user.run("history", "--json").objects
    assert change["what"] == "Followed 1 feed: example.org/x"
    user.run("undo", change["id"]).says("Undone: followed 1 feed")
    assert "example.org/x" not in config_file(user.home, "feeds.toml").read_text()


def test_what_waits_for_a_correction_is_said(user: User) -> None:
    config_file(user.home, "feeds.toml").write_text("[[feeds]]\nbogus = 1\n")
    settings = config_file(user.home, "settings.toml")
    settings.write_text('travel = ["keys", "saved_searches"]\nwidth = "x"\n')
    feeds = "Feeds are not synced until this is corrected: feeds.toml, line 1, feeds.url: "
    waits = "Settings are not synced until this is corrected: settings.toml, line 2, width: "
    for arguments in (("on", "--feeds"), ("now",), ("status",)):
        told = user.run("sync", *arguments).err
        assert feeds in told
        assert waits in told
    status = user.run("sync", "status").out
    assert "These settings are synced too: keys, saved searches.\n" in status
    settings.write_text('travel = "keys"\n')
    assert waits[:20] not in user.run("sync", "now").err


def test_a_feed_is_the_same_after_it_travelled() -> None:
    feed = Subscription(
        "https://example.org/x",
        "X",
        ("A/B", "c"),
        "https://example.org",
        every=5,
        muted=True,
        limit=3,
        page=Selectors("article", "h2"),
    )
    assert feed_from_values(feed_to_values(feed)) == feed
    assert feed_to_values(feed)[FOLLOWED] == "1"
    assert is_local_only(feed._replace(url="https://example.org/x?api_key=12345"))
    at_home = feed_to_values(feed._replace(site="http://nas.local/"))
    assert at_home == feed_to_values(feed._replace(site="")), "an address of the own network stays"
    assert not is_local_only(feed)


def test_a_feed_that_another_device_removed_comes_back_with_what_it_had_here(
    tmp_path: Path,
) -> None:
    paths = Paths(*[tmp_path] * 4)
    kind = FeedsFile(paths, tmp_path / "library")
    paths.feeds_file.write_text(FEEDS)
    found = kind.read_rows()
    assert found is not None
    paid = found[0]["example.org/paid"]
    kind.write_rows(ThingEdits({}, {}, ["example.org/paid"]))
    assert "geheim" not in paths.feeds_file.read_text().partition("[[feeds]]\nrun")[0]
    if os.name != "nt":
        assert (tmp_path / "kept-feeds.json").stat().st_mode & 0o077 == 0
    add(kind, {"example.org/paid": {**paid, f"{FEED}title": "Paid"}})
    cookie = 'headers = { Cookie = "session=geheim" }\n'
    assert paths.feeds_file.read_text() == FEEDS.replace(
        'filter = ["my-filter", "geheim"]\n', 'filter = ["my-filter", "geheim"]\ntitle = "Paid"\n'
    )
    assert cookie in paths.feeds_file.read_text()


def test_what_was_kept_of_a_removed_feed_may_be_damaged(tmp_path: Path) -> None:
    paths = Paths(*[tmp_path] * 4)
    kind = FeedsFile(paths, tmp_path / "library")
    for damaged in ("", "{", "[1]", "[[]]", '[["x"]]', "{}", '"x"'):
        (tmp_path / "kept-feeds.json").write_text(damaged)
        paths.feeds_file.unlink(missing_ok=True)
        add(kind, {"example.org/x": {FOLLOWED: "1", f"{FEED}url": "https://example.org/x"}})
        assert paths.feeds_file.read_text().endswith('url = "https://example.org/x"\n')


@pytest.mark.parametrize("way", ["by hand", "the whole file"])
def test_a_feed_that_was_removed_here_comes_back_with_what_it_had(tmp_path: Path, way: str) -> None:
    paths = Paths(*[tmp_path] * 4)
    kind = FeedsFile(paths, tmp_path / "library")
    paths.feeds_file.write_text(FEEDS)
    found = kind.read_rows()
    assert found is not None
    paid = found[0]["example.org/paid"]
    end = FEEDS.index("[[feeds]]\nrun")
    start = FEEDS.index('[[feeds]]\nurl = "https://me')
    paths.feeds_file.write_text(FEEDS[:start] + FEEDS[end:] if way == "by hand" else "")
    assert kind.read_rows() is not None
    add(kind, {"example.org/paid": paid})
    assert FEEDS[start:end].rstrip() in paths.feeds_file.read_text()
    kept = (tmp_path / "kept-feeds.json").read_text()
    assert "my-source" not in kept, "what never travels is not kept"


def test_feeds_of_a_file_that_was_emptied_come_back_in_their_order(tmp_path: Path) -> None:
    paths = Paths(*[tmp_path] * 4)
    kind = FeedsFile(paths, tmp_path / "library")
    own = "".join(f'# {each}\n[[feeds]]\nurl = "https://example.org/{each}"\n\n' for each in "cab")
    paths.feeds_file.write_text(own)
    found = kind.read_rows()
    assert found is not None
    kind.write_rows(ThingEdits({}, {}, ["example.org/c"]))
    assert kind.read_rows() is not None
    add(kind, {"example.org/c": found[0]["example.org/c"]})
    paths.feeds_file.write_text("")
    assert kind.read_rows() is not None
    add(kind, dict(reversed(found[0].items())))
    assert paths.feeds_file.read_text().rstrip() == own.rstrip()


def test_feeds_in_an_inline_list_travel_though_nothing_is_kept_of_them(tmp_path: Path) -> None:
    paths = Paths(*[tmp_path] * 4)
    kind = FeedsFile(paths, tmp_path / "library")
    paths.feeds_file.write_text('feeds = [{ url = "https://example.org/a" }]\n')
    found = kind.read_rows()
    assert found is not None
    assert list(found[0]) == ["example.org/a"]
    assert kind.read_kept() == {}

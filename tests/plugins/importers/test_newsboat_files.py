"""What newsboat keeps is read whole: its feeds, its cache of any version, its settings."""

from __future__ import annotations

import html
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Enclosure
from rilo_reader.config import Config, SavedSearch
from rilo_reader.entry import Form
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.plugins.importers.newsboat.cache import BATCH, CachedItem, NewsboatCache
from rilo_reader.plugins.importers.newsboat.config import (
    NewsboatConfig,
    commands_without_key,
    describe_service,
    find_keys_to_set,
    to_queries,
)
from rilo_reader.plugins.importers.newsboat.filters import NoCounterpartError, to_query
from rilo_reader.plugins.importers.newsboat.urls import read_urls
from rilo_reader.query.parser import parse
from rilo_reader.text import clean_text
from tests.support.command_line import tree
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.newsboat_files import FEED, LATER, make_cache, newsboat_folder
from tests.support.shared import Data, corpus, samples

NOBODY = 65534
"""The user that owns nothing, on every Linux and nearly every Unix."""

SOURCES = {"news": ("A", "B"), "two words": ("C",)}


def read_config(text: str) -> NewsboatConfig:
    found = NewsboatConfig()
    found.parse_config(text)
    return found


# -- urls -------------------------------------------------------------------------------------


def test_a_key_bound_for_lists_and_for_all_is_what_it_is_for_all() -> None:
    """As thousands have it: next in the list of articles is what down is here."""
    bound = (
        *("j down", "k up", "j next articlelist", "k prev articlelist", "x next article"),
        *("s next articlelist", "l open", "l mark-feed-read feedlist", "h quit", "u pageup"),
    )
    keys = read_config("".join(f"bind-key {each}\n" for each in bound)).keys
    assert keys["down"] == ("j", "s", "down")
    assert keys["up"] == ("k", "up")
    assert keys["next_article"][:2] == ("x", "J")
    assert keys["open"][0] == "l"
    assert keys["back"] == ("h", "escape")
    assert not {"all_read", "previous_article", "quit"} & keys.keys()
    assert commands_without_key({}, keys) == ["Star", "Undo"]
    assert commands_without_key({"undo": ("Z",)}, keys) == ["Star"]


def test_the_key_by_which_people_leave_leaves() -> None:
    keys = read_config("bind-key q quit\nbind-key ^Q hard-quit").keys
    assert keys["quit"][0] == "q"
    assert "back" not in keys


def test_lines_that_part_the_list_are_no_feeds() -> None:
    text = """"───────"
"---NEWS---"
https://a.example/f
""
"⚜️ arch───────"
typo
"""
    found = read_urls(text)
    assert [feed.url for feed in found.subscriptions] == ["https://a.example/f"]
    assert found.faults == ("urls, line 6: “typo” is not a web address: skipped.",)


def test_feeds_with_titles_tags_and_what_is_hidden() -> None:
    text = r"""# a comment
http://a.example/f news "two words" "~A \"great\" title"
  https://b.example/f	~plain ! !shy news

feed://c.example/f
http://a.example/f more
"""
    assert read_urls(text).subscriptions == (
        Subscription("http://a.example/f", 'A "great" title', ("news", "two words", "more")),
        Subscription("https://b.example/f", "plain", ("shy", "news"), muted=True),
        Subscription("http://c.example/f"),
    )


def test_a_comment_behind_a_feed_is_none_of_its_tags() -> None:
    text = """https://a.example/f "news" linux # read on Sundays
https://b.example/f news #hidden
https://c.example/f#part "#quoted" plain#hash
"""
    assert read_urls(text).subscriptions == (
        Subscription("https://a.example/f", "", ("news", "linux")),
        Subscription("https://b.example/f", "", ("news",)),
        Subscription("https://c.example/f#part", "", ("#quoted", "plain#hash")),
    )


@pytest.mark.service
@pytest.mark.skipif(shutil.which("newsboat") is None, reason="newsboat is not here")
def test_newsboat_reads_the_same_tags(tmp_path: Path) -> None:
    lines = [
        'https://a.example/f "news" linux # read on Sundays',
        "https://b.example/f news #hidden",
        'https://c.example/f "#quoted" plain#hash',
        'https://d.example/f "two words" x"y z"',
        "https://e.example/f a\\ b # c",
    ]
    (tmp_path / "urls").write_text("\n".join(lines) + "\n")
    files = ["-u", f"{tmp_path}/urls", "-c", f"{tmp_path}/cache.db", "-C", "/dev/null"]
    listed = subprocess.run(
        ["newsboat", *files, "--export-to-opml2"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    theirs = re.findall('xmlUrl="([^"]*)".*category="([^"]*)"', listed)
    ours = [(feed.url, ",".join(feed.tags)) for feed in read_urls("\n".join(lines)).subscriptions]
    assert ours == [(url, html.unescape(tags)) for url, tags in theirs]


def test_what_is_no_address_is_named_with_its_line() -> None:
    read = read_urls("exec:\nfilter:~/f.sh:~/a.xml\nfile:///x.xml\nquery:no\n")
    assert (read.subscriptions, read.programs) == ((), ())
    assert [fault[:15] for fault in read.faults] == [f"urls, line {n}: “" for n in (1, 2, 3, 4)]


@for_each(
    "line, words",
    [
        ("exec:fetch.sh", ("fetch.sh",)),
        ('"exec:~/bin/fetch --site \\"a b\\" x"', ("~/bin/fetch", "--site", "a b", "x")),
        ('"exec:curl x | sed y"', ("sh", "-c", "curl x | sed y")),
        ('"exec:echo $HOME"', ("sh", "-c", "echo $HOME")),
        ('"exec:cat ~/feed"', ("sh", "-c", "cat ~/feed")),
        ('"exec:don\'t"', ("sh", "-c", "don't")),
    ],
)
def test_a_command_that_prints_a_feed_is_taken_apart(line: str, words: tuple[str, ...]) -> None:
    read = read_urls(f'{line} news "~A" !\n')
    [(feed, command)] = read.programs
    assert (feed.run, feed.title, feed.tags, feed.muted) == (words, "A", ("news",), True)
    assert feed.url.startswith("run:")
    assert command
    assert (read.subscriptions, read.faults) == ((), ())


def test_a_filtered_feed_has_its_command() -> None:
    read = read_urls('"filter:~/f.sh -v:https://u:p@a.example/f?x=1:2" news "~A"\n')
    feed = Subscription("https://u:p@a.example/f?x=1:2", "A", ("news",), filter=("~/f.sh", "-v"))
    assert read.programs == ((feed, "~/f.sh -v"),)


def test_a_sample_of_urls_is_read() -> None:
    read = read_urls((samples("newsboat") / "urls").read_text("utf-8"))
    assert [(feed.url, feed.title, feed.tags) for feed in read.subscriptions] == [
        ("https://harbour.example/feed.xml", "Harbour news", ("harbour", "news")),
        ("https://library.example/atom.xml", "", ("library",)),
        ("https://garden.example/rss?format=2.0&all=1", "", ("garden", "two words")),
    ]
    assert [(feed.title, bool(feed.run)) for feed, _ in read.programs] == [
        *(("Filtered", False), ("", True)),
    ]
    assert len(read.queries) == 1
    named = [fault.partition(":")[0] for fault in read.faults]
    assert named == ["urls, line 8"]


@pytest.mark.corpus
def test_the_suites_urls_are_read() -> None:
    data = corpus("feeds") / "newsboat/test/data"
    read = read_urls((data / "test-urls.txt").read_text())
    names = ("test1.url.cc/feed.xml", "anotherfeed.com/", "onemorefeed.at/feed/")
    assert [feed.url for feed in read.subscriptions] == [f"http://{name}" for name in names]
    assert read.subscriptions[2].title == "another title"
    [(feed, _)] = read_urls((data / "926-urls").read_text()).programs
    assert feed.run[:2] == ("sh", "-c")


def test_query_feeds_are_saved_searches_where_they_can_be() -> None:
    text = r"""
"query:Unread:unread = \"yes\""
"query:Of news:tags # \"news\" and age < 7"
"query:Big:unread_count > 3"
"query:unread:unread = \"no\""
"query:Read:unread = \"no\""
"""
    searches, faults = to_queries(read_urls(text).queries, "s", SOURCES)
    assert searches == [
        SavedSearch("Unread", "is:unread"),
        SavedSearch("Of news", "feeds:news after:6d"),
        SavedSearch("Read", "is:read"),
    ]
    assert [fault.partition(":")[0] for fault in faults] == ["urls, line 4", "urls, line 5"]
    assert "unread_count" in faults[0]


# -- filters ----------------------------------------------------------------------------------


@for_each(
    "expression, query",
    [
        ('unread = "yes"', "is:unread"),
        ('unread != "yes"', "-is:unread"),
        ('unread == "no"', "is:read"),
        ('(unread="yes")', "is:unread"),
        ('title =~ "Linux"', "title:Linux"),
        ('title !~ "^Linux.*"', "-title:Linux"),
        ('title =~ "Linux|Free BSD"', 'title:Linux OR title:"Free BSD"'),
        (r'title =~ "C\+\+"', 'title:"C++"'),
        # A dot between letters is what people write for a dot.
        ('title =~ "a.b"', 'title:"a.b"'),
        ('content =~ "(a1|b2)"', "body:a1 OR body:b2"),
        ('author = "Ana Lim"', 'author:="Ana Lim"'),
        ('feedtitle = "RILO AP"', 'source:="RILO AP"'),
        ('link =~ "example.org"', 'url:"example.org"'),
        ('tags # "two words"', 'feeds:"two words"'),
        ('tags !# "news"', "-feeds:news"),
        ('tags =~ "NEW"', "feeds:news"),
        ('flags # "s"', "is:starred"),
        ('flags =~ "ab"', 'tag:="flag-a" tag:="flag-b"'),
        ("age = 0", "date:today"),
        ("age < 1", "date:today"),
        ("age <= 7", "after:7d"),
        ("age > 7", "before:7d"),
        ("age >= 1", "before:today"),
        ("age between 2:9", "after:9d before:1d"),
        ("age != 0", "-date:today"),
        # newsboat's `and` and `or` bind alike, and to the right.
        ('unread = "yes" and title =~ "a" or title =~ "b"', "is:unread (title:a OR title:b)"),
        (
            '( author =~ "F" or author =~ "J" ) and ( title =~ "L" or title =~ "B" )',
            "(author:F OR author:J) (title:L OR title:B)",
        ),
    ],
)
def test_filters_are_queries(expression: str, query: str) -> None:
    assert to_query(expression, "s", SOURCES) == query
    assert parse(query).faults == ()


@for_each(
    "expression, word",
    [
        ("unread_count > 0", "unread_count"),
        ('enclosure_type =~ "audio"', "enclosure_type"),
        ('title =~ "^[A-Z]+:"', "pattern"),
        ('title > "a"', "compared"),
        ('tags # "nothing"', "no feed has the tag"),
        ('unread = "maybe"', "yes or no"),
        ('flags = ""', "flags"),
        ("age >= 0", "every article"),
        ("age < 0", "no article"),
        ("age < x", "not understood"),
        ('(unread = "yes"', "not closed"),
        ('unread = "yes") or', "not understood"),
        ("", "not understood"),
        ("(" * 1000, "too deep"),
        ("x" * 10_000, "too long"),
        ('title = "a \\" b"', "queries cannot search"),
    ],
)
def test_filters_without_a_counterpart_say_why(expression: str, word: str) -> None:
    with pytest.raises(NoCounterpartError, match=word):
        to_query(expression, "s", SOURCES)


_CONDITIONS = st.sampled_from(
    ['unread = "yes"', 'title =~ "a|b c"', "age < 5", 'flags # "x"', 'tags !# "news"', "age = 0"]
)
_EXPRESSIONS = st.recursive(
    _CONDITIONS,
    lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner, st.booleans()).map(
        lambda parts: f"({' '.join(parts[:3])})" if parts[3] else " ".join(parts[:3])
    ),
    max_leaves=12,
)


@examples(150)
@given(_EXPRESSIONS)
def test_every_query_made_of_a_filter_is_understood(expression: str) -> None:
    assert parse(to_query(expression, "s", SOURCES)).faults == ()


@examples(150)
@given(st.text(st.sampled_from('()"\\=~!#<> andortitle0123456789:x\x1b'), max_size=60))
def test_no_filter_raises_anything_else(expression: str) -> None:
    try:
        query = to_query(expression)
    except NoCounterpartError as error:
        assert clean_text(str(error)) == str(error)
    else:
        assert parse(query).faults == ()


# -- config -----------------------------------------------------------------------------------


def test_settings_with_a_counterpart_are_ours() -> None:
    found = read_config(
        """
bind-key j down   # a comment
bind-key k up articlelist
bind-key ^T toggle-article-read
bind-key NPAGE pagedown
bind-key SPACE open-in-browser
bind-key x delete-article
bind-key o open podboat
bind-key J next-feed articlelist
bind-key K prev-unread-feed
article-sort-order date-desc
bind ; everywhere open-search -- "Search"
text-width 72
datetime-format "%d.%m.%Y"
history-limit 0
auto-reload yes
reload-time 30
reload-threads 8
ttrss-flag-star "x"
ttrss-password "secret # word"
browser `echo evil`
include "~/more"
cache-file "~/other.db"
ignore-article "*" "title =~ \\"Gentoo\\""
ignore-article "http://a.example" "title =~ \\"x\\""
define-filter "mine" "flags # \\"x\\""
define-filter "odd" "feedindex > 3"
"""
    )
    assert found.keys == {
        "down": ("j", "down"),
        "up": ("k", "up"),
        "read": ("ctrl+t", "r"),
        "page_down": ("pagedown",),
        "browser": ("space", "o"),
        "next_source": ("J", "right_curly_bracket"),
        "previous_source": ("K", "left_curly_bracket"),
        "search": ("semicolon", "slash"),
    }
    assert found.values == {
        **{"width": 72, "date_format": "%d.%m.%Y", "history": False},
        **{"refresh_every": 30, "fetch_together": 8},
    }
    assert (found.star_flags, found.files) == ("x", {"cache-file": "~/other.db"})
    names = {"http://a.example": "Ann's"}
    assert to_queries(found.ignored_filters, "x", {}, names.get) == (
        [SavedSearch("", "title:Gentoo"), SavedSearch("", 'source:="Ann\'s" title:x')],
        [],
    )
    assert "“title =~" in to_queries(found.ignored_filters, "x", {})[1][0]
    searches, faults = to_queries(found.filters, "x", {})
    assert searches == [SavedSearch("mine", "is:starred")]
    assert faults == [
        "config, line 27: the filter “odd” cannot be converted (there is no field “feedindex”)."
    ]
    messages = "\n".join(found.skipped_lines)
    for word in ("delete-article", "line 8", "ttrss-password", "browser"):
        assert word in messages
    assert "secret" not in messages
    assert "evil" not in messages


ADDRESSES = {"https://a.example/rss.xml": "A", "https://b.example/Rss": "B"}


@for_each(
    "expression, query",
    [
        ('rssurl = "https://a.example/rss.xml"', 'source:="A"'),
        ('rssurl =~ "a\\\\.example" and unread = "yes"', 'source:="A" is:unread'),
        ('rssurl =~ "a.example|/rss$"', '(source:="A" OR source:="B")'),
        ('rssurl != "https://b.example/Rss"', '-source:="B"'),
    ],
)
def test_addresses_of_feeds_become_their_names(expression: str, query: str) -> None:
    assert to_query(expression, addresses=ADDRESSES) == query.removeprefix("(").removesuffix(")")


@for_each(
    "expression, why",
    [
        ('rssurl = "https://c.example"', "no feed of urls has this address"),
        ('rssurl =~ "a[.]"', "is a pattern"),
        ('rssurl # "a"', "cannot be compared with #"),
    ],
)
def test_other_addresses_are_reported(expression: str, why: str) -> None:
    with pytest.raises(NoCounterpartError, match=why):
        to_query(expression, addresses=ADDRESSES)


@for_each(
    "text, told",
    [
        ("urls-source local", ""),
        ("", ""),
        (
            'urls-source "miniflux"\nminiflux-url https://me:pw@flux.example/\nminiflux-login me',
            "rilo-reader account add miniflux --user me https://flux.example/",
        ),
        (
            "urls-source freshrss\nfreshrss-url https://rss.example/api/greader.php",
            "rilo-reader account add greader --user NAME https://rss.example/api/greader.php",
        ),
        (
            'urls-source oldreader\noldreader-login "a b"',
            "rilo-reader account add greader --user 'a b' https://theoldreader.com",
        ),
        ("urls-source ttrss\nttrss-url https://t.example", "cannot sync with that service"),
        ("urls-source opml\nopml-url https://o.example/x.opml", "rilo-reader import FILE.opml"),
    ],
)
def test_feeds_of_a_service_name_the_account_that_is_meant(text: str, told: str) -> None:
    found = read_config(text)
    assert told in describe_service(found)
    assert bool(told) == bool(describe_service(found))
    assert "pw" not in describe_service(found)


@for_each(
    "line, told",
    [
        ('macro y set browser "x %u"; open-in-browser', "[[commands]]"),
        ("bookmark-cmd ~/bin/save.sh", '"{url}", "{title}"'),
        ("player mpv", "{enclosure}"),
        ("notify-program ~/bin/tell", "[[on_new]]"),
        ("browser firefox", "BROWSER"),
    ],
)
def test_settings_that_run_programs_say_how_it_is_done_here(line: str, told: str) -> None:
    [reason] = read_config(line).skipped_lines
    assert told in reason


def test_only_keys_that_change_something_are_set() -> None:
    found = read_config("bind-key j down\nbind-key w toggle-article-read\nbind-key s open-search\n")
    assert find_keys_to_set(found, Config()) == {"read": ("w", "r"), "search": ("s", "slash")}
    # What somebody set here already is theirs.
    config = Config(keys={"read": ("e",), "star": ("s",)})
    assert find_keys_to_set(found, config) == {}


@pytest.mark.parametrize(
    ("folder", "least"),
    [
        (lambda: samples("newsboat"), 1),
        pytest.param(lambda: corpus("feeds") / "newsboat/test/data", 10, marks=pytest.mark.corpus),
    ],
    ids=["samples", "corpus"],
)
def test_the_suites_settings_are_read(folder: Callable[[], Path], least: int) -> None:
    files = [file for file in sorted(folder().rglob("*config*")) if file.is_file()]
    assert len(files) >= least
    for file in files:
        found = read_config(file.read_bytes().decode("utf-8", "replace"))
        assert all(clean_text(reason) == reason for reason in found.skipped_lines)


# -- cache ------------------------------------------------------------------------------------


def _items(file: Path) -> list[CachedItem]:
    with NewsboatCache(file) as cache:
        return list(cache.iter_items(pytest.fail))


@pytest.mark.parametrize(
    ("data", "count"), [(samples, 5), pytest.param(corpus, 95, marks=pytest.mark.corpus)]
)
def test_every_item_of_the_real_cache(data: Data, count: int, tmp_path: Path) -> None:
    file = newsboat_folder(data, tmp_path) / "cache.db"
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT guid, title, author, url, feedurl, pubDate, content, unread FROM rss_item"
        ).fetchall()
    items = _items(file)
    assert len(items) == count
    found = []
    for entry, feed, read, *_ in items:
        seconds = entry.date and int(entry.date.timestamp())
        said = (entry.key, entry.title, "".join(entry.authors), entry.url)
        found.append((*said, feed, seconds, entry.content, int(not read)))
    assert found == rows


def test_marks_dates_enclosures_and_forms(tmp_path: Path) -> None:
    one = {
        **{"guid": "g1", "title": "A &amp; <b>B</b>", "author": "Ana", "unread": 0},
        **{"url": "https://news.example/1", "flags": "xs", "pubDate": 86400},
        **{"enclosure_url": "https://news.example/1.mp3", "enclosure_type": "audio/mpeg"},
        **{"base": "https://base.example/"},
    }
    two = {"guid": "g2", "deleted": 1, "content_mime_type": "text/plain", "pubDate": 0}
    file = make_cache(tmp_path / "cache.db", [one, two])
    first, second = _items(file)
    assert first.entry.title == "A & B"
    assert (first.read, first.flags, first.deleted) == (True, "sx", False)
    assert first.entry.date == datetime(1970, 1, 2, tzinfo=UTC)
    assert first.entry.enclosures == (Enclosure("https://news.example/1.mp3", "audio/mpeg"),)
    assert first.entry.base == "https://base.example/"
    assert first.entry.form is Form.HTML
    assert (second.read, second.flags, second.deleted) == (False, "", True)
    assert second.entry.date is None
    assert second.entry.form is Form.TEXT
    with NewsboatCache(file) as cache:
        assert cache.read_titles()[FEED] == "News"


@pytest.mark.parametrize(
    ("guid", "key"),
    [
        ("tag:a,2015:1", "tag:a,2015:1"),
        ("https://news.example/1", ""),
        ("https://news.example/1Mon, 01 Jan 2024 10:00:00 GMT", ""),
        ("https://news.example/12024-01-01T00:00:00Z", ""),
        ("https://news.example/1#again", "https://news.example/1#again"),
        ("The title", ""),
    ],
)
def test_a_guid_that_newsboat_made_up_is_none(tmp_path: Path, guid: str, key: str) -> None:
    item = {"guid": guid, "title": "The title", "url": "https://news.example/1"}
    assert _items(make_cache(tmp_path / "cache.db", [item]))[0].entry.key == key


@pytest.mark.parametrize("later", [(), tuple(LATER)[:3], tuple(LATER)])
def test_caches_of_other_versions(tmp_path: Path, later: tuple[str, ...]) -> None:
    file = make_cache(tmp_path / "cache.db", [{"guid": f"g{n}"} for n in range(3)], later=later)
    assert [item.entry.key for item in _items(file)] == ["g0", "g1", "g2"]


def test_more_items_than_one_batch_and_gaps(tmp_path: Path) -> None:
    items = [{"guid": f"g{n}", "id": n * 3} for n in range(BATCH * 2 + 7)]
    file = make_cache(tmp_path / "cache.db", items)
    assert [item.entry.key for item in _items(file)] == [str(item["guid"]) for item in items]


def test_a_film_says_what_newsboat_shows_of_it(tmp_path: Path) -> None:
    described = {
        **{"content": " ", "enclosure_description": "What the film shows"},
        "enclosure_description_mime_type": "text/plain",
    }
    items = [{"guid": "g1", **described}, {"guid": "g2", **described, "content": "<p>Own.</p>"}]
    file = make_cache(tmp_path / "cache.db", items)
    assert [(item.entry.content, item.entry.form) for item in _items(file)] == [
        ("What the film shows", Form.TEXT),
        ("<p>Own.</p>", Form.HTML),
    ]


def test_hostile_items_arrive_clean(tmp_path: Path) -> None:
    evil = "a\x1b]0;owned\x07\u202eb\x9b\ud800"[:-1]
    item = {
        **{"guid": evil, "title": evil, "author": evil, "url": "javascript:alert(1)"},
        **{"content": evil, "pubDate": 10**17, "flags": "a\x1b;b", "enclosure_url": "file:///x"},
    }
    found = _items(
        make_cache(tmp_path / "cache.db", [item, {"guid": b"\xff\xfe", "title": b"\xff"}])
    )
    entry = found[0].entry
    for text in (entry.key, entry.title, *entry.authors, entry.content):
        assert clean_text(text) == text
    assert (entry.url, entry.enclosures, entry.date, found[0].flags) == ("", (), None, "ab")
    assert found[1].entry.title == "\ufffd"


def test_a_cache_that_is_written_with_a_log_is_read_and_left_alone(tmp_path: Path) -> None:
    file = make_cache(tmp_path / "nb" / "cache.db", [{"guid": "g1"}])
    writer = sqlite3.connect(file)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE rss_item SET unread = 0")
    writer.commit()
    try:
        before = tree(file.parent)
        assert [item.read for item in _items(file)] == [True]
        assert tree(file.parent) == before
    finally:
        writer.close()


def test_reading_does_not_keep_newsboat_from_writing(tmp_path: Path) -> None:
    file = make_cache(tmp_path / "cache.db", [{"guid": f"g{n}"} for n in range(BATCH + 1)])
    with NewsboatCache(file) as cache:
        items = cache.iter_items(pytest.fail)
        next(items)
        with sqlite3.connect(file, timeout=0) as writer:
            writer.execute("DELETE FROM rss_item WHERE guid = ?", (f"g{BATCH}",))
        writer.close()
        assert len(list(items)) == BATCH - 1


def test_a_folder_that_may_not_be_written_is_enough() -> None:
    # Not in pytest's own folder, which nobody but its owner may enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = make_cache(Path(folder) / "nb" / "cache.db", [{"guid": "g1"}])
        before, own = _items(file), os.geteuid()
        file.chmod(0o444)
        file.parent.chmod(0o555)
        try:
            if own == 0:  # who may write anywhere
                os.seteuid(NOBODY)
            with pytest.raises(PermissionError):
                (file.parent / "x").touch()
            assert _items(file) == before
        finally:
            os.seteuid(own)
            file.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a SQLite database"),
        (b"SQLite format 3\0" + b"\1" * 5000, "damaged|cannot be read"),
        (b"x" * 5000, "not a SQLite database"),
    ],
)
def test_what_is_no_cache_is_refused(tmp_path: Path, data: bytes, word: str) -> None:
    file, other = tmp_path / "cache.db", tmp_path / "other.db"
    file.write_bytes(data)
    with pytest.raises(NotReadableError, match=word):
        NewsboatCache(file)
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE other (x)")
    with pytest.raises(NotReadableError, match="not a cache of newsboat"):
        NewsboatCache(other)

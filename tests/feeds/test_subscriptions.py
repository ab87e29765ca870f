"""feeds.toml: read with every fault named, and changed without touching another byte."""

from __future__ import annotations

from operator import eq
from pathlib import Path

import pytest

from rilo_reader.entry import Selectors
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.subscriptions import MatchScope, Subscription
from rilo_reader.fetch.messages import Headers
from tests.support.for_each import for_each

TEXT = """\
# mine
[[feeds]]
url = "https://one.example/feed"  # the first
tags = ["News", "News/Europe"]

# a comment of two
[[feeds]]
url = 'https://two.example/feed'
title = "Two"   # its name
paused = true


# the end
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.toml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_every_key_is_read(file: Path, tmp_path: Path) -> None:
    assert subscriptions.load(tmp_path / "none.toml") == ((), ())
    one = Subscription("https://one.example/feed", tags=("News", "News/Europe"))
    two = Subscription("https://two.example/feed", "Two", paused=True)
    assert subscriptions.load(file) == ((one, two), ())
    file.write_text(
        "[[feeds]]\nurl = 'feed://a.example/feed'\ntitle = 'A'\ntags = 'News'\nsite = 'a.example'\n"
        "full_text = true\nevery = 90\nmuted = true\npaused = true\nlimit = 5\n"
        "private = true\npictures = true\nat_most = 3\nread_after = '2w'\n"
        "keep_unread = 9\nuser_agent = 'Mine'\n"
        "headers = { cookie = 'a=1' }\nheader_command = ['pass', 'a']\n"
        "run = ['print']\nfilter = ['change', 'it']\n"
        "[feeds.page]\nitems = 'article'\ntitle = 'h2'\n",
        encoding="utf-8",
    )
    feed = Subscription(
        "https://a.example/feed", "A", ("News",), "https://a.example", True, 90, True, True, 5, True
    )
    feed = feed._replace(pictures=True, at_most=3, headers=Headers({"Cookie": "a=1"}))
    feed = feed._replace(header_command=("pass", "a"), user_agent="Mine")
    feed = feed._replace(run=("print",), filter=("change", "it"))
    feed = feed._replace(read_after="2w", keep_unread=9)
    feed = feed._replace(page=Selectors("article", "h2", "a", "time"))
    assert subscriptions.load(file) == ((feed,), ())
    assert not any(map(eq, feed, Subscription("")))


@for_each(
    "line, key, reason",
    [
        ("tilte = 'x'", "feeds.tilte", "did you mean title?"),
        ("every = -1", "feeds.every", "is not between"),
        ("muted = 'yes'", "feeds.muted", "true or false"),
        ("tags = 3", "feeds.tags", "a list of tags"),
        ("page = 'article'", "feeds.page", "expected what its entries are"),
        ("page = { title = 'h2' }", "feeds.page", "expected what its entries are"),
        ("page = { items = 'p', titel = 'a' }", "feeds.page", "did you mean title?"),
        ("page = { items = 'p', link = 3 }", "feeds.page", "link must be a selector of CSS"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(file: Path, line: str, key: str, reason: str) -> None:
    file.write_text(f"[[feeds]]\nurl = 'https://a.example'\n{line}\n", encoding="utf-8")
    right, [problem] = subscriptions.load(file)
    assert right == (Subscription("https://a.example"),)
    assert (problem.file, problem.line, problem.key) == (file, 3, key)
    assert reason in problem.reason


def test_a_feed_without_a_right_address_is_left_out_and_named(file: Path) -> None:
    text = "[[feeds]]\ntitle = 'x'\n[[feeds]]\nurl = 'file:///etc/passwd'\n[[feed]]\nurl = 'x'\n"
    file.write_text(text, encoding="utf-8")
    right, problems = subscriptions.load(file)
    assert right == ()
    assert [(p.line, p.key) for p in problems] == [(1, "feeds.url"), (4, "feeds.url"), (5, "feed")]


def test_one_feed_twice_is_named(file: Path) -> None:
    text = "[[feeds]]\nurl = 'http://www.a.example/x/'\n[[feeds]]\nurl = 'https://a.example/x'\n"
    file.write_text(text, encoding="utf-8")
    right, [problem] = subscriptions.load(file)
    assert len(right) == 1
    assert "you already follow http://www.a.example/x/;" in problem.reason


def test_a_broken_file_is_named_and_never_overwritten(file: Path) -> None:
    file.write_text(TEXT + "[[feeds\n", encoding="utf-8")
    right, [problem] = subscriptions.load(file)
    assert (right, problem.line) == ((), 14)
    with pytest.raises(ValueError, match="line 14"):
        subscriptions.add_feeds(file, [Subscription("https://three.example/")])
    assert file.read_text(encoding="utf-8") == TEXT + "[[feeds\n"


def test_added_feeds_stand_after_the_last_and_nothing_else_changes(file: Path) -> None:
    three = Subscription("https://three.example/", tags=("News",), every=30)
    again = Subscription("http://one.example/feed/")
    four = Subscription("https://four.example/")
    assert subscriptions.add_feeds(file, [again, three, four, three]) == (three, four)
    new = (
        '\n[[feeds]]\nurl = "https://three.example/"\ntags = ["News"]\nevery = 30\n'
        '\n[[feeds]]\nurl = "https://four.example/"\n'
    )
    assert file.read_text(encoding="utf-8") == TEXT.replace(
        "paused = true\n", f"paused = true\n{new}"
    )
    assert subscriptions.add_feeds(file, [three]) == ()


def test_the_first_feed_makes_an_explained_file(tmp_path: Path) -> None:
    file = tmp_path / "config" / "feeds.toml"
    subscriptions.add_feeds(file, [Subscription("https://a.example/")])
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# The feeds that you follow.")
    assert text.endswith('\n\n[[feeds]]\nurl = "https://a.example/"\n')


def test_a_change_keeps_comments_and_can_be_taken_back(file: Path) -> None:
    url = "https://two.example/feed"
    before = subscriptions.change(file, url, title="Zwei", paused=False, muted=True)
    assert file.read_text(encoding="utf-8") == TEXT.replace('"Two"', '"Zwei"').replace(
        "paused = true\n", "muted = true\n"
    )
    subscriptions.change(file, url, **before._asdict())
    assert subscriptions.load(file)[0][1] == before


def test_a_change_of_what_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(ValueError, match="no longer follow"):
        subscriptions.change(file, "https://none.example", title="x")
    with pytest.raises(ValueError, match="feeds have no colour"):
        subscriptions.change(file, "https://two.example/feed", colour="x")
    with pytest.raises(ValueError, match="already follow"):
        subscriptions.change(file, "https://two.example/feed", url="http://one.example/feed")
    assert file.read_text(encoding="utf-8") == TEXT


def test_removed_and_restored_is_as_it_was(file: Path) -> None:
    before = subscriptions.load(file)
    for feed in before[0]:
        removed = subscriptions.remove(file, feed.url)
        assert feed.url not in file.read_text(encoding="utf-8")
        assert "# the end" in file.read_text(encoding="utf-8")
        for _ in range(2):
            subscriptions.restore(file, removed)
            assert subscriptions.load(file) == before
        assert all(line in file.read_text(encoding="utf-8") for line in TEXT.splitlines())


def test_a_tag_is_renamed_with_those_below_it(file: Path) -> None:
    subscriptions.rename_tag(file, "News", "Press")
    assert subscriptions.load(file)[0][0].tags == ("Press", "Press/Europe")
    subscriptions.rename_tag(file, "Press", "")
    assert subscriptions.load(file)[0][0].tags == ("Europe",)


def test_a_feed_is_found_by_address_name_tag_and_part(file: Path) -> None:
    one, two = subscriptions.load(file)[0]
    for name, found in {
        "http://one.example/feed/": [one],
        "two": [two],
        "news": [one],
        "example": [one, two],
        "nothing": [],
    }.items():
        assert subscriptions.find_subscriptions((one, two), name) == found
    below = one._replace(tags=("Press/Europe",))
    for scope in (MatchScope.ANY, MatchScope.WORDS):
        assert subscriptions.find_subscriptions((below, two), "press", scope) == [below]
    # A removal means what is tagged so.
    assert subscriptions.find_subscriptions((below, two), "press", MatchScope.HOST) == []
    assert subscriptions.find_subscriptions((below, two), "pres") == []


@for_each(
    "name, any_part, words, host",
    [
        ("Feed a", 1, 0, 0),  # it was removed, "Feed ab" is left
        ("feed AB", 1, 1, 1),
        ("https://e.example/feed", 1, 0, 0),  # the feed of comments is left
        ("https://e.example/feed/comments", 1, 1, 1),
        ("comments", 1, 1, 0),
        ("comment", 1, 0, 0),
        ("e.example", 1, 1, 1),
        (".example", 1, 0, 0),
        (" ", 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_a_part_of_a_name_is_enough_for_a_list_and_not_for_a_change(
    name: str, any_part: int, words: int, host: int
) -> None:
    feed = Subscription("https://e.example/feed/comments", "Feed ab")
    found = [len(subscriptions.find_subscriptions((feed,), name, part)) for part in MatchScope]
    assert found == [any_part, words, host]


PAGES = """\
[[feeds]]
url = "https://a.example/news"

# what its entries are
[feeds.page]
items = "article"  # each
title = "h2"

[[feeds]]
url = "https://b.example/news"
page = { items = "li" }
"""


def test_a_feed_with_a_table_below_it_is_changed(file: Path) -> None:
    file.write_text(PAGES, encoding="utf-8")
    a, b = subscriptions.load(file)[0]
    assert (a.page, b.page) == (Selectors("article", "h2"), Selectors("li"))
    subscriptions.change(file, a.url, paused=True, tags=("News",))
    after = PAGES.replace('a.example/news"\n', 'a.example/news"\npaused = true\ntags = ["News"]\n')
    assert file.read_text(encoding="utf-8") == after
    subscriptions.change(file, a.url, paused=False, tags=())
    assert file.read_text(encoding="utf-8") == PAGES
    subscriptions.change(file, b.url, page=Selectors("p", date=""))
    assert 'page = { items = "p", date = "" }\n' in file.read_text(encoding="utf-8")
    subscriptions.change(file, a.url, page=Selectors("section", "h3"))
    assert subscriptions.load(file)[0][0].page == Selectors("section", "h3")
    subscriptions.change(file, a.url, page=Selectors())
    assert subscriptions.load(file)[0][0].page == Selectors()
    assert subscriptions.load(file)[1] == ()

"""A sample of `python -m tests.feeds`: other readers' test feeds, and real ones."""

from __future__ import annotations

import json

import pytest

from rilo_reader.collect.feed import read_feed
from tests.feeds import feedparser_suite, gofeed_suite
from tests.feeds.real import URL, judge_fastfeedparser, judge_readable, judge_real
from tests.feeds.reasons import reason
from tests.feeds.tally import Tally, files_of
from tests.shared import corpus, truth


def unexplained(tally: Tally) -> list[str]:
    """The differences that no reason is written down for."""
    return [miss for miss in tally.misses if not reason(miss)]


def test_real_feeds_are_read_to_the_letter() -> None:
    tally = judge_real(corpus("feeds") / "fastfeedparser", truth("real_feeds_dev.json"), every=3)
    assert tally.counts["titles"] > 800
    assert tally.misses == []
    assert tally.refused == 0


def test_real_feeds_with_everything() -> None:
    assert unexplained(judge_fastfeedparser(corpus("feeds") / "fastfeedparser")) == []


def test_feedparsers_expectations() -> None:
    tally = feedparser_suite.judge(corpus("feeds") / "feedparser", every=4)
    assert tally.counts["titles"] > 30
    assert tally.counts["contents"] > 40
    assert unexplained(tally) == []


def test_gofeeds_expectations() -> None:
    tally = gofeed_suite.judge(corpus("feeds") / "gofeed", every=2)
    assert tally.counts["titles"] > 20
    assert unexplained(tally) == []


@pytest.mark.parametrize("folder", ["w3c-feedvalidator", "lemon24-reader", "newsboat"])
def test_every_entry_of_a_readable_feed_is_there(folder: str) -> None:
    patterns = ("*.xml", "*.rss", "*.atom")
    assert unexplained(judge_readable(folder, corpus("feeds") / folder, *patterns, every=5)) == []


def test_a_real_feed_that_is_cut_gives_its_whole_entries() -> None:
    for name in sorted(json.loads(truth("real_feeds_dev.json").read_text()))[::10]:
        data = (corpus("feeds") / "fastfeedparser" / "benchmark_data" / name).read_bytes()
        if len(data) > 300_000:
            continue
        whole = read_feed(data, URL).entries
        cut = data[: len(data) * 2 // 3]
        found = read_feed(cut, URL).entries
        assert found == whole[: len(found)]
        if b"<" in data[:1]:
            assert len(found) == cut.count(b"</item>") + cut.count(b"</entry>")


def test_bombs_are_refused() -> None:
    for file in files_of(corpus("security") / "defusedxml", "*.xml"):
        with pytest.raises(Exception, match=r"no feed|not a feed"):
            read_feed(file.read_bytes(), URL)

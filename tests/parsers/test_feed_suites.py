"""Samples of every format and fault; `python -m tools.judge.feeds` has other readers' suites."""

from __future__ import annotations

import json

import pytest
from tools.judge.feeds import feedparser_suite, gofeed_suite
from tools.judge.feeds.real import URL, judge_fastfeedparser, judge_readable, judge_real
from tools.judge.feeds.reasons import reason
from tools.judge.feeds.tally import Tally, files_of

from rilo_reader.parsers import read_feed
from tests.support.shared import Data, corpus, samples, samples_and_corpus, truth


def unexplained(tally: Tally) -> list[str]:
    """The differences that no reason is written down for."""
    return [miss for miss in tally.misses if not reason(miss)]


SAMPLES = samples("feeds") / "entries"
EXPECTED = SAMPLES / "expected.json"


def test_samples_are_read_to_the_letter() -> None:
    tally = judge_real(SAMPLES, EXPECTED)
    assert tally.counts["titles"] > 40
    assert tally.counts["contents"] > 10
    assert tally.misses == []
    assert tally.refused == 0


def test_every_sample_has_an_expectation() -> None:
    feeds = {file.name for file in SAMPLES.iterdir()} - {EXPECTED.name}
    assert feeds == set(json.loads(EXPECTED.read_text("utf-8")))


@pytest.mark.corpus
def test_real_feeds_are_read_to_the_letter() -> None:
    folder = corpus("feeds") / "fastfeedparser" / "benchmark_data"
    tally = judge_real(folder, truth("real_feeds_dev.json"), every=3)
    assert tally.counts["titles"] > 800
    assert tally.misses == []
    assert tally.refused == 0


@pytest.mark.corpus
def test_real_feeds_with_everything() -> None:
    assert unexplained(judge_fastfeedparser(corpus("feeds") / "fastfeedparser")) == []


@pytest.mark.corpus
def test_feedparsers_expectations() -> None:
    tally = feedparser_suite.judge(corpus("feeds") / "feedparser", every=4)
    assert tally.counts["titles"] > 30
    assert tally.counts["contents"] > 40
    assert unexplained(tally) == []


@pytest.mark.corpus
def test_gofeeds_expectations() -> None:
    tally = gofeed_suite.judge(corpus("feeds") / "gofeed", every=2)
    assert tally.counts["titles"] > 20
    assert unexplained(tally) == []


@pytest.mark.parametrize(
    ("data", "folder", "every"),
    [
        (samples, "entries", 1),
        *(
            pytest.param(corpus, folder, 5, marks=pytest.mark.corpus)
            for folder in ("w3c-feedvalidator", "lemon24-reader", "newsboat")
        ),
    ],
)
def test_every_entry_of_a_readable_feed_is_there(data: Data, folder: str, every: int) -> None:
    patterns = ("*.xml", "*.rss", "*.atom")
    tally = judge_readable(folder, data("feeds") / folder, *patterns, every=every)
    assert tally.files
    assert unexplained(tally) == []


@samples_and_corpus
def test_a_real_feed_that_is_cut_gives_its_whole_entries(data: Data) -> None:
    if data is samples:
        files = [SAMPLES / name for name in ("rss-2.0.xml", "atom-1.0.xml", "json-feed-1.1.json")]
    else:
        folder = data("feeds") / "fastfeedparser" / "benchmark_data"
        names = sorted(json.loads(truth("real_feeds_dev.json").read_text()))[::10]
        files = [folder / name for name in names]
    for file in files:
        _is_read_when_cut(file.read_bytes())


def _is_read_when_cut(data: bytes) -> None:
    if len(data) > 300_000:
        return
    whole = read_feed(data, URL).entries
    cut = data[: len(data) * 2 // 3]
    found = read_feed(cut, URL).entries
    assert found == whole[: len(found)]
    if b"<" in data[:1]:
        assert len(found) == cut.count(b"</item>") + cut.count(b"</entry>")


@pytest.mark.parametrize(
    ("data", "folder"),
    [(samples, "bombs"), pytest.param(corpus, "defusedxml", marks=pytest.mark.corpus)],
)
def test_bombs_are_refused(data: Data, folder: str) -> None:
    bombs = files_of(data("security") / folder, "*.xml")
    assert bombs
    for file in bombs:
        with pytest.raises(Exception, match=r"no feed|not a feed"):
            read_feed(file.read_bytes(), URL)

"""Print the table of all suites: `python -m tools.judge.feeds [SUITE …]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.shared import corpus, truth

from tools.judge.feeds import feedparser_suite, gofeed_suite
from tools.judge.feeds.real import judge_fastfeedparser, judge_readable, judge_real
from tools.judge.feeds.tally import Tally, print_table


def suites(feeds: Path) -> dict[str, Callable[[], Tally]]:
    """Each suite by name."""
    return {
        "real": lambda: judge_real(
            feeds / "fastfeedparser" / "benchmark_data", truth("real_feeds_dev.json")
        ),
        "fastfeedparser": lambda: judge_fastfeedparser(feeds / "fastfeedparser"),
        "feedparser": lambda: feedparser_suite.judge(feeds / "feedparser"),
        "gofeed": lambda: gofeed_suite.judge(feeds / "gofeed"),
        "validator": lambda: judge_readable(
            "validator", feeds / "w3c-feedvalidator" / "testcases", "*.xml"
        ),
        "lemon24": lambda: judge_readable("lemon24", feeds / "lemon24-reader", "*.rss", "*.atom"),
        "newsboat": lambda: judge_readable("newsboat", feeds / "newsboat", "*.xml", "*.atom"),
    }


def main() -> None:
    """Print the table."""
    chosen = suites(corpus("feeds"))
    names = sys.argv[1:] or list(chosen)
    print_table([chosen[name]() for name in names])


if __name__ == "__main__":
    main()

"""Real feeds, and what two parsers agree that they say; and suites without an expectation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from rilo_reader.entry import Feed
from tools.judge.feeds.tally import Tally, files_of, line, same_content

GO_ZERO = -62_135_596_800
URL = "https://feeds.example/feed.xml"


def judge_real(folder: Path, truth: Path, every: int = 1) -> Tally:
    """Feeds of a folder, or every so many: what the truth says of their entries, to the letter."""
    tally = Tally("real feeds")
    for name, theirs in list(json.loads(truth.read_text("utf-8")).items())[::every]:
        feed = tally.read(folder / name, URL)
        if "n" in theirs:
            _judge(tally, name, feed or Feed(), theirs)
    return tally


def _judge(tally: Tally, name: str, feed: Feed, theirs: dict[str, Any]) -> None:
    ours = len(feed.entries)
    tally.count("counts", ours == theirs["n"], f"{name}: {theirs['n']} entries, ours {ours}")
    for entry, item in zip(feed.entries, theirs["items"], strict=False):
        tally.count("titles", entry.title == item["title"], f"{name}: {item}, {entry.title!r}")
        if "link" in item:
            # Some leave a relative link as it is: the same, seen from the feed's address.
            link = urljoin(URL, item["link"]) if item["link"] else ""
            tally.count("links", entry.url == link, f"{name}: {item}, ours {entry.url!r}")
        # Year 1 is how Go writes that there is no date; an article is not that old.
        moment = (
            None if item["published"] == GO_ZERO else datetime.fromtimestamp(item["published"], UTC)
        )
        tally.count("dates", entry.date == moment, f"{name}: {item}, ours {entry.date}")
        if "content" in item:
            equal = same_content(entry, item["content"])
            tally.count("contents", equal, f"{name}: {item}, ours {entry.content[:150]!r}")


def judge_fastfeedparser(folder: Path) -> Tally:
    """Five real feeds with all that fastfeedparser makes of them."""
    tally = Tally("fastfeedparser")
    for file in files_of(folder / "tests" / "integration", "*.xml"):
        feed = tally.read(file, URL) or Feed()
        theirs = json.loads(file.with_suffix(".json").read_text())["entries"]
        equal = len(feed.entries) == len(theirs)
        tally.count("counts", equal, f"{file.name}: {len(theirs)}, ours {len(feed.entries)}")
        for entry, item in zip(feed.entries, theirs, strict=False):
            title = line(item.get("title") or "")
            tally.count("titles", entry.title == title, f"{file.name}: {title!r}, {entry.title!r}")
            link = item.get("link") or ""
            tally.count("links", entry.url == link, f"{file.name}: {link}, ours {entry.url}")
            if item.get("published"):
                moment = datetime.fromisoformat(item["published"]).replace(microsecond=0)
                tally.count("dates", entry.date == moment, f"{file.name}: {moment} {entry.date}")
            for content in item.get("content") or []:
                equal = same_content(entry, content["value"])
                detail = f"{file.name}: {content['value'][:150]!r}, ours {entry.content[:150]!r}"
                tally.count("contents", equal, detail)
    return tally


def judge_readable(name: str, folder: Path, *patterns: str, every: int = 1) -> Tally:
    """A suite without expectations that we can read: every file with entries gives entries."""
    tally = Tally(name)
    for file in files_of(folder, *patterns)[::every]:
        feed = tally.read(file, URL)
        data = file.read_bytes()
        entries = data.count(b"<item>") + data.count(b"<item ") + data.count(b"<entry")
        if entries and feed is None:
            tally.count("counts", False, f"{file.name}: refused, though there are {entries}")
        elif feed is not None:
            equal = len(feed.entries) == entries or (entries == 0) == (not feed.entries)
            tally.count("counts", equal, f"{file.name}: {entries} marks, ours {len(feed.entries)}")
    return tally

"""gofeed's own tests: beside each feed a JSON file of what it says."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rilo_reader.entry import Entry, Feed
from tools.judge.feeds.tally import Tally, files_of, same_content, same_line

URL = "https://feeds.example/feed.xml"


def judge(folder: Path, every: int = 1) -> Tally:
    """The files of the suite that have their JSON, or every so many."""
    tally = Tally("gofeed")
    for file in files_of(folder / "testdata", "*.xml", "*_simple.json", "*11_feed.json")[::every]:
        feed = tally.read(file, URL)
        for name in (f"{file.stem}.json", f"{file.stem}_expected.json"):
            expected = file.with_name(name)
            if expected != file and expected.exists():
                _judge_feed(tally, file.name, feed or Feed(), json.loads(expected.read_text()))
    return tally


def _judge_feed(tally: Tally, name: str, feed: Feed, theirs: dict[str, Any]) -> None:
    items = theirs.get("entries", theirs.get("items")) or []
    if items or "entries" in theirs or "items" in theirs:
        ours = len(feed.entries)
        tally.count("counts", ours == len(items), f"{name}: {len(items)} entries, ours {ours}")
    if "title" in theirs:
        equal = same_line(feed.title, theirs["title"])
        tally.count("titles", equal, f"{name}: {theirs['title']!r}, ours {feed.title!r}")
    if theirs.get("link"):
        tally.count("links", feed.url == theirs["link"], f"{name}: {theirs['link']}, {feed.url}")
    for entry, item in zip(feed.entries, items, strict=False):
        _judge_entry(tally, name, entry, item)


def _judge_entry(tally: Tally, name: str, entry: Entry, item: dict[str, Any]) -> None:
    if "title" in item:
        equal = same_line(entry.title, item["title"])
        tally.count("titles", equal, f"{name}: {item['title']!r}, ours {entry.title!r}")
    link = item.get("link", item.get("url"))
    if link:
        tally.count("links", entry.url == link, f"{name}: {link!r}, ours {entry.url!r}")
    key = item.get("id", item.get("guid"))
    key = key.get("value") if isinstance(key, dict) else key
    if key:
        tally.count("keys", entry.key == key, f"{name}: {key!r}, ours {entry.key!r}")
    for field in ("publishedParsed", "pubDateParsed", "updatedParsed"):
        if item.get(field):
            ours = entry.updated if field == "updatedParsed" else entry.date
            equal = ours == datetime.fromisoformat(item[field]).replace(microsecond=0)
            tally.count("dates", equal, f"{name}: {field} {item[field]}, ours {ours}")
    content = item.get("content")
    content = content.get("value", "") if isinstance(content, dict) else content
    for theirs in (content, item.get("description"), item.get("summary")):
        if theirs:
            detail = f"{name}: {theirs!r}, ours {entry.content!r}, {entry.summary!r}"
            tally.count("contents", same_content(entry, theirs), detail)
    people = [author.get("name") or author.get("email") for author in item.get("authors") or []]
    if any(people):
        equal = entry.authors == tuple(people)
        tally.count("authors", equal, f"{name}: {people}, ours {entry.authors}")
    tags = [tag if isinstance(tag, str) else _term(tag) for tag in item.get("categories") or []]
    if tags:
        tally.count("tags", entry.tags == tuple(tags), f"{name}: {tags}, ours {entry.tags}")
    files = [file.get("url") for file in item.get("enclosures") or []]
    if files:
        ours_files = [file.url for file in entry.enclosures]
        tally.count("others", ours_files == files, f"{name}: {files}, ours {ours_files}")


def _term(tag: dict[str, Any]) -> str:
    """What a category is called."""
    return str(tag.get("label") or tag.get("term") or tag.get("value") or "")

"""feedparser's own tests: each file's leading comment says what must be true of it."""

from __future__ import annotations

import ast
import calendar
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from rilo_reader.entry import Entry, Feed
from tools.judge.feeds.tally import Tally, files_of, same_content, same_line

SERVER = "http://127.0.0.1:8097/"
_HEADER = re.compile(r"^\s*Header:\s*([\w-]+):\s*(.+?)\s*$", re.MULTILINE)
_EXPECT = re.compile(r"Expect:\s*(.*?)\s*(?:-->|$)", re.MULTILINE)
_ENCODINGS = ("utf-8", "utf-32", "utf-16", "utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be",
              "cp037", "latin-1")  # fmt: skip


def judge(folder: Path, every: int = 1) -> Tally:
    """The files of the suite, or every so many."""
    tally = Tally("feedparser")
    for file in files_of(folder / "tests", "*.xml", "*.json")[::every]:
        _judge_file(tally, folder, file)
    return tally


def _comment(data: bytes) -> str:
    """The beginning of a file, in the first encoding in which it says what it expects."""
    for encoding in _ENCODINGS:
        try:
            text = data[:4000].decode(encoding, errors="replace")
        except UnicodeError:
            continue
        if "Expect:" in text:
            return text
    return ""


def _judge_file(tally: Tally, folder: Path, file: Path) -> None:
    path = file.relative_to(folder).as_posix()
    comment = _comment(file.read_bytes())
    headers = {name.lower(): value for name, value in _HEADER.findall(comment)}
    url = urljoin(SERVER + path, headers.get("content-location", ""))
    feed = tally.read(file, url, headers.get("content-type", ""))
    expected = _EXPECT.search(comment)
    if expected is None:
        return
    try:
        tree = ast.parse(expected[1].strip(), mode="eval").body
    except SyntaxError:
        return
    clauses = tree.values if isinstance(tree, ast.BoolOp) else [tree]
    for clause in clauses:
        if isinstance(clause, ast.Compare) and isinstance(clause.ops[0], ast.Eq):
            _judge_clause(tally, f"{path}: {ast.unparse(clause)}", feed, clause)


def _judge_clause(tally: Tally, detail: str, feed: Feed | None, clause: ast.Compare) -> None:
    """One `this == that`; what we keep nothing of is not counted."""
    try:
        theirs = ast.literal_eval(clause.comparators[-1])
    except ValueError:
        return
    keys = _path(clause.left)
    feed = feed or Feed()
    if isinstance(clause.left, ast.Call) and ast.unparse(clause.left) == "len(entries)":
        tally.count("counts", len(feed.entries) == theirs, f"{detail}, ours {len(feed.entries)}")
    elif keys[:1] == ["feed"]:
        _judge_feed(tally, detail, feed, keys[1:], theirs)
    elif keys[:1] == ["entries"] and len(keys) > 2 and isinstance(keys[1], int):
        entry = feed.entries[keys[1]] if keys[1] < len(feed.entries) else Entry()
        _judge_entry(tally, detail, entry, keys[2:], theirs)


def _path(node: ast.AST) -> list[Any]:
    """`entries[0].title` as ["entries", 0, "title"]; empty where it is something else."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=inner, attr=name):
            return [*_path(inner), name]
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            return [*_path(inner), key]
    return []


def _judge_feed(tally: Tally, detail: str, feed: Feed, keys: list[Any], theirs: Any) -> None:
    match keys:
        case ["title"] | ["title_detail", "value"]:
            equal = same_line(feed.title, theirs)
            tally.count("titles", equal, f"{detail}, ours {feed.title!r}")
        case ["link"]:
            tally.count("links", feed.url == theirs, f"{detail}, ours {feed.url!r}")
        case ["language"]:
            tally.count("others", feed.lang == theirs, f"{detail}, ours {feed.lang!r}")


def _judge_entry(tally: Tally, detail: str, entry: Entry, keys: list[Any], theirs: Any) -> None:
    match keys:
        case ["title"] | ["title_detail", "value"]:
            tally.count("titles", same_line(entry.title, theirs), f"{detail}, ours {entry.title!r}")
        case ["link"]:
            tally.count("links", entry.url == theirs, f"{detail}, ours {entry.url!r}")
        case ["id" | "guid"]:
            tally.count("keys", entry.key == theirs, f"{detail}, ours {entry.key!r}")
        case ["updated_parsed" | "modified_parsed"]:
            _count_date(tally, detail, entry.updated or entry.date, theirs)
        case ["published_parsed" | "issued_parsed" | "created_parsed"]:
            _count_date(tally, detail, entry.date, theirs)
        case (
            ["summary" | "description"]
            | ["summary_detail" | "description_detail", "value"]
            | ["content", 0, "value"]
        ):
            ours = f"{entry.content!r}, {entry.summary!r}, base {entry.base!r}"
            tally.count("contents", same_content(entry, theirs), f"{detail}, ours {ours}")
        case _:
            _judge_detail(tally, detail, entry, keys, theirs)


def _judge_detail(tally: Tally, detail: str, entry: Entry, keys: list[Any], theirs: Any) -> None:
    match keys:
        case ["content" | "summary_detail", 0, "language"] | ["language"]:
            tally.count("others", entry.lang == theirs, f"{detail}, ours {entry.lang!r}")
        case ["authors", int(place), "name"]:
            equal = entry.authors[place : place + 1] == (theirs,)
            tally.count("authors", equal, f"{detail}, ours {entry.authors}")
        case ["author"] | ["author_detail", "name"]:
            ours = ", ".join(entry.authors)
            equal = ours != "" and (ours == theirs or theirs.startswith((f"{ours} (", ours + "@")))
            tally.count("authors", equal, f"{detail}, ours {entry.authors}")
        case ["tags", int(place), "term" | "label"]:
            equal = entry.tags[place : place + 1] == (theirs,)
            tally.count("tags", equal, f"{detail}, ours {entry.tags}")
        case ["category"]:
            tally.count("tags", entry.tags[:1] == (theirs,), f"{detail}, ours {entry.tags}")
        case ["enclosures", int(place), "href" | "url" | "type" | "length" as name]:
            found = entry.enclosures[place : place + 1]
            ours_of = {"type": [f.type for f in found], "length": [str(f.bytes) for f in found]}
            equal = ours_of.get(name, [f.url for f in found]) == [theirs]
            tally.count("others", equal, f"{detail}, ours {entry.enclosures}")


def _count_date(tally: Tally, detail: str, ours: Any, theirs: Any) -> None:
    equal = ours is not None and int(ours.timestamp()) == calendar.timegm(theirs)
    tally.count("dates", equal, f"{detail}, ours {ours}")

"""Read JSON lines as `export` writes them, an article each, to a `Feed` (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rilo_reader.dates import read_date
from rilo_reader.entry import Entry, Feed, Form
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.parsers.elements import (
    KEY_LIMIT,
    SUMMARY_LIMIT,
    TOO_MANY,
    content_text,
    each_once,
    resolve_address,
    set_dates,
    to_plain_line,
)
from rilo_reader.parsers.tree import ENTRIES_LIMIT
from rilo_reader.text import clean_line

FIRST_LINES = 10  # of which one must be whole; a feed over several lines has none


def is_json_lines(data: bytes) -> bool:
    """Return whether one of the first lines is an article, and what is before it no feed."""
    for line in data.lstrip().split(b"\n", FIRST_LINES)[:FIRST_LINES]:
        try:
            with parser_errors():
                value = json.loads(line)
                return "items" not in value and {"title", "body", "url"} & value.keys() != set()
        except NotReadableError:
            if not line.lstrip().startswith(b"{") or b'"items"' in line:
                return False
    return False


def read_json_lines(data: bytes) -> Feed:
    """Return the articles of JSON lines as a feed without a title; faults name wrong lines.

    Of the keys of `export`, these count: id, url, title, date, updated, authors, tags, lang,
    summary, and the Markdown in body. Raises NotReadableError if no line is an article.
    """
    entries, faults = [], []
    for number, line in enumerate(data.decode(errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            with parser_errors():
                entries.append(_make_entry(json.loads(line)))
        except NotReadableError:
            faults.append(f"Line {number} is not an article as a JSON object.")
        if len(entries) > ENTRIES_LIMIT:
            break
    if not entries:
        raise NotReadableError("It has no article as a line of JSON.")
    omission = TOO_MANY if len(entries) > ENTRIES_LIMIT else ""
    if faults:
        more = f" {len(faults) - 1:,} more are left out too." if faults[1:] else ""
        omission = f"{faults[0].removesuffix('.')}, and left out.{more} {omission}".strip()
    return Feed(entries=tuple(entries[:ENTRIES_LIMIT]), faults=tuple(faults), omission=omission)


def _make_entry(value: Mapping[str, Any]) -> Entry:
    def read_text(name: str) -> str:
        found = value.get(name)
        return found if isinstance(found, str) else ""

    def read_lines(name: str) -> tuple[str, ...]:
        found = value.get(name)
        texts = found if isinstance(found, list) else []
        return each_once(to_plain_line(text) for text in texts if isinstance(text, str))

    entry = Entry(
        key=clean_line(read_text("id"), KEY_LIMIT),
        url=resolve_address("", read_text("url")),
        title=to_plain_line(read_text("title"), markup=False),
        authors=read_lines("authors"),
        tags=read_lines("tags"),
        lang=to_plain_line(read_text("lang"), limit=35),
        summary=to_plain_line(read_text("summary"), limit=SUMMARY_LIMIT),
        content=content_text(read_text("body")),
        form=Form.MARKDOWN,
    )
    if not (entry.title or entry.content):
        raise NotReadableError("it is not an article")
    return set_dates(entry, read_date(read_text("date")), read_date(read_text("updated")))

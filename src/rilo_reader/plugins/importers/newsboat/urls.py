"""Read newsboat's list of feeds, `urls` (pure)."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from rilo_reader.config.checks import LONGEST_NAME
from rilo_reader.feeds.subscriptions import Subscription, address_of_run
from rilo_reader.plugins.importers.newsboat.config import ConfigLine, NewsboatFilter, split_lines
from rilo_reader.plugins.importers.opml import parse_web_address
from rilo_reader.text import clean_line, clean_text, redact_address

_FILTER = re.compile(r"filter:(.*?):((?:https?|feed)://.*)", re.DOTALL)
_PARTS = re.compile(r"^\W*$|^(?!.*://).*([^\w\s])\1\1")
"""Separators that users put between feeds: `"---NEWS---"`."""


class FeedList(NamedTuple):
    """The list of feeds."""

    subscriptions: tuple[Subscription, ...] = ()  # in order, each once
    queries: tuple[NewsboatFilter, ...] = ()  # query feeds, in order; see `to_queries`
    faults: tuple[str, ...] = ()  # a sentence for each line that was skipped
    # What newsboat has commands for, which need the user's consent: each with its command line.
    programs: tuple[tuple[Subscription, str], ...] = ()


def read_urls(text: str) -> FeedList:
    """Read the feeds and query feeds in the text of newsboat's `urls`."""
    feeds: dict[str, Subscription] = {}
    queries: list[NewsboatFilter] = []
    faults: list[str] = []
    programs: dict[str, tuple[Subscription, str]] = {}
    for line in split_lines(clean_text(text), comments=False):
        address = line.words[0]
        kind = address.partition(":")[0]
        if kind == "query":
            fault = _add_query(line, queries)
        elif _PARTS.search(address):
            continue
        elif kind in ("exec", "filter"):
            fault = _add_program(line, programs)
        else:
            fault = _add_feed(line, feeds)
        if fault:
            faults.append(f"urls, line {line.number}: {fault}")
    made = tuple(programs.values())
    return FeedList(tuple(feeds.values()), tuple(queries), tuple(faults), made)


def feed_address(text: str) -> str | None:
    """Return the web address of a feed, also of `filter:COMMAND:ADDRESS`; None without one."""
    filtered = _FILTER.match(text)
    return parse_web_address(filtered[2] if filtered else text)


def _add_feed(line: ConfigLine, feeds: dict[str, Subscription]) -> str:
    """Add a feed; return what is wrong with it, or ""."""
    url = feed_address(line.words[0])
    if url is None:
        return f"“{clean_line(redact_address(line.words[0]), 80)}” is not a web address: skipped."
    feeds[url] = _add_title_and_tags(feeds.get(url, Subscription(url)), line)
    return ""


def _add_title_and_tags(known: Subscription, line: ConfigLine) -> Subscription:
    """Return a feed with the title and the tags of a line."""
    title, tags, hidden = "", [], False
    for word in line.words[1:]:
        if word.startswith("~"):
            title = clean_line(word[1:])
        elif word.startswith("!"):
            hidden = True
            tags.append(clean_line(word[1:]))
        else:
            tags.append(clean_line(word))
    return known._replace(
        title=known.title or title,
        tags=tuple(tag for tag in dict.fromkeys((*known.tags, *tags)) if tag),
        muted=known.muted or hidden,
    )


def _add_program(line: ConfigLine, programs: dict[str, tuple[Subscription, str]]) -> str:
    """Add a feed that a command prints or changes; return what is wrong with it, or ""."""
    kind, _, rest = line.words[0].partition(":")
    filtered = _FILTER.fullmatch(line.words[0])
    command = filtered[1] if filtered else rest
    words = _split_command(command)
    if not words or (kind == "filter" and (not filtered or parse_web_address(filtered[2]) is None)):
        shown = clean_line(redact_address(line.words[0]), 80)
        return f"“{shown}” is not a command for a web address: skipped."
    run = Subscription(address_of_run(words) or "", run=words)
    url = parse_web_address(filtered[2]) if filtered else None
    feed = Subscription(url, filter=words) if url else run
    programs[feed.url] = _add_title_and_tags(feed, line), command
    return ""


def _split_command(command: str) -> tuple[str, ...]:
    """Return the words of a command; one that only a shell understands is given to it."""
    if re.search(r"(?!^)~|[|&;<>()$`*?\[\]#={}!\n]", command):
        return ("sh", "-c", command)
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return ("sh", "-c", command)


def _add_query(line: ConfigLine, queries: list[NewsboatFilter]) -> str:
    """Add a query feed; return what is wrong with it, or ""."""
    address = line.words[0]
    _, _, rest = address.partition(":")
    name, colon, expression = rest.partition(":")
    name = clean_line(name, LONGEST_NAME).lstrip("@").strip()
    if not colon or not name:
        return f"“{clean_line(redact_address(address), 80)}” is not a query feed: skipped."
    queries.append(NewsboatFilter(f"urls, line {line.number}: the query feed", name, expression))
    return ""

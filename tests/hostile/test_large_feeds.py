"""Feeds that are too much: each item harms itself alone, and what is cut is said where you are."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from html import escape
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.update_request import update_request
from rilo_reader.feeds.update_session import MAX_HELD_BYTES, UpdateSession
from rilo_reader.html.tree import MAX_CHARACTERS
from rilo_reader.parsers import read_feed
from rilo_reader.parsers.json_feed import MAX_VALUES
from rilo_reader.parsers.tree import ENTRIES_LIMIT
from rilo_reader.workers import WorkerPool
from tests.support.command_line import User
from tests.support.examples import sample
from tests.support.servers import Server, serving
from tests.support.terminal import config_file

pytestmark = pytest.mark.slow

URL = "https://a.example/feed"
REST = "The rest is too long for an article."
MOST_MEGABYTES = 450
"""Of a process that reads one of them: half is Python, libraries, and twenty megabytes of text."""

ITEMS: Mapping[str, Callable[[], str]] = {
    "an element never closed": lambda: "word <b> " * 1_300_000,
    "open divisions": lambda: "<div>" * 1_000_000,
    "deep groups": lambda: ("<div>" * 500 + "x" + "</div>" * 500) * 2_000,
    "deep quotations": lambda: ("<blockquote>" * 300 + "x" + "</blockquote>" * 300) * 500,
    "cells": lambda: "<table>" + ("<tr>" + "<td>x" * 50 + "</tr>") * 20_000 + "</table>",
    "one row": lambda: "<table><tr>" + "<td>x" * 1_000_000 + "</table>",
    "an attribute": lambda: f'<p a="{"x" * 15_000_000}">text',
    "a picture in an address": lambda: f'<img src="data:image/png;base64,{"A" * 15_000_000}">text',
    "entities": lambda: "&amp;" * 3_000_000,
    "entities without end": lambda: "&x" * 6_000_000,
    "links": lambda: '<a href="http://x.example/1">x</a> ' * 400_000,
    "breaks": lambda: "x<br>" * 2_500_000,
    "signs": lambda: "<" * 15_000_000,
    "comments": lambda: "x<!--" * 3_000_000,
    "code": lambda: "<code>x</code> " * 1_000_000,
    "footnotes": lambda: "".join(
        f'<a href="#f{n}" id=r{n}>1</a><p id="f{n}">n</p>' for n in range(9**5)
    ),
    "styled spans": lambda: '<span style="font-weight:bold">x</span> ' * 400_000,
    "crossing elements": lambda: "<i>x<b>y</i>z</b>" * 800_000,
}
"""Made when they are asked for: a quarter of a gigabyte."""
MEASURED = """
import sys
from pathlib import Path
from rilo_reader.html import to_markdown
text = to_markdown(sys.stdin.read(), "")
peak = next(line for line in Path("/proc/self/status").read_text().split("\\n") if "VmHWM" in line)
print(int(peak.split()[1]) // 1000, len(text))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures the memory of a process on Linux")
@pytest.mark.parametrize("name", sample([*ITEMS], 6))
def test_an_item_takes_bounded_memory(name: str) -> None:
    command = [sys.executable, "-c", MEASURED]
    printed = subprocess.check_output(command, input=ITEMS[name](), text=True)
    megabytes, characters = map(int, printed.split())
    assert megabytes < MOST_MEGABYTES
    assert characters <= MAX_CHARACTERS


def item(title: str, html: str) -> str:
    return f"<item><title>{title}</title><description>{escape(html)}</description></item>"


def follow(user: User, url: str) -> None:
    config_file(user.home, "feeds.toml").write_text(f"[[feeds]]\nurl = {json.dumps(url)}\n")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def test_the_rest_of_the_feed_comes_and_what_is_cut_is_said(user: User, server: Server) -> None:
    hostile = item("Hostile", "word <b> " * 300_000)
    feed = (
        f"<rss><channel><title>F</title>{item('A', 'a')}{hostile}{item('B', 'b')}</channel></rss>"
    )
    url = server.page("/feed", feed.encode(), etag='"1"')
    follow(user, url)
    done = user.run("refresh")
    assert done.code == 0
    said = "1 entry is too long for an article; only its beginning is kept."
    assert f"3 new. {said}" in done.out
    assert "incomplete" in done.out
    assert REST in user.run("show", "Hostile").out or REST in "".join(
        file.read_text() for file in user.library.rglob("*hostile*.md")
    )
    for _ in range(2):  # also once the server says that nothing has changed
        assert said in user.run("feeds").out
        user.run("refresh", url)
    assert server.asked[-1].headers.get("if-none-match") == '"1"'


def test_more_entries_than_are_kept_are_said() -> None:
    many = "".join(f"<item><guid>{n}</guid></item>" for n in range(ENTRIES_LIMIT + 1))
    feed = read_feed(f"<rss><channel>{many}</channel></rss>".encode(), URL)
    assert len(feed.entries) == ENTRIES_LIMIT
    assert feed.omission == "It has more than 50,000 entries; only the first 50,000 are kept."
    items = [{"id": str(n)} for n in range(ENTRIES_LIMIT + 1)]
    whole = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    feed = read_feed(json.dumps(whole).encode(), URL)
    assert (len(feed.entries), feed.omission[:27]) == (ENTRIES_LIMIT, "It has more than 50,000 ent")
    whole["items"] = items[1:]
    assert read_feed(json.dumps(whole).encode(), URL).omission == ""


@pytest.mark.parametrize("part", ["[],", "{},", '"ab",', "1,"])
def test_json_of_too_many_values_is_refused(part: str) -> None:
    start = '{"version": "https://jsonfeed.org/version/1.1", "items": ['
    text = f"{start}{part * (MAX_VALUES + 10)}0]}}"
    with pytest.raises(NotReadableError, match="more than 2,000,000 values"):
        read_feed(text.encode(), URL)


@pytest.mark.parametrize("text", ["[" * 5_000_000, '{"a":' * 2_000_000, '{"items":[' * 900_000])
def test_deep_json_is_refused(text: str) -> None:
    with pytest.raises(NotReadableError):
        read_feed(text.encode(), URL)


async def test_feeds_wait_while_large_ones_are_read(pool: WorkerPool) -> None:
    request = update_request([], [])._replace(pool=pool)
    nothing = cast("Any", None)
    collection = cast("Any", SimpleNamespace(folder=None, paths=None))
    session = UpdateSession(collection, request, nothing, lambda: nothing, lambda error: None)
    await session.wait_for_room()
    async with session.hold_bytes(MAX_HELD_BYTES):
        waiting = asyncio.create_task(session.wait_for_room())
        await asyncio.sleep(0)
        async with session.hold_bytes(1):
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 10)
    session.__exit__()

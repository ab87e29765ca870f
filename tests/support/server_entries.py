"""What a server like Miniflux shows of a feed's entries: a model, after what its API sends.

Its hash is SHA-256 of the guid as it stands, else of the address, else of title and content. It
removes parameters that track from addresses, gives titles and addresses to entries without any, the
time of the fetch to those without a date, and cleans the content its own way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from rilo_reader.entry import Entry, Form
from rilo_reader.feeds.identity import hash_guid
from rilo_reader.text import clean_line

_TRACKING = re.compile(r"(?<=[?&])(?:utm_[a-z]+|mc_cid|fbclid)=[^&#]*&?")
_TAG = re.compile(r"<[^>]*>")
_TITLE = 100


class ServerEntries(NamedTuple):
    """The entries of one feed as a server has them."""

    entries: tuple[Entry, ...]  # without guids
    hashes: tuple[str, ...]  # of each guid


def on_server(entries: Sequence[Entry], site: str, fetched: datetime) -> ServerEntries:
    """Return what a server has of the entries of a feed, after it has fetched them.

    Of entries with the same hash it has one. `site` is the web page of the feed.
    """
    seen: dict[str, Entry] = {}
    guids: set[str] = set()
    for entry in entries:
        url = _address(entry, site)
        text = hash_guid(entry.key or entry.url or entry.title + entry.content)
        if entry.key in guids:
            text = hash_guid(f"{entry.key}|{url}")
        guids |= {entry.key} - {""}
        seen.setdefault(text, _shown(entry, url, fetched))
    return ServerEntries(tuple(seen.values()), tuple(seen))


def _address(entry: Entry, site: str) -> str:
    files = [enclosure.url for enclosure in entry.enclosures]
    return entry.url or next(iter(files), site)


def _shown(entry: Entry, url: str, fetched: datetime) -> Entry:
    address = _TRACKING.sub("", url).rstrip("?&")
    plain = clean_line(_TAG.sub(" ", entry.content))
    title = entry.title or clean_line(plain, _TITLE) or address
    return entry._replace(
        key="",
        url=address,
        title=title,
        date=entry.date or fetched,
        updated=None,
        date_only=False,
        summary="",
        content=f"<p>{plain}</p>",
        form=Form.HTML,
    )

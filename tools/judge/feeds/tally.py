"""Counts of what is equal, and the words of what is not; how two texts are compared."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

from rilo_reader.entry import Entry, Feed, Form
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers import read_feed
from tools.judge.feeds.reasons import reason

FIELDS = ("counts", "titles", "links", "dates", "contents", "authors", "tags", "keys", "others")


@dataclass
class Tally:
    """The count of one suite."""

    name: str
    files: int = 0
    refused: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def count(self, what: str, equal: bool, detail: str) -> None:
        """Count a comparison, and keep what differs."""
        self.counts[what] += 1
        if equal:
            self.counts[f"{what} equal"] += 1
        else:
            self.misses.append(f"{what}: {detail}")

    def read(self, file: Path, url: str, content_type: str = "") -> Feed | None:
        """The feed of a file, None where it is refused; every other error is ours and rises."""
        self.files += 1
        try:
            return read_feed(file.read_bytes(), url, content_type)
        except NotReadableError:
            self.refused += 1
            return None


class _Words(HTMLParser):
    """The text of HTML and where its links lead, by the standard library's own reader."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.links: list[str] = []
        self._base = base
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in ("script", "style")
        for name, value in attrs:
            if name in ("href", "src") and value and tag in ("a", "img"):
                self.links.append(urljoin(self._base, value))

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style") and self._unread > 0

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data)


UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a terminal could obey: left out of every text of ours."""


def words(text: str, base: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of HTML without its tags and white space, and its links."""
    reader = _Words(base)
    reader.feed(text)
    reader.close()
    return "".join(UNSAFE.sub("", "".join(reader.parts)).split()), tuple(reader.links)


def line(text: str) -> str:
    """A title as a reader shows it: no tags, no entities, single spaces."""
    reader = _Words("")
    reader.feed(text)
    reader.close()
    return " ".join("".join(reader.parts).split())


def same_line(ours: str, theirs: str) -> bool:
    """Whether a line of ours says what theirs does, when both are read as plain text."""
    wanted = {" ".join(theirs.split()), line(theirs), line(line(theirs))}
    return ours in wanted or ours in {UNSAFE.sub("", text) for text in wanted}


def same_content(entry: Entry, theirs: str) -> bool:
    """Whether a content says what theirs does: the same text, the same links."""
    return any(
        _same_text(text, entry.form, entry.base, theirs)
        for text in (entry.content, entry.summary)
        if text or not theirs
    )


def _same_text(ours: str, form: Form, base: str, theirs: str) -> bool:
    if "".join(ours.split()) == "".join(theirs.split()):
        return True
    our_words, our_links = words(ours, base)
    their_words, their_links = words(theirs, base)
    if form is not Form.HTML:
        return "".join(ours.split()) in (their_words, words(their_words)[0])
    return our_words == their_words and set(their_links) >= set(our_links)


def files_of(folder: Path, *patterns: str) -> list[Path]:
    """The files below a folder, in order."""
    return sorted(file for pattern in patterns for file in folder.rglob(pattern) if file.is_file())


def print_table(tallies: list[Tally], shown: int = 60) -> None:
    """The table, then what differs."""
    print(f"{'suite':16}{'files':>7}{'refused':>9}" + "".join(f"{name:>13}" for name in FIELDS))
    for tally in tallies:
        cells = "".join(
            f"{tally.counts[f'{name} equal']:>6,}/{tally.counts[name]:<6,}" for name in FIELDS
        )
        print(f"{tally.name:16}{tally.files:7,}{tally.refused:9,}{cells}")
    for tally in tallies:
        open_ones = sum(1 for miss in tally.misses if not reason(miss))
        print(f"\n{tally.name}: {len(tally.misses)} differ, {open_ones} without a reason")
        for miss in tally.misses[:shown]:
            print(f"  {miss[:300]}\n    = {reason(miss) or 'NOT EXPLAINED'}")

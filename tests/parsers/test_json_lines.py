"""JSON lines of articles, as `export` writes them."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Form
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers.json_lines import is_json_lines, read_json_lines
from tests.support.for_each import for_each

ONE = {
    "id": "1",
    "url": "https://a.example/1",
    "title": "One <two>",
    "date": "2026-03-07T10:00:00+00:00",
    "updated": None,
    "authors": ["Ann"],
    "tags": ["news", "news", 1],
    "lang": "en",
    "summary": "Short.",
    "body": "Some *words*.",
    "read": True,
}


def lines(*values: object) -> bytes:
    return "\n".join(map(json.dumps, values)).encode()


def test_an_article_of_a_line_is_an_entry() -> None:
    [entry] = read_json_lines(lines(ONE)).entries
    assert (entry.key, entry.url, entry.title) == ("1", "https://a.example/1", "One <two>")
    assert (entry.authors, entry.tags, entry.lang) == (("Ann",), ("news",), "en")
    assert (entry.content, entry.form, entry.summary) == ("Some *words*.", Form.MARKDOWN, "Short.")
    assert entry.date is not None
    assert entry.date.isoformat() == "2026-03-07T10:00:00+00:00"


def test_wrong_lines_are_named_and_the_others_count() -> None:
    feed = read_json_lines(lines(ONE, [], {}, "x") + b"\n{\n\n" + lines({"title": "Two"}))
    assert [entry.title for entry in feed.entries] == ["One <two>", "Two"]
    assert [fault.partition(" is")[0] for fault in feed.faults] == [
        f"Line {number}" for number in (2, 3, 4, 5)
    ]
    assert feed.omission == (
        "Line 2 is not an article as a JSON object, and left out. 3 more are left out too."
    )
    assert read_json_lines(lines(ONE)).omission == ""


@for_each(
    "data, is_it",
    [
        (lines(ONE), True),
        (lines(ONE, ONE), True),
        (b'{"title": "cut\n' + lines(ONE), True),
        (b'{"version": "1", "items": [\n{"title": "One"},\n{"title": "Two"}\n]}', False),
        (lines({"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": []}), False),
        (b"<rss/>", False),
        (b"{", False),
        (b"{}", False),
        (b"", False),
    ],
)
def test_they_are_told_from_feeds(data: bytes, is_it: bool) -> None:
    assert is_json_lines(data) is is_it


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*ONE, "x"]), inner),
)


@pytest.mark.slow
@given(st.binary() | st.lists(JSON).map(lambda values: lines(*values)))
def test_nothing_raises_anything_else(data: bytes) -> None:
    is_json_lines(data)
    with suppress(NotReadableError):
        read_json_lines(data)

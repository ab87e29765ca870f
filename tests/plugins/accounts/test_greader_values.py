"""Ids, feeds and entries of the Google Reader API."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Enclosure
from rilo_reader.plugins.accounts.greader import (
    narrow_characters,
    parse_entry,
    parse_entry_id,
    parse_feed,
    to_long_id,
)
from rilo_reader.plugins.accounts.json_api import JsonValue
from rilo_reader.plugins.accounts.service import EntryId, ServerEntry, ServerFeed, ServerMarks
from rilo_reader.text import clean_line, clean_text, safe_url
from tests.support.examples import examples
from tests.support.for_each import for_each

ITEM = "tag:google.com,2005:reader/item/"


@for_each(
    "wire, number",
    [
        ("1699999999000001", "1699999999000001"),  # FreshRSS: 16 decimal digits
        (f"{ITEM}00060a1d5fa2ae41", "1699971135090241"),
        ("12345", "12345"),
        (12345, "12345"),
        (f"{ITEM}2f2", "754"),  # without padding
        (f"{ITEM}0000000000000010", "16"),
        ("000000000000048c", "1164"),  # letters: hexadecimal without prefix
        ("-1", str(2**64 - 1)),
        (f"{ITEM}ffffffffffffffff", str(2**64 - 1)),
        ("-9223372036854775808", str(2**63)),
        (str(2**64 - 1), str(2**64 - 1)),
        ("51e09b2a3c4d5e6f70819203", str(0x51E09B2A3C4D5E6F70819203)),  # The Old Reader
        ("510912345678901234567890", str(0x510912345678901234567890)),
        (f"{ITEM}51e09b2a3c4d5e6f70819203", str(0x51E09B2A3C4D5E6F70819203)),
    ],
)
def test_an_id_is_one_number_in_all_its_forms(wire: object, number: str) -> None:
    assert parse_entry_id(wire) == number


@for_each("wire", [
        "", "0", ITEM, f"{ITEM}0", "-", "--1", "1.5", "x", "٣", "1 ", f"{ITEM}-1",
        "-9223372036854775809", "18446744073709551616", "1" * 25, True, None, 1.5, [], {}, "tag:1",
        f"{ITEM}{ITEM}1",
    ])  # fmt: skip
def test_what_is_no_id_is_none(wire: object) -> None:
    assert parse_entry_id(wire) is None


@given(st.integers(1, 2**64 - 1))
def test_the_three_forms_of_a_number_agree(number: int) -> None:
    signed = number - 2**64 if number >= 2**63 else number
    found = parse_entry_id(f"{ITEM}{number:016x}")
    assert found == parse_entry_id(str(signed)) == parse_entry_id(str(number)) == str(number)
    assert found is not None
    assert parse_entry_id(to_long_id(found)) == found


@given(st.integers(2**64, 2**96 - 1))
def test_an_id_has_sixteen_digits_or_is_one_of_the_old_reader(number: int) -> None:
    assert to_long_id(EntryId(str(number))) == f"{ITEM}{number:024x}"
    assert to_long_id(EntryId("754")) == f"{ITEM}00000000000002f2"


ENTRY = {
    "id": f"{ITEM}00060a1d5fa2ae41",
    "published": 1_700_000_000,
    "updated": 1_790_000_000,
    "title": "Ivory &amp; customs: <em>a seizure</em>",
    "author": "Ann Example; Bo Example",
    "canonical": [{"href": "https://example.org/ivory?a=1&amp;b=2"}],
    "alternate": [{"href": "https://example.org/other"}],
    "categories": [
        "user/-/state/com.google/reading-list",
        "user/-/label/News",
        "user/1/state/com.google/starred",
        "wildlife",
        "customs",
        "wildlife",
    ],
    "origin": {"streamId": "feed/7", "htmlUrl": "https://example.org/", "title": "Example"},
    "summary": {"content": "<p>Text</p>"},
    "enclosure": [{"href": "https://example.org/a.mp3", "type": "audio/mpeg", "length": "12"}],
}


def parsed(**other: object) -> ServerEntry:
    entry = parse_entry(JsonValue({**ENTRY, **other}))
    assert entry is not None
    return entry


def test_an_entry_is_cleaned_as_a_feed_of_ones_own_is() -> None:
    found = parsed()
    assert (found.id, found.feed, found.guid_hash) == ("1699971135090241", "feed/7", "")
    assert found.marks == ServerMarks(read=False, starred=True)
    entry = found.entry
    assert entry.title == "Ivory & customs: a seizure"
    assert entry.url == entry.base == "https://example.org/ivory?a=1&b=2"
    assert entry.date == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert entry.updated is None
    assert entry.authors == ("Ann Example", "Bo Example")
    assert (entry.content, entry.summary) == ("<p>Text</p>", "")
    assert entry.enclosures == (Enclosure("https://example.org/a.mp3", "audio/mpeg", 12),)


def test_tags_are_those_of_the_author_and_marks_those_of_any_user() -> None:
    assert parsed().entry.tags == ("wildlife", "customs")
    read = parsed(categories=["user/123/state/com.google/read"])
    assert read.marks == ServerMarks(read=True, starred=False)
    fake = parsed(
        categories=["x user/-/state/com.google/read", "user/-/label/state/com.google/read"]
    )
    assert fake.marks == ServerMarks()


def test_where_something_is_missing_the_next_best_is_taken() -> None:
    found = parsed(
        canonical=[], published=None, crawlTimeMsec="1700000000000", origin={"streamId": "feed/7"}
    )
    assert found.entry.url == "https://example.org/other"
    assert found.entry.date == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    bare = parse_entry(JsonValue({"id": "1"}))
    assert bare is not None
    assert bare.entry.date is None
    # Miniflux names the address of an enclosure otherwise.
    found = parsed(enclosure=[{"url": "https://example.org/a.mp3", "type": "audio/mpeg"}, {}, 7])
    assert found.entry.enclosures == (Enclosure("https://example.org/a.mp3", "audio/mpeg"),)


def test_a_summary_of_its_own_is_kept_beside_the_content() -> None:
    found = parsed(content={"content": "<p>All of it</p>"}, summary={"content": "<b>Short</b>"})
    assert (found.entry.content, found.entry.summary) == ("<p>All of it</p>", "Short")
    same = parsed(content={"content": "<p>Text</p>"})
    assert (same.entry.content, same.entry.summary) == ("<p>Text</p>", "")


def test_wide_forms_of_freshrss_are_undone_but_not_in_east_asian_text() -> None:
    assert narrow_characters("AT＆T ＜b＞") == "AT&T <b>"
    assert narrow_characters("News， Sport ／ World？") == "News, Sport / World?"
    assert narrow_characters("质量＆安全：新闻，体育") == "质量＆安全：新闻，体育"
    assert narrow_characters("Ｑ＆Ａ") == "Ｑ＆Ａ"
    assert parsed(title="AT＆T").entry.title == "AT&T"
    # What is a tag once it is undone was none in the feed.
    assert parsed(title="The ＜b＞ element").entry.title == "The <b> element"


AUDIO = (
    '<figure class="enclosure"><p class="enclosure-content"><audio src="https://example.org/a.mp3">'
    '</audio> <a download="" href="https://example.org/a.mp3">\N{FLOPPY DISK}</a></p></figure>\n'
)
THUMBNAIL = (
    '<figure class="enclosure"><p><img class="enclosure-thumbnail" src="https://example.org/t.png"'
    ' alt="" /></p></figure>'
)


@for_each(
    "html, content",
    [
        (f"<p>Text</p>\n{AUDIO}", "<p>Text</p>"),
        (f"<p>Text</p>{THUMBNAIL}\n{AUDIO}{AUDIO}", f"<p>Text</p>{THUMBNAIL}"),
        (f"{AUDIO}<p>Text</p>", f"{AUDIO}<p>Text</p>"),
        (f"{AUDIO}<figure>Text</figure>", f"{AUDIO}<figure>Text</figure>"),
        ("<p>Text</p></figure>", "<p>Text</p></figure>"),
        (AUDIO, AUDIO.strip()),
    ],
)
def test_files_that_freshrss_appends_to_the_text_are_only_enclosures(
    html: str, content: str
) -> None:
    files = [{"href": f"https://example.org/{each}", "type": "audio/mpeg"} for each in "ab"]
    entry = parsed(summary={"content": html}, enclosure=files).entry
    assert entry.content == content
    assert len(entry.enclosures) == 2
    assert parsed(summary={"content": html}, enclosure=[]).entry.content == html.strip()


def test_a_feed_has_its_labels_as_categories_and_its_address_perhaps_in_its_id() -> None:
    labels = [{"id": "user/-/label/World", "label": "World"}, {"id": "user/1/label/Asia"}, "none"]
    url, site = "https://example.org/feed.xml", "https://example.org/"
    sent = {"id": "feed/7", "title": "News ＆ more", "url": url, "htmlUrl": site}
    feed = parse_feed(JsonValue({**sent, "categories": labels}))
    assert feed == ServerFeed("feed/7", url, "News & more", ("World", "Asia"), site)
    feed = parse_feed(JsonValue({"id": f"feed/{url}"}))
    assert feed is not None
    assert feed.url == url


@for_each(
    "subscription",
    [
        {},
        {"id": "feed/7"},
        {"id": "feed/7", "url": "javascript:1"},
        {"id": 7, "url": "http://a"},
        [],
    ],
)
def test_a_feed_without_id_or_address_is_none(subscription: object) -> None:
    assert parse_feed(JsonValue(subscription)) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
HOSTILE = st.fixed_dictionaries(
    {"id": st.just("7") | ANYTHING},
    optional={
        "url": ANYTHING,
        **{
            name: ANYTHING
            | st.text().map(lambda text: {"content": f"\x1b]{text}", "streamId": text})
            | st.lists(st.fixed_dictionaries({"href": st.text(), "length": ANYTHING}), max_size=2)
            for name in ENTRY
            if name != "id"
        },
    },
)


@pytest.mark.slow
@examples(400)
@given(HOSTILE)
def test_whatever_is_sent_becomes_clean_values_or_none(item: dict[str, object]) -> None:
    found, feed = parse_entry(JsonValue(item)), parse_feed(JsonValue(item))
    if found is not None:
        entry = found.entry
        for line in (entry.title, *entry.authors, *entry.tags, entry.summary, found.feed):
            assert line == clean_line(line, 5000)
        assert entry.content == clean_text(entry.content)
        for url in (entry.url, entry.base, *(file.url for file in entry.enclosures)):
            assert not url or safe_url(url) == url
    if feed is not None:
        assert safe_url(feed.url) == feed.url
        assert feed.title == clean_line(feed.title)

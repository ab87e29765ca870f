"""What feeds may say and few do: each reading is a choice, and has its example."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from rilo_reader.article import Enclosure
from rilo_reader.entry import Form
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers import read_feed
from tests.parsers.test_feed import URL, atom, entry, item, rss
from tests.support.for_each import for_each

# -- the channel ----------------------------------------------------------------------------------


def test_hours_of_silence_are_hours_of_a_day() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in ("24", "25", "005", "7", "x", "23"))
    assert rss("", f"<skipHours>{hours}</skipHours>").skip_hours == {0, 7, 23}


def test_a_feed_that_moves_says_where() -> None:
    moved = "<itunes:new-feed-url>/new.xml</itunes:new-feed-url>"
    own = "<atom:link rel='self' href='old.xml'/>"
    assert rss("", own + moved).feed_url == "https://news.example/new.xml"
    assert rss("", own).feed_url == "https://news.example/old.xml"
    assert rss("", "<atom:link rel='self'/>").feed_url == ""
    based = atom("<link rel='self' href='a.xml' xml:base='https://other.example/b/'/>")
    assert based.feed_url == "https://other.example/b/a.xml"


def test_the_page_of_a_feed_stands_on_its_base() -> None:
    based = atom("<link href='x/'/>", "xml:base='https://other.example/'")
    assert based.url == "https://other.example/x/"
    assert atom("<link href='x/'/>", "xml:base='data:,'").url == "https://news.example/x/"


def test_links_of_rss_stand_on_the_site_where_that_is_elsewhere() -> None:
    entries = "<item><link>/1</link></item>"
    elsewhere = rss(entries, "<link>https://site.example/</link>")
    assert elsewhere.entries[0].url == "https://site.example/1"
    here = rss(entries, "<link>https://NEWS.example/blog/</link>")
    assert here.entries[0].url == "https://news.example/1"


def test_an_owner_signs_what_nobody_else_does() -> None:
    feed = atom(
        "<author><name>Owner</name></author><entry><title>a</title></entry>"
        "<entry><title>b</title><author><name>Guest</name></author></entry>"
        "<entry><title>c</title><source><author><name>Origin</name></author></source></entry>"
    )
    assert [one.authors for one in feed.entries] == [("Owner",), ("Guest",), ("Origin",)]
    assert atom("<entry><title>a</title></entry>").entries[0].authors == ()


@for_each("period, frequency, minutes", [("hourly", "2", 30), ("daily", "1", 1440),
     ("daily", "x", 1440), ("daily", "0", 1440),
     ("daily", "99999", 0), ("daily", "100000", 1440), ("never", "1", 0)])  # fmt: skip
def test_periods_are_minutes(period: str, frequency: str, minutes: int) -> None:
    update = f"<sy:updatePeriod>{period}</sy:updatePeriod>"
    update += f"<sy:updateFrequency>{frequency}</sy:updateFrequency>"
    assert rss("", update).ttl == minutes


# -- entries --------------------------------------------------------------------------------------


def test_people_and_subjects_of_other_vocabularies() -> None:
    found = item(
        "<dc:creator><foaf><name>Ana</name><more><name>Lim</name></more></foaf></dc:creator>"
        "<dc:subject>Trade</dc:subject><itunes:keywords>a, b,a</itunes:keywords>"
        "<itunes:category text='News'><itunes:category text='Local'/></itunes:category>"
        "<itunes:image href='/cover.jpg'/>"
    )
    assert found.authors == ("Ana Lim",)
    assert found.tags == ("Trade", "a", "b", "News", "Local")
    assert found.enclosures == (Enclosure("https://news.example/cover.jpg", "image/jpeg"),)
    podcast = "<dc:creator> </dc:creator><itunes:author>Ana</itunes:author>"
    assert item(podcast).authors == ("Ana",)
    both = "<dc:creator>Bo</dc:creator><itunes:author>Ana</itunes:author>"
    assert item(both).authors == ("Bo",)


def test_a_page_may_be_named_by_the_source_of_a_content() -> None:
    found = entry("<content type='text/html' src='/page'/><id>urn:x</id>")
    assert (found.url, found.enclosures) == ("https://news.example/page", ())
    found = entry("<content type='image/png' src='/a.png'/><id>urn:x</id>")
    assert (found.url, found.enclosures[0].url) == ("", "https://news.example/a.png")


@for_each(
    "href, url",
    [
        ("https://news.example/a\n  b", "https://news.example/ab"),
        ("/a\tb", "https://news.example/ab"),
        ("https://news.example/?a=1&amp;amp;b=2", "https://news.example/?a=1&b=2"),
        ("//[x/", ""),
        ("javascript:alert(1)", ""),
        ("  ", ""),
    ],
)
def test_addresses_as_they_are_meant(href: str, url: str) -> None:
    assert item(f"<link>{href}</link>").url == url


def test_the_fuller_text_is_the_content() -> None:
    short = item("<content:encoded>Four.</content:encoded><description>Nine nine</description>")
    assert (short.content, short.summary) == ("Four.", "Nine nine")
    teaser = item("<content:encoded>More</content:encoded><description>Long text.</description>")
    assert (teaser.content, teaser.summary) == ("Long text.", "More")


@for_each("attributes, value, content, form", [
        ("type='text/plain' mode='base64'", "aMOp", "hé", Form.TEXT),
        ("type='application/octet-stream'", base64.b64encode("<p>é</p>".encode()).decode(),
         "<p>é</p>", Form.HTML),
        ("type='image/png'", "/9j/", "", Form.TEXT),  # bytes that are no text
        ("type='application/x'", "no base64!", "no base64!", Form.TEXT),
        ("type='text/html; charset=utf-8'", "&lt;p&gt;a&lt;/p&gt;", "<p>a</p>", Form.HTML),
        ("type='text/markdown'", "*a*", "*a*", Form.MARKDOWN),
        ("", "a &amp;lt; b", "a &lt; b", Form.TEXT),
        ("", "&lt;p&gt;a&lt;/p&gt;", "<p>a</p>", Form.HTML),
        ("type='html'", "&amp;lt;p&amp;gt;a&amp;lt;/p&amp;gt;", "<p>a</p>", Form.HTML),
        ("type='html' mode='xml'", "<p>a<br/>b</p>", "<p>a<br>b</p>", Form.HTML),
        ("type='text' mode='xml'", "a", "a", Form.TEXT),
    ])  # fmt: skip
def test_contents_of_every_kind(attributes: str, value: str, content: str, form: Form) -> None:
    found = entry(f"<content {attributes}>{value}</content>")
    assert (found.content, found.form if content else form) == (content, form)


def test_an_entity_makes_html_of_rss_and_an_ampersand_does_not() -> None:
    assert item("<description>a &amp;nbsp; b</description>").form is Form.HTML
    assert item("<description>a &amp; b</description>").form is Form.TEXT


# -- JSON -----------------------------------------------------------------------------------------


def test_a_json_feed_with_what_is_no_list_and_no_text() -> None:
    feed = read_feed(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [
                    {"id": 7, "url": "/a", "attachments": ["x", {"url": "b.mp3"}], "tags": "no"},
                    {"id": True, "external_url": "/c", "content_html": "<img src='d'>"},
                    "no item",
                ],
            }
        ).encode(),
        URL,
    )
    first, second = feed.entries
    assert (first.key, first.url, first.tags) == ("7", "https://news.example/a", ())
    assert [one.url for one in first.enclosures] == ["https://news.example/b.mp3"]
    assert (second.key, second.base) == ("", "https://news.example/c")


@for_each(
    "items, is_one",
    [
        ('[{"id": 1, "url": "/a"}]', True),
        ('[{"content_text": "a"}]', True),
        ('[{"content_html": "a"}]', True),
        ('[{"url": "/a"}]', False),
        ('[{"id": 1}]', False),
        ('[{"content_text": "a"}, {"x": 1}]', False),
        ("[]", False),
    ],
)
def test_without_a_version_items_tell(items: str, is_one: bool) -> None:
    text = f'{{"items": {items}}}'.encode()
    if is_one:
        assert len(read_feed(text, URL).entries) == 1
    else:
        with pytest.raises(NotReadableError, match="has no version"):
            read_feed(text, URL)


@for_each(
    "text, reason",
    [
        (
            '{"version": "https://jsonfeed.org/version/1", "items": [{"id": ',
            "a JSON Feed, but broken",
        ),
        ('{"x": ' + "[" * 100_000, "nested too deeply"),
        ('{"x": ' + "1" * 5_000 + "}", "a number is too long"),
        ("[1]", "a JSON Feed is an object"),
    ],
)
def test_broken_json_says_how(text: str, reason: str) -> None:
    with pytest.raises(NotReadableError) as error:
        read_feed(text.encode(), URL)
    assert reason in error.value.reason


# -- encodings ------------------------------------------------------------------------------------


@for_each("data, content_type, title, fault", [
        (b"\xef\xbb\xbf<rss><channel><title>a\x93b</title></channel></rss>", "", "a\u201cb",
         "Some bytes are not valid UTF-8; they are read as Windows-1252."),
        (b"\xff\xfe" + "<rss><channel><title>aé</title></channel></rss>".encode("utf-16-le")
         + b"\x00", "", "aé", "Some bytes are not valid UTF-16"),
        ("<?xml version='1.0' encoding='euc-jp'?><rss><channel><title>税関".encode("euc-jp")
         + b"\xff" + b"</title></channel></rss>", "", "税関\ufffd",
         "Some bytes are not valid EUC_JP, the declared encoding; \ufffd replaces them."),
        ("<?xml version='1.0' encoding='cp500'?><rss><channel><title>a[b]!".encode("cp500")
         + "</title></channel></rss>".encode("cp500"), "", "a[b]!", ""),
        ("<?xml version='1.0' encoding='utf-8'?><rss><channel><title>a[b]".encode("cp037")
         + "</title></channel></rss>".encode("cp037"), "", "a[b]", ""),
        ("<rss><channel><title>é</title></channel></rss>".encode(), "text/xml; charset=hex", "é",
         ""),
        (b"<rss><channel><title>a \x85</title></channel></rss>", "text/xml; charset=iso-8859-1",
         "a \u2026", ""),
    ])  # fmt: skip
def test_bytes_are_read_as_they_are_meant(
    data: bytes, content_type: str, title: str, fault: str
) -> None:
    feed = read_feed(data, URL, content_type)
    assert feed.title == title
    assert any(said.startswith(fault) for said in feed.faults) if fault else feed.faults == ()


def test_dates_without_a_zone_are_of_utc_and_the_line_of_a_fault_is_right() -> None:
    assert item("<pubDate>2019-03-07 10:00</pubDate>").date == datetime(2019, 3, 7, 10, tzinfo=UTC)
    feed = read_feed(b"\n\n<rss><channel><item><title>a</title></item>\n<x></channel></rss>", URL)
    assert "line 4" in feed.faults[0]
    assert [one.title for one in feed.entries] == ["a"]


# -- broken XML -----------------------------------------------------------------------------------


def test_numbers_of_characters_are_read_in_broken_xml_too() -> None:
    feed = read_feed(b"<rss><channel><title>&#x4a;&#74; &bull; <b></title></channel></rss>", URL)
    assert feed.faults
    assert feed.title == "JJ \u2022"


def test_what_was_cut_within_a_title_is_kept_as_far_as_it_goes() -> None:
    feed = read_feed(b"<rss><channel><title>Port &amp; sea", URL)
    assert (feed.title, feed.is_cut) == ("Port & sea", True)


def test_a_document_type_with_declarations_is_passed_over_to_its_end() -> None:
    kind = "<!DOCTYPE feed [<!ENTITY x 'y>'> ]>"
    text = f"{kind}<feed xmlns='http://www.w3.org/2005/Atom'><title>a</title></feed>"
    assert read_feed(text.encode(), URL).title == "a"


def test_an_item_that_is_not_closed_ends_where_the_next_begins() -> None:
    text = "<rss><channel><title>T</title><item><title>a<item><title>b</title></item></rss>"
    feed = read_feed(text.encode(), URL)
    assert [one.title for one in feed.entries][-1] == "b"
    assert feed.title == "T"

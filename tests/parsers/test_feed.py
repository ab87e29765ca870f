"""What `read_feed` makes of a feed: each format, each namespace, each kind of text."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from rilo_reader.article import Enclosure
from rilo_reader.entry import Entry, Feed, Form
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers import read_feed
from rilo_reader.parsers.elements import read_duration
from tests.support.for_each import for_each

URL = "https://news.example/feed.xml"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def rss(items: str, channel: str = "<title>Port news</title>") -> Feed:
    """The feed of an RSS text."""
    text = f'<rss version="2.0" {NAMESPACES}><channel>{channel}{items}</channel></rss>'
    return read_feed(text.encode(), URL)


def item(inner: str) -> Entry:
    """The entry of one RSS item."""
    (entry,) = rss(f"<item>{inner}</item>").entries
    return entry


def atom(inner: str, attributes: str = "") -> Feed:
    """The feed of an Atom text."""
    text = f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{inner}</feed>'
    return read_feed(text.encode(), URL)


def entry(inner: str, attributes: str = "") -> Entry:
    """The entry of one Atom entry."""
    (found,) = atom(f"<entry {attributes}>{inner}</entry>").entries
    return found


def test_rss_whole() -> None:
    feed = rss(
        "<item><title>Ivory found</title><link>https://news.example/1</link>"
        "<guid isPermaLink='false'>n-1</guid><pubDate>Thu, 07 Mar 2019 10:00:00 +0900</pubDate>"
        "<dc:creator>Desk</dc:creator><category>Asia</category><category>Asia</category>"
        "<description>Short.</description>"
        "<content:encoded><![CDATA[<p>Long <b>text</b>.</p>]]></content:encoded>"
        "<enclosure url='/a.mp3' type='audio/mpeg' length='12'/></item>",
        "<title>Port &amp; sea</title><link>https://news.example/</link><language>en-GB</language>"
        "<ttl>30</ttl><skipHours><hour>0</hour><hour>24</hour><hour>7</hour></skipHours>"
        "<skipDays><day>Sunday</day></skipDays>"
        "<atom:link rel='self' href='https://news.example/real.xml'/>",
    )
    assert feed.faults == ()
    assert (feed.title, feed.url, feed.lang) == ("Port & sea", "https://news.example/", "en-GB")
    assert feed.feed_url == "https://news.example/real.xml"
    assert feed.ttl == 30
    assert sorted(feed.skip_hours) == [0, 7]
    assert sorted(feed.skip_days) == [6]
    (found,) = feed.entries
    assert found == Entry(
        key="n-1",
        url="https://news.example/1",
        title="Ivory found",
        date=datetime(2019, 3, 7, 1, 0, tzinfo=UTC),
        authors=("Desk",),
        tags=("Asia",),
        lang="en-GB",
        summary="Short.",
        content="<p>Long <b>text</b>.</p>",
        form=Form.HTML,
        base="https://news.example/1",
        enclosures=(Enclosure("https://news.example/a.mp3", "audio/mpeg", 12),),
    )


def test_atom_whole() -> None:
    feed = atom(
        "<title>T</title><link href='/'/><link rel='self' href='/atom.xml'/>"
        "<author><name>Owner</name></author>"
        "<entry><id>tag:news.example,2019:1</id><title type='html'>A &lt;i&gt;b&lt;/i&gt;</title>"
        "<link rel='replies' href='/r'/><link href='1.html'/>"
        "<link rel='enclosure' href='a.pdf' length='9'/>"
        "<published>2019-03-07T10:00:00Z</published><updated>2019-03-08T10:00:00+01:00</updated>"
        "<category term='asia' label='Asia'/><summary>Short</summary>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>x &lt; <br/>y</p></div>"
        "</content></entry>",
        "xml:lang='de' xml:base='https://news.example/blog/'",
    )
    assert (feed.title, feed.url, feed.lang) == ("T", "https://news.example/", "de")
    assert feed.feed_url == "https://news.example/atom.xml"
    (found,) = feed.entries
    assert found.key == "tag:news.example,2019:1"
    assert (found.title, found.url) == ("A b", "https://news.example/blog/1.html")
    assert (found.date, found.date_only) == (datetime(2019, 3, 7, 10, tzinfo=UTC), False)
    assert found.updated == datetime(2019, 3, 8, 9, tzinfo=UTC)
    assert (found.authors, found.tags, found.lang) == (("Owner",), ("Asia",), "de")
    assert (found.summary, found.content) == ("Short", "<p>x &lt; <br>y</p>")
    assert found.base == "https://news.example/blog/"
    kind = "application/pdf"
    assert found.enclosures == (Enclosure("https://news.example/blog/a.pdf", kind, 9),)


@for_each("inner, found", [
        ("<comments>https://news.example/1#talk</comments>", "https://news.example/1#talk"),
        ("<comments> talk?id=1&amp;x=2 </comments>", "https://news.example/talk?id=1&x=2"),
        ("<comments>https://news.example/1</comments>", ""),
        ("<comments>javascript:alert(1)</comments>", ""),
        ("<comments>mailto:a@news.example</comments>", ""),
        ("<comments>file:///etc/passwd</comments><comments>/talk</comments>",
         "https://news.example/talk"),
        ("<comments>https://a.example/\u202ecba</comments>", ""),
        ("<comments>https://a.example/&#10;b</comments>", "https://a.example/b"),
        ("<comments/><comments><b>12</b></comments>", ""),
        ("<comments>https://a.example/" + 9_000 * "x" + "</comments>", ""),
        ('<slash:comments xmlns:slash="http://purl.org/rss/1.0/modules/slash/">5</slash:comments>',
         ""),
        ('<atom:link rel="replies" type="text/html" href="/talk"/>', "https://news.example/talk"),
        ('<atom:link rel="replies" type="application/atom+xml" href="/talk.atom"/>', ""),
        ('<atom:link rel="replies" href="/talk"/>', ""),
])  # fmt: skip
def test_the_page_of_comments(inner: str, found: str) -> None:
    assert item(f"<link>https://news.example/1</link>{inner}").comments == found


def test_the_page_of_comments_in_atom() -> None:
    links = "<link href='1.html'/><link rel='replies' type='TEXT/HTML' href='1.html{}'/>"
    talk = "https://news.example/1.html#talk"
    assert entry(links.format("#talk"), "xml:base='https://news.example/'").comments == talk
    assert entry(links.format(""), "xml:base='https://news.example/'").comments == ""


def test_rdf() -> None:
    text = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc='
        '"http://purl.org/dc/elements/1.1/" xmlns="http://purl.org/rss/1.0/"><channel '
        'rdf:about="https://news.example/"><title>R</title><link>https://news.example/</link>'
        '</channel><item rdf:about="https://news.example/1"><title>One</title>'
        "<dc:date>2019-03-07</dc:date></item></rdf:RDF>"
    )
    feed = read_feed(text.encode(), URL)
    (found,) = feed.entries
    assert (feed.title, found.title, found.url) == ("R", "One", "https://news.example/1")
    assert (found.date, found.date_only) == (datetime(2019, 3, 7, tzinfo=UTC), True)


def test_json_feed() -> None:
    whole = {
        "version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "ko",
        "home_page_url": "https://news.example", "feed_url": "/feed.json",
        "authors": [{"name": "Owner"}],
        "items": [
            {"id": 7, "url": "/7", "title": "Seven", "content_text": "a < b", "tags": ["x", "x"],
             "date_published": "2019-03-07T10:00:00Z", "summary": "S",
             "attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5}]},
            {"id": "8", "content_html": "<p>8</p>", "author": {"name": "Guest"}},
            "no item",
        ],
    }  # fmt: skip
    feed = read_feed(json.dumps(whole).encode(), URL)
    seven, eight = feed.entries
    assert (feed.title, feed.lang, feed.feed_url) == ("J", "ko", "https://news.example/feed.json")
    assert (seven.key, seven.url, seven.tags) == ("7", "https://news.example/7", ("x",))
    assert (seven.content, seven.form, seven.authors) == ("a < b", Form.TEXT, ("Owner",))
    assert seven.enclosures == (Enclosure("https://news.example/a.mp3", "audio/mpeg", 5),)
    assert (eight.content, eight.form, eight.authors) == ("<p>8</p>", Form.HTML, ("Guest",))


def test_broken_json_gives_its_whole_items() -> None:
    text = (
        '{"version": "https://jsonfeed.org/version/1", "title": "J \\"x\\"", "items": ['
        '{"id": "1", "content_text": "a"}, {"id": "2", "content_text": "b"}, {"id": "3", "cont'
    )
    feed = read_feed(text.encode(), URL)
    assert [found.key for found in feed.entries] == ["1", "2"]
    assert feed.title == 'J "x"'
    assert "broken" in feed.faults[0]


@for_each(
    "inner, title",
    [
        ("<title>A &amp;amp; B</title>", "A & B"),
        ("<title>A &amp;lt; B</title>", "A < B"),
        ("<title>&lt;b&gt;Bold&lt;/b&gt; news</title>", "Bold news"),
        ("<title><![CDATA[Caf&eacute; &#8211; <i>open</i>]]></title>", "Café – open"),
        ("<title>Caf&eacute; &ndash; R&D & more &unknown;</title>", "Café – R&D & more &unknown;"),
        ("<title>Use vector&lt;T&gt; here</title>", "Use vector<T> here"),
        ("<title>10\u00a0000\n  tons</title>", "10 000 tons"),
        ("<title>\u202etxt\x1b[31m</title>", "txt[31m"),
        ("<dc:title>From dc</dc:title>", "From dc"),
        ("<media:group><media:title>From media</media:title></media:group>", "From media"),
        ("<title/>", ""),
        # What shows nothing is none.
        *(
            (f"<title>{blank}</title>", "")
            for blank in ("&#8203;", "&amp;#8203;", "\u200b\u200d", " \ufe0f ", "\u3164")
        ),
    ],
)
def test_titles_are_lines_of_text(inner: str, title: str) -> None:
    assert item(inner).title == title


@for_each(
    "text, title",
    [
        ("<title>a &lt;T&gt; b</title>", "a <T> b"),
        ("<title type='text'>the &lt;b&gt; tag</title>", "the <b> tag"),
        ("<title type='html'>the &lt;b&gt;big&lt;/b&gt; tag</title>", "the big tag"),
        ("<title mode='base64' type='text/html'>PGI+RWlnaHQ8L2I+</title>", "Eight"),
    ],
)
def test_atom_titles_say_what_they_are(text: str, title: str) -> None:
    assert entry(text).title == title


@for_each("inner, url", [
        ("<link>/1</link>", "https://news.example/1"),
        ("<link>  https://news.example/a\n b </link>", "https://news.example/ab"),
        ("<link>//other.example/1</link>", "https://other.example/1"),
        ("<link>https://news.example/?a=1&amp;amp;b=2</link>", "https://news.example/?a=1&b=2"),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>https://[</link>", ""),
        ("<guid>https://news.example/g</guid>", "https://news.example/g"),
        ("<guid isPermaLink='false'>https://news.example/g</guid>", ""),
        ("<guid>abc</guid>", ""),
        ("<link/><atom:link href='https://news.example/a'/>", "https://news.example/a"),
        (("<link>https://p.example/~r/1</link><feedburner:origLink>https://news.example/1"
         "</feedburner:origLink>"), "https://news.example/1"),
    ])  # fmt: skip
def test_links(inner: str, url: str) -> None:
    assert item(inner).url == url


def test_a_feed_from_another_host_means_its_site() -> None:
    feed = rss("<item><link>/1</link></item>", "<link>https://site.example/</link>")
    assert feed.entries[0].url == "https://site.example/1"


def test_base_of_a_text_is_what_xml_says_else_its_page() -> None:
    assert item("<link>/a/1</link><description>x</description>").base == "https://news.example/a/1"
    based = entry("<content xml:base='deep/'>x</content>", "xml:base='https://b.example/'")
    assert based.base == "https://b.example/deep/"
    inner = "<div xml:base='in/'><a href='x'>y</a></div>"
    text = f"<content type='xhtml'>{inner}</content>"
    found = entry(text, "xml:base='https://b.example/'")
    assert 'href="https://b.example/in/x"' in found.content


@for_each("inner, content, summary, form", [
        ("<description>a\n\nb</description>", "a\n\nb", "", Form.TEXT),
        ("<description>&lt;p&gt;a&lt;/p&gt;</description>", "<p>a</p>", "", Form.HTML),
        ("<description>R&amp;amp;D</description>", "R&amp;D", "", Form.HTML),
        ("<description>&amp;lt;p&amp;gt;a&amp;lt;/p&amp;gt;</description>", "<p>a</p>", "",
         Form.HTML),
        ("<description><p>a &amp; b</p></description>", "<p>a &amp; b</p>", "", Form.HTML),
        (("<description>&lt;b&gt;s&lt;/b&gt;</description><content:encoded>long text"
         "</content:encoded>"), "long text", "s", Form.TEXT),
        ("<media:group><media:description>a\nb</media:description></media:group>", "a\nb", "",
         Form.TEXT),
        ("<itunes:summary>a</itunes:summary><itunes:subtitle>b</itunes:subtitle>", "a", "b",
         Form.TEXT),
        ("<body xmlns='http://www.w3.org/1999/xhtml'><p>a</p></body>", "<p>a</p>", "",
         Form.HTML),
    ])  # fmt: skip
def test_texts(inner: str, content: str, summary: str, form: Form) -> None:
    found = item(inner)
    assert (found.content, found.summary, found.form) == (content, summary, form)


def test_atom_texts_say_what_they_are() -> None:
    assert entry("<content type='text'>&lt;p&gt;</content>").form is Form.TEXT
    assert entry("<content>a &lt; b</content>").form is Form.TEXT
    assert entry("<content>&lt;p&gt;a&lt;/p&gt;</content>").form is Form.HTML
    assert entry("<content type='text/markdown'># a</content>").form is Form.MARKDOWN
    assert entry("<content type='image/jpeg'>/9j/</content>").content == ""


def test_people() -> None:
    assert item("<author>a@b.example (Ann Lee)</author>").authors == ("Ann Lee",)
    assert item("<author>Ann Lee &lt;a@b.example&gt;</author>").authors == ("Ann Lee",)
    assert item("<author>a@b.example</author>").authors == ("a@b.example",)
    assert item("<dc:creator>A</dc:creator><dc:creator>B</dc:creator>").authors == ("A", "B")
    assert item("<itunes:author>A</itunes:author>").authors == ("A",)


def test_files_are_each_named_once() -> None:
    found = item(
        "<enclosure url='https://m.example/a.mp3' length='1,000'/>"
        "<media:content url='https://m.example/a.mp3' type='audio/mpeg'/>"
        "<media:thumbnail url='https://m.example/t.jpg'/><enclosure url='javascript:x'/>"
    )
    assert found.enclosures == (
        Enclosure("https://m.example/a.mp3", "audio/mpeg", 1000),
        Enclosure("https://m.example/t.jpg", "image/jpeg", 0),
    )


def test_attributes_of_a_file_are_those_of_its_enclosure() -> None:
    found = item(
        "<category>News</category><media:group><media:keywords>ivory, customs</media:keywords>"
        "<media:content url='https://m.example/a.mp4'>"
        "<media:category label='Ports'>p</media:category></media:content></media:group>"
    )
    assert found.tags == ("News", "ivory", "customs", "Ports")


def test_how_often_a_feed_is_updated() -> None:
    channel = "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    assert rss("", channel).ttl == 15
    assert rss("", "<ttl>a lot</ttl>").ttl == 0
    assert rss("", "<ttl>99999999999</ttl>").ttl == 0


def test_prefixes_are_only_names() -> None:
    text = (
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:q='
        '"http://purl.org/rss/1.0/" xmlns:media="https://other.example/"><q:channel><q:title>T'
        "</q:title></q:channel><q:item><q:title>One</q:title><title xmlns='https://o.example/'>"
        "not this</title></q:item></r:RDF>"
    )
    feed = read_feed(text.encode(), URL)
    assert (feed.title, feed.entries[0].title) == ("T", "One")
    undeclared = "<rss><channel><item><dc:creator>A</dc:creator></item></channel></rss>"
    assert read_feed(undeclared.encode(), URL).entries[0].authors == ("A",)


def test_equal_entries_are_one_and_others_stay() -> None:
    same = "<item><guid>https://a.example/?a=1&amp;copy=2</guid><title>a</title></item>"
    found = rss(same * 2 + same.replace("<title>a", "<title>b")).entries
    key = "https://a.example/?a=1&copy=2"
    assert [(entry.key, entry.title) for entry in found] == [(key, "a"), (key, "b")]


@for_each(
    "data, reason",
    [
        (b"", "It is empty."),
        (b" \n\0", "It is empty."),
        (b"<!DOCTYPE html><title>x</title>", "It is a web page, not a feed."),
        (b"<html><body><p>x</p><rss></rss></body></html>", "It is a web page, not a feed."),
        (b"<?xml version='1.0'?><opml/>", "It is a list of feeds (OPML), not a feed: import it"),
        (b"<urlset/>", "It is a site map, not a feed."),
        (b"<note/>", "It is XML, but not a feed: its first element is <note>."),
        (b"Good morning", "It is neither XML nor JSON, so it is not a feed."),
        (b"\x89PNG\r\n\x1a\n\0\0", "It is neither XML nor JSON, so it is not a feed."),
        (b"[1, 2]", "It is JSON, but not a feed: a JSON Feed is an object."),
        (b'{"a": 1}', "It is JSON, but not a feed: it has no version of JSON Feed."),
        (b'{"a": ', "It is not a feed: as JSON it is broken (line 1: Expecting value)."),
    ],
)
def test_what_is_no_feed_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(NotReadableError) as caught:
        read_feed(data, URL)
    assert caught.value.reason.startswith(reason)


def test_a_feed_after_a_warning_is_read() -> None:
    data = b"<br />\n<b>Warning</b>: oh no\n<?xml version='1.0'?><rss><channel><title>T</title>"
    assert read_feed(data, URL).title == "T"


@for_each("written, seconds", [
        ("1:02:03", 3723), ("62:03", 3723), ("3723", 3723), (" 3723.6 ", 3723), ("00:10", 10),
        ("", 0), ("1:2:3:4", 0), ("an hour", 0), ("-5", 0), ("9" * 30, 0), ("1e5", 0),
        (3723, 3723), (3723.5, 3723), (None, 0), (True, 0), (float("nan"), 0), ([1], 0),
])  # fmt: skip
def test_durations(written: object, seconds: int) -> None:
    assert read_duration(written) == seconds


def test_a_duration_is_that_of_the_first_sound() -> None:
    found = item(
        "<itunes:duration>10:00</itunes:duration><enclosure url='https://m.example/a.pdf'/>"
        "<enclosure url='https://m.example/a.mp3'/><enclosure url='https://m.example/b.mp3'/>"
        "<media:content url='https://m.example/b.mp3' duration='7'/>"
    )
    assert [file.seconds for file in found.enclosures] == [0, 600, 7]
    file = {"url": "https://m.example/a.mp3", "duration_in_seconds": 90.4}
    items = [{"id": "1", "content_text": "x", "attachments": [file]}]
    [one] = read_feed(json.dumps({"items": items}).encode(), URL).entries
    assert one.enclosures == (Enclosure("https://m.example/a.mp3", "audio/mpeg", 0, 90),)

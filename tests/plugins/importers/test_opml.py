"""OPML lists: what the world writes is read, what we write is read back whole."""

from __future__ import annotations

import signal
import subprocess
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.judge.opml_suites import SUITES, files, judge

from rilo_reader.entry import Selectors
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.messages import Headers
from rilo_reader.plugins.exporters.opml import DEPTH_LIMIT, write_opml
from rilo_reader.plugins.importers.opml import OUTLINE_LIMIT, read_opml
from rilo_reader.text import clean_line
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples
from tests.support.terminal import config_file, environment, rilo, until


def _feeds(text: str | bytes) -> list[Subscription]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_opml(data).subscriptions)


def _outline(attributes: str) -> str:
    return f'<opml version="2.0"><body><outline {attributes}/></body></opml>'


@pytest.mark.parametrize(
    ("data", "suite"),
    [
        (samples, "opml"),
        *(pytest.param(corpus, suite, marks=pytest.mark.corpus) for suite in SUITES),
    ],
)
def test_every_list_of_the_suites_is_read_as_expected(data: Data, suite: str) -> None:
    lists = files(suite, data)
    assert lists
    wrong = {file.name: judge(file).wrong for file in lists}
    assert {name: reasons for name, reasons in wrong.items() if reasons} == {}


def test_folders_and_categories_are_tags() -> None:
    text = """<opml><body>
      <outline text="News"><outline text="Europe" title="no">
        <outline text="A" xmlUrl="https://a.example/f" category="x, /y / z,,/"/>
      </outline></outline>
      <outline text="B" xmlUrl="https://b.example/f"></outline>
      <outline text="C" xmlUrl="https://c.example/f"/>
      <outline text="Again"><outline XMLURL="https://a.example/f" text="other" /></outline>
    </body></opml>"""
    assert _feeds(text) == [
        Subscription("https://a.example/f", "A", ("News/Europe", "x", "y/z", "Again")),
        Subscription("https://b.example/f", "B"),
        Subscription("https://c.example/f", "C"),
    ]


def test_what_freshrss_reads_by_paths_is_named_with_the_reason() -> None:
    """Its `type` says so; the address is that of a page, which is no feed."""
    outlines = "".join(
        f'<outline text="{kind}" type="{kind}" xmlUrl="https://a.example/{number}?a=1&amp;b=2"/>'
        for number, kind in enumerate(("HTML+XPath", "XML+XPath", "JSON+DotNotation", "JSONFeed"))
    )
    listed = read_opml(f'<opml version="2.0"><body>{outlines}</body></opml>'.encode())
    assert [feed.title for feed in listed.subscriptions] == ["JSONFeed"]
    assert len(listed.faults) == 3
    assert "“HTML+XPath” is not a feed, but read as HTML+XPath by FreshRSS" in listed.faults[0]
    assert "add --page-feed 'https://a.example/0?a=1&b=2'" in listed.faults[0]


@for_each(
    "attributes, expected",
    [
        ('xmlUrl="feed://a.example/f"', "http://a.example/f"),
        ('xmlUrl="feed:https://a.example/f"', "https://a.example/f"),
        ("type='atom' URL='https://a.example/f'", "https://a.example/f"),
        ("text=bare xmlUrl=https://a.example/f?a=1&b=2", "https://a.example/f?a=1&b=2"),
        ('xmlUrl="https://a.example/f?a=1&copy=2&amp;c=3"', "https://a.example/f?a=1&copy=2&c=3"),
        ('xmlUrl="https://user:pass@a.example/f"', "https://user:pass@a.example/f"),
        ('xmlUrl="https://bücher.example/ö"', "https://xn--bcher-kva.example/%C3%B6"),
        ('type="rss" xmlUrl="www.example.org/books/rss"', "http://www.example.org/books/rss"),
        ('xmlUrl="feed:www.example.org/books/rss"', "http://www.example.org/books/rss"),
        ('type="rss" feedUrl="http://a.example/f"', "http://a.example/f"),
        ('type="rss" url="http://a.example/f"', "http://a.example/f"),
    ],
)
def test_addresses_as_people_write_them(attributes: str, expected: str) -> None:
    assert [feed.url for feed in _feeds(_outline(attributes))] == [expected]


@for_each(
    "attributes, word",
    [
        ('text="N" xmlUrl="file:///etc/passwd"', "“N” has no web address"),
        ('text="N" xmlUrl="|~/fetch.py"', "“N” has no web address"),
        ('text="N" xmlUrl="javascript:alert(1)"', "“N” has no web address"),
        ('text="N" type="rss"', "a feed without an address"),
        ('text="N" type="include" url="https://a.example/l.opml"', "links to another list"),
    ],
)
def test_what_is_left_out_is_named(attributes: str, word: str) -> None:
    read = read_opml(_outline(attributes).encode())
    assert read.subscriptions == ()
    assert word in read.faults[0]


def test_a_folder_that_calls_itself_a_feed_is_a_folder() -> None:
    text = (
        '<opml><body><outline type="rss" text="Comics"><outline type="rss" text="A" '
        'xmlUrl="https://a.example/f"/></outline><outline type="rss" text="B"></outline></body>'
    )
    read = read_opml(text.encode())
    assert [(feed.title, feed.tags) for feed in read.subscriptions] == [("A", ("Comics",))]
    assert read.faults == ("“B” is a feed without an address, so it was skipped.",)


@for_each(
    "declared, written",
    [
        *((name, "utf-8") for name in ("utf-8", "utf-16", "punycode", "no such thing", "zip")),
        *(("utf-8", name) for name in ("cp1252", "utf-8-sig")),
        *(("utf-16", name) for name in ("utf-16-le", "utf-16")),
        ("iso-8859-1", "cp1252"),
    ],
)
def test_encodings_marked_wrongly_marked_and_not_marked(declared: str, written: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><opml><outline text="Ärger" xmlUrl="https://a.example"/>'
    assert _feeds(text.encode(written))[0].title == "Ärger"


def test_a_legal_text_in_the_declared_encoding_is_in_it() -> None:
    text = '<?xml version="1.0" encoding="euc-jp"?><opml><outline text="新聞" xmlUrl="https://a.example"/>'
    assert _feeds(text.encode("euc-jp"))[0].title == "新聞"


def test_broken_lists_end_with_the_tag_that_is_broken() -> None:
    text = """<opml><body><outline text="A" xmlUrl="https://a.example/1">
      <!-- <outline xmlUrl="https://no.example/" /> --> <![CDATA[<outline xmlUrl="https://no.example/"/>]]>
      </outline></outline></outline>
      <outline text="B <b>" & c xmlUrl="https://a.example/2"
      <outline text='C "quoted" > more' xmlUrl='https://a.example/3' / >
      <outline text="D" xmlUrl="https://a.example/4" title="never ended"""
    feeds = _feeds(text)
    assert [(feed.title, feed.url[-1]) for feed in feeds] == [
        ("A", "1"),
        ("B <b>", "2"),
        ('C "quoted" > more', "3"),
        ("D", "4"),
    ]
    assert all(feed.tags == () for feed in feeds)


def test_no_entity_is_expanded_and_nothing_is_fetched() -> None:
    text = """<!DOCTYPE opml [<!ENTITY a "https://evil.example/"> <!ENTITY f SYSTEM "file:///etc/passwd">]>
      <opml><body><outline text="&f;&eacute;&a;" xmlUrl="https://a.example/&a;"/></body></opml>"""
    assert _feeds(text) == [Subscription("https://a.example/&a;", "&f;é&a;")]


@pytest.mark.parametrize(
    ("data", "folder"),
    [(samples, "bombs"), pytest.param(corpus, "defusedxml/xmltestdata", marks=pytest.mark.corpus)],
)
def test_bombs_of_the_security_suite_are_no_lists(data: Data, folder: str) -> None:
    bombs = sorted((data("security") / folder).glob("*.xml"))
    assert bombs
    for bomb in bombs:
        with pytest.raises(NotReadableError):
            read_opml(bomb.read_bytes())


def test_control_characters_do_not_arrive() -> None:
    evil = "a\x1b]0;owned\x07b\u202ec\x9bd&#27;e&#x202e;f"
    feed = _feeds(_outline(f'text="{evil}" category="{evil}" xmlUrl="https://a.example/{{}}"'))[0]
    for text in (feed.title, feed.url, *feed.tags):
        assert clean_line(text) == text
        assert text.isprintable()


@pytest.mark.slow
def test_bounds_hold() -> None:
    deep = '<outline text="x">' * 5000 + '<outline xmlUrl="https://a.example/f"/>'
    assert _feeds(f"<opml>{deep}")[0].tags == ("/".join(["x"] * DEPTH_LIMIT),)
    many = '<outline text="y"/>' * (OUTLINE_LIMIT + 10)
    read = read_opml(f'<opml>{many}<outline xmlUrl="https://a.example/f"/>'.encode())
    assert read.subscriptions == ()
    assert "Only the first" in read.faults[0]
    long = _outline(f'text="{"z" * 1_000_000}" xmlUrl="https://a.example"')
    assert len(_feeds(long)[0].title) == 500


@for_each("data", [b"", b"\0" * 100, b"<html><p>no</p></html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(NotReadableError):
        read_opml(data)


# U+FFFE and U+FFFF are no characters and cannot stand in XML: they are left out of what is written.
NOT_LISTED = {
    name: Subscription._field_defaults[name]
    for name in ("headers", "header_command", "user_agent", "run", "filter")
}
_characters = st.characters(codec="utf-8", exclude_characters="\ufffe\uffff")
_words = st.text(_characters, max_size=20).map(clean_line)
_tags = (_words | st.lists(_words, max_size=4).map("/".join)).map(clean_line).filter(bool)
_subscriptions = st.lists(
    st.builds(
        Subscription,
        url=st.integers(0, 10**6).map(lambda number: f"https://a.example/{number}?a=1&b=%22"),
        title=_words | st.just("https://a.example/1"),
        tags=st.lists(_tags, max_size=4, unique=True).map(tuple),
        site=st.sampled_from(["", "https://a.example/?a=1&b=2"]),
        full_text=st.booleans(),
        every=st.integers(0, 10_000),
        muted=st.booleans(),
        paused=st.booleans(),
        limit=st.integers(0, 1000),
        at_most=st.integers(0, 1000),
        read_after=st.sampled_from(["", "14d", "never"]),
        keep_unread=st.integers(0, 1000),
        private=st.booleans(),
        pictures=st.booleans(),
        page=st.just(Selectors())
        | st.builds(Selectors, _words.filter(bool), _words, _words, _words),
        # What may be secret or runs a program is in no list.
        **{name: st.just(default) for name, default in NOT_LISTED.items()},
    ),
    unique_by=lambda feed: feed.url,
    max_size=8,
)


@pytest.mark.slow
@examples(150)
@given(_subscriptions, _words)
def test_nothing_is_lost_by_writing_and_reading(feeds: list[Subscription], title: str) -> None:
    text = write_opml(feeds, title)
    ElementTree.fromstring(text)
    read = read_opml(text.encode())
    # But for what only its owner may say of their own network: no list is believed in that.
    expected = {feed.url: feed._replace(private=False) for feed in feeds}
    assert {feed.url: feed for feed in read.subscriptions} == expected
    assert read.title == title
    assert read.faults == ()


_PIECES = (
    *("<opml>", "<outline ", "/>", ">", "</outline>", 'text="', "'", '"', "xmlUrl=", "<!--"),
    *("https://a.example/", "-->", "<!DOCTYPE x [", "]>", "&amp;", "&", "<![CDATA[", "\x1b"),
)


@examples(100)
@given(st.binary(max_size=300) | st.lists(st.sampled_from(_PIECES)).map("".join).map(str.encode))
def test_garbage_never_raises_anything_else(data: bytes) -> None:
    try:
        read = read_opml(data)
    except NotReadableError:
        return
    for feed in read.subscriptions:
        assert feed.url.startswith("http")


def test_a_feed_stands_in_the_folder_of_each_tag() -> None:
    feed = Subscription("https://a.example/f", "A", ("Z/Y", "X"))
    root = ElementTree.fromstring(write_opml([feed]))
    assert [outline.get("text") for outline in root.iter("outline")] == ["Z", "Y", "A", "X", "A"]
    assert _feeds(write_opml([feed])) == [feed]


def test_what_a_feed_calls_itself_is_shown_elsewhere_and_no_title_here() -> None:
    feeds = [Subscription("https://a.example/f"), Subscription("https://b.example/f", title="B")]
    names = {"https://a.example/f": "A & co", "https://b.example/f": "Other"}
    written = write_opml(feeds, names=names)
    assert 'text="A &amp; co"' in written
    assert 'text="B"' in written
    assert list(read_opml(written.encode()).subscriptions) == feeds


def test_no_list_of_somebody_else_brings_a_program() -> None:
    opml = (
        "<opml version='2.0'><body><outline type='rss' text='A' xmlUrl='run:a-12345678' "
        "run='touch x' rilo:run='touch x'/><outline type='rss' text='B' "
        "xmlUrl='https://b.example/feed' filter='touch x'/></body></opml>"
    )
    [feed] = read_opml(opml.encode()).subscriptions
    assert (feed.url, feed.run, feed.filter) == ("https://b.example/feed", (), ())


def test_headers_of_a_feed_are_in_no_list() -> None:
    feed = Subscription("https://a.example/f", headers=Headers({"Cookie": "s3cret"}))
    assert "s3cret" not in write_opml([feed])


@pytest.mark.slow
def test_what_an_import_followed_before_it_was_stopped_is_a_step_of_undo(user: User) -> None:
    outlines = '<outline xmlUrl="https://example.org/feed"/>'
    (user.home / "a.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    notes = user.home / "notes"
    notes.mkdir()
    for number in range(30_000):
        (notes / f"{number}.md").touch()
    command = rilo("import", "a.opml", "notes", "--library", str(user.library))
    env = environment(user.home)
    process = subprocess.Popen(command, env=env, cwd=user.home, stderr=subprocess.PIPE, text=True)
    feeds = config_file(user.home, "feeds.toml")
    until(lambda: feeds.exists() and "example.org" in feeds.read_text())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("rilo-reader: stopped after ")
    assert "import again brings the rest" in err
    user.ask("undo").says("Undone: imported ", "feeds from a.opml, notes")
    assert "example.org" not in feeds.read_text()

"""The article and the feeds of a page."""

from __future__ import annotations

import functools
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring, fragment_fromstring

from rilo_reader.entry import Form
from rilo_reader.errors import NotReadableError
from rilo_reader.html import read_html
from rilo_reader.html.markdown_writer import write_blocks
from rilo_reader.pages import find_feeds, read_page
from rilo_reader.pages.boilerplate import BoilerplateKind, classify_block
from rilo_reader.pages.edges import remove_breadcrumbs, remove_head, remove_tail
from rilo_reader.pages.prune import Pruner
from tests.support.examples import examples
from tests.support.for_each import for_each

URL = "https://news.example.org/2026/ivory.html"
ARTICLE = "https://news.example.org/2026/other.html"
SENTENCE = (
    "The officers opened the container in the afternoon and found what the note had promised. "
)
PARAGRAPHS = [f"<p>{number}. {SENTENCE * 3}</p>" for number in range(1, 7)]
ALL = "".join(PARAGRAPHS)
AUTHOR = "<meta name=author content='Ann Abel'><meta name=date content=2026-03-07>"


def page(body: str = ALL, head: str = "", title: str = "Ivory found in a container") -> bytes:
    """A page with an article, as sites write them."""
    return (
        f"<!DOCTYPE html><html lang='en-GB'><head><meta charset=utf-8>{head}</head><body>"
        "<nav><ul><li><a href='/'>Home</a><li><a href='/w'>World</a></ul></nav><main><article>"
        f"<h1>{title}</h1>{body}</article></main>"
        "<footer><p>All rights reserved.</p></footer></body></html>"
    ).encode()


def content(middle: str = "", *, above: str = "", below: str = "", head: str = "") -> str:
    """The text of the article with something more among, above or below its paragraphs."""
    body = [above, *PARAGRAPHS[:3], middle, *PARAGRAPHS[3:], below]
    return read_page(page("".join(body), head), URL).content


plain = functools.cache(content)
"""The text of the article alone."""


def kept_of(body: str) -> str:
    """The text that stays where the extractor has found the first two paragraphs."""
    root = document_fromstring(f"<body><article>{body}</article></body>")
    kept = Pruner(root, (f"{number}. {SENTENCE * 3}" for number in (1, 2))).prune()
    assert kept is not None
    return str(kept.text_content())


@for_each(
    "way",
    [
        "<p><a href='/news/ports/'>Ports</a> / <a href='/tag/red-ivory'>More Ivory</a></p>",
        "<ul><li><a href='/'>Front page</a><ul><li><a href='/africa'>Africa</a></ul></ul>",
        "<p><a href='https://ports.news.example/'>Ports</a>\n\t</p><p><a href='/a'>A</a></p>",
        "<p><a href='/6/1'>&laquo; New Videos</a> | <a href='/9/2'>Its end &raquo;</a></p>",
    ],
)
def test_the_way_to_an_article_is_no_part_of_it(way: str) -> None:
    assert write_blocks(remove_breadcrumbs(read_html(f"{way}<p>Text.", URL))) == "Text."


@for_each(
    "start",
    [
        "<p><a href='/papers/2026-03.pdf'>The paper</a></p>",
        "<p><a href='/ports'>Ports</a> are open.</p>",
        "<p><a href='/ports/a/b/c/d'>Ports</a></p>",
        "<ul><li><a href='/ports'>Ports</a><li>Ships</ul>",
        "<p><a href='/p/'><img src='/p.png'></a></p>",
        "<h2><a href='/ports'>Ports</a></h2>",
        "<p>&laquo; <a href='/1.html'>A quotation</a> &raquo;, she said.</p>",
    ],
)
def test_links_that_are_no_way_stay(start: str) -> None:
    blocks = read_html(f"{start}<p>Text.", URL)
    assert len(remove_breadcrumbs(blocks)) == len(blocks) == 2


def test_what_stands_above_the_title_is_no_part_of_it() -> None:
    """As on the pages of old programs: the day, the title, the text, and then the readers."""
    above = "<p><a href='/1'>&laquo; Before</a> | <a href='/'>Main</a></p><h2>March 7, 2026</h2>"
    below = (
        "<p class=posted>Posted by ann at March 7, 2026 01:25 PM</p><h2 id=comments>Comments</h2>"
        f"<div id=c1><p>{SENTENCE * 4}</p></div><p class=posted>Posted by: Bo at March 8, 2026</p>"
    )
    old = read_page(page(ALL + below).replace(b"<h1>", f"{above}<h1>".encode()), URL)
    assert (old.content, old.date) == (plain(), datetime(2026, 3, 7, tzinfo=UTC))


def test_a_date_at_the_head_is_that_of_the_page() -> None:
    day = "<p>March 7, 2026</p>"
    dated = read_page(page(day + ALL), URL)
    assert dated.content == plain()
    assert (dated.date, dated.date_only) == (datetime(2026, 3, 7, tzinfo=UTC), True)
    said = "<meta property='article:published_time' content='2026-03-01'>"
    assert read_page(page(day + ALL, said), URL).date == datetime(2026, 3, 1, tzinfo=UTC)
    assert content(above="<p>2026</p>").startswith("2026\n\n1")


FEED_LINK = "<link rel=alternate type='application/rss+xml' title='{}'>"


@for_each("head, heading", [
        ("<title>Dim lights | Of Ports, Ships and Tides</title>"
         + FEED_LINK.format("Of Ports, Ships and Tides &raquo; Feed"), "Of Ports, Ships and Tides"),
        ("<title>Dim lights &laquo; The Harbour Journal</title>",
         "<a href='https://news.example.org/'>The Harbour Journal</a>"),
        ("<title>Of Ports: Dim lights</title>", "<a href='../index.html'>Of Ports</a>"),
        ("<title>噂佐菊都風：Dim lights</title>", "<a href='/index.php'>噂佐菊都風</a>"),
        ("<title>Dim lights - Ann 的博客</title>", ""),
        ("<title> Dim lights · Ann's Blog</title>", ""),
        ("<title>Dim lights | </title>", ""),
        ("<title>news.example.org: Dim lights</title>", ""),
        ("<meta name='DC.title' content='Ann Example'><title>Dim lights | Ann E.</title>",
         "Dim lights"),
    ])  # fmt: skip
def test_the_name_of_the_site_is_no_part_of_a_title(head: str, heading: str) -> None:
    assert read_page(page(head=head, title=heading), URL).title == "Dim lights"


@for_each(
    "head, title",
    [
        (f"<title>从读者的角度出发 | 陈有朴</title>{FEED_LINK.format('RSS')}", "从读者的角度出发"),
        ("<title>My blog - a history</title>", "My blog - a history"),
        ("<title>Notes: on ports</title>", "Notes: on ports"),
        ("<title>Ann's Blog</title>", "Ann's Blog"),
    ],
)
def test_a_title_without_a_heading_is_that_of_the_page(head: str, title: str) -> None:
    assert read_page(page(head=head, title=""), URL).title == title


def test_a_title_is_its_heading_without_what_was_put_around_it() -> None:
    head = "<title>Ports: Ivory found in a container (video)</title>"
    assert read_page(page(head=head), URL).title == "Ivory found in a container"


HEAD = (
    '<title>Ivory found in a container | Example News</title><link rel="canonical" href="/ivory">'
    '<meta property="og:site_name" content="Example News">'
    '<meta name="description" content="Six tusks &amp; a note.">'
    '<meta property="article:published_time" content="2026-03-07T09:30:00+02:00">'
    '<meta property="article:modified_time" content="2026-03-08T00:00:00Z">'
    '<meta name="author" content="By Ann Example and Bo Sample">'
    '<meta name="keywords" content="customs, ivory,customs">'
)


def test_a_page_is_an_entry_with_what_it_says_of_itself() -> None:
    entry = read_page(page(head=HEAD), URL)
    assert entry.title == "Ivory found in a container"
    assert entry.url == "https://news.example.org/ivory"
    assert entry.site == "Example News"
    assert entry.date == datetime(2026, 3, 7, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    assert not entry.date_only
    assert entry.updated == datetime(2026, 3, 8, tzinfo=UTC)
    assert entry.authors == ("Ann Example", "Bo Sample")
    assert entry.tags == ("customs", "ivory")
    assert entry.lang == "en-GB"
    assert entry.summary == "Six tusks & a note."
    assert entry.form is Form.MARKDOWN


def test_json_ld_says_what_meta_does_not() -> None:
    data = (
        '{"@context":"https://schema.org","@graph":[{"@type":"WebPage","name":"x"},'
        '{"@type":"NewsArticle","headline":"Tusks","datePublished":"2026-01-02T03:04:05Z",'
        '"author":[{"@type":"Person","name":"Cy Proof"}],"publisher":{"name":"The Paper"}}]}'
    )
    entry = read_page(page(head=f'<script type="application/ld+json">{data}</script>'), URL)
    assert (entry.title, entry.site, entry.authors) == ("Tusks", "The Paper", ("Cy Proof",))
    assert entry.date == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_article_is_all_that_stands_and_nothing_around_it() -> None:
    text = content(head=HEAD)
    assert [f"{number}\\. The officers" in text for number in range(1, 7)] == [True] * 6
    # The title stands above it already.
    for around in ("Home", "rights reserved", "Ivory found in a container"):
        assert around not in text


def test_what_extractors_drop_within_an_article_stays() -> None:
    middle = (
        '<h2>How</h2><pre><code class="language-sh">grep -r ivory .</code></pre>'
        '<figure><img src="/a.jpg" alt="A crate"><figcaption>The crate.</figcaption></figure>'
        "<table><tr><th>Port<th>Tusks<tr><td>North<td>4<tr><td>South<td>2</table>"
        '<p>A claim<sup id="r1"><a href="#n1">1</a></sup> in between that is long enough.</p>'
    )
    notes = '<ol class="footnotes"><li id="n1">A note. <a href="#r1">↩</a></li></ol>'
    text = content(middle, below=notes)
    assert "## How\n\n```sh\ngrep -r ivory .\n```" in text
    assert "![A crate](https://news.example.org/a.jpg)\n\nThe crate." in text
    assert "| Port | Tusks |\n| --- | --- |\n| North | 4 |" in text
    assert "A claim[^1] in between" in text
    assert text.endswith("[^1]: A note.")


@for_each("rows, shown", [
        (("<tr><th>Name<th>Work<th>Town<tr><td>Ann<td><ul><li>Singer</ul><td>Rome"
          "<tr><td>Bo<td><div class=hlist><ul><li>Poet<li>actor</ul></div><td>Oslo"),
         ["| Ann | • Singer | Rome |", "| Bo | • Poet<br>• actor | Oslo |"]),
        (("<tr><th>Born<td>1 May 1950<tr><th>Work<td><ul><li>Singer<li>Poet</ul>"
          "<tr><th>Langs<td><ul><li><a href=/e>English</a><li><a href=/f>French</a></ul>"),
         ["| Work | • Singer<br>• Poet |", "| Langs | • [English]("]),
        ("<tr><th>Port<th>Pier<th>Tusks<tr><td>North<td><div class=share-links>Share</div><td>4",
         ["| North |  | 4 |"]),
    ])  # fmt: skip
def test_cells_keep_their_lists_and_their_places(rows: str, shown: list[str]) -> None:
    text = content(f"<table>{rows}</table>")
    assert [line for line in shown if line not in text] == []


@for_each(
    "junk",
    [
        '<p><a href="https://www.facebook.com/sharer.php?u=x"><img src="/fb.svg"></a></p>',
        '<ul><li><a href="https://twitter.com/intent/tweet?url=x">Tweet</a></ul>',
        '<p><a href="/"><img src="/paper.png" alt="The Paper"></a></p>',
        '<p><a href="https://instagram.com/thepaper"><img src="/i.png"></a></p>',
        '<p><img src="/assets/icons/arrow.svg"></p>',
        '<p><img src="https://stats.example/pixel?post=1"></p>',
    ],
)
def test_buttons_and_icons_are_left_out(junk: str) -> None:
    assert content(junk, above=junk, below=junk) == plain()


@for_each(
    "above",
    [
        "<p>Published: March 7, 2026, at 11:29 a.m.</p>",
        "<p><b>By Ann Abel</b></p><p>7 March 2026</p>",
        "<ul><li>Updated: 8. März 2026<li>5 min read</ul>",
        "<h1>Ivory found in a container</h1>",
    ],
)
def test_bylines_and_repeated_titles_are_left_out(above: str) -> None:
    assert content(above=above, head=AUTHOR) == plain()


@for_each(
    "heading, stays",
    [
        ("<h1>Ivory is found in containers</h1>", False),
        ("<h2>Ports: Ivory found in a container</h2>", False),
        ("<h1>Ivory</h1>", False),
        ("<h2>Ivory</h2>", True),
        ("<h2>Ivory found in a container, and the long way that led to it</h2>", True),
    ],
)
def test_a_heading_that_is_almost_the_title_is_left_out(heading: str, stays: bool) -> None:
    blocks = read_html(heading + ALL, URL)
    rest, _ = remove_head(blocks, "Ivory found in a container")
    assert len(rest) == len(PARAGRAPHS) + stays


@for_each(
    "below",
    [
        f"<p><b>More on this:</b></p><p><a href={ARTICLE}>The ship</a></p><p><a href=/x>A port</a>",
        f"<ul><li><a href={ARTICLE}><img src=/s.jpg alt='A ship'></a></ul>",
        "<p><a href=/tag/ports>Ports</a></p><p><a href=/tag/ivory>Ivory</a></p>",
        "<p>Tags: <a href=/tag/ports>Ports</a></p>",
        "<h3>3 comments</h3><p>Well done, I say, and so says everybody in this town.</p>",
        "<h3>About the author</h3><p>She has written for many years, and lives by the sea.</p>",
        "<p><i>Ann Abel is a reporter who covers the ports of the north for this paper.</i></p>",
        "<p>Posted by Ann Abel, 7 March 2026</p>",
        f"<h2 id=comments>Comments</h2><p>{SENTENCE * 3}</p><form><textarea></textarea></form>",
        "<ul><li><h3>Recent Comments</h3><li><h3>Archives</h3><li><h3>Language</h3></ul>",
    ],
)
def test_what_stands_below_an_article_is_left_out(below: str) -> None:
    assert content(below=below, head=AUTHOR) == plain()


def test_a_part_about_comments_stays() -> None:
    assert "## Comments" in content(below=f"<h2 id='comments'>Comments</h2>{ALL}")


@for_each(
    "end",
    [
        "<p><a href=/part-2.html>The second part</a> is told tomorrow.</p>",
        "<p><a href=/part-2.html>The second part</a></p>",
        "<ul><li><a href=https://a.example/>One source</a><li><a href=/n>Two</a></ul>",
        "<p><a href=/big.jpg><img src=/small.jpg alt='The box'></a></p>",
        "<p><a href=/report.pdf>The report</a></p><p><a href=/b.pdf>And maps</a></p>",
        "<h2>Comments of the judge</h2><p>He said nothing that anybody had expected.</p>",
        "<p>On 7 March 2026 the ship left.</p>",
        "<p>Ann Abel said that she knew.</p>",
    ],
)
def test_what_is_text_at_the_end_of_an_article_stays(end: str) -> None:
    blocks = read_html(ALL + end, URL)
    assert remove_tail(blocks, URL, ["Ann Abel"]) == blocks


def test_a_page_of_links_is_not_cut_away() -> None:
    links = "".join(f"<li><a href=/{number}.html>{SENTENCE}</a>" for number in range(6))
    blocks = read_html(PARAGRAPHS[0] + f"<h2>Part</h2><ul>{links}</ul>" * 8, URL)
    assert len(remove_tail(blocks, URL, ())) > len(blocks) / 2


@for_each("name", ["navbox", "related-stories", "author-bio"])
def test_pictures_in_what_is_left_out_are_left_out(name: str) -> None:
    picture = f"<div class={name}><a href=/x><img src=/x.jpg alt='Another ship'></a></div>"
    assert content(picture, below=picture) == plain()


def test_pictures_with_captions_of_old_programs_stay() -> None:
    captioned = (
        "<div class='wp-caption alignnone'><a href='/b.png'><img src='/a.png' alt='The box'></a>"
        "<p class='wp-caption-text'>The box, opened</p></div>"
    )
    text = content(captioned, below=captioned)
    assert text.count("![The box](https://news.example.org/a.png)") == 2
    assert text.count("\n\nThe box, opened") == 2


def test_a_list_of_links_and_words_within_the_text_stays() -> None:
    roles = {"Founder": "ports", "Member": "ships", "Head": "tides"}
    items = "".join(
        f"<li>{role} @<a href='https://{name}.example'>{name}</a>" for role, name in roles.items()
    )
    assert content(f"<ul>{items}</ul>").count("\n- ") == 3


def test_a_menu_within_the_text_that_the_extractor_left_out_stays_out() -> None:
    menu = "<ul><li><a href='/a'>The next ship</a><li><a href='/b'>The last one</a></ul>"
    text = "<ul><li>A ship, a <a href='/a'>red</a> one<li>A port of the north</ul>"
    for between, stays in ((menu, False), (text, True)):
        assert ("ship" in kept_of(between.join(PARAGRAPHS[:2]))) is stays


def test_code_stays_also_where_most_of_a_page_is_code() -> None:
    """The extractor found the words between it: what stands around code is what tells."""
    codes = "".join(f"<pre>let x{n} = {'first + ' * 60}{n} ;;</pre>" for n in range(8))
    assert kept_of(codes + "".join(PARAGRAPHS[:2])).count("let x") == 8


@for_each(
    "offer",
    [
        '<p><a href="/x">Read more: what became of the crew in the end</a></p>',
        '<div class="newsletter-box"><p>Our best stories, in your letter box every day.</p></div>',
        '<p>Lesen Sie auch: <a href="/y">Was aus der Mannschaft wurde</a></p>',
        '<p>Follow The Paper on every network. <a href="/f">Follow us on it</a></p>',
        '<ul><li><a href="#a">One</a><li><a href="#b">Two</a><li><a href="#c">Three</a></ul>',
    ],
)
def test_offers_among_the_text_are_left_out(offer: str) -> None:
    assert content(offer) == plain()


@pytest.mark.parametrize(
    ("hosts", "is_offer"), [(("", ""), True), (("//a.example", "https://b.example"), False)]
)
def test_what_leads_to_several_sites_is_no_offer(hosts: tuple[str, str], is_offer: bool) -> None:
    one, other = (f"<a href='{host}/{number}'>Number</a>" for number, host in enumerate(hosts))
    block = fragment_fromstring(f"<p><b>Related links</b><br>{one}<br>{other}</p>")
    assert (
        classify_block(block, "Related links Number Number", [block]) is not BoilerplateKind.NOT
    ) is is_offer


def test_a_page_whose_every_part_has_such_a_name_is_still_an_article() -> None:
    body = "".join(f'<div class="related-part">{text}</div>' for text in PARAGRAPHS)
    assert read_page(page(body), URL).content.count("The officers") == 18


def test_text_that_waits_for_a_script_to_show_it_is_read() -> None:
    body = f"{''.join(PARAGRAPHS[:3])}<div style='display:none'>{''.join(PARAGRAPHS[3:])}</div>"
    assert read_page(page(body), URL).content == plain()


@for_each(
    "encoding, header, meta",
    [
        ("utf-8", "", ""),
        ("utf-8", "text/html; charset=UTF-8", ""),
        ("utf-8-sig", "", "latin1"),
        ("utf-16", "", ""),
        ("cp1252", "text/html; charset=iso-8859-1", ""),
        ("cp1252", "", "iso-8859-1"),
        ("shift_jis", "", "shift_jis"),
        ("gb18030", "text/html", "gb2312"),
        ("windows-1251", "text/html; charset=windows-1251", ""),
    ],
)
def test_encodings_are_read_as_browsers_do(encoding: str, header: str, meta: str) -> None:
    word = {"shift_jis": "税関", "gb18030": "海关", "windows-1251": "таможня"}.get(
        encoding, "Zöllner"
    )
    said = f"<meta charset={meta}>" if meta else ""
    html = f"<html><head>{said}<title>{word}</title></head><body><p>{word} {SENTENCE * 9}</p>"
    entry = read_page(html.encode(encoding), URL, header)
    assert entry.title == word
    assert entry.content.startswith(word)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"<html><body><nav></nav></body></html>", "No text"),
        (b"<p>Please enable JavaScript to run this app.</p>", "script"),
    ],
)
def test_what_is_no_article_says_why(data: bytes, says: str) -> None:
    with pytest.raises(NotReadableError, match=says):
        read_page(data, URL)


def test_no_entity_is_expanded() -> None:
    declared = b'<!DOCTYPE html [<!ENTITY a "boom"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    body = page(f"<p>&a;&b; {SENTENCE * 3}</p>").partition(b"<!DOCTYPE html>")[2]
    text = read_page(declared + body, URL).content
    assert "&a;&b; The officers" in text.replace("\\", "")


def test_a_front_page_as_canonical_address_is_not_believed() -> None:
    head = '<link rel="canonical" href="https://news.example.org/">'
    assert read_page(page(head=head), URL).url == URL
    assert read_page(page(head=head)).url == "https://news.example.org/"


@examples(40)
@given(
    st.lists(
        st.sampled_from(b"<p> <div> </div> <article> <h1> <table><tr><td> <li> \xff".split())
        | st.just(SENTENCE.encode())
        | st.binary(max_size=6),
        max_size=25,
    ).map(b"".join)
)
def test_any_bytes_are_an_entry_or_a_reason(data: bytes) -> None:
    try:
        entry = read_page(data, URL)
    except NotReadableError as error:
        assert error.reason.endswith(".")
    else:
        assert entry.content
    find_feeds(data, URL)


def run(code: str) -> str:
    """What Python prints when it runs some code, and nothing but that."""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return ran.stdout.strip()


@pytest.mark.slow
def test_reading_pages_logs_nothing_to_the_terminal() -> None:
    code = (
        "from rilo_reader.pages import read_page\n"
        "try: read_page(b'<p>' * 900 + b'x', 'http://[bad')\n"
        "except Exception as error: print(type(error).__name__)\n"
    )
    run(code)


@pytest.mark.parametrize(("module", "library"), [("html", "lxml"), ("pages", "trafilatura")])
def test_nothing_heavy_is_imported_before_a_page_is_read(module: str, library: str) -> None:
    assert run(f"import sys, rilo_reader.{module}; print({library!r} in sys.modules)") == "False"


# -- feeds ---------------------------------------------------------------------------------------


def addresses(html: str, url: str = "https://example.org/blog/") -> list[str]:
    """The addresses of the feeds found on a page."""
    return [feed.url for feed in find_feeds(html.encode(), url)]


def test_feeds_that_a_page_names_come_first_and_comments_last() -> None:
    found = find_feeds(
        b'<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">'
        b'<link rel="alternate" type="application/rss+xml" title=" Blog &amp; more " href="/feed/">'
        b'<link rel="alternate" type="application/feed+json" href="feed.json">'
        b'<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        b'<link rel="alternate" hreflang="de" href="/de/"><a href="/rss.xml">RSS</a>',
        "https://example.org/blog/",
    )
    assert [(feed.url, feed.title, feed.is_sure) for feed in found] == [
        ("https://example.org/feed/", "Blog & more", True),
        ("https://example.org/blog/feed.json", "", True),
        ("https://example.org/rss.xml", "RSS", False),
        ("https://example.org/comments/feed/", "Comments", True),
    ]


def test_links_that_look_like_feeds_are_found_and_others_are_not() -> None:
    html = (
        '<a href="/about/feedback">Feedback</a><a href="https://feedly.com/i/x">Feedly</a>'
        '<a href="/atom.xml">Atom</a><a href="/index.xml">all</a><a href="/feed.html">Feed</a>'
        '<a href="feed:https://example.org/f.rss">subscribe</a><a href="javascript:rss()">RSS</a>'
    )
    assert addresses(html) == [
        "https://example.org/atom.xml",
        "https://example.org/index.xml",
        "https://example.org/f.rss",
    ]


CHANNEL = "UC" + "a" * 22


@for_each("url, html, expected", [
        (f"https://www.youtube.com/channel/{CHANNEL}", "",
         f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"),
        ("https://www.youtube.com/@some",
         f'<link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">',
         f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"),
        ("https://github.com/a/b/issues", "", "https://github.com/a/b/releases.atom"),
        ("https://www.reddit.com/r/Python/top", "", "https://www.reddit.com/r/Python/.rss"),
        ("https://social.example.org/@ann", '<div id="mastodon"></div>',
         "https://social.example.org/@ann.rss"),
        ("https://medium.com/@ann/x", "", "https://medium.com/feed/@ann"),
        ("https://ann.substack.com/p/x", "", "https://ann.substack.com/feed"),
        ("https://example.org/2026/x", '<meta name="generator" content="WordPress 7.1">',
         "https://example.org/feed/"),
    ])  # fmt: skip
def test_sites_are_known_to_have_feeds(url: str, html: str, expected: str) -> None:
    assert addresses(html, url)[0] == expected


def test_links_start_at_the_base_and_one_feed_named_twice_is_one() -> None:
    link = '<base href="/sub/"><link rel="alternate" type="application/rss+xml" href="feed">'
    assert addresses(link + link.replace("feed", "feed/")) == ["https://example.org/sub/feed"]

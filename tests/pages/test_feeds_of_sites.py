"""Where a page's feeds are that it does not name: by its site, its software, or by habit."""

from __future__ import annotations

from lxml.html import fragment_fromstring

from rilo_reader.pages import find_feeds
from rilo_reader.pages.boilerplate import BoilerplateKind, classify_block, is_contents
from rilo_reader.pages.feed_links import usual_addresses
from tests.support.for_each import for_each

CHANNEL = "UC" + "x" * 22
VIDEOS = "https://www.youtube.com/feeds/videos.xml?"


def feeds(html: str, url: str) -> list[str]:
    return [feed.url for feed in find_feeds(html.encode(), url)]


@for_each("url, html, expected", [
        ("https://www.youtube.com/playlist?list=PLabcdefghij", "",
         f"{VIDEOS}playlist_id=PLabcdefghij"),
        (f"https://m.youtube.com/channel/{CHANNEL}/videos", "", f"{VIDEOS}channel_id={CHANNEL}"),
        ("https://www.youtube.com/@somebody", f'<meta itemprop=identifier content="{CHANNEL}"><p>x',
         f"{VIDEOS}channel_id={CHANNEL}"),
        ("https://www.youtube.com/watch?v=1", "<p>x", None),
        ("https://social.example/@me", '<div id="mastodon"></div>', "https://social.example/@me.rss"),
        ("https://social.example/about", '<div id="mastodon"></div>', None),
    ])  # fmt: skip
def test_a_site_that_is_known(url: str, html: str, expected: str | None) -> None:
    assert feeds(f"<html><body>{html}</body></html>", url)[:1] == ([expected] if expected else [])


def test_usual_places_are_of_the_site_and_of_its_part() -> None:
    assert usual_addresses("https://a.example/blog/2019/x")[::6] == [
        "https://a.example/feed/",
        "https://a.example/blog/feed/",
    ]
    assert len(usual_addresses("https://a.example/index.html")) == 6
    assert usual_addresses("https://[a/") == []
    assert feeds("<p>x", "https://[a/") == []


def test_what_only_looks_like_a_feed_is_none() -> None:
    page = (
        '<link rel="alternate stylesheet" type="application/rss+xml" href="/a.xml">'
        '<link rel=alternate type="application/rss+xml" href="/oembed?format=xml">'
        '<link rel=alternate type="application/rss+xml" href="javascript:x">'
        '<link rel=alternate type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel=alternate type="application/rss+xml" href="/real.xml" title="Real">'
    )
    assert feeds(page, "https://a.example/") == ["https://a.example/real.xml"]


CONTENTS = '<ul><li><a href="#a">One</a><li><a href="#b">Two</a><li><a href="#c">Three</a></ul>'


@for_each(
    "html, is_one",
    [
        (CONTENTS, True),
        (CONTENTS.replace('<li><a href="#c">Three</a>', ""), False),
        (CONTENTS.replace("#c", "/c"), False),
        (CONTENTS.replace("</ul>", "<li>and a sentence of several words beside</ul>"), False),
    ],
)
def test_a_list_of_places_in_the_page_is_its_contents(html: str, is_one: bool) -> None:
    element = fragment_fromstring(html)
    assert is_contents(element) is is_one
    verdict = classify_block(element[0], "One", [element[0], element])
    assert (verdict is BoilerplateKind.BY_WORDS) is is_one


def test_headings_of_contents_and_of_other_articles_are_judged_by_what_follows() -> None:
    heading = fragment_fromstring("<h2>Contents</h2>")
    assert classify_block(heading, "Table of contents", [heading]) is BoilerplateKind.HEADING
    assert classify_block(heading, "Related articles", [heading]) is BoilerplateKind.HEADING
    assert classify_block(heading, "The story", [heading]) is BoilerplateKind.NOT

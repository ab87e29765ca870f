"""What a feed's text says is shown and found: no dialect's signs mean anything in it.

Each sign of the dialects that somebody thought of stands in eleven places of a web page, which goes
the whole way: an entry, its file, the article, its page, what searches find, exports.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape, unescape

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.entry import Entry, Form
from rilo_reader.feeds.article_text import Origin, make_article, make_file_text
from rilo_reader.library.snippets import markdown_to_line
from rilo_reader.plugins.exporters.xhtml import to_xhtml
from rilo_reader.plugins.flat.settings import SpeechDetail
from rilo_reader.plugins.flat.spoken_article import SpokenArticle
from rilo_reader.query.tokens import prepare_text
from rilo_reader.render.document import visible_text
from rilo_reader.render.shown_text import read_shown_text
from rilo_reader.store.article_fields import FolderFacts, to_article
from rilo_reader.store.front_matter import parse
from tests.support.for_each import for_each
from tests.support.signs import SIGNS

PLACES = {
    "in a sentence": "<p>alpha {} beta</p>",
    "alone": "<p>{}</p>",
    "an item": "<ul><li>{}</li><li>gamma</li></ul>",
    "a cell": "<table><tr><th>a</th><th>b</th></tr><tr><td>{}</td><td>gamma</td></tr></table>",
    "a heading": "<h2>{}</h2>",
    "a span of code": "<p>alpha <code>{}</code> beta</p>",
    "a block of code": "<pre><code>{}</code></pre>",
    "a quotation": "<blockquote>{}</blockquote>",
    "between paragraphs": "<p>first</p><p>{}</p><p>last</p>",
    "in bold": "<p>x <b>{}</b> y</p>",
    "a link": "<p>x <a href=http://l.example/>{}</a> y</p>",
}
OF_HTML = {r"\(x\)": "$x$", "<https://a.example>": "https://a.example"}
"""What the conversion of HTML itself reads, except in code: a formula, and an address as a link."""

DAY = datetime(2020, 1, 1, tzinfo=UTC)
ORIGIN = Origin("https://e.example/feed", "A Feed")


def collected(html: str) -> Article:
    """The article of an entry with this content, from its file, in a vault of Obsidian."""
    entry = Entry(key="k", title="T", url="https://e.example/1", content=html, form=Form.HTML)
    text = make_file_text(make_article(entry, ArticleId("i"), ORIGIN, DAY), entry, ORIGIN)
    return to_article(parse(text), "a.md", DAY, FolderFacts("Obsidian"))


def squeezed(text: str) -> str:
    """A text without spaces, which the page has elsewhere."""
    return re.sub(r"\s+", "", text)


def words_of(text: str) -> set[str]:
    """The words that searches find."""
    return {word for word in prepare_text(text).split() if word != "\x7f"}


def spoken(article: Article) -> str:
    """What flat mode says of an article."""
    paragraphs = SpokenArticle(article, SpeechDetail.NONE).iter_paragraphs()
    return "\n".join(each.text for each in paragraphs)


def find_lost(place: str) -> dict[str, tuple[str, str]]:
    """Return the signs that are not shown, found and exported there as they are written."""
    lost = {}
    for sign in SIGNS:
        html = PLACES[place].format(escape(sign))
        article = collected(html)
        is_kept = "code" in place or (place == "a link" and sign[0] == "<")
        said = sign if is_kept else OF_HTML.get(sign, sign)
        html = re.sub(r"<[^>]*>", " ", PLACES[place]).format(escape(said))
        page = visible_text(article)
        shown = squeezed(re.sub(r"(?m)^(?:\u258e|\u2022) ?|^\u2500+$|\u2502", "", page))
        exported = unescape(re.sub(r"<[^>]*>", " ", to_xhtml(article, "a-")))
        if (
            shown != squeezed(unescape(html))
            or words_of(read_shown_text(article.text, article.dialect).text) != words_of(page)
            or squeezed(exported) != shown
            or not words_of(markdown_to_line(article.body, article.dialect)) <= words_of(page)
            or words_of(spoken(article)) != words_of(page)
            or article.tags
        ):
            lost[sign] = page, exported
    return lost


QUICK = ("in a sentence", "alone", "a heading")


@pytest.mark.slow
@for_each("place", QUICK)
def test_signs_of_collected_text_are_shown_found_and_exported(place: str) -> None:
    assert find_lost(place) == {}


@pytest.mark.slow
@for_each("place", [place for place in PLACES if place not in QUICK])
def test_signs_anywhere_in_collected_text_are_shown_found_and_exported(place: str) -> None:
    assert find_lost(place) == {}

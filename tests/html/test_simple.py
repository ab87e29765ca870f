"""Simple HTML is read without a parser, and means the same as with one."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rilo_reader.entry import Entry, Form, NotReadableError
from rilo_reader.html import read_with_parser, to_markdown
from rilo_reader.html.footnotes import Notes
from rilo_reader.html.math import mark_formulas
from rilo_reader.html.reader import read_tree
from rilo_reader.html.simple import may_hold_formulas, may_hold_notes, read_simply
from rilo_reader.html.tree import parse
from rilo_reader.html.write import write
from rilo_reader.parsers import read_feed
from tests.support.shared import Data, samples, samples_and_corpus

BASE = "https://example.org/news/page.html"

WORDS = st.sampled_from(
    [
        "a",
        "word",
        " ",
        "  ",
        "\n",
        "\t",
        "\xa0",
        "\u3000",
        "é",
        "日本",
        "*",
        "_",
        "1. ",
        "- ",
        "# ",
        ">",
        "&amp;",
        "&lt;b&gt;",
        "&nbsp;",
        "&#8217;",
        "&#39;",
        "& ",
        "&copy;",
        "&",
        "<",
        "https://x.example/_a_",
        "~~",
        "!",
        "[",
        "]",
        "`",
        "\\",
        "%%",
        "$x_1$",
        "\xad",
        "\r",
        "\x0b",
        "\ufffe",
        "\ufeff",
    ]
)
"""Pieces of text, those among them that Markdown or HTML could take for something else."""

LINKS = st.sampled_from(
    [
        '<a href="/x">',
        '<a href="https://y.example/a?b=1#c">',
        '<a href="">',
        '<a href="javascript:x">',
        '<a href="/x" rel="nofollow" target="_blank">',
        '<a rel="nofollow" href="#part">',
        '<a href="mailto:a@b.example">',
        '<a href="#_ftnref1">',
        "<a>",
    ]
)
TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<strong>",
        "</strong>",
        "<i>",
        "</i>",
        "<em>",
        "</em>",
        "</a>",
        "<br>",
        "<br/>",
        "<br />",
        "<P>",
        "<p class='x'>",
        "<span>",
        "<!-- -->",
        "<hr>",
        "<>",
        "</br>",
    ]
)
SOUP = st.lists(WORDS | TAGS | LINKS, max_size=12).map("".join)


def _tidy(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    marked = st.tuples(st.sampled_from(["b", "strong", "i", "em"]), inner).map(
        lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"
    )
    linked = st.tuples(LINKS, inner).map(lambda pair: f"{pair[0]}{pair[1]}</a>")
    return st.lists(inner | marked | linked | st.just("<br>"), max_size=4).map("".join)


PLAIN = st.lists(WORDS, max_size=5).map("".join)
INLINE = st.recursive(PLAIN, _tidy, max_leaves=8)
PARAGRAPHS = st.lists(INLINE.map("<p>{}</p>".format) | INLINE | st.just("\n"), max_size=4).map(
    "".join
)


def with_parser(html: str, base: str = BASE) -> str:
    """The Markdown of HTML that a parser has read."""
    return write(read_with_parser(html, base))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(PARAGRAPHS | SOUP)
def test_simple_html_means_what_the_parser_says(html: str) -> None:
    blocks = read_simply(html, BASE)
    if blocks is not None:
        assert write(blocks) == with_parser(html)


SIMPLE = (
    "",
    "a line of text & more",
    "<p>one</p>\n<p>two &amp; three</p>",
    "text <b>bold <i>both</i></b><br>next<br /><br/>third",
    '<p>see <a href="/x" rel="nofollow">there</a></p> tail',
    '<a href="https://y.example/#part"><strong>there</strong></a>',
)


@pytest.mark.parametrize("html", SIMPLE)
def test_simple_html_needs_no_parser(html: str) -> None:
    blocks = read_simply(html, BASE)
    assert blocks is not None
    assert write(blocks) == with_parser(html)


OTHER = (
    "<p>open",
    "<p>a</p></p>",
    "<p><b>a</p></b>",
    '<p class="x">a</p>',
    '<a href="a"><a href="b">c</a></a>',
    "<p>a<p>b</p></p>",
    "a &copy; b",
    "1 < 2",
    "<!-- a -->",
    "<P>a</P>",
    "soft\xadhyphen",
    '<a href="#_ftnref1">1</a>',
    "<b>" * 60 + "a" + "</b>" * 60,
)


@pytest.mark.parametrize("html", OTHER)
def test_anything_else_is_left_to_the_parser(html: str) -> None:
    assert read_simply(html, BASE) is None


PASSES = st.sampled_from(
    [
        "<sup>1</sup>",
        '<a href="#n1">1</a>',
        '<p id="n1">1. A note <a href="#r1">back</a></p>',
        '<a id="r1" href="&#35;n1">2</a>',
        '<span class="sidenote">aside</span>',
        "<hr>",
        "<p>",
        "</p>",
        '<span class="side&#110;ote">aside</span>',
        '<span class="katex">x</span>',
        "<math>x</math>",
        '<script type="math/tex">x^2</script>',
        '<img class="latex" alt="x^2" src="/a.png">',
        '<img alt="\\frac12" src="/a.png">',
        '<img src="/latex.php?latex=x^2">',
        '<img alt="a" src="/b.png">',
        '<span class="MathJax">x</span>',
        '<mjx-container data-tex="x">x</mjx-container>',
        "text",
        '<img class="te&#x78;" alt="x" src="/a.png">',
        "<p><sup>1</sup> the note</p>",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PASSES, max_size=6).map("".join))
def test_what_is_not_looked_for_is_not_there(html: str) -> None:
    root = parse(html)
    looked = []
    if root is not None:
        mark_formulas(root)
        looked = read_tree(root, BASE, Notes(root))
    assert with_parser(html) == write(looked)


def test_notes_and_formulas_are_not_looked_for_in_plain_prose() -> None:
    prose = '<p>One &#8217;s <b>text</b> <img src="/a.png" alt="b"></p>' + escape("<i>x</i> &")
    assert not may_hold_notes(prose)
    assert not may_hold_formulas(prose.replace("text", "words"))


def _entries(data: Data) -> list[Entry]:
    """The entries of all samples, or of a few hundred feeds of the shared suites."""
    entries: list[Entry] = []
    for file in sorted(data("feeds").rglob("*"))[:: 1 if data is samples else 7]:
        if file.suffix in (".xml", ".rss", ".atom", ".json") and file.stat().st_size < 200_000:
            try:
                entries += read_feed(file.read_bytes(), BASE).entries
            except NotReadableError:
                continue
    return [entry for entry in entries if entry.form is Form.HTML]


@samples_and_corpus
def test_real_entries_are_read_the_same_both_ways(data: Data) -> None:
    entries = _entries(data)
    simple = 0
    for entry in entries:
        blocks = read_simply(entry.content, entry.base)
        if blocks is not None:
            simple += 1
            assert write(blocks) == with_parser(entry.content, entry.base)
    assert simple > len(entries) // 20 > 0


def test_a_page_is_cleaned_either_way() -> None:
    assert to_markdown("<p>a\u202eb</p>") == to_markdown("<div>a\u202eb</div>") == "ab"

"""Formulas and footnotes are looked for only where the text of a page can hold them."""

from __future__ import annotations

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.html import may_hold_formulas, may_hold_notes, read_html, to_markdown
from rilo_reader.html.footnotes import Notes
from rilo_reader.html.math import mark_formulas
from rilo_reader.html.reader import read_tree
from rilo_reader.html.tree import parse
from rilo_reader.html.write import write
from tests.support.examples import examples

BASE = "https://example.org/news/page.html"

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


@examples(300)
@given(st.lists(PASSES, max_size=6).map("".join))
def test_what_is_not_looked_for_is_not_there(html: str) -> None:
    root = parse(html)
    looked = []
    if root is not None:
        mark_formulas(root)
        looked = read_tree(root, BASE, Notes(root))
    assert write(read_html(html, BASE)) == write(looked)


def test_notes_and_formulas_are_not_looked_for_in_plain_prose() -> None:
    prose = '<p>One &#8217;s <b>text</b> <img src="/a.png" alt="b"></p>' + escape("<i>x</i> &")
    assert not may_hold_notes(prose)
    assert not may_hold_formulas(prose.replace("text", "words"))


def test_a_page_is_cleaned() -> None:
    assert to_markdown("<p>a\u202eb</p>") == to_markdown("<div>a\u202eb</div>") == "ab"

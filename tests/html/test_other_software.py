"""What page software writes less often: footnotes, formulas, code and tables of many kinds."""

from __future__ import annotations

from rilo_reader.html import to_markdown
from tests.support.for_each import for_each

BASE = "https://example.org/news/page.html"
NOTE = "a[^1].\n\n[^1]: b"


@for_each(
    "page",
    [
        # WordPress plugins
        '<p>a<span class="inline-footnote">1<span class="footnoteContent">b</span></span>.</p>',
        # LaTeXML, as arXiv has it
        (
            '<p>a<span class="ltx_note ltx_role_footnote"><sup class="ltx_note_mark">1</sup>'
            '<span class="ltx_note_outer"><span class="ltx_note_content">'
            '<sup class="ltx_note_mark">1</sup><span class="ltx_tag ltx_tag_note">1</span>b</span>'
            "</span></span>.</p>"
        ),
        # a numbered list below a heading
        "<p>a<sup>1</sup>.</p><h2>Notes</h2><ol><li>b</li></ol>",
        "<p>a<sup>1</sup>.</p><p>Fußnoten:</p><ol><li>b</li></ol>",
        # bold numbers below a rule
        "<p>a<sup>1</sup>.</p><hr><p><b>1</b> b</p>",
        # notes without a way back, in a list of notes
        '<p>a<sup><a href="#n">1</a></sup>.</p><ol class=references><li id="n">b</li></ol>',
        '<p>a<a href="#n"><sup>1</sup></a>.</p><div class="footnotes"><p id=n>b</p></div>',
        # a note in the margin that repeats a linked one
        (
            '<p>a<sup id=r><a href="#n">1</a></sup><span class="sidenote">b</span>.</p>'
            '<ol><li id=n>b <a href="#r">↩</a></li></ol>'
        ),
        # GitHub, without a class
        (
            '<p>a<sup><a href="#n" id=r data-footnote-ref>1</a></sup>.</p><section data-footnotes>'
            '<h2>Footnotes</h2><ol><li id=n>b <a href="#r" data-footnote-backref>back up there</a>'
            "</li></ol></section>"
        ),
        # Wikipedia's list of places
        (
            '<p>a<sup id=cite_ref-1 class=reference><a href="#cite_note-1">[1]</a></sup>.</p>'
            '<ol class=references><li id=cite_note-1><span class="mw-cite-backlink">'
            '<a href="#cite_ref-1">↑</a></span> <span>b</span></li></ol>'
        ),
    ],
)
def test_footnotes(page: str) -> None:
    assert to_markdown(page, BASE).strip() == NOTE


def test_one_block_may_hold_several_notes() -> None:
    page = (
        '<p>a<sup><a href="#n1" id=r1>1</a></sup> b<sup><a href="#n2" id=r2>2</a></sup>.</p>'
        '<p><a id=n1 href="#r1">[1]</a> <i>one</i><br><a id=n2 href="#r2">[2]</a> <i>two</i></p>'
    )
    assert to_markdown(page, BASE).strip() == "a[^1] b[^2].\n\n[^1]: *one*\n\n[^2]: *two*"


def test_notes_go_with_their_heading_and_what_else_stands_there_stays() -> None:
    page = (
        '<p>a<sup><a href="#n" id=r>1</a></sup>.</p><div><h2>Notes</h2>'
        '<ol class=footnotes><li id=n>b <a href="#r">↩</a></li></ol></div><p>End.</p>'
    )
    assert to_markdown(page, BASE).strip() == "a[^1].\n\nEnd.\n\n[^1]: b"
    kept = page.replace("</ol>", "</ol><p>Thanks.</p>")
    assert "Thanks." in to_markdown(kept, BASE)


def test_the_same_number_twice_has_two_notes() -> None:
    page = "".join(
        f'<p>{word}<sup><a href="#{word}" id=r{word}>1</a></sup>.</p>'
        f'<ol class=footnotes><li id={word}>of {word} <a href="#r{word}">↩</a></li></ol>'
        for word in "ab"
    )
    assert to_markdown(page, BASE).strip() == "a[^1].\n\nb[^2].\n\n[^1]: of a\n\n[^2]: of b"


@for_each(
    "page",
    [
        # fewer items than references, and a list that is none of notes
        "<p>a<sup>1</sup> b<sup>2</sup>.</p><h2>Notes</h2><ol><li>c</li></ol>",
        "<p>a<sup>1</sup>.</p><h2>Steps</h2><ol><li>c</li></ol>",
        "<p>a<sup>1</sup> b<sup>2</sup>.</p><hr><p><b>1</b> c</p>",
        # a link to a place of the page that neither looks like a reference nor leads back
        '<p>a <a href="#c">1</a>.</p><ol class=references><li id=c>c</li></ol>',
        '<p>a <sup><a href="#c">1</a></sup>.</p><ol><li id=c>c</li></ol>',
        '<p>a</p><span class="sidenote"> </span>',
    ],
)
def test_what_is_no_footnote_stays_in_the_text(page: str) -> None:
    assert "[^" not in to_markdown(page, BASE)


@for_each("page, formula", [
        # MathJax 2: the source beside what was drawn, before or behind
        ('<p>a <span class="MathJax_Preview">x2</span><script type="math/tex">x^2</script> b',
         "a $x^2$ b"),
        ('<p>a <span class="MathJax">x2</span><script type="math/tex">x^2</script> b', "a $x^2$ b"),
        ('<p>a</p><script type="math/tex; mode=display">\n  x^2\n\n</script>', "a\n\n$$\nx^2\n$$"),
        ('<p>a <span class="MathJax">x</span> b<script type="math/tex"> </script>', "a x b"),
        # images of services: what stands for them, or their address
        ('<p>a <img class=latex src="/l.png" alt="$x_1$">', "a $x_1$"),
        ('<p>a <img src="https://example.org/m.svg" alt="{\\displaystyle x_{1}}">', "a $x_{1}$"),
        ('<p>a <img src="https://latex.codecogs.com/png.latex?x_1&plus;y">', "a $x_1"),
        ('<p>a <img src="https://s0.wp.com/latex.php?latex=x_1%2By&amp;bg=fff">', "a $x_1+y$"),
        ('<p>a <img src="https://chart.apis.google.com/chart?cht=tx&amp;chl=x_1">', "a $x_1$"),
        ('<p>a <img src="/cgi-bin/mathtex.cgi?x_1">', "a $x_1$"),
        ('<p>a <img src="/formula/%5Cfrac%7B1%7D%7B2%7D">', "a $\\frac{1}{2}$"),
        ('<p><img class=tex src="/l.png" alt="x_1"></p>', "$$\nx_1\n$$"),
        # MathML
        ("<p>a <math><mroot><mi>x</mi><mn>3</mn></mroot></math>", "a $\\sqrt[3]{x}$"),
        ("<p>a <math><mover><mi>x</mi><mo>→</mo></mover></math>", "a $\\vec{x}$"),
        ("<p>a <math><mover><mi>x</mi><mi>n</mi></mover></math>", "a $x^n$"),
        ("<p>a <math><msup><mi>ab</mi><mn>2</mn></msup><mphantom><mi>z</mi></mphantom></math>",
         "a $\\mathrm{ab}^2$"),
        ("<p>a <math><msub><mi>x</mi><mo>%</mo></msub></math>", "a $x_{\\%}$"),
        ("<p>a <math data-latex='x^3'><mi>x</mi></math>", "a $x^3$"),
        (("<p>a <math><semantics><mi>x</mi><annotation encoding='text/plain'>no</annotation>"
          "<annotation encoding='application/x-tex'>x</annotation></semantics></math>"), "a $x$"),
        (('<p>a <span class="katex-display"><span class="katex"><math alttext="x"></math></span>'
          "</span>"), "a\n\n$$\nx\n$$"),
    ])  # fmt: skip
def test_formulas(page: str, formula: str) -> None:
    assert to_markdown(page, BASE).strip().startswith(formula)


def test_an_image_that_only_calls_itself_a_formula_is_none() -> None:
    for address in ("/plot.png", "http://[x"):
        assert "$" not in to_markdown(f'<p>a <img class=math src="{address}">', BASE)


@for_each("page, markdown", [
        # a language in an attribute, in a bare class, with a prefix
        ("<pre data-lang=Python>x</pre>", "```python\nx\n```"),
        ("<pre><code class='prettyprint ruby'>x</code></pre>", "```ruby\nx\n```"),
        ("<pre lang=fr>x</pre>", "```\nx\n```"),
        ("<pre class='language-none'>x</pre>", "```\nx\n```"),
        # lines in elements of their own, and numbers that cannot be selected
        ("<pre><span data-line>a</span>\n<span data-line>b</span>\n</pre>", "```\na\nb\n```"),
        ("<pre><span style='user-select: none'>1</span>a<br>b<button>Copy</button></pre>",
         "```\na\nb\n```"),
        # numbers beside the code are none of it, numbers alone are
        ("<table><tr><td><pre>1\n2</pre></td><td><pre>a\nb</pre></td></tr></table>",
         "```\na\nb\n```"),
        ("<table><tr><td><pre>1\n3</pre></td><td><pre>a\nb</pre></td></tr></table>",
         "```\n1\n3\n```\n\n```\na\nb\n```"),
        # cells that hold more than words
        ("<table><tr><th>A<th>B<tr><td><pre>x\n\ny</pre><td><ol><li>c<li>d</ol></table>",
         "| A | B |\n| --- | --- |\n| `x`<br><br>`y` | 1\\. c<br>2. d |"),
        ("<table><tr><th>A<th>B<tr><td><blockquote>q</blockquote><td>e</table>",
         "| A | B |\n| --- | --- |\n| q | e |"),
        ("<table><caption>C</caption><tr><td> </td><td></td></tr></table>", "C"),
        ("<table><tr><th>A<th>B<tr><td><ul><li>a<ul><li>b</ul></ul><td>c<p>d</table>",
         "| A | B |\n| --- | --- |\n| • a<br>• b | c<br>d |"),
        ("<table><caption>C</caption></table><p>a", "C\n\na"),
        # tables that lay out a page
        ("<table><tr><td>a<table><tr><th>x<th>y<tr><td>1<td>2</table><td>b</table>",
         "a\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n\nb"),
        # headings
        ("<h2>a<br>b #</h2>", "## a b \\#"),
        ("<h2><img src='javascript:x'></h2><p>a", "a"),
        ("<h2><a href='#x'>Part</a></h2>", "## Part"),
        # addresses and players
        ("<p>see https://example.org/a_b_c</p>", "see https://example.org/a_b_c"),
        ("<p><a href='/a)b'>x</a> <a href='/a(b)'>y</a>",
         "[x](<https://example.org/a)b>) [y](https://example.org/a(b))"),
        ("<amp-youtube data-videoid='abc'></amp-youtube>", "[Video](https://www.youtube.com/watch?v=abc)"),
        ("<p>a <a href='http://[x'>b</a>", "a b"),
        # old players, one picture twice, a callout without a title, lists within lists
        (("<object><param name=quality value=high><param name=movie "
          "value='https://www.youtube.com/embed/abcdefghijk'></object>"),
         "[Video](https://www.youtube.com/watch?v=abcdefghijk)"),
        ("<p><img src=a.png alt=x><img src=a.png alt=x> and",
         "![x](https://example.org/news/a.png) and"),
        ("<div class='admonition note'><p class=admonition-title> </p><p>So.</p></div>",
         "> [!note]\n> So."),
        ("<ul><ul><li>a</ul><li>b</ul>", "- - a\n- b"),
        ("<p>a<a href='/x'> <br></a>b", "a  \nb"),
        ("<p>a<b> <br></b>b", "a  \nb"),
        # rules at the ends say nothing
        ("<hr><p>a</p><hr><hr><p>b</p><hr>", "a\n\n---\n\nb"),
        ("<p>a<br> <br><br></p>", "a"),
        ("<p><b> </b>a<b>b </b> <i>\xa0</i></p>", "a**b**"),
    ])  # fmt: skip
def test_code_tables_headings_and_edges(page: str, markdown: str) -> None:
    assert to_markdown(page, BASE).strip() == markdown

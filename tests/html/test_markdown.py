"""HTML becomes the Markdown that means it, and our own reader shows the same words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.html import to_markdown
from rilo_reader.render.elements import CodeBlock, Container, PageBlock, ParagraphBlock
from rilo_reader.render.markdown import ArticleMarkdown
from rilo_reader.text import clean_text
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples

BASE = "https://example.org/news/page.html"


def shown(markdown: str) -> str:
    """The text that our reader shows, a line a block."""
    blocks = ArticleMarkdown(markdown).parse_blocks()
    return "\n".join(line for block in blocks for line in lines_of(block))


def lines_of(block: PageBlock) -> Iterator[str]:
    """The text of a block, a line for each paragraph and cell in it."""
    if isinstance(block, CodeBlock):
        yield block.code
    elif isinstance(block, ParagraphBlock):
        yield block.text.plain
    elif isinstance(block, Container):
        for within in block.blocks:
            yield from lines_of(within)


CASES = {
    "what is cleaned": ("<p>a\u202eb</p>", "ab"),
    "an XML declaration": ('<?xml version="1.0" encoding="latin-1"?><p>é', "é"),
    "headings": ("<h1>A</h1><h3>B <b>c</b></h3><h2></h2>", "# A\n\n### B c"),
    "permalink": ('<h2 id=x>Part <a class="headerlink" href="#x">¶</a></h2>', "## Part"),
    "paragraphs": ("<p>one<p>two", "one\n\ntwo"),
    "text beside blocks": ("one<p>two</p>three", "one\n\ntwo\n\nthree"),
    "breaks": ("a<br>b<br><br>c", "a  \nb\n\nc"),
    "emphasis": ("<b>a </b>b<i> c</i>", "**a** b *c*"),
    "emphasis within": ("<b>a <i>b</i></b>", "**a _b_**"),
    "both": ("<p>x <b><i>b</i></b>", "x ***b***"),
    "emphasis beside letters": ("<p>れ<b>「要」</b>で", "れ<strong>「要」</strong>で"),
    "end of a sentence beside letters": (
        "<p><b>定位。</b>早年 <b>Note:</b>read <i>this</i>", "**定位**。早年 **Note**:read *this*"
    ),
    "signs alone are not emphasised": (
        "<p>overall<em>,</em> and <b>“</b>then it ended<strong>.</strong>",
        "overall, and “then it ended.",
    ),
    "emphasis by style": (
        ('<span style="font-weight: bold;">a</span> <span style="font-weight:700">b</span> '
        '<span style="font-style:italic">c</span> <span style="font-weight:400">d</span>'),
        "**a** **b** *c* d",
    ),
    "emphasis taken back by style": (
        ('<b style="font-weight:normal"><p>a <span style="font-weight:700">b</span></p></b>'
        '<em style="font-style: normal">c</em>'),
        "a **b**\n\nc",
    ),
    "neighbours are one": ("<b>a</b><b>b</b>", "**ab**"),
    "nothing emphasised": ("<p>a <b> </b><i></i>b", "a b"),
    "struck, raised, keys": (
        "<del>a</del> x<sup>2</sup> H<sub>2</sub>O <kbd>Ctrl</kbd>",
        "~~a~~ x<sup>2</sup> H<sub>2</sub>O <kbd>Ctrl</kbd>",
    ),
    "quotes and readings": ("<q>a</q> <ruby>漢<rp>(</rp><rt>kan</rt></ruby>", "“a” 漢 (kan)"),
    "tight list": ("<ul><li>a<ul><li>b</ul><li><p>c</p></ul>", "- a\n  - b\n- c"),
    "loose list": ("<ul><li><p>a</p><p>b</p><li>c</ul>", "- a\n\n  b\n\n- c"),
    "numbers": ("<ol start=9><li>a<li>b</ol>", "9. a\n10. b"),
    "nested numbers": ("<ol><li>a<ol><li>b</ol></ol>", "1. a\n   1. b"),
    "list in list": ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
    "item without list": ("<li>a<li>b", "- a\n- b"),
    "tasks": ("<ul><li><input type=checkbox checked> a<li><input type=checkbox>b</ul>",
              "- [x] a\n- [ ] b"),
    "two lists": ("<ul><li>a</ul><ul><li>b</ul>", "- a\n\n<!-- -->\n\n- b"),
    "quotation": ("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
    "definitions": ("<dl><dt>a<dd>b</dl>", "**a**\n\nb"),
    "details": ("<details><summary>a</summary>b</details>", "**a**\n\nb"),
    "rule": ("<p>a<hr>b", "a\n\n---\n\nb"),
    "callout": (
        '<div class="admonition warning"><p class="admonition-title">Mind</p><p>a</div>',
        "> [!warning] Mind\n> a",
    ),
    "code in a line": ("<code>a`b</code> <code>c</code>", "``a`b`` `c`"),
    "code with a link": ("<code><a href=/x>int</a></code>", "`int`"),
    "code": ('<pre><code class="language-python">a\n```\nb</code></pre>',
             "````python\na\n```\nb\n````"),
    "code of GitHub": ('<div class="highlight highlight-source-shell"><pre>ls</pre></div>',
                       "```shell\nls\n```"),
    "code of Sphinx": (('<div class="highlight-rust notranslate"><div class="highlight"><pre>a'
                       "</pre></div></div>"), "```rust\na\n```"),
    "code of Hugo": (
        ('<table><tr><td><pre><code><span class="lnt">1\n</span></code></pre></td><td><pre><code '
        'class="language-go" data-lang="go"><span style="display:flex;"><span>a\n</span></span>'
        '<span style="display:flex;"><span>  b\n</span></span></code></pre></td></tr></table>'),
        "```go\na\n  b\n```",
    ),
    "code beside its line numbers": (
        ('<table><tr><td class="gutter"><pre>1\n2\n</pre></td><td class="code"><pre>a = 1\nb = 2\n'
        "</pre></td></tr></table>"),
        "```\na = 1\nb = 2\n```",
    ),
    "code that is numbers": ("<pre>1\n2</pre>", "```\n1\n2\n```"),
    "code with breaks": ("<pre>a<br>b<button>Copy</button></pre>", "```\na\nb\n```"),
    "link": ('<a href="/a b?c=(d">x</a>', "[x](<https://example.org/a%20b?c=(d>)"),
    "link of the page": ('<a href="#top">x</a>', f"[x]({BASE}#top)"),
    "link to itself": ('<a href="https://a.org/b_">https://a.org/b_</a>', "<https://a.org/b_>"),
    "link over blocks": ('<a href="/a"><h2>b</h2><p>c</p></a>',
                         "## [b](https://example.org/a)\n\n[c](https://example.org/a)"),
    "unsafe links": (
        ('<a href="javascript:alert(1)">a</a> <a href="data:text/html,x">b</a> '
        '<a href="vscode://x">c</a> <a href="">d</a>'),
        "a b c d",
    ),
    "empty link": ('a <a href="/b"></a>c', "a c"),
    "mail": ('<a href="mailto:a@b.org">write</a>', "[write](mailto:a@b.org)"),
    "picture": ('<img src="a.png" alt="a [b]">', r"![a \[b\]](https://example.org/news/a.png)"),
    "picture before its text": (
        '<p><img src="/a.png" alt=b>Ferrari won.', "![b](https://example.org/a.png)\n\nFerrari won."
    ),
    "linked picture before its text": (
        '<p><a href="/c"><img src="/a.png"></a> “<b>It</b>”, she said.',
        "[![](https://example.org/a.png)](https://example.org/c)\n\n“**It**”, she said.",
    ),
    "picture on a line of its own": (
        '<p>one<br>two<br><img src="/a.png" alt=b><br>three',
        "one  \ntwo\n\n![b](https://example.org/a.png)\n\nthree",
    ),
    "picture that begins a sentence": (
        '<p><img src="/a.png" alt=x> is a letter, <img src="/b.png" alt=y>, too',
        "![x](https://example.org/a.png) is a letter, ![y](https://example.org/b.png), too",
    ),
    "picture and words that are one link": (
        '<p><a href="/c"><img src="/a.png">Words</a>',
        "[![](https://example.org/a.png)Words](https://example.org/c)",
    ),
    "picture in an item of a list": (
        '<ul><li><img src="/a.png"> Words<li>More</ul>',
        "- ![](https://example.org/a.png) Words\n- More",
    ),
    "formula in brackets": (
        r'<p>长为<span class="math inline">\(n-c_1+2\)</span>，\( k \) 个，\(a &lt; b\).',
        "长为$n-c_1+2$，$k$ 个，$a < b$.",
    ),
    "formula in square brackets": (
        r"<p>So<p>\[ \sum_{k=2}^{n-1} k \times\{1\} \]",
        "So\n\n$$\\sum_{k=2}^{n-1} k \\times\\{1\\}$$",
    ),
    "brackets that are no formula": (
        r"<p>Write \( and \) in a pattern, \[the others\], \[12\]",
        r"Write \\( and \\) in a pattern, \\[the others\\], \\[12\\]",
    ),
    "lazy picture": ('<img src="data:image/gif;base64,R0" data-src="/b.jpg" alt=c>',
                     "![c](https://example.org/b.jpg)"),
    "sizes": ('<img srcset="/s.jpg 400w, /m.jpg 1200w, /l.jpg 4000w" alt=c>',
              "![c](https://example.org/m.jpg)"),
    "sources": ('<picture><source srcset="/x.webp 2x"><img src="data:," alt=c></picture>',
                "![c](https://example.org/x.webp)"),
    "figure": ('<figure><img src="/a.png" alt="b"><figcaption>Cap</figcaption></figure>',
               "![b](https://example.org/a.png)\n\nCap"),
    "counters": (
        ('<p>a<img src="https://x.org/p.png" width=1 height=1>'
        '<img src="https://feeds.feedburner.com/~r/x/~4/y"><img src="https://pixel.wp.com/g.gif">'),
        "a",
    ),
    "smiley": ('<p>a <img class="wp-smiley" alt=":-)" src="s.gif"> b', "a :-) b"),
    "emoji": ('<p>a <img class="emoji" alt="🎉" src="/1f389.png">', "a 🎉"),
    "film": ('<iframe src="https://www.youtube.com/embed/abcdefghijk" title="T"></iframe>',
             "[Video: T](https://www.youtube.com/watch?v=abcdefghijk)"),
    "film of old pages": (
        '<embed src="http://www.youtube.com/v/abcdefghijk&hl=en_US&fs=1">',
        "[Video](https://www.youtube.com/watch?v=abcdefghijk)",
    ),
    "film in an object": (
        ('<object width=425><param name="movie" value="http://www.youtube.com/v/abcdefghijk?fs=1">'
        '<embed src="http://www.youtube.com/v/abcdefghijk?fs=1"></object>'),
        "[Video](https://www.youtube.com/watch?v=abcdefghijk)",
    ),
    "frames without anything to read": (
        ('a<iframe src="https://www.facebook.com/plugins/like.php?href=x"></iframe>'
        '<iframe src="https://www.googletagmanager.com/ns.html?id=x"></iframe>'
        '<iframe src="https://a.example/frame" width="0" height="0"></iframe>'
        '<object data="/pixel.gif"></object><iframe src="https://ads.example/x/ads/1"></iframe>'),
        "a",
    ),
    "frames with something to read": (
        ('<iframe src="https://www.facebook.com/plugins/video.php?href=x"></iframe>'
        '<iframe src="https://maps.example/heads/embed?at=1" title="Port"></iframe>'),
        ("[Embedded page](https://www.facebook.com/plugins/video.php?href=x)\n\n"
        "[Embedded page: Port](https://maps.example/heads/embed?at=1)"),
    ),
    "sound": ('<audio><source src="/a.mp3"></audio>', "[Audio](https://example.org/a.mp3)"),
    "silent": (
        ("<p>a<script>b</script><style>c</style><!-- d --><template>e</template>"
        '<span hidden>f</span><span style="display: none">g</span><svg><text>h</text></svg>'),
        "a",
    ),
    "table": (
        "<table><thead><tr><th>a|b<th align=right>c</thead><tr><td>d<br>e<td>1</table>",
        "| a\\|b | c |\n| --- | --: |\n| d<br>e | 1 |",
    ),
    "spans": (
        "<table><tr><th colspan=2>a<th>b<tr><td rowspan=2>c<td>d<td>e<tr><td>f<td>g</table>",
        "| a |  | b |\n| --- | --- | --- |\n| c | d | e |\n|  | f | g |",
    ),
    "list in a cell": ("<table><tr><th>a<th>b<tr><td>c<td><ul><li>d<li>e</ul></table>",
                       "| a | b |\n| --- | --- |\n| c | • d<br>• e |"),
    "foot before the rows": (
        "<table><thead><tr><th>a<th>b</thead><tfoot><tr><td>c<td>3</tfoot><tr><td>d<td>1</table>",
        "| a | b |\n| --- | --- |\n| d | 1 |\n| c | 3 |",
    ),
    "one column that is used": ("<table><tr><td>a<td><tr><td>b<td></table>", "a\n\nb"),
    "layout table": ("<table><tr><td><h2>a</h2><p>b</p><td><p>c</p></table>", "## a\n\nb\n\nc"),
    "formulas": (
        ('<span class="katex"><math><annotation encoding="x-tex">a_1</annotation></math>'
        '<span class="katex-html">a1</span></span> <img class="latex" alt="\\frac{a}{b}" src=l>'),
        "$a_1$ $\\frac{a}{b}$",
    ),
    "formulas in MathML": (
        ("so <math><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mrow><mn>2</mn><mi>α</mi></mrow>"
        "</mfrac></math>, <math><msup><mi>e</mi><mi>x</mi></msup></math>, <math><mi>n</mi></math>"),
        r"so $x = \frac{1}{2 α}$, $e^x$, n",
    ),
    "sums and roots in MathML": (
        ("<math display=block><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow>"
        "<mi>n</mi></munderover><msqrt><msub><mi>a</mi><mi>i</mi></msub></msqrt><mi>sin</mi></math>"),
        "$$\n∑_{i = 1}^n \\sqrt{a_i} \\sin\n$$",
    ),
    "a matrix in MathML": (
        ("<math><mfenced open='['><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr>"
        "<mtr><mtd><mn>0</mn></mtd><mtd><mtext>a b</mtext></mtd></mtr></mtable></mfenced></math>"),
        r"$[\begin{matrix} 1 & 0 \\ 0 & \text{a b} \end{matrix})$",
    ),
    "formulas as text": (r"so $\sum_{i}^n x_i$ and \(a\cdot b\) of 5* $3",
                         r"so $\sum_{i}^n x_i$ and $a\cdot b$ of 5\* $3"),
    "spaces": ("<p>a&nbsp;&nbsp; b\u00adc", "a\xa0\xa0 bc"),
    "escaped twice": ("&lt;p&gt;a &lt;b&gt;b&lt;/b&gt; &amp;amp; c&lt;/p&gt;", "a **b** & c"),
    "about HTML": ("&lt;p&gt; begins a paragraph", r"\<p> begins a paragraph"),
    "like notes and raised text of Pandoc": (
        "<p>1^2^ H~2~O, 2^8 ~5 and x^[a b], if a == b, ==so==",
        r"1\^2^ H\~2~O, 2^8 ~5 and x\^[a b], if a == b, \=\=so==",
    ),
    "like a comment of Obsidian": ("<p>a %% b %% c 5%%", r"a \%% b \%% c 5%%"),
    "diagram": ('<div class="mermaid">\na --&gt; b\n</div>', "```mermaid\na --> b\n```"),
    "begins like a list": ("<p>1. a</p><p>- b</p><p># c</p><p>&gt; d</p><p>2019. e</p>",
                           "1\\. a\n\n\\- b\n\n\\# c\n\n\\> d\n\n2019\\. e"),
    "looks like signs": ("<p>snake_case 2*3 * 4 [x](y) [z] &lt;b&gt; &amp;amp; R&D",
                         r"snake_case 2\*3 * 4 \[x](y) [z] \<b> \&amp; R&D"),
}  # fmt: skip


@for_each("name", CASES)
def test_it_is_written_as_a_person_would(name: str) -> None:
    html, expected = CASES[name]
    assert to_markdown(html, BASE) == expected


FOOTNOTES = {
    "Markdown's": (
        '<p>a<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup>.</p><hr '
        'class="footnotes-sep"><section class="footnotes"><ol><li id="fn1" class="footnote-item">'
        '<p>b <a href="#fnref1" class="footnote-backref">↩︎</a></p></li></ol></section>'
    ),
    "Pandoc's": (
        '<p>a<a href="#fn1" class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a>.'
        '</p><section id="footnotes" role="doc-endnotes"><hr><ol><li id="fn1"><p>b<a '
        'href="#fnref1" class="footnote-back" role="doc-backlink">↩︎</a></p></li></ol></section>'
    ),
    "Hugo's": (
        '<p>a<sup id="fnref:1"><a href="#fn:1" class="footnote-ref" role="doc-noteref">1</a></sup>.'
        '</p><div class="footnotes" role="doc-endnotes"><hr><ol><li id="fn:1"><p>b&#160;<a '
        'href="#fnref:1" class="footnote-backref" role="doc-backlink">&#x21a9;&#xfe0e;</a></p></li>'
        "</ol></div>"
    ),
    "WordPress's": (
        '<p>a<sup data-fn="x" class="fn"><a href="#x" id="x-link">1</a></sup>.</p><ol class="wp-'
        'block-footnotes"><li id="x">b <a href="#x-link" aria-label="Jump">↩︎</a></li></ol>'
    ),
    "Wikipedia's": (
        '<p>a<sup id="cite_ref-1" class="reference"><a href="#cite_note-1">[1]</a></sup>.</p>'
        '<h2>References</h2><ol class="references"><li id="cite_note-1"><span class="mw-cite-'
        'backlink"><b><a href="#cite_ref-1">^</a></b></span> <span>b</span></li></ol>'
    ),
    "Word's": (
        '<p>a<a href="#_ftn1" name="_ftnref1"><sup>[1]</sup></a>.</p><hr><p><a href="#_ftnref1" '
        'name="_ftn1">[1]</a> b</p>'
    ),
    "raised numbers": "<p>a<sup>1</sup>.</p><hr><p><sup>1</sup> b</p>",
    "beside the text": '<p>a<span class="sidenote">b</span>.</p>',
}


@for_each("system", FOOTNOTES)
def test_footnotes_of_every_system_are_footnotes(system: str) -> None:
    assert to_markdown(FOOTNOTES[system], BASE) == "a[^1].\n\n[^1]: b"


def test_two_references_to_one_note_share_it() -> None:
    html = (
        '<p>a<sup id=r1><a href="#n">1</a></sup> b<sup id=r2><a href="#n">1</a></sup></p>'
        '<ol class=footnotes><li id=n><p>c</p><p>d <a href="#r1">↩</a></p></li></ol>'
    )
    assert to_markdown(html) == "a[^1] b[^1]\n\n[^1]: c\n\n    d"


def test_a_number_that_links_into_the_text_is_no_footnote() -> None:
    html = f'<p>See <a href="#thm">1</a>.</p><h3><a name="thm"></a>Theorem</h3><p>{"x " * 9}</p>'
    assert "[^" not in to_markdown(html, BASE)


def test_without_a_base_relative_links_lose_their_target_and_keep_their_words() -> None:
    assert to_markdown('<a href="/a">b</a> <img src="c.png" alt="d">') == "b"


@for_each("html", ["", " ", "<", "<!-- a -->", "<html>", "\x00", "\ud800", "<?xml"])
def test_nothing_to_read_is_nothing(html: str) -> None:
    assert to_markdown(html, BASE).strip("\\<?xml") == ""


@pytest.mark.slow
@for_each("tag", ["div", "b", "ul><li", "blockquote", "table><tr><td", "pre", "q"])
@for_each("depth", [500, 3_000])
def test_nothing_is_lost_however_deep_it_stands(tag: str, depth: int) -> None:
    assert "deep words" in shown(to_markdown(f"<{tag}>" * depth + "deep words<p>after", BASE))


HTML = st.lists(
    st.sampled_from(
        [
            *("<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<ul>", "<li>", "</ul>", "<ol>"),
            *("<table>", "<tr>", "<td>", "<th colspan=3>", "</table>", "<pre>", "</pre>"),
            *("<code>", "</code>", "<blockquote>", "</blockquote>", "<a href=/x>"),
            *("<a href='#n'>", "</a>", "<li id=n>", "<sup>", "</sup>", "1", "<img src=a alt=b>"),
            *("<br>", "<hr>", "<h2>", "</h2>", "<div>", "<dl><dt>", "<dd>", "<figure>"),
            *("<figcaption>", "<math>", "</math>", "&nbsp;", "&lt;", "word", " ", "\n", "*", "_"),
            *("#", "-", "`", "$", "\\", "[", "]", "<", ">", "<!--", "-->", "<span class=katex>"),
            *("</span>", "<aside class='admonition note'>", "<details>", "<svg>"),
        ]
    )
    | st.text(max_size=4),
    max_size=40,
).map("".join)


@examples(300)
@given(HTML)
def test_any_html_is_read_and_comes_out_clean(html: str) -> None:
    markdown = to_markdown(html, BASE)
    assert markdown == clean_text(markdown)
    assert markdown == to_markdown(html, BASE)


# Signs of formulas stay out: they stand as they are, or between dollars.
TEXT = st.text(
    st.sampled_from(list("ab1é中「」 *_`[]()<>&!#-+.=~|\\:/^{}\"'@%;,?\n")), min_size=1, max_size=14
).filter(lambda text: bool(text.strip()) and not re.search(r"\\[(\[]", text))


@pytest.mark.slow
@for_each(
    "around",
    [
        "<p>{}</p>",
        "<h2>{}</h2>",
        "<li>{}</li>",
        "<p>z {} z</p>",
        "<p><b>{}</b></p>",
        "<p>a<b>{}</b>c</p>",
        "<p>a<i>{}</i>c</p>",
        "<p><del>{}</del></p>",
        "<p>!<a href=/u>{}</a>",
        "<p><b>m<i>{}</i></b>n",
        "<p><b><i>{}</i>m</b>n",
        "<blockquote>{}",
        "<p><code>{}</code>",
        "<p>{}<a href=/u>v</a>",
        "<p><a href=/u>v</a>{}",
        "<p><b>q</b>{}<b>r</b>",
        "<pre>{}</pre>",
        "<p>x<br>{}",
        "<table><tr><th>h</th><th>{}</th></table>",
    ],
)
def test_text_that_looks_like_markdown_shows_as_it_is(around: str) -> None:
    @examples(60)
    @example("[=]")
    @example("{.1}")
    @example("{:.1}")
    @example("[a]{.1}")
    @given(TEXT)
    def holds(text: str) -> None:
        html = around.format(escape(text))
        spaced = re.sub(r"<br>|</th>", " ", around)
        expected = re.sub("<[^>]*>", "", spaced).format(text.replace("{", "{"))
        assert shown(to_markdown(html, BASE)).split() == expected.split()

    holds()


@pytest.mark.parametrize(
    ("data", "folder", "every"),
    [
        (samples, ".", 1),
        pytest.param(corpus, "mozilla-readability/test/test-pages", 3, marks=pytest.mark.corpus),
    ],
)
def test_real_articles_show_the_same_words(data: Data, folder: str, every: int) -> None:
    from lxml.html import document_fromstring

    pages = sorted((data("extract") / folder).glob("*/expected.html"))
    assert pages
    for page in pages[::every]:
        html = page.read_text(encoding="utf-8")
        root = document_fromstring(html)
        for silent in list(root.iter("iframe", "svg", "button", "video", "audio")):
            silent.drop_tree()
        for block in root.iter("p", "div", "li", "br", "td", "th", "h1", "h2", "h3", "h4"):
            block.tail = " " + (block.tail or "")
        for block in root.iter("p", "div", "li", "td", "th"):
            block.text = " " + (block.text or "")
        expected = Counter(re.findall(r"\w+", root.text_content().replace("\xad", "")))
        got = shown(to_markdown(html, BASE))
        seen = Counter(
            re.findall(r"\w+", re.sub(r"\[(?:image|embedded page|video)[^\]]*\]", "", got))
        )
        differ = (expected - seen).total() + (seen - expected).total()
        assert differ <= 0.02 * expected.total(), page.parent.name

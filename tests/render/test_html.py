"""Leftover HTML shows as what it means."""

from __future__ import annotations

from tests.support.for_each import for_each
from tests.support.rendering import body_of, page_of


@for_each(
    "source, expected",
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>\n  one\n  two\n</div>", "one two"),
        ("a <!-- no --> b", "a b"),
        ("<!-- no\n\nno -->\n\nyes", "yes"),
        ("x<script>alert(1)</script>y", "xy"),
        ("<script>\nalert(1)\n\nalert(2)\n</script>\n\nyes", "yes"),
        ("<style>\np { color: red }\n</style>\n\nyes", "yes"),
        ("<blink>kept</blink> <x-y z='1'>too</x-y>", "kept too"),
        ("&lt;b&gt; &amp; &eacute; &copy; &nbsp;x", "<b> & é © \xa0x"),
        ("<p>&lt;b&gt; &amp;amp; &eacute;</p>", "<b> &amp; é"),
        ("H<sub>2</sub>O 10<sup>-6</sup> 1<sup>st</sup> x<sup>a+b</sup>", "H₂O 10⁻⁶ 1st x^a+b"),
        ("<q>said</q>", "“said”"),
        ("press <kbd>Ctrl</kbd>", "press Ctrl"),
        ("a\n\n<hr>", "a\n\n" + "─" * 20),
        ("<h2>Head</h2>text", "Head\n\ntext"),
        ("<ul><li>one<li>two</ul>", "• one\n• two"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "• a\n  ◦ b"),
        ("<blockquote><p>q</p></blockquote>", "▎ q"),
        ("<pre>a\n  b &amp; c</pre>", " a\n   b & c"),
        ("<details><summary>More</summary>inside</details>", "More\n\ninside"),
        ("<dl><dt>term</dt><dd>meaning</dd></dl>", "term\n\nmeaning"),
        ('<iframe src="https://v.org/1" title="A b"></iframe>', "[embedded page: A b]"),
        ("a < b and c > d", "a < b and c > d"),
        ("<p>1 < 2", "1 < 2"),
        ("</p></b></ul>text", "text"),
        (
            "<table><thead><tr><th>A<th>B</thead><tr><td>1<td>2<br>3</table>",
            "A  B\n─  ─\n1  2\n   3",
        ),
        ("<table>\n<tr><td>a<td>b</tr>\n\n<tr><td>c<td>d</tr>\n</table>", "a  b\nc  d"),
        ("<table><tr><td>one</td></tr><tr><td>two</td></tr></table>", "one\n\ntwo"),
        ("<div>\n\n**bold** text\n\n</div>\n\nafter", "bold text\n\nafter"),
        ("<b>x *y* z</b>", "x y z"),
    ],
)
def test_html_shows_what_it_means(source: str, expected: str) -> None:
    assert body_of(source, 20) == expected


def test_links_and_pictures() -> None:
    page = page_of(
        '<a href="https://a.org/?a=1&amp;b=2">one</a> <a href=/x>two</a> <img src="p.png" alt="A">'
    )
    assert [(link.text, link.url) for link in page.links] == [
        ("one", "https://a.org/?a=1&b=2"),
        ("two", "https://www.example.org/x"),
        ("[image: A]", "https://www.example.org/news/p.png"),
    ]


def test_styles_of_inline_elements() -> None:
    page = page_of("<b>b</b> <i>i</i> <u>u</u> <s>s</s>")
    styles = {s.text: s.style for s in page.lines[-1].segments if s.text.strip()}
    assert styles["b"].bold  # type: ignore[union-attr]
    assert styles["i"].italic  # type: ignore[union-attr]
    assert styles["u"].underline  # type: ignore[union-attr]
    assert styles["s"].strike  # type: ignore[union-attr]

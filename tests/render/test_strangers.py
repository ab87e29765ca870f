"""What strangers' folders and attackers showed of the renderer: nothing lost, nothing endless."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.render.document import Layout, render, render_whole, to_plain_text
from rilo_reader.render.page import JUMP, Page, Styles
from tests.support.examples import examples, sample
from tests.support.for_each import for_each
from tests.support.rendering import body_of, make_article, page_of


def words_on(page: Page) -> str:
    """The text of a page, its lines joined as they were parted."""
    return "".join(line.text[line.indent :].rstrip() + line.joint for line in page.lines)


def addresses(page: Page) -> list[tuple[str, str]]:
    return [(link.text, link.url) for link in page.links]


# -- text in wrong places ---------------------------------------------------------------------


@for_each(
    "source, shown",
    [
        ("<ul>\n<li>One</li>\n\n<p>All the rest</p>", "• One\n\n  All the rest"),
        ("<ul>loose<li>One</li></ul>", "• loose\n• One"),
        ("<ul><ul><li>One</li></ul></ul>", "• ◦ One"),
        ("<ul><li>One</li><ul><li>Two</li></ul></ul>", "• One\n  ◦ Two"),
        ("<table><tr><td><h3>Head</h3>text</td><td>b</td></tr></table>", "Head  b\ntext"),
        ("<table>before<tr><td>a</td><td>b</td></tr>after</table>", "before  a  b after"),
        ("<table><tr><td><pre>x\n  y</pre></td><td>b</td></tr></table>", "x    b\n  y"),
        ("<li>alone</li>", "• alone"),
    ],
)
def test_text_of_html_in_a_wrong_place_is_shown(source: str, shown: str) -> None:
    text = body_of(source, 30)
    assert text.split() == shown.split()


HTML_PIECES = [
    *("<ul>", "</ul>", "<ol>", "</ol>", "<li>", "</li>", "<table>", "</table>", "<tr>", "</tr>"),
    *("<td>", "</td>", "<th>", "</th>", "<p>", "</p>", "<div>", "</div>", "<h3>", "</h3>"),
    *("<pre>", "</pre>", "<blockquote>", "</blockquote>", "<dl>", "<dt>", "<dd>", "</dl>"),
    *("<b>", "</b>", "<a href='/x'>", "</a>", "<br>", "<hr>", "<caption>", "<thead>", "</thead>"),
    *("<details>", "<summary>", "</summary>", "<span>", "</span>", "<sup>", "</sup>", "<q>"),
    *("\n", "\n\n", " ", "word", "word", "word", "word", "word"),
]


def numbered(pieces: list[str]) -> tuple[str, list[str]]:
    """A text of pieces in which each `word` is another one, and these words."""
    text = "".join(piece.replace("word", f" word{number}w ") for number, piece in enumerate(pieces))
    return text, re.findall(r"word\d+w", text)


@given(st.lists(st.sampled_from(HTML_PIECES), max_size=30))
@examples(400)
@example(["<ul>", "word", "</ul>"])
@example(["<table>", "<td>", "<h3>", "word", "</h3>"])
def test_every_word_of_any_html_is_on_the_page(pieces: list[str]) -> None:
    source, words = numbered(pieces)
    assert set(re.findall(r"word\d+w", words_on(page_of(source)))) == set(words)


MARKDOWN_LINES = [
    *("word", "> word", "- word", "1. word", "  word", "    word", "\tword", "# word", "word", ""),
    *("| word | word |", "|---|---|", "|word", "```", "~~~\t", "```\t", "---", "===", "* word"),
    *("<div>word", "</div>", "<ul><li>word", "</ul>", "<p>word</p> *word*", "<!-- x -->word"),
    *("[word](/x) word", "[word][r]", "![word](/y)", "**word* word", "`word` word", "==word=="),
    *("word: :word", ": word", ":::note word", ":::", '!!! note "word"', "/// tip | word", "///"),
    *("{{< a >}}word{{< /a >}}", "{% b %}word", "[[word]]", "[^1] word", "> [!tip] word", ""),
    *("- [ ] word", "$word$ word", "word %% word", "<td>word", "<span>word</span>"),
]


@given(st.lists(st.sampled_from(MARKDOWN_LINES), max_size=14))
@examples(400)
@example(["|word", "|---|---|"])
@example(["<ul><li>word", "", "<div>word"])
def test_every_word_of_any_markdown_is_on_the_page(lines: list[str]) -> None:
    source, words = numbered([f"{line}\n" for line in lines])
    assert set(re.findall(r"word\d+w", words_on(page_of(source)))) == set(words)


# -- Markdown right behind HTML ---------------------------------------------------------------


@for_each(
    "source, shown, linked",
    [
        ("<!-- more -->Snapshot [2018](https://e.org)", "Snapshot 2018", ["2018"]),
        ("<h5>T</h5>\nsee [x](https://e.org) *now*", "T\n\nsee x now", ["x"]),
        ("<center>![a](https://e.org)</center>", "[image: a]", ["[image: a]"]),
        ("<div>**bold** text</div>", "bold text", []),
        ("<div>see [a][1]</div>\n\n[1]: https://e.org", "see a", ["a"]),
        ("<p>2 * 3 * 4, a_b_c and [no link]</p>", "2 * 3 * 4, a_b_c and [no link]", []),
        ("<pre>*a* [b](/c)</pre>", " *a* [b](/c)", []),
        ("<div>&lt;b&gt; &#42;x&#42;</div>", "<b> *x*", []),
    ],
)
def test_markdown_behind_html_is_read(source: str, shown: str, linked: list[str]) -> None:
    assert body_of(source) == shown
    assert addresses(page_of(source)) == [(words, "https://e.org") for words in linked]


# -- comments of Obsidian -----------------------------------------------------------------------


def test_comments_are_hidden_in_a_vault_whatever_the_file_holds() -> None:
    article = make_article("Text %%hidden%% goes on.", dialect="Obsidian")
    page = render_whole(article, Layout(60), "")
    assert page.lines[-1].text.split() == ["Text", "goes", "on."]


# -- tags nobody knows --------------------------------------------------------------------------


@for_each(
    "source, shown",
    [
        ('Version {{< param "1.2" >}} is out.', "Version 1.2 is out."),
        ("Since {{< new-in 0.123 >}} it works.", "Since {{< new-in 0.123 >}} it works."),
        ("A {{< icon star >}} word.", "A word."),
        ("{{% include file.md %}}\n\nText.", "{{% include file.md %}} Text."),
        ("{{< include _part.qmd >}}", "{{< include _part.qmd >}}"),
        ("{% include x.html %}", "{% include x.html %}"),
        ("{% include_relative b.md %}\nText.", "{% include_relative b.md %} Text."),
        ("{% notebook A.ipynb cells[2:] %}", "{% notebook A.ipynb cells[2:] %}"),
        ("{{< latest-posts >}}", "{{< latest-posts >}}"),
        ("{{ map(level=3) }}", "{{ map(level=3) }}"),
        ("{{< toc >}}\n\n{% seo %}\n\nText.", "Text."),
        ('{{< alert-info "" "Mind the gap" >}}', "Mind the gap"),
        ('{{< box "Mind it" >}}Inner *text*.{{< /box >}}', "Mind it Inner text."),
        ('{% callout "Careful" %}\nInner *text*.\n{% endcallout %}', "Careful\n\nInner text."),
        ("{% renderTemplate %}\n\nInner.\n\n{% endrenderTemplate %}", "Inner."),
        ('{% notice "Quoted words" %}\n\nText.', "Quoted words\n\nText."),
        ("{% unknown tag %}\n\nText.", "{% unknown tag %} Text."),
        ('{% renderFile "./a/b.js", {id: "c"} %}\n\nText.', "./a/b.js c\n\nText."),
        (
            '{% box "a" title="Care" lead="and/or more" id="b" %}\n\nText.',
            "a Care and/or more Text.",
        ),
        ('{{ "/a" | embed: "A talk" }} here', "/a A talk here"),
        ("{{ page.lead }}\n\nText.", "page.lead Text."),
        ("A text about {% unknown tag %} keeps it.", "A text about {% unknown tag %} keeps it."),
    ],
)
def test_a_tag_nobody_knows_shows_its_quoted_text(source: str, shown: str) -> None:
    assert body_of(source).split() == shown.split()


def test_a_page_of_a_tag_alone_has_text() -> None:
    page = render_whole(make_article("{{< include _part.qmd >}}\n"), Layout(60, Styles()), "")
    last = page.lines[-1].segments
    assert [(s.text, bool(s.style and s.style.dim)) for s in last] == [
        ("{{< include _part.qmd >}}", True)
    ]


def test_the_quoted_text_of_an_unknown_tag_is_dim() -> None:
    page = render_whole(make_article('See {{< param "1.2" >}} now.'), Layout(60, Styles()), "")
    assert [s.text for s in page.lines[-1].segments if s.style and s.style.dim] == ["1.2"]


# -- small things -----------------------------------------------------------------------------


def test_a_tab_behind_a_closing_fence_closes_it() -> None:
    assert body_of("```\ncode\n```\t\n\n{{< a >}}\n\n*text* {{ b }}\n\n```\nmore\n```") == (
        " code\n\n{{< a >}}\n\ntext b\n\n more"
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Text[[^2]] goes on.\n\n[^2]: The note.", "Text[[1]] goes on."),
        ("Text[[^2]][[^1]].\n\n[^2]: The note.\n\n[^1]: Another.", "Text[[1]][[2]]."),
    ],
)
def test_a_footnote_in_two_pairs_of_brackets_is_one(source: str, shown: str) -> None:
    page = page_of(source)
    assert body_of(source).split("\n")[0] == shown
    assert "The note." in words_on(page)
    assert any(
        segment.style and segment.style.meta.get(JUMP) == "fn-1"
        for line in page.lines
        for segment in line.segments
    )


def test_plain_text_keeps_the_words_of_a_table_whole() -> None:
    names = [f"internationalisation{letter}" for letter in "abcdefgh"]
    source = f"|{'|'.join(names)}|\n|{'--|' * 8}\n|{'|'.join(names)}|\n"
    text = to_plain_text(make_article(source), 76)
    assert all(text.count(name) >= 1 for name in names)
    assert set(text.split()[-1:]) == {names[-1]}


def test_plain_text_keeps_the_addresses_of_a_table_whole() -> None:
    address = "https://www.example.org/a/rather/long/address/of/a/page"
    source = f"|what|where|why|\n|--|--|--|\n|one|[here]({address})|{'because ' * 8}|\n"
    assert f"<{address}>" in to_plain_text(make_article(source), 76)


def test_an_address_as_the_words_of_a_link_ends_with_them() -> None:
    page = page_of("See [https://a.org/x][1], or [y][1].\n\n[1]: https://b.org")
    assert addresses(page) == [("https://a.org/x", "https://b.org"), ("y", "https://b.org")]


# -- linear, and to be stopped ------------------------------------------------------------------

LONGEST_TURN = 0.25
"""Seconds of processor time between two questions whether a page is still wanted."""


def chain_of_notes(count: int) -> str:
    notes = "".join(f"[^{number}]: see[^{number + 1}]\n\n" for number in range(count))
    return f"Text[^0].\n\n{notes}[^{count}]: end\n"


GROWING: dict[str, Callable[[int], str]] = {
    "rows without a table": lambda size: "# x\n\n" + "|a\n" * (40 * size),
    "a table": lambda size: "|a|b|\n|-|-|\n" + "|c|d|\n" * (4 * size),
    "a chain of footnotes": lambda size: chain_of_notes(12 * size),
    "items on a line": lambda size: "- " * (16 * size) + "x",
    "lines of items on a line": lambda size: ("- " * 200 + "x\n") * (size // 10),
    "spans": lambda size: "<span>" * (10 * size) + "x",
    "lines of spans": lambda size: ("<span>" * 50 + "x\n") * (size // 5),
    "a list": lambda size: "- a\n" * (4 * size),
    "a loose list": lambda size: "- a\n\n" * (3 * size),
    "a list in an item": lambda size: "- a\n" + "  - b\n" * (4 * size),
    "a quotation": lambda size: "> a\n" * (10 * size),
    "quotations": lambda size: "> a\n>\n" * (4 * size),
    "a block of HTML": lambda size: "<div>\n" + "<p>a *b*\n" * (5 * size),
    "paragraphs in a cell": lambda size: "<table><td>" + "<p>a *b*\n" * (10 * size),
    "lines in a cell": lambda size: "<table><td>" + "<br>a " * (10 * size),
    "items of HTML": lambda size: "<ul>\n" + "<li>a\n\n" * (3 * size),
    "brackets": lambda size: ("[" * 100 + "\n") * size,
    "brackets on a line": lambda size: "[" * (15 * size),
    "closed brackets": lambda size: ("[" * 30 + "a" + "](b)" * 30 + "\n") * (size // 3),
    "a box": lambda size: ":::note\n" + "a\n\n" * (4 * size) + ":::\n",
    "an indented box": lambda size: "!!! note\n" + "    a\n\n" * (4 * size),
    "boxes that nobody closes": lambda size: ":::note\n" * (10 * size),
    "definitions": lambda size: "".join(f"[a{n}]: /b\n" for n in range(2 * size)) + "[a1]",
    "terms": lambda size: "a\n: b\n\n" * (3 * size),
    "references": lambda size: "[a][b]\n" * (5 * size) + "\n[b]: /c",
    "emphasis": lambda size: ("*a _b " * 15 + "\n") * size,
    "one paragraph": lambda size: "some plain words, and some more\n" * (10 * size),
    "one quoted paragraph": lambda size: "> some *plain* words\n" * (5 * size),
    "code": lambda size: "```\n" + "x = 1\n" * (20 * size) + "```\n",
    **{piece: lambda size, piece=piece: (piece * 20 + "\n") * (2 * size)  # type: ignore[misc]
       for piece in ("^[a b", "^[a [b] ", "[a ", "[aa][", "[a]{.b ", '![](a){fig-alt="', "$$\n",
                     "a~b", "a^b^")},
}  # fmt: skip


@pytest.mark.parametrize("name", sample([*GROWING], 12))
@pytest.mark.slow
def test_it_is_asked_often_whether_a_page_is_still_wanted(name: str) -> None:
    turns = [process_time()]

    def wanted() -> bool:
        turns.append(process_time())
        return True

    for _ in render(make_article(GROWING[name](1_000)), Layout(60), "", wanted):
        wanted()
    wanted()
    assert max(after - before for before, after in pairwise(turns)) < 4 * LONGEST_TURN


@for_each("name", GROWING)
def test_a_page_that_is_no_longer_wanted_ends(name: str) -> None:
    pages = list(render(make_article(GROWING[name](200)), Layout(60), "", lambda: False))
    assert not any(page.is_complete for page in pages[:-1])
    assert len(pages) <= 1

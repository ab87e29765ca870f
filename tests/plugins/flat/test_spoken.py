"""An article as it is said: what the screen shows by its looks is a word."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rilo_reader.annotations.anchors import make_anchor
from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import Article, ArticleId
from rilo_reader.plugins.flat.settings import SpeechDetail
from rilo_reader.plugins.flat.spoken_article import SpokenArticle, SpokenLink
from rilo_reader.render.document import visible_text
from tests.support.for_each import for_each

URL = "https://example.org/news/"


def article(body: str, title: str = "Title") -> Article:
    return Article(
        ArticleId("a"), "a.md", title, datetime(2024, 1, 1, tzinfo=UTC), body=body, url=URL
    )


def said(body: str, speaks: SpeechDetail = SpeechDetail.ALL) -> list[str]:
    return [paragraph.text for paragraph in SpokenArticle(article(body), speaks).iter_paragraphs()]


@for_each(
    "body, lines",
    [
        ("# Title\n\nText.", ["Text."]),
        ("---\n\nText.", ["Text."]),
        ("## Part *one*", ["heading 2: Part one"]),
        ("Over\nlines, **loud**  \nhard.", ["Over lines, loud", "hard."]),
        ("See [the report](b.html).", ["See (link 1: the report)."]),
        ("Go [](https://x.org) on.", ["Go (link 1: without words) on."]),
        ("![A map](map.png)", ["(link 1: image: A map)"]),
        ("[up](#part) and ~~gone~~", ["up and (struck out: gone)"]),
        ("> One.\n>\n> Two.", ["quote: One.", "Two.", "end of quote"]),
        ("> [!WARNING]\n> Wet.", ["quote: Warning: Wet.", "end of quote"]),
        ("- a\n- b", ["list of 2: item: a", "item: b"]),
        ("3. a\n4. b", ["list of 2: item 3: a", "item 4: b"]),
        (
            "- a\n  - b\n- c",
            ["list of 2: item: a", "inner list of 1: item: b", "end of inner list", "item: c"],
        ),
        ("- [x] a\n- [ ] b", ["list of 2: item: done: a", "item: not done: b"]),
        ("- a\n\n  more", ["list of 1: item: a", "more"]),
        ("> - a", ["quote: list of 1: item: a", "end of quote"]),
        ("```sh\na\n\n  b\n```", ["code, sh:", "a", "", "  b", "end of code"]),
        ("    indented", ["code:", "indented", "end of code"]),
        (
            "| N | A |\n|---|---|\n| x | 1 |",
            ["table of 1 row, 2 columns:", "row 1: N: x; A: 1", "end of table"],
        ),
        (
            "<table><tr><td>x</td><td></td></tr></table>",
            ["table of 1 row, 2 columns:", "row 1: x", "end of table"],
        ),
        ("a[^n]\n\n[^n]: below", ["a (note 1)", "separator", "note 1: below"]),
        ("Term\n: What it means", ["Term", "meaning: What it means"]),
        ("<p>One<p>Two <b>loud</b>", ["One", "Two loud"]),
        ("Bad \x1b]0;x\x07 text \u202e", ["Bad ]0;x text"]),
        ("", []),
    ],
)
def test_everything_that_is_shown_by_its_looks_is_a_word(body: str, lines: list[str]) -> None:
    assert said(body) == lines


def test_how_much_is_said_is_a_setting() -> None:
    body = "## H\n\n> [q](x.html)\n\n- i\n\n1. n\n\n```\nc\n```\n\n| a |\n|---|\n| b |\n\n"
    body += "~~s~~[^1]\n\n[^1]: f"
    assert said(body, SpeechDetail.SOME) == [
        *("heading 2: H", "quote: q (link 1)", "- i", "1. n", "code:", "c", "end of code"),
        *("table:", "a", "b", "(struck out: s) (note 1)", "note 1: f"),
    ]
    assert said(body, SpeechDetail.NONE) == [
        *("H", "q", "- i", "1. n", "c", "a", "b", "s[1]", "note 1: f"),
    ]


def test_links_have_the_numbers_that_are_said() -> None:
    spoken = SpokenArticle(
        article("[one](b.html), <https://x.org> and [bad](vscode:x)"), SpeechDetail.ALL
    )
    assert [paragraph.text for paragraph in spoken.iter_paragraphs()] == [
        "(link 1: one), (link 2: https://x.org) and bad"
    ]
    assert spoken.links == {
        1: SpokenLink("one", f"{URL}b.html"),
        2: SpokenLink("https://x.org", "https://x.org"),
    }


def test_highlights_are_said_behind_the_paragraph_in_which_they_begin() -> None:
    body = (
        "The end.\n\n- Of [the](x.html) end\n\nThe end\nof it.\n\n| the end |\n|---|\n\n`the end`"
    )
    text = visible_text(article(body))
    places = [match.span() for match in re.finditer("the end", text, re.IGNORECASE)]
    assert len(places) == 5
    marked = [
        Highlight(f"highlight{number}", make_anchor(text, *place), note="Why?\nSo." * (number == 1))
        for number, place in enumerate(places)
    ]
    others = [marked[1]._replace(id="anna 1", owner="anna", note="Ask Ben.")]
    spoken = SpokenArticle(article(body), SpeechDetail.NONE, marked + others)
    assert [paragraph.text for paragraph in spoken.iter_paragraphs()] == [
        *("The end.", "highlighted: The end"),
        *("- Of the end", "highlighted: the end; your note: Why? So."),
        "anna highlighted: the end; their note: Ask Ben.",
        *("The end of it.", "highlighted: The end"),
        *("the end", "highlighted: the end"),
        *("the end", "highlighted: the end"),
    ]
    lost = Highlight("highlight9", make_anchor("Nowhere to be found.", 0, 7))
    assert "highlighted" not in str(
        list(SpokenArticle(article(body), SpeechDetail.ALL, [lost]).iter_paragraphs())
    )


def test_what_belongs_together_is_told_from_a_new_paragraph() -> None:
    spoken = SpokenArticle(article("A.\n\n- b\n- c\n\n```\nd\ne\n```"), SpeechDetail.NONE)
    assert [(each.text, each.is_continuation) for each in spoken.iter_paragraphs()] == [
        ("A.", False),
        *(("- b", False), ("- c", True)),
        *(("d", False), ("e", True)),
    ]

"""The page as a whole: its head, faults, empty articles, streaming, and plain text."""

from __future__ import annotations

from io import StringIO
from itertools import pairwise

import pytest
from rich.cells import cell_len
from rich.console import Console

from rilo_reader.article import Fault
from rilo_reader.render.document import Layout, render, render_message, render_whole, to_plain_text
from rilo_reader.render.markdown import ArticleMarkdown
from rilo_reader.render.page import LINK, VALUE, Page
from rilo_reader.text import reading_minutes
from tests.support.for_each import for_each
from tests.support.rendering import body_of, make_article, page_of


def text(body: str, width: int = 60, **fields: object) -> list[str]:
    return [line.text.rstrip() for line in page_of(body, width, **fields).lines]


def test_the_head_says_what_the_article_is() -> None:
    page = page_of("word " * 500, title="A title that is longer than a line of this page", width=30)
    lines = [line.text for line in page.lines]
    assert lines[:6] == [
        "A title that is longer than a",
        "line of this page",
        "RILO AP",
        "7 March 2019 · 2 min",
        "example.org",
        "",
    ]
    assert (page.title_lines, page.head_lines) == (2, 5)
    assert all(line.body_letters == 0 for line in page.lines[: page.head_lines])
    assert text("x", source="", url="")[1] == "7 March 2019 · 1 min"
    host = page.lines[4].segments[-1]
    assert host.style is not None
    assert (host.text, host.style.link) == ("example.org", "https://www.example.org/news/a")
    assert (host.style.meta, page.links) == ({LINK: 0}, ())


def test_the_comments_are_the_first_link() -> None:
    talk = "https://talk.example/1"
    article = make_article("[a](https://example.org/b)", comments=talk)
    for width, is_numbered in ((80, False), (80, True), (12, True), (4, False)):
        page = render_whole(article, Layout(width, number_links=is_numbered), "7 March 2019")
        links = [(link.number, link.text, link.url) for link in page.links]
        assert links == [(1, "comments", talk), (2, "a", "https://example.org/b")]
        head = "".join(line.text for line in page.lines[: page.head_lines])
        assert ("comments[1]" in head) == (is_numbered and width > 11)
        assert page.links[0].line < page.head_lines
        assert all(cell_len(line.text) <= width for line in page.lines)
    assert "comments" not in "".join(text("x"))


@pytest.mark.slow
def test_who_and_when_are_one_line_or_two_at_any_width() -> None:
    authors, tags = ("Cy Chen", "An Author"), ("ivory", "post channel")
    who = "RILO AP · Cy Chen, An Author · #ivory  #post channel  +mine"
    when = "7 March 2019, 10:05 · 2 min · example.org"
    for width in range(40, 201):
        article = make_article("word " * 500, authors=authors, tags=tags)
        layout = Layout(width, own_tags=("mine",))
        page = render_whole(article, layout, "7 March 2019, 10:05")
        lines = [line.text for line in page.lines[1 : page.head_lines]]
        assert all(cell_len(line) <= width for line in lines)
        assert not any(line.strip(" ·") != line for line in lines)
        if width >= len(f"{who} · {when}"):
            assert lines == [f"{who} · {when}"]
        elif width >= len(who):
            assert lines == [who, when]
        else:
            first = lines[0].removesuffix("  …")
            assert first != lines[0]
            assert who.startswith(first)
            assert who[len(first) :].startswith((" · ", ", ", "  "))
            assert " · ".join(lines[1:]) == when


def test_a_source_longer_than_the_page_is_cut_and_a_click_finds_all_of_it() -> None:
    page = page_of("x", 20, source="The Source of Everything Else", url="")
    assert [line.text for line in page.lines[1:3]] == [
        "The Source of Every…",
        "7 March 2019 · 1 min",
    ]
    style = page.lines[1].segments[0].style
    assert style is not None
    assert style.meta == {VALUE: ("source", "The Source of Everything Else")}


def test_nothing_to_say_takes_no_line() -> None:
    page = render_whole(make_article("", source="", url=""), Layout(40), "")
    assert page.head_lines == page.title_lines == 1


def test_faults_are_named_on_one_line() -> None:
    faults = (Fault(3, "The date is not one."), Fault(5, "Other."))
    assert text("x", faults=faults)[2] == "! line 3 of the file: The date is not one. (and 1 more)"
    assert text("x", faults=(Fault(0, "No header."),))[2] == "! No header."


@for_each("body", ["", "   \n\n ", "<!-- nothing -->", "# The title", "[a]: https://b.org"])
def test_an_article_without_text_says_so_with_its_link(body: str) -> None:
    assert text(body)[2:] == ["", "This article has no text.", "", "https://www.example.org/news/a"]
    assert text(body, url="")[2:] == ["", "This article has no text."]


def test_a_message_has_the_look_of_an_article() -> None:
    page = render_message("Nothing here", "First.\n\nSecond.", Layout(40))
    assert [line.text for line in page.lines] == ["Nothing here", "", "First.", "", "Second."]
    assert page.is_complete


LONG = "\n\n".join(
    f"## Part {i}\n\nText *number* {i} with [a link](https://a.org/{i}) and note[^{i}].\n\n"
    f"- one {i}\n- two\n\n```\ncode {i}\n\nmore\n```\n\n> quote {i}\n\n[^{i}]: Note {i}."
    for i in range(120)
)


@pytest.mark.slow
def test_a_long_article_comes_in_parts_that_only_grow() -> None:
    pages = list(render(make_article(LONG), Layout(60), ""))
    assert len(pages) > 2
    assert [page.is_complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages[0].lines) < len(pages[-1].lines) / 3
    for before, after in pairwise(pages):
        assert after.lines[: len(before.lines)] == before.lines
        assert after.headings[: len(before.headings)] == before.headings
        assert after.links[: len(before.links)] == before.links
    last = pages[-1]
    assert len(last.headings) == 120
    assert [link.number for link in last.links] == list(range(1, 121))
    assert last.lines[last.anchors["fn-120"]].text.strip().startswith("120. Note 119.")


def test_a_list_that_is_read_in_parts_is_one() -> None:
    items = "".join(f"- item {i}\n\n  ```\n  - code {i}\n  ```\n" for i in range(200))
    lines = body_of(items).split("\n")
    assert [line for line in lines if line.startswith("• item")] == [
        f"• item {i}" for i in range(200)
    ]
    assert len(lines) == 200 * 4 - 1


def test_a_quotation_that_is_read_in_parts_is_one() -> None:
    source = "".join(f"> part {i}\n>\n" for i in range(700)) + "> ```\n> end\n> ```"
    lines = body_of(source).split("\n")
    assert lines == [*(line for i in range(700) for line in (f"▎ part {i}", "▎")), "▎  end"]


def test_definitions_at_the_end_resolve_in_the_first_part() -> None:
    source = "[early]\n\n" + "Some *text*.\n\n" * 2000 + "[early]: https://a.org/early"
    first = next(iter(render(make_article(source), Layout(60), "")))
    assert not first.is_complete
    assert [link.url for link in first.links] == ["https://a.org/early"]


@for_each(
    "source, links",
    [
        ("[foo]\n\n> [foo]: /url", 1),
        ("[foo]\n\n- [foo]: /url", 1),
        ("    [foo]: /url\n\n[foo]", 0),
        ("```\n[foo]: /url\n```\n\n[foo]", 0),
    ],
)
def test_definitions_count_wherever_they_are_ones(source: str, links: int) -> None:
    assert len(page_of(source).links) == links


@pytest.mark.slow
def test_a_long_list_goes_on_over_parts() -> None:
    source = "".join(f"1. item {i}\n" for i in range(3000))
    lines = body_of(source).split("\n")
    assert lines[0].strip() == "1. item 0"
    assert [line.split(".")[0].strip() for line in lines] == [str(i + 1) for i in range(3000)]


@pytest.mark.slow
def test_a_long_table_goes_on_over_parts_with_one_header() -> None:
    rows = "".join(f"| {i} | [w{i}](/x) |\n" for i in range(5000))
    source = f"| n | word |\n|--:|---|\n{rows}"
    lines = body_of(source).split("\n")
    assert len(page_of(source).links) == 5000
    assert [line.split()[0] for line in lines[2:]] == [str(i) for i in range(5000)]
    assert len({line.index("w") for line in lines[2:]}) == 1


def test_plain_text_has_no_codes_and_gives_addresses() -> None:
    article = make_article("A [link](https://a.org) and https://b.org and [no](#x).\n\n**b**")
    assert to_plain_text(article, date_text="d") == (
        "The title\nRILO AP · d · 1 min · example.org\n\n"
        "A link <https://a.org> and https://b.org and no.\n\nb\n"
    )
    assert all(cell_len(line) <= 20 for line in to_plain_text(article, 20).splitlines())


def test_plain_text_keeps_a_paragraph_on_one_line() -> None:
    assert "word " * 199 + "word" in to_plain_text(make_article("word " * 200)).splitlines()


def test_pages_that_nobody_wants_any_more_do_not_come() -> None:
    pages: list[Page] = []
    article = make_article("word word\n\n" * 90_000)
    pages.extend(render(article, Layout(60), "", lambda: len(pages) < 2))
    assert [page.is_complete for page in pages] == [False, False]


def test_a_long_text_is_counted_by_its_beginning() -> None:
    assert reading_minutes("word " * 238_000) == 1_000


def test_the_body_is_a_renderable_of_rich() -> None:
    body = "### Head\n\nText *a* of [words](https://a.org).\n\n- one\n- two\n\n> quoted"
    console = Console(width=30, file=StringIO(), record=True)
    console.print(ArticleMarkdown(body))
    lines = [line.rstrip() for line in console.export_text().strip("\n").split("\n")]
    assert lines == body_of(body, 30).split("\n")

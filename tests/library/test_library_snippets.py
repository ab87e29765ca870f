"""Snippets of real articles: they begin and end with whole words, and hold the hit."""

from __future__ import annotations

import re
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.snippets import make_snippet, markdown_to_line
from rilo_reader.query.parser import parse
from rilo_reader.store.article_fields import to_article
from rilo_reader.store.front_matter import parse as parse_file
from rilo_reader.text import clean_text
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples
from tests.support.watched_library import NEWEST

WORD = re.compile(r"[^\W_]+")
SPACED = re.compile(r"[A-Za-zÀ-ɏͰ-ӿ]{4,}")
"""Words of scripts that put blanks between them."""

SITES = ["18f", "go-blog", "letsencrypt", "ruby-lang-news", "rust-blog", "simonw-til"]


def made_of(body: str) -> Article:
    return Article(id=ArticleId("a"), path="a.md", title="", date=NEWEST, body=clean_text(body))


def shown(body: str, query: str = "ivory", length: int = 100) -> tuple[str, list[str]]:
    """The snippet of a text, and the hits in it."""
    found = make_snippet(made_of(body), parse(query), length)
    assert found is not None
    return found.text, [found.text[start:end] for start, end in found.hits]


def edges(article: Article, word: str, length: int) -> list[str]:
    """The first and the last word of a snippet, where they are of a script with blanks."""
    found = make_snippet(article, parse(word), length)
    assert found is not None
    words = WORD.findall(found.text)
    return [edge for edge in (*words[:1], *words[-1:]) if SPACED.fullmatch(edge)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "site"),
    [(samples, "."), *(pytest.param(corpus, site, marks=pytest.mark.corpus) for site in SITES)],
)
def test_real_snippets_begin_and_end_with_whole_words(data: Data, site: str) -> None:
    files = sorted((data("md") / site).rglob("*.md"))
    assert files
    cut: list[tuple[str, str, str]] = []
    for file in files[:: max(1, len(files) // 40)]:
        text = clean_text(file.read_text(encoding="utf-8", errors="replace"))
        article = to_article(parse_file(text), file.name, NEWEST)
        there = set(WORD.findall(f"{article.body} {markdown_to_line(article.body)}"))
        words = list(dict.fromkeys(SPACED.findall(article.body)))
        for word in islice(words, 0, None, max(1, len(words) // 6)):
            for length in (30, 90):
                cut += [
                    (file.name, word, edge)
                    for edge in edges(article, word, length)
                    if edge not in there
                ]
    assert cut == []


@for_each("body", ["大象牙科", "大象\n牙科", "大**象**牙科", "大象\u200b牙科"])
def test_what_is_found_over_the_end_of_a_chinese_line_is_marked(body: str) -> None:
    _, (hit,) = shown(f"# 大象，牙科\n\n{body}", "象牙", 80)
    assert hit.replace("\u200b", "") == "象牙"


@for_each(
    "link",
    [
        "[![needle one](https://a.example/b.png)](https://a.example/)",
        "[needle one](https://a.example/a_(b))",
        f"![needle one](https://a.example/{'x' * 500})",
        f'[needle one](https://a.example/{"x" * 900} "title")',
    ],
)
def test_links_show_their_words_alone(link: str) -> None:
    text, _ = shown(f"Before {link} behind. " + "word " * 100, "needle", 40)
    assert text.startswith("Before needle")
    assert not re.search(r"[\[\]()]|://", text)


WORDS = "word " * 50


@for_each("body, length, form", [
        # A link that began before the piece shows no address.
        (f"{WORDS}[and {WORDS}](https://a.example/b) needle {WORDS}", 30,
         "… word needle word( word)* …"),
        # What stands in an address alone is found there.
        (f"{WORDS}[more](https://a.example/needle/{'x' * 500}) {WORDS}", 40, ".*needle.*"),
        # Near the end of a long text it begins with a word.
        ("unbelievable " * 200 + "needle", 60, "… unbelievable .* needle"),
        # What comes before the hit without a blank is left out.
        (f"Look: {'x' * 300}.needle in it {WORDS}", 40, "… needle in it word.*"),
        # A comment that is cut shows nothing of itself.
        (f"Author needle <!-- - GitHub: [a](https://a.example) {'hidden ' * 200}-->", 40,
         "Author needle(?!.*<!--).*"),
    ])  # fmt: skip
def test_what_is_cut_shows_whole_words_and_no_marks(body: str, length: int, form: str) -> None:
    text, hits = shown(body, "needle", length)
    assert re.fullmatch(form, text)
    assert hits == ["needle"]


def test_chinese_shows_what_stands_around_the_hit() -> None:
    text, _ = shown("海关总署通报" * 300 + "象牙" + "走私案件" * 300, "象牙", 40)
    assert "通报象牙走私" in text
    assert 40 <= len(text) <= 44


@for_each(
    "body, text",
    [
        ("See [the list](https://a.org/ivory/x) now.", "See the list (https://a.org/ivory/x) now."),
        ("See [the list](/x 'About ivory') now.", "See [the list](/x 'About ivory') now."),
        ('See <a href="/ivory">the list</a>.', 'See <a href="/ivory">the list</a>.'),
        ("See the list.\n<!-- no ivory -->", "See the list. <!-- no ivory -->"),
        ("## Tusks {#ivory}\n\nText.", "## Tusks {#ivory} Text."),
    ],
)
def test_a_hit_that_readers_do_not_see_is_shown_where_it_stands(body: str, text: str) -> None:
    assert shown(body) == (text, ["ivory"])


def test_the_address_of_a_link_far_down_is_marked_too() -> None:
    before, behind = "Many words come first. " * 60, "And so. " * 60
    assert shown(f"{before}[The list](https://example.org/ivory/x). {behind}", length=60)[1]


@for_each(
    "body, text",
    [
        ('## Tusks {#a}\n{:.b}\nOf ivory.\n{: .c d="e"}', "Tusks Of ivory."),
        ("> [!NOTE]\n> Of ivory.", "Note: Of ivory."),
        ("::: tip Of tusks {#a}\nOf ivory.\n:::", "Tip: Of tusks Of ivory."),
        ("Of {ref}`ivory <there>` and {doc}`tusks`.", "Of ivory and tusks."),
        ("{{< note >}}\nOf ivory.\n{{< /note >}}", "Of ivory."),
        ('{% include a.html content="[Of](/a) ivory" src="/b.png" %} x', "Of ivory x"),
        ("Of ivory^[A note.] and H~2~O, of [it]{.mark}.", "Of ivory[1] and H₂O, of it. A note."),
        ('![Of ivory](a.png){#a fig-alt="A plot"} and `x`{.r}', "A plot Of ivory and x"),
        ("- Of\n- ivory\n\n| a | b |\n|---|---|\n| c | d |\n\n    e", "Of ivory a b c d e"),
        ("[[toc]]\n\n[TOC]\n\nOf ivory :tada:", "Of ivory 🎉"),
    ],
)
def test_marks_of_site_generators_are_no_part_of_a_snippet(body: str, text: str) -> None:
    assert shown(body) == (text, ["ivory"])


def test_what_follows_code_that_is_cut_is_no_code() -> None:
    code = "\n".join(["```", *["x = [1](2)"] * 200, "```"])
    assert "and *ivory" not in shown(f"{code}\n\nAll **teeth** and *ivory* here.")[0]


def test_a_hit_in_the_name_of_such_a_mark_is_shown_where_it_stands() -> None:
    assert shown("::: ivory\nText.\n:::")[0] == "::: ivory Text. :::"


@example(["a", "\n", "{"])  # a list of attributes might begin there
@given(st.lists(st.sampled_from([*'abc:/!?`~{}()[]=|%"\n \t', ":::", "{{<", "!!! ", "toc"])))
@examples(300)
def test_whatever_stands_in_a_body_a_snippet_comes_of_it(pieces: list[str]) -> None:
    text = markdown_to_line("".join(pieces))
    assert "\n" not in text
    assert text == text.strip()


def test_the_arrow_behind_a_footnote_is_not_in_a_snippet() -> None:
    assert markdown_to_line("Text[^1] goes.\n\n[^1]: The note.") == "Text[1] goes. The note."


@pytest.mark.slow
def test_a_table_shows_no_bars_wherever_its_excerpt_begins() -> None:
    head = "| Port | Weight | Remarks of the officer |\n|:-----|-------:|---|\n"
    rows = "".join(f"| port{n} | weight{n} kg | seized of the kind{n} |\n" for n in range(200))
    found = made_of(f"Before it.\n\nAs follows:\n{head}{rows}\nBehind it: a | b.")
    for number in range(0, 200, 7):
        for word in (f"port{number}", f"weight{number}", f"kind{number}"):
            snippet = make_snippet(found, parse(word), 80)
            assert snippet is not None
            assert "|" not in snippet.text
            assert "--" not in snippet.text
            assert [snippet.text[slice(*hit)] for hit in snippet.hits] == [word]
    behind = make_snippet(found, parse("behind"), 80)
    assert behind is not None
    assert "Behind it: a | b." in behind.text


def test_the_head_of_a_table_that_is_cut_shows_no_bars_either() -> None:
    before = "A line of words before it. " * 60
    for gap in range(0, 120, 3):
        table = "| Port | Weight |\n|---|---|\n| Busan | 12 kg |\n"
        found = made_of(f"{before}{'x' * gap}\n\n{table}\n{'Words behind it. ' * 60}")
        snippet = make_snippet(found, parse("busan"), 20)
        assert snippet is not None
        assert "|" not in snippet.text


def test_words_of_other_fields_are_not_looked_for_in_the_body() -> None:
    found = made_of("First words. " * 40 + "RILO AP held it.")._replace(source="RILO AP")
    snippet = make_snippet(found, parse('source:"rilo ap"'), 60)
    assert snippet is not None
    assert snippet.text.startswith("First words.")
    assert snippet.hits == ()


@given(st.integers(0, 60), st.integers(0, 2), st.booleans())
@examples(60)
def test_excerpts_show_no_bars_of_tables(row: int, column: int, has_code: bool) -> None:
    """Wherever in a table the hit is; a bar in code before it is the article's."""
    rows = [f"| a{n} | b{n} | c{n} |" for n in range(61)]
    code = "```sh\ncat file | sort |\n```\n\n" if has_code else ""
    body = code + "\n".join(["| One | Two | Three |", "|:---|:-:|---:|", *rows, "", "The end."])
    text, hits = shown(body, f"{'abc'[column]}{row}", 40)
    assert hits == [f"{'abc'[column]}{row}"]
    assert "|" not in text.partition("One")[2] if has_code else "|" not in text
    assert "---" not in text
    assert "cat file | sort | ivory |" in shown("```sh\ncat file | sort | ivory |\n```")[0]


@for_each("before", [0, 2_980, 2_990, 2_995, 3_000, 3_010, 11_990, 11_999, 50_000])
def test_a_hit_is_found_wherever_it_begins(before: int) -> None:
    """Also one over the end of what is searched first."""
    body = f"{'x' * (before % 10)} {'a bit ' * (before // 6)}ivory horn {'and more ' * 2_000}"
    text, hits = shown(body, '"ivory horn"')
    assert hits == ["ivory horn"]
    assert before < 100 or text.startswith("… ")

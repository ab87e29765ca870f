"""Sources made to hang or crash a reader end, keep their text, and stay within the width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from rilo_reader.render.page import Page
from rilo_reader.render.parser import REST_NOTE, MarkdownSource
from tests.support.examples import sample
from tests.support.rendering import page_of


def lines_of(unit: str, size: int = 12_000, width: int = 500) -> str:
    text = unit * (size // len(unit))
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


def text_of(page: Page) -> str:
    return "".join(line.text[line.indent :] + line.joint for line in page.lines)


SOURCES = {
    "quotes": ">" * 2000 + " deep text",
    "growing quotes": "\n".join(">" * i + f" t{i}" for i in range(1, 300)) + " deep text",
    "brackets": "[" * 2000 + "deep text" + "]" * 2000,
    "images": "![" * 500 + "deep text" + "](u)" * 500,
    "lists on one line": "- " * 2000 + "deep text",
    "numbers on one line": "1. " * 2000 + "deep text",
    "emphasis": "*" * 4000 + "deep text" + "*" * 4000,
    "elements": "<ul><li>" * 2000 + "deep text",
    "quotations": "<blockquote>" * 2000 + "deep text",
    "inline elements": "<b>" * 4000 + "deep text",
    "one long line": "word " * 200_000 + "deep text",
    "one long word": "x" * 1_000_000 + " deep text",
    "one long line of Chinese": "漢字" * 50_000 + " deep text",
    "marks on letters": "a" + "\u0301" * 100_000 + " deep text",
    "entities": "&#27;&#0;&#xD800;&bogus;" * 2000 + " deep text",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_text_in_the_deep_is_shown(name: str) -> None:
    page = page_of(SOURCES[name], 40)
    assert "deep text" in text_of(page)
    assert all(cell_len(line.text) <= 40 for line in page.lines)


def test_no_item_of_a_deep_list_is_lost() -> None:
    page = page_of("\n".join("  " * i + f"- item-{i}-" for i in range(300)), 40)
    text = text_of(page)
    assert all(f"item-{i}-" in text for i in range(300))


UNITS = [
    "[", "![", "[a](", "[[", "[^a", "*a _b ", "**a*b_", "`a", "~~a ", "<b>", "<a ", '<a href="',
    "<", "<!-- ", "<table>", "<td>", "&", "\\", "http://a.b/c ", "://", "www.a.", "](", "[a]: ",
    "|", "|-", "> ", "``` ", "- - ", "[a](b '", "<?", "<![CDATA[", "</", "data:,",
    "{% raw %}", "{{raw `\n", "{% a ", "{{< a ", "{{% /a ", "{{ a ", "{% highlight x %}\n", "{{",
    "{{< a >}} ", "<code>{{", "{% a" + " " * 3_000, "{{< a" + " " * 3_000, "{{ a" + " " * 3_000,
    "{% a() %}", "{% a() %}{% end %}", "{{ a(", "{% a(", "{::comment}", "{::options ", "{:/}",
    "{{ a(b='" + "c" * 1_900 + "') }}", "{{ a(" + "b = c , " * 200 + "'" + ") }}",
    "{{ a(" + "b=c" + " " * 1_800 + "[) }}",
    "{::comment}{:/}", "{% a(" + " " * 3_000, "{::options" + " " * 3_000, ":+1", ":a", "{aa}`b` ",
    "{aa}`", "{aa}`b <", ":::a\n", "!!! a\n    ", "```{note}\n", "(a)=\n", "/// a\n", "=== \"a\"\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.slow
def test_repeated_beginnings_end(unit: str) -> None:
    page = page_of(lines_of(unit), 40)
    assert page.is_complete
    assert all(cell_len(line.text) <= 40 for line in page.lines)


def test_recursion_in_a_thread_with_little_stack_is_no_crash() -> None:
    import threading

    pages: list[Page] = []
    source = "> " * 23 + "\n\n" + "[" * 1500 + "deep text" + "]" * 1500
    thread = threading.Thread(target=lambda: pages.append(page_of(source)))
    thread.start()
    thread.join()
    assert "deep text" in text_of(pages[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", sample(["# x\n", "x\n\n", "[x](http://e.org/) *y*\n\n", "[x](y)\n", "[\n"], 2)
)
def test_what_is_too_much_is_shown_as_it_is_after_a_word(unit: str) -> None:
    whole = unit * (1_500_000 // len(unit)) + "\n\nThe **end**.\n"
    text = text_of(page_of(whole, 80))
    assert text.count(REST_NOTE.partition(" rest")[0]) >= 1
    assert text.rstrip().endswith("The **end**.")
    assert text.count("x") >= whole.count("x")


@pytest.mark.slow
def test_a_long_novel_is_laid_out_to_its_end() -> None:
    paragraph = "\n".join(["Some words of a novel, as long as a line of it is."] * 5)
    novel = "\n\n".join([paragraph] * 400) + "\n\nThe **end**.\n"
    parsed = MarkdownSource(novel * 30)
    assert not any(token.type == "raw" for tokens in parsed.parse_blocks() for token in tokens)


@pytest.mark.slow
def test_a_very_long_line_of_prose_is_laid_out() -> None:
    body = " ".join(f"![p{n}](http://e.org/{n}.png) *some* words" for n in range(1_000))
    page = page_of(body, 80)
    assert len(page.pictures) == 1_000
    assert "*some*" not in text_of(page)
    assert "*" in text_of(page_of("ab*c*" * 10_000, 80))

"""Code: which parts of it have a colour, and how what strangers write is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from rilo_reader.render.page import SYNTAX, CodeRange, join_lines
from rilo_reader.render.syntax import BLOCK_LIMIT, LANGUAGES, LINE_LIMIT, iter_parts
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import page_of


def kinds(code: str, language: str) -> dict[str, str]:
    return {code[start:end]: kind for start, end, kind in iter_parts(code, language)}


def test_parts_of_code_are_told_apart() -> None:
    python = kinds('def area(r):\n    return 3.14 * r**2  # of a "circle"\n', "python")
    assert python["def"] == python["return"] == "keyword"
    assert python["area"] == "name"
    assert python["3.14"] == "number"
    assert python['# of a "circle"'] == "comment"
    assert kinds('x = "y"', "toml")["y"] == "string"
    changed = kinds("-old\n+new\n", "diff")
    assert (changed["-old"], changed["+new"]) == ("removed", "string")


@pytest.mark.slow
def test_every_language_has_a_lexer() -> None:
    for language in LANGUAGES:
        assert get_lexer_by_name(language)


@for_each(
    "code, language",
    [
        ("def f(): pass", ""),
        ("def f(): pass", "no such language"),
        ("pass\n" * (BLOCK_LIMIT // 5 + 1), "python"),
        ("x = 1\n" + "a" * (LINE_LIMIT + 1), "python"),
    ],
)
def test_code_of_no_language_and_very_long_code_has_no_colours(code: str, language: str) -> None:
    assert not list(iter_parts(code, language))


@examples(100)
@given(st.text("a\"'`<>{}()$#/*\\=:; \n\u202e\U0001f600", max_size=200), st.sampled_from(
    ["python", "bash", "html", "js", "php", "c", "yaml", "diff", "console", "tex"]
))  # fmt: skip
def test_parts_of_any_text_are_in_order_and_inside(code: str, language: str) -> None:
    at = 0
    for start, end, kind in iter_parts(code, language):
        assert at <= start < end <= len(code) + 1
        assert kind in SYNTAX
        at = start


@for_each(
    "info, language",
    [
        ("python", "python"),
        ("Python title='x'", "python"),
        ("{.rust .numberLines}", "rust"),
        ("{r, echo=FALSE}", "r"),
        ("language-js", "js"),
        ("c++:main.cpp", "c++"),
        ("go{1,3}", "go"),
    ],
)
def test_the_language_is_read_however_it_is_named(info: str, language: str) -> None:
    page = page_of(f"text\n\n~~~ {info}\na\n\nb\n~~~\n\n```\nnone\n```", 40)
    assert [each.language for each in page.code] == [language]


def test_the_code_of_a_page_is_found_again_at_any_width() -> None:
    code = "first = 1\n\nsecond = 'words that are too long for a narrow page'"
    for width in (20, 30, 80):
        quoted = "".join(f">   {line}\n" for line in ("```py", *code.split("\n"), "```"))
        page = page_of(f"> - text\n>\n{quoted}", width)
        (found,) = page.code
        assert isinstance(found, CodeRange)
        text = join_lines(page.lines, found.first, found.last).text
        assert text.split() == code.split()


def test_the_rest_of_a_long_line_follows_a_sign_and_begins_with_a_word() -> None:
    page = page_of("```sh\ncurl --silent https://a.org | sort\n```", 30)
    first, second = page.lines[page.code[0].first : page.code[0].last]
    assert first.text.rstrip() == " curl --silent"
    assert second.text.rstrip() == " ↳ https://a.org | sort"
    assert (
        second.text[second.indent : len(second.text) - second.trailing_cells]
        == second.text.strip()[2:]
    )

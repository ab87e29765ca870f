"""Boxes of MkDocs, Docusaurus, VitePress, Pandoc and MyST show as callouts; what is none stays."""

from __future__ import annotations

import re
import sys
from types import FrameType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.token import Token
from rich.style import Style

from rilo_reader.render.dialects.admonitions import MAX_LINES
from rilo_reader.render.document import Layout, render, render_whole
from rilo_reader.render.page import Styles
from rilo_reader.render.parser import MarkdownSource
from tests.support.examples import examples, sample
from tests.support.for_each import for_each
from tests.support.rendering import body_of, make_article


def tokens_of(source: str) -> list[Token]:
    """The tokens of a text."""
    return [token for tokens in MarkdownSource(source).parse_blocks() for token in tokens]


def shown(source: str, width: int = 40) -> str:
    """The lines of a body without blank ones at either end."""
    return body_of(source, width).strip("\n")


def test_names_of_programs_are_code_and_words_are_none() -> None:
    styles = Styles(code=Style(color="red"))
    page = render_whole(make_article("{func}`f` {ref}`words <a>`"), Layout(40, styles), "")
    looks = [(s.text.strip(), s.style == styles.code) for s in page.lines[-1].segments]
    assert looks == [("f", True), ("words", False)]


BOXES = ["!!! note\n    Text.", ":::note\nText.\n:::", "(a)=\n", "[[toc]]\n", "/// tip\nText.\n///"]


@for_each("box", BOXES)
@for_each(
    "code",
    [
        "```\n{X}\n```",
        "~~~~\n```\n{X}\n~~~~",
        "Text.\n\n{I}",
        "- item\n\n  ```\n  {X}\n  ```",
        "- item\n\n      ```\n      {X}\n      ```",
        "- ```\n  {X}\n  ```",
        "<pre>\n{X}\n</pre>",
        "```\n{X}\n",
    ],
)
def test_code_is_left_alone(code: str, box: str) -> None:
    lines = box.split("\n")
    margin = re.search(r"^( *)\{X\}", code, re.MULTILINE)
    inner = f"\n{margin[1] if margin else ''}".join(lines)
    source = code.replace("{X}", inner).replace("{I}", "\n".join(f"    {line}" for line in lines))
    page = " ".join(shown(source, 60).split())
    assert " ".join(box.split()) in page


def test_an_article_about_helm_and_actions_keeps_its_braces() -> None:
    source = (
        "Set ${{ secrets.TOKEN }} there.\n\n```yaml\nkey: {{ .Values.a }}\n::: note\n```\n\n"
        "And `{{ b }}` or `:::note`."
    )
    for kept in ("${{ secrets.TOKEN }}", "{{ .Values.a }}", "::: note", "{{ b }}", ":::note"):
        assert kept in shown(source)


def test_a_directive_without_an_end_stays_code() -> None:
    assert [token.type for token in tokens_of("```{note}\nText.")] == ["fence"]


def test_code_in_a_box_is_code() -> None:
    source = '!!! note "One more"\n    ```python\n    !!! tip\n        x\n    ```'
    code = next(token for token in tokens_of(source) if token.type == "fence")
    assert (code.content, code.info) == ("!!! tip\n    x\n", "python")
    assert shown(source) == "▎ Note: One more\n▎\n▎  !!! tip\n▎      x"


@pytest.mark.parametrize("margin", ["", "    "])
def test_a_box_that_is_an_article_comes_in_parts(margin: str) -> None:
    text = "\n\n".join(f"{margin}Paragraph {number}." for number in range(5 * MAX_LINES))
    source = f"!!! note\n\n{text}\n\nEnd." if margin else f"::: note\n\n{text}\n\n:::\nEnd."
    pages = list(render(make_article(source), Layout(40), ""))
    assert len(pages) > 2
    lines = [line.text for line in pages[-1].lines[pages[-1].head_lines + 1 :] if line.text]
    assert lines == ["Note", *(f"Paragraph {number}." for number in range(5 * MAX_LINES)), "End."]


@pytest.mark.slow
def test_of_very_many_boxes_all_keep_their_text() -> None:
    assert shown(":::note\ntext\n:::\n" * 2_000).count("▎ Note: text") == 2_000


# -- hostile ------------------------------------------------------------------------------------


HOSTILE = {
    "nested": (":::note\n", ":::\n"),
    "nested with more colons": ("", ""),
    "never closed": (":::note\n", ""),
    "never opened": ("", ":::\n"),
    "nested slashes": ("/// note\n", "///\n"),
    "directives": ("```{note}\n", "```\n"),
    "no text": ("!!! note\n", ""),
    "heads alone": ('!!! note "a"\n', ""),
    "blank lines": ("!!! note\n\n\n\n", ""),
    "tabs": ('=== "a"\n', ""),
    "targets": ("(a)=\n", ""),
    "comments": ("% a\n", "(a)=\n"),
    "fences in a list": ("- a\n\n      ```\n", ""),
    "fences": ("```\n", ""),
    "html": ("<pre>\n", ""),
    "long heads": ("::: " + "a " * 5_000 + "\n", ":::\n"),
    "braces": (":::{" * 500 + "\n", ""),
    "brackets": (":::a" + "[" * 3_000 + "\n", ":::\n"),
    "colons": (":" * 5_000 + "a\n", ""),
    "quotes": ("!!! a " + '"' * 3_000 + "\n", ""),
    "spaces": (":::a" + " " * 3_000 + "b\n", ":::\n"),
    "words": ("!!! " + "a " * 3_000 + "\n", ""),
    "roles": ("{a}`b` {a}`" + "<" * 300, ""),
}


def hostile(name: str, count: int) -> str:
    """A text of that kind, so many times over."""
    if name == "nested with more colons":
        heads = "".join(f"{':' * (80 - number % 78)}note\n" for number in range(count))
        return heads + "deep text\n"
    begin, end = HOSTILE[name]
    if name.startswith(("long", "br", "colons", "quotes", "spaces", "words", "roles")):
        count //= 20
    return begin * count + "deep text\n" + end * count


@pytest.mark.parametrize("name", sample([*HOSTILE], 8))
@pytest.mark.slow
def test_hostile_boxes_end_and_keep_their_text(name: str) -> None:
    assert "deep" in body_of(hostile(name, 10_000), 40)


def steps(source: str) -> int:
    """How many functions are called to read the boxes of a text."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        tokens_of(source)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_as_many_boxes_take_twice_the_steps(name: str) -> None:
    tokens_of(":::note\na\n:::")
    once, twice = steps(hostile(name, 200)), steps(hostile(name, 400))
    assert twice <= 2.5 * once + 400


@pytest.mark.slow
@for_each("name", HOSTILE)
def test_what_is_written_stays_in_proportion(name: str) -> None:
    source = hostile(name, 1_000)
    assert sum(len(token.content) for token in tokens_of(source)) <= 2 * len(source)


LINES = [
    *("!!! note", '??? tip "One two"', '=== "Tab"', ":::note", "::: {.x}", ":::", "::::"),
    *("/// note", "///", "```", "```{note}", "````", "(a)=", "% b", "- item", "1. item", ""),
    *("    word", "    - item", "    !!! tip", "        word", "  :::", "> quote", "<pre>"),
    *("    ```", "\tword", "{ref}`word`", "---", "| a | b |", "[[toc]]", "~~~", "word", "</pre>"),
    *("::::tip", "", ":::{figure} a.png", "  word"),
]
TEXTS = st.lists(st.sampled_from(LINES), max_size=25)


@pytest.mark.slow
@given(TEXTS)
@examples(400)
@example(["!!! note", "    ```", "    word", "word"])
@example(["::::tip", ":::note", "word", "::::", ":::"])
def test_whatever_the_order_no_word_is_lost(lines: list[str]) -> None:
    numbered = [line.replace("word", f"word{number}w") for number, line in enumerate(lines)]
    words = re.findall(r"word\d+w", "\n".join(numbered))
    assert set(re.findall(r"word\d+w", shown("\n".join(numbered)))) == set(words)


@given(TEXTS)
@examples(200)
def test_between_longer_fences_nothing_changes(lines: list[str]) -> None:
    source = "\n".join(["`````", *lines, "`````"])
    (code,) = tokens_of(source)
    assert code.content.split("\n")[:-1] == (lines or [])


@given(TEXTS)
@examples(200)
def test_in_indented_code_nothing_changes(lines: list[str]) -> None:
    source = "\n".join(["Text.", "", *(f"    {line}" for line in lines), "", "Text."])
    code = [token.content for token in tokens_of(source) if token.type == "code_block"]
    assert "\n".join(code).strip() == "\n".join(lines).strip()

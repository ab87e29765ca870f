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

from rilo_reader.render.dialects.admonitions import LONGEST
from rilo_reader.render.document import Layout, render, whole
from rilo_reader.render.page import Styles
from rilo_reader.render.parser import Source
from tests.support.examples import examples
from tests.support.rendering import body_of, make_article


def tokens_of(source: str) -> list[Token]:
    """The tokens of a text."""
    return [token for tokens in Source(source).blocks() for token in tokens]


def shown(source: str, width: int = 40) -> str:
    """The lines of a body without blank ones at either end."""
    return body_of(source, width).strip("\n")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("!!! note\n    Take care.", "▎ Note: Take care."),
        ('!!! note "Mind the step"\n    Take care.', "▎ Note: Mind the step\n▎ Take care."),
        ('??? tip "How to go on"\n\n    Like this.', "▎ Tip: How to go on\n▎ Like this."),
        ("???+ bug\n\tIt breaks.\n\nMore.", "▎ Bug: It breaks.\n\nMore."),
        ('!!! danger highlight blink "Do not!"\n    No.', "▎ Danger: Do not!\n▎ No."),
        ('!!! warning "Title alone"', "▎ Warning: Title alone"),
        ("Text.\n!!! note\n    One.\nMore.", "Text.\n\n▎ Note: One.\n\nMore."),
        ("!!! note\n    One.\n\n    Two.\n\nMore.", "▎ Note: One.\n▎\n▎ Two.\n\nMore."),
        ("!!! note\n    One.\n\n    !!! tip\n        Two.", "▎ Note: One.\n▎\n▎ ▎ Tip: Two."),
        (
            "1. One\n\n    !!! note\n        In it.\n\n2. Two",
            "1. One\n\n   ▎ Note: In it.\n\n2. Two",
        ),
        ("a\n:   b\n\n    !!! note\n        In it.", "a\n  b\n\n  ▎ Note: In it."),
        ('=== "C"\n\n    One.\n\n=== "Go"\n\n    Two.', "C\n\nOne.\n\nGo\n\nTwo."),
    ],
)
def test_admonitions_of_mkdocs(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (":::note\nTake care.\n:::", "▎ Note: Take care."),
        (":::note Mind the step\n\nTake care.\n\n:::", "▎ Note: Mind the step\n▎ Take care."),
        (":::tip[Mind the *step*]\nTake care.\n:::", "▎ Tip: Mind the step\n▎ Take care."),
        (":::tip[Go on]{#go}\nTake care.\n:::", "▎ Tip: Go on\n▎ Take care."),
        ("::: warning 注意\nTake care.\n:::", "▎ 注意\n▎ Take care."),
        ("::: warning Warning\nTake care.\n:::", "▎ Warning\n▎ Take care."),
        ("::: tip {no-title}\nTake care.\n:::", "▎ Tip: Take care."),
        ("::: details Click here\n- a\n- b\n:::", "▎ Click here\n▎\n▎ • a\n▎ • b"),
        ("::: code-group\n```js [a.js]\nx\n```\n:::\n", " x"),
        ("::: theorem Of all\nIt holds.\n:::", "▎ Theorem: Of all\n▎ It holds."),
        ("::: incremental\n- a\n:::\nMore.", "• a\n\nMore."),
        ("::: {.note}\nTake care.\n:::", "▎ Note: Take care."),
        ('::: {.callout-tip title="Go on"}\nSo.\n:::', "▎ Tip: Go on\n▎ So."),
        ("::: note :::::\nTake care.\n::::", "▎ Note: Take care."),
        (":::: {.columns}\n::: {.column}\na\n:::\n::: {.column}\nb\n:::\n::::", "a\n\nb"),
        ("::::note\na\n:::tip\nb\n:::\nc\n::::", "▎ Note: a\n▎\n▎ ▎ Tip: b\n▎\n▎ c"),
        (":::note\na\n:::tip\nb\n:::\nc\n:::", "▎ Note: a\n▎\n▎ ▎ Tip: b\n▎\n▎ c"),
        ("1. One\n   ::: tip\n   In it.\n   :::\n2. Two", "1. One\n\n   ▎ Tip: In it.\n\n2. Two"),
        (
            ":::warning\n| a | b |\n|---|---|\n| c | d |\n:::",
            "▎ Warning\n▎\n▎ a  b\n▎ ─  ─\n▎ c  d",
        ),
        (":::note\nHead\n----\nText.\n:::", "▎ Note\n▎\n▎ Head\n▎\n▎ Text."),
        ("/// tip | So it goes\n\nText.\n\n///\nMore.", "▎ Tip: So it goes\n▎ Text.\n\nMore."),
        ("//// tab | A\n\n/// note\n    type: x\n\na\n\n///\n\n////", "A\n\n▎ Note: a"),
    ],
)
def test_boxes_between_colons_or_slashes(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("```{note}\nTake care.\n```", "▎ Note: Take care."),
        ("```{admonition} Mind it\n:class: tip\nSo.\n```", "▎ Mind it\n▎ So."),
        (":::{tip}\n---\nclass: dropdown\n---\nSo.\n:::", "▎ Tip: So."),
        ("````{note}\na\n```{tip}\nb\n```\n````", "▎ Note: a\n▎\n▎ ▎ Tip: b"),
        ("```{versionadded} 0.19\nSo.\n```", "▎ New in version 0.19\n▎ So."),
        (":::{seealso}\nThat.\n:::", "▎ See also\n▎ That."),
        ("```{figure} a/b.png\n:alt: A cat\n\nOurs.\n```", "[image: A cat]\n\nOurs."),
        ("```{toctree}\na\nb\n```\nText.", "Text."),
        (":::{code-block} python\nx = 1\n:::", " x = 1"),
        ("::::{tab-set}\n:::{tab-item} One\na\n:::\n::::", "One\n\na"),
        (":::{whatever}\nText.\n:::", "Text."),
        ("(target)=\n## Head\n\nText.", "Head\n\nText."),
        ("(a)=\n\n% nobody\n% sees\n\nText.\n\n+++\n\nMore.\n+++", "Text.\n\nMore. +++"),
        ("Text.\n\n[[toc]]\n\nMore.\n\n[[_TOC_]]", "Text.\n\nMore."),
        ("[[TOC]]\n\nMore.", "More."),
    ],
)
def test_directives_of_myst_and_places_for_contents(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("See {ref}`the words <there>`.", "See the words."),
        ("See {doc}`there` and {term}`HTML`.", "See there and HTML."),
        ("Call {py:meth}`~a.b.C`, {func}`!f`.", "Call C, f."),
        ("H{sub}`2`O, {rfc}`2119`, {cite:p}`key`", "H₂O, RFC 2119, key"),
        ("**{ref}`a <b>`**", "a"),
        ("A {made-up}`thing`.", "A thing."),
    ],
)
def test_roles_show_their_words(source: str, text: str) -> None:
    assert shown(source) == text


def test_names_of_programs_are_code_and_words_are_none() -> None:
    styles = Styles(code=Style(color="red"))
    page = whole(make_article("{func}`f` {ref}`words <a>`"), Layout(40, styles), "")
    looks = [(s.text.strip(), s.style == styles.code) for s in page.lines[-1].segments]
    assert looks == [("f", True), ("words", False)]


BOXES = ["!!! note\n    Text.", ":::note\nText.\n:::", "(a)=\n", "[[toc]]\n", "/// tip\nText.\n///"]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    "source",
    [
        "!!! Warning and more",
        "!!! note\nText that is not indented.",
        "What ??? really",
        "::: a container that nobody closes",
        ":::\nClosed, and never opened.\n:::",
        "A line of ::: colons, and one of /// slashes.",
        "::: fastapi.Request",
        "/// never closed",
        "{note}: a set of braces, and {note} too.",
        "f(x)=\nis no target within a paragraph",
        "100\n% of all",
        "% of all",
        "Where (a)= stands in a line.",
        "[[toc]] in a line",
        "=== Title without quotation marks",
        "A price of ${xy}`z` and {a}`b`.",
    ],
)
def test_what_looks_alike_stays(source: str) -> None:
    kept = source.replace("[[toc]]", "toc").replace("`", "").replace("\n", " ")
    assert " ".join(shown(source, 200).split()) == kept


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
    text = "\n\n".join(f"{margin}Paragraph {number}." for number in range(5 * LONGEST))
    source = f"!!! note\n\n{text}\n\nEnd." if margin else f"::: note\n\n{text}\n\n:::\nEnd."
    pages = list(render(make_article(source), Layout(40), ""))
    assert len(pages) > 2
    lines = [line.text for line in pages[-1].lines[pages[-1].head_lines + 1 :] if line.text]
    assert lines == ["Note", *(f"Paragraph {number}." for number in range(5 * LONGEST)), "End."]


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


SLOW = {"long heads", "colons", "fences in a list", "words", "brackets", "heads alone", "braces"}
"""Those that hold the renderer up for longest."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in HOSTILE],
)
@pytest.mark.slow
def test_hostile_boxes_end_and_keep_their_text(name: str) -> None:
    text = body_of(hostile(name, 10_000), 40)
    assert "deep" in text


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


@pytest.mark.parametrize("name", HOSTILE)
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

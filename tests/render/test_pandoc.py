"""Signs of Pandoc, Quarto and Obsidian: notes in the text, attributes, raw blocks, formulas."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.exporters.xhtml import to_xhtml
from rilo_reader.render.page import JUMP
from tests.support.examples import examples
from tests.support.rendering import body_of, page_of

RULE = "─" * 60


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Text^[A *note*, see [x](/x).] goes on.", ["Text[1] goes on.", "1. A note, see x. ↩"]),
        ("A[^b] ^[A note\nof two.].\n\n[^b]: B.", ["A[1] [2].", "1. B. ↩", "2. A note of two. ↩"]),
        ("A ^[One ^[and two].]", ["A [1]", "1. One [2]. ↩", "2. and two ↩"]),
    ],
)  # fmt: skip
def test_a_note_in_the_text_is_a_footnote(source: str, shown: list[str]) -> None:
    lines = [line.strip() for line in body_of(source).split("\n")]
    assert [line for line in lines if line and line != RULE] == shown


def test_a_note_in_the_text_jumps_there_and_back() -> None:
    page = page_of("Text^[A short note.].")
    jumps = {s.style.meta.get(JUMP) for line in page.lines for s in line.segments if s.style}
    assert {"fn-1", "fnref-1"} <= jumps
    assert 'href="#afn-1"' in to_xhtml("Text^[A short note.].", "a")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('![](a.png){fig-alt="A plot of *x*"}', "[image: A plot of *x*]"),
        ("![Our *plot*](a.png){#fig-a .b\nfig-alt='A line' width=50%} here",
         "[image: A line] Our plot here"),
        ('![](a.png){fig-alt="x" alt="A plot"}', "[image: A plot]"),
        ('[![](a.png){fig-alt="A plot"}](/b)', "[image: A plot]"),
        (f'![A plot](a.png){{.border fig-alt="{"far " * 200}"}}', None),
        ("[Lined]{.ul} and [*small*]{.smallcaps #a} [see [x](/x)]{b=c}", "Lined and small see x"),
        ("The API[A note beside it.]{.aside} and AP[I]{.x}", "The API A note beside it. and API"),
        ("`x <- 1`{.r} and `<b>`{=html}", "x <- 1 and <b>"),
        ("```{=html}\n<p>A <b>word</b></p>\n<script>x()</script>\n```\n\nText", "A word\n\nText"),
        ("```{=latex}\n\\newpage\n```", " \\newpage"),
        ("H~2~O and x^2^, E = mc^2^", "H₂O and x², E = mc²"),
        ("Area^a,b^ of CO~2~", "Area^a,b of CO₂"),
    ],
)  # fmt: skip
def test_attributes_and_signs_of_pandoc(source: str, shown: str | None) -> None:
    text = body_of(source, 1_000)
    assert text == shown if shown else "{" not in text and text.count("far") > 50


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("$$\na = b \\\\\n+ c_1\n$$", "$$\na = b \\\\\n+ c_1\n$$"),
        (
            "where\n$$\n\\begin{x}\n- a &= b_1\n\n= c\n\\end{x}\n$$\nholds",
            "where\n\n$$\n\\begin{x}\n- a &= b_1\n= c\n\\end{x}\n$$\n\nholds",
        ),
        ("> $$\n> a_1\n> $$", "▎ $$\n▎ a_1\n▎ $$"),
        ("$$ a_1 =\nb $$\n\nText", "$$ a_1 =\nb $$\n\nText"),
        ("- One\n\n  $$\n  a^2\n  $$", "• One\n\n  $$\n  a^2\n  $$"),
    ],
)
def test_a_formula_of_several_lines_keeps_them(source: str, shown: str) -> None:
    assert body_of(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("See [the *notice*][nowhere] and [this][].", "See the notice and this."),
        ("In [v0.4.2][time-v0.4.2] ([#1063][]): [see][1].", "In v0.4.2 (#1063): see."),
        ("![A map][nowhere] here", "[image: A map] here"),
        ("See [it][now] here.\n\n[now]: /now", "See it here."),
    ],
)
def test_a_link_that_leads_nowhere_is_its_text(source: str, shown: str) -> None:
    assert body_of(source) == shown


@pytest.mark.parametrize(
    "source",
    [
        'An array[0][1], a matrix [i][j], keys[name][id], o["a"]["b"] and ["a"]["b"].',
        "Notes [1][2] and [^1][^2], [x] and [ ] alone, [text] [other].",
        "[News][Sports] and [ZH][EN] and [to merge][A rather long title]",
        "A set ^[0-9]+ or ^[a-z ]* and ^[x] of 2^10^5, a ^b c^ d.",
        "About ~5 to ~9 or ~/a/~b, a [b]{c} and [d]{}, f(x){.y and z}.",
        "It costs $$ 5 or $$\n6 and more $$",
        "Of 10^3 and 2~3 and snake~case here",
    ],
)
def test_what_only_looks_alike_stays(source: str) -> None:
    assert body_of(source, 200) == source.replace("\n", " ")


SIGNS = ["^[a note]", "[x]{.underline}", "H~2~O", "[a b][nowhere]", "x^2^"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("code", ["`{X}`", "```\n{X}\n```", "    {X}", "<pre>{X}</pre>"])
def test_code_is_left_alone(sign: str, code: str) -> None:
    assert sign in body_of(code.replace("{X}", sign))


PIECES = [
    *("^[", "]", "[", "]{.a}", "][b]", "~2~", "^2^", "$$", "\n", "word ", "a", "`", "{", "![", "*"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
@examples(300)
def test_every_word_stays_whatever_the_order(pieces: list[str]) -> None:
    source = "".join(pieces)
    shown = "".join(line.text + line.joint for line in page_of(source).lines)
    assert shown.count("word") >= source.count("word") - source.count("][b]")


GROWING = (
    "^[a b",
    "^[a [b] ",
    "[a ",
    "[aa][",
    "[a]{.b ",
    '![](a){fig-alt="',
    "$$\n",
    "a~b",
    "a^b^",
)


@pytest.mark.slow
@pytest.mark.parametrize("piece", GROWING)
def test_four_times_the_signs_take_four_times_as_long(piece: str) -> None:
    def seconds(lines: int) -> float:
        begun = process_time()
        page_of((piece * 20 + "\n") * lines)
        return process_time() - begun

    seconds(50)
    assert seconds(800) <= 9 * seconds(200) + 0.3

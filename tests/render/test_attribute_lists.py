"""Attribute lists name styles for a site: a reader sees none of them, but where they are code."""

from __future__ import annotations

import pytest

from tests.support.rendering import body_of


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Words of a note.\n{: .note #top}", "Words of a note."),
        ("{: .lead}\nWords.", "Words."),
        ("Words.\n\n{: .right}\n\nMore.", "Words.\n\nMore."),
        ("A *word*{: .big} more.", "A word more."),
        ('[Site](https://example.org){: target="_blank" rel="me"}, and on.', "Site, and on."),
        ("![a map](map.png){: width=\"180\" height='130'}", "[image: a map]"),
        ("[Start](https://example.org){ .md-button } now", "Start now"),
        ("![a map](map.png){width=50%}", "[image: a map]"),
        ("# Head {#top}\n\nWords.", "Head\n\nWords."),
        ("## Head {: .no_toc }\n\nWords.", "Head\n\nWords."),
        ("* Contents\n{:toc}\n\nWords.", "Words."),
        ("1. TOC\n{:toc}\n\nWords.", "Words."),
        ("[TOC]\n\nWords.", "Words."),
        ("[[_TOC_]]\n\nWords.", "Words."),
        ("|a|b|\n|--|--|\n|c|d|\n{: .x}\n\nWords.", "a  b\n─  ─\nc  d\n\nWords."),
        ("| a | b |\n|---|---|\n| c {: .x} | d |", "a  b\n─  ─\nc  d"),
    ],
)
def test_they_are_not_shown(source: str, shown: str) -> None:
    lines = [line.rstrip() for line in body_of(source, 40).split("\n")]
    assert "\n".join(lines).strip("\n") == shown


@pytest.mark.parametrize(
    "source",
    [
        "In Ruby {:b=>2, :c=>3} is a hash, and {:name} a set.",
        "Use {:?} to print it, {:#?} to print it well, {:>10} for a width.",
        "The set {x = 1, y = 2} and {a} and {}.",
        "A brace { .like } this, and {#that} in the middle.",
        "See `{: .note}` in code.",
        "We speak of toc here, {: and there.",
        "Uses of {x}",
    ],
)
def test_what_looks_alike_stays(source: str) -> None:
    assert body_of(source, 200).strip() == source.replace("`", "")


def test_code_keeps_them() -> None:
    assert "{: .note}" in body_of("```\nText\n{: .note}\n```", 40)


def test_a_list_keeps_its_other_items() -> None:
    assert body_of("* Contents\n{:toc}\n* One\n", 40).split() == ["•", "One"]

"""Anchors: found again where they belong, or not at all."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.judge.anchors import RATES, judge

from rilo_reader.annotations.anchors import (
    CONTEXT,
    MOST_CONTEXT,
    Anchor,
    FoundAnchor,
    find_anchor,
    find_anchors,
    make_anchor,
)
from rilo_reader.render.document import WIDEST, Layout, render_whole
from rilo_reader.store.folder import read_article
from tests.support.for_each import for_each
from tests.support.shared import samples

BEES = (
    "Honey bees tell each other where food is by dancing on the comb. The dance has the form of an "
    "eight: a straight run, during which the bee waggles, and two half circles.\n\n"
    "The angle between the run and the vertical is that between the sun and the food. The longer "
    "the run takes, the farther away the food is; a second stands for about a kilometre.\n"
)


def anchor_of(text: str, quotation: str) -> Anchor:
    start = text.index(quotation)
    return make_anchor(text, start, start + len(quotation))


def found_text(anchor: Anchor, text: str) -> str | None:
    found = find_anchor(anchor, text)
    return text[found.start : found.end] if found else None


def test_an_anchor_has_the_text_and_what_surrounds_it() -> None:
    anchor = anchor_of(BEES, " a straight run, ")
    assert anchor.exact == "a straight run,"
    assert BEES[anchor.start :].startswith(anchor.exact)
    assert anchor.prefix == BEES[anchor.start - CONTEXT : anchor.start]
    assert anchor.suffix.startswith(" during which")
    assert len(anchor.suffix) == CONTEXT


def test_white_space_is_no_place() -> None:
    with pytest.raises(ValueError, match="no text from 4 to 6"):
        make_anchor("bees  ", 4, 6)


def test_what_is_repeated_has_more_context() -> None:
    line = "The same line, again and again, for a long time, without end. "
    text = f"{line * 5}Here it ends. {line * 5}"
    anchor = make_anchor(text, 0, 8)
    assert CONTEXT < len(anchor.suffix) <= MOST_CONTEXT


@for_each(
    "quotation, new, expected",
    [
        ("a straight run", BEES, "a straight run"),
        ("a straight run", f"News.\n\n{BEES}", "a straight run"),
        ("an eight: a straight run", BEES.replace(" a straight", "\n   a\tstraight"), None),
        (
            "dancing on the comb",
            BEES.replace("dancing on", "dancing upon"),
            "dancing upon the comb",
        ),
        ("where food is by dancing", BEES.replace("where food is", "where the food is"), None),
        (
            "a second stands for about a kilometre",
            BEES.replace("a second stands for about", "one second stands for"),
            "one second stands for a kilometre",
        ),
        ("The angle between the run and", "\n\n".join(reversed(BEES.split("\n\n"))), None),
        ("is that between the sun and the food", BEES.partition("\n\n")[0], "lost"),
        ("two half circles", BEES.replace("two half circles", "both of them"), "lost"),
        ("the run", BEES.replace("between the run and", "between it and"), "lost"),
    ],
)
def test_edits(quotation: str, new: str, expected: str | None) -> None:
    start = BEES.index("the run and") if quotation == "the run" else BEES.index(quotation)
    anchor = make_anchor(BEES, start, start + len(quotation))
    text = found_text(anchor, new)
    if expected == "lost":
        assert text is None
    elif expected:
        assert text == expected
    else:
        assert text is not None
        assert " ".join(text.split()).replace("the food is", "food is") == quotation


def test_similarity_says_how_much_was_edited() -> None:
    anchor = anchor_of(BEES, "dancing on the comb")
    assert find_anchor(anchor, BEES) == FoundAnchor(anchor.start, anchor.start + 19, 1.0)
    found = find_anchor(anchor, BEES.replace("dancing on", "dancing upon"))
    assert found is not None
    assert 0.8 < found.similarity < 1


@for_each(
    "text, quotation, old, new",
    [
        (
            "蜜蜂用舞蹈告诉同伴哪里有食物。它们在巢脾上跳八字舞，中间一段走直线。直线的方向表示食物的方向。",
            "它们在巢脾上跳八字舞",
            "跳八字舞",
            "跳“8”字舞",
        ),
        (
            "ミツバチはダンスで仲間に餌の場所を教えます。巣板の上で8の字を描いて踊り、まっすぐ進む間は尻を振ります。",
            "8の字を描いて踊り",
            "踊り、",
            "踊りながら、",
        ),
        (
            "ผึ้งบอกเพื่อนว่าอาหารอยู่ที่ไหนด้วยการเต้นรำบนรวงผึ้งเป็นรูปเลขแปดและส่ายก้นไปมา",
            "การเต้นรำบนรวงผึ้ง",
            "เลขแปด",
            "เลข ๘",
        ),
        (
            "يخبر النحل بعضه بعضا أين يوجد الطعام بالرقص على القرص على شكل رقم ثمانية ثم يعود.",
            "بالرقص على القرص",
            "شكل رقم",
            "هيئة الرقم",
        ),
        (
            "👩‍🔬 studies 🐝🐝 that dance 💃🏽 on the comb 🍯, in the form of an eight; see 🎥.",
            "🐝🐝 that dance 💃🏽",
            "form",
            "shape",
        ),
    ],
)
def test_every_script(text: str, quotation: str, old: str, new: str) -> None:
    anchor = anchor_of(text, quotation)
    assert found_text(anchor, text) == quotation
    assert found_text(anchor, f"{new} … {text}") == quotation
    edited = text.replace(old, new)
    assert edited != text
    assert found_text(anchor, edited) == quotation.replace(old, new)


def test_repeated_text_is_told_apart_by_context_and_position() -> None:
    text = "One bee dances. Two ants walk. One bee rests. Two ants sleep, and one bee flies."
    for start in (4, 35, 68):
        anchor = make_anchor(text, start, start + 3)
        found = find_anchor(anchor, text)
        assert found is not None
        assert (found.start, found.end) == (start, start + 3)
    line = "the same line\n"
    anchor = make_anchor(line * 500, len(line) * 250, len(line) * 250 + 8)
    found = find_anchor(anchor, line * 500)
    assert found is not None
    assert found.start == len(line) * 250


@for_each("number", range(3))
@for_each("part", [0, 60])
def test_what_follows_may_be_new_where_all_before_is_as_it_was(number: int, part: int) -> None:
    """Though the paragraph is repeated at the end: the first one is it."""
    paragraphs = [*BEES.strip().split("\n\n"), f"{BEES[:30]}. Ants do not dance, they are quiet."]
    quotation = paragraphs[number][part:]
    anchor = anchor_of("\n\n".join([*paragraphs, "The end."]), quotation)
    new = [*paragraphs[: number + 1], "Wasps do neither of it.", *paragraphs[number + 1 :]]
    found = find_anchor(anchor, "\n\n".join([*new, "The end.", paragraphs[number]]))
    assert found == FoundAnchor(anchor.start, anchor.start + len(anchor.exact), 1.0)
    moved = find_anchor(anchor, "\n\n".join(["News.", *new, "The end.", paragraphs[number]]))
    assert moved is None or moved.start == anchor.start + len("News.\n\n")


def test_rather_none_than_a_wrong_place() -> None:
    line = "the same line\n"
    anchor = make_anchor(line * 500, len(line) * 250, len(line) * 250 + 8)
    assert find_anchor(anchor, "x" + line * 500) is None
    assert find_anchor(Anchor("bee"), "One bee. Another bee.") is None
    assert find_anchor(Anchor("art"), "A party") is None
    assert find_anchor(Anchor(""), "bees") is None
    assert find_anchor(Anchor("bees"), "") is None
    assert find_anchor(Anchor(" "), " ") is None


def test_a_quotation_without_context_is_found_if_it_is_there_once() -> None:
    assert find_anchor(Anchor("bee"), "One bee. Bees.") == FoundAnchor(4, 7, 1.0)
    assert find_anchor(Anchor("蜜蜂"), "蜜蜂") == FoundAnchor(0, 2, 1.0)


@pytest.mark.slow
@given(st.text(min_size=1, max_size=60), st.data())
def test_whatever_is_unchanged_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if not text[start:end].strip():
        return
    anchor = make_anchor(text, start, end)
    found = find_anchor(anchor, text)
    assert found is not None
    assert text[found.start : found.end] == anchor.exact
    assert found.start == anchor.start


@pytest.mark.slow
@given(
    st.builds(
        Anchor, st.text(max_size=30), st.text(max_size=9), st.text(max_size=9), st.integers()
    ),
    st.text(max_size=80),
)
def test_whatever_comes_is_a_range_or_none(anchor: Anchor, text: str) -> None:
    found = find_anchor(anchor, text)
    if found is not None:
        assert 0 <= found.start < found.end <= len(text)
        assert 0 < found.similarity <= 1


def sample_texts() -> list[str]:
    pages = [
        render_whole(read_article(file.parent, file.name), Layout(WIDEST), "")
        for file in sorted((samples("md") / "languages").rglob("*.md"))
    ]
    return ["\n".join(line.text for line in page.lines[page.head_lines :]) for page in pages]


@pytest.mark.parametrize("rate", RATES)
def test_edited_articles_never_lead_to_a_wrong_place(rate: float) -> None:
    tally = judge(sample_texts(), 8, rate, seed=1)
    assert tally.wrong_ones == []
    assert tally.right > tally.all * (1 - 3 * rate) - 5


@pytest.mark.slow
def test_a_long_article_is_searched_in_bounded_steps() -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghij", k=chance.randrange(2, 9))) for _ in range(3000)]
    text = " ".join(chance.choices(words, k=100_000))
    starts = [chance.randrange(len(text) - 400) for _ in range(10)]
    anchors = [make_anchor(text, start, start + 300) for start in starts]
    edited = text.replace(f" {words[0]} ", " new ").replace(f" {words[1]} ", " ")
    gone = [anchor._replace(exact=anchor.exact[::-1]) for anchor in anchors]
    # What is quadratic would run into the time limit of a test.
    assert None not in find_anchors(anchors, edited)
    assert find_anchors(gone, edited) == [None] * 10


@pytest.mark.parametrize(
    ("exact", "new"),
    [("to comment", "to Community"), ("Запущено: 23 марта 2023", "Запущено: 26 июля 2016")],
)
def test_a_short_quotation_is_lost_rather_than_another_one(exact: str, new: str) -> None:
    """Also in letters that take two bytes."""
    before, after = "Only for those who are here. ", " and nothing else was said that day."
    anchor = make_anchor(before + exact + after, len(before), len(before) + len(exact))
    assert find_anchor(anchor, before + new + after) is None
    assert find_anchor(anchor, "Soon. " + before + exact + after) is not None

"""Where lines break."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rilo_reader.render.lines import can_break, wrap_text
from tests.support.examples import examples
from tests.support.for_each import for_each


def lines(text: str, width: int) -> list[str]:
    return [text[span.start : span.end] for span in wrap_text(text, width)]


def test_words_stay_whole() -> None:
    assert lines("the quick brown fox", 10) == ["the quick", "brown fox"]


def test_a_long_address_breaks_at_its_marks() -> None:
    text = "see https://example.org/a/very-long-path/to/it now"
    assert lines(text, 24) == ["see", "https://example.org/a/", "very-long-path/to/it now"]


def test_chinese_breaks_between_characters_and_not_before_a_full_stop() -> None:
    assert lines("海关总署今天公布。其他", 8) == ["海关总署", "今天公", "布。其他"]


def test_japanese_does_not_begin_a_line_with_a_small_kana_or_end_it_with_a_bracket() -> None:
    assert lines("情報「チェック」", 6) == ["情報", "「チェ", "ック」"]
    assert not can_break("チ", "ェ")
    assert not can_break("「", "チ")
    assert can_break("報", "情")


def test_korean_breaks_at_its_spaces() -> None:
    assert lines("관세청은 오늘 발표했다", 13) == ["관세청은 오늘", "발표했다"]
    assert not can_break("관", "세")


def test_thai_breaks_before_a_leading_vowel() -> None:
    assert can_break("ก", "เ")


def test_a_word_beside_chinese_moves_down_whole() -> None:
    assert lines("公布customs公布", 8) == ["公布", "customs", "公布"]


def test_emoji_of_several_characters_stay_whole() -> None:
    family = "👨‍👩‍👧‍👦"
    assert all(line.count("👨") == line.count("👦") for line in lines(family * 7, 5))


def test_what_moved_down_may_leave_no_room_for_a_wide_letter() -> None:
    # An old kana of one cell, which a line may be broken after, and a wide Hangul letter.
    assert lines("\U0001b1230\u1100", 2) == ["\U0001b123", "0", "\u1100"]


def test_joints_say_what_stood_between() -> None:
    joints = [span.joint for span in wrap_text("ab cd\nefghij", 4)]
    assert joints == [" ", "\n", "", "\n"]


TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
        st.sampled_from(" \n漢字かな。「」กเ한👩\u200d\ufe0f\u0301abc/-"),
    ),
    max_size=120,
)


@examples(400)
@given(TEXTS, st.integers(2, 40))
def test_no_line_is_too_wide_and_nothing_but_spaces_is_lost(text: str, width: int) -> None:
    spans = wrap_text(text, width)
    for span in spans:
        assert cell_len(text[span.start : span.end]) <= max(width, 2)
    kept = "".join(text[span.start : span.end] for span in spans)
    assert kept.replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(before.end <= after.start for before, after in pairwise(spans))
    again = "".join(text[span.start : span.end] + span.joint for span in spans)
    assert again.replace(" ", "").rstrip("\n") == text.replace(" ", "").rstrip("\n")


@for_each("before", ["", "\u4e2d "])  # the second is laid out by graphemes
@for_each(
    "text",
    ["Il a dit oui !", "Pourquoi non ?!", "un mot : deux ; trois", "« Oui » dit « non »", "x ? !"],
)
def test_french_punctuation_never_begins_a_line_nor_ends_it(text: str, before: str) -> None:
    text = before + text
    for width in range(8, 20):
        lines = [text[start:end] for start, end, _ in wrap_text(text, width)]
        assert not any(line[0] in ";:!?»" or line[-1] == "«" for line in lines), lines
        assert " ".join(lines) == text


def test_german_quotation_marks_stay_at_their_words() -> None:
    text = "Er sagte »ja« und »nein« und ging"
    assert [text[start:end] for start, end, _ in wrap_text(text, 9)] == [
        "Er sagte", "»ja« und", "»nein«", "und ging",
    ]  # fmt: skip

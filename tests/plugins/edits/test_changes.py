"""What two texts have in common, in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.plugins.edits.changes import (
    GONE,
    LEFT_OUT,
    MARKED,
    NEW,
    Line,
    compare,
    read_lines,
)
from tests.support.examples import examples
from tests.support.for_each import for_each


def marked(lines: list[Line]) -> str:
    return "\n".join("".join(MARKED[sign].format(text) for text, sign in line) for line in lines)


@for_each(
    "before, after, told",
    [
    ("One two.", "One two.", ""),
    ("One two.", "One three.", "One [-two-] {+three+}."),
    ("One two.", "One.", "One [-two-]."),
    ("One.", "One.\nTwo.", "…\n{+Two.+}"),
    ("One.\nTwo.\nThree.", "Two.\nThree.", "[-One.-]\n…"),
    ("It cost 1,204 dollars.", "It cost 1,205 dollars.", "It cost [-1,204-] {+1,205+} dollars."),
    ("海关在港口查获象牙", "海关在口岸查获象牙", "海关在[-港-]口{+岸+}查获象牙"),
    ("ضبط العاج في الميناء", "ضبط العاج في المرفأ", "ضبط العاج في [-الميناء-] {+المرفأ+}"),
        ("فتحت تحقيقا بعد.", "فتحت تحقيقا بعد، وفق البيان.", "فتحت تحقيقا بعد{+، وفق البيان+}."),
    ("海关：查获。", "海关：查获！", "海关：查获[-。-] {+！+}"),
    ("ยึดงาช้างวันจันทร์", "ยึดงาช้างวันศุกร์", "ยึดงาช้างวัน[-จันท-] {+ศุก+}ร์"),
    ("It’s in “port”.", "It’s in port.", "It’s in [-“-]port[-”-]."),
    ("One is all.", "Nobody knows a thing.", "[-One is all.-]\n{+Nobody knows a thing.+}"),
    ("a\nb\na\nb", "a\nb\nb", "…\n[-a-]\n…"),
    ],
)  # fmt: skip
def test_words_that_went_and_came(before: str, after: str, told: str) -> None:
    found = marked(compare(tuple(before.split("\n")), tuple(after.split("\n"))))
    assert found == told


def test_signs_of_markdown_are_not_compared() -> None:
    plain, marked_up = (
        f"+++\nid = 'x'\ntitle = 'T'\n+++\n\n{body}\n"
        for body in (
            "Two words.\n\nOne link.",
            "## Two **words**.\n\n---\n\n> One [link](https://a.example).",
        )
    )
    assert read_lines(plain) == read_lines(marked_up) == ("T", "Two words.", "One link.")


LINES = st.lists(
    st.lists(st.sampled_from(["a", "b", "c.", "d-e", "象牙", "é", "x"]), min_size=1).map(" ".join),
    max_size=8,
).map(tuple)


@given(LINES, LINES)
@examples(300)
def test_each_text_is_what_the_other_lacks_and_both_have(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    lines = compare(before, after)
    assert (lines == []) == (before == after)
    if not lines:
        return
    for text, sign in ((before, GONE), (after, NEW)):
        said = "".join(
            piece.text for line in lines if line is not LEFT_OUT for piece in line
            if piece.sign in ("", sign)
        )  # fmt: skip
        whole = "".join("".join(text).split())
        left_out = lines.count(LEFT_OUT)
        shown = "".join(said.split())
        assert shown == whole or left_out, lines
        remaining = iter(whole)
        assert all(letter in remaining for letter in shown), "in the order of the text"


def test_long_texts_are_compared_and_longer_ones_told_whole() -> None:
    before = tuple(f"line {number} of a long text, with words" for number in range(2_000))
    after = tuple(line.replace("long", "short") if "7 of" in line else line for line in before)
    changed = [line for line in compare(before, after) if line is not LEFT_OUT]
    assert len(changed) == 200
    assert marked(changed[:1]) == "line 7 of a [-long-] {+short+} text, with words"
    assert len(compare((" ".join(before) * 30,), (" ".join(after) * 30,))) == 2
    assert len(compare(before * 30, after * 30)) > 100_000

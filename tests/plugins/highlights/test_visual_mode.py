"""Selecting by words, lines and paragraphs, over the joined text of a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.plugins.highlights.visual_mode import VisualMode, select_from, select_range
from rilo_reader.render.page import JoinedText, body_text, join_lines
from tests.support.rendering import page_of

BODY = "One two three.\n\nFour five\nsix.\n\n- seven\n- eight\n\nNine."


def mode_of(body: str, position: int = 0, width: int = 40) -> VisualMode:
    mode = select_from(body_text(page_of(body, width)), position)
    assert mode is not None
    return mode


def test_words_and_paragraphs() -> None:
    mode = mode_of(BODY)
    assert mode.text == "One"
    assert mode.move_words(1).text == "One two"
    assert mode.move_words(-1).text == "One"
    assert mode.move_words(100).text.endswith("Nine.")
    assert mode.move_paragraphs(1).text == "One two three."
    assert mode.move_paragraphs(1).move_paragraphs(1).text.split() == BODY.split()[:6]
    ends = mode.move_paragraphs(1).swap_ends().move_words(1)
    assert ends.text == "two three."
    assert ends.move_words(10).text.split()[0] == "three."
    assert mode.move_words(7).restart_here().text == "eight"
    assert mode.move_words(7).restart_here().move_paragraphs(-1).text.split() == ["seven", "eight"]


def test_lines_pass_over_empty_ones_and_keep_the_column() -> None:
    mode = mode_of(BODY).move_words(1).restart_here()
    assert mode.move_lines(1).restart_here().text == "five"
    assert mode.move_lines(2).restart_here().text == "seven"
    assert mode.move_lines(2).move_lines(-2) == mode._replace(column=4)
    assert mode.move_lines(-5).text == "two"
    assert mode.move_lines(50).restart_here().text == "Nine."


def test_each_chinese_character_is_a_word() -> None:
    mode = mode_of("今天下雨了。And more")
    assert mode.move_words(1).text == "今天"
    assert mode.move_words(6).text == "今天下雨了。And"


def test_a_text_without_words_cannot_be_selected() -> None:
    assert select_from(join_lines((), 0, 0), 0) is None
    body = body_text(page_of(BODY, 40))
    assert select_range(body, 0, 1) is None
    chosen = select_range(body, 3, 9)
    assert chosen is not None
    assert chosen.text == body.text[3:9].strip()


def test_the_joined_text_does_not_depend_on_the_width() -> None:
    body = "Many words " * 20 + "\n\n> quoted " + "text goes on " * 9 + "\n\n1. item " + "x y " * 30
    texts = {" ".join(body_text(page_of(body, width)).text.split()) for width in (20, 33, 60, 200)}
    assert len(texts) == 1


def pieces_text(body: JoinedText, lines: list[str], start: int, end: int) -> str:
    return "".join(lines[line][begin:stop] for line, begin, stop in body.locate_range(start, end))


@given(st.data())
def test_pieces_are_the_text_and_positions_lead_back(data: st.DataObject) -> None:
    page = page_of(BODY + "\n\n> quoted words " * 3, 12)
    body = body_text(page)
    lines = [line.text for line in page.lines]
    start = data.draw(st.integers(0, len(body.text)))
    end = data.draw(st.integers(start, len(body.text)))
    wanted = "".join(body.text[start:end].split())
    assert "".join(pieces_text(body, lines, start, end).split()) == wanted
    for line, begin, _ in body.locate_range(start, end)[:1]:
        assert body.position_of(line, begin) == max(start, body.position_of(line, 0))


@pytest.mark.slow
@given(st.lists(st.sampled_from("wbjk{}ov"), max_size=30), st.integers(0, 80))
def test_any_keys_select_something(keys: list[str], position: int) -> None:
    mode = mode_of(BODY, position, 14)
    for key in keys:
        mode = {
            "w": mode.move_words(1),
            "b": mode.move_words(-1),
            "j": mode.move_lines(1),
            "k": mode.move_lines(-1),
            "{": mode.move_paragraphs(-1),
            "}": mode.move_paragraphs(1),
            "o": mode.swap_ends(),
            "v": mode.restart_here(),
        }[key]
        assert mode.text.strip() == mode.text != ""
    assert mode.restore_on(body_text(page_of(BODY, 60))) is not None

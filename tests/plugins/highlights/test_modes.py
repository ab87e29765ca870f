"""The keys of selecting a passage: where they can be begun, shown, clicked and looked up."""

from __future__ import annotations

import pytest

from rilo_reader.config import Config, MarkRead
from rilo_reader.plugins.highlights.layers import SelectionLayer
from tests.support.reader import reading


@pytest.mark.slow
async def test_in_a_narrow_list_the_article_is_to_be_opened_first() -> None:
    async with reading(config=Config(mark_read=MarkRead.OPENED), size=(60, 20)) as reader:
        await reader.press("j", "H")
        assert reader.message == "Open the article with enter first, to highlight in it."
        assert reader.screen.article._read_timer is None


@pytest.mark.slow
async def test_help_begins_with_the_keys_of_the_selection_which_stays() -> None:
    async with reading(size=(80, 24)) as reader:
        await reader.press("H", "question_mark")
        lines = [line.strip(" │┃") for line in reader.text()]
        assert any(line.endswith("While a passage is selected") for line in lines[:6])
        assert any("extend by words, lines, paragraphs" in line for line in lines)
        await reader.press("question_mark")
        assert len(reader.app.screen_stack) == 1
        assert reader.view.layer_of(SelectionLayer).patches()


@pytest.mark.slow
async def test_help_of_the_article_says_how_a_selection_begins() -> None:
    async with reading() as reader:
        await reader.press("enter", "question_mark")
        await reader.paste("in the article select passage")
        assert "Select a passage with the keys" in "\n".join(reader.text())


@pytest.mark.slow
async def test_hints_of_the_last_line_can_be_clicked() -> None:
    async with reading() as reader:
        await reader.press("H")
        selection = reader.view.layer_of(SelectionLayer)
        one = selection.patches()
        await reader.click("w b")
        assert selection.patches() not in ({}, one)
        await reader.click("cancel")
        assert selection.patches() == {}


@pytest.mark.slow
async def test_while_a_passage_is_selected_its_keys_are_shown_wherever_it_began() -> None:
    for keys in ((), ("enter",), ("z",)):
        async with reading(size=(80, 24)) as reader:
            await reader.press(*keys, "H")
            assert "enter highlight   1-4 highlight at once   esc cancel" in reader.text()[-1]
            await reader.press("w", "j")
            assert "SELECT" in reader.text()[-1]
            await reader.press("escape")
            assert "SELECT" not in reader.text()[-1]
    async with reading(size=(120, 40)) as reader:
        await reader.press("H")
        assert "v start here" in reader.text()[-1], "who has begun elsewhere looks for it"

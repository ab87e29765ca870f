"""Finding words within the open article, which leaves the search of the list alone."""

from __future__ import annotations

import pytest

from rilo_reader.query.match import find_text
from tests.support.for_each import for_each
from tests.support.reader import Reader, reading, shown
from tests.support.watched_library import WatchedLibrary, article


def library() -> WatchedLibrary:
    lines = [f"Paragraph {n}." for n in range(200)]
    lines[100], lines[150], lines[160] = "Elfenbeinturm", "The ÉLFENBEIN.", "elfenbein"
    return WatchedLibrary([article(0, body="\n\n".join(lines)), article(1), article(2)])


def place(reader: Reader) -> str:
    return reader.bottom.place


def looked_at(reader: Reader, text: str) -> bool:
    return any(text in line for line in reader.text())


@for_each(
    "text, wanted, found",
    [
        ("A Café, a cafeteria", "cafe", ["Café", "cafe"]),
        ("cafe\u0301 au lait", "CAFÉ AU", ["cafe\u0301 au"]),
        ("tower of\nivory", "of  ivory", ["of\nivory"]),
        ("x == y", "==", ["=="]),
        ("don’t", "don't", ["don’t"]),
        ("海关总署今天公布", "今天", ["今天"]),
        ("Straße", "strasse", ["Straße"]),
        ("a.b", "a*b", []),
        ("anything", "  ", []),
    ],
)
def test_a_text_is_found_anywhere_with_case_and_accents_folded(
    text: str, wanted: str, found: list[str]
) -> None:
    assert [text[start:end] for start, end in find_text(text, wanted)] == found


@pytest.mark.slow
async def test_the_hits_of_what_is_typed_are_counted_and_n_goes_on() -> None:
    async with reading(library()) as reader:
        await reader.press("enter", "ctrl+f")
        await reader.paste("elfenbein")
        assert place(reader) == "hit 1/3"
        assert looked_at(reader, "Elfenbeinturm")
        assert looked_at(reader, "esc go back")
        await reader.press("enter")
        assert reader.view.has_focus
        assert not shown(reader.screen.query_one("FindBox"))
        for key, there in (("n", "2/3"), ("n", "3/3"), ("n", "1/3"), ("N", "3/3")):
            await reader.press(key)
            assert place(reader) == f"hit {there}"
        assert looked_at(reader, "N previous")
        assert reader.open == "Title 0"
        await reader.press("escape")
        assert place(reader) == ""
        assert reader.view.has_focus
        assert looked_at(reader, "Paragraph 161")
        await reader.press("n")
        assert reader.open == "Title 1"


@pytest.mark.slow
async def test_escape_leaves_and_returns_and_the_query_stays() -> None:
    async with reading(library()) as reader:
        await reader.search("title", "enter", "enter", "ctrl+d")
        before, box = reader.view.position, reader.box
        assert before > 0
        await reader.press("ctrl+f")
        await reader.paste("elfenbein")
        assert reader.view.position > before
        await reader.type("q")
        assert place(reader) == "not found"
        assert reader.view.position == before
        await reader.press("pagedown", "escape")
        assert reader.view.position == before
        assert reader.view.has_focus
        assert (reader.box, reader.list.total) == (box, 3)
        assert reader.open == "Title 0"
        await reader.press("ctrl+f")
        assert reader.screen.widgets.find_box is not None
        assert reader.screen.widgets.find_box.value == "elfenbeinq"


@pytest.mark.slow
async def test_what_was_found_stays_at_another_width_and_ends_with_the_article() -> None:
    async with reading(library()) as reader:
        await reader.press("ctrl+f")  # from the list too
        await reader.paste("elfenbein")
        await reader.press("enter", "n")
        await reader.pilot.resize_terminal(90, 24)
        await reader.settle()
        assert place(reader) == "hit 2/3"
        await reader.press("J")
        assert place(reader) == ""
        assert reader.view.find_layer.text == ""


@pytest.mark.slow
async def test_a_click_keeps_what_was_found() -> None:
    async with reading(library()) as reader:
        await reader.press("ctrl+f")
        await reader.paste("elfenbein")
        await reader.pilot.click("ArticleView")
        await reader.settle()
        assert not shown(reader.screen.query_one("FindBox"))
        assert reader.view.has_focus
        await reader.press("n")
        assert place(reader) == "hit 2/3"

"""Highlights and notes in the reader: selecting, seeing, going to, editing, listing them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.annotations.highlight import Highlight, from_fields
from rilo_reader.config import Config, MarkRead
from rilo_reader.library import Library, open_library
from rilo_reader.tui.panels.highlights import HighlightsScreen, NoteScreen
from rilo_reader.tui.reader.highlights import HINTS
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.page_view import NOTE_MARK
from tests.support.annotate import annotate
from tests.support.reader import Reader, paths_in, reading

BY_HAND = Config(mark_read=MarkRead.BY_HAND)

IVORY = """\
---
title: Ivory at the border
date: 2025-05-02
---
The first paragraph tells of *ivory* and of customs officers who found it in a crate of piano keys.

The second paragraph is short.

- one item
- another item

## After that

The last paragraph.
"""

OTHER = "---\ntitle: Another article\ndate: 2025-05-01\n---\nNothing but another text.\n"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ivory.md").write_text(IVORY, "utf-8")
    (folder / "other.md").write_text(OTHER, "utf-8")
    opened = library_of(folder, tmp_path)
    yield opened
    opened.close()


def library_of(folder: Path, tmp_path: Path) -> Library:
    opened = open_library(folder, paths_in(tmp_path / "own"))
    for _ in opened.follower.reconcile():
        pass
    opened.index.reload()
    return opened


@asynccontextmanager
async def over(library: Library, **how: Any) -> AsyncIterator[Reader]:
    """A reader over a real library, with the first article focused."""
    async with reading(library, how.pop("config", BY_HAND), **how) as reader:
        reader.app.theme = "ink"  # whatever this terminal can show
        await press(reader, "enter")
        yield reader


async def press(reader: Reader, *keys: str) -> None:
    """Press keys, and wait for what comes after the frame."""
    await reader.press(*keys)
    await reader.painted()
    await reader.settle()


def view_of(reader: Reader) -> ArticleView:
    return reader.screen.widgets.view


def highlights_of(reader: Reader, path: str = "ivory.md") -> tuple[Highlight, ...]:
    library = reader.screen.library
    article = library.find(path)
    assert article is not None
    return from_fields(library.state.annotations(article))


def quotations(reader: Reader) -> list[str]:
    return [each.anchor.exact for each in highlights_of(reader)]


def selecting(reader: Reader) -> bool:
    return reader.screen.controllers.marks.selection.is_on


def drawn(reader: Reader, kind: int) -> str:
    """The text on the screen with the background of a kind of highlights."""
    view = view_of(reader)
    wanted = colours_of(view).highlights[kind - 1].bgcolor
    found = [
        segment.text
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.style is not None and segment.style.bgcolor == wanted
    ]
    return " ".join(" ".join(found).split())


def hints(reader: Reader) -> str:
    return reader.text()[-1]


# -- selecting


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["w", "w", "b"], "The first"),
        (["w", "w", "w", "v", "w"], "tells of"),
        (["right_curly_bracket"], "The first paragraph tells … piano keys."),
        (["right_curly_bracket", "v", "right_curly_bracket"], "keys.\n\nThe second … is short."),
        (["right_curly_bracket", "o", "w", "w", "w"], "tells of ivory … piano keys."),
        (["w", "w", "o", "b"], "The first paragraph"),
        (["j", "k"], "The"),
        (["w", "w", "w", "v", "left_curly_bracket"], "The first paragraph tells"),
    ],
)
async def test_keys_extend(library: Library, keys: list[str], wanted: str) -> None:
    async with over(library, size=(200, 40)) as reader:
        await press(reader, "H", *keys, "enter")
        (found,) = quotations(reader)
        first, _, last = wanted.partition(" … ")
        assert found.startswith(first)
        assert found.endswith(last or first)


@pytest.mark.slow
async def test_lines_keep_the_column(library: Library) -> None:
    async with over(library) as reader:
        body = view_of(reader).body
        await press(reader, "H", "w", "w", "j", "k", "enter")
        assert quotations(reader) == ["The first paragraph"]
        await press(reader, "H", "j", "enter")
        second = body.text[body.starts[2] :].split()[0]
        assert any(each.endswith(second) for each in quotations(reader))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
async def test_digits_choose_a_kind(library: Library, kind: int) -> None:
    config = BY_HAND._replace(highlight_kinds=("idea", "doubt", "quote", "to do"))
    async with over(library, config=config) as reader:
        await press(reader, "H", "w", str(kind))
        assert [each.kind for each in highlights_of(reader)] == [kind]
        assert config.highlight_kinds[kind - 1] in reader.message
        assert drawn(reader, kind) == "The first"


@pytest.mark.slow
async def test_h_selects_enter_highlights_y_copies_and_escape_leaves(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "s", "A")
        assert "esc leaves" in reader.message
        assert selecting(reader)
        await press(reader, "escape")
        assert not selecting(reader)
        assert "SELECT" not in hints(reader)
        assert not quotations(reader)
        row = reader.screen.article.row
        assert row is not None
        assert not row.marks.starred
        await press(reader, "H", "w", "y")
        assert reader.app.clipboard == "The first"
        assert not quotations(reader)
        await press(reader, "H", "w", "w")
        assert "SELECT" in hints(reader)
        await press(reader, "enter")
        assert quotations(reader) == ["The first paragraph"]
        assert "Highlighted (yellow)" in reader.message
        assert drawn(reader, 1) == "The first paragraph"


@pytest.mark.slow
async def test_the_mouse_drags(library: Library) -> None:
    async with over(library) as reader:
        view = view_of(reader)
        row = next(y for y in range(view.size.height) if "The first" in view.render_line(y).text)
        column = view.render_line(row).text.index("first")
        await reader.pilot.mouse_down(view, offset=(column, row))
        await reader.pilot.hover(view, offset=(column + 9, row))
        await reader.pilot.mouse_up(view, offset=(column + 9, row))
        await reader.settle()
        assert "SELECT" in hints(reader)
        await press(reader, "enter")
        (found,) = quotations(reader)
        assert found.startswith("first par")


async def test_a_selection_is_seen_without_colours(library: Library) -> None:
    async with over(library) as reader:
        reader.app.theme = "ansi-dark"
        await press(reader, "H", "w")
        view = view_of(reader)
        reversed_text = "".join(
            segment.text
            for y in range(view.size.height)
            for segment in view.render_line(y)
            if segment.style is not None and segment.style.reverse
        )
        assert reversed_text == "The first"


@pytest.mark.slow
async def test_another_article_ends_the_selection(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w")
        await reader.press("escape", "J")
        await press(reader, "H")
        assert selecting(reader)
        reader.screen.controllers.navigation.step_article(-1)
        await reader.settle()
        assert not selecting(reader)


@pytest.mark.slow
async def test_a_selection_survives_another_width(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "right_curly_bracket")
        await reader.pilot.resize_terminal(82, 30)
        await reader.settle()
        await press(reader, "enter")
        (found,) = quotations(reader)
        assert found.startswith("The first")
        assert found.endswith("piano keys.")


# -- notes


@pytest.mark.slow
async def test_n_writes_a_note(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "N")
        assert isinstance(reader.app.screen, NoteScreen)
        await reader.type("Why?")
        await press(reader, "ctrl+s")
        (highlight,) = highlights_of(reader)
        assert (highlight.anchor.exact, highlight.note) == ("The first", "Why?")
        assert any(NOTE_MARK + "The first" in line for line in reader.text())


@pytest.mark.slow
async def test_escape_keeps_a_note_and_enter_edits_it(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "enter")
        await press(reader, "right_parenthesis", "enter")
        await reader.type("One")
        await press(reader, "escape")
        assert highlights_of(reader)[0].note == "One"
        await press(reader, "N")
        await reader.type(" more")
        await press(reader, "escape")
        assert highlights_of(reader)[0].note == "One more"
        assert len(highlights_of(reader)) == 1


@pytest.mark.slow
async def test_a_note_stays_with_its_article(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "N")
        await reader.type("Mine")
        reader.screen.controllers.navigation.step_article(1)
        await press(reader, "escape")
        assert reader.open == "Another article"
        assert [each.note for each in highlights_of(reader)] == ["Mine"]
        assert not highlights_of(reader, "other.md")


@pytest.mark.slow
async def test_what_is_too_long_is_refused(library: Library, tmp_path: Path) -> None:
    text = "---\ntitle: Ivory\ndate: 2025-06-02\n---\n" + "many words " * 5_000
    (library.folder / "ivory.md").write_text(text, "utf-8")
    library.follower.update(["ivory.md"])
    library.index.reload()
    async with over(library) as reader:
        await press(reader, "H", "right_curly_bracket", "enter")
        assert "at most 50,000 characters" in reader.message
        assert not highlights_of(reader)


@contextmanager
def suspended() -> Iterator[None]:
    yield


@pytest.mark.slow
async def test_e_writes_a_note_in_the_editor(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\nprintf "from the editor" >> "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    async with over(library) as reader:
        monkeypatch.setattr(reader.app, "suspend", suspended)
        await press(reader, "H", "w", "e")
        assert [each.note for each in highlights_of(reader)] == ["from the editor"]
        monkeypatch.setenv("VISUAL", "false")
        await press(reader, "H", "e")
        assert "ended with status 1" in reader.message
        assert len(highlights_of(reader)) == 1


# -- going from one to the next


async def three(reader: Reader) -> None:
    await press(reader, "H", "w", "enter")
    await press(reader, "H", *["w"] * 3, "v", "w", "enter")
    await press(reader, "H", *["right_curly_bracket"] * 2, "v", "b", "enter")


@pytest.mark.slow
async def test_parentheses_go_from_one_to_the_next(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "right_parenthesis")
        assert "Nothing is highlighted here" in reader.message
        await three(reader)
        seen = []
        for _ in range(3):
            await press(reader, "right_parenthesis")
            place = view_of(reader).highlights.current
            assert place is not None
            seen.append(place.highlight.anchor.exact)
        assert seen == ["The first", "tells of", "is short."]
        assert HINTS[0][0] in hints(reader)
        await press(reader, "right_parenthesis")
        assert "last highlight" in reader.message
        await press(reader, "left_parenthesis", "2")
        assert [each.kind for each in highlights_of(reader)] == [1, 1, 2]
        place = view_of(reader).highlights.current
        assert place is not None
        assert place.highlight.kind == 2
        await press(reader, "escape")
        assert view_of(reader).highlights.current is None


@pytest.mark.slow
async def test_d_removes_and_u_undoes(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "N")
        await reader.type("Why?")
        await press(reader, "escape")
        await press(reader, "right_parenthesis", "d")
        assert not highlights_of(reader)
        assert drawn(reader, 1) == ""
        await press(reader, "u")
        (highlight,) = highlights_of(reader)
        assert (highlight.anchor.exact, highlight.note) == ("The first", "Why?")
        assert drawn(reader, 1) == "The first"
        await press(reader, "u")
        assert not highlights_of(reader)


@pytest.mark.slow
async def test_what_arrives_is_shown(library: Library, tmp_path: Path) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "enter")
        (highlight,) = highlights_of(reader)
        article = library.find("ivory.md")
        assert article is not None
        annotate(library.state, article, f"note:{highlight.id}", "from elsewhere")
        reader.screen.controllers.marks.marks_changed()
        await press(reader)
        assert any(NOTE_MARK + "The first" in line for line in reader.text())


@pytest.mark.slow
async def test_a_note_is_on_the_disk_at_once(library: Library, tmp_path: Path) -> None:
    paths = paths_in(tmp_path / "own")
    async with over(library, paths=paths) as reader:
        await press(reader, "H", "w", "N")
        await reader.type("Why?")
        await press(reader, "ctrl+s")
        await press(reader)
        (file,) = paths.data.rglob("*.md")
        text = file.read_text("utf-8")
        assert "> The first" in text
        assert "Why?" in text


@pytest.mark.slow
async def test_a_click_is_at_a_highlight(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "enter")
        view = view_of(reader)
        row = next(y for y in range(view.size.height) if "The first" in view.render_line(y).text)
        column = view.render_line(row).text.index("first")
        await reader.pilot.click(view, offset=(column, row))
        await reader.settle()
        place = view.highlights.current
        assert place is not None
        assert place.highlight.anchor.exact == "The first"
        await reader.pilot.click(view, offset=(column + 30, row))
        await reader.settle()
        assert view.highlights.current is None


# -- edits and widths


@pytest.mark.slow
async def test_highlights_survive_other_widths(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "right_curly_bracket", "enter")
        whole = " ".join(quotations(reader)[0].split())
        for width in (60, 100, 140):
            await reader.pilot.resize_terminal(width, 30)
            await press(reader)
            assert drawn(reader, 1) == whole


@pytest.mark.slow
async def test_an_edit_of_the_file_moves_them_or_loses_them(library: Library) -> None:
    async with over(library) as reader:
        await three(reader)
        text = IVORY.replace("The first", "A new beginning of the text.\n\nThe first")
        (library.folder / "ivory.md").write_text(text.replace("is short.", "was cut."), "utf-8")
        library.follower.update(["ivory.md"])
        library.index.reload()
        row = reader.screen.article.row
        assert row is not None
        reader.screen.article.open(row, again=True)
        await press(reader)
        found = {p.highlight.anchor.exact for p in view_of(reader).highlights.places if p.pieces}
        lost = {p.highlight.anchor.exact for p in view_of(reader).highlights.places if not p.pieces}
        assert found == {"The first", "tells of"}
        assert lost == {"is short."}
        assert drawn(reader, 1) == "The first tells of"
        await press(reader, "quotation_mark")
        panel = reader.app.screen
        assert isinstance(panel, HighlightsScreen)
        wrong = {entry.text for entry in panel.entries if entry.is_wrong}
        assert wrong == lost
        assert all("lost" in entry.detail for entry in panel.entries if entry.is_wrong)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "keys", "wanted"),
    [
        ("مرحبا بالعالم وأهلا وسهلا بكم", ["w"], "مرحبا بالعالم"),
        ("今天下雨了。明天呢？", ["w", "w", "w"], "今天下雨"),
        ("| a b | c |\n|---|---|\n| one | two |", ["w"], "a b"),
        ("```python\nx = 1\ny = 2\n```", ["w", "w", "w"], "x = 1\ny"),
        ("> A quotation\n> goes on here.", ["w", "w"], "A quotation goes"),
        ("- an item\n- another", ["w", "w"], "an item\nanother"),
        ("A [link text](https://example.org) here.", ["w", "w"], "A link text"),
    ],
)
async def test_scripts_tables_and_code(
    tmp_path: Path, body: str, keys: list[str], wanted: str
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ivory.md").write_text(f"---\ntitle: A title\n---\n{body}\n", "utf-8")
    library = library_of(folder, tmp_path)
    try:
        async with over(library) as reader:
            await press(reader, "H", *keys, "enter")
            assert [" ".join(q.split()) for q in quotations(reader)] == [" ".join(wanted.split())]
            assert drawn(reader, 1).split() == wanted.split()
            await reader.pilot.resize_terminal(60, 30)
            await press(reader)
            assert drawn(reader, 1).split() == wanted.split()
    finally:
        library.close()


# -- the panel


@pytest.mark.slow
async def test_the_panel_lists_and_opens(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "quotation_mark")
        panel = reader.app.screen
        assert isinstance(panel, HighlightsScreen)
        assert any("Nothing is highlighted yet" in line for line in reader.text())
        await press(reader, "escape", "H", "w", "enter", "J", "enter", "H", "w", "2")
        await press(reader, "quotation_mark")
        panel = reader.app.screen
        assert isinstance(panel, HighlightsScreen)
        assert [entry.text for entry in panel.entries[1:]] == ["Nothing but"]
        await press(reader, "tab")
        assert {entry.text for entry in panel.entries[1:]} == {"Nothing but", "The first"}
        assert {entry.side for entry in panel.entries[1:]} == {"green", "yellow"}
        while panel.chosen is None or panel.chosen.highlight.anchor.exact != "The first":
            await press(reader, "j")
        await press(reader, "enter")
        assert reader.open == "Ivory at the border"
        place = view_of(reader).highlights.current
        assert place is not None
        assert place.highlight.anchor.exact == "The first"


@pytest.mark.slow
async def test_a_highlight_that_was_taken_back_elsewhere_is_passed_over(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "s", "H", "w", "enter")
        library.state.undo_last()
        await press(reader, "u")
        assert reader.message == "Undone: Starred"


@pytest.mark.slow
async def test_a_highlight_of_an_earlier_session_is_undone_and_redone(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "enter", "q")
    async with over(library) as reader:
        assert drawn(reader, 1) == "The first"
        await press(reader, "u")
        assert drawn(reader, 1) == ""
        await press(reader, "ctrl+r")
        assert drawn(reader, 1) == "The first"


@pytest.mark.slow
async def test_the_panel_removes_and_undoes(library: Library) -> None:
    async with over(library) as reader:
        await three(reader)
        await press(reader, "quotation_mark", "d")
        panel = reader.app.screen
        assert isinstance(panel, HighlightsScreen)
        assert [len(panel.entries), len(highlights_of(reader))] == [3, 2]
        await press(reader, "u")
        assert [len(panel.entries), len(highlights_of(reader))] == [4, 3]
        assert len(highlights_of(reader)) == 3

"""Highlights and notes in the reader: selecting, seeing, going to, editing, listing them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import TextArea

from rilo_reader.annotations.anchors import Anchor, make_anchor
from rilo_reader.annotations.highlight import Highlight, from_fields, to_json
from rilo_reader.config import Config, MarkRead
from rilo_reader.config.highlight_kinds import KindSettings
from rilo_reader.library import Library, open_library
from rilo_reader.plugins.highlights.controller import HINTS, PassageController
from rilo_reader.plugins.highlights.layers import NOTE_MARK, OTHERS_MARK, HighlightLayer
from rilo_reader.plugins.highlights.panel import HighlightsScreen, NoteScreen
from rilo_reader.plugins.highlights.placed_highlights import find_places
from rilo_reader.plugins.highlights.visual_mode import select_from
from rilo_reader.render.page import body_text
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.colours import colours_of
from tests.plugins.highlights.others import Colleagues
from tests.support.annotate import annotate
from tests.support.for_each import for_each
from tests.support.reader import Reader, paths_in, reading
from tests.support.rendering import page_of

KINDS = ("idea", "doubt", "quote", "to do")
CONFIG = Config(mark_read=MarkRead.BY_HAND).with_plugin_values(KindSettings(KINDS))

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
    with open_library(folder, paths_in(tmp_path / "own")) as library:
        for _ in library.follower.reconcile():
            pass
        library.index.reload()
        yield library


@asynccontextmanager
async def over(library: Library, **how: Any) -> AsyncIterator[Reader]:
    """A reader over a real library, with the first article focused."""
    async with reading(library, CONFIG, **how) as reader:
        reader.app.theme = "ink"  # whatever this terminal can show
        await press(reader, "enter")
        yield reader


async def press(reader: Reader, *keys: str) -> None:
    """Press keys, and wait for what comes after the frame."""
    await reader.press(*keys)
    await reader.painted()
    await reader.settle()


async def change_file(reader: Reader, text: str) -> None:
    """Give the first article another text, and read it again."""
    library = reader.screen.library
    (library.folder / "ivory.md").write_text(text, "utf-8")
    library.follower.update(["ivory.md"])
    library.index.reload()
    row = reader.screen.article.row
    assert row is not None
    reader.screen.article.open(row, again=True)
    await press(reader)


def view_of(reader: Reader) -> ArticleView:
    return reader.screen.widgets.view


def highlights_of(reader: Reader, path: str = "ivory.md") -> tuple[Highlight, ...]:
    library = reader.screen.library
    article = library.find(path)
    assert article is not None
    return from_fields(library.state.annotations.read(article))


def quotations(reader: Reader) -> list[str]:
    return [each.anchor.exact for each in highlights_of(reader)]


def notes(reader: Reader) -> list[tuple[str, str]]:
    return [(each.anchor.exact, each.note) for each in highlights_of(reader)]


def current(reader: Reader) -> str:
    """The text of the highlight one is at."""
    place = view_of(reader).layer_of(HighlightLayer).current_place
    return place.highlight.anchor.exact if place else ""


def panel_of(reader: Reader) -> HighlightsScreen:
    assert isinstance(reader.app.screen, HighlightsScreen)
    return reader.app.screen


def selecting(reader: Reader) -> bool:
    return bool(reader.controller(PassageController).mode)


def drawn(reader: Reader, kind: int = 1) -> str:
    """The text on the screen with the background of a kind; of the selection by reversal for 0."""
    view = view_of(reader)
    wanted = colours_of(view).highlights[kind - 1].bgcolor
    found = [
        segment.text
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.style and (segment.style.bgcolor == wanted if kind else segment.style.reverse)
    ]
    return " ".join(" ".join(found).split())


def place_of(reader: Reader, text: str) -> tuple[int, int]:
    """Column and row of a text in the view."""
    view = view_of(reader)
    lines = [view.render_line(y).text for y in range(view.size.height)]
    row = next(y for y, line in enumerate(lines) if text in line)
    return lines[row].index(text), row


@pytest.mark.slow
async def test_keys_extend(library: Library) -> None:
    rows = [
        ("w w b", "The first"),
        ("w w w v w", "tells of"),
        ("}", "The first paragraph tells … piano keys."),
        ("} v }", "keys.\n\nThe second … is short."),
        ("} o w w w", "tells of ivory … piano keys."),
        ("w w o b", "The first paragraph"),
        ("j k", "The"),
        ("w w w v {", "The first paragraph tells"),
    ]
    names = {"{": "left_curly_bracket", "}": "right_curly_bracket"}
    async with over(library, size=(200, 40)) as reader:
        for keys, wanted in rows:
            await press(reader, "H", *(names.get(key, key) for key in keys.split()), "enter")
            first, _, last = wanted.partition(" … ")
            (found,) = quotations(reader)
            assert (found[: len(first)], found[-len(last or first) :]) == (first, last or first)
            await press(reader, "u")


@pytest.mark.slow
async def test_h_selects_enter_highlights_y_copies_and_escape_leaves(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "s", "A")
        assert "esc cancel" in reader.message
        assert selecting(reader)
        await press(reader, "escape")
        assert not selecting(reader)
        assert "SELECT" not in reader.text()[-1]
        assert not quotations(reader)
        row = reader.screen.article.row
        assert row is not None
        assert not row.marks.starred
        await press(reader, "H", "w", "y")
        assert reader.app.clipboard == "The first"
        assert not quotations(reader)
        await press(reader, "H", "w", "w")
        assert "SELECT" in reader.text()[-1]
        await press(reader, "enter")
        assert quotations(reader) == ["The first paragraph"]
        assert f"Highlighted ({KINDS[0]})" in reader.message
        assert drawn(reader) == "The first paragraph"
        reader.app.theme = "ansi-dark"
        await press(reader, "escape", "H", "w")
        assert drawn(reader, 0) == "The first", "it is seen without colours"


@pytest.mark.slow
async def test_digits_choose_a_kind(library: Library) -> None:
    async with over(library) as reader:
        for kind, name in enumerate(KINDS, 1):
            await press(reader, "H", "w", str(kind))
            assert [each.kind for each in highlights_of(reader)] == [kind]
            assert name in reader.message
            assert drawn(reader, kind) == "The first"
            await press(reader, "u")


@pytest.mark.slow
async def test_the_mouse_drags_and_a_click_is_at_a_highlight(library: Library) -> None:
    async with over(library) as reader:
        view = view_of(reader)
        column, row = place_of(reader, "first")

        async def drag() -> None:
            await reader.pilot.mouse_down(view, offset=(column, row))
            await reader.pilot.hover(view, offset=(column + 9, row))
            await reader.pilot.mouse_up(view, offset=(column + 9, row))
            await reader.settle()
            assert "SELECT" in reader.text()[-1]

        await drag()
        await press(reader, "Y")
        assert reader.app.clipboard.startswith("> first par")
        await drag()
        await press(reader, "enter")
        (found,) = quotations(reader)
        assert found.startswith("first par")
        await reader.pilot.click(view, offset=(column, row))
        await reader.settle()
        assert current(reader) == found
        await reader.pilot.click(view, offset=(column + 20, row))
        await reader.settle()
        assert current(reader) == ""


@pytest.mark.slow
async def test_a_quotation_is_copied_with_title_and_link(library: Library) -> None:
    async with over(library) as reader:
        await change_file(
            reader,
            "---\nid: ivory.md\ntitle: Ivory *&amp;* horn\nsource: RILO\nurl: https://a.example/1\n---\n"
            "First words.\n\n- > hostile\n- end\n",
        )
        quotation = "> First\n\n— Ivory *&* horn, RILO\nhttps://a.example/1"
        await press(reader, "H", "Y")
        assert reader.app.clipboard == quotation
        assert reader.message == "Copied the passage with title and link"
        assert not selecting(reader)
        await press(reader, "H", "enter", "quotation_mark", "enter", "Y")
        assert reader.app.clipboard == quotation
        await press(reader, "escape", "H", *("right_curly_bracket" for _ in range(3)), "Y")
        quoted, _, below = reader.app.clipboard.partition("\n\n")
        assert below == quotation.partition("\n\n")[2]
        assert {"> First words.", "> end"} <= set(quoted.split("\n"))
        assert all(line.startswith(">") for line in quoted.split("\n"))
        await change_file(reader, "---\ntitle: Ivory\n---\nFirst words.\n")
        await press(reader, "H", "Y")
        assert reader.app.clipboard == "> First\n\n— Ivory"


@pytest.mark.slow
async def test_a_selection_survives_another_width_and_not_another_article(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "right_curly_bracket")
        await reader.pilot.resize_terminal(82, 30)
        await press(reader, "enter")
        (found,) = quotations(reader)
        assert found.startswith("The first")
        assert found.endswith("piano keys.")
        assert drawn(reader) == " ".join(found.split())
        for width in (60, 100, 140):
            await reader.pilot.resize_terminal(width, 30)
            await press(reader)
            assert drawn(reader) == " ".join(found.split())
        await press(reader, "H")
        assert selecting(reader)
        reader.screen.controllers.navigation.step_article(1)
        await reader.settle()
        assert not selecting(reader)


# -- notes


@pytest.mark.slow
async def test_notes_are_written_edited_and_on_the_disk_at_once(
    library: Library, tmp_path: Path
) -> None:
    paths = paths_in(tmp_path / "own")
    async with over(library, paths=paths) as reader:
        await press(reader, "H", "w", "N")
        assert isinstance(reader.app.screen, NoteScreen)
        assert any(f"Note in “{reader.open}”" in line for line in reader.text())
        await reader.type("Why?")
        await press(reader, "ctrl+s")
        await press(reader)
        assert notes(reader) == [("The first", "Why?")]
        assert any(NOTE_MARK + "The first" in line for line in reader.text())
        (file,) = paths.data.rglob("*.md")
        text = file.read_text("utf-8")
        assert "> The first" in text
        assert "Why?" in text
        await press(reader, "quotation_mark", "enter", "enter")
        await reader.type(" One")
        await press(reader, "ctrl+s", "N")
        await reader.type(" more")
        await press(reader, "ctrl+s")
        assert notes(reader) == [("The first", "Why? One more")]
        await press(reader, "quotation_mark", "enter", "d")
        assert not highlights_of(reader)
        assert drawn(reader) == ""
        await press(reader, "u")
        assert notes(reader) == [("The first", "Why? One more")]
        assert drawn(reader) == "The first"


@pytest.mark.slow
async def test_escape_cancels_a_note_and_undo_brings_back_what_was_typed(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "N")
        await press(reader, "escape")
        assert "not saved" not in reader.message, "nothing was typed"
        await press(reader, "N", "W")
        assert any("ctrl+s save   esc cancel" in line for line in reader.text())
        await press(reader, "escape")
        assert notes(reader) == []
        assert reader.message == "The note was not saved · u opens it again"
        await press(reader, "u")
        assert isinstance(reader.app.screen, NoteScreen)
        await press(reader, "h", "ctrl+s")
        assert [note for _, note in notes(reader)] == ["Wh"]


@pytest.mark.slow
async def test_the_form_of_a_note_behaves_like_the_others(library: Library) -> None:
    """As `tui/test_forms.py` holds forms of lines to: cursor, `tab`, `ctrl+s` and `esc`."""
    async with over(library) as reader:
        await press(reader, "H", "N")
        await reader.type("First")
        await press(reader, "ctrl+s")
        for keys in (("H", "w", "N"), ("quotation_mark", "enter", "enter")):
            await press(reader, *keys)
            form = reader.app.screen
            assert isinstance(form, NoteScreen)
            area = form.query_one("TextArea", TextArea)
            for key in ("tab", "shift+tab", "x"):
                assert area.has_focus
                assert area.cursor_location == area.document.end, "one goes on at the end"
                await press(reader, key)
            assert area.text.endswith("x")
            assert "\t" not in area.text
            await press(reader, "escape")
            assert reader.app.screen is reader.screen
            assert notes(reader) == [("The", "First")]
            await press(reader, "escape")


@pytest.mark.slow
async def test_a_note_stays_with_its_article(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "N")
        await reader.type("Mine")
        reader.screen.controllers.navigation.step_article(1)
        await press(reader, "ctrl+s")
        assert reader.open == "Another article"
        assert notes(reader) == [("The first", "Mine")]
        assert not highlights_of(reader, "other.md")


@pytest.mark.slow
async def test_what_is_too_long_is_refused(library: Library) -> None:
    async with over(library) as reader:
        await change_file(reader, "---\ntitle: Ivory\n---\n" + "many words " * 5_000)
        await reader.until(lambda: reader.view.page.is_complete)
        await press(reader, "H", "right_curly_bracket", "enter")
        assert "at most 50,000 characters" in reader.message
        assert not highlights_of(reader)


@pytest.mark.slow
async def test_e_writes_a_note_in_the_editor(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\nprintf "from the editor" >> "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    async with over(library) as reader:
        monkeypatch.setattr(reader.app, "suspend", nullcontext)
        await press(reader, "H", "w", "e")
        assert notes(reader) == [("The first", "from the editor")]
        monkeypatch.setenv("VISUAL", "false")
        await press(reader, "H", "e")
        assert "ended with status 1" in reader.message
        assert len(highlights_of(reader)) == 1


# -- going from one to the next, and the panel


async def three(reader: Reader) -> None:
    await press(reader, "H", "w", "enter")
    await press(reader, "H", *["w"] * 3, "v", "w", "enter")
    await press(reader, "H", *["right_curly_bracket"] * 2, "v", "b", "enter")


@pytest.mark.slow
async def test_at_one_that_was_chosen_a_digit_changes_its_kind(library: Library) -> None:
    async with over(library) as reader:
        await three(reader)
        await press(reader, "quotation_mark", "down", "enter")
        assert current(reader) == "tells of"
        assert HINTS[0][0] in reader.text()[-1]
        await press(reader, "2")
        kinds = {each.anchor.exact: each.kind for each in highlights_of(reader)}
        assert kinds == {"The first": 1, "tells of": 2, "is short.": 1}
        place = view_of(reader).layer_of(HighlightLayer).current_place
        assert place is not None
        assert place.highlight.kind == 2
        await press(reader, "escape")
        assert current(reader) == ""


@pytest.mark.slow
async def test_an_edit_of_the_file_moves_them_or_loses_them(library: Library) -> None:
    async with over(library) as reader:
        await three(reader)
        text = IVORY.replace("The first", "A new beginning of the text.\n\nThe first")
        await change_file(reader, text.replace("is short.", "was cut."))
        places = view_of(reader).layer_of(HighlightLayer).places
        found = [(place.highlight.anchor.exact, bool(place.pieces)) for place in places]
        assert found == [("The first", True), ("tells of", True), ("is short.", False)]
        assert drawn(reader) == "The first tells of"
        await press(reader, "quotation_mark")
        wrong = [entry for entry in panel_of(reader).entries if entry.is_wrong]
        assert [(entry.text, "lost" in entry.detail) for entry in wrong] == [("is short.", True)]
        await press(reader, "d")
        assert [len(panel_of(reader).entries), len(highlights_of(reader))] == [3, 2]
        await press(reader, "u")
        assert [len(panel_of(reader).entries), len(highlights_of(reader))] == [4, 3]


@pytest.mark.slow
async def test_the_panel_lists_and_opens(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "quotation_mark")
        assert any("Nothing is highlighted yet" in line for line in reader.text())
        await press(reader, "escape", "H", "w", "enter", "J", "enter", "H", "w", "2")
        await press(reader, "quotation_mark")
        panel = panel_of(reader)
        assert [entry.text for entry in panel.entries[1:]] == ["Nothing but"]
        await press(reader, "tab")
        listed = {(entry.text, entry.right_text) for entry in panel.entries[1:]}
        assert listed == {("Nothing but", KINDS[1]), ("The first", KINDS[0])}
        while (
            panel.current_payload is None
            or panel.current_payload.highlight.anchor.exact != "The first"
        ):
            await press(reader, "j")
        await press(reader, "enter")
        assert reader.open == "Ivory at the border"
        assert current(reader) == "The first"


# -- what comes from elsewhere


@pytest.mark.slow
async def test_what_arrives_is_shown_and_what_was_taken_back_elsewhere_is_passed_over(
    library: Library,
) -> None:
    async with over(library) as reader:
        await press(reader, "s", "H", "w", "enter")
        (highlight,) = highlights_of(reader)
        article = library.find("ivory.md")
        assert article is not None
        annotate(library.state, article, f"note:{highlight.id}", "from elsewhere")
        reader.screen.tell(lambda each: each.on_marks_changed())
        await press(reader)
        assert any(NOTE_MARK + "The first" in line for line in reader.text())
        for _ in range(2):
            library.state.undo_last()
        await press(reader, "u")
        assert reader.message == "Undone: starred Ivory at the border"


@pytest.mark.slow
async def test_a_highlight_of_an_earlier_session_is_undone_and_redone(library: Library) -> None:
    async with over(library) as reader:
        await press(reader, "H", "w", "enter", "q")
    async with over(library) as reader:
        assert drawn(reader) == "The first"
        await press(reader, "u")
        assert drawn(reader) == ""
        await press(reader, "ctrl+r")
        assert drawn(reader) == "The first"


@for_each(
    "body, words, wanted",
    [
        ("مرحبا بالعالم وأهلا وسهلا بكم", 1, "مرحبا بالعالم"),
        ("今天下雨了。明天呢？", 3, "今天下雨"),
        ("| a b | c |\n|---|---|\n| one | two |", 1, "a b"),
        ("```python\nx = 1\ny = 2\n```", 3, "x = 1 y"),
        ("> A quotation\n> goes on here.", 2, "A quotation goes"),
        ("- an item\n- another", 2, "an item another"),
        ("A [link text](https://example.org) here.", 2, "A link text"),
        ("many words " * 20, 30, "many words " * 15 + "many"),
    ],
)
def test_scripts_tables_and_code_at_any_width(body: str, words: int, wanted: str) -> None:
    text = body_text(page_of(body, 80))
    mode = select_from(text, 0)
    assert mode is not None
    anchor = make_anchor(text.text, *mode.move_words(words).selected_span)
    assert anchor.exact.split() == wanted.split()
    for width in (12, 40, 60, 100):
        page = page_of(body, width)
        ((_, pieces, _, _),) = find_places(page, [Highlight("00000000", anchor)])
        shown = [page.lines[line].text[start:end] for line, start, end in pieces]
        assert "".join("".join(shown).split()) == "".join(wanted.split())


# -- of colleagues


def in_italics(reader: Reader) -> str:
    """The text on the screen that is drawn as a colleague's."""
    view = view_of(reader)
    lines = (view.render_line(y) for y in range(view.size.height))
    return "".join(
        text
        for line in lines
        for text, style, _ in line
        if style and style.italic and style.underline
    )


@pytest.mark.slow
async def test_what_a_colleague_shares_is_seen_as_theirs(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleagues = Colleagues(monkeypatch)
    article = library.find("ivory.md")
    assert article is not None
    own = Highlight("samename1", Anchor("first paragraph"))
    annotate(library.state, article, "highlight:samename1", to_json(own))
    words = "customs officers"
    lost = Anchor("words that nobody ever wrote here, whatever is looked for")
    async with over(library) as reader:
        colleagues.shared[article] = [
            Highlight("anna samename1", Anchor(words), note="Ask Ben\nabout it", owner="anna"),
            Highlight("anna lostwords", lost, owner="anna"),
        ]
        reader.screen.tell(lambda each: each.on_marks_changed())
        await reader.until(lambda: in_italics(reader) == words)
        assert drawn(reader) == "first paragraph"
        assert any(OTHERS_MARK + "The first" in line for line in reader.text())
        await press(reader, "quotation_mark", "down", "enter")
        assert current(reader) == words
        assert reader.message == "anna: Ask Ben about it"
        await press(reader, "d", "quotation_mark", "down", "enter", "enter")
        assert isinstance(reader.app.screen, NoteScreen)
        assert any("anna’s note" in line for line in reader.text())
        await press(reader, "x", "ctrl+s", "quotation_mark")
        shown = "\n".join(reader.text())
        assert "1 · 2 of others" in shown
        await press(reader, "down", "d", "escape")
        assert quotations(reader) == ["first paragraph"]
        assert in_italics(reader) == words
        colleagues.shared.clear()
        reader.screen.tell(lambda each: each.on_marks_changed())
        await reader.until(lambda: not in_italics(reader))

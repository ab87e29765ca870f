"""Searching while one types, and the way back to where one was."""

from __future__ import annotations

import pytest
from textual import events

from rilo_reader.article import ArticleId
from rilo_reader.library import Window
from rilo_reader.query.tree import Query
from tests.support.reader import reading, shown
from tests.support.watched_library import WatchedLibrary, article


@pytest.mark.slow
async def test_results_and_total_as_one_types_and_a_way_out_where_there_are_none() -> None:
    async with reading() as reader:
        await reader.press("slash")
        assert reader.screen.widgets.search_row.box.has_focus
        await reader.type("word3")
        assert reader.list.total == 7
        assert reader.titles[:2] == ["Title 3", "Title 10"]
        assert "7 of 50" in reader.text()[0]
        assert reader.open == "Title 3"
        await reader.press("backspace", "4")
        assert reader.titles[0] == "Title 4"
        await reader.press("escape")
        await reader.search("jkrsq?")
        assert reader.box == "jkrsq?"
        assert len(reader.app.screen_stack) == 1
        await reader.press("escape")
        await reader.search("xyzzy")
        assert reader.list.total == 0
        assert any("Nothing matches." in line and "esc" in line for line in reader.text())
        assert "0 of 50" in reader.text()[0]
        await reader.press("enter", "j", "J", "n", "space", "escape")
        assert reader.list.total == 50


@pytest.mark.slow
@pytest.mark.parametrize("key", ["enter", "down", "tab"])
async def test_enter_and_down_go_to_the_results(key: str) -> None:
    async with reading() as reader:
        await reader.search("word3", key)
        assert reader.list.has_focus
        await reader.press("j")
        assert reader.open == "Title 10"


@pytest.mark.slow
async def test_escape_leads_back_to_the_article_and_its_line() -> None:
    async with reading() as reader:
        await reader.press("ctrl+d", "ctrl+d", "j", "k", "k")
        where, line = reader.open, reader.list.cursor_line
        await reader.search("word7")
        assert reader.open != where
        await reader.press("escape")
        assert reader.open == reader.stands_on == where
        assert reader.list.cursor_line == line
        assert reader.list.has_focus
        assert reader.box == ""
        assert "of" not in reader.text()[0].split("search")[-1]
        await reader.press("g", "j", "j")
        await reader.search("word5", "enter", "j", "enter", "escape")
        assert reader.list.total == 7
        await reader.press("escape")
        assert reader.list.total == 50
        assert reader.open == "Title 2"
        await reader.press("g", "j", "enter", "escape", "slash")
        await reader.type("word1")
        assert reader.open == "Title 1"
        await reader.type("x")
        text = "\n".join(reader.text())
        assert reader.open == ""
        assert "Nothing matches." in text
        assert "Nothing found." not in text, "it is said once"
        assert "First line of" not in text
        assert "related" not in reader.text()[-1]
        await reader.press("backspace")
        assert reader.open == "Title 1"
        assert "First line of 1." in "\n".join(reader.text())
        await reader.type("x")
        await reader.press("escape")
        assert reader.open == reader.stands_on == "Title 1"
        assert "Nothing" not in "\n".join(reader.text())


@pytest.mark.slow
async def test_who_leaves_where_nothing_is_found_comes_back_to_the_article_before() -> None:
    async with reading() as reader:
        await reader.press("j", "j")
        await reader.search("zz", "enter", "q")
    assert reader.library.state.session.read().article == ArticleId("id2")


@pytest.mark.slow
async def test_keys_for_an_article_do_nothing_where_nothing_is_found() -> None:
    async with reading() as reader:
        await reader.search("nosuchword", "enter", "s", "r", "z", "enter", "space", "n", "J")
        assert not any(reader.library.marks_of(0)[:2])
        await reader.press("escape")
        assert reader.open == "Title 0"


@pytest.mark.slow
async def test_rows_of_words_have_snippets_with_the_hits_marked() -> None:
    async with reading() as reader:
        await reader.search("word3")
        assert reader.list.row_height == 3
        row = reader.list.cursor_row
        assert row is not None
        snippet = reader.list.snippets[row.id]
        start, end = snippet.hits[0]
        assert snippet.text[start:end] == "word3"
        ground = reader.app.theme_variables["hit-text-style"]
        strips = [reader.list.render_line(y) for y in range(3)]
        hits = [s.text for s in strips[2] if s.style and (s.style.reverse or ground == "none")]
        assert "word3" in hits
        await reader.press("escape", "U")
        assert not reader.list.has_snippets


@pytest.mark.slow
async def test_nothing_flickers_and_each_keystroke_drops_the_search_before_it() -> None:
    async with reading() as reader:
        await reader.press("slash")
        before = reader.titles
        reader.library.hold.clear()
        await reader.pilot.press("w", "o", "r", "d", "3")
        assert reader.titles == before
        reader.library.hold.set()
        await reader.settle()
        assert reader.list.total == 7
        await reader.press("escape", "slash")
        reader.library.calls.clear()
        reader.library.hold.clear()
        await reader.pilot.press(*"word3")
        reader.library.hold.set()
        await reader.settle()
        assert reader.library.calls.count("window") == 2


@pytest.mark.slow
async def test_toggles_edit_the_query_and_keep_the_article() -> None:
    library = WatchedLibrary([article(i) for i in range(50)])
    for number in (0, 1, 2, 9):
        library.mark(f"id{number}", read="1")
    library.mark("id5", starred="1")
    async with reading(library) as reader:
        await reader.press(*["j"] * 5, "U")
        assert reader.box == "is:unread"
        assert reader.list.total == 46
        assert reader.open == "Title 5"
        await reader.press("S")
        assert reader.list.total == 1
        assert reader.open == "Title 5"
        await reader.press("S", "U")
        assert reader.box == ""
        assert reader.open == "Title 5"
        assert reader.list.total == 50


@pytest.mark.slow
async def test_a_paste_into_the_box_is_one_clean_line() -> None:
    async with reading() as reader:
        await reader.press("slash")
        box = reader.screen.widgets.search_row.box
        box.insert_text_at_cursor("word3\x1b]52;c;AAAA\x07\u202e")
        await reader.settle()
        assert "\x1b" not in box.value
        assert "\x07" not in box.value
        assert "\u202e" not in box.value


@pytest.mark.slow
async def test_results_may_change_under_a_reader_who_reads_unread_articles() -> None:
    """What was read stays where it stands until the list is asked for anew."""
    library = WatchedLibrary([article(i) for i in range(400)])
    async with reading(library) as reader:
        await reader.press("U")
        for _ in range(5):
            await reader.press("r", "J")
        assert reader.titles[:6] == [f"Title {n}" for n in range(6)]
        assert reader.list.total == 400
        await reader.press("G")
        assert reader.open == "Title 399"
        await reader.press("g")
        assert reader.titles[:6] == [f"Title {n}" for n in range(6)]
        await reader.press("u")
        assert library.marks_of(4).read is False
        assert reader.list.total == 400
        await reader.press("U", "U")
        assert reader.titles[:3] == ["Title 4", "Title 5", "Title 6"]
        assert reader.list.total == 396


@pytest.mark.slow
async def test_a_burst_of_keys_goes_where_it_is_meant() -> None:
    """As a fast typist or a slow line sends it: everything before anything is answered."""
    async with reading() as reader:
        for key in ("/", *"word3", "\r", "j"):
            name = {"/": "slash", "\r": "enter"}.get(key, key)
            reader.app.post_message(events.Key(name, key))
        await reader.settle()
        assert reader.box == "word3"
        assert reader.list.has_focus
        assert reader.open == "Title 10"
        for key in ("t", *"ivory", "\r", "s"):
            reader.app.post_message(events.Key({"\r": "enter"}.get(key, key), key))
        await reader.settle()
        marks = reader.library.marks_of(10)
        assert marks.tags == ("ivory",)
        assert marks.starred


@pytest.mark.slow
async def test_the_open_article_goes_to_its_hits_and_back_to_where_one_was() -> None:
    lines = [f"Paragraph {n}." for n in range(200)]
    lines[150:152] = "Here is the ivory.", "More ivory, and ivory."
    library = WatchedLibrary([article(0, body="\n\n".join(lines)), article(1)])
    async with reading(library) as reader:
        await reader.press("enter", "ctrl+d")
        place = reader.view.position
        assert place > 0
        await reader.search("ivory")
        assert any("Here is the ivory." in line for line in reader.text())
        assert reader.view.position > place
        await reader.press("enter")
        for keys, hit in (((), "1/3"), (("n", "n"), "3/3"), (("N",), "2/3")):
            await reader.press(*keys)
            assert reader.text()[-1].rstrip().endswith(hit)
        await reader.press("escape")
        assert reader.view.position == place


@pytest.mark.slow
async def test_the_key_bar_the_faults_and_the_hits_of_a_search() -> None:
    async with reading() as reader:
        await reader.press("slash")
        assert " ".join(reader.text()[-1].split()) == (
            "enter results ↑ earlier searches esc clear search"
        )
        await reader.type("word3")
        await reader.press("enter")
        assert reader.text()[-1].strip().startswith("J next   esc clear search   / search")
        await reader.press("slash", "escape")
        assert not shown(reader.screen.widgets.fault_line)
        await reader.search('word3 "abc')
        assert shown(reader.screen.widgets.fault_line)
        line = reader.text()[1]
        assert line.index("^") == reader.text()[0].index('"')
        await reader.press("backspace", "backspace", "backspace", "backspace")
        assert not shown(reader.screen.widgets.fault_line)
        await reader.press("slash", "escape")
        await reader.search("word3", "enter")
        for _ in range(40):
            await reader.press("n")
            if reader.open != "Title 3":
                break
        assert reader.open == "Title 10"


@pytest.mark.slow
async def test_rows_may_come_before_their_total(monkeypatch: pytest.MonkeyPatch) -> None:
    library = WatchedLibrary([article(i) for i in range(300)])
    whole_window = library.search.window

    def uncounted(query: Query, offset: int = 0, limit: int = 50, **ways: bool) -> Window:
        """Rows without their total, as a large library has them where a state is asked for."""
        whole = whole_window(query, offset, limit, fold=ways["fold"])
        end = whole.offset + len(whole.rows)
        if not ways.get("quick") or query.is_everything or end == whole.total:
            return whole
        return whole._replace(total=end, is_counted=False)

    monkeypatch.setattr(library.search, "window", uncounted)
    library.state.set_read([article(i).id for i in range(50)], True)
    async with reading(library) as reader:
        await reader.search("is:unread")
        assert reader.text()[0].rstrip().endswith("250 of 300")
        assert reader.list.total == 250
        await reader.press("enter", "G")
        assert reader.stands_on == "Title 299"
        await reader.press("g")
        for _ in range(60):
            await reader.press("j")
        assert reader.list.total == 250
        await reader.press("r")  # it stays where it is, held
        assert reader.list.total == 250

"""Rows of the list: cut by cells, never inside a character, every line exactly as wide as asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from rilo_reader.article import ArticleId
from rilo_reader.library import Row, Snippet
from rilo_reader.store.gestures import Marks
from rilo_reader.tui.widgets.article_list import DOT, STAR, RowLayout, draw_row
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.truncate import ELLIPSIS, cut, cut_marked, graphemes
from tests.support.examples import examples
from tests.support.shared import Data, samples_and_corpus

PLAIN = Style(color="white")
COLOURS = Colours(
    text=PLAIN,
    dim=PLAIN,
    rule=PLAIN,
    accent=PLAIN,
    error=PLAIN,
    unread_dot=PLAIN,
    star=PLAIN,
    row=Style(bgcolor="blue"),
    code=PLAIN,
    bar=PLAIN,
    link=PLAIN,
    link_hover=PLAIN,
    note=PLAIN,
    hit=Style(bgcolor="yellow"),
    current_hit=PLAIN,
    highlights=(PLAIN,) * 4,
)

AWKWARD = [
    "naïve café",
    "e\u0301" * 30,
    "海关总署公布今年前四个月走私案件统计数字",
    "한국 관세청, 수입 통관 절차 개선안 발표하다",
    "กรมศุลกากรจับกุมงาช้างที่ท่าเรือแหลมฉบัง",
    "مصادرة شحنة من العاج في ميناء كراتشي الدولي",
    "תפיסת משלוח שנהב בנמל חיפה על ידי המכס",
    "👨‍👩‍👧‍👦 family 👩🏽‍🚒 fire 🏴‍☠️ flag 🇫🇷🇩🇪🇯🇵 flags ❤️ heart",
    "क्षत्रिय त्रिज्या कृत्य ज्ञान",
    "\u200b\u200c\u200d zero width at the start",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "\u0e47",
    "",
    "[bold]not markup[/bold] [@click=app.quit]x[/]",
]


def row(title: str, source: str = "RILO AP", *, read: bool = False, starred: bool = False) -> Row:
    date = datetime(2019, 3, 7, tzinfo=UTC)
    marks = Marks(read=read, starred=starred)
    return Row(ArticleId("a"), "a.md", title, source, date, True, marks)


def layout(width: int, height: int = 3) -> RowLayout:
    return RowLayout(width, height, COLOURS, Style(bgcolor="black"), focused=True)


def lines(strips: object) -> list[str]:
    return [strip.text for strip in strips]  # type: ignore[attr-defined]


def unicode_lines(data: Data) -> list[str]:
    found: list[str] = []
    for file in sorted(data("unicode").rglob("*.txt")):
        text = file.read_text("utf-8", "replace")
        kept = [line.strip() for line in text.splitlines() if not line.isascii()]
        found += kept[:: max(1, len(kept) // 60)]
    return found


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 9, 24, 41, 120])
@samples_and_corpus
def test_every_line_is_exactly_as_wide_as_the_list(data: Data, width: int) -> None:
    for title in [*AWKWARD, *unicode_lines(data)]:
        text = title.replace("\x00", "")
        found = Snippet(text, ((0, 3), (5, 9)))
        for starred in (False, True):
            strips = draw_row(
                row(text, source=text, starred=starred),
                "7 Mar 2019",
                found,
                layout(width),
                is_current=starred,
            )
            assert len(strips) == 3
            for strip in strips:
                assert sum(cell_len(segment.text) for segment in strip) == width, (text, width)


@given(st.text(max_size=60), st.integers(0, 40))
@examples(100)
def test_what_is_cut_fits_and_what_fits_is_not_cut(text: str, width: int) -> None:
    text = "".join(character for character in text if character.isprintable())
    shown, cells = cut(text, width)
    assert cells <= max(0, width)
    assert cells == cell_len(shown)
    assert shown == text or width <= 0 or (shown.endswith(ELLIPSIS) and cell_len(text) > width)


@samples_and_corpus
def test_no_character_is_cut_in_two(data: Data) -> None:
    """Against the Unicode consortium's own test of where characters end."""
    file = next(data("unicode").rglob("GraphemeBreakTest.txt"))
    for line in file.read_text("utf-8").splitlines():
        marks = line.partition("#")[0].split()
        if not marks:
            continue
        text, ends = "", {0}
        for mark in marks:
            if mark == "÷":
                ends.add(len(text))
            elif mark != "×":
                text += chr(int(mark, 16))
        if any(character < " " or "\x7f" <= character < "\xa0" for character in text):
            continue
        for _, end, _ in graphemes(text):
            assert end in ends, (line, graphemes(text))


def test_a_hit_takes_the_whole_of_a_character() -> None:
    text = "xe\u0301y"
    runs, cells = cut_marked(text, 10, [(1, 2)])
    assert runs == [("x", False), ("e\u0301", True), ("y", False)]
    assert cells == 3


def test_hits_are_marked_where_they_stand() -> None:
    runs, _ = cut_marked("ivory and customs", 40, [(0, 5), (10, 17)])
    assert runs == [("ivory", True), (" and ", False), ("customs", True)]


def test_unread_is_a_dot_and_bold_and_read_is_plain() -> None:
    unread = draw_row(row("News"), "today", None, layout(30, 2), is_current=False)
    read = draw_row(row("News", read=True), "today", None, layout(30, 2), is_current=False)
    assert DOT in lines(unread)[0]
    assert DOT not in lines(read)[0]
    bold = {s.text for s in unread[0] if s.style and s.style.bold}
    assert bold == {"News"}
    assert not any(s.style and s.style.bold for s in read[0])


def test_dates_line_up_whatever_the_source() -> None:
    first = lines(draw_row(row("a", "RILO AP"), "7 Mar", None, layout(40), is_current=False))[1]
    other = lines(
        draw_row(row("b", "海关" * 30), "26 Feb 2019", None, layout(40), is_current=False)
    )[1]
    assert first.endswith("  7 Mar ")
    assert other.endswith("  26 Feb 2019 ")
    assert ELLIPSIS in other


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a.md", ""),
        ("news/a.md", "news"),
        ("vault/Plugins/a.md", "vault/Plugins"),
        ("vault/Expansions/All/Plugins/a.md", "…/Expansions/All/Plugins"),
        ("vault/Expansions/Themes/海关总署/a.md", "…/Themes/海关总署"),
        ("vault/Everything that we ever wrote down/a.md", "…/Everything that we eve…"),
        ("Everything that we ever wrote down/a.md", "Everything that we ever …"),
    ],
)
def test_of_a_long_folder_the_end_is_shown(path: str, shown: str) -> None:
    where = row("a", "")._replace(path=path)
    line = lines(draw_row(where, "7 Mar", None, layout(36), is_current=False))[1]
    assert line.removesuffix("7 Mar ").strip() == shown
    for width in range(1, 60):
        strips = draw_row(where, "7 Mar", None, layout(width), is_current=False)
        assert {strip.cell_length for strip in strips} == {width}


def test_a_star_stands_at_the_end_of_the_title_line() -> None:
    line = lines(draw_row(row("x" * 90, starred=True), "", None, layout(30), is_current=False))[0]
    assert line.endswith(f"{ELLIPSIS} {STAR} ")


def test_the_row_one_stands_on_has_a_ground_under_all_of_it_but_hits() -> None:
    strips = draw_row(row("T"), "d", Snippet("a hit", ((2, 5),)), layout(30), is_current=True)
    grounds = {
        s.text.strip(): s.style.bgcolor.name
        for strip in strips
        for s in strip
        if s.style and s.style.bgcolor
    }
    assert grounds["T"] == "blue"
    assert grounds["hit"] == "yellow"


def test_a_snippet_with_line_ends_stays_one_line() -> None:
    strips = draw_row(row("T"), "d", Snippet("one\ntwo\tthree", ()), layout(30), is_current=False)
    assert "one two three" in lines(strips)[2]


def test_a_title_is_shown_as_it_is_meant() -> None:
    strips = draw_row(
        row("NOAA&#8217;s <em>big</em> map &#27;[31m"), "", None, layout(40), is_current=False
    )
    first, *_ = lines(strips)
    assert "NOAA’s big map [31m" in first
